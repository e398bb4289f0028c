"""The actions on cloud computers, and on templates under both names that the API has for them.

Bundles are the older, regional form, templates the newer one. Here both are views of one thing, `desktops.Template`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q

from api.calls import (
    Answer,
    Call,
    all_or_nothing,
    any_of,
    counted_page,
    known_region,
    newest,
    numbered_page,
    page,
    region_of,
)
from api.errors import ApiError, of_refusal
from api.images import PROTOCOL_TYPE, SESSION_TYPE, STATUS_NAMES
from api.vendor_parameters import POLICY
from desktops.catalogue import TYPES
from desktops.models import Desktop, ImageChange, Status, Template
from images.models import Image
from images.validators import first_error
from regions.models import DEFAULT_REGION_ID, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime


LANGUAGE = "en-US"


def usable_image(call: Call, region_id: str, image_id: str) -> Image | None:
    """The image if the account may use it. Its absence is for the rules to refuse, so that the refusal is recorded."""
    return Image.objects.usable_by(call.account).in_region(region_id).filter(image_id=image_id).first()


def desktops_of(call: Call, desktop_ids: Iterable[str]) -> list[Desktop]:
    """The account's computers of those IDs in the region, each once. Raises ApiError for one that is not found."""
    rows = Desktop.objects.owned_by(call.account).in_region(region_of(call)).select_related("image", "latest_image")
    found = {desktop.desktop_id: desktop for desktop in rows.filter(desktop_id__in=set(desktop_ids))}
    for desktop_id in desktop_ids:
        if desktop_id not in found:
            raise ApiError("InvalidDesktopId.NotFound", f"There is no cloud computer {desktop_id}.")
    # Everybody locks several rows in the same order.
    return sorted(found.values(), key=lambda desktop: desktop.pk)


# Cloud computers


def create_desktops(call: Call) -> Answer:
    region_id = region_of(call)
    name, encrypted = call["DesktopName"] or "", bool(call["VolumeEncryptionEnabled"])
    if call["BundleId"]:
        template = _templates(call).configured_for(region_id).filter(template_id=call["BundleId"]).first()
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


def start_desktops(call: Call) -> Answer:
    return _to_each(call, "StartDesktops", Desktop.start)


def stop_desktops(call: Call) -> Answer:
    return _to_each(call, "StopDesktops", Desktop.stop)


def reboot_desktops(call: Call) -> Answer:
    return _to_each(call, "RebootDesktops", Desktop.restart)


def delete_desktops(call: Call) -> Answer:
    return _to_each(call, "DeleteDesktops", Desktop.release)


def _to_each(call: Call, event: str, verb: Callable[..., None]) -> Answer:
    all_or_nothing(call, [(event, desktop, verb) for desktop in desktops_of(call, call["DesktopId"])])
    return {}


def rebuild_desktops(call: Call) -> Answer:
    """Each computer for itself, as the answer has a result for each.

    An image that is not usable refuses the call; one that is unshared during the call, the computers that are left.
    """
    desktops = desktops_of(call, call["DesktopId"])
    image = usable_image(call, call["RegionId"], call["ImageId"]) if call["ImageId"] else None
    results: list[dict[str, str]] = []
    for desktop in desktops:
        result = {"DesktopId": desktop.desktop_id, "Code": "success", "Message": ""}
        try:
            desktop.change_image(
                image if call["ImageId"] else desktop.image,
                image_ref=call["ImageId"] or desktop.image_ref,
                replace_data_disk=call["OperateType"] == "replace",
                afterwards=Status(call["AfterStatus"]) if call["AfterStatus"] else None,
                by=call.by,
            )
        except ValidationError as refusal:
            if not results and call["ImageId"] and first_error(refusal).code == "image_not_usable":
                raise
            error = of_refusal(refusal)
            result |= {"Code": error.code, "Message": str(error.message)}
        results.append(result)
    return {"RebuildResults": results}


def create_image(call: Call) -> Answer:
    for name in ("SnapshotId", "SnapshotIds", "DataSnapshotIds"):
        if call[name]:
            raise ApiError("InvalidSnapshotId.NotFound", f"There is no snapshot {name} could speak of.")
    if not call["DesktopId"]:
        raise ApiError("MissingParameter", "DesktopId is required: the image is made from a cloud computer.")
    [desktop] = desktops_of(call, [call["DesktopId"]])
    image = desktop.create_image(
        name=call["ImageName"],
        description=call["Description"] or "",
        with_data_disk=call["DiskType"] == "ALL",
        clean_personal_data=call["AutoCleanUserdata"],
        by=call.by,
    )
    return {"ImageId": image.image_id}


