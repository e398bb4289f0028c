from django.urls import path

from logs import views

app_name = "logs"
urlpatterns = [
    path("", views.logs, name="list"),
    path("export/", views.export, name="export"),
    path("<int:entry>/", views.entry, name="entry"),
]
