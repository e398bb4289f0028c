from django.urls import path

from images import views

app_name = "images"
urlpatterns = [
    path("custom/", views.custom, name="custom"),
    path("shared/", views.shared, name="shared"),
    path("system/", views.system, name="system"),
    path("<slug:image>/", views.image, name="image"),
    path("<slug:image>/sharing/", views.sharing, name="sharing"),
    path("<slug:image>/sharing/<slug:account>/unshare/", views.unshare, name="unshare"),
    path("<slug:image>/delete/", views.delete, name="delete"),
]
