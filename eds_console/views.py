"""The front door, the health check and the error pages."""

from __future__ import annotations

import sys

from allauth.account.utils import get_next_redirect_url
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.http import ConsoleRequest
from images.elsewhere import NotHereError
from plumbing.database_errors import is_unavailable
from regions.middleware import UnknownRegionError
from regions.models import DEFAULT_REGION_ID, Region
from ui.pages import FRAGMENT, PLAIN, page, previous_page


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
    # The frame around the page may need the part that broke, so a mistake of the console is shown without the frame.
    layout = FRAGMENT if request.headers.get("HX-Request") == "true" else PLAIN
    return render(None, "problem.jinja", {**context, "layout": layout}, status=status, using="jinja2")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 400, _("Bad request"), _("The console could not read this request."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem(request, 403, _("No permission"), str(exception) or _("You have no permission to do this."))


# Pages where a person signs in, who may have done so already in another tab.
SIGN_IN_PAGES = {"account_login", "mfa_authenticate", "mfa_login_webauthn"}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form has no token, or one from before a sign-in, or it may come from another site."""
    if request.headers.get("Origin") == "null":
        return problem(request, 403, _("The origin of the form is hidden"), str(HIDDEN_ORIGIN))
    signs_in = request.resolver_match is not None and request.resolver_match.view_name in SIGN_IN_PAGES
    # Forms of other sites were refused before, by their origin; and they have no token.
    if signs_in and "csrfmiddlewaretoken" in request.POST and reason.startswith("CSRF token"):
        return _sign_in_anew(request)
    page = reverse("account_login") if signs_in else previous_page(request)
    links = [(page, _("Open the page again"), "")] if page else []
    sentence = _("Open the page again, then send the form once more. Nothing has been changed.")
    return problem(request, 403, _("The form has expired"), sentence, links=links)


HIDDEN_ORIGIN = gettext_lazy(
    "Your browser does not say which site the form comes from (it sends “Origin: null”), so it may come from another "
    "site. Nothing has been changed. The cause is a privacy setting, an extension, or a page that shows the console in "
    "a frame. Open the console in a tab of its own and let the browser send the origin, then try again."
)


def _sign_in_anew(request: HttpRequest) -> HttpResponse:
    """The form is from before a sign-in in another tab. A person who is signed in goes on; others get a new form."""
    after = get_next_redirect_url(request)
    if not request.user.is_authenticated:
        messages.warning(request, _("The form had expired. Sign in again."))
        query = f"?{urlencode({REDIRECT_FIELD_NAME: after})}" if after else ""
        return redirect(reverse("account_login") + query)
    name = request.user.get_username()
    if request.POST.get("username", name).strip().lower() != name.lower():
        sentence = _("You are signed in as %(name)s already. To sign in as another person, sign out first.")
        messages.info(request, sentence % {"name": name})
    return redirect(after or "home")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, UnknownRegionError):
        links = [
            (reverse("images:custom", args=[region.pk]), region.name, region.pk) for region in Region.objects.all()
        ]
        return problem(request, 404, _("Unknown region"), str(exception), links=links)
    if isinstance(exception, NotHereError):
        return problem(request, 404, exception.title, str(exception), links=exception.links)
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
