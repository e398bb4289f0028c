"""A person remembers the newest entry of the log when they were made: what was before is no news to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts.models import Account, User
from audit.models import Actor, Entry
from images.middleware import _news
from images.models import SeenNotices

if TYPE_CHECKING:
    from collections.abc import Callable

    from images.models import ImageShare

RAM = {"ram_id": "207329002493920055", "policy": User.Policy.READ_ONLY}


def by_the_main_user(account: Account) -> User:
    user = User(username=f"x@{account.pk}.onaliyun.com", account=account, policy=User.Policy.READ_ONLY)
    user.create("a-password-for-tests", by=Actor(account_id=account.pk))
    return user


def by_the_command_line(account: Account) -> User:
    return User.objects.create_user(f"x@{account.pk}.onaliyun.com", "a-password-for-tests", account=account, **RAM)


def unseen(user: User) -> int:
    [(_due, number)] = _news(user.pk, user.account_id, timezone.now())
    return number


@pytest.mark.parametrize("made", [by_the_main_user, by_the_command_line])
def test_only_what_came_after_a_person_is_news(
    made: Callable[[Account], User], globex_user: User, share: ImageShare, globex: Account
) -> None:
    assert unseen(globex_user) == 1
    person = made(globex)
    assert (unseen(person), SeenNotices.objects.filter(user=person).exists()) == (0, False)
    share.revoke()
    assert (unseen(person), unseen(globex_user)) == (1, 2)
    assert [entry.event for entry in SeenNotices.catch_up(person)] == ["UnshareImage"]
    assert (unseen(person), SeenNotices.catch_up(person)) == (0, [])


def test_it_is_set_once(globex_user: User, share: ImageShare) -> None:
    before = globex_user.joined_after_entry_id
    assert before < Entry.objects.latest("pk").pk
    globex_user.save()
    globex_user.refresh_from_db()
    assert globex_user.joined_after_entry_id == before
