"""Every event of the log has a sentence for people, and every reason a few words."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from accounts import events
from api.actions import ACTIONS
from audit.models import Entry
from audit.outcomes import REASONS, label_of
from audit.refusals import FORM_REFUSALS
from audit.sentences import SENTENCES
from tests.api.test_errors import OF_A_MODEL, codes_of_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = ("accounts", "api", "audit", "desktops", "eds_console", "images", "logs", "operations", "regions")
# Functions that write an entry or begin an action. The event is their first argument, or is called `event`.
RECORDING = {"record", "action", "_action", "checking", "_set_active"}
# Outcomes that are no codes of a rule.
OF_SIGNING_IN = {
    *(events.WRONG_PASSWORD, events.WRONG_CODE, events.LOCKED_OUT, events.INACTIVE, events.DEMO_REFUSED),
}
# Of preferences, and of a form that asks for too many shares: no action was tried.
NEVER_RECORDED = {"no_such_column", "no_such_list", "too_many"}
OF_ANY_ACTION = {"no_permission", "invalid", "unique"}


def events_of_the_code() -> Iterator[str]:
    """The events that the code names where it writes an entry, and the API's actions that change something."""
    for app in APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _events_of(node)
    yield from (action.name for action in ACTIONS.values() if not action.reads)


def _events_of(call: ast.Call) -> Iterator[str]:
    name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
    if name not in RECORDING:
        return
    named = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "event")]
    for part in (part for argument in named for part in _values(argument)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _values(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be: both sides of a condition."""
    if isinstance(node, ast.IfExp):
        yield from _values(node.body)
        yield from _values(node.orelse)
    else:
        yield node


def test_every_event_has_a_sentence() -> None:
    found = set(events_of_the_code())
    # One of each way to name an event.
    assert {
        "ShareImage",
        "EndSessions",
        "ConfirmIdentity",
        "DisableAccessKey",
        "CreateAccount",
        "DeleteImages",
    } <= found
    for event in sorted(found - SENTENCES.keys()):
        pytest.fail(f"The event {event} has no sentence: add it to SENTENCES in audit/sentences.py.")
    for event in sorted(SENTENCES.keys() - found):
        pytest.fail(f"Nothing records {event} any more: take it out of SENTENCES.")


def test_every_reason_has_a_label() -> None:
    raised = set(codes_of_rules()) | OF_A_MODEL | OF_SIGNING_IN
    codes = (raised - set(FORM_REFUSALS) - NEVER_RECORDED) | OF_ANY_ACTION
    assert "image_encrypted" in codes
    for code in sorted(codes - REASONS.keys()):
        pytest.fail(f"The reason {code} has no label: add it to REASONS in audit/outcomes.py.")
    for code in sorted(REASONS.keys() - codes):
        pytest.fail(f"Nothing is refused with {code} any more: take it out of REASONS.")


def test_a_reason_of_another_version_is_a_refusal() -> None:
    assert label_of("of_the_future") == "Refused"
    assert Entry(event="OfTheFuture", outcome="of_the_future").sentence == "OfTheFuture"
