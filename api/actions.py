"""Every action that is built and every parameter it takes: the table that the API, its docs and its tests go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import desktops, images
from api.calls import ANY_REGION, MAX_RESULTS, NEXT_TOKEN, REGION, Action
from api.kinds import (
    CATEGORY,
    CHARGE_TYPE,
    IMAGE_ID,
    LANGUAGE,
    LANGUAGES,
    LEVEL,
    NAME,
    OS_TYPE,
    PERIOD_UNIT,
    PROTOCOL_TYPE,
    SESSION_TYPE,
    SHORT,
    SIZE,
    TAGS,
)
from api.params import Account, Boolean, Decimal, Fields, Many, Number, OneOf, Parameter, Text
from desktops.validators import MOST_AT_ONCE

if TYPE_CHECKING:
    from api.params import Kind

ONE_IMAGE = Parameter("ImageId", IMAGE_ID, required=True)
IMAGE_NAME, DESCRIPTION = "2 to 128 characters.", "2 to 256 characters."
# The API's texts say 50, 20 and 10 in three places; its schema says 50.
MOST_ACCOUNTS = 50

DESKTOP_IDS = Parameter("DesktopId", Many(Text(64), 100), required=True, note="All or nothing.")
PAGE_NUMBER = Parameter("PageNumber", Number(1))
DESKTOP_STATUS = OneOf(("Pending", "Starting", "Running", "Stopping", "Stopped", "Rebuilding", "Expired", "Deleted"))
PAGE_SIZE = Parameter("PageSize", Number(1, 100))


def given_back(**kinds: Kind) -> tuple[Parameter, ...]:
    """A template keeps what it is told of what computers here do not have."""
    return tuple(Parameter(name, kind, note="Given back as it was sent.") for name, kind in kinds.items())


ALL_ACTIONS = (
    Action(
        "DescribeRegions",
        images.describe_regions,
        (REGION, Parameter("AcceptLanguage", OneOf(("zh", "en")), default="zh", note="The language of LocalName.")),
    ),
    Action(
        "DescribeImages",
        images.describe_images,
        (
            REGION,
            Parameter("ImageId", Many(IMAGE_ID, 100)),
            Parameter("ImageName", Text(128), note="Images whose name has this text in it."),
            Parameter(
                "ImageType",
                OneOf(("CUSTOM", "SHARED", "SYSTEM")),
                note="CUSTOM are the account's own, SHARED those it received. Without it, all three.",
            ),
            Parameter("ImageStatus", OneOf(tuple(images.STATUSES))),
            Parameter("OsType", OS_TYPE),
            Parameter("GpuCategory", Boolean()),
            Parameter("ProtocolType", PROTOCOL_TYPE, only=("ASP",), note="Every image here is ASP."),
            Parameter("SessionType", SESSION_TYPE, only=("SINGLE_SESSION",), note="Every image here is single."),
            Parameter("LanguageType", LANGUAGE, only=LANGUAGES, note="Every image here has all four."),
            Parameter("DesktopInstanceType", SHORT, note="Images that suit a cloud computer type: its GPU or none."),
            MAX_RESULTS,
            NEXT_TOKEN,
        ),
    ),
    Action(
        "ModifyImageAttribute",
        images.modify_image_attribute,
        (REGION, ONE_IMAGE, Parameter("Name", NAME, note=IMAGE_NAME), Parameter("Description", NAME, note=DESCRIPTION)),
    ),
    Action("DescribeImagePermission", images.describe_image_permission, (REGION, ONE_IMAGE)),
    Action(
        "ModifyImagePermission",
        images.modify_image_permission,
        (
            REGION,
            ONE_IMAGE,
            Parameter("AddAccount", Many(Account(), MOST_ACCOUNTS), note="All or nothing, removes included."),
            Parameter("RemoveAccount", Many(Account(), MOST_ACCOUNTS)),
        ),
    ),
    Action(
        "CopyImage",
        images.copy_image,
        (
            REGION,
            ONE_IMAGE,
            Parameter("DestinationRegionId", Text(32), required=True, note="Another region than RegionId."),
            Parameter("DestinationImageName", NAME, required=True, note=IMAGE_NAME),
            Parameter("DestinationDescription", NAME, note=DESCRIPTION),
        ),
    ),
    Action(
        "CancelCopyImage",
        images.cancel_copy_image,
        (
            Parameter("RegionId", Text(32), required=True, note="The region that the image is copied to."),
            Parameter("ImageId", IMAGE_ID, required=True, note="The new image, which CopyImage gave."),
        ),
    ),
    Action(
        "DeleteImages",
        images.delete_images,
        (
            REGION,
            Parameter("ImageId", Many(IMAGE_ID, 100), required=True, note="All or nothing."),
            Parameter(
                "DeleteCascadedBundle",
                Boolean(),
                default=False,
                note="Whether the account's templates of the image are deleted too; if not, they refuse the deletion.",
            ),
        ),
    ),
    Action(
        "CreateImage",
        desktops.create_image,
        (
            REGION,
            Parameter("DesktopId", Text(64), note="Needed, since there are no snapshots to make an image from."),
            Parameter("ImageName", NAME, note=f"{IMAGE_NAME} Without it, the ID of the image."),
            Parameter("Description", NAME, note="Without it, the name."),
            Parameter("DiskType", OneOf(("ALL", "SYSTEM")), default="ALL"),
            Parameter("AutoCleanUserdata", Boolean(), default=False),
            Parameter("SnapshotId", SHORT, note="There is none, so it is not found."),
            Parameter("SnapshotIds", Many(SHORT, 100), note="There are none, so they are not found."),
            Parameter("DataSnapshotIds", Many(SHORT, 100), note="There are none, so they are not found."),
        ),
    ),
    Action(
        "DescribeImageModifiedRecords",
        desktops.describe_image_modified_records,
        (REGION, Parameter("DesktopId", Text(64), required=True), MAX_RESULTS, NEXT_TOKEN),
    ),
    Action(
        "CreateDesktops",
        desktops.create_desktops,
        (
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
                note="Ignored with BundleId. ImageId, DesktopType and SystemDiskSize are required.",
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
        name_of="Desktop",
    ),
    Action(
        "DescribeDesktops",
        desktops.describe_desktops,
        (
            REGION,
            Parameter("DesktopId", Many(Text(64), 100)),
            Parameter("DesktopName", SHORT, note="Computers whose name has this text in it."),
            Parameter("DesktopStatus", DESKTOP_STATUS),
            Parameter("DesktopStatusList", Many(DESKTOP_STATUS, 10)),
            Parameter("DesktopType", SHORT),
            Parameter("ImageId", Many(IMAGE_ID, 100)),
            Parameter("OsTypes", Many(OS_TYPE, 10)),
            Parameter("ChargeType", CHARGE_TYPE, only=("PostPaid",), note="Every computer here is PostPaid."),
            Parameter("ProtocolType", PROTOCOL_TYPE, only=("ASP",), note="Every computer here is ASP."),
            MAX_RESULTS,
            NEXT_TOKEN,
            Parameter("PageNumber", Number(1), note="With it or PageSize, pages are by number and not by token."),
            PAGE_SIZE,
        ),
    ),
    Action("StartDesktops", desktops.start_desktops, (REGION, DESKTOP_IDS)),
    Action(
        "StopDesktops",
        desktops.stop_desktops,
        (
            REGION,
            DESKTOP_IDS,
        ),
    ),
    Action(
        "RebootDesktops",
        desktops.reboot_desktops,
        (REGION, DESKTOP_IDS),
    ),
    Action(
        "RebuildDesktops",
        desktops.rebuild_desktops,
        (
            REGION,
            Parameter("DesktopId", Many(Text(64), 20), required=True, note="Each has a result of its own."),
            Parameter("ImageId", IMAGE_ID, note="Without it, the image that the computer has."),
            Parameter("OperateType", OneOf(("replace",)), note="The data disk becomes the image's."),
            Parameter("AfterStatus", OneOf(("Running", "Stopped")), note="Without it, the status of before."),
        ),
    ),
    Action(
        "DeleteDesktops",
        desktops.delete_desktops,
        (REGION, DESKTOP_IDS),
    ),
    Action(
        "CreateBundle",
        desktops.create_bundle,
        (
            REGION,
            ONE_IMAGE,
            Parameter("DesktopType", SHORT, required=True),
            Parameter("RootDiskSizeGib", SIZE, required=True),
            Parameter("UserDiskSizeGib", Many(SIZE, 1), required=True, note="0 is no data disk."),
            Parameter("BundleName", NAME, note="2 to 126 characters. Without it, the name of the image."),
            Parameter("Description", NAME, note=DESCRIPTION),
            *given_back(Language=LANGUAGE, RootDiskPerformanceLevel=LEVEL, UserDiskPerformanceLevel=LEVEL),
        ),
        name_of="Template",
    ),
    Action(
        "DescribeBundles",
        desktops.describe_bundles,
        (
            REGION,
            Parameter("BundleId", Many(SHORT, 100)),
            Parameter(
                "BundleType",
                OneOf(("CUSTOM", "SYSTEM")),
                only=("CUSTOM",),
                note="There are no system templates here.",
            ),
            Parameter("ImageId", Many(IMAGE_ID, 100)),
            Parameter("DesktopTypeFamily", SHORT),
            Parameter("CpuCount", Number()),
            Parameter("MemorySize", Number(), note="GiB."),
            Parameter("GpuCount", Decimal()),
            Parameter("OsType", OS_TYPE),
            Parameter("ProtocolType", PROTOCOL_TYPE, only=("ASP",), note="Every template here is ASP."),
            Parameter("SessionType", SESSION_TYPE, only=("SINGLE_SESSION",), note="Every template here is single."),
            MAX_RESULTS,
            NEXT_TOKEN,
            Parameter("VolumeEncryptionEnabled", Boolean(), note="Whether the image is encrypted."),
        ),
    ),
    Action(
        "ModifyBundle",
        desktops.modify_bundle,
        (
            REGION,
            Parameter("BundleId", SHORT, required=True),
            Parameter("BundleName", NAME, note="2 to 126 characters."),
            Parameter("Description", NAME, note=DESCRIPTION),
            Parameter("ImageId", IMAGE_ID),
            *given_back(Language=LANGUAGE),
        ),
        name_of="Template",
    ),
    Action(
        "DeleteBundles",
        desktops.delete_bundles,
        (REGION, Parameter("BundleId", Many(SHORT, 100), required=True, note="All or nothing.")),
    ),
    Action(
        "CreateTemplate",
        desktops.create_template,
        (
            ANY_REGION,
            Parameter("TemplateName", NAME, required=True, note="2 to 126 characters."),
            Parameter("ImageId", IMAGE_ID, note="If it is sent, the account must be able to use it."),
            Parameter(
                "RegionConfigList",
                Many(
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
            Parameter("Description", NAME, note=DESCRIPTION),
            Parameter("SystemDiskSize", SIZE, note="Without it, that of the image."),
            Parameter("DataDiskList", Many(Fields({"Size": SIZE, "PerformanceLevel": LEVEL}), 1)),
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
                SiteConfigList=Many(Fields({"AppRuleId": SHORT, "SiteId": SHORT}), 20),
                SystemDiskPerformanceLevel=LEVEL,
                TimerGroupId=SHORT,
                UserDuration=Number(),
            ),
        ),
        name_of="Template",
    ),
    Action(
        "DescribeTemplates",
        desktops.describe_templates,
        (
            ANY_REGION,
            Parameter("TemplateIds", Many(SHORT, 100)),
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
    ),
    Action(
        "DeleteTemplates",
        desktops.delete_templates,
        (
            ANY_REGION,
            Parameter("TemplateIds", Many(SHORT, 100), note="All or nothing. A call that names none is refused."),
        ),
    ),
)

ACTIONS = {action.name: action for action in ALL_ACTIONS}
