from django.contrib.admin.apps import AdminConfig


class SupportConfig(AdminConfig):
    default_site = "accounts.support_site.SupportSite"
