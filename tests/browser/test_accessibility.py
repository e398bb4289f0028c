"""axe finds nothing to complain of on any page or dialog, in light and in dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_sharing import CUSTOM, SHARED, confirm, dialog_of, row_of
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, ViewportSize

    from accounts.models import User
    from images.models import Image, ImageShare

pytestmark = BROWSER


def violations(page: Page, where: str) -> list[str]:
    """One line for each element that breaks a rule."""
    found = Axe().run(page).response["violations"]
    return [
        f"{where}: {rule['id']} ({rule['help']}) {node['html'][:200]}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages(
    browse: Callable[..., Page],
    browser_console: list[str],
    acme_user: User,
    operator: User,
    share: ImageShare,
    make_image: Callable[..., Image],
    scheme: str,
    viewport: ViewportSize,
) -> None:
    make_image(encrypted=True)
    image = f"/cn-hangzhou/images/{share.image.image_id}/"
    page = browse(None, "/login/", color_scheme=scheme, viewport=viewport)
    found = violations(page, "sign-in")

    page = browse(acme_user, CUSTOM, color_scheme=scheme, viewport=viewport)
    for path in (
        CUSTOM,
        f"{CUSTOM}?q=office&status=Available",
        f"{CUSTOM}?q=nothing-has-this-name",
        "/eu-west-1/images/custom/",
        SHARED,
        "/cn-hangzhou/images/system/",
        image,
        f"{image}sharing/",
        f"{image}sharing/{GLOBEX}/unshare/",
        f"{image}delete/",
        f"{image}copy/",
        f"{image}edit/",
        "/account/",
        "/no-such-region/images/custom/",
    ):
        page.goto(path)
        found += violations(page, path)

    assert "\n".join(found) == ""
    assert [line for line in browser_console if "/no-such-region/" not in line] == []
    browser_console.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialogs_and_menus(
    browse: Callable[..., Page], acme_user: User, share: ImageShare, make_image: Callable[..., Image], scheme: str
) -> None:
    encrypted = make_image(encrypted=True)
    page = browse(acme_user, CUSTOM, color_scheme=scheme)
    found = []

    page.get_by_label("Region: China (Hangzhou)").click()
    found += violations(page, "region selector")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Account: acme@example.com").hover()
    found += violations(page, "user panel")

    dialog = dialog_of(page)
    row_of(page, share.image).get_by_role("link", name="View/Share Image").click()
    dialog.get_by_role("button", name="Shared Account").click()
    found += violations(page, "Shared Image")
    confirm(dialog, "12345", tick=False)
    expect(dialog.locator(".invalid-feedback")).to_have_count(2)
    found += violations(page, "Shared Image, refused")
    confirm(dialog, GLOBEX)
    dialog.get_by_role("button", name="Shared Account").click()
    dialog.get_by_role("button", name="Unshare").click()
    expect(dialog_of(page, "Unshare image")).to_be_visible()
    found += violations(page, "Unshare image")
    dialog_of(page, "Unshare image").get_by_role("button", name="Unshare").click()
    expect(dialog.get_by_role("status")).to_be_visible()
    found += violations(page, "Shared Image, unshared")
    page.keyboard.press("Escape")

    for image, action in (
        (encrypted, "View/Share Image"),
        (share.image, "Delete"),
        (share.image, "Copy Image"),
    ):
        row_of(page, image).get_by_role("link", name=action).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        found += violations(page, action)
        page.keyboard.press("Escape")

    assert "\n".join(found) == ""
