"""A page shows what was done in its dialog, and keeps what is chosen on it while it draws itself anew."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from audit.models import Actor
from images.models import Image, ImageShare
from tests.browser import BROWSER
from tests.browser.conftest import NARROW
from tests.browser.test_sharing import CUSTOM, SHARED, dialog_of, row_of
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from accounts.models import Account, User

pytestmark = BROWSER

SHANGHAI = "/cn-shanghai/images/custom/"
IS_ON_TOP = """it => {
  const {x, y} = it.getBoundingClientRect();
  return it === document.elementFromPoint(x + 9, y + 9);
}"""


@pytest.fixture
def copying(make_image: Callable[..., Image], acme_user: User) -> Image:
    """A copy that is on its way to Shanghai, beside an image that is there."""
    make_image(region_id="cn-shanghai", name="already-there")
    return make_image(name="on-its-way").copy_to("cn-shanghai", name="on-its-way", by=Actor())


def _next_refresh(page: Page) -> None:
    with page.expect_response(lambda response: response.request.headers.get("hx-request") == "true"):
        pass
    page.evaluate("new Promise(requestAnimationFrame)")


def test_a_list_that_draws_itself_anew_keeps_what_is_chosen_and_open(
    copying: Image, browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, SHANGHAI)
    row = page.get_by_role("row").filter(has_text="already-there")
    row.get_by_role("checkbox").check()
    row.get_by_label("More: already-there").click()
    row.get_by_role("link", name="Edit").focus()
    _next_refresh(page)
    _next_refresh(page)
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(row.get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(row.get_by_label("More: already-there")).to_be_focused()


def test_a_dialog_opens_again_from_a_list_that_draws_itself_anew(
    copying: Image, browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, SHANGHAI)
    for _ in range(2):
        row_of(page, copying).get_by_role("link", name="Cancel copy").click()
        expect(page.get_by_role("dialog", name="Cancel copy")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_page_of_an_image_offers_what_can_be_done_when_its_copy_is_finished(
    copying: Image, browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, f"/cn-shanghai/images/{copying}/")
    page.get_by_label("More: on-its-way").click()
    expect(page.get_by_role("link", name="Cancel copy")).to_be_visible()
    Image.objects.filter(pk=copying.pk).update(ready_at=timezone.now() - timedelta(seconds=1))
    expect(page.get_by_role("link", name="Copy Image")).to_be_visible()
    expect(page.get_by_role("link", name="Create Cloud Computer")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel copy")).to_have_count(0)


def test_refresh_and_the_choice_of_language_keep_the_search(
    browse: Callable[..., Page], make_image: Callable[..., Image], acme_user: User
) -> None:
    make_image(name="finance-desktop")
    make_image(name="design-desktop")
    page = browse(acme_user, CUSTOM)
    page.get_by_role("searchbox", name="Search by image ID or name").fill("finance")
    expect(page).to_have_url(re.compile(r"q=finance"))
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("design-desktop")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"q=finance"))
    page.get_by_role("searchbox", name="Search by image ID or name").fill("design")
    expect(page).to_have_url(re.compile(r"q=design"))
    page.get_by_label("Language").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    expect(page).to_have_url(re.compile(r"q=design"))


def test_the_lists_show_what_was_done_once_the_dialog_is_closed(
    browse: Callable[..., Page], share: ImageShare, acme_user: User
) -> None:
    page = browse(acme_user, SHARED)
    by_me = page.get_by_role("table", name="Shared by me")
    by_me.get_by_role("link", name="View/Share Image").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Shared Account").click()
    dialog.get_by_role("button", name="Unshare").click()
    dialog_of(page, "Unshare image").get_by_role("button", name="Unshare").click()
    expect(dialog.get_by_text("This image is shared with no account.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(by_me).to_have_count(0)
    expect(page.get_by_text("Your account shares no image")).to_be_visible()


def test_the_history_of_an_image_has_what_was_just_done(
    browse: Callable[..., Page], image: Image, globex: Account, acme_user: User
) -> None:
    page = browse(acme_user, f"/cn-hangzhou/images/{image}/?tab=history")
    page.get_by_role("link", name="View/Share Image").click()
    _fill(page)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog").get_by_text(f"is shared with account {GLOBEX}")).to_be_visible()
    # The next share is to be confirmed for itself.
    expect(page.get_by_role("checkbox", name="I have read the information above")).not_to_be_checked()
    page.keyboard.press("Escape")
    expect(page.get_by_role("table", name="History")).to_contain_text(f"with {GLOBEX}")
    expect(page.get_by_role("link", name="View/Share Image")).to_be_focused()


def _fill(page: Page) -> None:
    page.get_by_role("textbox", name="Account").fill(GLOBEX)
    page.get_by_role("checkbox", name="I have read the information above").check()


def test_a_dialog_that_is_closed_while_it_shares_leaves_a_list_that_is_true(
    browse: Callable[..., Page], image: Image, globex: Account, acme_user: User
) -> None:
    page = browse(acme_user, CUSTOM)
    row_of(page, image).get_by_role("link", name="View/Share Image").click()
    _fill(page)
    page.route("**/sharing/", _late)
    page.get_by_role("button", name="Confirm").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(f"#shared-count-{image.pk} a")).to_have_text("1")


def _late(route: Route) -> None:
    time.sleep(0.7)
    route.continue_()


def test_who_clicks_twice_gets_one_dialog_that_keeps_what_is_typed(
    browse: Callable[..., Page], image: Image, globex: Account, acme_user: User, browser_console: list[str]
) -> None:
    page = browse(acme_user, CUSTOM)
    asked: list[str] = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.route("**/sharing/", _late)
    row_of(page, image).get_by_role("link", name="View/Share Image").dblclick()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.unroute("**/sharing/")
    _fill(page)
    page.wait_for_timeout(1000)
    expect(page.get_by_role("textbox", name="Account")).to_have_value(GLOBEX)
    expect(page.get_by_role("checkbox", name="I have read the information above")).to_be_checked()
    assert len([url for url in asked if url.endswith("/sharing/")]) == 1
    # What htmx says of the first request, which it gave up.
    browser_console.clear()


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}], ids=["wide", "narrow"])
def test_a_lost_connection_is_told_in_the_dialog(
    options: dict[str, object],
    browse: Callable[..., Page],
    image: Image,
    globex: Account,
    acme_user: User,
    browser_console: list[str],
) -> None:
    page = browse(acme_user, CUSTOM, **options)
    if options:
        page.get_by_label(f"More: {image.name}").click()
    row_of(page, image).get_by_role("link", name="View/Share Image").click()
    _fill(page)
    page.route("**/sharing/", lambda route: route.abort())
    page.get_by_role("button", name="Confirm").click()
    told = page.get_by_role("dialog").get_by_text("The console does not answer.")
    expect(told).to_be_in_viewport(ratio=1)
    assert told.evaluate(IS_ON_TOP)
    page.unroute("**/sharing/")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("dialog").get_by_text(f"is shared with account {GLOBEX}")).to_be_visible()
    expect(told).to_be_hidden()
    browser_console.clear()


def test_escape_closes_the_user_panel(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, CUSTOM)
    panel = page.get_by_role("group", name="User information")
    for _ in range(2):
        page.get_by_role("button", name="Account: acme@example.com").click()
        expect(panel).to_be_visible()
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        page.mouse.move(10, 500)


def test_the_navigation_of_a_narrow_window_shows_where_one_is(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, "/account/", viewport=NARROW)
    page.get_by_role("button", name="Navigation").click()
    expect(page.get_by_role("link", name="Account center")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("link", name="Account center")).to_have_attribute("aria-current", "page")


def test_all_images_of_a_page_are_selected_at_once_and_counted(
    copying: Image, make_image: Callable[..., Image], browse: Callable[..., Page], acme_user: User
) -> None:
    make_image(region_id="cn-shanghai", name="another")
    page = browse(acme_user, SHANGHAI)
    everything = page.get_by_role("checkbox", name="Select all on this page")
    rows = page.locator("tbody").get_by_role("checkbox")
    form, told = page.locator("#selected"), page.locator("#announcement")
    everything.check()
    for row in rows.all():
        expect(row).to_be_checked()
    expect(form).to_contain_text("3 selected")
    expect(told).to_have_text("3 selected")
    expect(page.locator("#count")).to_have_text("(3/3)", use_inner_text=True)
    rows.first.uncheck()
    expect(told).to_have_text("2 selected")
    _next_refresh(page)
    expect(form).to_contain_text("2 selected")
    expect(everything).not_to_be_checked()
    assert everything.evaluate("it => it.indeterminate")
    form.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("dialog", name="Delete images").get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    everything.check()
    everything.uncheck()
    expect(form).to_be_hidden()
