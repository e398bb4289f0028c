"""Parameters about what this server does not have: none of them is accepted where it narrows or changes a result."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from api.actions import ACTIONS
from api.params import Boolean, Decimal, Fields, ListOf, Number, OneOf
from api.vendor_parameters import VENDOR_PARAMETERS
from tests.api.test_bad_input import everything, good  # noqa: F401 - a fixture is found by its name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.calls import Action
    from api.params import Kind, Parameter
    from desktops.models import Desktop, Template
    from images.models import Image
    from tests.api.conftest import Program

REGION = {"RegionId": "cn-hangzhou"}

# What each accepted parameter is in the vendor's API, by the reason why a call means the same without it. A list would
# be narrowed by none of them; an act would be done to the same things.
ADDS_TO_THE_ANSWER = "It asks for more in the answer."
ADDS_NO_ROWS = "It adds rows that do not exist here, or leaves out rows that do not exist here."
MONEY = "It says how the same thing is paid for."
DESCRIBES_WHAT_IS_NEW = "It describes the thing that is created; it does not choose another thing."
UNUSED = "The SDK says that it is not available for use."

ACCEPTED = {
    "CreateDesktops": {
        MONEY: "AutoPay AutoRenew ChannelCookie Period PeriodUnit PromotionId PurchaseOptions SavingPlanId",
        DESCRIBES_WHAT_IS_NEW: "AppRuleId DesktopMemberIp DesktopTimers EndUserId ExtendInfo Hostname OfficeSiteId "
        "OuPath PolicyGroupId QosRuleId ReservePoolId ResourceGroupId SnapshotPolicyId SubnetId Tag TimerGroupId "
        "UserAssignMode UserCommands VolumeEncryptionKey",
        UNUSED: "DirectoryId UserName VpcId",
    },
    "DescribeDesktops": {
        ADDS_TO_THE_ANSWER: "FillResourceGroup IncludeAutoSnapshotPolicy QueryFotaUpdate",
        ADDS_NO_ROWS: "ExcludedEndUserId FilterDesktopGroup",
    },
    "StopDesktops": {MONEY: "StoppedMode"},
    "RebuildDesktops": {DESCRIBES_WHAT_IS_NEW: "Language"},
    "DescribeBundles": {ADDS_TO_THE_ANSWER: "CheckStock", ADDS_NO_ROWS: "SupportMultiSession"},
}


def values_of(kind: Kind) -> Iterator[Any]:
    """Values that the parameter takes, as Python has them."""
    match kind:
        case ListOf():
            yield from ([value] for value in values_of(kind.of))
        case Fields():
            yield {name: next(values_of(inner)) for name, inner in kind.fields.items()}
        case OneOf():
            yield from kind.choices
        case Boolean():
            yield from (True, False)
        case Number() | Decimal():
            yield 1
        case _:
            yield "alice"


def sent(name: str, value: Any) -> dict[str, str]:
    """The value as a call sends it."""
    match value:
        case list():
            inner = [sent(f"{name}.{number}", one) for number, one in enumerate(value, 1)]
        case dict():
            inner = [sent(f"{name}.{key}", one) for key, one in value.items()]
        case bool():
            return {name: json.dumps(value)}
        case _:
            return {name: str(value)}
    return {key: text for pairs in inner for key, text in pairs.items()}


def parameters(*, reads: bool, accepted: bool) -> list[Any]:
    return [
        pytest.param(action, parameter, id=f"{action.name}.{parameter.name}")
        for action in ACTIONS.values()
        for parameter in action.parameters
        if action.reads == reads and (bool(parameter.accepted) if accepted else parameter.only is not None)
    ]


def rows_of(answer: Any) -> list[Any]:
    content = answer.json()
    assert answer.status_code == 200, content
    [rows] = [content[name] for name in ("Images", "Desktops", "Bundles", "Data") if name in content]
    return rows


def test_every_row_of_the_table_is_a_parameter_of_an_action() -> None:
    assert VENDOR_PARAMETERS.keys() <= ACTIONS.keys()
    for action in ACTIONS.values():
        names = [parameter.name for parameter in action.parameters]
        assert len(names) == len(set(names)), f"{action.name} has a parameter twice."


def test_why_each_accepted_parameter_changes_nothing_is_written_down() -> None:
    in_code = {
        action.name: {parameter.name for parameter in action.parameters if parameter.accepted}
        for action in ACTIONS.values()
    }
    here = {name: {one for names in reasons.values() for one in names.split()} for name, reasons in ACCEPTED.items()}
    assert {name: names for name, names in in_code.items() if names} == here


@pytest.mark.parametrize(("action", "parameter"), parameters(reads=True, accepted=False))
def test_a_list_that_is_narrowed_by_what_nothing_has_is_empty(
    action: Action, parameter: Parameter, acme_program: Program, desktop: Desktop, template: Template
) -> None:
    for value in values_of(parameter.kind):
        answer = acme_program.call(action.name, {**REGION, **sent(parameter.name, value)})
        assert bool(rows_of(answer)) == parameter.has(value), value
        assert answer.json().get("TotalCount") in ({None, 1} if parameter.has(value) else {None, 0})
        assert not answer.json().get("NextToken")
    for value in parameter.only or ():
        assert rows_of(acme_program.call(action.name, {**REGION, **sent(parameter.name, value)})), value


@pytest.mark.parametrize(("action", "parameter"), parameters(reads=True, accepted=True))
def test_a_list_is_the_same_with_an_accepted_parameter(
    action: Action, parameter: Parameter, acme_program: Program, desktop: Desktop, template: Template
) -> None:
    without = rows_of(acme_program.call(action.name, REGION))
    assert without
    for value in values_of(parameter.kind):
        assert rows_of(acme_program.call(action.name, {**REGION, **sent(parameter.name, value)})) == without


@pytest.mark.parametrize(("action", "parameter"), parameters(reads=False, accepted=False))
def test_an_act_that_asks_for_what_is_not_there_is_refused_and_changes_nothing(
    action: Action,
    parameter: Parameter,
    acme_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    before, refused = everything(), 0
    for value in values_of(parameter.kind):
        if not parameter.has(value):
            answer = acme_program.call(action.name, {**good[action.name], **sent(parameter.name, value)})
            assert (answer.status_code, answer.json()["Code"]) == (400, parameter.code)
            assert parameter.name in answer.json()["Message"]
            refused += 1
    assert refused
    assert everything() == before
    for value in (parameter.only or ())[:1]:
        answer = acme_program.call(action.name, {**good[action.name], **sent(parameter.name, value)})
        assert answer.status_code == 200


@pytest.mark.parametrize(("action", "parameter"), parameters(reads=False, accepted=True))
def test_an_act_does_the_same_with_an_accepted_parameter(
    action: Action,
    parameter: Parameter,
    acme_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
    undone: Callable[[Callable[[], Any]], Any],
) -> None:
    def done(asked: dict[str, str]) -> list[dict[str, Any]]:
        assert acme_program.call(action.name, {**good[action.name], **asked}).status_code == 200
        return [without_chance(row["fields"]) for row in json.loads(everything())]

    without = undone(lambda: done({}))
    for value in values_of(parameter.kind):
        assert undone(lambda value=value: done(sent(parameter.name, value))) == without


def without_chance(fields: dict[str, Any]) -> dict[str, Any]:
    """The columns of a row but for times and for IDs that are drawn."""
    return {
        name: re.sub(r"\b(m|ecd|b)-[a-z0-9]{17}\b", r"\1-ID", text) if isinstance(text, str) else text
        for name, text in fields.items()
        if not name.endswith("_at")
    }


@pytest.fixture
def undone(db: None) -> Callable[[Callable[[], Any]], Any]:
    """Do something, and take it back."""
    from django.db import transaction

    def do(act: Callable[[], Any]) -> Any:
        with transaction.atomic():
            result = act()
            transaction.set_rollback(True)
        return result

    return do


def test_whoever_looks_for_alices_computers_to_delete_them_deletes_none(
    acme_program: Program, desktop: Desktop, image: Image
) -> None:
    answer = acme_program.call("DescribeDesktops", REGION, EndUserId__1="alice")
    assert rows_of(answer) == []
    assert rows_of(acme_program.call("DescribeDesktops", REGION, PageNumber=1, EndUserId__1="alice")) == []


def test_a_pool_is_not_asked_about_where_computers_are_named(acme_program: Program, desktop: Desktop) -> None:
    """The SDK: "If you specify DesktopId, this DesktopGroupId parameter is ignored."."""
    both = {"DesktopId.1": desktop.desktop_id, "DesktopGroupId": "dg-1"}
    assert [row["DesktopId"] for row in rows_of(acme_program.call("DescribeDesktops", {**REGION, **both}))] == [
        desktop.desktop_id
    ]


@pytest.mark.parametrize(
    ("desktop_type", "expected"),
    [
        ("eds.general.4c8g", {"plain"}),
        ("eds.graphics.16c1t4", {"with-gpu"}),
        ("eds.no-such-type", set()),
    ],
)
def test_images_are_those_that_suit_a_cloud_computer_type(
    acme_program: Program, make_image: Callable[..., Image], desktop_type: str, expected: set[str]
) -> None:
    make_image(name="plain")
    make_image(name="with-gpu", gpu=True)
    answer = acme_program.call("DescribeImages", REGION, ImageType="CUSTOM", DesktopInstanceType=desktop_type)
    assert {row["Name"] for row in rows_of(answer)} == expected


@pytest.mark.parametrize(
    "how", [{"DesktopNameSuffix": "false"}, {"DesktopNameModel": '{"DesktopNameIsSuffix": false}'}]
)
def test_several_computers_have_one_name_where_no_number_is_to_be_added(
    acme_program: Program, template: Template, how: dict[str, str]
) -> None:
    asked = {"BundleId": template.template_id, "Amount": "2", "DesktopName": "front-desk"}
    assert acme_program.call("CreateDesktops", {**REGION, **asked, **how}).status_code == 200
    assert [row["DesktopName"] for row in rows_of(acme_program.call("DescribeDesktops", REGION))] == ["front-desk"] * 2


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_a_computer_is_what_is_asked_after_its_image_is_changed(
    acme_program: Program, desktop: Desktop, status: str
) -> None:
    rebuilt = acme_program.call("RebuildDesktops", REGION, DesktopId__1=desktop.desktop_id, AfterStatus=status)
    assert rebuilt.json()["RebuildResults"][0]["Code"] == "success"
    desktop.refresh_from_db()
    assert (desktop.doing, desktop.settles_to) == ("Rebuilding", status)
