"""The operation log for people: who did what in the account, and what was refused to whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest, account_of
from accounts.preferences import page_size_of, shown_columns
from audit.models import Entry
from logs.forms import LogForm
from ui import spreadsheets
from ui.dialogs import Dialog, show
from ui.pages import page as answer
from ui.paging import page_of, rows_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

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
    context = {
        "form": form,
        "page": page_of(entries, order=form.order, cursor=request.GET.get("cursor", ""), size=form.page_size),
        "columns": shown_columns(request.user, "logs"),
    }
    return answer(request, "logs/list.jinja", context)


@require_safe
def entry(request: ConsoleRequest, entry: int) -> HttpResponse:
    """All that an entry says, and as JSON too."""
    found = get_object_or_404(Entry, pk=entry, account_id=account_of(request).pk)
    columns = {column: getattr(found, column) for column in COLUMNS} | {"at": found.at.isoformat()}
    return show(
        request,
        Dialog(title=_("Event details"), back=reverse("logs:list"), subject=[found.event], width=800),
        template="logs/entry.jinja",
        entry=found,
        as_json=json.dumps(columns, ensure_ascii=False, indent=2),
    )


@require_safe
def export(request: ConsoleRequest) -> HttpResponse | StreamingHttpResponse:
    """The log as it is narrowed and sorted, all pages of it, as CSV: read and sent a piece at a time."""
    entries, form = _narrowed(request)
    if form.mistakes:
        # A file without lines would look like a log without entries.
        return HttpResponse("\n".join(form.mistakes), status=400, content_type="text/plain; charset=utf-8")
    rows = ([getattr(found, column) for column in COLUMNS] for found in rows_of(entries, order=form.order))
    return StreamingHttpResponse(
        spreadsheets.pieces(COLUMNS, rows),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="operation-log.csv"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _narrowed(request: ConsoleRequest) -> tuple[QuerySet[Entry], LogForm]:
    form = LogForm.of_account(account_of(request).pk, request.GET, page_size_of(request.user))
    return form.entries(), form
