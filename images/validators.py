"""The rules of the page "Share or unshare a custom image", one function a rule.

A rule takes the action that is tried: an object with the `image` and with the `owner_id` of the account that acts. It
raises a ValidationError whose code is stable: log, API and documentation refer to it. A rule whose subject is missing
says nothing, since another rule has refused that already. tests/test_rule_twins.py names what
else a rule needs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import ACCOUNT_ID, RAM_ID
from regions.models import Region
from ui import entered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django_stubs_ext import StrPromise

    from images.models import Image, ImageAction, ImageShare


class AnyAction(Protocol):
    @property
    def image(self) -> Image: ...

    @property
    def owner_id(self) -> str | None: ...
    @property
    def image_is_being_copied(self) -> bool: ...


def field_error(field: str, sentence: StrPromise, code: str, **params: object) -> ValidationError:
    return ValidationError({field: ValidationError(sentence, code=code, params=params)})


def image_is_custom(action: AnyAction) -> None:
    if action.image.is_system:
        raise ValidationError(
            _("This is a system image. System images cannot be shared, copied, changed or deleted."),
            code="image_is_system",
        )


def image_is_own(action: AnyAction) -> None:
    """ "You can share a custom image that is created only by your Alibaba Cloud account." """
    if not action.image.is_system and action.image.owner_id != action.owner_id:
        raise ValidationError(
            _(
                "This image was shared with you by account %(owner)s. You can use it, but only the account that "
                "created it can share, copy, change or delete it."
            ),
            code="image_not_owned",
            params={"owner": action.image.owner_id},
        )


def image_is_not_encrypted(action: AnyAction) -> None:
    """ "You cannot share a custom image that is encrypted." """
    if action.image.encrypted:
        raise ValidationError(
            _(
                "This image is encrypted, and an encrypted image cannot be shared. Create an image from a cloud "
                "computer whose disks are not encrypted, and share that."
            ),
            code="image_encrypted",
        )


def image_is_available(action: AnyAction) -> None:
    if action.image.is_available:
        return
    if action.image.is_failed:
        sentence = _("This image failed to be created. Delete it and create it again.")
    else:
        sentence = _("This image is not available yet. Wait until its status is Available, then try again.")
    raise ValidationError(sentence, code="image_not_available")


def image_is_settled(action: AnyAction) -> None:
    """Available and Failed images can be deleted: the pages disagree on Failed, but a person must get rid of those."""
    if not action.image.is_available and not action.image.is_failed:
        raise ValidationError(
            _("This image is still being made. Wait until it is Available or has failed, then delete it."),
            code="image_in_progress",
        )


def image_is_in_progress(action: AnyAction) -> None:
    if not action.image.in_progress:
        raise ValidationError(_("This image is not being made any more."), code="image_not_in_progress")


def image_is_copying(action: AnyAction) -> None:
    if not action.image.is_copying:
        raise ValidationError(
            _("This image is not being copied, or the copy is finished. A finished copy is deleted like any image."),
            code="image_not_copying",
        )


def image_is_not_being_copied(action: AnyAction) -> None:
    """The page "Copy an image": during the copy the image can be neither deleted nor shared. Here: the source too."""
    if not action.image.is_system and action.image_is_being_copied:
        raise ValidationError(
            _("This image is being copied to another region. Wait until the copy is finished, or cancel it."),
            code="image_being_copied",
        )


def destination_is_another_region(copy: ImageAction) -> None:
    if not copy.destination_id:
        raise field_error("region", _("Choose the region to copy the image to."), "destination_missing")
    if copy.destination_id == copy.image.region_id:
        raise field_error(
            "region", _("The image is in this region already. Choose another one."), "destination_is_source"
        )
    if not Region.objects.filter(pk=copy.destination_id).exists():
        raise field_error("region", _("There is no such region. Choose one of the list."), "destination_not_found")


def image_is_not_shared(action: AnyAction) -> None:
    """ "Before you can delete a custom image that is shared with another Alibaba Cloud account, you must unshare." """
    recipients = action.image.recipient_ids
    if recipients:
        raise ValidationError(
            ngettext_lazy(
                "This image is shared with account %(recipients)s. Unshare it first, then delete it.",
                "This image is shared with %(count)s accounts: %(recipients)s. Unshare it from each, then delete it.",
                "count",
            ),
            code="image_shared",
            params={"count": len(recipients), "recipients": ", ".join(recipients)},
        )


def recipient_is_an_account_id(share: ImageShare) -> None:
    """ "You cannot share a custom image with Resource Access Management (RAM) users." """
    text = share.recipient_id or ""
    if not text:
        raise field_error("recipient", _("Enter the ID of the account to share with."), "account_missing")
    if re.fullmatch(rf"{RAM_ID}|[^@\s]+@[^@\s]+\.onaliyun\.com", text, re.IGNORECASE):
        raise field_error(
            "recipient",
            _(
                "This is a RAM user. An image is shared with an Alibaba Cloud account, never with a RAM user: ask for "
                "the 16-digit account ID that the main account sees in its user panel."
            ),
            "account_is_ram_user",
        )
    if re.fullmatch(ACCOUNT_ID, text):
        return
    # It may look like a digit, so it is named.
    if odd := entered.odd_character(text):
        raise field_error(
            "recipient",
            _("An account ID is exactly 16 digits, each of them 0 to 9. This is none of them: %(character)s"),
            "account_malformed",
            character=odd,
        )
    raise field_error(
        "recipient", _("An account ID is exactly 16 digits, with nothing between them."), "account_malformed"
    )


def recipient_is_another_account(share: ImageShare) -> None:
    if share.recipient_id and share.recipient_id == share.owner_id:
        raise field_error(
            "recipient",
            _("This is the account that owns the image. Enter the ID of another account."),
            "account_is_owner",
        )


def recipient_is_active(share: ImageShare) -> None:
    """Another site is no reason to refuse: images are shared between the China and the International site."""
    if not re.fullmatch(ACCOUNT_ID, share.recipient_id or ""):
        return
    if not share.facts.recipient_is_active:
        raise field_error(
            "recipient",
            _("There is no active Alibaba Cloud account with the ID %(account)s. Check the ID and try again."),
            "account_not_found",
            account=share.recipient_id,
        )


def not_shared_yet(share: ImageShare) -> None:
    if not re.fullmatch(ACCOUNT_ID, share.recipient_id or ""):
        return
    if share.facts.is_shared:
        raise field_error(
            "recipient",
            _("This image is shared with account %(account)s already."),
            "already_shared",
            account=share.recipient_id,
        )


def within_share_limit(share: ImageShare) -> None:
    """ "You can share custom images within your account for up to 50 times in total."

    Counted are the shares that are active now, over all images and regions of the account; an unshare frees one. The
    limit is a field of the account, which support staff can raise.
    """
    limit = share.owner.share_limit
    if share.facts.granted_by_owner >= limit:
        raise ValidationError(
            ngettext_lazy(
                "The account has reached its limit of %(limit)s share. Unshare an image to free one.",
                "The account has reached its limit of %(limit)s shares. Unshare an image to free one.",
                "limit",
            ),
            code="share_limit_reached",
            params={"limit": limit},
        )


def information_was_read(confirmed: bool | None) -> None:
    """A person ticks the check box. A program is not asked: it leaves `confirmed` at None."""
    if confirmed is False:
        raise field_error("confirmed", _("Read the information, then select the check box."), "not_confirmed")


# These rules say whether an image can be shared at all. Their answer is shown before anyone enters an account.
SHAREABLE_RULES: tuple[Callable[[AnyAction], None], ...] = (
    image_is_custom,
    image_is_own,
    image_is_not_encrypted,
    image_is_available,
    image_is_not_being_copied,
)

RECIPIENT_RULES: tuple[Callable[[ImageShare], None], ...] = (
    recipient_is_an_account_id,
    recipient_is_another_account,
    recipient_is_active,
    not_shared_yet,
)

SHARE_RULES: tuple[Callable[[ImageShare], None], ...] = (*RECIPIENT_RULES, within_share_limit)

# These rules can be checked when a share is planned, while its copy has only been started.
PLAN_RULES: tuple[Callable[[ImageShare], None], ...] = (
    image_is_not_encrypted,
    recipient_is_an_account_id,
    recipient_is_another_account,
    recipient_is_active,
)

# For an image that is unshared from every account in the same action.
UNSHARE_AND_DELETE_RULES: tuple[Callable[[AnyAction], None], ...] = (
    image_is_custom,
    image_is_own,
    image_is_settled,
    image_is_not_being_copied,
)

DELETE_RULES: tuple[Callable[[AnyAction], None], ...] = (*UNSHARE_AND_DELETE_RULES, image_is_not_shared)

EDIT_RULES: tuple[Callable[[AnyAction], None], ...] = (image_is_custom, image_is_own, image_is_available)

CANCEL_COPY_RULES: tuple[Callable[[AnyAction], None], ...] = (image_is_custom, image_is_own, image_is_copying)

COPY_RULES: tuple[Callable[[ImageAction], None], ...] = (*EDIT_RULES, destination_is_another_region)


# A person whom these rules refuse is told nothing else of the image: only its owner may know with whom it is shared.
DECISIVE = {image_is_custom, image_is_own}


def check[A](rules: Iterable[Callable[[A], None]], action: A) -> None:
    """Run every rule on the action. Raises one ValidationError with all that refuse, in the order of the rules.

    One that is decisive refuses alone.
    """
    errors: dict[str, list[ValidationError]] = {}
    for rule in rules:
        try:
            rule(action)
        except ValidationError as refusal:
            if rule in DECISIVE:
                raise
            errors = refusal.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)


def check_all(*checks: Callable[[], object]) -> None:
    """Run every check. Raises one ValidationError with all that they refuse."""
    errors: dict[str, list[ValidationError]] = {}
    for one in checks:
        try:
            one()
        except ValidationError as refusal:
            errors = refusal.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)


def first_error(refusal: ValidationError) -> ValidationError:
    """The first of a refusal's errors: the one whose code audit and API give as the outcome."""
    while hasattr(refusal, "error_dict"):
        refusal = next(iter(refusal.error_dict.values()))[0]
    return refusal.error_list[0]
