"""What is answered where too many requests wait (eds_console.worker): 503, at once, and without the database."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from django.utils.csp import build_policy
from django.utils.translation import gettext as _
from prometheus_client import Counter

import api.views as api
from audit.middleware import request_id
from eds_console.views import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import HttpRequest

REFUSED = Counter("eds_refused_requests", "Requests refused at once, because too many waited")
RETRY_AFTER_SECONDS = 5


def refuse(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application that answers each request so."""
    REFUSED.inc()
    response = request_id(_refusal)(WSGIRequest(environ))
    start_response(f"503 {HTTPStatus(503).phrase}", list(response.items()))
    return [response.content]


def _refusal(request: HttpRequest) -> HttpResponse:
    response: HttpResponse
    if request.path == "/" and api.is_call(request):
        response = api.unavailable(request, "Too many calls are waiting.")
    else:
        language = translation.get_language_from_request(request)
        response = HttpResponse(_page(language, request.headers.get("HX-Request") == "true"), status=503)
        response["Content-Language"] = language
        response["Content-Security-Policy"] = build_policy(settings.SECURE_CSP)  # type: ignore[arg-type]
        response["Cache-Control"] = "no-store"
        response["Vary"] = "Accept-Language, Cookie, HX-Request"
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Content-Length"] = str(len(response.content))
    return response


# Kept for as long as the process lives, so nothing that a client makes up is part of what it is kept by.
@cache
def _page(language: str, is_fragment: bool) -> bytes:
    with translation.override(language):
        return problem(
            RequestFactory().get("/", headers={"HX-Request": "true"} if is_fragment else {}),
            503,
            _("The console is very busy just now"),
            _("More is asked of it than it can answer, so nothing has been done. Try again in a moment."),
        ).content
