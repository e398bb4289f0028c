"""The measures of the console: how many rows a window shows, how high a row is, how large a target is on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from accounts.models import User
from tests.browser import BROWSER
from tests.browser.conftest import NARROW
from tests.browser.test_sharing import is_as_wide_as_the_window

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = BROWSER

LIST = "/cn-hangzhou/images/custom/"
LISTS = (LIST, "/cn-hangzhou/images/shared/", "/cn-hangzhou/images/system/", "/cn-hangzhou/desktops/", "/account/")
LOCALES = {"en": "en-GB", "zh": "zh-CN"}
ROWS = """() => {
  const boxes = [...document.querySelectorAll("#list tbody tr")].map((row) => row.getBoundingClientRect());
  return {
    first: boxes[0].top,
    tallest: Math.max(...boxes.map(({height}) => height)),
    visible: boxes.filter(({top, bottom}) => top >= 0 && bottom <= innerHeight + 0.5).length,
    sideways: document.documentElement.scrollWidth - innerWidth,
  };
}"""
# The cells whose text takes two lines, those whose actions do not fit, and names that have no room.
WRONG_CELLS = """() => [...document.querySelectorAll("main .grid :is(th, td)")].filter((cell) => {
  if (!cell.offsetParent) return false;
  const actions = cell.querySelector(".acts");
  const over = actions && [...actions.children].some((act) =>
    act.offsetParent && act.getBoundingClientRect().right > cell.getBoundingClientRect().right + 0.5);
  const narrow = cell.matches(".c-name") && cell.clientWidth < 120;
  return over || narrow || getComputedStyle(cell).whiteSpace !== "nowrap" || cell.getBoundingClientRect().height > 42;
}).map((cell) => cell.textContent.trim().replace(/\\s+/g, " ").slice(0, 60))"""
# Links within a sentence aside, and what only a reader's software sees.
SMALL_TARGETS = """() => {
  const small = new Set();
  const inFront = document.querySelector("dialog[open]") ?? document;
  const targets = "a, button, summary, select, input:not([type=hidden]), label:has(input)";
  for (const target of inFront.querySelectorAll(targets)) {
    const shape = target.matches("[type=checkbox], [type=radio]") ? target.closest("label") ?? target : target;
    if (!shape.checkVisibility() || target.closest(".sr, .skip, p, .lines, .c-fact")) continue;
    let {width, height} = shape.getBoundingClientRect();
    // The whole head of a card is the link of its name.
    if (target.matches(".c-name .top > a")) {
      height = parseFloat(getComputedStyle(target, "::after").height);
      width = height;
    }
    if (!width || !height || (width >= 43.5 && height >= 43.5)) continue;
    const text = shape.textContent.trim().slice(0, 30);
    small.add(`${shape.tagName} ${shape.className} ${text} ${Math.round(width)}x${Math.round(height)}`);
  }
  return [...small];
}"""


@pytest.fixture
def visit(browse: Callable[..., Page]) -> Callable[..., Page]:
    """A page of the demo, in a browser that is signed in as Acme's main user."""
    call_command("demo", verbosity=0)
    acme = User.objects.get(username="acme@example.com")

    def visit(path: str, language: str = "en", **options: Any) -> Page:
        return browse(acme, path, locale=LOCALES[language], **options)

    return visit


@pytest.mark.parametrize("language", LOCALES)
def test_a_window_shows_many_rows_and_each_is_one_line(visit: Callable[..., Page], language: str) -> None:
    page = visit(LIST, language)
    for (width, height), rows in {(1440, 900): 15, (1280, 800): 12, (1024, 768): 10}.items():
        page.set_viewport_size({"width": width, "height": height})
        measured = page.evaluate(ROWS)
        assert measured["visible"] >= rows, (width, measured)
        assert measured["first"] <= 250, (width, measured)
        assert measured["tallest"] <= 42, (width, measured)
        assert measured["sideways"] <= 0, (width, measured)


@pytest.mark.parametrize("language", LOCALES)
def test_no_cell_takes_two_lines_and_all_actions_fit(visit: Callable[..., Page], language: str) -> None:
    page = visit(LIST, language)
    wrong = []
    for path in LISTS:
        page.goto(path)
        for width in (1440, 1280, 1024):
            page.set_viewport_size({"width": width, "height": 800})
            wrong += [f"{path} at {width}: {cell}" for cell in page.evaluate(WRONG_CELLS)]
    assert "\n".join(wrong) == ""


@pytest.mark.parametrize("language", LOCALES)
def test_a_phone_shows_small_cards_and_large_targets(visit: Callable[..., Page], language: str) -> None:
    page = visit(LIST, language, viewport=NARROW)
    assert page.evaluate(ROWS)["tallest"] <= 110
    small = []
    for path in (*LISTS, "/cn-hangzhou/images/m-acmedemo000000003/sharing/", "/cn-hangzhou/"):
        page.goto(path)
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            small += [f"{path} at {width}: {target}" for target in page.evaluate(SMALL_TARGETS)]
            if not is_as_wide_as_the_window(page):
                small.append(f"{path} at {width} scrolls sideways")
    page.goto(LIST)
    page.locator("#list summary").first.click()
    page.locator("#list .pop a").first.click()
    page.get_by_role("dialog").wait_for()
    small += page.evaluate(SMALL_TARGETS)
    assert "\n".join(small) == ""
