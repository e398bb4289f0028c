from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Self

from crispy_forms.helper import FormHelper
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from images import lookups
from images.models import Image, ImageShare, OsType, PlannedShare, Status
from regions.models import Region
from ui.fields import AccountIdField, LinesField, NameField
from ui.filters import Filters
from ui.paging import PAGE_SIZE, PAGE_SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import QueryDict
    from django.utils.safestring import SafeString

    from accounts.http import ConsoleRequest
    from audit.models import Actor


# What a query loses when the list that it pages through becomes another.
FIRST_PAGE = {"cursor": None, "by_me": None}


class ListForm(Filters, forms.Form):
    """What a list of images is narrowed to and how it is laid out: its whole state, kept in the URL.

    Made by `of`; nothing changes it then.
    """

    SORTS = {
        "-created": ("-id",),
        "created": ("id",),
        "name": ("name", "id"),
        "-name": ("-name", "-id"),
    }

    CHOICES: dict[str, list[tuple[Any, Any]]] = {
        "status": [("", _("All statuses")), *Status.choices],
        "os": [("", _("All OS")), *OsType.choices],
    }

    FILTERS = ("q", "status", "os")

    q = NameField(label=_("Search by image ID or name"), required=False, max_length=128)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=CHOICES["status"])
    os = forms.ChoiceField(label=_("OS"), required=False, choices=CHOICES["os"])
    sort = forms.ChoiceField(required=False, choices=[(name, name) for name in SORTS], widget=forms.HiddenInput)
    size = forms.ChoiceField(
        label=_("Images per page"),
        required=False,
        choices=[(size, size) for size in PAGE_SIZES],
    )

    def __init__(self, data: dict[str, str]) -> None:
        super().__init__({"size": PAGE_SIZE, **data})
        self.is_valid()

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """The form of a page's query. Most pages have one of a few; to make one takes longer than to find the rows."""
        entered = tuple((name, query[name]) for name in cls.base_fields if name in query)
        return _list_form(cls, get_language(), entered)  # type: ignore[return-value] # it is of that class

    @cached_property
    def selects(self) -> list[dict[str, Any]]:
        """Of which one chooses: `id`, `name`, `label`, and `options` of value, text and whether it is chosen now."""
        selects = []
        for name in ("status", "os", "size"):
            field = self[name]
            chosen = str(field.value())
            options = [(str(value), str(text), str(value) == chosen) for value, text in field.field.choices]  # type: ignore[attr-defined]
            selects.append({"id": field.id_for_label, "name": name, "label": str(field.label), "options": options})
        return selects

    @cached_property
    def active_filters(self) -> list[dict[str, Any]]:
        """What the list is narrowed by: the label, the value as text, and the query that takes it away."""
        return [
            {
                "label": self.fields[name].label if name != "q" else _("Search"),
                "value": dict(self.CHOICES.get(name, ())).get(value, value),
                "without": {name: None, **FIRST_PAGE},
            }
            for name in self.FILTERS
            if (value := self.cleaned_data.get(name) or self.not_understood.get(name))
        ]

    without_filters = {"q": None, "status": None, "os": None, **FIRST_PAGE}

    @cached_property
    def sort_links(self) -> dict[str, dict[str, Any]]:
        """For each sortable column: how it is sorted now ("" if it is not), and the query that sorts or turns it."""
        now = self.cleaned_data.get("sort") or "-created"
        links = {}
        for column in ("name", "created"):
            direction = {column: "ascending", f"-{column}": "descending"}.get(now, "")
            other = f"-{column}" if direction == "ascending" else column
            links[column] = {"direction": direction, "query": {"sort": other, **FIRST_PAGE}}
        return links

    @property
    def order(self) -> tuple[str, ...]:
        return self.SORTS[self.cleaned_data.get("sort") or "-created"]

    @property
    def page_size(self) -> int:
        return int(self.cleaned_data.get("size") or PAGE_SIZE)

    def narrow(self, images: Any) -> Any:
        wanted = self.cleaned_data
        if self.not_understood:
            return images.none()
        if wanted.get("q"):
            images = images.matching(wanted["q"])
        if wanted.get("status"):
            images = images.in_status(wanted["status"])
        if wanted.get("os"):
            images = images.filter(os_type=wanted["os"])
        return images

    def narrow_shares(self, shares: Any) -> Any:
        return shares.filter(image__in=self.narrow(Image.objects.all())) if self.active_filters else shares


@lru_cache(500)
def _list_form(form: type[ListForm], _language: str | None, entered: tuple[tuple[str, str], ...]) -> ListForm:
    return form(dict(entered))


class ActForm(forms.Form):
    """What a person entered for an act on an image. Whether the act may be is for the model to say, by field."""

    # The model's fields under the names that the form gives them.
    FIELDS: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def attempt[Result](self, act: Callable[[], Result]) -> Result | None:
        """The result of the act; None where it was refused, and then the errors stand at their fields."""
        try:
            return act()
        except ValidationError as refusal:
            self.errors.clear()
            for field, errors in refusal.update_error_dict({}).items():
                name = self.FIELDS.get(field, field)
                self.add_error(name if name in self.fields else None, errors)
            return None

    def entered(self, name: str) -> str:
        """The field's text as it was entered, even where the field did not take it.

        NUL, which PostgreSQL does not keep, becomes a character that no rule takes.
        """
        if not hasattr(self, "cleaned_data"):
            # Once: it would take away what a refusal has said.
            self.full_clean()
        field = self.fields[name]
        text = str(self.cleaned_data.get(name) or self.data.get(name, ""))
        return (field.tidy(text) if isinstance(field, NameField) else text.strip()).replace("\0", "\ufffd")


class RecipientForm(ActForm):
    """An act that says of an account whether it exists."""

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
        share.confirmed = self.cleaned_data.get("confirm", False)
        self.attempt(lambda: share.grant(by=by))
        return None if self.errors else share


def _drawn(form: ShareForm) -> dict[str, SafeString]:
    return {name: as_crispy_field(form[name]) for name in ("account", "confirm")}


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


class EditForm(ActForm):
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


class FailForm(ActForm):
    """For support staff: why an image that is being made fails."""

    reason = forms.CharField(label=_("Reason, which the owner of the image reads"), max_length=256)
