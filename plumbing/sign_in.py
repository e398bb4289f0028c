"""Failed sign-ins are counted by the logon name alone, and besides by the address.

Replaces: allauth's key of that count. It contains the request's Host header, so another port or a dot in it began a
new count.
Private names: DefaultAccountAdapter._get_login_attempts_cache_key, allauth.core.internal.ratelimit.consume,
allauth.account.internal.flows.reauthentication.is_reauthentication_required.
Goes when: allauth counts by the name, and offers its rate limits and its question "was this person asked lately?" as
functions that it documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows import reauthentication
from allauth.core.internal import ratelimit

from ui.entered import logon_name

if TYPE_CHECKING:
    from django.http import HttpRequest


class CountsByName(DefaultAccountAdapter):
    """An account adapter that counts failed sign-ins by the name as sign-in reads it."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return logon_name(credentials.get("username") or credentials.get("email") or "")


def throttled(request: HttpRequest, action: str) -> bool:
    """Whether this is one too many of what ACCOUNT_RATE_LIMITS bounds under that name."""
    return not ratelimit.consume(request, app="allauth.account", action=action, limit_get=True)


def has_to_confirm(request: HttpRequest, app: str) -> bool:
    """Whether the person has to show again who they are (AccountAdapter.is_reauthentication_required)."""
    return bool(reauthentication.is_reauthentication_required(request, app=app))
