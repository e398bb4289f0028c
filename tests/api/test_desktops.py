"""The actions on cloud computers and templates: whose image may be used, all or nothing, lists and filters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from audit.models import Entry
from desktops.models import Desktop, Template
from images.models import Image, ImageShare
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import Account
    from tests.api.conftest import Program

REGION = {"RegionId": "cn-hangzhou"}
TYPE = "eds.general.4c8g"


def code(response: Any) -> str:
    return response.json().get("Code", "") if response.status_code != 200 else "Success"


def attachment(image: Image) -> str:
    return json.dumps({"ImageId": image.image_id, "DesktopType": TYPE, "SystemDiskSize": 80})


def uses_of(image: Image, desktop: Desktop) -> dict[str, dict[str, str]]:
    """Every action that makes something of an image."""
    return {
        "CreateDesktops": {**REGION, "DesktopAttachment": attachment(image)},
        "RebuildDesktops": {**REGION, "DesktopId.1": desktop.desktop_id, "ImageId": image.image_id},
        "CreateBundle": {
            **REGION,
            "ImageId": image.image_id,
            "DesktopType": TYPE,
            "RootDiskSizeGib": "80",
            "UserDiskSizeGib.1": "0",
        },
        "CreateTemplate": {
            "TemplateName": "class-room",
            "ImageId": image.image_id,
            "RegionConfigList.1.RegionId": "cn-hangzhou",
            "RegionConfigList.1.ResourceInstanceType": TYPE,
        },
    }


ACTIONS = ("CreateDesktops", "RebuildDesktops", "CreateBundle", "CreateTemplate")


@pytest.fixture
def globex_desktop(globex: Account, make_desktop: Callable[..., Desktop]) -> Desktop:
    """A computer of the recipient's, made from a system image."""
    system = Image.objects.system().in_region("cn-hangzhou").get(image_id="desktopimage-windows-server-2022-64-asp")
    return make_desktop(account=globex, image=system)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_recipient_uses_an_image_until_it_is_unshared(
    globex_program: Program, globex_desktop: Desktop, share: ImageShare, action: str
) -> None:
    parameters = uses_of(share.image, globex_desktop)[action]
    assert code(globex_program.call(action, parameters)) == "Success"
    image = share.image
    share.revoke()
    Desktop.objects.update(settles_at="2020-01-01T00:00:00Z")
    before = Desktop.objects.count(), Template.objects.count()
    refusal = globex_program.call(action, parameters)
    assert code(refusal) == "InvalidImageId.NotFound"
    assert (Desktop.objects.count(), Template.objects.count()) == before
    [entry] = Entry.objects.filter(request_id=refusal.json()["RequestId"])
    assert (entry.outcome, entry.account_id) == ("image_not_usable", GLOBEX)
    assert image.recipient_ids == []


def test_a_template_of_an_unshared_image_is_unavailable_and_stays_until_it_is_deleted(
    globex_program: Program, share: ImageShare, globex_desktop: Desktop
) -> None:
    bundle = globex_program.call("CreateBundle", uses_of(share.image, globex_desktop)["CreateBundle"]).json()[
        "BundleId"
    ]

    def status() -> str:
        [row] = globex_program.call("DescribeBundles", REGION).json()["Bundles"]
        assert row["BundleId"] == bundle
        return row["ImageStatus"]

    assert status() == "Available"
    share.revoke()
    assert status() == "Unavailable"
    assert code(globex_program.call("CreateDesktops", REGION, BundleId=bundle)) == "InvalidImageId.NotFound"
    assert code(globex_program.call("DeleteBundles", REGION, BundleId__1=bundle)) == "Success"
    assert globex_program.call("DescribeTemplates").json()["Data"] == []


def test_several_computers_are_started_all_or_none(acme_program: Program, make_desktop: Callable[..., Desktop]) -> None:
    stopped, running = make_desktop(status="Stopped"), make_desktop()
    both = {**REGION, "DesktopId.1": stopped.desktop_id, "DesktopId.2": running.desktop_id}
    response = acme_program.call("StartDesktops", both)
    assert code(response) == "IncorrectDesktopStatus"
    stopped.refresh_from_db()
    assert stopped.is_stopped
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert (entry.event, entry.outcome, entry.resource_id) == (
        "StartDesktops",
        "desktop_not_stopped",
        running.desktop_id,
    )


