"""The adapters that django-allauth asks: where people's addresses come from, what is said, kept and recorded."""

from __future__ import annotations

import logging
import time
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, get_backends
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts import demo, events
from accounts.encryption import decrypt, encrypt
from accounts.signed_in import end_sessions, prune, remember
from audit.middleware import client_address
from plumbing.sign_in import CountsByName, has_to_confirm, throttled
from ui.entered import logon_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

__all__ = ["AccountAdapter", "MFAAdapter", "confirmed", "keep_sessions", "throttled"]

logger = logging.getLogger(__name__)
# A person who has just signed in has shown who they are. Counted in seconds from each step of the sign-in.
SIGN_IN_COUNTS = 300


class AccountAdapter(CountsByName):
    error_messages = {
        **CountsByName.error_messages,
        # The same sentence for every reason, so that it tells nobody which names there are.
        "username_password_mismatch": _(
            "The logon name or the password is wrong, or the account cannot sign in. Check both; the password "
            "distinguishes upper and lower case."
        ),
        "too_many_login_attempts": _("Too many attempts have failed. Try again in a few minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the operation log knows it. A socket of the same machine has no address."""
        return client_address(request) or "127.0.0.1"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        name = credentials.get("username") or ""
        if demo.is_refused(logon_name(name)):
            events.sign_in_failed(request, name, events.DEMO_REFUSED)
            raise ValidationError(demo.REFUSED, code="demo_refused")
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            events.sign_in_failed(request, name, events.LOCKED_OUT)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        events.sign_in_failed(request, credentials.get("username") or "", events.WRONG_PASSWORD)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Check the user here, because allauth asks no authentication backend about a passkey."""
        [backend] = get_backends()
        if not backend.user_can_authenticate(user):  # type: ignore[attr-defined]
            events.sign_in_failed(request, user.username, events.INACTIVE)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return super().is_reauthentication_required(app=app, **kwargs) and not signed_in_lately(self.request)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if user.email:
            super().send_notification_mail(template_prefix, user, context, email or user.email)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail. Its origin is a setting, because a request for the mail may carry any Host header."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return f"{settings.PUBLIC_URL}{path}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        events.password_reset_requested(self.request, user)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot be sent undoes nothing, and an error page would tell that the address is known."""
        # Instead of a site of the request's Host header.
        site = {"name": settings.MFA_TOTP_ISSUER, "domain": settings.PUBLIC_URL}
        try:
            super().send_mail(template_prefix, email, {**context, "current_site": site})
        except OSError:
            logger.exception("A mail could not be sent: %s", template_prefix)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets are encrypted with the keys that encrypt AccessKeys, and `reencrypt_access_keys` rotates both."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def signed_in_lately(request: HttpRequest) -> bool:
    """Whether a password, code or passkey was given in this session within the last five minutes."""
    seconds = min(SIGN_IN_COUNTS, settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
    # A time in the future does not count: the clock was set back.
    steps = get_authentication_records(request, request.user)
    return any(0 <= time.time() - step["at"] < seconds for step in steps)


def confirmed(view: Callable[..., Any]) -> Callable[..., Any]:
    """A person gets this page if they have lately given their password, a code or a passkey; else they are asked now.

    allauth's own decorator keeps a POST in the session until then, with the passwords in it. Here it is sent anew.
    """

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not has_to_confirm(request, app="accounts"):
            return view(request, *args, **kwargs)
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: request.path})}")

    return asking


def _remember(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    remember(request, user)
    prune()


def _end_others(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Sign out everybody who knew the old password. The session that changed it goes on, with a new key."""
    if request.user == user:
        remember(request, user)
        end_sessions([user], but=request)
    else:
        end_sessions([user])


def keep_sessions() -> None:
    """Do for sessions what allauth's own receivers would do (accounts.user_sessions)."""
    user_logged_in.connect(_remember)
    for signal in (password_changed, password_set, password_reset):
        signal.connect(_end_others)
