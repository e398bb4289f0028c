"""Creating a custom image from a computer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Actor, Entry
from audit.refusals import FORM_REFUSALS
from desktops import validators
from desktops.models import Desktop, Status
from images.models import Image, OsType

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db


def create(desktop: Desktop, **asked: Any) -> Image:
    return desktop.create_image(**{"name": "from-front-desk", **asked}, by=Actor(account_id=desktop.account_id))


def refused(desktop: Desktop, **asked: Any) -> str:
    """The code of the first rule that refuses."""
    before = Image.objects.count()
    with pytest.raises(ValidationError) as refusal:
        create(desktop, **asked)
    assert Image.objects.count() == before
    code = validators.first_error(refusal.value).code
    recorded = [entry.resource_id for entry in Entry.objects.filter(event="CreateImage", outcome=code)]
    assert recorded == ([] if code in FORM_REFUSALS else [desktop.desktop_id])
    return str(code)


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_the_image_is_creating_then_available(make_desktop: Callable[..., Desktop], status: str) -> None:
    desktop = make_desktop(status=status, data_disk_gib=100)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        image = create(desktop)
        assert (image.owner, image.region) == (desktop.account, desktop.region)
        assert (image.size_gib, image.data_disk_gib, image.os_type) == (80, 100, "Windows")
        assert (image.status, image.description) == ("Creating", "from-front-desk")
        assert (desktop.status, desktop.in_progress) == (status, True)
        clock.shift(timedelta(hours=1))
        assert (image.status, desktop.in_progress) == ("Available", False)
    entry = Entry.objects.get(event="CreateImage")
    assert (entry.image_id, entry.resource_id) == (image.image_id, desktop.desktop_id)


def test_the_system_disk_only(make_desktop: Callable[..., Desktop]) -> None:
    image = create(make_desktop(data_disk_gib=100), with_data_disk=False)
    assert (image.size_gib, image.data_disk_gib) == (80, 0)


def test_an_encrypted_computer_makes_an_encrypted_image(make_desktop: Callable[..., Desktop]) -> None:
    desktop = make_desktop(encrypted=True)
    assert refused(desktop, clean_personal_data=True) == "cleaning_encrypted"
    assert create(desktop).encrypted


def test_linux_with_both_disks_cannot_be_cleaned(
    make_desktop: Callable[..., Desktop], make_image: Callable[..., Image]
) -> None:
    desktop = make_desktop(image=make_image(os_type=OsType.LINUX), data_disk_gib=40)
    assert refused(desktop, clean_personal_data=True) == "cleaning_linux_data_disk"
    assert create(desktop, clean_personal_data=True, with_data_disk=False).os_type == "Linux"


@pytest.mark.parametrize("name", ["", "x", "1st", "with space", "http://name", "a" * 129])
def test_the_name_of_the_image(desktop: Desktop, name: str) -> None:
    assert refused(desktop, name=name) in {"blank", "invalid"}


def test_not_while_the_computer_is_moving(desktop: Desktop) -> None:
    desktop.stop(by=Actor())
    assert refused(desktop) == "desktop_in_progress"


def test_one_at_a_time(desktop: Desktop) -> None:
    create(desktop)
    assert refused(desktop) == "image_being_created"


@pytest.mark.parametrize("verb", ["stop", "restart", "release", "change_image"])
def test_what_would_make_the_creation_fail_is_refused_meanwhile(desktop: Desktop, image: Image, verb: str) -> None:
    create(desktop)
    with pytest.raises(ValidationError, match="An image is being created") as refusal:
        getattr(desktop, verb)(*([image] if verb == "change_image" else []), by=Actor())
    assert validators.first_error(refusal.value).code == "image_being_created"
    assert desktop.status == Status.RUNNING


def test_an_image_that_failed_frees_the_computer(desktop: Desktop) -> None:
    create(desktop).fail(reason="The disk could not be read.", by=Actor())
    desktop.stop(by=Actor())
    assert desktop.status == Status.STOPPING


def test_deleting_the_image_afterwards_leaves_the_computer(desktop: Desktop) -> None:
    image = create(desktop)
    Image.objects.filter(pk=image.pk).update(ready_at=image.created_at)
    image.delete()
    assert Desktop.objects.get().latest_image is None
