"""The API's one endpoint, and the page of its errors that answers refer to."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import orjson
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.http import HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from api.actions import ACTIONS
from api.calls import Answer, Call
from api.denied import refuse_denied
from api.errors import BY_CODE, ERRORS, ApiError, api_error_for
from api.params import read as read_parameters
from api.params import understand, unmet
from api.signing import authenticate, claim_of
from api.vendor import EVERY_ACTION
from audit.middleware import client_address
from audit.models import Actor, Door
from images.models import PlannedShare
from plumbing.database_errors import is_unavailable
from ui.pages import page

if TYPE_CHECKING:
    from django.http import HttpRequest

    from api.action import Action
    from api.params import Sent

VERSION = "2020-09-30"
# In whole seconds, with a Z; the console keeps all its times in UTC.
TIME_FORMAT_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
logger = logging.getLogger(__name__)


def is_call(request: HttpRequest) -> bool:
    """Tell whether a request to / is for the API. All methods but GET and HEAD are."""
    query = request.META.get("QUERY_STRING", "")
    return (
        request.method not in {"GET", "HEAD"}
        or "x-acs-action" in request.headers
        or any(pair.startswith("Action=") for pair in query.split("&"))
    )


def call(request: HttpRequest) -> HttpResponse:
    """Answer one call: the action's own answer, or the first error that stands in its way."""
    # Programs look for words in the messages, so they get the same ones everywhere.
    with translation.override("en"):
        try:
            content, status = _answer(request), 200
        except ApiError as error:
            content, status = _refusal(request, error)
        except PermissionDenied as denied:
            content, status = _refusal(request, ApiError("Forbidden.RAM", str(denied)))
        except RequestDataTooBig:
            content, status = _refusal(request, ApiError("RequestTooLarge", "The body is too large."))
        except DisallowedHost:
            message = "This server is not known under the host that the call names. ALLOWED_HOSTS names its hosts."
            content, status = _refusal(request, ApiError("InvalidRequest", message))
        except SuspiciousOperation:
            content, status = _refusal(request, ApiError("InvalidRequest", "The request cannot be read."))
        except Exception as error:
            if is_unavailable(error):
                logger.exception("The database failed call %s", _request_id(request))
                content, status = _refusal(request, ApiError("ServiceUnavailable", "The database could not finish."))
            else:
                logger.exception("Call %s failed", _request_id(request))
                content, status = _refusal(request, ApiError("InternalError", "The server made a mistake."))
    return _response(request, content, status)


def _response(request: HttpRequest, content: Answer, status: int) -> HttpResponse:
    body = orjson.dumps({"RequestId": _request_id(request), **content}, option=TIME_FORMAT_OPTIONS)
    response = HttpResponse(body, content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(body))
    return response


def _answer(request: HttpRequest) -> Answer:
    if request.method not in {"GET", "POST"}:
        raise ApiError("UnsupportedHTTPMethod", f"A call is not sent as {request.method}.")
    # Refuses a name that is none of this server's.
    request.get_host()
    sent = read_parameters(request)
    action = _action(request, sent)
    # The metrics count by it.
    request.answered_by = f"api:{action.name}"  # type: ignore[attr-defined]
    claim = claim_of(request, sent)
    key = authenticate(claim, address=client_address(request))
    user = key.user
    assert user.account is not None  # noqa: S101 - or the key would not have been usable
    request.user = user
    by = Actor.of(request, Door.API)
    if not (by.may_write or action.reads):
        with suppress(PermissionDenied):
            refuse_denied(action, by, sent.all)
        raise ApiError("Forbidden.RAM", f"The policy {user.policy} does not allow ecd:{action.name}.")
    values = understand(action.parameters, sent.all)
    asked = unmet(action.parameters, values)
    if asked and not action.reads:
        raise ApiError(
            asked.code, f"{asked.name} asks for something that this server does not have. {asked.note}".strip()
        )
    call = Call(
        account=user.account,
        by=by,
        values=values,
        endpoint=request.META.get("HTTP_HOST", ""),
        finds_nothing=asked is not None,
    )
    if key.has_due_shares:  # type: ignore[attr-defined]
        # Shares that are due now are shares now.
        PlannedShare.objects.settle(call.account)
    try:
        return action.handler(call)
    except ValidationError as refusal:
        raise api_error_for(refusal, action.resource_name) from refusal


def _action(request: HttpRequest, sent: Sent) -> Action:
    name = _header_or_parameter(request, sent, "x-acs-action", "Action")
    if not name:
        raise ApiError("MissingAction", "The call names no action.")
    if name not in ACTIONS:
        if name in EVERY_ACTION:
            raise ApiError("UnsupportedOperation", f"This server does not offer {name}.")
        raise ApiError("InvalidAction.NotFound", f"There is no action {name[:64]}.")
    if _header_or_parameter(request, sent, "x-acs-version", "Version") != VERSION:
        raise ApiError("InvalidVersion", f"The version is {VERSION}.")
    if sent.all.get("Format", "JSON").upper() != "JSON":
        raise ApiError("UnsupportedFormat", "Answers are JSON.")
    return ACTIONS[name]


def _header_or_parameter(request: HttpRequest, sent: Sent, header: str, parameter: str) -> str:
    """The value of a header or a parameter, which must agree: the RPC signature covers the parameter alone."""
    in_header, in_parameter = request.headers.get(header), sent.all.get(parameter)
    if in_header is not None and in_parameter is not None and in_header != in_parameter:
        raise ApiError("InvalidParameter", f"{parameter} and the header {header} do not agree.")
    if in_parameter is None and "Authorization" not in request.headers and "Signature" in sent.all:
        return ""
    return (in_header if in_parameter is None else in_parameter) or ""


def _refusal(request: HttpRequest, error: ApiError) -> tuple[Answer, int]:
    row = BY_CODE[error.code]
    host = request.META.get("HTTP_HOST", "")
    content = {
        "HostId": host,
        "Code": error.code,
        "Message": str(error.message),
        "Recommend": f"{request.scheme}://{host}{reverse('api:errors')}#{error.code}",
    }
    return content, row.status


def _request_id(request: HttpRequest) -> str:
    request_id: str = request.request_id  # type: ignore[attr-defined]
    return request_id


@login_not_required
@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every error, its cause and its remedy: where `Recommend` leads."""
    return page(request, "api/errors.jinja", {"errors": ERRORS})
