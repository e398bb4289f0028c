"""A real Chromium, a live server, and people who are signed in."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.browser.chromium import launch_options
from tests.conftest import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, ConsoleMessage, Page
    from pytest_django.live_server_helper import LiveServer

    from accounts.models import User

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
TIMEOUT_MILLISECONDS = 10_000
# Chromium writes a line for every answer that is an error; a refusal is one, and meant.
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of 422 ")

expect.set_options(timeout=TIMEOUT_MILLISECONDS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **launch_options()}


@pytest.fixture(scope="session")
def base_url(live_server: LiveServer) -> str:
    return live_server.url


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> None:
    """Playwright keeps an event loop in this thread for good, and Django takes that for asynchronous code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture
def browser_console() -> Iterator[list[str]]:
    """What Chromium complained of on any page of the test. A test ends with none, or takes away what it meant."""
    lines: list[str] = []
    yield lines
    assert lines == []


@pytest.fixture
def browse(
    new_context: Callable[..., BrowserContext], base_url: str, browser_console: list[str]
) -> Callable[..., Page]:
    """Open a page in a browser of its own, signed in as the user."""

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not REFUSAL.match(message.text):
            browser_console.append(f"{message.type} {message.text} {message.location.get('url')}")

    def browse(user: User | None, path: str, **options: Any) -> Page:
        calm = {"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"}
        context = new_context(**{**calm, **options})
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        if user is not None:
            client = sign_in(Client(), user)
            cookie = client.cookies["sessionid"]
            context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": base_url}])
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: browser_console.append(str(error)))
        page.goto(path)
        return page

    return browse
