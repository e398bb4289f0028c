from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest


def person(request: HttpRequest) -> dict[str, Any]:
    """The facts about the person that the frame shows: their preferences, and whether they may only look."""
    user = getattr(request, "user", None)
    may_write = getattr(user, "may_write", True)
    return {
        "preferences": getattr(user, "preferences", {}),
        "is_read_only": not may_write,
    }
