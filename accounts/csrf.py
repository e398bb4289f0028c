"""A person who signs in again keeps the token of their forms, so that pages which are still open go on working.

Django makes a new secret at every sign-in, so that nobody has planted it beforehand. Here a secret is bound to the
person: it is kept when the same person signs in with it again, and made anew for anybody else.

Replaces: the new secret that django.contrib.auth.login makes at each sign-in.
Private names: request.META["CSRF_COOKIE"] of django.middleware.csrf.
Goes when: Django keeps the secret of a person who signs in again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User

HALF = CSRF_SECRET_LENGTH // 2


def bind_secrets_to_people() -> None:
    user_logged_in.connect(_bind_secret)


def _bind_secret(request: HttpRequest, user: User, **_: Any) -> None:
    """After Django has made a new secret: a random half, and one that only this console can make of it and the user."""
    known = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    if not constant_time_compare(known, _secret(known[:HALF], user)):
        known = _secret(get_random_string(HALF), user)
    request.META["CSRF_COOKIE"] = known


def _secret(random_half: str, user: User) -> str:
    bound = salted_hmac("accounts.csrf", f"{random_half}:{user.pk}", algorithm="sha256")
    return random_half + bound.hexdigest()[:HALF]
