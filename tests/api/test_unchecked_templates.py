"""CreateTemplate, CreateImage and DeleteTemplates ask for no more than the vendor's SDK says is required."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from desktops.models import Desktop, Template
from images.models import Image
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from images.models import ImageShare
    from tests.api.conftest import Program

HANGZHOU = {"RegionId": "cn-hangzhou"}
TYPE, GPU_TYPE = "eds.general.4c8g", "eds.graphics.16c1t4"
WINDOWS = "desktopimage-windows-server-2022-64-asp"


def code(answer: Any) -> str:
    return answer.json()["Code"] if answer.status_code != 200 else "Success"


def regions(*configs: dict[str, str]) -> dict[str, str]:
    return {
        f"RegionConfigList.{number}.{name}": value
        for number, config in enumerate(configs, 1)
        for name, value in config.items()
    }


def create(program: Program, **parameters: str) -> str:
    answer = program.call("CreateTemplate", {"TemplateName": "class-room", **parameters})
    assert answer.status_code == 200, answer.json()
    template_id: str = answer.json()["Data"]
    return template_id


def described(program: Program, **filters: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = program.call("DescribeTemplates", filters).json()["Data"]
    return rows


def use(program: Program, template_id: str, region: str = "cn-hangzhou", **parameters: str) -> Any:
    return program.call("CreateDesktops", {"RegionId": region, "BundleId": template_id, **parameters})


def test_a_template_needs_a_name_alone(acme_program: Program, as_acme: Client) -> None:
    template_id = create(acme_program)
    [row] = described(acme_program)
    assert (row["TemplateId"], row["ImageId"], row["ImageType"]) == (template_id, "", "")
    assert [region["RegionId"] for region in row["RegionConfigList"]] == ["cn-hangzhou"]
    [bundle] = acme_program.call("DescribeBundles", HANGZHOU).json()["Bundles"]
    assert (bundle["ImageId"], bundle["ImageStatus"], bundle["DesktopType"]) == ("", "Unavailable", "")
    assert code(use(acme_program, template_id)) == "InvalidDesktopBundle.WithoutImage"
    assert not Desktop.objects.exists()


def test_the_console_says_why_a_template_without_an_image_is_unavailable(
    acme_program: Program, as_acme: Client
) -> None:
    template_id = create(acme_program)
    for url in ("/cn-hangzhou/templates/", f"/cn-hangzhou/templates/{template_id}/"):
        page = as_acme.get(url).content.decode()
        assert "Unavailable" in page
        assert "The template has no image." in page
    assert template_id in as_acme.get("/cn-hangzhou/templates/?status=Unavailable").content.decode()
    assert template_id not in as_acme.get("/cn-hangzhou/templates/?status=Available").content.decode()
    dialog = as_acme.get(f"/cn-hangzhou/desktops/create/?template={template_id}").content.decode()
    assert "The template has no image." in dialog


def test_a_template_without_an_image_can_be_given_one(
    acme_program: Program, as_acme: Client, make_image: Callable[..., Image]
) -> None:
    template_id, linux = create(acme_program), make_image(os_type="Linux", name="for-linux")
    edit = f"/cn-hangzhou/templates/{template_id}/edit/"
    assert "for-linux" in as_acme.get(f"{edit}?image=").content.decode()
    entered = {"name": "labs", "image": linux.image_id, "desktop_type": TYPE, "system_disk_gib": "80"}
    assert as_acme.post(edit, entered).status_code == 302
    [row] = described(acme_program)
    assert (row["TemplateName"], row["ImageId"], row["SystemDiskSize"]) == ("labs", linux.image_id, 80)
    assert code(use(acme_program, template_id)) == "Success"


def test_a_template_without_an_image_can_be_renamed(acme_program: Program, as_acme: Client) -> None:
    template_id = create(acme_program)
    edit = f"/cn-hangzhou/templates/{template_id}/edit/"
    assert as_acme.post(edit, {"name": "labs", "desktop_type": "", "system_disk_gib": ""}).status_code == 302
    assert code(acme_program.call("ModifyBundle", HANGZHOU, BundleId=template_id, Description="For labs")) == "Success"
    [row] = described(acme_program)
    assert (row["TemplateName"], row["Description"]) == ("labs", "For labs")


def test_an_image_that_is_named_must_be_usable(
    acme_program: Program, globex_program: Program, image: Image, share: ImageShare, make_image: Callable[..., Image]
) -> None:
    for image_id in ("m-none", make_image(name="not-shared").image_id):
        answer = globex_program.call("CreateTemplate", TemplateName="class-room", ImageId=image_id)
        assert code(answer) == "InvalidImageId.NotFound"
    assert not Template.objects.exists()
    create(globex_program, ImageId=image.image_id)
    [row] = described(globex_program)
    assert (row["ImageType"], row["SystemDiskSize"]) == ("Shared", 80)


def test_values_are_checked_when_the_template_is_used(acme_program: Program, image: Image) -> None:
    for config, disk, expected in (
        ({}, "80", "InvalidDesktopType.NotFound"),
        ({"ResourceInstanceType": "no-such-type"}, "80", "InvalidDesktopType.NotFound"),
        ({"ResourceInstanceType": GPU_TYPE}, "80", "InvalidDesktopType.GpuMismatch"),
        ({"ResourceInstanceType": TYPE}, "43", "InvalidDiskSize"),
        ({"ResourceInstanceType": TYPE}, "80", "Success"),
    ):
        template_id = create(
            acme_program, ImageId=image.image_id, SystemDiskSize=disk, **regions({**HANGZHOU, **config})
        )
        assert code(use(acme_program, template_id)) == expected, config


def test_a_template_for_a_subscription_is_made_and_not_used(acme_program: Program, image: Image) -> None:
    config = regions({**HANGZHOU, "ResourceInstanceType": TYPE})
    template_id = create(acme_program, ImageId=image.image_id, ChargeType="PrePaid", **config)
    assert described(acme_program)[0]["ChargeType"] == "PrePaid"
    assert code(use(acme_program, template_id)) == "InvalidChargeType.Unsupported"


def test_a_template_of_twenty_regions_is_used_in_each_by_what_it_says_of_it(
    acme_program: Program, as_acme: Client
) -> None:
    every = acme_program.call("DescribeRegions", HANGZHOU).json()["Regions"]
    names = [row["RegionId"] for row in every][:19]
    types = {name: TYPE if number % 2 else "eds.general.8c16g" for number, name in enumerate(names)}
    configs = [{"RegionId": name, "ResourceInstanceType": types[name]} for name in names]
    configs.append({"RegionId": "cn-nowhere", "ResourceInstanceType": TYPE})
    template_id = create(acme_program, ImageId=WINDOWS, **regions(*configs))
    [row] = described(acme_program)
    assert [region["RegionId"] for region in row["RegionConfigList"]] == [names[0], *sorted([*names[1:], "cn-nowhere"])]
    page = as_acme.get(f"/{names[0]}/templates/{template_id}/").content.decode()
    # In the list of the other regions each has a comma or the end after it; the region of the page is not one of them.
    others = re.findall(r"<dt>Other regions</dt>\s*<dd[^>]*>(.*?)</dd>", page, re.DOTALL)
    assert set(others[0].split(", ")) == {Region.objects.get(pk=name).name for name in names[1:]} | {"cn-nowhere"}
    desktops: dict[str, str] = {}
    for name in names:
        assert code(use(acme_program, template_id, name)) == "Success"
        [desktop] = acme_program.call("DescribeDesktops", RegionId=name).json()["Desktops"]
        assert (desktop["DesktopType"], desktop["BundleId"]) == (types[name], template_id)
        desktops[name] = desktop["DesktopId"]
        assert len(described(acme_program, BizRegionId=name)) == 1
    page = as_acme.get(f"/{names[1]}/desktops/{desktops[names[1]]}/").content.decode()
    assert f'href="/{names[0]}/templates/{template_id}/"' in page, "The template is listed in its own region."
    [unused] = {row["RegionId"] for row in every[19:20]} or {"cn-hangzhou-finance"}
    assert code(use(acme_program, template_id, unused)) in {"InvalidDesktopBundle.NotFound", "InvalidRegionId.NotFound"}
    more = regions(*configs, {"RegionId": "cn-elsewhere"})
    assert code(acme_program.call("CreateTemplate", {"TemplateName": "class-room", **more})) == "InvalidParameter"


def test_a_region_is_configured_once(acme_program: Program) -> None:
    answer = acme_program.call("CreateTemplate", {"TemplateName": "class-room", **regions(HANGZHOU, HANGZHOU)})
    assert code(answer) == "InvalidParameter"
    assert answer.json()["Message"] == "RegionConfigList names the region cn-hangzhou twice."


def test_computers_are_encrypted_where_the_template_says_so(acme_program: Program, image: Image) -> None:
    config = {**HANGZHOU, "ResourceInstanceType": TYPE, "VolumeEncryptionEnable": "true"}
    template_id = create(acme_program, ImageId=image.image_id, **regions(config))
    assert described(acme_program)[0]["RegionConfigList"][0]["VolumeEncryptionEnable"] is True
    assert code(use(acme_program, template_id)) == "Success"
    [desktop] = acme_program.call("DescribeDesktops", HANGZHOU).json()["Desktops"]
    assert desktop["VolumeEncryptionEnabled"] is True


def test_what_a_template_is_told_comes_back(acme_program: Program) -> None:
    told = {
        "AutoPay": "true",
        "DefaultLanguage": "ja-JP",
        "InstanceName": "labs",
        "Period": "3",
        "PeriodUnit": "Month",
        "PolicyGroupId": "pg-1",
        "ResourceGroupId": "rg-1",
        "SystemDiskPerformanceLevel": "PL1",
        "TimerGroupId": "tg-1",
        "UserDuration": "120",
    }
    config = {**HANGZHOU, "OfficeSiteId": "cn-hangzhou+dir-1", "SubnetId": "vsw-1"}
    lists = {
        "ResourceTagList.1.Key": "team",
        "ResourceTagList.1.Value": "labs",
        "SiteConfigList.1.SiteId": "s-1",
        "DataDiskList.1.Size": "40",
        "DataDiskList.1.PerformanceLevel": "PL2",
    }
    create(acme_program, **told, **lists, **regions(config))
    [row] = described(acme_program)
    assert {name: json.dumps(row[name]).strip('"') for name in told} == told
    assert (row["ResourceTagList"], row["SiteConfigList"]) == ([{"Key": "team", "Value": "labs"}], [{"SiteId": "s-1"}])
    assert row["DataDiskList"] == [{"Size": "40", "PerformanceLevel": "PL2"}]
    assert row["RegionConfigList"][0].items() >= config.items()


def test_what_a_bundle_is_told_comes_back(acme_program: Program, image: Image) -> None:
    told = {"Language": "zh-CN", "RootDiskPerformanceLevel": "PL1", "UserDiskPerformanceLevel": "PL3"}
    asked = {"ImageId": image.image_id, "DesktopType": TYPE, "RootDiskSizeGib": "80", "UserDiskSizeGib.1": "40"}
    bundle_id = acme_program.call("CreateBundle", {**HANGZHOU, **asked, **told}).json()["BundleId"]
    [row] = acme_program.call("DescribeBundles", HANGZHOU).json()["Bundles"]
    assert (row["Language"], [disk["DiskPerformanceLevel"] for disk in row["Disks"]]) == ("zh-CN", ["PL1", "PL3"])
    acme_program.call("ModifyBundle", HANGZHOU, BundleId=bundle_id, Language="ja-JP")
    [row] = acme_program.call("DescribeBundles", HANGZHOU).json()["Bundles"]
    assert (row["Language"], row["Disks"][0]["DiskPerformanceLevel"]) == ("ja-JP", "PL1")


def test_an_image_without_a_name_is_called_by_its_id(acme_program: Program, desktop: Desktop) -> None:
    image_id = acme_program.call("CreateImage", HANGZHOU, DesktopId=desktop.desktop_id).json()["ImageId"]
    image = Image.objects.get(image_id=image_id)
    assert (image.name, image.description) == (image_id, image_id)


def test_an_image_is_made_from_something(acme_program: Program) -> None:
    answer = acme_program.call("CreateImage", HANGZHOU, ImageName="from-nothing")
    assert code(answer) == "MissingParameter"
    assert answer.json()["Message"] == "DesktopId is required: the image is made from a cloud computer."
    assert code(acme_program.call("CreateImage", HANGZHOU, SnapshotId="s-1")) == "InvalidSnapshotId.NotFound"


def test_a_deletion_that_names_nothing_is_told_so(acme_program: Program, template: Template) -> None:
    answer = acme_program.call("DeleteTemplates")
    assert (answer.status_code, code(answer)) == (400, "InvalidParameter")
    assert answer.json()["Message"] == "TemplateIds names no template, so there is nothing to delete."
    assert Template.objects.filter(pk=template.pk).exists()
