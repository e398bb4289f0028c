"""Changing a computer's image: the rules of RebuildDesktops."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Actor, Entry
from desktops import validators
from desktops.models import Desktop, ImageChange, Status
from images.models import Image, ImageShare, OsType

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account

pytestmark = pytest.mark.django_db


def refused(desktop: Desktop, image: Image | None, **how: Any) -> str:
    """The code of the first rule that refuses."""
    before = Desktop.objects.values().get(pk=desktop.pk)
    with pytest.raises(ValidationError) as refusal:
        desktop.change_image(image, by=Actor(account_id=desktop.account_id), **how)
    assert Desktop.objects.values().get(pk=desktop.pk) == before
    assert desktop.image_id == before["image_id"], "what the caller holds is what is true"
    assert not ImageChange.objects.exists()
    code = validators.first_error(refusal.value).code
    assert Entry.objects.get(event="RebuildDesktops").outcome == code
    return str(code)


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_the_image_is_changed(
    make_desktop: Callable[..., Desktop], make_image: Callable[..., Image], status: str
) -> None:
    desktop, new = make_desktop(status=status), make_image(name="office-next")
    old = desktop.image
    assert old is not None
    with time_machine.travel(timezone.now(), tick=False) as clock:
        desktop.change_image(new, by=Actor(account_id=desktop.account_id))
        desktop.refresh_from_db()
        assert (desktop.status, desktop.image, desktop.image_ref) == (Status.REBUILDING, new, new.image_id)
        change = desktop.image_changes.get()
        assert (change.old_image_ref, change.new_image_ref) == (old.image_id, new.image_id)
        assert (change.old_image_name, change.new_image_name) == ("office-standard", "office-next")
        assert change.status == ImageChange.Status.IN_PROGRESS
        clock.shift(timedelta(minutes=1))
        assert desktop.status == status, "it is again what it was"
        assert change.status == ImageChange.Status.SUCCEEDED
    entry = Entry.objects.get(event="RebuildDesktops")
    assert (entry.image_id, entry.resource_id) == (new.image_id, desktop.desktop_id)
    assert entry.details == {"from_image_id": old.image_id}


def test_to_a_shared_image(make_desktop: Callable[..., Desktop], share: ImageShare, globex: Account) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").get(image_id="desktopimage-windows-10-64-asp")
    desktop = make_desktop(account=globex, image=system)
    desktop.change_image(share.image, by=Actor(account_id=globex.pk))
    assert desktop.image == share.image


def test_not_to_an_image_that_is_no_longer_shared(
    make_desktop: Callable[..., Desktop], share: ImageShare, globex: Account
) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").get(image_id="desktopimage-windows-10-64-asp")
    desktop = make_desktop(account=globex, image=system)
    image = share.image
    share.revoke()
    assert refused(desktop, image) == "image_not_usable"


def test_not_back_to_the_image_it_has_when_that_is_no_longer_shared(
    make_desktop: Callable[..., Desktop], share: ImageShare, globex: Account
) -> None:
    desktop = make_desktop(account=globex, image=share.image)
    image = share.image
    share.revoke()
    assert refused(desktop, image) == "image_not_usable"


def test_not_to_an_image_of_another_region(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    assert refused(desktop, make_image(region_id="cn-shanghai")) == "image_not_usable"


def test_not_to_an_image_that_there_is_not(desktop: Desktop) -> None:
    assert refused(desktop, None, image_ref="m-none") == "image_not_usable"


def test_not_to_an_image_that_is_being_made(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    image = make_image(ready_at=timezone.now() + timedelta(minutes=1))
    assert refused(desktop, image) == "image_not_available"


def test_gpu_and_non_gpu_are_never_mixed(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    assert refused(desktop, make_image(gpu=True)) == "gpu_mismatch"


def test_gpu_to_non_gpu_is_refused_too(
    make_desktop: Callable[..., Desktop], make_image: Callable[..., Image], image: Image
) -> None:
    desktop = make_desktop(image=make_image(gpu=True), desktop_type="eds.graphics.16c1t4")
    assert refused(desktop, image) == "gpu_mismatch"


def test_the_image_fits_the_system_disk(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    assert refused(desktop, make_image(size_gib=100)) == "system_disk_too_small"


def test_the_os_may_switch_on_the_chinese_mainland(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    desktop.change_image(make_image(os_type=OsType.LINUX), by=Actor())
    assert desktop.is_linux


@pytest.mark.parametrize("region", ["cn-hongkong", "ap-southeast-1", "eu-central-1"])
def test_the_os_may_not_switch_elsewhere(
    make_desktop: Callable[..., Desktop], make_image: Callable[..., Image], region: str
) -> None:
    desktop = make_desktop(image=make_image(region_id=region), region_id=region)
    assert refused(desktop, make_image(region_id=region, os_type=OsType.LINUX)) == "os_switch"


def test_the_data_disk_that_is_replaced_holds_that_of_the_image(
    make_desktop: Callable[..., Desktop], make_image: Callable[..., Image]
) -> None:
    desktop, image = make_desktop(data_disk_gib=40), make_image(data_disk_gib=100)
    assert refused(desktop, image, replace_data_disk=True) == "data_disk_too_small"
    desktop.change_image(image, by=Actor())
    assert (desktop.image, desktop.data_disk_gib) == (image, 40)


def test_replacing_means_nothing_without_a_data_disk(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    image = make_image(data_disk_gib=100)
    desktop.change_image(image, replace_data_disk=True, by=Actor())
    assert (desktop.image, desktop.data_disk_gib) == (image, 0)


def test_not_while_it_is_doing_something_else(desktop: Desktop, make_image: Callable[..., Image]) -> None:
    desktop.stop(by=Actor())
    assert refused(desktop, make_image()) == "desktop_in_progress"
