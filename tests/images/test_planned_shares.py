"""A share that was planned with a copy: by the rights and rules of the moment when the copy is ready."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts.models import User
from audit.models import Actor, Entry
from images.models import Image, ImageShare, PlannedShare
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import Account

MARK = '<b class="mark"'


@pytest.fixture
def copy(image: Image, operator: User, globex: Account) -> Image:
    """A copy of Acme's image that is on its way, which the operator means to share with Globex."""
    by = Actor(name=operator.username, user_id=str(operator.pk), account_id=ACME)
    return image.copy_to(
        "cn-shanghai",
        name="office-copy",
        by=by,
        then=lambda copy: PlannedShare.plan(copy, GLOBEX, confirmed=True, by=by),
    )


def _make_ready(copy: Image) -> None:
    copy.ready_at = timezone.now() - timedelta(minutes=5)
    copy.save(update_fields=["ready_at"])
    copy.planned_shares.update(due_at=copy.ready_at)


def _disabled(operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(is_active=False)


def _read_only(operator: User) -> None:
    User.objects.filter(pk=operator.pk).update(policy=User.Policy.READ_ONLY)


def _removed(operator: User) -> None:
    User.objects.filter(pk=operator.pk).delete()


@pytest.mark.parametrize("lose_the_right", [_disabled, _read_only, _removed])
def test_whoever_has_lost_the_right_shares_nothing(
    lose_the_right: Callable[[User], None], copy: Image, operator: User, as_acme: Client, as_globex: Client
) -> None:
    lose_the_right(operator)
    _make_ready(copy)
    assert copy.image_id not in as_globex.get("/cn-shanghai/images/shared/").content.decode()
    assert not ImageShare.objects.exists()
    page = as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    assert f"{operator.username}, who planned it, may not share images any more." in page
    assert list(Entry.objects.filter(event="ShareImage").values_list("outcome", flat=True)) == ["no_permission"]


def test_the_copy_is_shared_since_it_was_ready_and_that_is_news_at_the_first_look(
    copy: Image, as_globex: Client
) -> None:
    _make_ready(copy)
    page = as_globex.get("/cn-shanghai/images/shared/").content.decode()
    assert f"Account {ACME} shared image “office-copy” with you" in page
    assert ImageShare.objects.get().created_at == copy.ready_at


def test_the_tab_of_another_region_counts_it_at_once(copy: Image, as_globex: Client) -> None:
    _make_ready(copy)
    assert f'{MARK} aria-hidden="true">1<' in as_globex.get("/cn-hangzhou/images/custom/").content.decode()


@pytest.mark.parametrize("url", ["/account/", "/logs/", "/logs/export/"])
def test_the_pages_of_the_account_know_it(url: str, copy: Image, as_acme: Client) -> None:
    _make_ready(copy)
    assert as_acme.get(url).status_code == 200
    assert ImageShare.objects.get().image == copy


def test_the_log_says_with_whom_the_copy_is_to_be_shared(copy: Image) -> None:
    assert Entry.objects.filter(event="CopyImage").get().details["then_share_with"] == GLOBEX


def test_a_copy_that_fails_is_not_announced_any_more(copy: Image, as_acme: Client) -> None:
    copy.fail(reason="A disk failed.", by=Actor())
    page = as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    assert "As soon as the copy is ready" not in page
    assert f"The copy could not be shared with account {GLOBEX}" in page


def test_what_was_refused_is_told_until_the_image_is_shared_all_the_same(
    copy: Image, globex: Account, as_acme: Client
) -> None:
    globex.is_active = False
    globex.save()
    _make_ready(copy)
    url = f"/cn-shanghai/images/{copy}/"
    assert "could not be shared" in as_acme.get(url).content.decode()
    globex.is_active = True
    globex.save()
    ImageShare(image=copy, recipient=globex).save()
    assert "could not be shared" not in as_acme.get(url).content.decode()


def test_support_staff_cannot_delete_a_copy_that_counts_as_shared(copy: Image, as_support: Client) -> None:
    _make_ready(copy)
    answer = as_support.post(f"/admin/images/image/{copy.pk}/delete/", {"post": "yes"}, follow=True)
    assert f"This image is shared with account {GLOBEX}. Unshare it first" in answer.content.decode()
    assert ImageShare.objects.get().image == copy


def test_support_staff_who_share_it_too_are_told_that_it_is_shared(
    copy: Image, as_support: Client, as_acme: Client
) -> None:
    _make_ready(copy)
    form = {"image_id": copy.image_id, "account": GLOBEX, "confirm": "on"}
    answer = as_support.post("/admin/images/imageshare/add/", form)
    assert f"This image is shared with account {GLOBEX} already." in answer.content.decode()
    assert "could not be shared" not in as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()


def test_a_share_that_was_planned_at_the_command_line_needs_no_person(image: Image, globex: Account) -> None:
    image.copy_to(
        "cn-shanghai", name="office-copy", by=Actor(), then=lambda copy: PlannedShare.plan(copy, GLOBEX, by=Actor())
    )
    copy = Image.objects.get(name="office-copy")
    _make_ready(copy)
    PlannedShare.objects.settle(GLOBEX)
    assert ImageShare.objects.get().image == copy


def test_a_planned_share_that_somebody_else_settled_meanwhile_is_left_alone(copy: Image) -> None:
    _make_ready(copy)
    first, second = (PlannedShare.objects.get() for _ in range(2))
    first.settle()
    settled_at = PlannedShare.objects.get().settled_at
    second.settle()
    assert ImageShare.objects.get().image == copy
    assert PlannedShare.objects.get().settled_at == settled_at
    assert PlannedShare.objects.get().refusal == ""
    assert Entry.objects.filter(event="ShareImage").count() == 1