def describe_image_modified_records(call: Call) -> Answer:
    [desktop] = desktops_of(call, [call["DesktopId"]])
    changes = ImageChange.objects.filter(desktop=desktop)
    rows, token = page(call, newest(changes))
    return {
        "ImageModifiedRecords": [
            {
                "ImageId": change.old_image_ref,
                "ImageName": change.old_image_name,
                "NewImageId": change.new_image_ref,
                "NewImageName": change.new_image_name,
                "Status": int(change.status),
                "UpdateTime": _to_the_millisecond(change.asked_at),
            }
            for change in rows
        ],
        "NextToken": token,
        "TotalCount": changes.count(),
    }


# Templates, the older form


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
        extras=_extras(call),
    )
    if call["BundleName"] is None and template.image:
        template.name = template.image.name[:126]
    template.create(by=call.by)
    return {"BundleId": template.template_id}


def describe_bundles(call: Call) -> Answer:
    bundles = _templates(call).in_region(region_of(call))
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
        "Language": bundle.extras.get("DefaultLanguage", LANGUAGE),
        "ProtocolType": PROTOCOL_TYPE,
        "SessionType": SESSION_TYPE,
        "StockState": "Available",
        "VolumeEncryptionEnabled": bool(bundle.image and bundle.image.encrypted),
        "CreationTime": bundle.created_at,
    }


def _disk(kind: str, size: int, level: str | None) -> dict[str, Any]:
    return {"DiskType": kind, "DiskSize": size, **({"DiskPerformanceLevel": level} if level else {})}


# What a template is told of what computers here do not have, by the name under which it keeps it.
EXTRAS = {
    "Language": "DefaultLanguage",
    "RootDiskPerformanceLevel": "SystemDiskPerformanceLevel",
    "UserDiskPerformanceLevel": "DataDiskPerformanceLevel",
    **{
        name: name
        for name in (
            "AutoPay",
            "AutoRenew",
            "ChargeType",
            "DefaultLanguage",
            "InstanceName",
            "Period",
            "PeriodUnit",
            "PolicyGroupId",
            "PostPaidAfterUsedUp",
            "ResourceGroupId",
            "ResourceTagList",
            "SiteConfigList",
            "SystemDiskPerformanceLevel",
            "TimerGroupId",
            "UserDuration",
        )
    },
}


def _extras(call: Call) -> dict[str, Any]:
    return {kept: call.values[name] for name, kept in EXTRAS.items() if call.values.get(name) is not None}


def modify_bundle(call: Call) -> Answer:
    region_id = region_of(call)
    [template] = _found(_templates(call).in_region(region_id), [call["BundleId"]])
    image_id = call["ImageId"] or ""
    image = usable_image(call, region_id, image_id) if image_id else None
    asked = {"name": call["BundleName"], "description": call["Description"]}
    template.modify(**asked, image=image, image_ref=image_id, extras=_extras(call), by=call.by)
    return {}


def delete_bundles(call: Call) -> Answer:
    bundles = _found(_templates(call).in_region(region_of(call)), call["BundleId"])
    all_or_nothing(call, [("DeleteBundles", bundle, Template.delete) for bundle in bundles])
    return {}


# Templates, the newer form


def create_template(call: Call) -> Answer:
    """Make a template. Values are not checked before it is used, as in EDS; an image that is named must be usable."""
    _check_region(call)
    regions = _region_configs(call)
    image = _image_of_template(call, list(regions))
    region_id = _home(call, list(regions), image)
    data_disk = (call["DataDiskList"] or [{}])[0]
    extras = _extras(call)
    if "PerformanceLevel" in data_disk:
        extras["DataDiskPerformanceLevel"] = data_disk["PerformanceLevel"]
    template = Template(
        account=call.account,
        region_id=region_id,
        regions=regions,
        extras=extras,
        image=image,
        image_ref=call["ImageId"] or "",
        name=call["TemplateName"],
        description=call["Description"] or "",
        desktop_type=regions.get(region_id, {}).get("ResourceInstanceType", ""),
        system_disk_gib=call["SystemDiskSize"] or (image.size_gib if image else 0),
        data_disk_gib=data_disk.get("Size", 0),
    )
    template.create(checks_values=False, by=call.by)
    return _envelope(Data=template.template_id)


def _region_configs(call: Call) -> dict[str, dict[str, Any]]:
    """What is asked for each region, by its ID. An entry without a region is kept under an empty one."""
    regions: dict[str, dict[str, Any]] = {}
    for config in call["RegionConfigList"] or ():
        region_id = config.get("RegionId", "")
        if region_id in regions:
            raise ApiError("InvalidParameter", f"RegionConfigList names the region {region_id} twice.")
        regions[region_id] = {name: value for name, value in config.items() if name != "RegionId"}
    return regions


