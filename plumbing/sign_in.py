"""Two questions to django-allauth: is this one too many, and must the person confirm who they are.

Replaces: allauth.core.ratelimit, which counts no GET, and allauth's decorator reauthentication_required, which keeps a
POST in the session until then, with the passwords in it.
Private names: allauth.core.internal.ratelimit, allauth.account.internal.flows.reauthentication.
Goes when: allauth offers both outside of its internal modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.internal import ratelimit

if TYPE_CHECKING:
    from django.http import HttpRequest


def is_one_too_many(request: HttpRequest, action: str) -> bool:
    """Whether this is more than ACCOUNT_RATE_LIMITS allows of the action. It counts."""
    return not ratelimit.consume(request, app="allauth.account", action=action, limit_get=True)


def must_confirm(request: HttpRequest) -> bool:
    return bool(is_reauthentication_required(request, app="accounts"))
