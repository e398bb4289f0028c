"""What a person prefers is chosen on the page, shows at once, and is there in any other browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.test_sharing import CUSTOM, row_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import User
    from images.models import Image

pytestmark = BROWSER

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_theme_is_the_systems_or_the_one_that_is_chosen(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, CUSTOM)
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(BACKGROUND)
    assert light != dark
    page.get_by_label("Theme").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(BACKGROUND) == light
    page.get_by_label("Theme").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert browse(acme_user, CUSTOM).evaluate(BACKGROUND) == dark


def test_the_gear_chooses_columns_density_and_the_size_of_a_page(
    browse: Callable[..., Page], acme_user: User, make_image: Callable[..., Image]
) -> None:
    images = [make_image(name=f"desktop-{number:02d}") for number in range(12)]
    page = browse(acme_user, CUSTOM)
    height = "document.querySelector('#list tbody tr').getBoundingClientRect().height"
    assert page.evaluate(height) <= 42
    page.get_by_role("link", name="Preferences").click()
    dialog = page.get_by_role("dialog", name="Preferences")
    dialog.get_by_role("checkbox", name="Size").uncheck()
    dialog.get_by_label("Rows", exact=True).select_option("comfortable")
    dialog.get_by_label("Rows of a page").select_option("10")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("columnheader", name="Size")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="OS")).to_have_count(1)
    expect(page.locator("#list tbody tr")).to_have_count(10)
    assert 52 <= page.evaluate(height) <= 54
    other = browse(acme_user, CUSTOM)
    expect(other.get_by_role("columnheader", name="Size")).to_have_count(0)
    expect(row_of(other, images[-1])).to_be_visible()


def test_times_are_in_the_persons_zone_and_in_utc_on_hover(
    browse: Callable[..., Page], acme_user: User, image: Image
) -> None:
    page = browse(acme_user, "/account/preferences/")
    page.get_by_label("Time zone").select_option("Asia/Shanghai")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your preferences are saved.")
    page.goto(CUSTOM)
    expect(page.get_by_role("columnheader", name="Created")).to_contain_text("UTC+8")
    title = row_of(page, image).locator("time").get_attribute("title")
    assert "UTC+8 · " in title
    assert " UTC · " in title
