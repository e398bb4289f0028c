"""AccessKeys in the account center, with JavaScript and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from accounts.models import AccessKey
from tests.browser import BROWSER

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = BROWSER


@pytest.mark.parametrize("with_javascript", [True, False])
def test_a_key_is_created_disabled_and_deleted(
    browse: Callable[..., Page], acme_user: User, with_javascript: bool
) -> None:
    page = browse(acme_user, "/account/", java_script_enabled=with_javascript)
    page.get_by_role("link", name="Create AccessKey").click()
    page.get_by_role("button", name="Create AccessKey").click()
    expect(page.get_by_text("Keep the secret now. It is never shown again.")).to_be_visible()
    key = AccessKey.objects.get()
    expect(page.locator("#secret")).to_have_text(key.secret)
    page.locator(".d-foot").get_by_role("link", name="Close").click()

    row = page.get_by_role("row").filter(has_text=key.access_key_id)
    expect(row.get_by_text("Enabled")).to_be_visible()
    expect(page.locator("#secret")).to_have_count(0)
    row.get_by_role("link", name="Disable").click()
    page.get_by_role("button", name="Disable AccessKey").click()
    expect(page.get_by_text(f"AccessKey {key} is disabled.")).to_be_visible()
    expect(row.get_by_text("Disabled")).to_be_visible()
    row.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete AccessKey").click()
    expect(page.get_by_text(f"AccessKey {key} is deleted.")).to_be_visible()
    expect(row).to_have_count(0)
    assert not AccessKey.objects.exists()
