"""The operation log records events of signing in: who came, who was refused, who was locked out, who left.

A failure is an entry of the account whose name was tried. A name that belongs to nobody makes an entry without an
account, which support staff see. No entry has a password or a code.
"""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from allauth.account.signals import password_changed, password_reset, password_set, user_logged_in
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from django.contrib.auth.signals import user_logged_out
from django.core.cache import cache

import audit.models as audit
from accounts.models import User
from audit.middleware import client_address
from audit.models import Actor, Door, Entry
from ui.entered import logon_name

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest

WRONG_PASSWORD, WRONG_CODE = "wrong_name_or_password", "wrong_code"
LOCKED_OUT, INACTIVE, DEMO_REFUSED = "too_many_attempts", "inactive", "demo_refused"
# An event that can be repeated without end is recorded once in this many seconds for each name.
ONCE_IN = 300
# At most this many failures with names of nobody are recorded in one minute, for all addresses together.
STRANGERS_A_MINUTE = 60
LONGEST_NAME = 254


def connect() -> None:
    """Listen to what allauth and Django say of signing in."""
    user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    password_changed.connect(_password_changed)
    password_set.connect(_password_changed)
    password_reset.connect(_password_reset)
    authenticator_added.connect(_authenticator_added)
    authenticator_removed.connect(_authenticator_removed)
    authenticator_reset.connect(_authenticator_reset)
    authenticator_used.connect(_authenticator_used)
    authentication_failed.connect(_code_failed)


def record(event: str, request: HttpRequest, user: User, outcome: str = Entry.SUCCESS, **details: Any) -> None:
    """Write an entry about an action of this person, or about one that was tried in their name."""
    is_theirs = outcome == Entry.SUCCESS or request.user == user
    by = _somebody(
        request,
        name=user.username,
        user_id=str(user.pk) if is_theirs else "",
        account_id=(user.account_id or "") if is_theirs else "",
    )
    details = {"user": user.username, **details}
    audit.record(event, by=by, outcome=outcome, account_id=user.account_id or "", details=details)


def sign_in_failed(request: HttpRequest, name: str, outcome: str, **details: Any) -> None:
    """Record a refused sign-in, or a signed-in person who could not show who they are."""
    name = logon_name(name)[:LONGEST_NAME]
    if outcome != WRONG_PASSWORD and not _is_first("SignIn", outcome, name):
        return
    user = User.objects.filter(username=name).first() if name else None
    if user is not None:
        record("ConfirmIdentity" if request.user == user else "SignIn", request, user, outcome, **details)
        return
    number = _strangers_in_this_minute()
    if number <= STRANGERS_A_MINUTE:
        if number == STRANGERS_A_MINUTE:
            details["further_ones"] = "not recorded in this minute"
        audit.record("SignIn", by=_somebody(request, name=name), outcome=outcome, details={"user": name, **details})


def locked_out_of_codes(request: HttpRequest, user: User) -> None:
    if _is_first("UseAuthenticator", LOCKED_OUT, user.username):
        record("UseAuthenticator", request, user, LOCKED_OUT)


def password_reset_requested(request: HttpRequest, user: User) -> None:
    """The entry has the address and no person, because nobody knows who asked for the reset."""
    if _is_first("RequestPasswordReset", "", user.username):
        details = {"user": user.username}
        audit.record("RequestPasswordReset", by=_somebody(request), account_id=user.account_id or "", details=details)


def _somebody(request: HttpRequest, *, name: str = "", user_id: str = "", account_id: str = "") -> Actor:
    return Actor(
        name=name,
        user_id=user_id,
        account_id=account_id,
        door=Door.CONSOLE,
        request_id=getattr(request, "request_id", ""),
        address=client_address(request),
    )


def _is_first(*what: str) -> bool:
    key = hashlib.sha256("\0".join(what).encode("utf-8", "replace")).hexdigest()
    return bool(cache.add(f"recorded:{key}", "once", ONCE_IN))


def _strangers_in_this_minute() -> int:
    key = f"strangers:{int(time.time() // 60)}"
    cache.add(key, 0, 120)
    try:
        return int(cache.incr(key))
    except ValueError:
        # The cache has no room for it.
        return 1


def _signed_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    steps = get_authentication_records(request, user)
    record("SignIn", request, user, methods=[str(step.get("type") or step["method"]) for step in steps])


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    if user is not None:
        record("SignOut", request, user)


def _password_changed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    record("ChangePassword", request, user)


def _password_reset(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    # A person who resets a password is not signed in, and acts as the person whose mail they read.
    record("ResetPassword", request, user)


def _authenticator_added(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    record("AddAuthenticator", request, user, type=str(authenticator.type))


def _authenticator_removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    record("RemoveAuthenticator", request, user, type=str(authenticator.type))


def _authenticator_reset(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    record("ResetAuthenticator", request, user, type=str(authenticator.type))


def _authenticator_used(sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    record("UseAuthenticator", request, user, type=str(authenticator.type))


def _code_failed(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    record("UseAuthenticator", request, user, WRONG_CODE)
