"""A wait of more than 0.3 s shows, and a message can be dismissed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from audit.models import Actor
from tests.browser import BROWSER
from tests.browser.test_sharing import CUSTOM, dialog_of, row_of
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from accounts.models import Account, User
    from images.models import Image

pytestmark = BROWSER

# Whether anything showed that it is at work while the page was as it is now.
WATCH = """() => {
  window.wasBusy = [];
  new MutationObserver((changes) => {
    for (const {target} of changes) if (target.getAttribute("aria-busy") === "true") window.wasBusy.push(target.id);
  }).observe(document, {subtree: true, attributeFilter: ["aria-busy"]});
}"""


def _late(route: Route) -> None:
    time.sleep(1.2)
    route.continue_()


def test_a_list_that_waits_is_dimmed_and_one_that_does_not_is_not(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    page.evaluate(WATCH)
    page.locator("#sort-name").click()
    expect(page.get_by_role("columnheader", name="Image name")).to_have_attribute("aria-sort", "ascending")
    page.route("**/custom/?**", _late)
    page.locator("#sort-name").click()
    expect(page.get_by_role("columnheader", name="Image name")).to_have_attribute("aria-sort", "descending")
    assert page.evaluate("window.wasBusy") == ["list"]
    assert page.locator("#list").get_attribute("aria-busy") is None


def test_a_button_that_works_turns_and_cannot_be_pressed_again(
    browse: Callable[..., Page], acme_user: User, image: Image, globex: Account
) -> None:
    page = browse(acme_user, CUSTOM)
    page.evaluate(WATCH)
    page.route("**/sharing/", _late)
    opener = row_of(page, image).get_by_role("link", name="View/Share Image")
    opener.click()
    dialog = dialog_of(page)
    dialog.get_by_role("textbox", name="Account").fill(GLOBEX)
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("button", name="Confirm")).to_be_disabled()
    expect(dialog.get_by_role("status")).to_contain_text(GLOBEX)
    assert page.evaluate("window.wasBusy") == [f"share-{image.pk}", "dialog-content"]

    dialog.get_by_role("button", name="Dismiss").click()
    expect(dialog.get_by_role("status")).to_be_empty()
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()


def test_a_page_in_the_background_asks_for_nothing_by_itself(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    image.copy_to("cn-shanghai", name="on-its-way", by=Actor())
    page = browse(acme_user, "/cn-shanghai/images/custom/")
    asked: list[str] = []
    page.on("request", lambda request: asked.extend([request.url] if "/images/" in request.url else []))
    page.wait_for_timeout(3500)
    assert len(asked) == 1
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.wait_for_timeout(6500)
    assert len(asked) == 1
