"""What an action's declaration must say, each with the sentence for whoever forgot it."""

from __future__ import annotations

import ast

import pytest
from django.conf import settings

from api.action import RESOURCES, Action
from api.actions import ACTIONS, ALL_ACTIONS, MODULES
from api.vendor import EVERY_ACTION
from api.vendor_answers import VENDOR_ANSWERS
from api.vendor_parameters import VENDOR_PARAMETERS

pytestmark = pytest.mark.any_database


def declared() -> dict[str, str]:
    """The name of each action that is declared in the source, and its file."""
    found = {}
    for path in (settings.BASE_DIR / "api").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Action":
                [name, *_rest] = node.args
                assert isinstance(name, ast.Constant)
                found[str(name.value)] = path.name
    return found


def test_every_action_that_is_declared_is_offered() -> None:
    files = declared()
    assert "DeleteTemplates" in files
    for name in sorted(files.keys() - ACTIONS.keys()):
        pytest.fail(f"{name} is not offered: add the module api/{files[name]} to MODULES in api/actions.py.")
    assert len(ACTIONS) == len(ALL_ACTIONS), "Two actions have the same name."


@pytest.mark.parametrize("action", ALL_ACTIONS, ids=ACTIONS)
def test_a_declaration_is_complete(action: Action) -> None:
    assert action.name in EVERY_ACTION, "The vendor's SDK has no such action."
    assert action.reads == action.name.startswith("Describe"), "What begins with Describe reads."
    assert action.resource in RESOURCES, "`resource` is a key of RESOURCES in api/action.py."
    assert action.name in VENDOR_ANSWERS, "Say in api/vendor_answers.py what becomes of the fields of its answer."
    assert action.handler.__module__ in {module.__name__ for module in MODULES}, "It stands beside its handler."


def test_the_tables_of_the_vendor_are_of_actions_that_are_built() -> None:
    assert VENDOR_PARAMETERS.keys() <= ACTIONS.keys()
    assert VENDOR_ANSWERS.keys() == ACTIONS.keys()


def test_a_reading_action_that_is_narrowed_reads_by_pages_or_asks() -> None:
    """`Call.finds_nothing` is looked at where pages are read, so whoever has such a filter reads by them."""
    for action in ALL_ACTIONS:
        if action.reads and any(parameter.only is not None for parameter in action.parameters):
            names = {parameter.name for parameter in action.parameters}
            assert names & {"MaxResults", "PageNumber"}, f"{action.name} must read its rows by api/paging.py."
