"""A read-only user's try to change something is in the operation log, with all that the call named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.actions import ACTIONS
from audit.models import Entry
from tests.api.test_bad_input import good  # noqa: F401 - a fixture is found by its name
from tests.conftest import GLOBEX, INITECH

if TYPE_CHECKING:
    from tests.api.conftest import Program

REGION = {"RegionId": "cn-hangzhou"}


@pytest.mark.parametrize("action", [action.name for action in ACTIONS.values() if not action.reads])
def test_the_refusal_is_logged_with_what_the_call_named(
    action: str,
    auditor_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    response = auditor_program.call(action, good[action])
    assert (response.status_code, response.json()["Code"]) == (403, "Forbidden.RAM")
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert (entry.event, entry.outcome, entry.region_id) == (
        action,
        "no_permission",
        good[action].get("RegionId", ""),
    )
    named = {text for name, text in good[action].items() if text.startswith(("m-", "ecd-", "b-")) or text == GLOBEX}
    assert named, "Name something in `good`."
    assert {entry.image_id, entry.resource_id, entry.other_account_id} - {""} == named


@pytest.mark.parametrize(
    ("action", "name", "column", "things"),
    [
        ("DeleteTemplates", "TemplateIds", "resource_id", ["b-1", "b-2", "b-3"]),
        ("DeleteBundles", "BundleId", "resource_id", ["b-1", "b-2"]),
        ("DeleteImages", "ImageId", "image_id", ["m-1", "m-2"]),
        ("DeleteDesktops", "DesktopId", "resource_id", ["ecd-1", "ecd-2"]),
        ("StopDesktops", "DesktopId", "resource_id", ["ecd-1", "ecd-2"]),
        ("ModifyImagePermission", "AddAccount", "other_account_id", [GLOBEX, INITECH]),
        ("ModifyImagePermission", "RemoveAccount", "other_account_id", [GLOBEX, INITECH]),
    ],
)
def test_all_of_a_list_are_in_the_log(
    auditor_program: Program, action: str, name: str, column: str, things: list[str]
) -> None:
    """A list may begin with any number."""
    response = auditor_program.call(action, {f"{name}.{number}": thing for number, thing in enumerate(things, 5)})
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert getattr(entry, column) == things[0]
    assert entry.details == {name: things}


@pytest.mark.parametrize(
    "attachment", [{"DesktopAttachment": '{"ImageId": "m-1"}'}, {"DesktopAttachment.ImageId": "m-1"}]
)
def test_the_image_of_computers_that_are_refused_is_in_the_log(
    auditor_program: Program, attachment: dict[str, str]
) -> None:
    response = auditor_program.call("CreateDesktops", {**REGION, **attachment})
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert (entry.event, entry.image_id) == ("CreateDesktops", "m-1")


@pytest.mark.parametrize("attachment", ["", "[]", '{"ImageId": ["m-1"]}', "{" * 4000, '{"ImageId": "\\ud800"}'])
def test_an_attachment_that_cannot_be_read_is_refused_as_any(auditor_program: Program, attachment: str) -> None:
    response = auditor_program.call("CreateDesktops", {**REGION, "DesktopAttachment": attachment})
    assert (response.status_code, response.json()["Code"]) == (403, "Forbidden.RAM")
