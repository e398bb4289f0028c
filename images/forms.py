from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from images import lookups
from images.models import Image, ImageShare, OsType, PlannedShare, Status
from regions.models import Region, every_region
from ui import entered
from ui.fields import AccountIdField, LinesField, NameField
from ui.forms import ActionForm, ListForm

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from accounts.http import ConsoleRequest
    from audit.models import Actor


class ImageListForm(ListForm):
    SORTS = {
        "-created": ("-id",),
        "created": ("id",),
        "name": ("name", "id"),
        "-name": ("-name", "-id"),
    }
    FILTERS: ClassVar[tuple[str, ...]] = ("q", "status", "os", "encrypted")

    q = NameField(label=_("Search by image ID or name"), required=False, max_length=128)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[("", _("All statuses")), *Status.choices])
    os = forms.ChoiceField(label=_("OS"), required=False, choices=[("", _("All OS")), *OsType.choices])
    encrypted = forms.ChoiceField(
        label=_("Encryption"),
        required=False,
        choices=[("", _("Any encryption")), ("yes", _("Encrypted")), ("no", _("Not encrypted"))],
    )

    def narrow_by(self, name: str, value: str, rows: Any) -> Any:
        match name:
            case "q":
                return rows.matching(value)
            case "status":
                return rows.in_status(value)
            case "os":
                return rows.filter(os_type=value)
            case "encrypted":
                return rows.filter(encrypted=value == "yes")
            case "shared":
                shares = ImageShare.objects.filter(image=OuterRef("pk"))
                return rows.filter(Exists(shares) if value == "yes" else ~Exists(shares))
        raise ValueError(name)

    def narrow_shares(self, shares: Any) -> Any:
        """The shares of the images that the filters let through."""
        return shares.filter(image__in=self.narrow(Image.objects.all())) if self.is_narrowed else shares


class CustomImageListForm(ImageListForm):
    FILTERS = (*ImageListForm.FILTERS, "shared")

    shared = forms.ChoiceField(
        label=_("Shared with"),
        required=False,
        choices=[("", _("Any sharing")), ("yes", _("Shared")), ("no", _("Not shared"))],
    )


class RecipientForm(ActionForm):
    """An action that says of an account whether it exists."""

    def is_one_too_many(self, request: ConsoleRequest) -> bool:
        """Count that it was said. Whoever asked too often is told that, and nothing else."""
        if not lookups.is_one_too_many(request, self.entered("account")):
            return False
        self.errors.clear()
        self.add_error("account", lookups.WAIT)
        return True


