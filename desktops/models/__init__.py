from desktops.models.configuration import Configuration
from desktops.models.desktop import Desktop, ImageChange, Status
from desktops.models.template import Template

__all__ = ["Configuration", "Desktop", "ImageChange", "Status", "Template"]
