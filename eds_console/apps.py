from django.contrib.admin.apps import AdminConfig


class SupportConfig(AdminConfig):
    default_site = "eds_console.admin.SupportSite"
