from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from accounts.models import Account, User


class ConsoleRequest(HttpRequest):
    """A request of someone who is signed in, with what the middleware adds."""

    user: User
    htmx: HtmxDetails
    request_id: str
    unseen_notices: int
    # Their number as a sentence, where there are some.
    unseen_notices_told: str


def account_of(request: ConsoleRequest) -> Account:
    """The account that is acted for. Raises PermissionDenied for support staff, who have none."""
    if request.user.account is None:
        raise PermissionDenied(_("You belong to no account. Support staff work on the admin site."))
    return request.user.account
