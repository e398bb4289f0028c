"""The pages of the API's lists: by a token, newest first, or by number where the API has numbers.

It is not ui.paging: a program goes on where it was even if everything below is deleted, and has no use for a total,
which costs a count.
"""

from __future__ import annotations

import base64
import heapq
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField

from api.errors import ApiError
from api.params import Number, Parameter, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet

    from api.calls import Answer, Call

# The newest rows whose key is below the first number, as many as the second at most.
type Source = Callable[[int, int], Iterable[Any]]

MAX_RESULTS = Parameter("MaxResults", Number(1, 100), default=10)
NEXT_TOKEN = Parameter("NextToken", Text(256, may_be_empty=True), default="", note="Empty is the first page.")
PAGE_NUMBER = Parameter("PageNumber", Number(1))
PAGE_SIZE = Parameter("PageSize", Number(1, 100))


def newest(query: QuerySet[Any]) -> Source:
    return lambda below, count: query.filter(pk__lt=below).order_by("-pk")[:count]


def page(call: Call, *sources: Source) -> tuple[list[Any], str]:
    """The rows of a page, newest first over all the sources, and the token of the next page (empty on the last).

    A token says below which row the page begins, so what comes and goes meanwhile neither repeats a row nor leaves one
    out.
    """
    if call.finds_nothing:
        return [], ""
    size: int = call["MaxResults"]
    below = _row_of(call["NextToken"])
    found = (source(below, size + 1) for source in sources)
    rows = list(islice(heapq.merge(*found, key=lambda row: -row.pk), size + 1))
    token = _token_of(rows[size - 1].pk) if len(rows) > size else ""
    return rows[:size], token


def counted_page(call: Call, rows: QuerySet[Any]) -> tuple[list[Any], Answer]:
    """The same with the count of all rows; by number when a number is asked for."""
    if call["PageNumber"] or call["PageSize"]:
        return numbered_page(call, rows)
    found, token = page(call, newest(rows))
    return found, {"NextToken": token, "TotalCount": _count(call, rows)}


def numbered_page(call: Call, rows: QuerySet[Any]) -> tuple[list[Any], Answer]:
    number, size = call["PageNumber"] or 1, call["PageSize"] or 10
    found = [] if call.finds_nothing else list(rows.order_by("-pk")[(number - 1) * size : number * size])
    return found, {"PageNumber": number, "PageSize": size, "TotalCount": _count(call, rows)}


def _count(call: Call, rows: QuerySet[Any]) -> int:
    return 0 if call.finds_nothing else rows.count()


def _token_of(pk: int) -> str:
    return base64.urlsafe_b64encode(f"below {pk}".encode()).decode()


def _row_of(token: str) -> int:
    if not token:
        return BigIntegerField.MAX_BIGINT
    try:
        word, _, pk = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(" ")
        if word == "below" and pk.isascii() and pk.isdecimal() and len(pk) < 19:
            return int(pk)
    except ValueError:
        pass
    raise ApiError("InvalidNextToken", "NextToken is none that this action gave.")
