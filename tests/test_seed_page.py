"""A test for each line of the lists of "Share or unshare a custom image"; docs/seed-page.md maps line to test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Account, User
from audit.models import Actor
from desktops.models import Desktop, Template
from images.models import Image, ImageShare
from images.validators import first_error
from tests.conftest import ACME, GLOBEX, INITECH, OPERATOR_RAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

DOCS = Path(__file__).parent.parent / "docs" / "seed-page.md"
AS_GLOBEX = Actor(account_id=GLOBEX)
MADE = {"region_id": "cn-hangzhou", "desktop_type": "eds.enterprise_office.4c8g", "system_disk_gib": 80}


def _code(act: Callable[[], Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        act()
    return str(first_error(refused.value).code)


def _share(image: Image, account: str) -> None:
    ImageShare(image=image, recipient_id=account).save()


def _computer(image: Image, account: str = GLOBEX) -> Desktop:
    return Desktop(account_id=account, image=image, name="front-desk", **MADE).create(by=Actor(account_id=account))[0]


def _template(image: Image) -> Template:
    template = Template(account_id=GLOBEX, image=image, name="front-desks", **MADE)
    template.create(by=AS_GLOBEX)
    return Template.objects.owned_by(GLOBEX).get(pk=template.pk)


# Prerequisites


def test_make_sure_that_all_sensitive_data_and_files_in_the_image_are_removed(
    image: Image, as_acme: Client, globex
) -> None:
    url = f"/cn-hangzhou/images/{image}/sharing/"
    assert "Make sure that all sensitive data and files in the image are removed." in as_acme.get(url).content.decode()
    assert as_acme.post(url, {"account": GLOBEX}).status_code == 422
    assert as_acme.post(url, {"account": GLOBEX, "confirm": "on"}).status_code == 302


def test_you_must_share_with_an_account_whose_id_the_main_account_sees_in_its_user_panel(as_globex: Client) -> None:
    page = as_globex.get("/cn-hangzhou/images/custom/").content.decode()
    panel = page[page.index('id="user"') :]
    assert re.search(rf"Main Account.*Account ID.*{GLOBEX}", panel, re.DOTALL)


# Alibaba Cloud accounts that share custom images


def test_you_cannot_share_an_encrypted_image(make_image: Callable[..., Image], globex: Account) -> None:
    assert _code(lambda: _share(make_image(encrypted=True), GLOBEX)) == "image_encrypted"


def test_you_can_share_with_only_one_account_at_a_time(
    image: Image, globex: Account, initech: Account, as_acme: Client
) -> None:
    url = f"/cn-hangzhou/images/{image}/sharing/"
    for several in (f"{GLOBEX},{INITECH}", f"{GLOBEX} {INITECH}", f"{GLOBEX}\n{INITECH}"):
        assert as_acme.post(url, {"account": several, "confirm": "on"}).status_code == 422
    assert as_acme.post(url, {"account": [GLOBEX, INITECH], "confirm": "on"}).status_code == 302
    assert ImageShare.objects.count() == 1


def test_you_can_share_up_to_50_times_in_total(make_image: Callable[..., Image], acme: Account) -> None:
    recipients = [
        Account.objects.create(account_id=f"{number:016d}", name="Other", site=Account.Site.CHINA)
        for number in range(1, 52)
    ]
    images = [make_image(), make_image(region_id="cn-shanghai")]
    for number, recipient in enumerate(recipients[:50]):
        _share(images[number % 2], recipient.pk)
    assert _code(lambda: _share(images[0], recipients[50].pk)) == "share_limit_reached"
    assert acme.shares_granted.count() == 50


def test_you_cannot_share_with_ram_users(image: Image, operator: User) -> None:
    for text in (OPERATOR_RAM_ID, operator.username):
        assert _code(lambda: _share(image, text)) == "account_is_ram_user"  # noqa: B023 - called at once


def test_you_can_share_only_an_image_that_your_account_created(share: ImageShare, initech: Account) -> None:
    onward = ImageShare(image=share.image, recipient=initech)
    assert _code(lambda: onward.grant(by=AS_GLOBEX)) == "image_not_owned"


def test_you_can_share_between_the_china_site_and_the_international_site(
    make_image: Callable[..., Image], acme: Account, globex: Account
) -> None:
    assert (acme.site, globex.site) == ("china", "international")
    _share(make_image(), GLOBEX)
    _share(make_image(owner=globex), ACME)


def test_you_must_unshare_before_you_can_delete(share: ImageShare) -> None:
    assert _code(share.image.delete) == "image_shared"
    share.revoke()
    share.image.delete()
    assert not Image.objects.filter(pk=share.image_id).exists()


def test_you_can_share_only_within_the_region_and_copy_to_share_elsewhere(share: ImageShare, as_globex: Client) -> None:
    assert share.image.image_id not in as_globex.get("/cn-shanghai/images/shared/").content.decode()
    copy = share.image.copy_to("cn-shanghai", name="office-copy", by=Actor())
    Image.objects.filter(pk=copy.pk).update(ready_at=copy.created_at)
    _share(copy, GLOBEX)
    assert copy.image_id in as_globex.get("/cn-shanghai/images/shared/").content.decode()


# Alibaba Cloud accounts that receive shared images


def test_a_recipient_can_still_share_up_to_50_times_and_is_not_charged(
    share: ImageShare, make_image: Callable[..., Image], globex: Account, initech: Account, as_globex: Client
) -> None:
    globex.share_limit = 1
    globex.save()
    _share(make_image(owner=globex), INITECH)
    page = as_globex.get(f"/cn-hangzhou/desktops/create/?image={share.image}").content.decode()
    assert "costs you nothing extra" in page


def test_a_recipient_can_use_but_not_delete_the_image(share: ImageShare) -> None:
    assert _computer(share.image).image == share.image
    assert _code(lambda: share.image.remove(by=AS_GLOBEX)) == "image_not_owned"


# Unshare an image


def test_after_an_unshare_the_recipient_can_no_longer_query_the_image(share: ImageShare, as_globex: Client) -> None:
    image = share.image.image_id
    urls = (
        "/cn-hangzhou/images/shared/",
        f"/cn-hangzhou/images/shared/?q={image[4:]}",
        f"/cn-hangzhou/desktops/create/?kind=shared&q={image[4:]}",
        f"/cn-hangzhou/templates/create/?kind=shared&q={image[4:]}",
    )
    shown = re.compile(rf'<span class="(?:sub )?mono">(?:<span class="cut"[^>]*>)?{image}')
    for url in urls:
        assert shown.search(as_globex.get(url).content.decode()), url
    share.revoke()
    for url in urls:
        assert not shown.search(as_globex.get(url).content.decode()), url
    for page in ("", "sharing/", "copy/", "edit/", "delete/"):
        assert as_globex.get(f"/cn-hangzhou/images/{image}/{page}").status_code == 404
    assert not Image.objects.usable_by(GLOBEX).filter(image_id=image).exists()


def test_after_an_unshare_the_recipient_can_no_longer_create_cloud_computers(share: ImageShare) -> None:
    existing = _computer(share.image)
    share.revoke()
    assert _code(lambda: _computer(share.image)) == "image_not_usable"
    existing.refresh_from_db()
    assert existing.image == share.image


def test_after_an_unshare_the_recipient_can_no_longer_change_to_the_image(share: ImageShare) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").get(image_id="desktopimage-windows-server-2022-64-asp")
    computer = _computer(system)
    Desktop.objects.filter(pk=computer.pk).update(settles_at=computer.created_at)
    computer.refresh_from_db()
    share.revoke()
    assert _code(lambda: computer.change_image(share.image, by=AS_GLOBEX)) == "image_not_usable"
    computer.refresh_from_db()
    assert computer.image == system


def test_after_an_unshare_templates_are_unavailable_and_are_deleted_by_hand(
    share: ImageShare, as_globex: Client
) -> None:
    template = _template(share.image)
    assert template.is_available
    share.revoke()
    template = Template.objects.owned_by(GLOBEX).get(pk=template.pk)
    assert not template.is_available
    assert "no longer shared" in as_globex.get("/cn-hangzhou/templates/").content.decode()
    assert _code(lambda: Desktop.from_template(template, name="x").create(by=AS_GLOBEX)) == "image_not_usable"
    template.remove(by=AS_GLOBEX)
    assert not Template.objects.filter(pk=template.pk).exists()


def test_every_line_of_the_page_has_its_test() -> None:
    rows = re.findall(r"^\| (.+?) \| `(test_\w+)` \|$", DOCS.read_text(), re.MULTILINE)
    tests = [name for name in globals() if name.startswith("test_") and "every_line" not in name]
    assert len(rows) == 16
    assert len({line for line, _ in rows}) == 16
    assert [test for _, test in rows] == tests
