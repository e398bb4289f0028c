"""The front door, the health check and the error pages."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest
from audit.database import is_unavailable
from regions.middleware import UnknownRegionError
from regions.models import DEFAULT_REGION_ID, Region
from ui.pages import FRAGMENT, PLAIN, page


@require_safe
def home(request: ConsoleRequest) -> HttpResponse:
    """The console's front door."""
    if request.user.account_id is None:
        return redirect("admin:index")
    return redirect("images:custom", request.user.last_region_id or DEFAULT_REGION_ID)


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"status": "unavailable", "database": "does not answer"}, status=503)
    return JsonResponse({"status": "ok", "database": "answers"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the console can do its work: the database takes writes and has this version's tables; else 503."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return JsonResponse({"status": "unavailable", "database": "migrations are missing"}, status=503)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("UPDATE django_migrations SET name = name WHERE id = 1")
            transaction.set_rollback(True)
    except Error:
        return JsonResponse({"status": "unavailable", "database": "takes no writes"}, status=503)
    return JsonResponse({"status": "ok", "database": "takes writes"})


def problem(request: HttpRequest, status: int, title: str, sentence: str, **context: object) -> HttpResponse:
    """An error page in the console's own look; inside a dialog or a list, only its text."""
    context.update(title=title, sentence=sentence, request_id=getattr(request, "request_id", ""))
    if status < 500:
        return page(request, "problem.jinja", context, status=status)
    # What broke may be what the frame around the page needs, so a mistake of the console is shown without it.
    layout = FRAGMENT if request.headers.get("HX-Request") == "true" else PLAIN
    return render(None, "problem.jinja", {**context, "layout": layout}, status=status, using="jinja2")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 400, _("Bad request"), _("The console could not read this request."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 403, _("No permission"), str(exception) or _("You have no permission to do this."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return problem(
        request, 403, _("The form has expired"), _("Reload the page, then try again. Nothing has been changed.")
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, UnknownRegionError):
        return problem(request, 404, _("Unknown region"), str(exception), choose_from=Region.objects.all())
    return problem(
        request, 404, _("Not found"), _("There is nothing here that your account can see. It may have been deleted.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    if is_unavailable(sys.exception()):
        response = problem(
            request,
            503,
            _("The console is not available just now"),
            _("Its database does not answer, or could not finish in time. Try again in a moment."),
        )
        response["Retry-After"] = "5"
        return response
    return problem(
        request, 500, _("Something went wrong"), _("The console has made a mistake. It has been recorded; try again.")
    )
