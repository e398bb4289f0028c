"""The two kinds of forms: one narrows a list and keeps its state in the URL, the other carries what an action needs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ui.fields import NameField
from ui.filters import Filters
from ui.paging import PAGE_SIZE, PAGE_SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import QueryDict

ORDERS = {
    "-created": _("Newest first"),
    "created": _("Oldest first"),
    "name": _("Name, A to Z"),
    "-name": _("Name, Z to A"),
}
# Parameters that a query loses when the list becomes another one.
FIRST_PAGE = {"cursor": None, "by_me": None}


class ListForm(Filters, forms.Form):
    """The state of a list: what narrows it, how it is sorted, the size of a page. Nothing changes it after `of`.

    A filter that cannot be understood finds nothing, and `mistakes` says why. An unknown order or size falls back.
    """

    # The orders by name; the columns of each are those of an index. The first one is the usual order.
    SORTS: ClassVar[dict[str, tuple[str, ...]]] = {}
    # The fields that narrow the list, as they stand in the toolbar.
    FILTERS: ClassVar[tuple[str, ...]] = ("q",)

    q = NameField(label=_("Search"), required=False, max_length=128)
    sort = forms.CharField(required=False, widget=forms.HiddenInput)
    size = forms.ChoiceField(
        label=_("Page size"),
        required=False,
        choices=[(size, format_lazy(_("{size} / page"), size=size)) for size in PAGE_SIZES],
    )

    def __init__(self, data: dict[str, str]) -> None:
        super().__init__(data)
        self.is_valid()

    @classmethod
    def of(cls, query: QueryDict, page_size: str = "") -> Self:
        """The form of a page's query. It is kept: most pages have one of a few, and making one costs a query's time.

        `page_size` is the person's own, for a query that asks for none.
        """
        entered = tuple((name, query[name]) for name in cls.base_fields if name in query)
        if page_size and "size" not in query:
            entered = (*entered, ("size", page_size))
        return _list_form(cls, get_language(), entered)  # type: ignore[return-value] # it is of that class

    def entered(self, name: str) -> str:
        return str(self.data.get(name, ""))

    @cached_property
    def selects(self) -> list[dict[str, Any]]:
        """The filters that are chosen from a list: `id`, `name`, `label`, `chosen`, and `options`."""
        return [self._select(name) for name in self.FILTERS if hasattr(self.fields[name], "choices")]

    @cached_property
    def sort_select(self) -> dict[str, Any]:
        """The orders as a list to choose from, where a table has no heads to press. The usual order has no value."""
        usual = next(iter(self.SORTS))
        options = [("" if name == usual else name, str(ORDERS[name]), name == self.sorted_by) for name in self.SORTS]
        return {"id": "id_sort", "name": "sort", "label": str(_("Sort by")), "chosen": False, "options": options}

    @cached_property
    def size_select(self) -> dict[str, Any]:
        return {**self._select("size", str(self.page_size)), "chosen": False}

    def _select(self, name: str, chosen: str | None = None) -> dict[str, Any]:
        field = self[name]
        now = str(field.value() or "") if chosen is None else chosen
        options = [(str(value), str(text), str(value) == now) for value, text in field.field.choices]  # type: ignore[attr-defined]
        return {
            "id": field.id_for_label,
            "name": name,
            "label": str(field.label),
            "chosen": bool(now),
            "options": options,
        }

    @property
    def is_narrowed(self) -> bool:
        return bool(self.active_filters)

    @cached_property
    def active_filters(self) -> list[dict[str, Any]]:
        """The filters that narrow the list: the label, the value as text, and the query that takes the filter away."""
        return [
            {"label": self.fields[name].label, "value": self._as_text(name), "without": {name: None, **FIRST_PAGE}}
            for name in self.FILTERS
            if self.cleaned_data.get(name) or name in self.not_understood
        ]

    def _as_text(self, name: str) -> str:
        value = self.cleaned_data.get(name) or self.not_understood.get(name)
        return str(dict(getattr(self.fields[name], "choices", ())).get(value, value))

    @property
    def without_filters(self) -> dict[str, None]:
        return {**dict.fromkeys(self.FILTERS), **FIRST_PAGE}

    @cached_property
    def sort_links(self) -> dict[str, dict[str, Any]]:
        """For each sortable column: how it is sorted now ("" if it is not), and the query that sorts or turns it."""
        links = {}
        for column in {name.removeprefix("-") for name in self.SORTS}:
            direction = {column: "ascending", f"-{column}": "descending"}.get(self.sorted_by, "")
            other = f"-{column}" if direction == "ascending" or column not in self.SORTS else column
            links[column] = {"name": column, "direction": direction, "query": {"sort": other, **FIRST_PAGE}}
        return links

    @property
    def sorted_by(self) -> str:
        asked = self.cleaned_data.get("sort", "")
        return asked if asked in self.SORTS else next(iter(self.SORTS))

    @property
    def order(self) -> tuple[str, ...]:
        return self.SORTS[self.sorted_by]

    @property
    def page_size(self) -> int:
        return int(self.cleaned_data.get("size") or PAGE_SIZE)

    def narrow(self, rows: Any) -> Any:
        """The rows that all filters let through; none where a filter cannot be understood."""
        if self.not_understood:
            return rows.none()
        for name in self.FILTERS:
            if value := self.cleaned_data.get(name):
                rows = self.narrow_by(name, value, rows)
        return rows

    def narrow_by(self, name: str, value: Any, rows: Any) -> Any:
        """The rows that one filter lets through."""
        raise NotImplementedError


@lru_cache(500)
def _list_form(form: type[ListForm], _language: str | None, entered: tuple[tuple[str, str], ...]) -> ListForm:
    return form(dict(entered))


class ActionForm(forms.Form):
    """The values that a person entered for an action. The model says whether the action is allowed, by field."""

    # Names of the model's fields that differ from those of the form.
    FIELDS: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

    def attempt[Result](self, action: Callable[[], Result]) -> Result | None:
        """The result of the action; None where it is refused. Then the errors stand at their fields."""
        try:
            return action()
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
            # Clean only once: a second time would remove the errors that a refusal has added.
            self.full_clean()
        field = self.fields[name]
        text = str(self.cleaned_data.get(name) or self.data.get(name, ""))
        return (field.tidy(text) if isinstance(field, NameField) else text.strip()).replace("\0", "\ufffd")