def test_each_computer_has_a_result_of_its_own_when_images_are_changed(
    acme_program: Program, make_desktop: Callable[..., Desktop], image: Image
) -> None:
    ready, busy = make_desktop(), make_desktop()
    acme_program.call("StopDesktops", REGION, DesktopId__1=busy.desktop_id)
    both = {**REGION, "DesktopId.1": busy.desktop_id, "DesktopId.2": ready.desktop_id, "ImageId": image.image_id}
    results = acme_program.call("RebuildDesktops", both).json()["RebuildResults"]
    assert {(row["DesktopId"], row["Code"]) for row in results} == {
        (ready.desktop_id, "success"),
        (busy.desktop_id, "IncorrectDesktopStatus"),
    }


def test_what_is_rebuilt_already_has_its_result_though_the_image_is_unshared_meanwhile(
    globex_program: Program,
    globex: Account,
    make_desktop: Callable[..., Desktop],
    share: ImageShare,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = make_desktop(account=globex, image=share.image), make_desktop(account=globex, image=share.image)
    change_image = Desktop.change_image

    def change_and_unshare(desktop: Desktop, *args: Any, **fields: Any) -> None:
        change_image(desktop, *args, **fields)
        share.revoke()

    monkeypatch.setattr(Desktop, "change_image", change_and_unshare)
    both = {"DesktopId.1": first.desktop_id, "DesktopId.2": second.desktop_id, "ImageId": share.image.image_id}
    results = globex_program.call("RebuildDesktops", REGION, **both).json()["RebuildResults"]
    assert [(row["DesktopId"], row["Code"]) for row in results] == [
        (first.desktop_id, "success"),
        (second.desktop_id, "InvalidImageId.NotFound"),
    ]


def test_another_accounts_computers_and_templates_are_not_found(
    globex_program: Program, desktop: Desktop, template: Template
) -> None:
    for action in ("StartDesktops", "StopDesktops", "RebootDesktops", "RebuildDesktops", "DeleteDesktops"):
        assert code(globex_program.call(action, REGION, DesktopId__1=desktop.desktop_id)) == "InvalidDesktopId.NotFound"
    for action, name in (
        ("DeleteBundles", "BundleId.1"),
        ("ModifyBundle", "BundleId"),
        ("CreateDesktops", "BundleId"),
    ):
        response = globex_program.call(action, {**REGION, name: template.template_id})
        assert code(response) == "InvalidDesktopBundle.NotFound"
    assert code(globex_program.call("DeleteTemplates", TemplateIds__1=template.template_id)) != "Success"
    assert globex_program.call("DescribeDesktops", REGION).json()["Desktops"] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Amount": "300"}, "InvalidAmount"),
        ({"DesktopName": "9-lives"}, "InvalidDesktopName.Malformed"),
        ({"DesktopAttachment": "{}"}, "MissingParameter"),
        ({"DesktopAttachment": "[]"}, "InvalidParameter"),
        ({"DesktopAttachment": '{"ImageId": ["m-1"]}'}, "InvalidParameter"),
        ({"DesktopAttachment": '{"NoSuchField": 1}'}, "UnknownParameter"),
        ({"DesktopAttachment": '{"\\ud800": 1}'}, "UnknownParameter"),
        ({"DesktopAttachment": '{"\\ud800": [1]}'}, "InvalidParameter"),
        ({"DesktopAttachment": '{"ImageId": "\\ud800", "DesktopType": "x", "SystemDiskSize": 80}'}, None),
        ({"DesktopAttachment": "{" * 4000}, "InvalidParameter"),
    ],
)
def test_what_is_wrong_with_new_computers_has_a_code(
    acme_program: Program, image: Image, changes: dict[str, str], expected: str | None
) -> None:
    parameters = {**REGION, "DesktopAttachment": attachment(image), **changes}
    assert code(acme_program.call("CreateDesktops", parameters)) == (expected or "InvalidImageId.NotFound")
    assert not Desktop.objects.exists()


