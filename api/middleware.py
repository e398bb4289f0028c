from __future__ import annotations

from typing import TYPE_CHECKING

from api.views import call, is_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def answer_calls(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer what is sent to the API before anything looks at cookies: a call has its signature, and no session."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return call(request) if request.path_info == "/" and is_call(request) else get_response(request)

    return middleware
