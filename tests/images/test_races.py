"""Acts on one image that exclude each other, at the same moment, on real server processes: one of the two happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import ACME, GLOBEX
from tests.processes import Hand, ask, operators_of_acme, send_each, served_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Console, Post

pytestmark = pytest.mark.slow

ROUNDS = 200
SHARERS = 16
HZ = "/cn-hangzhou/images"
DONE, LATE = 302, {404, 422}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """One for all tests here: each makes images of its own."""
    with served_copy(demo_database, tmp_path_factory.mktemp("races")) as console:
        yield console


@pytest.fixture(scope="module")
def people(console: Console) -> list[Hand]:
    return operators_of_acme(console, SHARERS)


def _images(console: Console, *, copying: bool = False) -> list[str]:
    """The IDs of so many images of Acme's; copies that take a day, if asked for, of one of its images."""
    fields = f"owner_id='{ACME}', region_id='cn-hangzhou', name='raced', os_type='Linux', platform='x', size_gib=40"
    if copying:
        fields += ", copied_from=source, ready_at=timezone.now() + timedelta(days=1)"
    return ask(
        console,
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from images.models import Image\n"
        "source = Image.objects.get(image_id='m-acmedemo000000004')\n"
        f"made = Image.objects.bulk_create([Image({fields}) for _ in range({ROUNDS})])\n"
        "print(json.dumps([image.image_id for image in made]))",
    )


def _lift_the_limit(console: Console) -> None:
    """Let Acme share as often as there are rounds."""
    ask(
        console,
        "from accounts.models import Account\n"
        f"print(json.dumps(Account.objects.filter(pk='{ACME}').update(share_limit=10_000)))",
    )


def _shares(people: list[Hand], images: list[str]) -> list[Post]:
    """A share of each image, by people who take turns: nobody is refused so often that they have to wait."""
    return [
        people[number % SHARERS].post(f"{HZ}/{image}/sharing/", account=GLOBEX, confirm="on")
        for number, image in enumerate(images)
    ]


def _log(console: Console, images: list[str]) -> dict[str, list[str]]:
    """What succeeded with each image, in the order of the commits."""
    return ask(
        console,
        "from audit.models import Entry\n"
        "log = {}\n"
        f"for entry in Entry.objects.filter(image_id__in={images!r}, outcome='Success').order_by('id'):\n"
        "    log.setdefault(entry.image_id, []).append(entry.event)\n"
        "print(json.dumps(log))",
    )


def _one_of_the_two(first: list[int], second: list[int]) -> None:
    for pair in zip(first, second, strict=True):
        assert DONE in pair, pair
        assert LATE & set(pair), pair
    assert first.count(DONE) + second.count(DONE) == ROUNDS


def test_an_image_is_shared_or_deleted(console: Console, people: list[Hand]) -> None:
    images, acme = _images(console), Hand(console, "acme@example.com")
    _lift_the_limit(console)
    shared, deleted = send_each(
        _shares(people, images),
        [acme.post(f"{HZ}/{image}/delete/") for image in images],
    )
    _one_of_the_two(shared, deleted)
    log = _log(console, images)
    assert sorted(log.values()) == sorted(
        [["ShareImage"]] * shared.count(DONE) + [["DeleteImage"]] * deleted.count(DONE)
    )
    assert "Traceback" not in console.log.read_text()


def test_an_image_is_copied_or_deleted(console: Console) -> None:
    images, acme = _images(console), Hand(console, "acme@example.com")
    copied, deleted = send_each(
        [acme.post(f"{HZ}/{image}/copy/", region="cn-shanghai", name="raced-copy") for image in images],
        [acme.post(f"{HZ}/{image}/delete/") for image in images],
    )
    _one_of_the_two(copied, deleted)
    orphans = ask(
        console,
        "from images.models import Image\n"
        "print(json.dumps(Image.objects.filter(name='raced-copy', copied_from=None).count()))",
    )
    assert orphans == 0
    assert "Traceback" not in console.log.read_text()


def test_a_copy_is_cancelled_once(console: Console) -> None:
    images, acme = _images(console, copying=True), Hand(console, "acme@example.com")
    cancel = [acme.post(f"{HZ}/{image}/copy/cancel/") for image in images]
    first, second = send_each(cancel, cancel)
    _one_of_the_two(first, second)
    assert _log(console, images) == {image: ["CancelCopyImage"] for image in images}
    assert "Traceback" not in console.log.read_text()


def test_an_image_that_is_being_copied_is_not_shared(console: Console, people: list[Hand]) -> None:
    images, acme = _images(console), Hand(console, "acme@example.com")
    _lift_the_limit(console)
    shared, copied = send_each(
        _shares(people, images),
        [acme.post(f"{HZ}/{image}/copy/", region="cn-shanghai", name="raced-copy") for image in images],
    )
    assert copied == [DONE] * ROUNDS
    assert set(shared) <= {DONE, 422}
    log = list(_log(console, images).values())
    # What is shared may be copied, and not the other way round.
    assert log.count(["ShareImage", "CopyImage"]) == shared.count(DONE)
    assert log.count(["CopyImage"]) == shared.count(422)
    assert "Traceback" not in console.log.read_text()
