from django.urls import path

from desktops.views import computers, creating, imaging, overview, templates

app_name = "desktops"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("desktops/", computers.computers, name="list"),
    path("desktops/create/", creating.create, name="create"),
    path("desktops/image/", imaging.new_image, name="new_image"),
    path("desktops/<slug:desktop>/", computers.computer, name="desktop"),
    path("desktops/<slug:desktop>/start/", computers.power, {"verb": "start"}, name="start"),
    path("desktops/<slug:desktop>/stop/", computers.power, {"verb": "stop"}, name="stop"),
    path("desktops/<slug:desktop>/restart/", computers.power, {"verb": "restart"}, name="restart"),
    path("desktops/<slug:desktop>/release/", computers.release, name="release"),
    path("desktops/<slug:desktop>/change-image/", imaging.change_image, name="change_image"),
    path("desktops/<slug:desktop>/create-image/", imaging.create_image, name="create_image"),
    path("templates/", templates.templates, name="templates"),
    path("templates/create/", templates.create, name="create_template"),
    path("templates/<slug:template>/", templates.template, name="template"),
    path("templates/<slug:template>/edit/", templates.edit, name="edit_template"),
    path("templates/<slug:template>/delete/", templates.delete, name="delete_template"),
]
