"""A deep link to what is in another region, or is no longer shared, says so to those who may know it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from audit.models import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import Account, User
    from desktops.models import Desktop, Template
    from images.models import Image, ImageShare

DIALOGS = ("", "sharing/", "edit/", "copy/", "delete/", "sharing/5316109394400002/unshare/")


def text_of(answer: object) -> str:
    return re.sub(r"<[^>]+>", " ", answer.content.decode())  # type: ignore[attr-defined]


@pytest.mark.parametrize("dialog", DIALOGS)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_image_of_another_region_is_named_with_a_link_there(
    dialog: str, headers: dict[str, str], as_acme: Client, image: Image
) -> None:
    answer = as_acme.get(f"/cn-shanghai/images/{image}/{dialog}", headers=headers)
    assert answer.status_code == 404
    assert f"{image} is not in China (Shanghai). You find it in: China (Hangzhou)." in text_of(answer)
    link = f"/cn-hangzhou/images/{image}/{dialog}"
    assert f'<a href="{link}">China (Hangzhou)</a> <span class="mono">cn-hangzhou</span>' in answer.content.decode()
    if "unshare" not in dialog:
        assert as_acme.get(link).status_code == 200


def test_a_form_that_names_another_region_leads_to_the_page(as_acme: Client, image: Image) -> None:
    answer = as_acme.post(f"/cn-shanghai/images/{image}/delete/")
    assert answer.status_code == 404
    assert f'<a href="/cn-hangzhou/images/{image}/">' in answer.content.decode()
    image.refresh_from_db()


def test_a_recipient_is_told_of_the_other_region_too(as_globex: Client, share: ImageShare) -> None:
    answer = as_globex.get(f"/cn-shanghai/images/{share.image}/")
    assert "You find it in: China (Hangzhou)." in text_of(answer)


def test_an_image_that_was_unshared_says_so_to_whom_it_was_shared_with(
    as_globex: Client, share: ImageShare, acme: Account
) -> None:
    share.revoke(by=Actor())
    for dialog in DIALOGS:
        answer = as_globex.get(f"/cn-hangzhou/images/{share.image}/{dialog}")
        assert answer.status_code == 404
        told = f"Account {acme.pk} no longer shares the image {share.image} with your account: unshared at "
        assert told in text_of(answer)
    assert told in text_of(as_globex.post(f"/cn-hangzhou/images/{share.image}/edit/"))


def test_a_stranger_reads_the_same_as_for_what_is_not_there(
    as_initech: Client, share: ImageShare, make_image: Callable[..., Image]
) -> None:
    """Also of an image that was shared with another account and no longer is, and in every region."""
    unshared = share.image
    share.revoke(by=Actor())
    for region in ("cn-hangzhou", "cn-shanghai"):
        for dialog in DIALOGS:
            pages = set()
            for image_id in (unshared.image_id, make_image().image_id, "m-absent0000000000000"):
                answer = as_initech.get(f"/{region}/images/{image_id}/{dialog}")
                assert answer.status_code == 404
                page = answer.content.decode().replace(image_id, "").replace(answer["X-Request-Id"], "")
                pages.add(re.sub(r'value="\w{64}"', "", page))
            assert len(pages) == 1
    assert "There is nothing here that your account can see. It may have been deleted." in page


@pytest.mark.parametrize("dialog", ["", "start/", "release/", "change-image/", "create-image/"])
def test_a_computer_of_another_region_is_named(
    dialog: str, as_acme: Client, as_initech: Client, desktop: Desktop
) -> None:
    path = f"desktops/{desktop.desktop_id}/{dialog}"
    answer = as_acme.get(f"/cn-shanghai/{path}")
    assert answer.status_code == 404
    assert f'<a href="/cn-hangzhou/{path}">China (Hangzhou)</a>' in answer.content.decode()
    assert "It may have been deleted." in text_of(as_initech.get(f"/cn-shanghai/{path}"))
    assert "It may have been deleted." in text_of(as_initech.get(f"/cn-hangzhou/{path}"))


@pytest.mark.parametrize("dialog", ["", "edit/", "delete/"])
def test_a_template_of_another_region_is_named(
    dialog: str, as_acme: Client, as_initech: Client, template: Template
) -> None:
    path = f"templates/{template.template_id}/{dialog}"
    answer = as_acme.get(f"/cn-shanghai/{path}")
    assert answer.status_code == 404
    assert f'<a href="/cn-hangzhou/{path}">China (Hangzhou)</a>' in answer.content.decode()
    assert "It may have been deleted." in text_of(as_initech.get(f"/cn-shanghai/{path}"))


def test_a_template_to_create_computers_after_is_named_too(as_acme: Client, template: Template) -> None:
    answer = as_acme.get(f"/cn-shanghai/desktops/create/?template={template.template_id}")
    assert answer.status_code == 404
    assert f'<a href="/cn-hangzhou/templates/{template.template_id}/">' in answer.content.decode()


def test_where_an_image_is_chosen_one_of_another_region_is_named(
    as_acme: Client, as_initech: Client, image: Image
) -> None:
    for page in ("desktops/create/", "templates/create/"):
        told = text_of(as_acme.get(f"/cn-shanghai/{page}?image={image}"))
        assert f"{image} is not in China (Shanghai). You find it in: China (Hangzhou). Choose another image." in told
        assert f"Your account has no image {image} in this region" in text_of(
            as_initech.get(f"/cn-shanghai/{page}?image={image}")
        )


def test_the_sentences_are_there_in_chinese(
    as_globex: Client, as_acme: Client, globex_user: User, share: ImageShare
) -> None:
    chinese = {"Accept-Language": "zh-hans"}
    assert "不在" in text_of(as_acme.get(f"/cn-shanghai/images/{share.image}/", headers=chinese))
    share.revoke(by=Actor())
    assert "不再" in text_of(as_globex.get(f"/cn-hangzhou/images/{share.image}/", headers=chinese))
