"""Every action that is built and every parameter it takes: the table that the API, its docs and its tests go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import desktops, images
from api.calls import MAX_RESULTS, NEXT_TOKEN, REGION, Action
from api.params import Account, Boolean, Decimal, Fields, Many, Number, OneOf, Parameter, Text
from desktops.validators import MOST_AT_ONCE

if TYPE_CHECKING:
    from api.params import Kind

IMAGE_ID = Text(64)
ONE_IMAGE = Parameter("ImageId", IMAGE_ID, required=True)
OS_TYPE = OneOf(("Windows", "Linux"))
# How long a name or a description may be is a rule of the model's, with an error code of its own.
NAME = Text(1024)
IMAGE_NAME, DESCRIPTION = "2 to 128 characters.", "2 to 256 characters."
# The API's texts say 50, 20 and 10 in three places; its schema says 50.
MOST_ACCOUNTS = 50

SHORT, LONG = Text(128), Text(4096)
DESKTOP_IDS = Parameter("DesktopId", Many(Text(64), 100), required=True, note="All or nothing.")
PAGE_NUMBER = Parameter("PageNumber", Number(1))
DESKTOP_STATUS = OneOf(("Pending", "Starting", "Running", "Stopping", "Stopped", "Rebuilding", "Expired", "Deleted"))
PAGE_SIZE = Parameter("PageSize", Number(1, 100))
LEVEL = OneOf(("PL0", "PL1", "PL2", "PL3", "AutoPL"))
CATEGORY = OneOf(("cloud_auto", "cloud_essd"))
CHARGE_TYPE = OneOf(("PostPaid", "PrePaid"))
PERIOD_UNIT = OneOf(("Month", "Year"))
LANGUAGE = OneOf(images.LANGUAGES)
TAGS = Many(Fields({"Key": SHORT, "Value": SHORT}), 20)
# What the rules say of sizes has codes of its own.
SIZE = Number(0, 100_000)
UID = Number(0, 10**16 - 1)
PROTOCOL_TYPE = OneOf(("ASP", "HDX"))
SESSION_TYPE = OneOf(("SINGLE_SESSION", "MULTIPLE_SESSION"))


def accepted(**kinds: Kind) -> tuple[Parameter, ...]:
    """Parameters about what this project does not have."""
    return tuple(Parameter(name, kind, accepted_only=True) for name, kind in kinds.items())


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
            Parameter("ProtocolType", PROTOCOL_TYPE, note="Every image here is ASP."),
            Parameter("SessionType", SESSION_TYPE, note="Every image here is single."),
            Parameter("LanguageType", LANGUAGE, note="Every image here has all four."),
            Parameter("DesktopInstanceType", Text(128), accepted_only=True),
            Parameter("FotaVersion", Text(128), accepted_only=True),
            Parameter("GpuDriverVersion", Text(128), accepted_only=True),
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
            Parameter("DesktopId", Text(64), required=True, note="There are no snapshots to make an image from."),
            Parameter("ImageName", NAME, required=True, note=IMAGE_NAME),
            Parameter("Description", NAME, note="Without it, the name."),
            Parameter("DiskType", OneOf(("ALL", "SYSTEM")), default="ALL"),
            Parameter("AutoCleanUserdata", Boolean(), default=False),
            Parameter("SnapshotId", SHORT, note="There is none, so it is not found."),
            Parameter("SnapshotIds", Many(SHORT, 100), note="There are none, so they are not found."),
            Parameter("DataSnapshotIds", Many(SHORT, 100), note="There are none, so they are not found."),
            *accepted(ImageResourceType=SHORT),
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
            Parameter("VolumeEncryptionEnabled", Boolean()),
            *accepted(
                AppRuleId=SHORT,
                AutoPay=Boolean(),
                AutoRenew=Boolean(),
                BundleModels=Many(
                    Fields(
                        {
                            "Amount": Number(0, 300),
                            "BundleId": SHORT,
                            "DesktopName": SHORT,
                            "EndUserIds": Many(SHORT, 100),
                            "Hostname": SHORT,
                            "VolumeEncryptionEnabled": Boolean(),
                            "VolumeEncryptionKey": SHORT,
                        }
                    ),
                    20,
                ),
                ChannelCookie=LONG,
                ChargeType=CHARGE_TYPE,
                DesktopMemberIp=SHORT,
                DesktopNameModel=Fields({"DesktopNameIsSuffix": Boolean()}, as_json=True),
                DesktopNameSuffix=Boolean(),
                DesktopTimers=Many(
                    Fields(
                        {
                            "AllowClientSetting": Boolean(),
                            "CronExpression": SHORT,
                            "Enforce": Boolean(),
                            "Interval": Number(),
                            "OperationType": SHORT,
                            "ResetType": SHORT,
                            "TimerType": SHORT,
                        }
                    ),
                    20,
                ),
                DirectoryId=SHORT,
                EndUserId=Many(SHORT, 100),
                ExtendInfo=LONG,
                GroupId=SHORT,
                Hostname=SHORT,
                MonthDesktopSetting=Fields({"BuyerId": Number(), "DesktopId": SHORT, "UseDuration": Number()}),
                OfficeSiteId=SHORT,
                OuPath=Text(1024),
                Period=Number(1, 12),
                PeriodUnit=PERIOD_UNIT,
                PolicyGroupId=SHORT,
                PromotionId=SHORT,
                PurchaseOptions=Fields(
                    {
                        "CreditPackageAmountSpec": Number(),
                        "CreditPackagePeriod": Number(),
                        "CreditPackagePeriodUnit": SHORT,
                        "MonthlyCredits": Number(),
                    },
                    as_json=True,
                ),
                QosRuleId=SHORT,
                ResellerOwnerUid=UID,
                ReservePoolId=SHORT,
                ResourceGroupId=SHORT,
                SavingPlanId=SHORT,
                SnapshotPolicyId=SHORT,
                SubPayType=SHORT,
                SubnetId=SHORT,
                Tag=TAGS,
                TimerGroupId=SHORT,
                UserAssignMode=OneOf(("ALL", "PER_USER")),
                UserCommands=Many(Fields({"Content": LONG, "ContentEncoding": SHORT, "ContentType": SHORT}), 20),
                UserName=SHORT,
                VolumeEncryptionKey=SHORT,
                VpcId=SHORT,
            ),
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
            Parameter("ChargeType", CHARGE_TYPE, note="Every computer here is PostPaid."),
            Parameter("ProtocolType", PROTOCOL_TYPE, note="Every computer here is ASP."),
            MAX_RESULTS,
            NEXT_TOKEN,
            Parameter("PageNumber", Number(1), note="With it or PageSize, pages are by number and not by token."),
            PAGE_SIZE,
            *accepted(
                BusinessChannel=SHORT,
                DesktopGroupId=SHORT,
                DirectoryId=SHORT,
                EndUserId=Many(SHORT, 100),
                ExcludedEndUserId=Many(SHORT, 100),
                ExpiredTime=SHORT,
                FillResourceGroup=Boolean(),
                FilterDesktopGroup=Boolean(),
                GpuInstanceGroupId=SHORT,
                GroupId=SHORT,
                IncludeAutoSnapshotPolicy=Boolean(),
                ManagementFlag=SHORT,
                MultiResource=Boolean(),
                NetworkInterfaceIp=SHORT,
                OfficeSiteId=SHORT,
                OfficeSiteName=SHORT,
                OnlyDesktopGroup=Boolean(),
                PolicyGroupId=SHORT,
                PublicIp=SHORT,
                QosRuleId=SHORT,
                QueryFotaUpdate=Boolean(),
                ReservePoolId=SHORT,
                ResourceGroupId=SHORT,
                SnapshotPolicyId=SHORT,
                SubPayType=SHORT,
                Tag=TAGS,
                UserName=SHORT,
            ),
        ),
    ),
    Action("StartDesktops", desktops.start_desktops, (REGION, DESKTOP_IDS)),
    Action(
        "StopDesktops",
        desktops.stop_desktops,
        (
            REGION,
            DESKTOP_IDS,
            *accepted(
                StoppedMode=OneOf(("StopCharging", "KeepCharging")),
                CreateSnapshot=Boolean(),
                OsUpdate=Boolean(),
                PatchId=SHORT,
            ),
        ),
    ),
    Action(
        "RebootDesktops",
        desktops.reboot_desktops,
        (REGION, DESKTOP_IDS, *accepted(CreateSnapshot=Boolean(), OsUpdate=Boolean(), PatchId=SHORT)),
    ),
    Action(
        "RebuildDesktops",
        desktops.rebuild_desktops,
        (
            REGION,
            Parameter("DesktopId", Many(Text(64), 20), required=True, note="Each has a result of its own."),
            Parameter("ImageId", IMAGE_ID, note="Without it, the image that the computer has."),
            Parameter("OperateType", OneOf(("replace",)), note="The data disk becomes the image's."),
            *accepted(AfterStatus=SHORT, Language=LANGUAGE),
        ),
    ),
    Action(
        "DeleteDesktops",
        desktops.delete_desktops,
        (REGION, DESKTOP_IDS, *accepted(ResellerOwnerUid=UID)),
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
            *accepted(Language=LANGUAGE, RootDiskPerformanceLevel=LEVEL, UserDiskPerformanceLevel=LEVEL),
        ),
        name_of="Template",
    ),
    Action(
        "DescribeBundles",
        desktops.describe_bundles,
        (
            REGION,
            Parameter("BundleId", Many(SHORT, 100)),
            Parameter("BundleType", OneOf(("CUSTOM", "SYSTEM")), note="There are no system templates here."),
            Parameter("ImageId", Many(IMAGE_ID, 100)),
            Parameter("DesktopTypeFamily", SHORT),
            Parameter("CpuCount", Number()),
            Parameter("MemorySize", Number(), note="GiB."),
            Parameter("GpuCount", Decimal()),
            Parameter("OsType", OS_TYPE),
            Parameter("ProtocolType", PROTOCOL_TYPE, note="Every template here is ASP."),
            Parameter("SessionType", SESSION_TYPE, note="Every template here is single."),
            MAX_RESULTS,
            NEXT_TOKEN,
            *accepted(
                CheckStock=Boolean(),
                FotaChannel=SHORT,
                FromDesktopGroup=Boolean(),
                GpuDriverType=SHORT,
                Scope=SHORT,
                SelectedBundle=Boolean(),
                SupportMultiSession=Boolean(),
            ),
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
            *accepted(Language=LANGUAGE),
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
            Parameter("TemplateName", NAME, required=True, note="2 to 126 characters."),
            Parameter("ImageId", IMAGE_ID, required=True),
            Parameter(
                "RegionConfigList",
                Many(
                    Fields(
                        {
                            "RegionId": Text(32),
                            "ResourceInstanceType": SHORT,
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
                required=True,
                note="One: the image's region. RegionId and ResourceInstanceType are required; VolumeEncryptionEnable "
                "is refused, since computers are encrypted when they are created.",
            ),
            Parameter("Description", NAME, note=DESCRIPTION),
            Parameter("SystemDiskSize", SIZE, note="Without it, that of the image."),
            Parameter("DataDiskList", Many(Fields({"Size": SIZE, "PerformanceLevel": LEVEL}), 1)),
            *accepted(
                AutoPay=Boolean(),
                AutoRenew=Boolean(),
                BizType=SHORT,
                ChargeType=CHARGE_TYPE,
                DefaultLanguage=LANGUAGE,
                InstanceName=SHORT,
                Period=Number(1, 12),
                PeriodUnit=PERIOD_UNIT,
                PolicyGroupId=SHORT,
                PostPaidAfterUsedUp=Boolean(),
                ProductType=OneOf(("CloudDesktop",)),
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
            Parameter("TemplateIds", Many(SHORT, 100)),
            Parameter("TemplateName", SHORT),
            Parameter("Keyword", SHORT, note="Templates whose ID or name has this text in it."),
            Parameter("ImageId", IMAGE_ID),
            Parameter("BizRegionId", Text(32)),
            Parameter(
                "TemplateType",
                OneOf(("USER_TEMPLATE", "SYSTEM_TEMPLATE")),
                note="There are no system templates here.",
            ),
            PAGE_NUMBER,
            PAGE_SIZE,
            *accepted(BizType=SHORT, ProductType=OneOf(("CloudDesktop",))),
        ),
    ),
    Action(
        "DeleteTemplates",
        desktops.delete_templates,
        (
            Parameter("TemplateIds", Many(SHORT, 100), required=True, note="All or nothing."),
            *accepted(BizType=SHORT),
        ),
    ),
)

ACTIONS = {action.name: action for action in ALL_ACTIONS}
