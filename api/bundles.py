"""The actions on templates in their older, regional form, which the API calls bundles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from api.action import Action
from api.calls import REGION, region_of, usable_image
from api.image_list import STATUS_NAMES
from api.kinds import (
    DESCRIPTION_NOTE,
    IMAGE_ID,
    LANGUAGE,
    LEVEL,
    NAME,
    ONE_IMAGE,
    OS_TYPE,
    PROTOCOL_TYPE,
    PROTOCOL_TYPES,
    SESSION_TYPE,
    SESSION_TYPES,
    SHORT,
    SIZE,
    TEMPLATE_NAME_NOTE,
)
from api.paging import MAX_RESULTS, NEXT_TOKEN, newest, page
from api.params import Boolean, Decimal, ListOf, Number, OneOf, Parameter
from api.templates import DEFAULT_LANGUAGE, extras_of, found_templates, given_back, templates_of
from audit.actions import all_or_nothing
from desktops.catalogue import TYPES
from desktops.models import Template

if TYPE_CHECKING:
    from api.calls import Answer, Call


def create_bundle(call: Call) -> Answer:
    region_id = region_of(call)
    template = Template(
        account=call.account,
        region_id=region_id,
        image=usable_image(call, region_id, call["ImageId"]),
        image_ref=call["ImageId"],
        # The API lets a bundle go without a name, and names it after its image then.
        name=call["BundleName"] or "",
        description=call["Description"] or "",
        desktop_type=call["DesktopType"],
        system_disk_gib=call["RootDiskSizeGib"],
        data_disk_gib=call["UserDiskSizeGib"][0],
        extras=extras_of(call),
    )
    if call["BundleName"] is None and template.image:
        template.name = template.image.name[:126]
    template.create(by=call.by)
    return {"BundleId": template.template_id}


CREATE_BUNDLE = Action(
    "CreateBundle",
    create_bundle,
    reads=False,
    resource="BundleId",
    parameters=(
        REGION,
        ONE_IMAGE,
        Parameter("DesktopType", SHORT, required=True),
        Parameter("RootDiskSizeGib", SIZE, required=True),
        Parameter("UserDiskSizeGib", ListOf(SIZE, 1), required=True, note="0 is no data disk."),
        Parameter("BundleName", NAME, note=f"{TEMPLATE_NAME_NOTE} Without it, the name of the image."),
        Parameter("Description", NAME, note=DESCRIPTION_NOTE),
        *given_back(Language=LANGUAGE, RootDiskPerformanceLevel=LEVEL, UserDiskPerformanceLevel=LEVEL),
    ),
)


def describe_bundles(call: Call) -> Answer:
    bundles = templates_of(call).in_region(region_of(call))
    if call["BundleId"]:
        bundles = bundles.filter(template_id__in=call["BundleId"])
    if call["ImageId"]:
        bundles = bundles.filter(image_ref__in=call["ImageId"])
    if call["OsType"]:
        bundles = bundles.filter(os_type=call["OsType"])
    wanted = {
        "DesktopTypeFamily": lambda kind: kind.family,
        "CpuCount": lambda kind: kind.cpus,
        "MemorySize": lambda kind: kind.memory_gib,
        "GpuCount": lambda kind: kind.gpus,
    }
    for name, value_of in wanted.items():
        if call[name] is not None:
            kinds = [kind.name for kind in TYPES.values() if value_of(kind) == call[name]]
            bundles = bundles.filter(desktop_type__in=kinds)
    if call["VolumeEncryptionEnabled"] is not None:
        encrypted = Q(image__encrypted=True)
        bundles = bundles.filter(encrypted if call["VolumeEncryptionEnabled"] else ~encrypted)
    rows, token = page(call, newest(bundles))
    return {"Bundles": [_bundle(bundle) for bundle in rows], "NextToken": token}


def _bundle(bundle: Template) -> dict[str, Any]:
    kind = bundle.kind
    disks = [_disk("SYSTEM", bundle.system_disk_gib, bundle.extras.get("SystemDiskPerformanceLevel"))]
    if bundle.data_disk_gib:
        disks.append(_disk("DATA", bundle.data_disk_gib, bundle.extras.get("DataDiskPerformanceLevel")))
    return {
        "BundleId": bundle.template_id,
        "BundleName": bundle.name,
        "BundleType": "CUSTOM",
        "Description": bundle.description,
        "ImageId": bundle.image_ref,
        "ImageName": bundle.image_name_now,
        # The API's statuses know no template that lost its image; the console calls it so.
        "ImageStatus": STATUS_NAMES[bundle.image.status] if bundle.image and bundle.image_is_usable else "Unavailable",
        "DesktopType": bundle.desktop_type,
        "DesktopTypeFamily": kind.family if kind else "",
        "DesktopTypeAttribute": {
            "CpuCount": kind.cpus if kind else 0,
            "MemorySize": kind.memory_mib if kind else 0,
            "GpuCount": float(kind.gpus if kind else 0),
            "GpuSpec": kind.gpu_spec if kind else "",
        },
        "Disks": disks,
        "OsType": bundle.os_type,
        "Platform": bundle.platform,
        "Language": bundle.extras.get("DefaultLanguage", DEFAULT_LANGUAGE),
        "ProtocolType": PROTOCOL_TYPE,
        "SessionType": SESSION_TYPE,
        "StockState": "Available",
        "VolumeEncryptionEnabled": bool(bundle.image and bundle.image.encrypted),
        "CreationTime": bundle.created_at,
    }


def _disk(kind: str, size: int, level: str | None) -> dict[str, Any]:
    return {"DiskType": kind, "DiskSize": size, **({"DiskPerformanceLevel": level} if level else {})}


DESCRIBE_BUNDLES = Action(
    "DescribeBundles",
    describe_bundles,
    reads=True,
    resource="BundleId",
    parameters=(
        REGION,
        Parameter("BundleId", ListOf(SHORT, 100)),
        Parameter(
            "BundleType",
            OneOf(("CUSTOM", "SYSTEM")),
            only=("CUSTOM",),
            note="There are no system templates here.",
        ),
        Parameter("ImageId", ListOf(IMAGE_ID, 100)),
        Parameter("DesktopTypeFamily", SHORT),
        Parameter("CpuCount", Number()),
        Parameter("MemorySize", Number(), note="GiB."),
        Parameter("GpuCount", Decimal()),
        Parameter("OsType", OS_TYPE),
        Parameter("ProtocolType", PROTOCOL_TYPES, only=(PROTOCOL_TYPE,), note="Every template here is ASP."),
        Parameter("SessionType", SESSION_TYPES, only=(SESSION_TYPE,), note="Every template here is single."),
        MAX_RESULTS,
        NEXT_TOKEN,
        Parameter("VolumeEncryptionEnabled", Boolean(), note="Whether the image is encrypted."),
    ),
)


def modify_bundle(call: Call) -> Answer:
    region_id = region_of(call)
    [template] = found_templates(templates_of(call).in_region(region_id), [call["BundleId"]])
    image_id = call["ImageId"] or ""
    image = usable_image(call, region_id, image_id) if image_id else None
    asked = {"name": call["BundleName"], "description": call["Description"]}
    template.modify(**asked, image=image, image_ref=image_id, extras=extras_of(call), by=call.by)
    return {}


MODIFY_BUNDLE = Action(
    "ModifyBundle",
    modify_bundle,
    reads=False,
    resource="BundleId",
    parameters=(
        REGION,
        Parameter("BundleId", SHORT, required=True),
        Parameter("BundleName", NAME, note=TEMPLATE_NAME_NOTE),
        Parameter("Description", NAME, note=DESCRIPTION_NOTE),
        Parameter("ImageId", IMAGE_ID),
        *given_back(Language=LANGUAGE),
    ),
)


def delete_bundles(call: Call) -> Answer:
    bundles = found_templates(templates_of(call).in_region(region_of(call)), call["BundleId"])
    with all_or_nothing():
        for bundle in bundles:
            bundle.remove(by=call.by)
    return {}


DELETE_BUNDLES = Action(
    "DeleteBundles",
    delete_bundles,
    reads=False,
    resource="BundleId",
    parameters=(REGION, Parameter("BundleId", ListOf(SHORT, 100), required=True, note="All or nothing.")),
)
