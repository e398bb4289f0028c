"""Keyset pagination: a page is read from where the last one ended, at the same cost however far one has gone."""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

COUNT_LIMIT = 10_000
PAGE_SIZES = (10, 20, 50, 100)
PAGE_SIZE = 20


class Count(models.Subquery):
    """The number of rows of a query, as a column of another query; `most` of them at most are counted."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()

    def __init__(self, queryset: models.QuerySet[Any, Any], *, most: int | None = None) -> None:
        # SQLite counts a third more rows in the same time if it reads no column of them.
        super().__init__(queryset.order_by().values(counted=models.Value(1))[:most])


class UncountedLists:
    """Lists that had more rows than are counted, FRESH_SECONDS ago at most: the next page need not count them again."""

    FRESH_SECONDS = 60
    MOST = 1000

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def __contains__(self, name: Hashable) -> bool:
        return time.monotonic() < self._until.get(name, 0)

    def note(self, name: Hashable) -> None:
        if name not in self:
            if len(self._until) >= self.MOST:
                self._until.clear()
            self._until[name] = time.monotonic() + self.FRESH_SECONDS


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


@dataclass(frozen=True)
class Position:
    """Where a page begins: at the first row, or beyond the row that has these values in the columns of the order."""

    values: tuple[Any, ...] = ()
    backwards: bool = False


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

    def rows_at_position(position: Position) -> list[Any]:
        return list(rows_at(position, queryset, order=order, size=size))

    return page_at(cursor, rows_at_position, model=queryset.model, order=order, size=size, parameter=parameter)


def rows_at(
    position: Position, queryset: models.QuerySet[Any], *, order: tuple[str, ...], size: int, counts: bool = True
) -> models.QuerySet[Any, Any]:
    """The rows that `page_at` makes a page of: one more than are shown, each with the number of all rows.

    Without `counts` that number says that there are more rows than are counted.
    """
    beyond, direction = queryset, order
    if position.values:
        direction = _turned(order) if position.backwards else order
        beyond = queryset.filter(_beyond(direction, position.values))
    total: Any = models.Value(COUNT_LIMIT + 1)
    if counts:
        total = Count(queryset, most=COUNT_LIMIT + 1)
    return beyond.annotate(total=total).order_by(*direction)[: size + 1]


def page_at(
    cursor: str,
    read: Callable[[Position], list[Any]],
    *,
    model: type[models.Model],
    order: tuple[str, ...],
    size: int,
    parameter: str = "cursor",
) -> Page:
    """The page at a cursor, read by a function that gives what `rows_at` finds at a position."""
    position = _position(cursor, model, order)
    found = read(position)
    if not found and position.values:
        # The position is past the end, since rows were deleted.
        position = Position()
        found = read(position)
    more, rows = len(found) > size, found[:size]
    if position.backwards:
        rows.reverse()
    has_next = bool(rows) and (more or position.backwards)
    has_previous = bool(position.values) and (more or not position.backwards)
    return Page(
        rows=rows,
        next=_cursor(rows[-1], order, backwards=False) if has_next else "",
        previous=_cursor(rows[0], order, backwards=True) if has_previous else "",
        total=rows[0].total if has_next or has_previous else len(rows),
        parameter=parameter,
    )


def rows_of(queryset: models.QuerySet[Any], *, order: tuple[str, ...], batch: int = 2000) -> Iterator[Any]:
    """All rows, read a batch at a time: a slow reader holds neither memory nor a cursor of the database."""
    rows = list(queryset.order_by(*order)[:batch])
    while rows:
        yield from rows
        last = [getattr(rows[-1], column.removeprefix("-")) for column in order]
        rows = list(queryset.filter(_beyond(order, last)).order_by(*order)[:batch])


def _turned(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(column[1:] if column.startswith("-") else f"-{column}" for column in order)


def _beyond(order: tuple[str, ...], values: Sequence[Any]) -> Q:
    """(a, b) beyond (x, y) as: a at or beyond x, and (a beyond x, or a = x and b beyond y).

    The first part adds no condition, but lets a database start at that place of the index.
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


def _position(cursor: str, model: type[models.Model], order: tuple[str, ...]) -> Position:
    """The position that a cursor names; the first one for a cursor that cannot be read."""
    if not cursor:
        return Position()
    try:
        backwards, *texts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        columns = [model._meta.get_field(column.removeprefix("-")) for column in order]
        values = tuple(_value(column, text) for column, text in zip(columns, texts, strict=True))
    except (ValueError, TypeError, OverflowError, RecursionError, ValidationError):
        return Position()
    return Position(values, backwards) if isinstance(backwards, bool) else Position()


def _value(column: Any, said: Any) -> Any:
    """The value of a column that a cursor says. Raises ValueError or ValidationError for one that is not valid."""
    value = column.to_python(said)
    if isinstance(value, datetime):
        is_one = isinstance(said, str) and timezone.is_aware(value)
    elif isinstance(value, str):
        # JSON can say half of a pair of surrogates, which no database takes.
        is_one = isinstance(said, str) and "\0" not in value and not re.search("[\ud800-\udfff]", value)
    else:
        is_one = isinstance(said, int) and not isinstance(said, bool) and abs(value) < 2**63
    if not is_one:
        raise ValueError(said)
    return value
