from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import ACCOUNT_ID
from audit.models import Door, Entry
from audit.outcomes import label_of
from logs.values import MOSTLY_EMPTY, values_of
from regions.models import every_region
from ui.fields import NameField
from ui.forms import ListForm

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import QueryDict

REFUSED = "refused"
# The columns of the filters that are called otherwise.
COLUMNS = {"person": "actor_name", "region": "region_id", "recipient": "other_account_id"}
USUAL_DAYS = "7"
PERIODS = [
    ("", _("Last 7 days")),
    ("1", _("Last 24 hours")),
    ("30", _("Last 30 days")),
    ("365", _("Last 365 days")),
    ("all", _("All time")),
]


class LogForm(ListForm):
    """The filters of the operation log. Dates are days of the person's time zone.

    The search finds the entries about each ID that begins with the text. A part of an ID that is not its beginning is
    not found, since no index finds it.
    """

    SORTS = {"-created": ("-at", "-id"), "created": ("at", "id")}
    FILTERS: ClassVar[tuple[str, ...]] = (
        *("period", "since", "until", "event", "region", "recipient", "outcome", "door", "q", "person"),
    )
    # The ones in the toolbar; the rest stands in a menu.
    IN_TOOLBAR: ClassVar[tuple[str, ...]] = ("period", "event", "region", "recipient", "outcome")

    q = NameField(label=_("Search by the beginning of an ID"), required=False, max_length=64)
    person = NameField(label=_("Logon name of the operator"), required=False, max_length=254)
    period = forms.ChoiceField(label=_("Time"), required=False, choices=PERIODS)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)
    event = forms.ChoiceField(label=_("Event"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    recipient = forms.ChoiceField(label=_("Recipient"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    door = forms.ChoiceField(label=_("Through"), required=False, choices=[("", _("Through any way")), *Door.choices])

    def __init__(self, data: dict[str, str], account_id: str) -> None:
        self.account_id = account_id
        super().__init__(data)

    @classmethod
    def of_account(cls, account_id: str, query: QueryDict, page_size: str = "") -> LogForm:
        """The form of a page's query. It is not kept as others are: its choices are those of the account's log."""
        entered = {name: str(query[name]) for name in query}
        if entered.get("period") == USUAL_DAYS:
            del entered["period"]
        return cls({"size": page_size, **entered}, account_id)

    def full_clean(self) -> None:
        # The choices are asked for together with the IDs that the search is about: that is one query.
        text = str(self.data.get("q", ""))
        self.values = values_of(self.account_id, "" if "\0" in text else text[: self.base_fields["q"].max_length])  # type: ignore[attr-defined]
        for name, choices in self._choices().items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        super().full_clean()

    def _choices(self) -> dict[str, list[tuple[str, Any]]]:
        found, recipient = self.values.filters, str(self.data.get("recipient", ""))
        recipients = {account for account in found["other_account_id"] if re.fullmatch(ACCOUNT_ID, account)}
        if re.fullmatch(ACCOUNT_ID, recipient):
            # Only the first recipients of many are offered; each may be asked for.
            recipients.add(recipient)
        refusals = sorted((str(label_of(outcome)), outcome) for outcome in found["outcome"] if outcome != Entry.SUCCESS)
        return {
            "event": [("", _("All events")), *((event, event) for event in found["event"])],
            "region": [("", _("All regions")), *((region.pk, region.name) for region in every_region())],
            "recipient": [("", _("All recipients")), *((account, account) for account in sorted(recipients))],
            "outcome": [
                ("", _("All outcomes")),
                (Entry.SUCCESS, _("Done")),
                (REFUSED, _("Refused")),
                *((outcome, label) for label, outcome in refusals),
            ],
        }

    def clean_q(self) -> str:
        if self.values.has_too_many_ids:
            raise forms.ValidationError("", code="too_many_ids")
        return str(self.cleaned_data["q"])

    @cached_property
    def mistakes(self) -> list[str]:
        if "q" in self.errors and self.values.has_too_many_ids:
            return [
                gettext("Too many IDs begin with “%(text)s”. Enter more of the ID.")
                % {"text": self.not_understood["q"]}
            ]
        return super().mistakes

    @cached_property
    def selects(self) -> list[dict[str, Any]]:
        return [self._select(name) for name in self.IN_TOOLBAR]

    @cached_property
    def more_filters(self) -> list[dict[str, Any]]:
        """The fields of the menu that are entered, each with its kind, and whether one of them narrows the log."""
        kinds = {"person": "text", "since": "date", "until": "date"}
        return [{"field": self[name], "kind": kind, "value": self.entered(name)} for name, kind in kinds.items()]

    @cached_property
    def door_select(self) -> dict[str, Any]:
        return self._select("door")

    @property
    def has_more_filters(self) -> bool:
        return any(self.entered(name) for name in ("person", "since", "until", "door"))

    @property
    def has_dates(self) -> bool:
        return bool(self.cleaned_data.get("since") or self.cleaned_data.get("until"))

    @cached_property
    def active_filters(self) -> list[dict[str, Any]]:
        """As of every list, but for a period that dates take the place of."""
        replaced = self.fields["period"].label if self.has_dates else None
        return [active for active in super().active_filters if active["label"] != replaced]

    def entries(self) -> QuerySet[Entry]:
        """The account's entries of the last seven days, unless a time is asked for, that the filters let through."""
        period = self.cleaned_data.get("period") or USUAL_DAYS
        found: QuerySet[Entry] = self.narrow(self._about_ids() if self.cleaned_data.get("q") else self._own())
        if not self.has_dates and period != "all":
            found = found.filter(at__gte=timezone.now() - timedelta(days=int(period)))
        return found

    def narrow_by(self, name: str, value: Any, rows: QuerySet[Entry]) -> QuerySet[Entry]:
        match name:
            case "since":
                rows = rows.filter(at__gte=_moment(value, time.min))
            case "until":
                # The day is meant with all its hours.
                rows = rows.filter(at__lte=_moment(value, time.max))
            case "outcome" if value == REFUSED:
                rows = rows.filter(~Q(outcome=Entry.SUCCESS))
            case "event" | "outcome" | "door" | "person" | "region" | "recipient":
                rows = _having(rows, COLUMNS.get(name, name), value)
        return rows

    def _own(self) -> QuerySet[Entry]:
        return Entry.objects.filter(account_id=self.account_id)

    def _about_ids(self) -> QuerySet[Entry]:
        """The account's entries about the IDs that the search has found, which are few.

        Each ID is asked for by itself, and the account only there. Else SQLite reads the account's whole log.
        """
        own = self._own().order_by().values("pk")
        about = [_having(own, column, value) for column, values in self.values.ids.items() for value in values]
        return Entry.objects.filter(pk__in=about[0].union(*about[1:])) if about else Entry.objects.none()


def _having[Rows: QuerySet[Any, Any]](rows: Rows, column: str, value: str) -> Rows:
    """The rows with that value in the column."""
    if column in MOSTLY_EMPTY:
        # It says nothing new. It lets a database use the column's index, which leaves empty values out.
        rows = rows.filter(~Q(**{column: ""}))
    return rows.filter(**{column: value})


def _moment(day: Any, clock: time) -> datetime:
    """That time of the day where the person is. The first and the last day that there are have no other zone's."""
    try:
        return datetime.combine(day, clock, timezone.get_current_timezone()).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, clock, UTC)
