from django.urls import path

from operations import views

app_name = "operations"
urlpatterns = [
    path("", views.logs, name="logs"),
    path("export/", views.export, name="export"),
    path("<int:entry>/", views.entry, name="entry"),
]
