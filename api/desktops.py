"""The actions on cloud computers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.action import Action
from api.calls import REGION, any_of, region_of, usable_image
from api.errors import ApiError
from api.kinds import (
    CATEGORY,
    CHARGE_TYPE,
    IMAGE_ID,
    LANGUAGE,
    LEVEL,
    NAME,
    OS_TYPE,
    PROTOCOL_TYPE,
    PROTOCOL_TYPES,
    SESSION_TYPE,
    SHORT,
    SIZE,
)
from api.paging import MAX_RESULTS, NEXT_TOKEN, PAGE_SIZE, counted_page
from api.params import Boolean, Fields, ListOf, Number, OneOf, Parameter, Text
from api.templates import templates_of
from api.vendor_parameters import POLICY
from audit.actions import all_or_nothing
from desktops.models import Desktop
from desktops.validators import MOST_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from api.calls import Answer, Call


DESKTOP_IDS = Parameter("DesktopId", ListOf(Text(64), 100), required=True, note="All or nothing.")


DESKTOP_STATUS = OneOf(("Pending", "Starting", "Running", "Stopping", "Stopped", "Rebuilding", "Expired", "Deleted"))


def desktops_of(call: Call, desktop_ids: Iterable[str]) -> list[Desktop]:
    """The account's computers of those IDs in the region, each once. Raises ApiError for one that is not found."""
    rows = Desktop.objects.owned_by(call.account).in_region(region_of(call)).select_related("image", "latest_image")
    found = {desktop.desktop_id: desktop for desktop in rows.filter(desktop_id__in=set(desktop_ids))}
    for desktop_id in desktop_ids:
        if desktop_id not in found:
            raise ApiError("InvalidDesktopId.NotFound", f"There is no cloud computer {desktop_id}.")
    # Several rows are locked in the same order everywhere.
    return sorted(found.values(), key=lambda desktop: desktop.pk)


def create_desktops(call: Call) -> Answer:
    region_id = region_of(call)
    name, encrypted = call["DesktopName"] or "", bool(call["VolumeEncryptionEnabled"])
    if call["BundleId"]:
        template = templates_of(call).configured_for(region_id).filter(template_id=call["BundleId"]).first()
        if template is None:
            raise ApiError("InvalidDesktopBundle.NotFound", f"There is no template {call['BundleId']} in {region_id}.")
        desktop = Desktop.from_template(template, region_id=region_id, name=name, encrypted=encrypted)
    elif call["DesktopAttachment"]:
        asked: dict[str, Any] = call["DesktopAttachment"]
        for field in ("ImageId", "DesktopType", "SystemDiskSize"):
            if field not in asked:
                raise ApiError("MissingParameter", f"DesktopAttachment.{field} is required.")
        desktop = Desktop(
            account=call.account,
            region_id=region_id,
            image=usable_image(call, region_id, asked["ImageId"]),
            image_ref=asked["ImageId"],
            name=name,
            encrypted=encrypted,
            desktop_type=asked["DesktopType"],
            system_disk_gib=asked["SystemDiskSize"],
            data_disk_gib=asked.get("DataDiskSize", 0),
        )
    else:
        raise ApiError("MissingParameter", "BundleId or DesktopAttachment is required.")
    numbered = call["DesktopNameSuffix"] and (call["DesktopNameModel"] or {}).get("DesktopNameIsSuffix", True)
    made = desktop.create(amount=call["Amount"], is_numbered=numbered, by=call.by)
    return {"DesktopId": [one.desktop_id for one in made]}


CREATE_DESKTOPS = Action(
    "CreateDesktops",
    create_desktops,
    reads=False,
    resource="DesktopId",
    parameters=(
        REGION,
        Parameter("BundleId", SHORT, note="This or DesktopAttachment is required."),
        Parameter(
            "DesktopAttachment",
            Fields(
                {
                    "ImageId": IMAGE_ID,
                    "DesktopType": SHORT,
                    "SystemDiskSize": SIZE,
                    "DataDiskSize": SIZE,
                    "SystemDiskCategory": CATEGORY,
                    "DataDiskCategory": CATEGORY,
                    "SystemDiskPerLevel": LEVEL,
                    "DataDiskPerLevel": LEVEL,
                    "DefaultLanguage": LANGUAGE,
                },
                as_json=True,
            ),
            note="Ignored with BundleId. ImageId, DesktopType and SystemDiskSize are required. Categories, levels and "
            "DefaultLanguage are accepted: no answer shows them.",
        ),
        Parameter("Amount", Number(1, 300), default=1, note=f"More than {MOST_AT_ONCE} are InvalidAmount here."),
        Parameter("DesktopName", NAME, note="1 to 64 characters. Several computers have their number added."),
        Parameter("DesktopNameSuffix", Boolean(), default=True, note="Whether several have a number each."),
        Parameter(
            "DesktopNameModel",
            Fields({"DesktopNameIsSuffix": Boolean()}, as_json=True),
            note="DesktopNameIsSuffix is DesktopNameSuffix by another name.",
        ),
        Parameter("VolumeEncryptionEnabled", Boolean()),
    ),
)


