from django.urls import path

from images.views import changes, details, lists, many, sharing

app_name = "images"
urlpatterns = [
    path("custom/", lists.custom, name="custom"),
    path("shared/", lists.shared, name="shared"),
    path("system/", lists.system, name="system"),
    path("delete/", many.delete, name="delete_many"),
    path("unshare/", many.unshare, name="unshare_many"),
    path("copy/", many.copy, name="copy_many"),
    path("share/", many.share, name="share_many"),
    path("<slug:image>/", details.image, name="image"),
    path("<slug:image>/sharing/", sharing.sharing, name="sharing"),
    path("<slug:image>/sharing/<slug:account>/unshare/", sharing.unshare, name="unshare"),
    path("<slug:image>/edit/", changes.edit, name="edit"),
    path("<slug:image>/copy/", changes.copy, name="copy"),
    path("<slug:image>/copy/cancel/", changes.cancel_copy, name="cancel_copy"),
    path("<slug:image>/delete/", changes.delete, name="delete"),
]
