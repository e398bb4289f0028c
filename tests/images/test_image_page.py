"""The page of an image: its tabs, its few queries, and what it says of copies; and why an action is not possible."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from audit.actions import READ_ONLY_MESSAGE
from audit.models import Actor
from images.actions import ENCRYPTED, NOT_AVAILABLE, refusals, row_reasons
from images.models import Image, ImageShare
from images.views.details import OTHER_TABS, OWN_TABS
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import Account, User

MOST_QUERIES = 8
SHELL = Actor()


@pytest.fixture
def busy(
    share: ImageShare,
    make_desktop: Callable[..., object],
    make_template: Callable[..., object],
    globex: Account,
) -> Image:
    """An image of Acme's that everything refers to: computers and templates of two accounts, a share, and copies."""
    image = share.image
    for number in range(3):
        make_desktop(name=f"acme-{number}")
        make_template(name=f"acme-t-{number}")
        make_desktop(name=f"globex-{number}", account=globex)
        make_template(name=f"globex-t-{number}", account=globex)
    image.copy_to("cn-shanghai", name="done-copy", by=SHELL)
    Image.objects.filter(copied_from=image).update(ready_at=timezone.now())
    return image


def url_of(image: Image, tab: str = "") -> str:
    return f"/{image.region_id}/images/{image}/{f'?tab={tab}' if tab else ''}"


def tabs_of(page: str) -> dict[str, str]:
    """The name of each tab and its count."""
    found = re.findall(r'<a href="\?tab=(\w+)"[^>]*>[^<]+?(?: <i>(\d+)</i>)?</a>', page)
    return dict(found)


@pytest.mark.parametrize("tab", OWN_TABS)
def test_each_tab_of_an_own_image_takes_few_queries(tab: str, busy: Image, as_acme: Client) -> None:
    as_acme.get(url_of(busy, tab))
    with CaptureQueriesContext(connection) as queries:
        answer = as_acme.get(url_of(busy, tab))
    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


@pytest.mark.parametrize("tab", OTHER_TABS)
def test_each_tab_of_a_received_image_takes_few_queries(tab: str, busy: Image, as_globex: Client) -> None:
    as_globex.get(url_of(busy, tab))
    with CaptureQueriesContext(connection) as queries:
        answer = as_globex.get(url_of(busy, tab))
    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES, [query["sql"] for query in queries]


def test_the_owner_finds_a_tab_for_each_thing_with_its_count(busy: Image, as_acme: Client) -> None:
    page = as_acme.get(url_of(busy)).content.decode()
    assert tabs_of(page) == {
        "overview": "",
        "sharing": "1",
        "computers": "3",
        "templates": "3",
        "copies": "1",
        "history": "",
    }
    assert GLOBEX in as_acme.get(url_of(busy, "sharing")).content.decode()
    computers = as_acme.get(url_of(busy, "computers")).content.decode()
    assert "acme-2" in computers
    assert "globex-2" not in computers
    templates = as_acme.get(url_of(busy, "templates")).content.decode()
    assert "acme-t-2" in templates
    assert "globex-t-2" not in templates
    assert "done-copy" in as_acme.get(url_of(busy, "copies")).content.decode()
    history = unescape(re.sub("<[^>]+>", "", as_acme.get(url_of(busy, "history")).content.decode()))
    assert re.search(rf"Shared \S+ with {GLOBEX}", history)


def test_a_recipient_sees_what_is_its_own_and_nothing_of_the_owners(busy: Image, initech, as_globex: Client) -> None:
    ImageShare(image=busy, recipient=initech).grant()
    assert tabs_of(as_globex.get(url_of(busy)).content.decode()) == {"overview": "", "computers": "3", "templates": "3"}
    for tab in OWN_TABS:
        page = as_globex.get(url_of(busy, tab)).content.decode()
        assert initech.pk not in page
        assert "acme-2" not in page
        assert "acme-t-2" not in page
        assert "done-copy" not in page
    assert "globex-2" in as_globex.get(url_of(busy, "computers")).content.decode()


@pytest.mark.parametrize("tab", ["nonsense", "", "\0", "sharing&tab=nonsense"])
def test_a_tab_that_there_is_not_is_the_first(tab: str, image: Image, as_acme: Client) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{image}/", {"tab": tab}).content.decode()
    assert re.search(r'href="\?tab=overview" aria-current="page"', page)


def test_an_empty_tab_says_so(image: Image, as_acme: Client) -> None:
    for tab, sentence in (
        ("sharing", "This image is shared with no account."),
        ("computers", "No cloud computer has this image"),
        ("templates", "No template has this image"),
        ("copies", "Not copied"),
        ("history", "Nothing has been done yet"),
    ):
        assert sentence in as_acme.get(url_of(image, tab)).content.decode()