def describe_desktops(call: Call) -> Answer:
    desktops = Desktop.objects.owned_by(call.account).in_region(region_of(call))
    columns = {"DesktopId": "desktop_id", "ImageId": "image_ref", "OsTypes": "os_type"}
    for name, column in columns.items():
        if call[name]:
            desktops = desktops.filter(**{f"{column}__in": call[name]})
    if call["DesktopName"]:
        desktops = desktops.filter(name__icontains=call["DesktopName"])
    if call["DesktopType"]:
        desktops = desktops.filter(desktop_type=call["DesktopType"])
    statuses = call["DesktopStatusList"] or ([call["DesktopStatus"]] if call["DesktopStatus"] else [])
    if statuses:
        desktops = any_of(desktops.in_status(status) for status in statuses)
    rows, numbers = counted_page(call, desktops.select_related("image"))
    return {"Desktops": [_desktop(desktop) for desktop in rows], **numbers}


def _desktop(desktop: Desktop) -> dict[str, Any]:
    kind = desktop.kind
    disks = [{"DiskType": "SYSTEM", "DiskSize": desktop.system_disk_gib}]
    if desktop.data_disk_gib:
        disks.append({"DiskType": "DATA", "DiskSize": desktop.data_disk_gib})
    return {
        "DesktopId": desktop.desktop_id,
        "DesktopName": desktop.name,
        "DesktopStatus": str(desktop.status),
        "DesktopType": desktop.desktop_type,
        "Cpu": kind.cpus if kind else 0,
        "Memory": kind.memory_mib if kind else 0,
        "GpuCategory": int(desktop.gpu),
        "GpuCount": float(kind.gpus if kind else 0),
        "GpuSpec": kind.gpu_spec if kind else "",
        "ImageId": desktop.image_ref,
        "ImageName": desktop.image_name_now,
        "BundleId": desktop.template_ref,
        "BundleName": desktop.template_name,
        "OsType": desktop.os_type,
        "Platform": desktop.platform,
        "ProtocolType": PROTOCOL_TYPE,
        "SessionType": SESSION_TYPE,
        "SystemDiskSize": desktop.system_disk_gib,
        "DataDiskSize": str(desktop.data_disk_gib),
        "Disks": disks,
        "ChargeType": Desktop.CHARGE_TYPE,
        "ConnectionStatus": "Disconnected" if desktop.is_running else "Unknown",
        "ManagementFlag": "NoFlag",
        "PolicyGroupId": POLICY,
        "EndUserIds": [],
        "Tags": [],
        "VolumeEncryptionEnabled": desktop.encrypted,
        # To the minute, unlike every other time of the API.
        "CreationTime": desktop.created_at.strftime("%Y-%m-%dT%H:%MZ"),
    }


DESCRIBE_DESKTOPS = Action(
    "DescribeDesktops",
    describe_desktops,
    reads=True,
    resource="DesktopId",
    parameters=(
        REGION,
        Parameter("DesktopId", ListOf(Text(64), 100)),
        Parameter("DesktopName", SHORT, note="Computers whose name has this text in it."),
        Parameter("DesktopStatus", DESKTOP_STATUS),
        Parameter("DesktopStatusList", ListOf(DESKTOP_STATUS, 10)),
        Parameter("DesktopType", SHORT),
        Parameter("ImageId", ListOf(IMAGE_ID, 100)),
        Parameter("OsTypes", ListOf(OS_TYPE, 10)),
        Parameter("ChargeType", CHARGE_TYPE, only=("PostPaid",), note="Every computer here is PostPaid."),
        Parameter("ProtocolType", PROTOCOL_TYPES, only=(PROTOCOL_TYPE,), note="Every computer here is ASP."),
        MAX_RESULTS,
        NEXT_TOKEN,
        Parameter("PageNumber", Number(1), note="With it or PageSize, pages are by number and not by token."),
        PAGE_SIZE,
    ),
)


def start_desktops(call: Call) -> Answer:
    return _to_each(call, Desktop.start)


START_DESKTOPS = Action(
    "StartDesktops", start_desktops, reads=False, resource="DesktopId", parameters=(REGION, DESKTOP_IDS)
)


def stop_desktops(call: Call) -> Answer:
    return _to_each(call, Desktop.stop)


STOP_DESKTOPS = Action(
    "StopDesktops",
    stop_desktops,
    reads=False,
    resource="DesktopId",
    parameters=(
        REGION,
        DESKTOP_IDS,
    ),
)


def reboot_desktops(call: Call) -> Answer:
    return _to_each(call, Desktop.restart)


REBOOT_DESKTOPS = Action(
    "RebootDesktops", reboot_desktops, reads=False, resource="DesktopId", parameters=(REGION, DESKTOP_IDS)
)


def delete_desktops(call: Call) -> Answer:
    return _to_each(call, Desktop.release)


DELETE_DESKTOPS = Action(
    "DeleteDesktops", delete_desktops, reads=False, resource="DesktopId", parameters=(REGION, DESKTOP_IDS)
)


def _to_each(call: Call, verb: Callable[..., None]) -> Answer:
    with all_or_nothing():
        for desktop in desktops_of(call, call["DesktopId"]):
            verb(desktop, by=call.by)
    return {}
