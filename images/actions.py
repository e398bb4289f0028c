"""What a user may do with an image, and why not: asked by lists, pages and dialogs before anyone tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from images import validators
from images.models import READ_ONLY, ImageAct

if TYPE_CHECKING:
    from accounts.models import User
    from images.models import Image

ACTIONS = {
    "share": validators.SHAREABLE_RULES,
    "unshare": (validators.image_is_custom, validators.image_is_own),
    "edit": validators.EDIT_RULES,
    # Copying needs of the image what editing does; the region is asked for in the dialog.
    "copy": validators.EDIT_RULES,
    "cancel_copy": validators.CANCEL_COPY_RULES,
    "delete": validators.DELETE_RULES,
}


def why_not(action: str, image: Image, user: User) -> list[str]:
    """The sentences that speak against the action, none when the user may do it.

    They come from the rules that refuse the act itself; what depends on what is entered is not asked here.
    """
    if not user.may_write:
        return [str(READ_ONLY)]
    try:
        validators.check(ACTIONS[action], ImageAct(image, user.account_id))
    except ValidationError as refusal:
        return refusal.messages
    return []
