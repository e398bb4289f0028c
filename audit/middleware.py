from __future__ import annotations

import ipaddress
import uuid
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


# The ID of the request that is answered now, for who has no request in hand, such as the log.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


def client_address(request: HttpRequest) -> str | None:
    """Where the request comes from, as the outermost of the settings.PROXIES in front of the console saw it.

    What a client itself writes into X-Forwarded-For stands further to the left and is never believed.
    """
    addresses = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if 0 < settings.PROXIES <= len(addresses):
        address = addresses[-settings.PROXIES].strip()
        try:
            return str(ipaddress.ip_address(address))
        except ValueError:
            pass
    return request.META.get("REMOTE_ADDR") or None


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Give each request an ID of the API's form (upper-case UUID); audit, answers and error pages show the same one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.request_id = str(uuid.uuid4()).upper()  # type: ignore[attr-defined]
        token = current_request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
        finally:
            current_request_id.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response

    return middleware
