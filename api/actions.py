"""Every action that is built: the declarations in these modules, by name."""

from __future__ import annotations

from api import bundles, desktop_images, desktops, image_list, images, regions, sharing, templates
from api.action import Action

MODULES = (regions, image_list, images, sharing, desktops, desktop_images, bundles, templates)

ALL_ACTIONS = [value for module in MODULES for value in vars(module).values() if isinstance(value, Action)]
ACTIONS = {action.name: action for action in ALL_ACTIONS}
