from django.urls import path

from images import views

app_name = "images"
urlpatterns = [
    path("custom/", views.custom, name="custom"),
    path("shared/", views.shared, name="shared"),
    path("system/", views.system, name="system"),
    path("delete/", views.delete_many, name="delete_many"),
    path("<slug:image>/", views.image, name="image"),
    path("<slug:image>/sharing/", views.sharing, name="sharing"),
    path("<slug:image>/sharing/<slug:account>/unshare/", views.unshare, name="unshare"),
    path("<slug:image>/edit/", views.edit, name="edit"),
    path("<slug:image>/copy/", views.copy, name="copy"),
    path("<slug:image>/copy/cancel/", views.cancel_copy, name="cancel_copy"),
    path("<slug:image>/delete/", views.delete, name="delete"),
]
