"""Creating cloud computers: the rules of CreateDesktops and of the images that may be used."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.models import Actor, Entry
from audit.refusals import FORM_REFUSALS
from desktops import validators
from desktops.models import Desktop, Status
from images.models import Image, ImageShare

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account

pytestmark = pytest.mark.django_db


def order(image: Image | None, **fields: Any) -> Desktop:
    defaults = {
        "region_id": "cn-hangzhou",
        "image": image,
        "name": "front-desk",
        "desktop_type": "eds.general.4c8g",
        "system_disk_gib": 80,
    }
    return Desktop(**{**defaults, **fields})


def refused(desktop: Desktop, account: Account, **how: Any) -> str:
    """The code of the first rule that refuses."""
    with pytest.raises(ValidationError) as refusal:
        desktop.create(by=Actor(account_id=account.pk), **how)
    assert not Desktop.objects.exists()
    code = str(validators.first_error(refusal.value).code)
    # A slip in the form is no act.
    assert [entry.outcome for entry in Entry.objects.filter(event="CreateDesktops")] == (
        [] if code in FORM_REFUSALS else [code]
    )
    return code


def test_from_an_own_image(acme: Account, image: Image) -> None:
    [desktop] = order(image).create(by=Actor(account_id=acme.pk, name="acme@example.com"))
    desktop.refresh_from_db()
    assert re.fullmatch("ecd-[a-z0-9]{17}", desktop.desktop_id)
    assert (desktop.account, desktop.image, desktop.status) == (acme, image, Status.PENDING)
    assert (desktop.image_ref, desktop.image_name, desktop.os_type) == (image.image_id, image.name, "Windows")
    entry = Entry.objects.get(event="CreateDesktops")
    assert (entry.outcome, entry.image_id, entry.resource_id) == ("Success", image.image_id, desktop.desktop_id)
    assert (entry.account_id, entry.actor_name) == (acme.pk, "acme@example.com")


def test_from_a_shared_image(share: ImageShare, globex: Account) -> None:
    [desktop] = order(share.image).create(by=Actor(account_id=globex.pk))
    assert (desktop.account, desktop.image) == (globex, share.image)


def test_from_a_system_image(globex: Account) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").get(image_id="desktopimage-ubuntu-2204-64-asp")
    [desktop] = order(system).create(by=Actor(account_id=globex.pk))
    assert (desktop.image, desktop.is_linux) == (system, True)


def test_many_are_numbered(acme: Account, image: Image) -> None:
    made = order(image).create(amount=20, by=Actor(account_id=acme.pk))
    assert [desktop.name for desktop in made] == [f"front-desk-{number:02d}" for number in range(1, 21)]
    assert Desktop.objects.count() == 20
    assert Entry.objects.filter(event="CreateDesktops").values("resource_id").distinct().count() == 20


def test_without_a_name_it_is_called_by_its_id(acme: Account, image: Image) -> None:
    [desktop] = order(image, name="").create(by=Actor(account_id=acme.pk))
    assert desktop.name == desktop.desktop_id


def test_an_encrypted_image_makes_an_encrypted_computer(acme: Account, make_image: Callable[..., Image]) -> None:
    [desktop] = order(make_image(encrypted=True)).create(by=Actor(account_id=acme.pk))
    assert desktop.encrypted


def test_an_image_of_another_account_cannot_be_used(image: Image, globex: Account) -> None:
    assert refused(order(image), globex) == "image_not_usable"


def test_an_image_that_is_no_longer_shared_cannot_be_used(share: ImageShare, globex: Account) -> None:
    desktop = order(share.image)
    share.revoke()
    assert refused(desktop, globex) == "image_not_usable"


def test_an_image_that_was_deleted_meanwhile_cannot_be_used(image: Image, acme: Account) -> None:
    desktop = order(image)
    Image.objects.get(pk=image.pk).delete()
    assert refused(desktop, acme) == "image_not_usable"


def test_an_image_of_another_region_cannot_be_used(image: Image, acme: Account) -> None:
    assert refused(order(image, region_id="cn-shanghai"), acme) == "image_not_usable"


def test_an_image_must_be_chosen(acme: Account) -> None:
    assert refused(order(None), acme) == "image_missing"


def test_an_image_that_failed_cannot_be_used(make_image: Callable[..., Image], acme: Account) -> None:
    image = make_image()
    Image.objects.filter(pk=image.pk).update(failed_at=image.created_at)
    assert refused(order(image), acme) == "image_not_available"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"desktop_type": "eds.none.1c1g"}, "desktop_type_not_found"),
        ({"desktop_type": "eds.graphics.16c1t4"}, "gpu_mismatch"),
        ({"system_disk_gib": 70}, "system_disk_too_small"),
        ({"system_disk_gib": 85}, "system_disk_size"),
        ({"system_disk_gib": 2050}, "system_disk_size"),
        ({"data_disk_gib": 30}, "data_disk_size"),
        ({"data_disk_gib": 45}, "data_disk_size"),
        ({"name": "1st"}, "invalid"),
        ({"name": "a b"}, "invalid"),
        ({"name": "a" * 65}, "invalid"),
    ],
)
def test_a_rule_refuses(acme: Account, image: Image, fields: dict[str, Any], code: str) -> None:
    assert refused(order(image, **fields), acme) == code


def test_a_gpu_image_needs_a_gpu_type(acme: Account, make_image: Callable[..., Image]) -> None:
    assert refused(order(make_image(gpu=True)), acme) == "gpu_mismatch"


def test_the_data_disk_holds_that_of_the_image(acme: Account, make_image: Callable[..., Image]) -> None:
    assert refused(order(make_image(data_disk_gib=100), data_disk_gib=90), acme) == "data_disk_too_small"


@pytest.mark.parametrize("amount", [0, 21, -1])
def test_at_most_20_at_once(acme: Account, image: Image, amount: int) -> None:
    assert refused(order(image), acme, amount=amount) == "amount"


def test_a_long_name_has_no_room_for_numbers(acme: Account, image: Image) -> None:
    assert refused(order(image, name="a" * 62), acme, amount=2) == "name_too_long"


def test_who_may_only_read_creates_nothing(acme: Account, image: Image) -> None:
    with pytest.raises(PermissionDenied, match="AliyunECDReadOnlyAccess"):
        order(image).create(by=Actor(account_id=acme.pk, may_write=False))
    assert not Desktop.objects.exists()
    assert Entry.objects.get(event="CreateDesktops").outcome == "no_permission"


def test_unsharing_lets_computers_go_on(share: ImageShare, globex: Account) -> None:
    [desktop] = order(share.image).create(by=Actor(account_id=globex.pk))
    share.revoke()
    desktop.refresh_from_db()
    assert (desktop.image, desktop.status) == (share.image, Status.PENDING)


def test_deleting_the_image_lets_computers_go_on(image: Image, acme: Account) -> None:
    [desktop] = order(image).create(by=Actor(account_id=acme.pk))
    image_id = image.image_id
    image.delete()
    desktop.refresh_from_db()
    assert (desktop.image, desktop.image_ref, desktop.image_name) == (None, image_id, "office-standard")
