"""The vendor's own SDK, unchanged, against the server as it runs in production."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from accounts.demo import ACCESS_KEYS, ACME, GLOBEX, INITECH
from api.actions import ACTIONS
from tests.api.sdk import SIGNATURES, Sdk, models

if TYPE_CHECKING:
    from tests.processes import Console

pytestmark = pytest.mark.slow

HANGZHOU = {"region_id": "cn-hangzhou"}
OFFICE, ENCRYPTED = "m-acmedemo000000001", "m-acmedemo000000002"
TYPE = "eds.general.4c8g"


def let_time_pass(console: Console) -> None:
    """Computers take seconds to start and copies to be made; here they have been told long ago."""
    execute(
        console,
        "UPDATE desktops_desktop SET settles_at = '2020-01-01 00:00:00+00:00'",
        "UPDATE images_image SET ready_at = created_at",
    )


def execute(console: Console, *statements: str) -> None:
    url = console.environment["DATABASE_URL"]
    if url.startswith("sqlite"):
        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, autocommit=True)
    else:
        connection = psycopg.connect(url, autocommit=True)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def sdk_of(console: Console, person: str, **options: Any) -> Sdk:
    return Sdk(console.address, *ACCESS_KEYS[f"{person}@example.com"], **options)


@pytest.mark.parametrize("use_async", [False, True])
@pytest.mark.parametrize("signature", SIGNATURES)
def test_every_action_works(console: Console, signature: str, use_async: bool) -> None:
    acme = sdk_of(console, "acme", signature=signature, use_async=use_async)
    walk_through_images(console, acme)
    walk_through_desktops(console, acme)
    walk_through_templates(acme)
    assert acme.called == set(ACTIONS)


def walk_through_images(console: Console, acme: Sdk) -> None:
    regions = acme.call("DescribeRegions", **HANGZHOU, accept_language="en").regions
    assert {"cn-hangzhou": "China (Hangzhou)"}.items() <= {row.region_id: row.local_name for row in regions}.items()
    assert regions[0].region_endpoint == console.address.removeprefix("http://")

    [image] = acme.call("DescribeImages", **HANGZHOU, image_id=[OFFICE]).images
    assert (image.name, image.image_type, image.status, image.progress) == (
        "office-standard",
        "CUSTOM",
        "Available",
        "100%",
    )
    assert (image.size, image.gpu_category, image.volume_encryption_enabled, image.shared_count) == (
        80,
        False,
        False,
        0,
    )

    acme.call("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, add_account=[int(GLOBEX)])
    assert acme.call("DescribeImagePermission", **HANGZHOU, image_id=OFFICE).ali_uids == [GLOBEX]
    acme.call("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, remove_account=[int(GLOBEX)])
    assert acme.call("DescribeImagePermission", **HANGZHOU, image_id=OFFICE).ali_uids == []

    copy = acme.call(
        "CopyImage",
        **HANGZHOU,
        image_id=OFFICE,
        destination_region_id="cn-beijing",
        destination_image_name="office-beijing",
    ).image_id
    acme.call("CancelCopyImage", region_id="cn-beijing", image_id=copy)
    assert acme.call("DescribeImages", region_id="cn-beijing", image_id=[copy]).images == []


def walk_through_desktops(console: Console, acme: Sdk) -> None:
    attachment = {"image_id": OFFICE, "desktop_type": TYPE, "system_disk_size": 80}
    made = acme.call(
        "CreateDesktops",
        **HANGZHOU,
        desktop_attachment=_model("CreateDesktopsRequestDesktopAttachment", **attachment),
        amount=2,
        desktop_name="front-desk",
        office_site_id="cn-hangzhou+dir-1",
        end_user_id=["alice"],
    ).desktop_id
    let_time_pass(console)
    found = acme.call("DescribeDesktops", **HANGZHOU, desktop_id=made)
    assert [row.desktop_name for row in found.desktops] == ["front-desk-02", "front-desk-01"]
    assert (found.total_count, found.desktops[0].desktop_status, found.desktops[0].memory) == (2, "Running", 8192)

    for action, status in (("StopDesktops", "Stopped"), ("StartDesktops", "Running"), ("RebootDesktops", "Running")):
        acme.call(action, **HANGZHOU, desktop_id=made)
        let_time_pass(console)
        found = acme.call("DescribeDesktops", **HANGZHOU, desktop_id=made)
        assert [row.desktop_status for row in found.desktops] == [status] * 2

    results = acme.call("RebuildDesktops", **HANGZHOU, desktop_id=made, image_id=ENCRYPTED).rebuild_results
    assert {(result.desktop_id, result.code) for result in results} == {(desktop, "success") for desktop in made}
    let_time_pass(console)
    records = acme.call("DescribeImageModifiedRecords", **HANGZHOU, desktop_id=made[0])
    [record] = records.image_modified_records
    assert (record.image_id, record.new_image_id, record.status, records.total_count) == (OFFICE, ENCRYPTED, 0, 1)

    name = f"from-desk-{time.monotonic_ns()}"
    image = acme.call("CreateImage", **HANGZHOU, desktop_id=made[0], image_name=name).image_id
    acme.call("ModifyImageAttribute", **HANGZHOU, image_id=image, description="Front desks only")
    [row] = acme.call("DescribeImages", **HANGZHOU, image_name=name).images
    assert (row.image_id, row.description, row.volume_encryption_enabled) == (image, "Front desks only", True)
    acme.call("DeleteImages", **HANGZHOU, image_id=[image])
    acme.call("DeleteDesktops", **HANGZHOU, desktop_id=made)


def walk_through_templates(acme: Sdk) -> None:
    bundle = acme.call(
        "CreateBundle",
        **HANGZHOU,
        image_id=OFFICE,
        desktop_type=TYPE,
        root_disk_size_gib=80,
        user_disk_size_gib=[0],
        bundle_name="front-desks",
    ).bundle_id
    acme.call("ModifyBundle", **HANGZHOU, bundle_id=bundle, bundle_name="all-desks")
    [row] = acme.call("DescribeBundles", **HANGZHOU, bundle_id=[bundle]).bundles
    assert (row.bundle_name, row.image_status, row.desktop_type_attribute.cpu_count) == ("all-desks", "Available", 4)
    acme.call("DeleteBundles", **HANGZHOU, bundle_id=[bundle])

    regions = [_model("CreateTemplateRequestRegionConfigList", region_id="cn-hangzhou", resource_instance_type=TYPE)]
    disks = [_model("CreateTemplateRequestDataDiskList", size=40, performance_level="AutoPL")]
    template = acme.call(
        "CreateTemplate",
        template_name="class-room",
        image_id=OFFICE,
        region_config_list=regions,
        data_disk_list=disks,
        product_type="CloudDesktop",
    ).data
    found = acme.call("DescribeTemplates", template_ids=[template])
    [row] = found.data
    assert (row.template_name, row.image_type, found.total_count, found.success) == ("class-room", "User", 1, True)
    assert (row.region_config_list[0].region_id, row.data_disk_list[0].size) == ("cn-hangzhou", "40")
    acme.call("DeleteTemplates", template_ids=[template])


def _model(name: str, **fields: Any) -> Any:
    return getattr(models, name)(**fields)


def test_a_refusal_is_the_sdks_own_exception(console: Console) -> None:
    error = sdk_of(console, "acme").refused(
        "ModifyImagePermission", **HANGZHOU, image_id=ENCRYPTED, add_account=[int(GLOBEX)]
    )
    assert (error.code, error.status_code) == ("OperationDenied.EncryptedImage", 403)
    assert error.data["RequestId"] == error.request_id
    assert error.data["HostId"] == console.address.removeprefix("http://")
    assert error.data["Recommend"] == f"{console.address}/api/errors/#OperationDenied.EncryptedImage"


def test_an_action_that_is_not_built_says_so(console: Console) -> None:
    error = sdk_of(console, "acme").refused("DescribeSnapshots", **HANGZHOU)
    assert error.code == "UnsupportedOperation"
    assert "DescribeSnapshots" in error.message


def test_what_acme_shares_globex_finds_until_it_is_unshared(console: Console) -> None:
    acme, globex = sdk_of(console, "acme"), sdk_of(console, "globex")
    shanghai = {"region_id": "cn-shanghai", "image_id": "m-acmedemo000000004"}
    wanted = {"region_id": "cn-shanghai", "image_type": "SHARED"}
    assert globex.call("DescribeImages", **wanted).images == []
    acme.call("ModifyImagePermission", **shanghai, add_account=[int(GLOBEX)])
    assert [row.image_id for row in globex.call("DescribeImages", **wanted).images] == ["m-acmedemo000000004"]
    acme.call("ModifyImagePermission", **shanghai, remove_account=[int(GLOBEX)])
    assert globex.call("DescribeImages", **wanted).images == []
    assert globex.refused("DescribeImagePermission", **shanghai).code == "InvalidImageId.NotFound"


@pytest.mark.parametrize(
    ("image", "account", "expected"),
    [
        (ENCRYPTED, GLOBEX, "OperationDenied.EncryptedImage"),
        (OFFICE, "207329002493920002", "InvalidAccount.RamUser"),
        (OFFICE, ACME, "InvalidAccount.Owner"),
        (OFFICE, "5316109394409999", "InvalidAccount.NotFound"),
        (OFFICE, "53161093944000021", "InvalidAccount.Malformed"),
        ("m-globexdm000000001", INITECH, "OperationDenied.ImageNotOwned"),
        ("desktopimage-ubuntu-2204-64-asp", GLOBEX, "OperationDenied.SystemImage"),
        # It is there, in another region.
        ("m-acmedemo000000004", GLOBEX, "InvalidImageId.NotFound"),
    ],
)
def test_every_rule_of_the_page_has_its_code(console: Console, image: str, account: str, expected: str) -> None:
    error = sdk_of(console, "acme").refused(
        "ModifyImagePermission", **HANGZHOU, image_id=image, add_account=[int(account)]
    )
    assert error.code == expected


def test_no_more_is_shared_than_the_limit_and_what_is_shared_is_not_deleted(console: Console) -> None:
    acme = sdk_of(console, "acme")
    try:
        execute(console, f"UPDATE accounts_account SET share_limit = 1 WHERE account_id = '{ACME}'")
        share = {**HANGZHOU, "image_id": OFFICE, "add_account": [int(GLOBEX)]}
        assert acme.refused("ModifyImagePermission", **share).code == "QuotaExceed.ShareImage"
    finally:
        execute(console, f"UPDATE accounts_account SET share_limit = 50 WHERE account_id = '{ACME}'")
    shared = {**HANGZHOU, "image_id": ["m-acmedemo000000003"]}
    assert acme.refused("DeleteImages", **shared).code == "ImageUseShared"


def test_what_is_being_copied_is_not_shared(console: Console) -> None:
    acme = sdk_of(console, "acme")
    copy = {"image_id": OFFICE, "destination_region_id": "cn-beijing", "destination_image_name": "office-beijing"}
    made = {"region_id": "cn-beijing", "image_id": acme.call("CopyImage", **HANGZHOU, **copy).image_id}
    error = acme.refused("ModifyImagePermission", **made, add_account=[int(GLOBEX)])
    assert error.code == "InvalidImageStatus.NotValid"
    acme.call("CancelCopyImage", **made)


def test_a_read_only_user_changes_nothing(console: Console) -> None:
    auditor = Sdk(console.address, *ACCESS_KEYS[f"auditor@{ACME}.onaliyun.com"])
    assert auditor.call("DescribeImages", **HANGZHOU, image_id=[OFFICE]).images
    error = auditor.refused("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, add_account=[int(GLOBEX)])
    assert (error.code, error.status_code) == ("Forbidden.RAM", 403)
    operator = Sdk(console.address, *ACCESS_KEYS[f"operator@{ACME}.onaliyun.com"])
    for change in ("add_account", "remove_account"):
        operator.call("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, **{change: [int(GLOBEX)]})
