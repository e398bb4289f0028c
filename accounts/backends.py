from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.backends import ModelBackend

from accounts import demo
from accounts.models import User
from plumbing.prepared import prepared_with_plan

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet


class AccountBackend(ModelBackend):
    """Signs in whoever is active in an account that is active; asked again on every request of a session."""

    def get_user(self, user_id: int) -> User | None:
        user = next(iter(_by_pk(user_id)), None)
        return user if self.user_can_authenticate(user) else None

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        if user is None or demo.is_refused(user.get_username()):
            return False
        account = getattr(user, "account", None)
        return super().user_can_authenticate(user) and (account is None or account.is_active)


@prepared_with_plan
def _by_pk(pk: int) -> QuerySet[User]:
    return User.objects.filter(pk=pk)
