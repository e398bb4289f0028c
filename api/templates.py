"""The actions on templates in their newer form, for one region or several.

Bundles are another view of the same thing, `desktops.Template`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.action import Action
from api.calls import ANY_REGION, known_region
from api.errors import ApiError
from api.kinds import (
    CHARGE_TYPE,
    DESCRIPTION_NOTE,
    IMAGE_ID,
    LANGUAGE,
    LEVEL,
    NAME,
    PERIOD_UNIT,
    SHORT,
    SIZE,
    TAGS,
    TEMPLATE_NAME_NOTE,
)
from api.paging import PAGE_NUMBER, PAGE_SIZE, numbered_page
from api.params import Boolean, Fields, ListOf, Number, OneOf, Parameter, Text
from api.vendor_parameters import POLICY
from audit.actions import all_or_nothing
from desktops.catalogue import TYPES
from desktops.models import Desktop, Template
from images.models import Image
from regions.models import DEFAULT_REGION_ID, Region

if TYPE_CHECKING:
    from api.calls import Answer, Call
    from api.params import Kind


DEFAULT_LANGUAGE = "en-US"


# Parameters about things that computers here do not have. A template keeps them under the second name.
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


def extras_of(call: Call) -> dict[str, Any]:
    return {kept: call.values[name] for name, kept in EXTRAS.items() if call.values.get(name) is not None}


def templates_of(call: Call) -> Any:
    return Template.objects.owned_by(call.account).select_related("image")


def found_templates(templates: Any, template_ids: list[str]) -> list[Template]:
    found = {template.template_id: template for template in templates.filter(template_id__in=set(template_ids))}
    for template_id in template_ids:
        if template_id not in found:
            raise ApiError("InvalidDesktopBundle.NotFound", f"There is no template {template_id}.")
    # Several rows are locked in the same order everywhere.
    return sorted(found.values(), key=lambda template: template.pk)


def given_back(**kinds: Kind) -> tuple[Parameter, ...]:
    """Parameters that a template keeps and gives back, though computers here do not have such a thing."""
    return tuple(Parameter(name, kind, note="Given back as it was sent.") for name, kind in kinds.items())


def create_template(call: Call) -> Answer:
    """Make a template. Values are not checked before it is used, as in EDS; an image that is named must be usable."""
    _check_region(call)
    regions = _region_configs(call)
    image = _image_of_template(call, list(regions))
    region_id = _home(call, list(regions), image)
    data_disk = (call["DataDiskList"] or [{}])[0]
    extras = extras_of(call)
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
    """The settings of each region, by its ID. An entry without a region is kept under an empty ID."""
    regions: dict[str, dict[str, Any]] = {}
    for config in call["RegionConfigList"] or ():
        region_id = config.get("RegionId", "")
        if region_id in regions:
            raise ApiError("InvalidParameter", f"RegionConfigList names the region {region_id} twice.")
        regions[region_id] = {name: value for name, value in config.items() if name != "RegionId"}
    return regions


def _image_of_template(call: Call, region_ids: list[str]) -> Image | None:
    """The named image in the first of the regions that has it. Without regions, any region will do."""
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


CREATE_TEMPLATE = Action(
    "CreateTemplate",
    create_template,
    reads=False,
    resource="TemplateIds",
    parameters=(
        ANY_REGION,
        Parameter("TemplateName", NAME, required=True, note=TEMPLATE_NAME_NOTE),
        Parameter("ImageId", IMAGE_ID, note="If it is sent, the account must be able to use it."),
        Parameter(
            "RegionConfigList",
            ListOf(
                Fields(
                    {
                        "RegionId": Text(32),
                        "ResourceInstanceType": Text(64),
                        "OfficeSiteId": SHORT,
                        "SnapshotPolicyId": SHORT,
                        "SubnetId": SHORT,
                        "VirtualNodePoolId": SHORT,
                        "VolumeEncryptionEnable": Boolean(),
                        "VolumeEncryptionKey": SHORT,
                    }
                ),
                20,
            ),
            note="Each region once. The template is listed in the first that has the image. Values are checked "
            "when the template is used there; the computers are encrypted where VolumeEncryptionEnable says so.",
        ),
        Parameter("Description", NAME, note=DESCRIPTION_NOTE),
        Parameter("SystemDiskSize", SIZE, note="Without it, that of the image."),
        Parameter("DataDiskList", ListOf(Fields({"Size": SIZE, "PerformanceLevel": LEVEL}), 1)),
        Parameter("ChargeType", CHARGE_TYPE, note="With PrePaid no computers can be created after the template."),
        *given_back(
            AutoPay=Boolean(),
            AutoRenew=Boolean(),
            DefaultLanguage=LANGUAGE,
            InstanceName=SHORT,
            Period=Number(1, 12),
            PeriodUnit=PERIOD_UNIT,
            PolicyGroupId=SHORT,
            PostPaidAfterUsedUp=Boolean(),
            ResourceGroupId=SHORT,
            ResourceTagList=TAGS,
            SiteConfigList=ListOf(Fields({"AppRuleId": SHORT, "SiteId": SHORT}), 20),
            SystemDiskPerformanceLevel=LEVEL,
            TimerGroupId=SHORT,
            UserDuration=Number(),
        ),
    ),
)


def describe_templates(call: Call) -> Answer:
    _check_region(call)
    templates = templates_of(call)
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
        "DefaultLanguage": DEFAULT_LANGUAGE,
        "PolicyGroupId": POLICY,
        "ChargeType": Desktop.CHARGE_TYPE,
        "ProductType": "CloudDesktop",
        "GmtCreate": template.created_at,
        "GmtModified": template.updated_at,
        **extras,
    }


def _regions(template: Template) -> list[dict[str, Any]]:
    """The settings of each region, the template's own region first."""
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


DESCRIBE_TEMPLATES = Action(
    "DescribeTemplates",
    describe_templates,
    reads=True,
    resource="TemplateIds",
    parameters=(
        ANY_REGION,
        Parameter("TemplateIds", ListOf(SHORT, 100)),
        Parameter("TemplateName", SHORT),
        Parameter("Keyword", SHORT, note="Templates whose ID or name has this text in it."),
        Parameter("ImageId", IMAGE_ID),
        Parameter("BizRegionId", Text(32)),
        Parameter(
            "TemplateType",
            OneOf(("USER_TEMPLATE", "SYSTEM_TEMPLATE")),
            only=("USER_TEMPLATE",),
            note="There are no system templates here.",
        ),
        PAGE_NUMBER,
        PAGE_SIZE,
    ),
)


def delete_templates(call: Call) -> Answer:
    _check_region(call)
    if not call["TemplateIds"]:
        raise ApiError("InvalidParameter", "TemplateIds names no template, so there is nothing to delete.")
    templates = found_templates(templates_of(call), call["TemplateIds"])
    with all_or_nothing():
        for template in templates:
            template.remove(by=call.by)
    return _envelope()


DELETE_TEMPLATES = Action(
    "DeleteTemplates",
    delete_templates,
    reads=False,
    resource="TemplateIds",
    parameters=(
        ANY_REGION,
        Parameter("TemplateIds", ListOf(SHORT, 100), note="All or nothing. A call that names none is refused."),
    ),
)


def _envelope(**content: Any) -> Answer:
    """The answer in the envelope that the newer actions have."""
    return {"Code": "success", "Message": "", "Success": True, "HttpStatusCode": 200, **content}
