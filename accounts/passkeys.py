"""Signing in with a passkey alone. There is no session yet: what the browser was asked waits in a signed cookie."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# Where allauth keeps the question in a session (allauth.mfa.webauthn).
QUESTION = "mfa.webauthn.state"
COOKIE = "passkey_question"
# Seconds that a person has to answer, as long as browsers wait.
ANSWERED_WITHIN = 300


class SignInWithPasskey(LoginWebAuthnView):
    """allauth's view with a session that lasts for the request only, until somebody is signed in."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().get(request, *args, **kwargs)
        if question := request.session.pop(QUESTION, None):
            response.set_signed_cookie(
                COOKIE,
                json.dumps(question),
                salt=COOKIE,
                max_age=ANSWERED_WITHIN,
                path=reverse("mfa_login_webauthn"),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        return response

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if question := _question(request):
            request.session[QUESTION] = json.loads(question)
        response: HttpResponse = super().post(request, *args, **kwargs)
        request.session.pop(QUESTION, None)
        response.delete_cookie(COOKIE, path=reverse("mfa_login_webauthn"), samesite="Strict")
        return response


def _question(request: HttpRequest) -> str | None:
    """The question that was asked, as JSON. None if it was asked too long ago, by nobody, or was answered before."""
    question: str | None = request.get_signed_cookie(COOKIE, default=None, salt=COOKIE, max_age=ANSWERED_WITHIN)
    if question is None:
        return None
    key = f"passkey:{hashlib.sha256(question.encode()).hexdigest()}"
    # An answer that somebody overheard signs nobody in.
    return question if cache.add(key, "answered", ANSWERED_WITHIN) else None
