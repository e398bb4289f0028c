from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import connections, router
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import Door, Entry
from ui.fields import NameField
from ui.filters import Filters
from ui.paging import PAGE_SIZE, PAGE_SIZES

if TYPE_CHECKING:
    from django.db.models import QuerySet

REFUSED = "refused"
# Of images of accounts, and of system images.
IMAGE_ID_PREFIXES = ("m-", "desktopimage-")
# Each value is found from the one before it, so a million entries cost as many looks into the index as it has values.
VALUES = """
    WITH RECURSIVE
      event_seen(value) AS (
        SELECT MIN(event) FROM audit_entry WHERE account_id = %(account)s
        UNION ALL
        SELECT (SELECT MIN(event) FROM audit_entry WHERE account_id = %(account)s AND event > event_seen.value)
        FROM event_seen WHERE event_seen.value IS NOT NULL
      ),
      outcome_seen(value) AS (
        SELECT MIN(outcome) FROM audit_entry WHERE account_id = %(account)s
        UNION ALL
        SELECT (SELECT MIN(outcome) FROM audit_entry WHERE account_id = %(account)s AND outcome > outcome_seen.value)
        FROM outcome_seen WHERE outcome_seen.value IS NOT NULL
      )
    SELECT 'event', value FROM event_seen WHERE value IS NOT NULL
    UNION ALL
    SELECT 'outcome', value FROM outcome_seen WHERE value IS NOT NULL
"""


def values_of(account_id: str) -> dict[str, list[str]]:
    """The events and the outcomes that the account's entries have, each in order; one query."""
    found: dict[str, list[str]] = {"event": [], "outcome": []}
    with connections[router.db_for_read(Entry)].cursor() as cursor:
        cursor.execute(VALUES, {"account": account_id})
        for column, value in cursor.fetchall():
            found[column].append(value)
    return {column: sorted(values) for column, values in found.items()}


class LogForm(Filters, forms.Form):
    """What the operation log is narrowed to: its whole state, kept in the URL. All times are UTC."""

    PERIODS = [
        ("7", _("Last 7 days")),
        ("1", _("Last 24 hours")),
        ("30", _("Last 30 days")),
        ("365", _("Last 365 days")),
        ("all", _("All time")),
    ]
    FILTERS = ("period", "since", "until", "event", "outcome", "door", "q", "person")

    q = NameField(
        label=_("ID of an image, cloud computer or template"),
        required=False,
        max_length=64,
        # What of the label has room in the field.
        widget=forms.TextInput({"placeholder": _("Resource ID")}),
    )
    person = NameField(label=_("Logon name of the operator"), required=False, max_length=254)
    period = forms.ChoiceField(label=_("Time"), required=False, choices=PERIODS)
    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"), required=False)
    event = forms.ChoiceField(label=_("Event"), required=False)
    outcome = forms.ChoiceField(label=_("Outcome"), required=False)
    door = forms.ChoiceField(label=_("Through"), required=False, choices=[("", _("Through any way")), *Door.choices])
    size = forms.ChoiceField(label=_("Entries per page"), required=False, choices=[(size, size) for size in PAGE_SIZES])

    def __init__(self, data: Any, values: dict[str, list[str]]) -> None:
        super().__init__({"size": PAGE_SIZE, **data.dict()})
        self.fields["event"].choices = [("", _("All events")), *((event, event) for event in values["event"])]  # type: ignore[attr-defined]
        self.fields["outcome"].choices = [  # type: ignore[attr-defined]
            ("", _("All outcomes")),
            (Entry.SUCCESS, _("Success")),
            (REFUSED, _("Refused, for whatever reason")),
            *((outcome, outcome) for outcome in values["outcome"] if outcome != Entry.SUCCESS),
        ]
        self.is_valid()

    @property
    def texts(self) -> list[forms.BoundField]:
        return [self["q"], self["person"]]

    @property
    def dates(self) -> list[forms.BoundField]:
        return [self["since"], self["until"]]

    @property
    def choices(self) -> list[forms.BoundField]:
        return [self["period"], self["event"], self["outcome"], self["door"], self["size"]]

    @property
    def page_size(self) -> int:
        return int(self.cleaned_data.get("size") or PAGE_SIZE)

    @property
    def has_dates(self) -> bool:
        return bool(self.cleaned_data.get("since") or self.cleaned_data.get("until"))

    @property
    def active_filters(self) -> list[dict[str, Any]]:
        """What the log is narrowed by: the label, the value as text, and the query that takes it away."""
        return [
            {
                "label": self.fields[name].label,
                "value": dict(getattr(self.fields[name], "choices", ())).get(value, value),
                "without": {name: None, "cursor": None},
            }
            for name in self.FILTERS
            if (value := self.cleaned_data.get(name) or self.not_understood.get(name))
            and not (name == "period" and (self.has_dates or value == self.PERIODS[0][0]))
        ]

    without_filters = {**dict.fromkeys(FILTERS), "cursor": None}

    def narrow(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        """Those of the last seven days, unless a time is asked for; each other filter only where it is set."""
        wanted = self.cleaned_data
        if self.not_understood:
            return entries.none()
        entries = self._in_time(entries)
        if wanted.get("q"):
            # One column, which has an index; asked for either, SQLite reads the account's whole log.
            column = "image_id" if wanted["q"].startswith(IMAGE_ID_PREFIXES) else "resource_id"
            entries = entries.filter(**{column: wanted["q"]})
        if wanted.get("person"):
            entries = entries.filter(actor_name=wanted["person"])
        if wanted.get("event"):
            entries = entries.filter(event=wanted["event"])
        if wanted.get("door"):
            entries = entries.filter(door=wanted["door"])
        if wanted.get("outcome") == REFUSED:
            entries = entries.filter(~Q(outcome=Entry.SUCCESS))
        elif wanted.get("outcome"):
            entries = entries.filter(outcome=wanted["outcome"])
        return entries

    def _in_time(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since:
            entries = entries.filter(at__gte=datetime.combine(since, time.min, UTC))
        if until:
            # The day is meant with all its hours; the last day that there is has none after it.
            entries = entries.filter(at__lte=datetime.combine(until, time.max, UTC))
        period = self.cleaned_data.get("period") or "7"
        if not self.has_dates and period != "all":
            entries = entries.filter(at__gte=timezone.now() - timedelta(days=int(period)))
        return entries
