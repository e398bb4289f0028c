"""The filters of a list. A filter that cannot be understood finds nothing and says so: without it, the list would
show, and export, everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from ui import entered

if TYPE_CHECKING:
    from django import forms

MOST_SHOWN = 40


class Filters:
    """For a form whose fields narrow a list. Its other fields, such as the page's size, fall back to their defaults."""

    # The fields that narrow, in the order that they are shown in.
    FILTERS: ClassVar[tuple[str, ...]] = ()
    fields: dict[str, forms.Field]
    errors: Any
    data: Any

    @cached_property
    def not_understood(self) -> dict[str, str]:
        """The text of each filter that cannot be understood, by the field's name; as much of it as can be shown."""
        return {name: _shown(str(self.data.get(name, ""))) for name in self.FILTERS if name in self.errors}

    @cached_property
    def mistakes(self) -> list[str]:
        """A sentence for each of these."""
        sentence = _("The filter “%(label)s” cannot be understood, so nothing is found: %(value)s")
        return [
            sentence % {"label": self.fields[name].label, "value": value} for name, value in self.not_understood.items()
        ]


def _shown(text: str) -> str:
    text = "".join(character if character.isprintable() else "\ufffd" for character in entered.name(text))
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
