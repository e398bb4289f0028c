from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

# The pages that belong to the account center, for the navigation.
ACCOUNT_VIEWS = {
    "account",
    "preferences",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "usersessions_list",
}


def person(request: HttpRequest) -> dict[str, Any]:
    """What the frame shows of the person: their preferences, and whether they may only look."""
    user = getattr(request, "user", None)
    may_write = getattr(user, "may_write", True)
    return {
        "preferences": getattr(user, "preferences", {}),
        "account_views": ACCOUNT_VIEWS,
        "is_read_only": not may_write,
    }
