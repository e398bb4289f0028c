"""The operation log for people: who did what in the account, and what was refused to whom."""

from __future__ import annotations

import csv
import json
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of, fragment
from audit.models import Entry
from logs.forms import LogForm, values_of
from ui.paging import page_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpResponse

NEWEST_FIRST = ("-at", "-id")
COLUMNS = (
    "id",
    "at",
    "event",
    "outcome",
    "door",
    "actor_name",
    "actor_user_id",
    "actor_account_id",
    "region_id",
    "image_id",
    "resource_id",
    "other_account_id",
    "request_id",
    "address",
    "details",
)


@require_safe
def logs(request: ConsoleRequest) -> HttpResponse:
    entries, form = _narrowed(request)
    page = page_of(entries, order=NEWEST_FIRST, cursor=request.GET.get("cursor", ""), size=form.page_size)
    return render(request, fragment(request, "logs/logs.html", "logs"), {"form": form, "page": page})


@require_safe
def entry(request: ConsoleRequest, entry: int) -> HttpResponse:
    """All that an entry says, and as JSON too."""
    found = get_object_or_404(Entry, pk=entry, account_id=account_of(request).pk)
    said = {column: getattr(found, column) for column in COLUMNS} | {"at": found.at.isoformat()}
    context = {"entry": found, "as_json": json.dumps(said, ensure_ascii=False, indent=2)}
    return render(request, fragment(request, "logs/entry.html", "entry"), context)


@require_safe
def export(request: ConsoleRequest) -> StreamingHttpResponse:
    """The log as it is narrowed, all pages of it, as CSV: read and sent a piece at a time."""
    entries, _form = _narrowed(request)
    return StreamingHttpResponse(
        _pieces(entries),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="operation-log.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _narrowed(request: ConsoleRequest) -> tuple[QuerySet[Entry], LogForm]:
    account_id = account_of(request).pk
    form = LogForm(request.GET, values_of(account_id))
    return form.narrow(Entry.objects.filter(account_id=account_id)), form


class _Line:
    """What csv.writer writes to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def _pieces(entries: QuerySet[Entry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    # A piece of several lines, since each is compressed and sent by itself.
    for some in batched(rows_of(entries, order=NEWEST_FIRST), 500):
        yield "".join(writer.writerow([_cell(getattr(found, column)) for column in COLUMNS]) for found in some)


def _cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula: before what begins like one comes an apostrophe."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r", "\n")) else text
