from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Actor, Door, Entry
from images.models import Image, ImageShare
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def unshare_url(share: ImageShare) -> str:
    return f"/cn-hangzhou/images/{share.image}/sharing/{GLOBEX}/unshare/"


def test_it_asks_once_more_and_names_what_the_recipient_loses(unshare_url: str, as_acme: Client) -> None:
    page = as_acme.get(unshare_url).content.decode()
    for loss in (
        "no longer finds the image, neither in the console nor through the API",
        "no longer create cloud computers from the image",
        "no longer change a cloud computer's image to this one",
        "templates that are made from the image become unavailable",
    ):
        assert loss in unescape(page)
    assert ImageShare.objects.count() == 1


def test_the_console_unshares(unshare_url: str, share: ImageShare, as_acme: Client, as_globex: Client) -> None:
    assert as_globex.get(f"/cn-hangzhou/images/{share.image}/").status_code == 200
    answer = as_acme.post(unshare_url, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert f"is no longer shared with account {GLOBEX}" in answer.content.decode()
    assert not ImageShare.objects.exists()
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.door, entry.other_account_id) == (
        "UnshareImage",
        "Success",
        Door.CONSOLE,
        GLOBEX,
    )
    assert as_globex.get(f"/cn-hangzhou/images/{share.image}/").status_code == 404
    assert share.image.image_id not in as_globex.get("/cn-hangzhou/images/shared/").content.decode()


def test_the_admin_site_unshares(share: ImageShare, as_support: Client) -> None:
    answer = as_support.post(f"/admin/images/imageshare/{share.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert not ImageShare.objects.exists()
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.door, entry.account_id) == ("UnshareImage", "Success", Door.ADMIN, ACME)


@pytest.mark.parametrize("how", [lambda share: share.delete(), lambda share: ImageShare.objects.all().delete()])
def test_the_shell_unshares_with_an_entry(how, share: ImageShare) -> None:
    how(share)
    assert not ImageShare.objects.exists()
    assert Entry.objects.first().event == "UnshareImage"
    assert Entry.objects.first().door == Door.SHELL


def test_unsharing_twice_is_refused_and_recorded(share: ImageShare) -> None:
    again = ImageShare.objects.get()
    share.revoke()
    with pytest.raises(ValidationError, match="not shared with account 5316109394400002 any more"):
        again.revoke()
    assert Entry.objects.first().outcome == "not_shared"


def test_the_shared_account_list_shows_who_and_since_when(share: ImageShare, as_acme: Client) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{share.image}/sharing/").content.decode()
    assert GLOBEX in page
    assert f"{share.created_at:%Y-%m-%d %H:%M:%S}" in page


def test_a_recipient_does_not_see_with_whom_else_it_is_shared(share: ImageShare, initech, as_globex: Client) -> None:
    ImageShare(image=share.image, recipient=initech).save()
    for page in ("", "sharing/"):
        assert initech.pk not in as_globex.get(f"/cn-hangzhou/images/{share.image}/{page}").content.decode()


def test_an_image_can_be_shared_again(share: ImageShare, image: Image) -> None:
    share.revoke()
    ImageShare(image=image, recipient_id=GLOBEX).save()
    assert [entry.event for entry in Entry.objects.all()] == ["ShareImage", "UnshareImage", "ShareImage"]


@pytest.mark.parametrize(("method", "status"), [("get", 200), ("post", 422)])
def test_who_unshares_what_another_tab_unshared_is_told_so(
    method: str, status: int, unshare_url: str, share: ImageShare, as_acme: Client
) -> None:
    share.revoke()
    for headers in ({}, {"hx-request": "true"}):
        answer = getattr(as_acme, method)(unshare_url, headers=headers)
        assert answer.status_code == status
        assert f"This image is not shared with account {GLOBEX} any more." in answer.content.decode()
        assert "This image is shared with no account." in answer.content.decode()
    assert as_acme.get(f"/cn-hangzhou/images/{share.image}/sharing/none/unshare/").status_code == 404


def test_no_door_tells_a_recipient_who_else_has_the_image(share: ImageShare, initech, as_globex: Client) -> None:
    ImageShare(image=share.image, recipient=initech).grant()
    url = f"/cn-hangzhou/images/{share.image}"
    htmx = {"HX-Request": "true"}
    answers = [
        as_globex.get(f"{url}/delete/"),
        as_globex.post(f"{url}/delete/"),
        as_globex.get(f"/cn-hangzhou/images/delete/?image={share.image}"),
        as_globex.get(f"{url}/sharing/", {"account": initech.pk}, headers=htmx),
        as_globex.post(f"{url}/sharing/", {"account": initech.pk, "confirm": "on"}, headers=htmx),
    ]
    for answer in answers:
        text = answer.content.decode()
        # What was sent may come back in its field.
        assert "shared with account" not in text.replace(f"shared with account {GLOBEX}", "")
        assert "2 accounts" not in text
    Image.objects.filter(pk=share.image.pk).first().copy_to("cn-shanghai", name="under-way", by=Actor())
    assert "being copied" not in as_globex.get(f"{url}/sharing/").content.decode()


def test_a_recipient_finds_no_unshare(unshare_url: str, as_globex: Client) -> None:
    assert as_globex.post(unshare_url).status_code == 404
    assert ImageShare.objects.count() == 1