class ShareForm(RecipientForm):
    """The Shared Image dialog."""

    account = AccountIdField(
        label=_("Account"),
        required=False,
        help_text=_("The 16-digit ID of an Alibaba Cloud account, of either site. Not a RAM user's ID."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
    )
    confirm = forms.BooleanField(
        label=_("I have read the information above and have removed all sensitive data and files from the image."),
        required=False,
    )

    FIELDS = {"recipient": "account", "confirmed": "confirm", "image": "image_id"}

    @property
    def drawn(self) -> dict[str, SafeString]:
        """The fields as HTML, by name. To draw them takes longer than a share, and empty ones are the same for all."""
        return _drawn(self) if self.is_bound else _drawn_empty(get_language())

    def grant(self, image: Image | None, *, by: Actor) -> ImageShare | None:
        """Share the image with the account that was entered."""
        share = ImageShare(image=image, recipient_id=self.entered("account"))
        confirmed = self.cleaned_data.get("confirm", False)
        self.attempt(lambda: share.grant(by=by, confirmed=confirmed))
        return None if self.errors else share


def _drawn(form: ShareForm) -> dict[str, SafeString]:
    return {name: mark_safe(as_crispy_field(form[name])) for name in ("account", "confirm")}  # noqa: S308 - as drawn


@cache
def _drawn_empty(_language: str | None) -> dict[str, SafeString]:
    return _drawn(ShareForm())


class ShareOnBehalfForm(ShareForm):
    """The same for support staff, who name the image as well."""

    image_id = NameField(label=_("Image ID"), required=False, max_length=64)
    confirm = forms.BooleanField(
        label=_("The owner asked for it, and has removed all sensitive data and files from the image."), required=False
    )

    field_order = ["image_id"]

    def grant_on_behalf(self, *, by: Actor) -> ImageShare | None:
        if not self.entered("image_id"):
            self.add_error("image_id", forms.Field.default_error_messages["required"])
            return None
        image = Image.objects.filter(image_id=self.entered("image_id")).first()
        if image is not None and image.owner_id is not None:
            PlannedShare.objects.settle(image.owner_id)
        return self.grant(image, by=by)


class EditForm(ActionForm):
    name = NameField(label=_("Image name"), required=False)
    description = LinesField(label=_("Description"), required=False)


class CopyForm(RecipientForm, EditForm):
    """The Copy Image dialog; with an account, the copy is shared with it as soon as it is ready."""

    region = forms.ChoiceField(label=_("Region"), required=False)
    account = AccountIdField(
        label=_("Account"),
        required=False,
        help_text=_("Leave it empty to only copy. With a 16-digit account ID, the copy is shared when it is ready."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "spellcheck": "false"}),
    )
    confirm = forms.BooleanField(
        label=_("If I share the copy: I have removed all sensitive data and files from the image."), required=False
    )

    field_order = ["region", "name", "description", "account", "confirm"]
    FIELDS = ShareForm.FIELDS

    def __init__(self, *args: Any, image: Image, **kwargs: Any) -> None:
        super().__init__(*args, initial={"name": image.name, "description": image.description}, **kwargs)
        self.image = image
        self.fields["region"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose a region")),
            *((region.pk, f"{region.name} ({region.pk})") for region in Region.objects.exclude(pk=image.region_id)),
        ]

    def copy(self, *, by: Actor) -> Image | None:
        """Start the copy, and plan its share where an account was entered."""
        account, confirmed = self.entered("account"), self.cleaned_data.get("confirm", False)

        def plan(copy: Image) -> PlannedShare:
            return PlannedShare.plan(copy, account, confirmed=confirmed, by=by)

        return self.attempt(
            lambda: self.image.copy_to(
                self.entered("region"),
                name=self.entered("name"),
                description=self.entered("description"),
                by=by,
                then=plan if account else None,
                share_with=account,
            )
        )


class CopyManyForm(ActionForm):
    """The region that several images are copied to."""

    region = forms.ChoiceField(label=_("Region"), error_messages={"required": _("Choose the region to copy to.")})

    def __init__(self, *args: Any, region: Region, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = ((other.pk, f"{other.name} ({other.pk})") for other in every_region() if other.pk != region.pk)
        self.fields["region"].choices = [("", _("Choose a region")), *others]  # type: ignore[attr-defined]


MOST_ACCOUNTS, MOST_SHARES = 50, 500


class ShareManyForm(ActionForm):
    """The accounts that several images are shared with, one a line. Only a check needs no `confirm`."""

    accounts = forms.CharField(
        label=_("Accounts"),
        max_length=4000,
        help_text=_("The 16-digit IDs of Alibaba Cloud accounts, one a line or with commas between them."),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
        error_messages={"required": _("Enter the IDs of the accounts to share with.")},
    )
    confirm = forms.BooleanField(
        label=_("I have read the information above and have removed all sensitive data and files from the images."),
        error_messages={"required": _("Read the information, then select the check box.")},
    )

    def __init__(self, *args: Any, image_count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.image_count = image_count
        self.fields["confirm"].required = "check" not in self.data

    def clean_accounts(self) -> list[str]:
        """The IDs that were entered, each once, in their order."""
        text = self.cleaned_data["accounts"]
        parts = (entered.account_id(part) for part in re.split(r"[\s,;，；、]+", text))
        ids = list(dict.fromkeys(part for part in parts if part))
        if not ids:
            raise ValidationError(self.fields["accounts"].error_messages["required"])
        if len(ids) > MOST_ACCOUNTS:
            raise ValidationError(_("Enter at most %(most)s accounts at once."), params={"most": MOST_ACCOUNTS})
        if (shares := len(ids) * self.image_count) > MOST_SHARES:
            raise ValidationError(
                _("These are %(count)s shares; at most %(most)s are made at once. Select fewer images or accounts."),
                params={"count": shares, "most": MOST_SHARES},
            )
        return ids


class FailForm(ActionForm):
    """For support staff: why an image that is being made fails."""

    reason = forms.CharField(label=_("Reason, which the owner of the image reads"), max_length=256)
