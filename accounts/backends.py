from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.backends import ModelBackend

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from accounts.models import User


class AccountBackend(ModelBackend):
    """Signs in whoever is active in an account that is active; asked again on every request of a session."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        account = getattr(user, "account", None)
        return super().user_can_authenticate(user) and (account is None or account.is_active)
