"""What is on every page: the user panel and the region selector; and the lists' search."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.test_sharing import CUSTOM, SHARED, row_of, tab_to
from tests.conftest import ACME, OPERATOR_RAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from accounts.models import Account, User
    from images.models import Image

pytestmark = BROWSER


def panel_of(page: Page) -> Locator:
    return page.get_by_role("group", name="User information")


def test_the_user_panel_opens_by_a_press_and_its_account_id_can_be_copied(
    browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, CUSTOM, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Account: acme@example.com").hover()
    expect(panel_of(page)).to_be_hidden()
    page.get_by_role("button", name="Account: acme@example.com").click()
    expect(panel_of(page)).to_be_visible()
    expect(panel_of(page)).to_contain_text("Main Account")
    expect(panel_of(page)).to_contain_text("China site (aliyun.com)")

    panel_of(page).get_by_role("button", name=f"Copy account ID {ACME}").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == ACME


def test_the_user_panel_opens_by_keyboard_and_signs_out(browse: Callable[..., Page], operator: User) -> None:
    page = browse(operator, CUSTOM)
    tab_to(page, page.get_by_role("button", name=f"Account: {operator.username}"))
    expect(panel_of(page)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(panel_of(page)).to_be_visible()
    for text in ("RAM User", "AliyunECDFullAccess", ACME, OPERATOR_RAM_ID):
        expect(panel_of(page)).to_contain_text(text)
    tab_to(page, panel_of(page).get_by_role("button", name="Sign out"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in", level=1)).to_be_visible()


def test_the_region_selector_finds_a_region_and_keeps_the_tab(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, SHARED)
    selector = page.get_by_role("group").filter(has=page.get_by_label("Region: China (Hangzhou)"))
    page.get_by_label("Region: China (Hangzhou)").click()
    links = selector.get_by_role("link")
    expect(links).to_have_count(20)
    selector.get_by_role("searchbox", name="Search regions").fill("toky")
    expect(links).to_have_count(1)
    links.click()
    expect(page).to_have_url(re.compile("/ap-northeast-1/images/shared/$"))
    expect(page.get_by_label("Region: Japan (Tokyo)")).to_be_visible()


@pytest.fixture
def two_images(make_image: Callable[..., Image]) -> tuple[Image, Image]:
    return make_image(name="finance-desktop"), make_image(name="design-desktop")


def test_search_narrows_the_list_without_a_reload_and_back_undoes_it(
    browse: Callable[..., Page], acme_user: User, two_images: tuple[Image, Image]
) -> None:
    finance, design = two_images
    page = browse(acme_user, CUSTOM)
    page.evaluate("window.neverReloaded = true")
    page.get_by_role("searchbox", name="Search by image ID or name").press_sequentially("finance")

    expect(row_of(page, design)).to_have_count(0)
    expect(row_of(page, finance)).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[?&]q=finance(&|$)"))
    assert page.evaluate("window.neverReloaded")

    page.go_back()
    expect(row_of(page, design)).to_have_count(1)
    expect(page.get_by_role("searchbox", name="Search by image ID or name")).to_have_value("")


def test_a_filter_is_a_token_that_can_be_removed(
    browse: Callable[..., Page], acme_user: User, two_images: tuple[Image, Image]
) -> None:
    page = browse(acme_user, CUSTOM)
    page.get_by_role("combobox", name="OS").select_option("Linux")
    expect(page.get_by_role("heading", name="No image matches the filters")).to_be_visible()
    page.get_by_role("link", name="Remove the filter OS: Linux").click()
    for image in two_images:
        expect(row_of(page, image)).to_have_count(1)
    expect(page.get_by_role("combobox", name="OS")).to_have_value("")
    # Where something is found, all filters are cleared below the list.
    page.get_by_role("combobox", name="OS").select_option("Windows")
    page.get_by_role("link", name="Clear filters").click()
    expect(page.get_by_role("link", name="Clear filters")).to_have_count(0)
    expect(page.get_by_role("combobox", name="OS")).to_have_value("")
    for image in two_images:
        expect(row_of(page, image)).to_have_count(1)


def test_the_list_pages_without_a_reload(
    browse: Callable[..., Page], acme_user: User, acme: Account, make_image: Callable[..., Image]
) -> None:
    images = [make_image(name=f"desktop-{number:02d}") for number in range(25)]
    page = browse(acme_user, CUSTOM)
    page.evaluate("window.neverReloaded = true")
    expect(row_of(page, images[-1])).to_have_count(1)
    page.get_by_role("link", name="Next").click()
    expect(row_of(page, images[0])).to_have_count(1)
    expect(row_of(page, images[-1])).to_have_count(0)
    page.get_by_role("link", name="Previous").click()
    expect(row_of(page, images[-1])).to_have_count(1)
    assert page.evaluate("window.neverReloaded")


def test_escape_while_the_user_panel_is_closed_does_not_keep_it_closed(
    browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, CUSTOM)
    avatar = page.get_by_role("button", name="Account: acme@example.com")
    page.keyboard.press("Escape")
    avatar.click()
    expect(panel_of(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel_of(page)).to_be_hidden()
    avatar.click()
    expect(panel_of(page)).to_be_visible()


def test_escape_in_the_user_panel_gives_the_focus_back_to_its_button(
    browse: Callable[..., Page], acme_user: User
) -> None:
    page = browse(acme_user, CUSTOM)
    avatar = page.get_by_role("button", name="Account: acme@example.com")
    tab_to(page, avatar)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, panel_of(page).get_by_role("link", name="Account center"))
    page.keyboard.press("Escape")
    expect(avatar).to_be_focused()
    expect(panel_of(page)).to_be_hidden()


def test_who_opens_the_region_selector_may_type_at_once(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, CUSTOM)
    page.get_by_label("Region: China (Hangzhou)").click()
    expect(page.get_by_role("searchbox", name="Search regions")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Region: China (Hangzhou)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Search regions")).to_be_focused()


@pytest.mark.parametrize("ways", [["Wait", "Tab"], ["Enter", "Wait", "Tab"]], ids=" ".join)
def test_a_search_is_asked_for_once_and_one_step_of_back_undoes_it(
    ways: list[str], browse: Callable[..., Page], acme_user: User, two_images: tuple[Image, Image]
) -> None:
    page = browse(acme_user, CUSTOM)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("hx-request", "")))
    search = page.get_by_role("searchbox", name="Search by image ID or name")
    steps = page.evaluate("history.length")
    search.press_sequentially("finance")
    for way in ways:
        if way == "Wait":
            page.wait_for_timeout(700)
        else:
            page.keyboard.press(way)
    page.wait_for_timeout(500)
    expect(row_of(page, two_images[1])).to_have_count(0)
    assert page.evaluate("history.length") == steps + 1
    assert asked.count("true") == 1
    page.go_back()
    expect(row_of(page, two_images[1])).to_have_count(1)


def test_a_search_that_got_no_answer_can_be_asked_for_again(
    browse: Callable[..., Page], acme_user: User, two_images: tuple[Image, Image], browser_console: list[str]
) -> None:
    page = browse(acme_user, CUSTOM)
    page.route("**/custom/?**", lambda route: route.abort())
    page.get_by_role("searchbox", name="Search by image ID or name").fill("finance")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The console does not answer.")).to_be_visible()
    page.unroute("**/custom/?**")
    page.get_by_role("searchbox", name="Search by image ID or name").press("Enter")
    expect(row_of(page, two_images[1])).to_have_count(0)
    browser_console.clear()


def test_an_id_is_copied_where_the_browser_gives_no_clipboard(
    browse: Callable[..., Page], acme_user: User, two_images: tuple[Image, Image]
) -> None:
    page = browse(acme_user, CUSTOM, permissions=["clipboard-read", "clipboard-write"])
    clipboard = page.evaluate_handle("navigator.clipboard")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    image = two_images[0].image_id
    button = page.get_by_role("button", name=f"Copy image ID {image}")
    button.click()
    expect(page.get_by_text("Copied", exact=True)).to_be_attached()
    expect(button).to_be_focused()
    assert clipboard.evaluate("it => it.readText()") == image
