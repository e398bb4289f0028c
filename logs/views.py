"""The operation log for people: who did what in the account, and what was refused to whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of, fragment
from audit.models import Entry
from logs.forms import LogForm, values_of
from ui import spreadsheets
from ui.paging import page_of, rows_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
def export(request: ConsoleRequest) -> HttpResponse | StreamingHttpResponse:
    """The log as it is narrowed, all pages of it, as CSV: read and sent a piece at a time."""
    entries, form = _narrowed(request)
    if form.mistakes:
        # A file without lines would look like a log without entries.
        return HttpResponse("\n".join(form.mistakes), status=400, content_type="text/plain; charset=utf-8")
    rows = ([getattr(found, column) for column in COLUMNS] for found in rows_of(entries, order=NEWEST_FIRST))
    return StreamingHttpResponse(
        spreadsheets.pieces(COLUMNS, rows),
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
