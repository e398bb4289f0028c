"""What a user may do with a computer or a template, and why not: asked by pages and dialogs before anyone tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from desktops import validators
from images.models import READ_ONLY

if TYPE_CHECKING:
    from accounts.models import User
    from desktops.models import Configuration

# For a template there is nothing to ask but the policy: its image is asked for in the dialog.
ACTIONS: dict[str, tuple[Any, ...]] = {
    "create": (),
    "start": validators.START_RULES,
    "stop": validators.STOP_RULES,
    "restart": validators.RESTART_RULES,
    "change_image": validators.CHANGEABLE_RULES,
    "create_image": validators.IMAGEABLE_RULES,
    "release": validators.RELEASE_RULES,
    "create_template": (),
    "edit_template": (),
    "delete_template": (),
}


def why_not(action: str, user: User, it: Configuration | None = None) -> list[str]:
    """The sentences that speak against the action, none when the user may do it.

    They come from the rules that refuse the act itself; what depends on what is entered is not asked here.
    """
    if not user.may_write:
        return [str(READ_ONLY)]
    try:
        validators.check(ACTIONS[action], it)
    except ValidationError as refusal:
        return refusal.messages
    return []
