"""A rule whose subject is missing or wrong says nothing: another rule has refused that, and one sentence is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError

from audit.models import Actor
from desktops import validators
from desktops.models import Desktop, Template
from images.validators import first_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account
    from images.models import Image

pytestmark = pytest.mark.django_db

CONFIGURATION = {"region_id": "cn-hangzhou", "name": "front-desk", "desktop_type": "eds.general.4c8g"}


def computer(image: Image | None, **fields: Any) -> Desktop:
    return Desktop(image=image, **{**CONFIGURATION, "system_disk_gib": 80, **fields})


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"system_disk_gib": 35}, "system_disk_size"),
        ({"system_disk_gib": None}, "null"),
        ({"data_disk_gib": 35}, "data_disk_size"),
        ({"desktop_type": "eds.none.1c1g"}, "desktop_type_not_found"),
        ({"data_disk_gib": 0}, "data_disk_too_small"),
    ],
)
def test_one_mistake_is_one_sentence(
    fields: dict[str, Any], code: str, acme: Account, make_image: Callable[..., Image]
) -> None:
    image = make_image(data_disk_gib=100)
    with pytest.raises(ValidationError) as refused:
        computer(image, **{"data_disk_gib": 100, **fields}).create(by=Actor(account_id=acme.pk))
    assert [error.code for errors in refused.value.error_dict.values() for error in errors] == [code]
    assert first_error(refused.value).code == code
    assert not Desktop.objects.exists()


def test_a_gpu_image_with_an_unknown_type_is_told_about_the_type_alone(
    acme: Account, make_image: Callable[..., Image]
) -> None:
    with pytest.raises(ValidationError) as refused:
        computer(make_image(gpu=True), desktop_type="eds.none.1c1g").create(by=Actor(account_id=acme.pk))
    assert list(refused.value.message_dict) == ["desktop_type"]
    assert len(refused.value.messages) == 1


@pytest.mark.parametrize(
    "rule", [*validators.CONFIGURATION_RULES, *validators.CHANGE_RULES], ids=lambda rule: rule.__name__
)
def test_without_an_image_only_the_rules_of_the_image_speak(rule: Callable[[Desktop], None]) -> None:
    rule(computer(None, os_type="Windows", data_disk_gib=40))


@pytest.mark.parametrize("rule", validators.MODIFY_TEMPLATE_RULES, ids=lambda rule: rule.__name__)
def test_a_template_without_an_image_is_asked_nothing_about_it(rule: Callable[[Template], None]) -> None:
    rule(Template(**CONFIGURATION, system_disk_gib=80, os_type="Windows"))


@pytest.mark.parametrize("region", ["cn-hongkong", "ap-southeast-1", "eu-central-1"])
def test_to_an_image_with_the_same_os_a_computer_changes_in_every_region(
    region: str, make_desktop: Callable[..., Desktop], make_image: Callable[..., Image]
) -> None:
    desktop = make_desktop(image=make_image(region_id=region), region_id=region)
    newer = make_image(region_id=region, name="office-next")
    desktop.change_image(newer, by=Actor())
    assert desktop.image == newer


@pytest.mark.parametrize("amount", [1, 2])
def test_a_template_that_was_deleted_meanwhile_creates_nothing(amount: int, template: Template) -> None:
    order = Desktop.from_template(Template.objects.get(pk=template.pk), name="desk")
    template.remove(by=Actor())
    with pytest.raises(ValidationError, match="There is no such template any more") as refused:
        order.create(amount=amount, by=Actor())
    assert first_error(refused.value).code == "template_not_found"
    assert not Desktop.objects.exists()
