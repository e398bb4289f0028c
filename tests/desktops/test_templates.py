"""Templates: create, modify, use, delete, and what unsharing does to them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from audit.models import Actor, Entry
from desktops import validators
from desktops.models import Desktop, Template
from images.models import Image, ImageShare, OsType

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account

pytestmark = pytest.mark.django_db


def owned(template: Template) -> Template:
    return Template.objects.owned_by(template.account_id).get(pk=template.pk)


def code_of(act: Callable[[], Any]) -> str:
    with pytest.raises(ValidationError) as refusal:
        act()
    return str(validators.first_error(refusal.value).code)


@pytest.fixture
def received(share: ImageShare, globex: Account, make_template: Callable[..., Template]) -> Template:
    """Globex's template of Acme's shared image."""
    return make_template(account=globex, image=share.image)


def test_a_template_is_created(acme: Account, image: Image) -> None:
    template = Template(
        region_id="cn-hangzhou",
        image=image,
        name="front-desks",
        desktop_type="eds.general.4c8g",
        system_disk_gib=100,
        data_disk_gib=40,
    )
    template.create(by=Actor(account_id=acme.pk))
    assert re.fullmatch("b-[a-z0-9]{17}", template.template_id)
    assert (owned(template).status, template.image_ref, template.os_type) == ("Available", image.image_id, "Windows")
    entry = Entry.objects.get(event="CreateBundle")
    assert (entry.image_id, entry.resource_id) == (image.image_id, template.template_id)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "blank"),
        ({"name": "x"}, "invalid"),
        ({"name": "a.b"}, "invalid"),
        ({"name": "https://ab"}, "invalid"),
        ({"name": "a" * 127}, "invalid"),
        ({"description": "x"}, "invalid"),
        ({"description": "http://x"}, "invalid"),
        ({"desktop_type": "none"}, "desktop_type_not_found"),
        ({"desktop_type": "eds.graphics.16c1t4"}, "gpu_mismatch"),
        ({"system_disk_gib": 70}, "system_disk_too_small"),
        ({"data_disk_gib": 41}, "data_disk_size"),
        ({"region_id": "cn-shanghai"}, "image_not_usable"),
        ({"image": None}, "image_missing"),
    ],
)
def test_a_rule_refuses(make_template: Callable[..., Template], fields: dict[str, Any], code: str) -> None:
    assert code_of(lambda: make_template(**fields)) == code
    assert not Template.objects.exists()


def test_a_template_of_a_shared_image(received: Template) -> None:
    assert owned(received).status == "Available"


def test_not_of_an_image_that_is_no_longer_shared(
    share: ImageShare, globex: Account, make_template: Callable[..., Template]
) -> None:
    image = share.image
    share.revoke()
    assert code_of(lambda: make_template(account=globex, image=image)) == "image_not_usable"


def test_computers_are_created_after_it(template: Template) -> None:
    made = Desktop.from_template(template, name="desk").create(amount=2, by=Actor(account_id=template.account_id))
    assert [(d.name, d.template, d.template_ref, d.system_disk_gib) for d in made] == [
        ("desk-01", template, template.template_id, 80),
        ("desk-02", template, template.template_id, 80),
    ]


def test_unsharing_makes_the_recipients_templates_unavailable(received: Template, share: ImageShare) -> None:
    share.revoke()
    template = owned(received)
    assert (template.status, str(template.unavailable_because)) == (
        "Unavailable",
        "The image is no longer shared with your account.",
    )
    by = Actor(account_id=received.account_id)
    assert code_of(lambda: Desktop.from_template(template).create(by=by)) == "image_not_usable"


def test_sharing_again_makes_them_available_again(received: Template, share: ImageShare, globex: Account) -> None:
    share.revoke()
    ImageShare(image=share.image, recipient=globex).grant()
    assert owned(received).status == "Available"


def test_deleting_the_image_leaves_the_recipients_template(received: Template, share: ImageShare) -> None:
    image, image_id = share.image, share.image.image_id
    share.revoke()
    image.delete()
    template = owned(received)
    assert (template.status, str(template.unavailable_because)) == ("Unavailable", "The image has been deleted.")
    assert (template.image, template.image_ref) == (None, image_id)
    by = Actor(account_id=received.account_id)
    assert code_of(lambda: Desktop.from_template(template).create(by=by)) == "image_not_usable"


def test_an_unavailable_template_stays_until_its_account_deletes_it(received: Template, share: ImageShare) -> None:
    share.revoke()
    assert Template.objects.filter(pk=received.pk).exists()
    received.remove(by=Actor(account_id=received.account_id))
    assert not Template.objects.exists()


def test_the_database_finds_the_status_that_python_says(
    make_template: Callable[..., Template],
    make_image: Callable[..., Image],
    share: ImageShare,
    globex: Account,
) -> None:
    images = [make_image(), make_image(), make_image(), make_image(), make_image()]
    shares = [ImageShare(image=image, recipient=globex) for image in images]
    for one in shares:
        one.grant()
    templates = [make_template(account=globex, image=image) for image in [share.image, *images]]
    shares[0].revoke()
    shares[1].revoke()
    images[1].delete()
    Image.objects.filter(pk=images[2].pk).update(failed_at=timezone.now())
    Image.objects.filter(pk=images[3].pk).update(ready_at=timezone.now() + timedelta(hours=1))
    rows = list(Template.objects.owned_by(globex).order_by("id"))
    wanted = ["Available", "Unavailable", "Unavailable", "Unavailable", "Unavailable", "Available"]
    assert [row.pk for row in rows] == [template.pk for template in templates]
    assert [str(row.status) for row in rows] == wanted
    for status in ("Available", "Unavailable"):
        found = Template.objects.owned_by(globex).in_status(status).order_by("id")
        assert list(found) == [row for row in rows if row.status == status]
    assert not Template.objects.owned_by(globex).in_status("Other").exists()


def test_a_template_is_modified(template: Template, make_image: Callable[..., Image]) -> None:
    image = make_image(name="office-next")
    template.modify(name="desks", description="For the desks", image=image, system_disk_gib=120, by=Actor())
    template.refresh_from_db()
    assert (template.name, template.description, template.system_disk_gib) == ("desks", "For the desks", 120)
    assert (template.image, template.image_ref) == (image, image.image_id)
    assert Entry.objects.get(event="ModifyBundle").resource_id == template.template_id


def test_new_words_leave_the_image_that_another_gave_the_template_meanwhile(
    template: Template, make_image: Callable[..., Image]
) -> None:
    image = make_image(name="office-next")
    Template.objects.get().modify(image=image, by=Actor())
    template.modify(description="For the desks", by=Actor())
    template.refresh_from_db()
    assert (template.description, template.image, template.image_ref) == ("For the desks", image, image.image_id)
    assert Entry.objects.filter(event="ModifyBundle")[0].image_id == image.image_id


def test_a_template_names_its_image_as_it_is_called_now_if_it_is_the_accounts_own(
    template: Template, received: Template
) -> None:
    template.image.edit(name="office-renamed", by=Actor())
    assert owned(template).image_name_now == "office-renamed"
    assert owned(received).image_name_now == "office-standard"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"os_type": OsType.LINUX}, "template_os"),
        ({"gpu": True}, "gpu_mismatch"),
        ({"size_gib": 100}, "system_disk_too_small"),
        ({"data_disk_gib": 40}, "data_disk_too_small"),
        ({"region_id": "cn-shanghai"}, "image_not_usable"),
    ],
)
def test_the_new_image_of_a_template(
    template: Template, make_image: Callable[..., Image], fields: dict[str, Any], code: str
) -> None:
    before = template.image_id
    assert code_of(lambda: template.modify(image=make_image(**fields), by=Actor())) == code
    assert template.image_id == Template.objects.get().image_id == before


def test_a_template_stays_with_or_without_gpu(template: Template, make_image: Callable[..., Image]) -> None:
    act = lambda: template.modify(image=make_image(gpu=True), desktop_type="eds.graphics.16c1t4", by=Actor())  # noqa: E731
    assert code_of(act) == "template_gpu"


def test_an_unavailable_template_is_renamed_but_not_changed(received: Template, share: ImageShare) -> None:
    share.revoke()
    received.modify(name="of-old-times", by=Actor())
    assert Template.objects.get().name == "of-old-times"
    assert code_of(lambda: received.modify(system_disk_gib=200, by=Actor())) == "image_not_usable"


def test_deleting_a_template_leaves_its_computers(template: Template) -> None:
    [desktop] = Desktop.from_template(template, name="desk").create(by=Actor())
    template_id = template.template_id
    template.remove(by=Actor(account_id=template.account_id))
    desktop.refresh_from_db()
    assert (desktop.template, desktop.template_ref) == (None, template_id)
    assert Entry.objects.get(event="DeleteBundles").resource_id == template_id


def test_a_template_that_was_deleted_meanwhile_makes_nothing(template: Template) -> None:
    desktop = Desktop.from_template(template, name="desk")
    Template.objects.get().remove(by=Actor())
    assert code_of(lambda: desktop.create(by=Actor(account_id=template.account_id))) == "template_not_found"
    assert not Desktop.objects.exists()


def test_another_account_does_not_find_the_template(template: Template, globex: Account) -> None:
    by = Actor(account_id=globex.pk)
    assert code_of(lambda: template.modify(name="mine", by=by)) == "template_not_found"
    assert code_of(lambda: template.remove(by=by)) == "template_not_found"
    assert Template.objects.get().name == "front-desks"


def test_who_may_only_read_changes_nothing(template: Template) -> None:
    by = Actor(account_id=template.account_id, may_write=False)
    for act in (lambda: template.modify(name="other", by=by), lambda: template.remove(by=by)):
        with pytest.raises(PermissionDenied, match="AliyunECDReadOnlyAccess"):
            act()
    assert Template.objects.get().name == "front-desks"