def _image_of_template(call: Call, region_ids: list[str]) -> Image | None:
    """The named image in the first of the regions that has it; without regions, in whichever has it."""
    if not call["ImageId"]:
        return None
    found = {image.region_id: image for image in Image.objects.usable_by(call.account).filter(image_id=call["ImageId"])}
    wanted = region_ids or [call["RegionId"], *found]
    return next((found[region_id] for region_id in wanted if region_id in found), None)


def _home(call: Call, region_ids: list[str], image: Image | None) -> str:
    """The region where the template is listed."""
    if image:
        return image.region_id
    known = set(Region.objects.filter(pk__in=region_ids).values_list("pk", flat=True))
    return next((one for one in region_ids if one in known), call["RegionId"] or DEFAULT_REGION_ID)


def _check_region(call: Call) -> None:
    if call["RegionId"]:
        known_region(call["RegionId"])


def describe_templates(call: Call) -> Answer:
    _check_region(call)
    templates = _templates(call)
    if call["TemplateIds"]:
        templates = templates.filter(template_id__in=call["TemplateIds"])
    if call["TemplateName"]:
        templates = templates.filter(name=call["TemplateName"])
    if call["Keyword"]:
        templates = templates.matching(call["Keyword"])
    if call["ImageId"]:
        templates = templates.filter(image_ref=call["ImageId"])
    if call["BizRegionId"]:
        templates = templates.configured_for(known_region(call["BizRegionId"]))
    rows, numbers = numbered_page(call, templates)
    return _envelope(Data=[_template(call, template) for template in rows], **numbers)


def _template(call: Call, template: Template) -> dict[str, Any]:
    extras = {**template.extras}
    level = extras.pop("DataDiskPerformanceLevel", None)
    data_disk = {"Size": str(template.data_disk_gib), **({"PerformanceLevel": level} if level else {})}
    return {
        "TemplateId": template.template_id,
        "TemplateName": template.name,
        "TemplateType": "USER_TEMPLATE",
        "Description": template.description,
        "ImageId": template.image_ref,
        "ImageType": _image_type(call, template.image),
        "SystemDiskSize": template.system_disk_gib,
        "DataDiskList": [data_disk] if template.data_disk_gib else [],
        "RegionConfigList": _regions(template),
        "DefaultLanguage": LANGUAGE,
        "PolicyGroupId": POLICY,
        "ChargeType": Desktop.CHARGE_TYPE,
        "ProductType": "CloudDesktop",
        "GmtCreate": template.created_at,
        "GmtModified": template.updated_at,
        **extras,
    }


def _regions(template: Template) -> list[dict[str, Any]]:
    """What the template says for each region, its own first."""
    home = template.region_id
    regions = template.regions or {home: {}}
    rows = []
    for region_id in sorted(regions, key=lambda one: (one != home, one)):
        config = {"RegionId": region_id, **regions[region_id]}
        if region_id == home:
            # It may have been changed since.
            config["ResourceInstanceType"] = template.desktop_type
        kind = TYPES.get(config.get("ResourceInstanceType", ""))
        config |= {
            "CpuCount": kind.cpus if kind else 0,
            "MemorySize": kind.memory_mib if kind else 0,
            "GpuSpec": kind.gpu_spec if kind else "",
        }
        rows.append(config)
    return rows


def _image_type(call: Call, image: Image | None) -> str:
    if image is None:
        return ""
    if image.is_system:
        return "System"
    return "User" if image.owner_id == call.account.pk else "Shared"


def delete_templates(call: Call) -> Answer:
    _check_region(call)
    if not call["TemplateIds"]:
        raise ApiError("InvalidParameter", "TemplateIds names no template, so there is nothing to delete.")
    templates = _found(_templates(call), call["TemplateIds"])
    all_or_nothing(call, [("DeleteBundles", template, Template.delete) for template in templates])
    return _envelope()


def _templates(call: Call) -> Any:
    return Template.objects.owned_by(call.account).select_related("image")


def _found(templates: Any, template_ids: list[str]) -> list[Template]:
    found = {template.template_id: template for template in templates.filter(template_id__in=set(template_ids))}
    for template_id in template_ids:
        if template_id not in found:
            raise ApiError("InvalidDesktopBundle.NotFound", f"There is no template {template_id}.")
    # Everybody locks several rows in the same order.
    return sorted(found.values(), key=lambda template: template.pk)


def _envelope(**content: Any) -> Answer:
    """What the answers of the newer actions are wrapped in."""
    return {"Code": "success", "Message": "", "Success": True, "HttpStatusCode": 200, **content}


def _to_the_millisecond(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
