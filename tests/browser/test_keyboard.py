"""What the keyboard does, and that the focus never falls to the body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from images.models import Image
from tests.browser import BROWSER
from tests.browser.test_sharing import CUSTOM, dialog_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import User
    from desktops.models import Desktop

pytestmark = BROWSER

FOCUSED = "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


def test_the_focus_stays_where_the_list_was_changed(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    images = [make_image(name=f"desktop-{number:02d}") for number in range(25)]
    page = browse(acme_user, CUSTOM)
    page.locator("#sort-name").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.get_by_role("columnheader", name="Image name")).to_have_attribute("aria-sort", "ascending")
    assert page.evaluate(FOCUSED) == "sort-name"
    # The last page has no Next, so the focus is on the list.
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(row_of(page, images[-1])).to_be_visible()
    assert page.evaluate(FOCUSED) == "list"
    # The order stays when the list is searched, and the filter that is taken away leaves the focus on the list.
    page.get_by_role("searchbox").fill("nothing-has-this-name")
    page.get_by_role("link", name="Clear filters").focus()
    expect(page).to_have_url(re.compile("sort=name"))
    page.keyboard.press("Enter")
    expect(row_of(page, images[0])).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert page.evaluate(FOCUSED) == "list"


def test_the_size_of_a_page_is_chosen_below_the_list(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    for number in range(12):
        make_image(name=f"desktop-{number:02d}")
    page = browse(acme_user, CUSTOM)
    page.get_by_role("combobox", name="Page size").focus()
    page.get_by_role("combobox", name="Page size").select_option("10")
    expect(page.locator("#list tbody tr")).to_have_count(10)
    expect(page).to_have_url(re.compile("size=10"))
    assert page.evaluate(FOCUSED) == "id_size"


def test_after_a_success_the_focus_is_on_what_it_says(
    browse: Callable[..., Page], acme_user: User, image: Image, desktop: Desktop
) -> None:
    page = browse(acme_user, "/cn-hangzhou/desktops/")
    page.get_by_role("row").filter(has_text=desktop.desktop_id).get_by_role("link", name="Stop").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("status")).to_be_focused()
    page.get_by_role("status").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("main")).to_be_focused()

    page.goto(CUSTOM)
    page.get_by_label(f"More: {image.name}").click()
    row_of(page, image).get_by_role("link", name="Edit").click()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("another-name")
    page.get_by_role("dialog").get_by_role("button").last.click()
    expect(page.get_by_role("heading", name="another-name")).to_be_visible()
    expect(page.get_by_role("status")).to_be_focused()


def test_after_a_deletion_the_focus_is_not_lost(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    image, other = make_image(name="goes"), make_image(name="stays")
    page = browse(acme_user, CUSTOM)
    page.get_by_label("More: goes").click()
    row_of(page, image).get_by_role("link", name="Delete").click()
    dialog_of(page, "Delete").get_by_role("button", name="Delete").click()
    expect(row_of(page, image)).to_have_count(0)
    expect(row_of(page, other)).to_have_count(1)
    assert page.evaluate(FOCUSED) != "BODY"


def test_the_arrow_keys_walk_through_a_menu(browse: Callable[..., Page], acme_user: User, image: Image) -> None:
    page = browse(acme_user, CUSTOM)
    more = page.get_by_label(f"More: {image.name}")
    more.focus()
    page.keyboard.press("ArrowDown")
    for name in ("Create Cloud Computer", "Create Template", "Edit", "Delete", "Create Cloud Computer"):
        expect(row_of(page, image).get_by_role("link", name=name)).to_be_focused()
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(row_of(page, image).get_by_role("link", name="Delete")).to_be_focused()
    page.keyboard.press("Escape")
    expect(more).to_be_focused()


def test_enter_takes_the_region_that_was_searched_for(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, CUSTOM)
    page.get_by_label("Region: China (Hangzhou)").click()
    expect(page.get_by_role("searchbox", name="Search regions")).to_be_focused()
    page.keyboard.type("toky")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/ap-northeast-1/images/custom/$"))


def test_the_shortcuts(browse: Callable[..., Page], acme_user: User, image: Image) -> None:
    page = browse(acme_user, CUSTOM)
    page.keyboard.press("?")
    expect(dialog_of(page, "Help")).to_be_visible()
    page.keyboard.press("Escape")
    # The closed dialog gives the focus back, and only then may it go on.
    expect(page.locator("#list")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    # What is typed is a search, not a shortcut.
    page.keyboard.type("r?/")
    expect(page.get_by_role("searchbox")).to_have_value("r?/")
    page.goto(CUSTOM)
    page.evaluate("window.loadedBefore = true")
    page.keyboard.press("r")
    page.wait_for_function("!window.loadedBefore")
    expect(row_of(page, image)).to_be_visible()
    # Whoever holds a modifier means something of the browser's.
    page.keyboard.press("Control+/")
    expect(page.get_by_role("searchbox")).not_to_be_focused()


def test_a_dialog_begins_in_its_one_field_or_at_its_title(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    opener = row_of(page, image).get_by_role("link", name="View/Share Image")
    opener.click()
    expect(dialog_of(page).get_by_role("textbox", name="Account")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    copy = row_of(page, image).get_by_role("link", name="Copy Image")
    copy.click()
    expect(dialog_of(page, "Copy").get_by_role("heading", level=1)).to_be_focused()
    dialog_of(page, "Copy").get_by_role("link", name="Close").first.click()
    expect(copy).to_be_focused()
