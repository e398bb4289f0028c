"""Shares that arrive at once, at several server processes, from several client processes."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ACME, GLOBEX, INITECH
from tests.processes import SECONDS, ask, operators_of_acme, send_at_once

if TYPE_CHECKING:
    from tests.processes import Console

pytestmark = pytest.mark.slow

PROCESSES = 4
SHARES = 64
LIMIT_SENTENCE = "The account has reached its limit of 2 shares. Unshare an image to free one."


def share_at_once(console: Console, pairs: list[tuple[str, str]]) -> list[tuple[int, str]]:
    """Confirm the Shared Image dialog for each pair of image and recipient, all at once, from all processes."""
    bundles = []
    for number, acme in enumerate(operators_of_acme(console, PROCESSES)):
        bundles.append(
            [
                acme.post(f"/cn-hangzhou/images/{image_id}/sharing/", account=recipient, confirm="on")
                for image_id, recipient in pairs[number::PROCESSES]
            ]
        )
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES, timeout=SECONDS)
    with ProcessPoolExecutor(PROCESSES, context, initializer=barrier.wait) as processes:
        return [answer for answers in processes.map(send_at_once, bundles) for answer in answers]


def statuses(answers: list[tuple[int, str]]) -> Counter[int]:
    return Counter(status for status, _ in answers)


def share_entries(console: Console) -> dict[str, int]:
    """How many tries to share through the console had which outcome, by the operation log."""
    return ask(
        console,
        "import collections; from audit.models import Entry; "
        "entries = Entry.objects.filter(event='ShareImage', door='console'); "
        "print(json.dumps(collections.Counter(entries.values_list('outcome', flat=True))))",
    )


def acme_shares(console: Console) -> int:
    code = f"from images.models import ImageShare; print(ImageShare.objects.filter(owner='{ACME}').count())"
    return ask(console, code)


def test_of_64_parallel_shares_with_one_left_one_succeeds(console: Console) -> None:
    # The demo data has one share of Acme's.
    code = f"from accounts.models import Account; Account.objects.filter(pk='{ACME}').update(share_limit=2)"
    console.manage("shell", "-v0", "-c", code)
    images = [f"m-acmefill{number:09d}" for number in range(1, SHARES // 2 + 1)]
    pairs = [(image_id, recipient) for image_id in images for recipient in (GLOBEX, INITECH)]

    answers = share_at_once(console, pairs)

    assert statuses(answers) == {302: 1, 422: SHARES - 1}
    assert [text for status, text in answers if status == 422 and LIMIT_SENTENCE not in text] == []
    assert acme_shares(console) == 2
    assert share_entries(console) == {"Success": 1, "share_limit_reached": SHARES - 1}
    assert "Traceback" not in console.log.read_text()


def test_of_64_parallel_shares_of_one_pair_one_succeeds(console: Console) -> None:
    answers = share_at_once(console, [("m-acmedemo000000001", GLOBEX)] * SHARES)

    assert statuses(answers) == {302: 1, 422: SHARES - 1}
    sentence = f"This image is shared with account {GLOBEX} already."
    assert [text for status, text in answers if status == 422 and sentence not in text] == []
    assert acme_shares(console) == 2
    assert share_entries(console) == {"Success": 1, "already_shared": SHARES - 1}
    assert "Traceback" not in console.log.read_text()
