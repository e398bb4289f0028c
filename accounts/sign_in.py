"""What django-allauth asks of this console: where people's addresses come from, what is said, kept and recorded."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth import REDIRECT_FIELD_NAME, get_backends
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

import audit.models as audit
from accounts.encryption import decrypt, encrypt
from audit.middleware import client_address
from audit.models import Actor
from plumbing.sign_in import is_one_too_many, must_confirm

if TYPE_CHECKING:
    from collections.abc import Callable

    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest, HttpResponse

    from accounts.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
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

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Also for a passkey, which no authentication backend is asked about."""
        [backend] = get_backends()
        if not backend.user_can_authenticate(user):  # type: ignore[attr-defined]
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if user.email:
            super().send_notification_mail(template_prefix, user, context, email or user.email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail that cannot be sent undoes nothing, and an error page would tell that the address is known."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError:
            logger.exception("A mail could not be sent: %s", template_prefix)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets are encrypted with what encrypts those of AccessKeys, and `reencrypt_access_keys` rotates both."""

    def encrypt(self, text: str) -> str:
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text)


def throttled(request: HttpRequest, action: str) -> bool:
    """Whether this is one too many of what ACCOUNT_RATE_LIMITS bounds under that name."""
    return is_one_too_many(request, action)


def confirmed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Whoever wants this page has lately given their password, a code or a passkey again; else they are asked now.

    allauth's own decorator keeps a POST in the session until then, with the passwords in it. Here it is sent anew.
    """

    @wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not must_confirm(request):
            return view(request, *args, **kwargs)
        return redirect(f"{reverse('account_reauthenticate')}?{urlencode({REDIRECT_FIELD_NAME: request.path})}")

    return asking


# What changed in how somebody signs in belongs into the operation log.
EVENTS = {
    "ChangePassword": (password_changed, password_set),
    "ResetPassword": (password_reset,),
    "AddAuthenticator": (authenticator_added,),
    "RemoveAuthenticator": (authenticator_removed,),
    "ResetAuthenticator": (authenticator_reset,),
}


def record_changes() -> None:
    for event, signals in EVENTS.items():
        receiver = partial(_record, event)
        for signal in signals:
            signal.connect(receiver, weak=False)


def _record(
    event: str, sender: Any, request: HttpRequest, user: User, authenticator: Authenticator | None = None, **_: Any
) -> None:
    # Who resets a password is not signed in yet, and acts as the person whose mail they read.
    actor = replace(Actor.of(request), name=user.username, user_id=str(user.pk), account_id=user.account_id or "")
    details = {"user": user.username} | ({"type": str(authenticator.type)} if authenticator else {})
    audit.record(event, by=actor, account_id=user.account_id or "", details=details)
