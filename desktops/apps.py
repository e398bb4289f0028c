from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DesktopsConfig(AppConfig):
    name = "desktops"
    verbose_name = _("Cloud computers")
