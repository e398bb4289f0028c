"""What docs/api.md says of the vendor's answers is true of the vendor's SDK, and of the answers."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

from api.actions import ACTIONS
from api.vendor_answers import VENDOR_ANSWERS, Coverage
from tests.api.sdk import models
from tests.api.test_bad_input import good  # noqa: F401 - a fixture is found by its name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from images.models import Image
    from tests.api.conftest import Program

REGION = {"RegionId": "cn-hangzhou"}


def fields_of(model: Any, above: str = "") -> Iterator[str]:
    """Every field that the SDK's model has, those of structures by their path."""
    names = list(dict.fromkeys(re.findall(r"result\['(\w+)'\]", inspect.getsource(model.to_map))))
    _self, *parameters = inspect.signature(model.__init__).parameters.values()
    for name, parameter in zip(names, parameters, strict=True):
        assert name.lower() == parameter.name.replace("_", "")
        inner = re.search(r"_?models\.(\w+)", str(parameter.annotation))
        if inner:
            yield from fields_of(getattr(models, inner[1]), f"{above}{name}.")
        else:
            yield f"{above}{name}"


def answered(content: Any, above: str = "") -> Iterator[str]:
    """The fields of an answer, as the table names them. A list that is empty has none."""
    for name, value in content.items():
        inner = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict) for one in inner):
            for one in inner:
                yield from answered(one, f"{above}{name}.")
        elif inner or not isinstance(value, list):
            yield f"{above}{name}"


def names_of(coverage: Coverage) -> list[str]:
    texts = [coverage.honoured, *coverage.fixed.values(), *coverage.absent.values()]
    return [name for text in texts for name in Coverage.names(text)]


def said_to_be_answered(action: str) -> set[str]:
    coverage = VENDOR_ANSWERS[action]
    return set(names_of(Coverage(coverage.honoured, coverage.fixed))) | {"RequestId"}


@pytest.mark.any_database
@pytest.mark.parametrize("action", ACTIONS)
def test_every_field_of_the_sdk_is_in_the_table_once(action: str) -> None:
    names = names_of(VENDOR_ANSWERS[action])
    assert len(names) == len(set(names))
    assert {*names, "RequestId"} == set(fields_of(getattr(models, f"{action}ResponseBody")))


@pytest.mark.parametrize("action", [action.name for action in ACTIONS.values() if not action.reads])
def test_an_act_answers_the_fields_that_the_table_says(
    action: str,
    acme_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    assert set(answered(acme_program.call(action, good[action]).json())) == said_to_be_answered(action)


# Answered by token or by number.
NUMBERS = {"DescribeDesktops": {"PageNumber", "PageSize"}}
# Lists that are always empty.
EMPTY = {"DescribeDesktops": {"Desktops.EndUserIds", "Desktops.Tags.Key", "Desktops.Tags.Value"}}


@pytest.mark.parametrize("action", [action.name for action in ACTIONS.values() if action.reads])
def test_a_list_answers_the_fields_that_the_table_says(
    action: str,
    acme_program: Program,
    image: Image,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    desktop_id = good["StopDesktops"]["DesktopId.1"]
    acme_program.call("RebuildDesktops", {**REGION, "DesktopId.1": desktop_id})
    acme_program.call("ModifyImagePermission", good["ModifyImagePermission"])
    acme_program.call("CreateBundle", {**good["CreateBundle"], "RootDiskPerformanceLevel": "PL1"})
    acme_program.call("CreateTemplate", {**good["CreateTemplate"], **EVERYTHING_OF_A_TEMPLATE})
    found = set(answered(acme_program.call(action, good[action]).json()))
    if action in NUMBERS:
        found |= set(answered(acme_program.call(action, {**good[action], "PageNumber": "1"}).json()))
    assert found == said_to_be_answered(action) - EMPTY.get(action, set())


EVERYTHING_OF_A_TEMPLATE = {
    "AutoPay": "true",
    "AutoRenew": "true",
    "ChargeType": "PrePaid",
    "DataDiskList.1.PerformanceLevel": "PL1",
    "DataDiskList.1.Size": "40",
    "DefaultLanguage": "en-US",
    "InstanceName": "labs",
    "Period": "1",
    "PeriodUnit": "Year",
    "PolicyGroupId": "pg-1",
    "PostPaidAfterUsedUp": "true",
    "RegionConfigList.1.OfficeSiteId": "o-1",
    "RegionConfigList.1.SnapshotPolicyId": "sp-1",
    "RegionConfigList.1.SubnetId": "vsw-1",
    "RegionConfigList.1.VirtualNodePoolId": "v-1",
    "RegionConfigList.1.VolumeEncryptionEnable": "true",
    "RegionConfigList.1.VolumeEncryptionKey": "k-1",
    "ResourceGroupId": "rg-1",
    "ResourceTagList.1.Key": "team",
    "ResourceTagList.1.Value": "labs",
    "SiteConfigList.1.AppRuleId": "a-1",
    "SiteConfigList.1.SiteId": "s-1",
    "SystemDiskPerformanceLevel": "PL1",
    "TimerGroupId": "tg-1",
    "UserDuration": "120",
}
