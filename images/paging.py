"""Keyset pagination: a page is read from where the last one ended, at the same cost however far one has gone."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COUNT_LIMIT = 10_000
PAGE_SIZES = (10, 20, 50, 100)
PAGE_SIZE = 20


class Count(models.Subquery):
    """The number of rows of a query, as a column of another query."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()


@dataclass(frozen=True)
class Page:
    """The rows, and the cursors of the pages beside it (empty where there is none).

    `total` is the number of rows of all pages, exact up to COUNT_LIMIT and COUNT_LIMIT + 1 beyond.
    """

    rows: Sequence[Any]
    next: str
    previous: str
    total: int
    parameter: str = "cursor"

    @property
    def in_progress(self) -> bool:
        return any(row.in_progress for row in self.rows)

    @property
    def next_query(self) -> dict[str, str]:
        return {self.parameter: self.next}

    @property
    def previous_query(self) -> dict[str, str]:
        return {self.parameter: self.previous}

    @property
    def total_is_bounded(self) -> bool:
        return self.total > COUNT_LIMIT


def page_of(
    queryset: models.QuerySet[Any],
    *,
    order: tuple[str, ...],
    cursor: str = "",
    size: int = PAGE_SIZE,
    parameter: str = "cursor",
) -> Page:
    """Read the page at a cursor with one query; `parameter` is the cursor's name in the URL.

    `order` names the columns of an index, the last one unique ("-id", or "name" and "id"). A cursor that cannot be
    read is the first page: links grow old.
    """
    backwards, values = _read(cursor, len(order))
    found: list[Any] = []
    if values:
        direction = _turned(order) if backwards else order
        try:
            beyond = queryset.filter(_beyond(direction, values))
        except ValidationError:
            pass
        else:
            found = list(_with_total(beyond, queryset).order_by(*direction)[: size + 1])
    if not found:
        # The first page; or past the end, since rows were deleted.
        return first_page(
            list(first_rows(queryset, order=order, size=size)), order=order, size=size, parameter=parameter
        )
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    return Page(
        rows=rows,
        next=_cursor(rows[-1], order, backwards=False) if more or backwards else "",
        previous=_cursor(rows[0], order, backwards=True) if more or not backwards else "",
        total=rows[0].total,
        parameter=parameter,
    )


def first_rows(queryset: models.QuerySet[Any], *, order: tuple[str, ...], size: int) -> models.QuerySet[Any]:
    """What `first_page` makes a page of."""
    return _with_total(queryset, queryset).order_by(*order)[: size + 1]


def first_page(found: list[Any], *, order: tuple[str, ...], size: int, parameter: str = "cursor") -> Page:
    """The page of the rows of a `first_rows` query."""
    rows = found[:size]
    following = _cursor(rows[-1], order, backwards=False) if len(found) > size else ""
    return Page(rows, following, "", rows[0].total if rows else 0, parameter)


def _with_total(rows: models.QuerySet[Any], of: models.QuerySet[Any]) -> models.QuerySet[Any]:
    return rows.annotate(total=Count(of.order_by().values("pk")[: COUNT_LIMIT + 1]))


def rows_of(queryset: models.QuerySet[Any], *, order: tuple[str, ...], batch: int = 2000) -> Iterator[Any]:
    """All rows, read a batch at a time: neither memory nor a cursor of the database is held for who reads slowly."""
    rows = list(queryset.order_by(*order)[:batch])
    while rows:
        yield from rows
        last = [getattr(rows[-1], column.removeprefix("-")) for column in order]
        rows = list(queryset.filter(_beyond(order, last)).order_by(*order)[:batch])


def _turned(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column[1:] if column.startswith("-") else f"-{column}" for column in order)


def _beyond(order: tuple[str, ...], values: list[Any]) -> Q:
    """(a, b) beyond (x, y) as: a at or beyond x, and (a beyond x, or a = x and b beyond y).

    The first part says nothing new; it is what lets a database start at that place of the index.
    """
    column, *rest = order
    name, direction = column.removeprefix("-"), "lt" if column.startswith("-") else "gt"
    strictly = Q(**{f"{name}__{direction}": values[0]})
    if not rest:
        return strictly
    return Q(**{f"{name}__{direction}e": values[0]}) & (
        strictly | Q(**{name: values[0]}) & _beyond(tuple(rest), values[1:])
    )


def _cursor(row: Any, order: tuple[str, ...], *, backwards: bool) -> str:
    values = [getattr(row, column.removeprefix("-")) for column in order]
    return (
        base64.urlsafe_b64encode(json.dumps([backwards, *values], default=datetime.isoformat).encode())
        .decode()
        .rstrip("=")
    )


def _read(cursor: str, length: int) -> tuple[bool, list[Any]]:
    if not cursor:
        return False, []
    try:
        backwards, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError):
        return False, []
    *texts, key = values or [None]
    well_formed = (
        isinstance(backwards, bool)
        and len(values) == length
        and isinstance(key, int)
        and not isinstance(key, bool)
        and abs(key) < 2**63
        and all(isinstance(text, str) and "\0" not in text for text in texts)
    )
    return (backwards, values) if well_formed else (False, [])
