"""A person's choices for the console: language, time zone, theme, density, page size, columns. Kept in the database."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from ui.paging import PAGE_SIZES

# The columns of each list that may be left out.
COLUMNS: dict[str, dict[str, Any]] = {
    "images": {"os": _("OS"), "size": _("Size"), "shared": _("Shared with"), "created": _("Created")},
    "desktops": {"image": _("Image"), "type": _("Type"), "disks": _("Disks"), "created": _("Created")},
    "templates": {"image": _("Image"), "type": _("Type"), "disks": _("Disks"), "created": _("Created")},
    "logs": {"region": _("Region"), "by": _("By"), "through": _("Through")},
}


@cache
def time_zones() -> list[tuple[str, str]]:
    """The names of all time zones, with the usual one first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    return [("", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class PreferencesForm(forms.Form):
    """Only what is sent is changed: a menu of the top bar sends one value."""

    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the browser")), *settings.LANGUAGES]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=time_zones)
    theme = forms.ChoiceField(
        label=_("Theme"),
        required=False,
        choices=[("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))],
    )
    density = forms.ChoiceField(
        label=_("Rows"), required=False, choices=[("", _("Compact")), ("comfortable", _("Comfortable"))]
    )
    page_size = forms.ChoiceField(
        label=_("Rows of a page"), required=False, choices=[("", _("As usual")), *((size, size) for size in PAGE_SIZES)]
    )

    @property
    def list_name(self) -> str:
        """The list whose columns were sent: that of the images, unless another is named."""
        return str(self.data.get("list", "")) or ("images" if "columns" in self.data else "")

    @property
    def chosen_columns(self) -> list[str]:
        return self.data.getlist("columns")  # type: ignore[attr-defined] # it is a QueryDict

    def clean(self) -> None:
        if not self.list_name:
            return
        if self.list_name not in COLUMNS:
            raise ValidationError(_("There is no such list."))
        if not COLUMNS[self.list_name].keys() >= set(self.chosen_columns):
            raise ValidationError(_("The list has no such column."))

    def save(self, user: User) -> None:
        """Keep what was sent. An empty value is forgotten.

        Another window may have changed another one since the person was read, so they are read again, and locked.
        """
        sent = {name: self.cleaned_data[name] for name in self.fields if name in self.data}
        with transaction.atomic():
            kept = User.objects.select_for_update(no_key=True).values_list("preferences", flat=True).get(pk=user.pk)
            if name := self.list_name:
                hidden = dict(kept.get("hidden_columns", {}))
                hidden[name] = [column for column in COLUMNS[name] if column not in self.chosen_columns]
                sent["hidden_columns"] = {key: columns for key, columns in hidden.items() if columns}
            user.preferences = {name: value for name, value in {**kept, **sent}.items() if value}
            user.save(update_fields=["preferences"])


def hidden_columns(user: User, name: str) -> set[str]:
    return set(user.preferences.get("hidden_columns", {}).get(name, ()))


def shown_columns(user: User, name: str) -> set[str]:
    """The columns of a list that the person has not hidden, of those that can be."""
    return set(COLUMNS[name]) - hidden_columns(user, name)


def page_size_of(user: User) -> str:
    """How many rows the person wants on a page; empty without a wish."""
    return str(user.preferences.get("page_size", ""))
