"""The actions that a user may do with an image, or why not. Lists, pages and dialogs ask before the try."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from audit.actions import READ_ONLY_MESSAGE
from images import validators
from images.models import ImageAction, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from images.models import Image

ENCRYPTED = _("An encrypted image cannot be shared")
# For an image that is being made, and for one that has failed.
NOT_AVAILABLE = (_("The image is not available yet"), _("The image failed to be created"))

ACTIONS = {
    "share": validators.SHAREABLE_RULES,
    "unshare": (validators.image_is_custom, validators.image_is_own),
    "edit": validators.EDIT_RULES,
    # Copying needs the same of the image as editing does; the dialog asks for the region.
    "copy": validators.EDIT_RULES,
    "cancel_copy": validators.CANCEL_COPY_RULES,
    "delete": validators.DELETE_RULES,
    "unshare_and_delete": validators.UNSHARE_AND_DELETE_RULES,
}


def refusals(action: str, user: User, image: Image) -> list[str]:
    """The sentences that speak against the action, none when the user may do it.

    They come from the rules that refuse the action itself. Rules about entered values are not asked here.
    """
    if not user.may_write:
        return [str(READ_ONLY_MESSAGE)]
    try:
        validators.check(ACTIONS[action], ImageAction(image, user.account_id))
    except ValidationError as refusal:
        return refusal.messages
    return []


class Reasons(NamedTuple):
    """Why each action of a row is not possible, a sentence each; empty where it is."""

    share: str = ""
    copy: str = ""
    edit: str = ""
    delete: str = ""


def row_reasons(user: User) -> Callable[[Image], Reasons]:
    """The reasons that the rows of a list show beside their actions.

    The rules look only at what a row knows already, so a list asks the database nothing more. The dialog runs all.
    """
    may_write = user.may_write

    def reasons(image: Image) -> Reasons:
        shared_count = getattr(image, "shared_count", 0)
        return _reasons(get_language(), may_write, image.status, image.encrypted, shared_count)

    return reasons


@lru_cache(1000)
def _reasons(_language: str | None, may_write: bool, status: Status, encrypted: bool, shared_count: int) -> Reasons:
    if not may_write:
        return Reasons(*[str(READ_ONLY_MESSAGE)] * 4)
    unavailable = "" if status == Status.AVAILABLE else str(NOT_AVAILABLE[status == Status.FAILED])
    share = str(ENCRYPTED) if encrypted else unavailable
    delete = str(NOT_AVAILABLE[False]) if status.in_progress else ""
    if shared_count:
        delete = ngettext(
            "Unshare it from %(count)s account first", "Unshare it from %(count)s accounts first", shared_count
        ) % {"count": shared_count}
    return Reasons(share, unavailable, unavailable, delete)
