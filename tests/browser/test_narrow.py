"""What a narrow window puts away can be reached: the navigation, the filters, the order, the menus of the cards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.conftest import NARROW
from tests.browser.test_sharing import CUSTOM, dialog_of, row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import User
    from images.models import Image, ImageShare

pytestmark = BROWSER

RAIL = {"width": 1024, "height": 768}


def test_the_navigation_is_a_drawer_that_holds_the_focus(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, CUSTOM, viewport=NARROW)
    navigation = page.get_by_role("navigation", name="Navigation")
    opener = page.get_by_role("button", name="Navigation")
    expect(navigation).to_be_hidden()
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(navigation.get_by_role("link", name="Images")).to_be_focused()
    page.keyboard.press("Escape")
    expect(navigation).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.mouse.click(370, 600)
    expect(navigation).to_be_hidden()
    opener.click()
    navigation.get_by_role("link", name="Templates").click()
    expect(page).to_have_url(re.compile("/templates/$"))


def test_the_rail_opens_and_says_its_words(browse: Callable[..., Page], acme_user: User) -> None:
    page = browse(acme_user, CUSTOM, viewport=RAIL)
    word = page.get_by_role("navigation", name="Navigation").get_by_text("Cloud Computers", exact=True)
    assert word.bounding_box()["width"] <= 1
    page.get_by_role("button", name="Navigation").click()
    assert word.bounding_box()["width"] > 80
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(page.get_by_role("link", name="Create Image")).to_be_enabled()
    assert not page.evaluate("document.getElementById('main').inert")


def test_a_sheet_has_the_filters_and_the_order(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    make_image(name="beta")
    make_image(name="alpha")
    page = browse(acme_user, CUSTOM, viewport=NARROW)
    names = page.locator("#list .c-name .top")
    expect(names).to_have_text(["alpha", "beta"])
    opener = page.get_by_label("Filters and order")
    opener.click()
    expect(page.get_by_role("combobox", name="Status")).to_be_focused()
    page.get_by_role("combobox", name="Sort by").select_option("Name, Z to A")
    expect(names).to_have_text(["beta", "alpha"])
    expect(page).to_have_url(re.compile("sort=-name"))
    page.get_by_role("button", name="Show the list").click()
    expect(page.get_by_role("combobox", name="Sort by")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.get_by_role("combobox", name="OS").select_option("Linux")
    expect(page.get_by_role("heading", name="No image matches the filters")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("combobox", name="OS")).to_be_hidden()


def test_the_sheet_works_without_javascript(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    make_image(name="alpha")
    make_image(name="beta")
    page = browse(acme_user, CUSTOM, viewport=NARROW, java_script_enabled=False)
    names = page.locator("#list .c-name .top")
    expect(names).to_have_text(["beta", "alpha"])
    page.get_by_label("Filters and order").click()
    page.get_by_role("combobox", name="Sort by").select_option("Name, A to Z")
    page.get_by_role("button", name="Show the list").click()
    expect(names).to_have_text(["alpha", "beta"])
    page.get_by_role("navigation", name="Navigation").get_by_role("link", name="Templates").click()
    expect(page).to_have_url(re.compile("/templates/$"))


def test_the_menu_of_a_card_is_a_sheet_at_the_bottom(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM, viewport=NARROW)
    page.get_by_label(f"More: {image.name}").click()
    box = row_of(page, image).locator(".pop").bounding_box()
    assert (box["x"], box["width"], box["y"] + box["height"]) == (0, NARROW["width"], NARROW["height"])
    row_of(page, image).get_by_role("link", name="View/Share Image").click()
    box = dialog_of(page).bounding_box()
    assert (box["width"], box["height"]) == (NARROW["width"], NARROW["height"])


def test_the_accounts_of_an_image_fold_up_on_a_phone_alone(
    browse: Callable[..., Page], acme_user: User, share: ImageShare
) -> None:
    page = browse(acme_user, CUSTOM)
    row_of(page, share.image).get_by_role("link", name="View/Share Image").click()
    dialog, accounts = dialog_of(page), page.get_by_role("table", name="Shared Account")
    button = dialog.get_by_role("button", name="Shared Account")
    expect(button).to_have_attribute("aria-expanded", "true")
    for _ in range(2):
        button.click()
        expect(accounts).to_be_visible()
    page.set_viewport_size(NARROW)
    button.click()
    expect(accounts).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(accounts).to_be_visible()