def test_a_name_that_a_template_may_not_have_has_a_code(acme_program: Program, template: Template) -> None:
    response = acme_program.call("ModifyBundle", REGION, BundleId=template.template_id, BundleName="9-lives")
    assert code(response) == "InvalidTemplateName.Malformed"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"DesktopStatus": "Stopped"}, {"stopped"}),
        ({"DesktopStatusList.1": "Stopped", "DesktopStatusList.2": "Running"}, {"stopped", "running"}),
        ({"DesktopStatus": "Expired"}, set()),
        ({"DesktopName": "RUN"}, {"running"}),
        ({"OsTypes.1": "Linux"}, set()),
        ({"ChargeType": "PrePaid"}, set()),
        ({"DesktopType": TYPE}, {"stopped", "running"}),
    ],
)
def test_filters_of_computers(
    acme_program: Program, make_desktop: Callable[..., Desktop], filters: dict[str, str], expected: set[str]
) -> None:
    make_desktop(status="Stopped", name="stopped")
    make_desktop(name="running")
    answer = acme_program.call("DescribeDesktops", {**REGION, **filters}).json()
    assert {row["DesktopName"] for row in answer["Desktops"]} == expected
    assert answer["TotalCount"] == len(expected)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, True),
        ({"CpuCount": "4", "MemorySize": "8", "GpuCount": "0", "DesktopTypeFamily": "eds.general"}, True),
        ({"CpuCount": "2"}, False),
        ({"GpuCount": "1"}, False),
        ({"BundleType": "SYSTEM"}, False),
        ({"OsType": "Linux"}, False),
    ],
)
def test_filters_of_templates(acme_program: Program, template: Template, filters: dict[str, str], found: bool) -> None:
    bundles = acme_program.call("DescribeBundles", {**REGION, **filters}).json()["Bundles"]
    assert [row["BundleId"] for row in bundles] == ([template.template_id] if found else [])


def test_computers_come_by_token_or_by_number(acme_program: Program, make_desktop: Callable[..., Desktop]) -> None:
    made = [make_desktop(name=f"desk-{number}").desktop_id for number in range(5)]
    first = acme_program.call("DescribeDesktops", REGION, MaxResults=3).json()
    second = acme_program.call("DescribeDesktops", REGION, MaxResults=3, NextToken=first["NextToken"]).json()
    assert [row["DesktopId"] for row in first["Desktops"] + second["Desktops"]] == made[::-1]
    assert (first["TotalCount"], second["NextToken"]) == (5, "")
    third = acme_program.call("DescribeDesktops", REGION, PageNumber=3, PageSize=2).json()
    assert [row["DesktopId"] for row in third["Desktops"]] == made[:1]
    assert (third["PageNumber"], third["PageSize"], third["TotalCount"]) == (3, 2, 5)


@pytest.mark.usefixtures("never_pruned")
@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize(("action", "queries"), [("DescribeDesktops", 5), ("DescribeBundles", 4)])
def test_a_list_costs_the_same_at_any_length(
    acme_program: Program,
    make_desktop: Callable[..., Desktop],
    make_template: Callable[..., Template],
    count: int,
    action: str,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    for number in range(count):
        make_desktop(name=f"desk-{number}")
        make_template(name=f"desks-{number}")
    acme_program.call("DescribeRegions", REGION)
    with django_assert_num_queries(queries):
        acme_program.call(action, REGION, MaxResults=100)


def test_bundles_are_found_by_whether_their_image_is_encrypted(
    acme_program: Program, template: Template, make_image: Callable[..., Image], make_template: Callable[..., Template]
) -> None:
    encrypted = make_template(image=make_image(encrypted=True))

    def found(wanted: str) -> list[str]:
        answer = acme_program.call("DescribeBundles", REGION, VolumeEncryptionEnabled=wanted).json()
        return [bundle["BundleId"] for bundle in answer["Bundles"]]

    assert found("true") == [encrypted.template_id]
    assert found("false") == [template.template_id]


def test_a_bundle_that_is_to_have_an_image_that_is_none_is_refused_and_recorded(
    acme_program: Program, template: Template
) -> None:
    response = acme_program.call("ModifyBundle", REGION, BundleId=template.template_id, ImageId="m-none")
    assert response.json()["Code"] == "InvalidImageId.NotFound"
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.resource_id) == ("ModifyBundle", "image_not_usable", template.template_id)
