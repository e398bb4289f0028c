from django.urls import path

from desktops.views import computers, overview, templates

app_name = "desktops"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("desktops/", computers.computers, name="list"),
    path("desktops/create/", computers.create, name="create"),
    path("desktops/<slug:desktop>/", computers.computer, name="desktop"),
    path("desktops/<slug:desktop>/start/", computers.act, {"verb": "start"}, name="start"),
    path("desktops/<slug:desktop>/stop/", computers.act, {"verb": "stop"}, name="stop"),
    path("desktops/<slug:desktop>/restart/", computers.act, {"verb": "restart"}, name="restart"),
    path("desktops/<slug:desktop>/release/", computers.act, {"verb": "release"}, name="release"),
    path("desktops/<slug:desktop>/change-image/", computers.change_image, name="change_image"),
    path("desktops/<slug:desktop>/create-image/", computers.create_image, name="create_image"),
    path("desktops/image/", computers.new_image, name="new_image"),
    path("templates/", templates.templates, name="templates"),
    path("templates/create/", templates.create, name="create_template"),
    path("templates/<slug:template>/", templates.template, name="template"),
    path("templates/<slug:template>/edit/", templates.edit, name="edit_template"),
    path("templates/<slug:template>/delete/", templates.delete, name="delete_template"),
]
