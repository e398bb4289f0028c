"""What is made from an image while it is unshared or deleted, on real server processes.

The operation log decides: its entries are written under the image's lock, so their order is that of the commits.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ACME, GLOBEX
from tests.processes import Hand, ask, at_once, served_copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Console

pytestmark = pytest.mark.slow

ROUNDS = 200
HZ = "/cn-hangzhou"
SHARED = "m-acmedemo000000001"
CONFIGURATION = {"desktop_type": "eds.general.4c8g", "system_disk_gib": "80", "data_disk_gib": "0"}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """One for all tests here: each makes images of its own."""
    with served_copy(demo_database, tmp_path_factory.mktemp("races")) as console:
        yield console


def test_nothing_is_made_from_an_image_that_is_not_shared_at_that_moment(console: Console) -> None:
    desktops = ask(
        console,
        "from django.utils import timezone\n"
        "from audit.models import Actor\n"
        "from desktops.models import Desktop\n"
        "from images.models import Image\n"
        "image = Image.objects.get(image_id='desktopimage-windows-10-64-asp', region='cn-hangzhou')\n"
        f"order = Desktop(account_id='{GLOBEX}', region_id='cn-hangzhou', image=image, name='desk',"
        " desktop_type='eds.general.4c8g', system_disk_gib=80)\n"
        f"for _ in range({ROUNDS // 20}): order.create(amount=20, by=Actor())\n"
        "made = Desktop.objects.filter(name__startswith='desk-')\n"
        "made.update(settles_at=timezone.now())\n"
        "print(json.dumps(list(made.values_list('desktop_id', flat=True))))",
    )
    acme, globex = Hand(console, "acme@example.com"), Hand(console, "globex@example.com")
    share = acme.post(f"{HZ}/images/{SHARED}/sharing/", account=GLOBEX, confirm="on")
    unshare = acme.post(f"{HZ}/images/{SHARED}/sharing/{GLOBEX}/unshare/")
    made_from = {"image": SHARED, "name": "made", "amount": "1", **CONFIGURATION}

    owner, *recipient = at_once(
        [share, unshare] * ROUNDS,
        [globex.post(f"{HZ}/desktops/create/", **made_from)] * ROUNDS,
        [globex.post(f"{HZ}/templates/create/", **made_from)] * ROUNDS,
        [globex.post(f"{HZ}/desktops/{desktop}/change-image/", image=SHARED) for desktop in desktops],
    )

    assert owner == {302: 2 * ROUNDS}
    assert [set(answers) for answers in recipient] == [{302, 422}] * 3, "each of them came in time, and too late"
    log = ask(
        console,
        "from audit.models import Entry\n"
        f"entries = Entry.objects.filter(image_id='{SHARED}', door='console', outcome='Success').order_by('id')\n"
        "print(json.dumps(list(entries.values_list('event', flat=True))))",
    )
    is_shared, wrong = False, []
    for event in log:
        if event in {"ShareImage", "UnshareImage"}:
            is_shared = event == "ShareImage"
        elif not is_shared:
            wrong.append(event)
    assert wrong == []
    assert Counter(log) == {
        "ShareImage": ROUNDS,
        "UnshareImage": ROUNDS,
        "CreateDesktops": recipient[0][302],
        "CreateBundle": recipient[1][302],
        "RebuildDesktops": recipient[2][302],
    }
    assert "Traceback" not in console.log.read_text()


def test_no_template_is_left_of_an_own_image_that_is_deleted_meanwhile(console: Console) -> None:
    images = ask(
        console,
        "from images.models import Image\n"
        f"made = [Image(owner_id='{ACME}', region_id='cn-hangzhou', name='to-go', os_type='Windows',"
        f" platform='Windows 10', size_gib=40) for _ in range({ROUNDS})]\n"
        "print(json.dumps([image.image_id for image in Image.objects.bulk_create(made)]))",
    )
    acme = Hand(console, "acme@example.com")
    made_from = {"name": "made", "amount": "1", **CONFIGURATION}

    deleted, templates, computers = at_once(
        [acme.post(f"{HZ}/images/{image}/delete/", name="to-go") for image in images],
        [acme.post(f"{HZ}/templates/create/", image=image, **made_from) for image in images],
        [acme.post(f"{HZ}/desktops/create/", image=image, **made_from) for image in images],
    )

    assert deleted == {302: ROUNDS}
    assert set(templates) | set(computers) <= {302, 422}
    left = ask(
        console,
        "from desktops.models import Desktop, Template\n"
        f"print(json.dumps([Template.objects.filter(account='{ACME}', name='made').count(),"
        f" Desktop.objects.filter(account='{ACME}', image=None).count()]))",
    )
    assert left == [0, computers[302]], "templates go with the image, computers go on"
    assert "Traceback" not in console.log.read_text()
