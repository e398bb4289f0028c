"""`make test` stays quick: whoever starts a server or a browser is marked `slow`, and the mark means something."""

from __future__ import annotations

import re
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

import pytest

from tests import processes
from tests.faults import harness, postgres
from tests.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_database

# Everything that takes seconds for each test goes through one of these.
STARTS_SOMETHING = {processes.served, processes.load_demo, harness.Server, postgres.postgres}
# Of pytest-playwright; every other fixture of a browser uses it.
BROWSER_FIXTURE = "browser"
QUICK_JOURNEY = "tests/browser/test_three_accounts.py"


def _names(code: CodeType) -> Iterator[str]:
    """The names that a function looks up, in its inner functions too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _reaches(thing: Any, wanted: set[Any], seen: set[int]) -> bool:
    """Whether this function, or one of the tests' own that it names, names one of the wanted."""
    thing = getattr(thing, "__wrapped__", thing)
    if not isinstance(thing, FunctionType) or id(thing) in seen:
        return False
    seen.add(id(thing))
    named = [thing.__globals__.get(name) for name in _names(thing.__code__)]
    of_the_tests = [it for it in named if str(getattr(it, "__module__", "")).startswith("tests.")]
    return any(it in wanted or _reaches(it, wanted, seen) for it in of_the_tests)


def starts_something(item: pytest.Function) -> bool:
    fixtures = item._fixtureinfo.name2fixturedefs
    functions = [item.function, *(definition.func for definitions in fixtures.values() for definition in definitions)]
    return BROWSER_FIXTURE in fixtures or any(_reaches(function, STARTS_SOMETHING, set()) for function in functions)


def test_each_test_that_starts_a_server_or_a_browser_is_marked_slow(request: pytest.FixtureRequest) -> None:
    """Of the tests of this run; run alone, the test looks at itself."""
    unmarked = sorted(
        item.nodeid
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and starts_something(item)
        and not item.get_closest_marker("slow")
        and not item.nodeid.startswith(QUICK_JOURNEY)
    )
    assert unmarked == [], (
        "These tests start a server or a browser, so `make test` would take too long."
        " Mark each with @pytest.mark.slow (or its module with pytestmark); `make test-all` runs it."
    )


def test_one_browser_journey_is_quick() -> None:
    assert re.findall(r"^pytestmark = (\w+)", (ROOT / QUICK_JOURNEY).read_text(), re.MULTILINE) == ["QUICK_JOURNEY"]
    others = [file for file in (ROOT / "tests/browser").glob("test_*.py") if file != ROOT / QUICK_JOURNEY]
    assert others
    assert [file.name for file in others if "QUICK_JOURNEY" in file.read_text()] == []


def test_ci_runs_every_test() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [quick] = re.findall(r"^test:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    [every] = re.findall(r"^test-all:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert re.findall(r'-m "(.*)"', quick) == ["not slow", "not slow and not browser and not any_database"]
    assert re.findall(r'-m "(.*)"', every) == ["not browser and not any_database"]
    assert (ROOT / ".ci/run").read_text().splitlines()[-2:] == ["make lint", "make test-all"]
