"""The values in an account's log: those to filter by, and the IDs that begin with what somebody looks for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import connections, router

from audit.models import Entry
from ui import entered

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each value is found from the one before it, so a million entries cost as many looks into the index as it has values.
VALUES = """
  {name}(value, number) AS (
    SELECT MIN({column}), 1 FROM audit_entry WHERE account_id = %(account)s AND {column} >= %({name})s{narrow}
    UNION ALL
    SELECT (SELECT MIN({column}) FROM audit_entry WHERE account_id = %(account)s AND {column} > {name}.value{narrow}),
      number + 1
    FROM {name} WHERE {begins} AND number <= %(most)s
  )"""
BEGINS = "substr({name}.value, 1, length(%({name})s)) = %({name})s"
# The filters whose values are chosen from those in the log.
FILTERS = ("event", "outcome", "other_account_id")
# Columns that are empty in most entries. Their indexes leave these entries out.
MOSTLY_EMPTY = {"resource_id", "other_account_id"}
# The columns that the search looks into, each with the beginnings of its IDs, which people leave out.
IDS = {"image_id": ("m-", "desktopimage-"), "resource_id": ("ecd-", "b-"), "other_account_id": ()}
# So many values of a filter are offered, and so many IDs are looked for at once.
MOST = 100


@dataclass(frozen=True)
class Values:
    """The values of the filters by column, in order; and by column the IDs that begin with what is looked for."""

    filters: dict[str, list[str]] = field(default_factory=dict)
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def has_too_many_ids(self) -> bool:
        return sum(map(len, self.ids.values())) > MOST


def values_of(account_id: str, text: str = "") -> Values:
    """One query, however many entries there are."""
    searches = [(column, "") for column in FILTERS] + list(_beginnings(text))
    parameters: dict[str, str | int] = {"account": account_id, "most": MOST}
    parts, answers = [], []
    for number, (column, beginning) in enumerate(searches):
        name = f"seen_{number}"
        parameters[name] = beginning
        begins = BEGINS.format(name=name) if beginning else f"{name}.value IS NOT NULL"
        narrow = f" AND NOT ({column} = '')" if column in MOSTLY_EMPTY else ""
        parts.append(VALUES.format(name=name, column=column, narrow=narrow, begins=begins))
        answers.append(f"SELECT {number}, {name}.value FROM {name} WHERE {begins}")  # noqa: S608 - our own names
    found: dict[int, list[str]] = defaultdict(list)
    with connections[router.db_for_read(Entry)].cursor() as cursor:
        cursor.execute(f"WITH RECURSIVE {','.join(parts)} {' UNION ALL '.join(answers)}", parameters)
        for number, value in cursor.fetchall():
            found[number].append(value)
    filters = {column: sorted(found[number]) for number, column in enumerate(FILTERS)}
    ids: dict[str, list[str]] = {column: [] for column in IDS}
    for number, (column, _beginning) in enumerate(searches[len(FILTERS) :], len(FILTERS)):
        ids[column] = sorted({*ids[column], *found[number]})
    return Values(filters, ids)


def _beginnings(text: str) -> Iterator[tuple[str, str]]:
    """The texts that the IDs of each column may begin with."""
    for column, kinds in IDS.items():
        for term in entered.search_terms(text):
            yield column, term
            if not term.startswith(kinds):
                for kind in kinds:
                    yield column, f"{kind}{term}"