def test_an_image_of_which_a_copy_is_under_way_says_so_and_leads_to_it(image: Image, as_acme: Client) -> None:
    copy = image.copy_to("cn-shanghai", name="under-way", by=SHELL)
    page = as_acme.get(url_of(image)).content.decode()
    assert "A copy to China (Shanghai) is under way" in page
    assert f'href="/cn-shanghai/images/{copy}/"' in page
    assert 'hx-trigger="every' in page
    copy_page = as_acme.get(url_of(copy)).content.decode()
    assert f"Copied from {image.name} in China (Hangzhou)" in copy_page
    assert '<progress max="100"' in copy_page


def test_a_failed_copy_says_why_and_can_be_made_again(image: Image, as_acme: Client) -> None:
    copy = image.copy_to("cn-shanghai", name="failed-copy", by=SHELL)
    copy.fail(reason="The disk of the region is full.", by=SHELL)
    page = as_acme.get(url_of(copy)).content.decode()
    assert "The image failed to be created: The disk of the region is full." in page
    assert re.search(rf'id="retry-{copy.pk}" href="/cn-hangzhou/images/{image}/copy/"', page)


# Why an action is not possible


def test_a_row_says_why_an_action_is_not_possible(
    make_image: Callable[..., Image], globex: Account, acme_user: User, auditor: User
) -> None:
    made = {
        "plain": make_image(),
        "encrypted": make_image(encrypted=True),
        "shared": make_image(),
        "failed": make_image(failed_at=timezone.now()),
        "being made": make_image(ready_at=timezone.now() + timedelta(hours=1)),
    }
    ImageShare(image=made["shared"], recipient=globex).grant()
    rows = {row.pk: row for row in Image.objects.owned_by(acme_user.account_id).with_shared_count()}
    reasons = {name: row_reasons(acme_user)(rows[image.pk]) for name, image in made.items()}
    assert reasons["plain"] == ("", "", "", "")
    assert reasons["encrypted"] == (ENCRYPTED, "", "", "")
    assert reasons["shared"] == ("", "", "", "Unshare it from 1 account first")
    assert reasons["failed"] == (NOT_AVAILABLE[True],) * 3 + ("",)
    assert reasons["being made"] == (NOT_AVAILABLE[False],) * 4
    assert {row_reasons(auditor)(row) for row in rows.values()} == {(READ_ONLY_MESSAGE,) * 4}
    with translation.override("zh-hans"):
        assert row_reasons(acme_user)(rows[made["shared"].pk]).delete == "请先取消对 1 个账号的共享"


def test_a_row_refuses_nothing_that_the_rules_allow(
    make_image: Callable[..., Image], share: ImageShare, acme_user: User
) -> None:
    """And nothing is left out but what a row does not know: whether a copy of the image is under way."""
    make_image(encrypted=True)
    make_image(failed_at=timezone.now())
    make_image(ready_at=timezone.now() + timedelta(hours=1))
    make_image(encrypted=True, failed_at=timezone.now())
    reasons_of = row_reasons(acme_user)
    for image in Image.objects.owned_by(acme_user.account_id).with_shared_count():
        reasons = reasons_of(image)
        for action in ("share", "copy", "edit", "delete"):
            assert bool(getattr(reasons, action)) == bool(refusals(action, acme_user, image)), (image.status, action)


def test_an_action_that_is_not_possible_says_so_before_the_click_and_its_dialog_explains(
    make_image: Callable[..., Image], as_acme: Client
) -> None:
    image = make_image(encrypted=True)
    page = as_acme.get("/cn-hangzhou/images/custom/").content.decode()
    [link] = re.findall(rf'<a [^>]*id="share-{image.pk}"[^>]*>', page)
    assert 'aria-disabled="true"' in link
    assert f'data-tip="{ENCRYPTED}"' in link
    assert f'<span class="sr" id="share-{image.pk}-why">{ENCRYPTED}</span>' in page
    assert (
        "an encrypted image cannot be shared" in as_acme.get(f"/cn-hangzhou/images/{image}/sharing/").content.decode()
    )


def test_who_may_only_look_reads_it_once_for_the_whole_list(image: Image, as_auditor: Client, as_acme: Client) -> None:
    for url in ("/cn-hangzhou/images/custom/", url_of(image)):
        assert 'class="note read-only"' in as_auditor.get(url).content.decode()
        assert 'class="note read-only"' not in as_acme.get(url).content.decode()
