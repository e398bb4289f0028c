"""Take the pictures of the README from the demo data: `make screenshots` writes them to docs/images/."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch_options
from tests.processes import ROOT, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

IMAGES = ROOT / "docs" / "images"
CUSTOM = "/cn-hangzhou/images/custom/"


def signed_in(browser: Browser, address: str, **options: Any) -> Page:
    # Playwright hides the text cursor with a style of its own, which the console's CSP refuses.
    context = browser.new_context(base_url=address, bypass_csp=True, reduced_motion="reduce", locale="en-GB", **options)
    page = context.new_page()
    page.goto(f"/login/?next={CUSTOM}")
    page.get_by_role("textbox", name="Logon name").fill("acme@example.com")
    page.get_by_role("textbox", name="Password").fill("console-demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{CUSTOM}")
    return page


def open_dialog(page: Page) -> None:
    """The Shared Image dialog of the image that the demo has shared."""
    row = page.get_by_role("row").filter(has_text="m-acmedemo000000003")
    row.get_by_role("link", name="View/Share Image").click()
    page.get_by_role("table", name="Shared Account").wait_for()


def pictures(browser: Browser, address: str) -> Iterator[tuple[str, bytes]]:
    page = signed_in(browser, address, viewport={"width": 1440, "height": 900})
    yield "custom-image", page.screenshot()
    open_dialog(page)
    yield "shared-image", page.screenshot()
    page.goto("/cn-hangzhou/")
    yield "overview", page.screenshot()
    page = signed_in(browser, address, viewport={"width": 390, "height": 844}, color_scheme="dark")
    yield "narrow-dark", page.screenshot()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(f"sqlite:///{folder}/console.sqlite3", Path(folder)) as console,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(**launch_options())
        for name, png in pictures(browser, console.address):
            # A palette of 256 colours shows no difference on such pages and takes a third of the space.
            Image.open(io.BytesIO(png)).convert("RGB").quantize(256).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
