"""A rule has twins: an invariant of `manage.py verify` and a rule of the state machine. A new rule names both.

The other twin, the error row of the API, is checked by tests/api/test_errors.py.
"""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from desktops import validators as desktop_rules
from images import validators as image_rules
from operations import invariants
from operations.invariants import INVARIANTS
from tests import test_state_machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.any_database


class No(str):
    """The reason why there is none."""

    __slots__ = ()


class Twins(NamedTuple):
    """The function in operations/invariants.py and the method of the state machine, or a reason for each."""

    invariant: str
    machine: str


A_MOMENT = No("It is about the moment of the action; the rows may change afterwards.")
NOTHING_STORED = No("Nothing of it is stored.")
NO_ROW = No("The action deletes the row.")
OFFERED = No("A computer keeps a size that is not offered any more.")
ONLY_SHARING = No("The machine is about sharing; tests/desktops tries the rule.")

TWINS: dict[Any, Twins] = {
    image_rules.image_is_custom: Twins("share_is_of_its_owners_image", No("The machine has custom images only.")),
    image_rules.image_is_own: Twins("share_is_of_its_owners_image", "_answer"),
    image_rules.image_is_not_encrypted: Twins("shared_image_is_not_encrypted", "_may_share"),
    image_rules.image_is_available: Twins("shared_image_is_available", "_is_ready"),
    image_rules.image_is_settled: Twins(NO_ROW, "delete"),
    image_rules.image_is_in_progress: Twins(A_MOMENT, No("Support staff fail images, not the people of an account.")),
    image_rules.image_is_copying: Twins(NO_ROW, "cancel_the_copy"),
    image_rules.image_is_not_being_copied: Twins(A_MOMENT, "_is_being_copied"),
    image_rules.destination_is_another_region: Twins("copy_is_of_the_same_account_and_another_region", "copy"),
    image_rules.image_is_not_shared: Twins("what_is_referred_to_is_there", "delete"),
    image_rules.recipient_is_an_account_id: Twins("what_is_referred_to_is_there", "_may_share"),
    image_rules.recipient_is_another_account: Twins("share_is_not_with_its_owner", "_may_share"),
    image_rules.recipient_is_active: Twins(No("An account may be deactivated afterwards."), "_may_share"),
    image_rules.not_shared_yet: Twins("share_is_there_once", "_may_share"),
    image_rules.within_share_limit: Twins("account_is_within_its_share_limit", "_may_share"),
    image_rules.information_was_read: Twins(NOTHING_STORED, No("The people of the machine always tick the box.")),
    desktop_rules.image_is_usable: Twins(No("An unshare takes the image away, and the computer goes on."), "_use"),
    desktop_rules.image_is_ready: Twins(A_MOMENT, "_use"),
    desktop_rules.type_exists: Twins("computer_has_a_type_that_suits_it", ONLY_SHARING),
    desktop_rules.type_suits_image: Twins("computer_has_a_type_that_suits_it", ONLY_SHARING),
    desktop_rules.system_disk_has_size: Twins(OFFERED, ONLY_SHARING),
    desktop_rules.system_disk_holds_image: Twins("computer_holds_its_image", ONLY_SHARING),
    desktop_rules.data_disk_has_size: Twins(OFFERED, ONLY_SHARING),
    desktop_rules.data_disk_holds_image: Twins("computer_holds_its_image", ONLY_SHARING),
    desktop_rules.amount_is_allowed: Twins(NOTHING_STORED, ONLY_SHARING),
    desktop_rules.name_has_room_for_number: Twins(NOTHING_STORED, ONLY_SHARING),
    desktop_rules.template_is_paid_by_use: Twins(A_MOMENT, ONLY_SHARING),
    desktop_rules.computer_is_stopped: Twins(A_MOMENT, ONLY_SHARING),
    desktop_rules.computer_is_running: Twins(A_MOMENT, ONLY_SHARING),
    desktop_rules.computer_is_settled: Twins(A_MOMENT, ONLY_SHARING),
    desktop_rules.computer_is_not_being_imaged: Twins(A_MOMENT, ONLY_SHARING),
    desktop_rules.os_may_switch: Twins(No("The OS of before is not stored."), ONLY_SHARING),
    desktop_rules.data_disk_can_be_replaced: Twins("computer_holds_its_image", ONLY_SHARING),
    desktop_rules.cleaned_computer_is_not_encrypted: Twins(NOTHING_STORED, ONLY_SHARING),
    desktop_rules.cleaned_data_disk_is_not_linux: Twins(NOTHING_STORED, ONLY_SHARING),
    desktop_rules.template_os_stays: Twins(No("The image of before is not stored."), ONLY_SHARING),
    desktop_rules.template_gpu_stays: Twins(No("The image of before is not stored."), ONLY_SHARING),
}


def rules(module: Any) -> Iterator[Any]:
    """The functions that refuse, read from the source: those that raise, or call one that does."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef) and len(node.args.args) == 1 and node.args.args[0].arg != "refusal":
            returns_nothing = isinstance(node.returns, ast.Constant) and node.returns.value is None
            if returns_nothing:
                yield getattr(module, node.name)


EVERY_RULE = [*rules(image_rules), *rules(desktop_rules)]


def test_every_rule_has_its_twins_or_a_reason() -> None:
    assert image_rules.within_share_limit in EVERY_RULE
    for rule in EVERY_RULE:
        if rule not in TWINS:
            pytest.fail(
                f"The rule {rule.__name__} of {rule.__module__} is not in TWINS of this file: name its invariant in "
                "operations/invariants.py and its method in tests/test_state_machine.py, or say why there is none."
            )
    for rule in TWINS:
        if rule not in EVERY_RULE:
            pytest.fail(f"There is no rule {rule.__name__} any more. Take it out of TWINS.")


@pytest.mark.parametrize("rule", TWINS, ids=lambda rule: f"{rule.__module__}.{rule.__name__}")
def test_the_twins_of_a_rule_are_there(rule: Any) -> None:
    invariant, machine = TWINS[rule]
    if not isinstance(invariant, No) and invariant not in {check.__name__ for check in INVARIANTS}:
        pytest.fail(
            f"The rule {rule.__name__} names the invariant {invariant}, which `manage.py verify` does not have."
        )
    if not isinstance(machine, No) and not hasattr(test_state_machine.Sharing, machine):
        pytest.fail(f"The rule {rule.__name__} names {machine}, which the state machine does not have.")


def test_every_rule_is_asked_by_an_action() -> None:
    """A rule in no tuple is asked by nobody, unless it takes something else than the action."""
    listed = {
        rule
        for module in (image_rules, desktop_rules)
        for name, value in vars(module).items()
        if name.endswith("_RULES")
        for rule in value
    }
    # It takes whether the box was ticked. `image_is_in_progress` is the only rule of failing an image.
    alone = {image_rules.information_was_read, image_rules.image_is_in_progress}
    for rule in set(EVERY_RULE) - listed - alone:
        pytest.fail(f"The rule {rule.__name__} is in no tuple of {rule.__module__}, so no action asks it.")


def test_every_invariant_is_verified() -> None:
    """A function that yields sentences is an invariant; one that is not in the tuple is run by nobody."""
    for name, function in vars(invariants).items():
        if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != invariants.__name__:
            continue
        if function not in INVARIANTS:
            pytest.fail(f"The invariant {name} is not in INVARIANTS at the end of operations/invariants.py.")
