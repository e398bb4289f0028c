"""An answer that is not the fragment asked for leaves the page as it is, is told in one place, and polling goes on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from images.models import Image
from tests.browser import BROWSER
from tests.browser.test_private_pages import CUSTOM
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator, Page, Route

    from accounts.models import Account, User
    from images.models import ImageShare

pytestmark = BROWSER
PROXY = "<!DOCTYPE html><html><head><title>502</title></head><body><h1>Bad gateway of a proxy</h1></body></html>"
BUSY = '<section class="problem"><h1>Very busy</h1><p>Try again later.</p><p>ID: <code>7</code></p></section>'
STRANGE = "The console could not answer. The page is as it was; try again in a moment."
# How an answer can fail, and what is said of it.
FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "503": ({"status": 503, "content_type": "text/html", "body": BUSY}, "Very busy Try again later."),
    "404": ({"status": 404, "content_type": "text/html", "body": BUSY}, "Very busy Try again later."),
    "500 page": ({"status": 500, "content_type": "text/html", "body": PROXY}, STRANGE),
    "200 page": ({"status": 200, "content_type": "text/html; charset=utf-8", "body": f"\n{PROXY}"}, STRANGE),
    "422 page": ({"status": 422, "content_type": "text/html", "body": PROXY}, STRANGE),
    "no HTML": ({"status": 200, "content_type": "application/json", "body": "{}"}, STRANGE),
    "no answer": ({}, "The console does not answer. Check your connection, then try again."),
}
EACH = pytest.mark.parametrize(("failure", "sentence"), FAILURES.values(), ids=FAILURES)


@pytest.fixture(autouse=True)
def _lines_of_failures_are_meant(browser_console: list[str]) -> Iterator[None]:
    yield
    browser_console[:] = [
        line
        for line in browser_console
        if not re.search(
            r"Failed to load resource|Response Status Error Code|htmx:(sendError|responseError|afterRequest)", line
        )
    ]


def fail_with(failure: dict[str, Any]) -> Callable[[Route], None]:
    def answer(route: Route) -> None:
        if route.request.headers.get("hx-request") != "true":
            route.continue_()
        elif failure:
            route.fulfill(**failure)
        else:
            route.abort()

    return answer


def told(page: Page) -> Locator:
    return page.locator("#no-answer")


@EACH
def test_a_list_that_asks_again_by_itself(
    browse: Callable[..., Page],
    acme_user: User,
    make_image: Callable[..., Image],
    failure: dict[str, Any],
    sentence: str,
) -> None:
    image = make_image(ready_at=timezone.now() + timedelta(hours=1))
    page = browse(acme_user, CUSTOM)
    row = page.get_by_role("row").filter(has_text=image.image_id)
    expect(row).to_contain_text("Creating")
    page.route("**/custom/", fail_with(failure))
    expect(told(page)).to_have_text(sentence)
    expect(told(page)).to_have_role("alert")
    expect(row).to_contain_text("Creating")
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()
    Image.objects.update(ready_at=timezone.now())
    page.unroute("**/custom/")
    expect(row).to_contain_text("Available")
    expect(told(page)).to_be_hidden()


@EACH
def test_a_dialog_a_search_and_the_echo_of_a_recipient(
    browse: Callable[..., Page],
    acme_user: User,
    globex: Account,
    image: Image,
    failure: dict[str, Any],
    sentence: str,
) -> None:
    page = browse(acme_user, CUSTOM)
    row = page.get_by_role("row").filter(has_text=image.image_id)
    dialog = page.get_by_role("dialog")
    everything = "**/cn-hangzhou/images/**"

    page.route(everything, fail_with(failure))
    row.get_by_role("link", name="View/Share Image").click()
    expect(told(page)).to_have_text(sentence)
    expect(dialog).to_be_hidden()
    page.get_by_role("searchbox").first.fill("office")
    expect(told(page)).to_have_text(sentence)
    expect(row).to_be_visible()
    expect(page).to_have_url(re.compile(f"{CUSTOM}$"))
    page.unroute(everything)
    page.get_by_role("searchbox").first.press("Enter")
    expect(page).to_have_url(re.compile("q=office"))
    expect(told(page)).to_be_hidden()

    row.get_by_role("link", name="View/Share Image").click()
    expect(dialog).to_be_visible()
    page.route(everything, fail_with(failure))
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").check()
    expect(told(page)).to_have_text(sentence)
    expect(dialog.locator("#recipient")).to_have_text("")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.locator("#no-answer")).to_have_text(sentence)
    expect(dialog.get_by_role("textbox", name="Account")).to_have_value(GLOBEX)
    page.unroute(everything)
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("status")).to_contain_text(GLOBEX)
    expect(told(page)).to_be_hidden()


def test_a_refused_form_is_shown_and_a_throttle_says_so_at_its_field(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    page.get_by_role("link", name="View/Share Image").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.locator(".error").first).to_be_visible()
    throttled = {"status": 429, "content_type": "text/html", "body": "<p>You have looked up many accounts.</p>"}
    page.route("**/sharing/?account=**", fail_with(throttled))
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").check()
    expect(dialog.locator("#recipient")).to_have_text("You have looked up many accounts.")
    expect(told(page)).to_be_hidden()


def test_an_image_that_another_has_deleted_meanwhile(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    image.delete()
    page.get_by_role("link", name="View/Share Image").click()
    expect(told(page)).to_contain_text("Not found There is nothing here that your account can see.")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("row").filter(has_text=image.image_id)).to_be_visible()


def test_a_page_of_an_image_that_is_unshared_meanwhile_says_so_and_stays(
    browse: Callable[..., Page], globex_user: User, share: ImageShare
) -> None:
    page = browse(globex_user, "/cn-hangzhou/desktops/create/?image=" + share.image.image_id)
    expect(page.get_by_role("main")).to_contain_text(share.image.name)
    page = browse(globex_user, "/cn-hangzhou/images/shared/")
    link = page.get_by_role("row").filter(has_text=share.image.image_id).get_by_role("link", name=share.image.name)
    share.revoke()
    link.click()
    expect(page.get_by_role("heading", name="No longer shared")).to_be_visible()
