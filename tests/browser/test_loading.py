"""How a page comes up in a browser, from the server as it runs in production."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from accounts.demo import DEMO_PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.processes import Console

LIST = "/cn-hangzhou/images/custom/"
SHIFTS = """() => new Promise((resolve) => {
  let shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifted += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(shifted), 500);
})"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_a_page_loads_and_nobody_else_is_asked(
    width: int, shared_console: Console, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, asked = context.new_page(), set[str]()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.goto(f"{shared_console.address}/login/")
    page.fill("[name=username]", "acme@example.com")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**{LIST}")
    # So slow that a page would be painted while it arrives, and its tables be laid out anew with each row.
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 6})
    shifts = {}
    for path in (LIST, "/cn-hangzhou/images/shared/", "/cn-hangzhou/desktops/", "/account/"):
        page.goto(shared_console.address + path)
        shifts[path] = page.evaluate(SHIFTS)
    context.close()
    assert shifts == dict.fromkeys(shifts, 0)
    assert asked == {urlsplit(shared_console.address).netloc}
