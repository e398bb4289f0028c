"""The words that the documentation of the service uses are on the console, found by role and accessible name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import BROWSER
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import User
    from images.models import ImageShare

pytestmark = BROWSER


def test_the_words_of_the_documentation(
    browse: Callable[..., Page], acme_user: User, operator: User, share: ImageShare
) -> None:
    page = browse(acme_user, "/cn-hangzhou/")
    navigation = page.get_by_role("navigation", name="Navigation")
    expect(navigation.get_by_role("heading", name="Deployment")).to_be_visible()
    navigation.get_by_role("link", name="Images").click()
    expect(page.get_by_role("heading", name="Images", level=1)).to_be_visible()
    expect(navigation.get_by_role("link", name="Images")).to_have_attribute("aria-current", "page")

    tabs = page.get_by_role("navigation", name="Kinds of images")
    tabs.get_by_role("link", name="Shared Image").click()
    expect(page).to_have_url(re.compile("/cn-hangzhou/images/shared/$"))
    expect(tabs.get_by_role("link", name="Shared Image")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(tabs.get_by_role("link", name="Custom Image")).to_have_attribute("aria-current", "page")

    row = page.get_by_role("row").filter(has_text=share.image.image_id)
    row.get_by_role("link", name="View/Share Image").click()
    dialog = page.get_by_role("dialog", name="Shared Image")
    expect(dialog.get_by_role("textbox", name="Account")).to_be_visible()
    expect(dialog.get_by_role("checkbox")).to_have_count(1)
    expect(dialog.get_by_role("button", name="Confirm")).to_be_enabled()
    dialog.get_by_role("button", name="Shared Account").click()
    accounts = dialog.get_by_role("table", name="Shared Account")
    for name in ("Account ID", "Actions"):
        expect(accounts.get_by_role("columnheader", name=name)).to_be_visible()
    shared = accounts.get_by_role("row").filter(has_text=GLOBEX)
    expect(shared.get_by_role("button", name="Unshare")).to_be_visible()

    for user, kind in ((acme_user, "Main Account"), (operator, "RAM User")):
        page = browse(user, "/cn-hangzhou/images/custom/")
        page.get_by_role("button", name=f"Account: {user.username}").click()
        panel = page.get_by_role("group", name="User information")
        expect(panel).to_contain_text(kind)
        expect(panel.get_by_role("term").filter(has_text="Account ID")).to_be_visible()
        expect(panel.get_by_role("definition").filter(has_text=ACME)).to_be_visible()
