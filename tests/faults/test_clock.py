"""The clock of the machine jumps, forward and back, by a day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import AccessKey
from api.models import Nonce
from audit.models import Actor, Entry, record
from images.models import Image, ImageShare, PlannedShare
from tests.api.conftest import Program
from tests.api.test_signatures import REGION, code, signed
from tests.conftest import GLOBEX, sign_in
from tests.faults.harness import report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from accounts.models import Account, User

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(START, tick=False) as clock:
        yield clock
    report("Clock jumped", faults=2)


def assert_invariants_hold() -> None:
    call_command("verify", verbosity=0)


def test_the_log_stays_in_order_and_is_shown_whole(clock: Any, image: Image, as_acme: Client) -> None:
    for jump in (timedelta(0), DAY, -DAY, timedelta(minutes=-30), timedelta(hours=1)):
        clock.shift(jump)
        for number in range(12):
            record("ShareImage", by=Actor(), account_id=image.owner_id, image_id=image.image_id, outcome=f"n{number}")
    numbers = list(Entry.objects.order_by("id").values_list("id", flat=True))
    clock.move_to(START + 2 * DAY)
    seen, path = [], "/logs/"
    while path:
        page = as_acme.get(path).content.decode()
        seen += [int(number) for number in re.findall(r'href="/logs/(\d+)/', page)]
        following = re.findall(r'rel="next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"', page)
        path = "".join(following[0]).replace("&amp;", "&").replace("?", "/logs/?", 1) if following else ""
        path = path.replace("/logs//logs/", "/logs/")
    assert sorted(seen) == numbers
    assert_invariants_hold()


def test_a_call_is_not_accepted_again_after_the_clock_was_wrong(clock: Any, acme_user: User) -> None:
    key, secret = AccessKey.create_for(acme_user, by=Actor())
    program = Program(key.access_key_id, secret)
    sent = signed(program)
    assert code(program.send(REGION, sent)) is None
    clock.shift(DAY)
    Nonce.prune()
    assert not Nonce.objects.filter(expires_at__gt=START + timedelta(hours=1)).exists()
    clock.move_to(START)
    assert code(program.send(REGION, sent)) == "SignatureNonceUsed"
    # What is signed from then on is a call like any other.
    clock.shift(timedelta(seconds=1))
    assert code(program.send(REGION, signed(program))) is None


def test_a_copy_that_was_ready_is_so_again_and_what_was_done_with_it_stays(
    clock: Any, image: Image, globex: Account, as_acme: Client, as_globex: Client, acme_user: User
) -> None:
    copy = image.copy_to("cn-shanghai", name="elsewhere", by=Actor())
    clock.shift(DAY)
    sign_in(as_acme, acme_user)
    shared = as_acme.post(f"/cn-shanghai/images/{copy}/sharing/", {"account": GLOBEX, "confirm": "on"})
    assert shared.status_code == 302
    clock.move_to(START)
    assert_invariants_hold()
    for client in (as_acme, as_globex):
        for path in ("custom/", "shared/", f"{copy}/"):
            assert client.get(f"/cn-shanghai/images/{path}").status_code == 200
    clock.move_to(START + timedelta(hours=1))
    assert ImageShare.objects.filter(image=copy, recipient=globex).count() == 1
    assert as_globex.get(f"/cn-shanghai/images/{copy}/").status_code == 200
    assert_invariants_hold()


def test_a_planned_share_is_granted_once(clock: Any, image: Image, globex: Account, as_globex: Client) -> None:
    copy = image.copy_to(
        "cn-shanghai",
        name="elsewhere",
        by=Actor(),
        then=lambda copy: PlannedShare.plan(copy, GLOBEX, confirmed=True, by=Actor()),
    )
    for moment in (START + DAY, START, START + timedelta(hours=1), START + 2 * DAY):
        clock.move_to(moment)
        PlannedShare.objects.settle(GLOBEX)
        assert_invariants_hold()
    assert ImageShare.objects.filter(image=copy).count() == 1
    assert Entry.objects.filter(event="ShareImage", image_id=copy.image_id).count() == 1


def test_a_session_that_was_over_for_a_while_goes_on(clock: Any, acme_user: User, client: Client) -> None:
    sign_in(client, acme_user)
    assert client.get("/cn-hangzhou/images/custom/").status_code == 200
    clock.shift(100 * DAY)
    # The browser would not even send the cookie any more.
    assert client.get("/cn-hangzhou/images/custom/").status_code == 302
    clock.move_to(START - DAY)
    client.cookies.clear()
    sign_in(client, acme_user)
    assert client.get("/cn-hangzhou/images/custom/").status_code == 200
