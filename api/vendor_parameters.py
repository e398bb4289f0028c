"""The vendor's parameters about things that this server does not have: office networks, users, billing and the like.

Each row says why the parameter can be accepted, or which values everything here has. A filter by another value finds
nothing, and an action that asks for another value is refused. `tests/api/test_vendor_parameters.py` says what each
accepted parameter does in the vendor's API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.kinds import CHARGE_TYPE, LANGUAGE, LONG, PERIOD_UNIT, SHORT, TAGS, UID
from api.params import Boolean, Fields, ListOf, Number, OneOf, Parameter, Text

if TYPE_CHECKING:
    from api.params import Kind

POLICY = "system-all-enabled-policy"

# Why a parameter is accepted.
BILLING = "Nothing is billed here."
PREPAID = "It matters with ChargeType PrePaid only, which is refused."
DESCRIBES = "Computers here have no such thing: no answer shows it, and no filter finds a computer by it."
NOT_IN_USE = "The vendor's SDK says that it is not available for use."
ADDS_NOTHING = "It asks for extra fields, which this server does not have."
EXCLUDES_NONE = "It excludes things that do not exist here."


def _accepted(reason: str, **kinds: Kind) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind, accepted=reason) for name, kind in kinds.items())


def _only(values: tuple[Any, ...], note: str = "", *, unless: str = "", **kinds: Kind) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, kind, only=values, note=note, unless=unless) for name, kind in kinds.items())


NO_PATCHES = _only((False,), "There are neither snapshots nor patches.", CreateSnapshot=Boolean(), OsUpdate=Boolean())
NO_PATCH = _only((), "There are no patches.", PatchId=SHORT)
NO_RESELLERS = _only((), "There are no resellers: the account is the one of the AccessKey.", ResellerOwnerUid=UID)
NOT_PUBLIC = "The vendor's SDK says that it is not public, so its effect is not known."

_BUNDLE = Fields(
    {
        "Amount": Number(0, 300),
        "BundleId": SHORT,
        "DesktopName": SHORT,
        "EndUserIds": ListOf(SHORT, 100),
        "Hostname": SHORT,
        "VolumeEncryptionEnabled": Boolean(),
        "VolumeEncryptionKey": SHORT,
    }
)
_TIMER = Fields(
    {
        "AllowClientSetting": Boolean(),
        "CronExpression": SHORT,
        "Enforce": Boolean(),
        "Interval": Number(),
        "OperationType": SHORT,
        "ResetType": SHORT,
        "TimerType": SHORT,
    }
)
_CREDITS = Fields(
    {
        "CreditPackageAmountSpec": Number(),
        "CreditPackagePeriod": Number(),
        "CreditPackagePeriodUnit": SHORT,
        "MonthlyCredits": Number(),
    },
    as_json=True,
)

VENDOR_PARAMETERS: dict[str, tuple[Parameter, ...]] = {
    "DescribeImages": _only((), "No image here has one.", FotaVersion=SHORT, GpuDriverVersion=SHORT),
    "CreateImage": _only((), NOT_PUBLIC, ImageResourceType=SHORT),
    "CreateDesktops": (
        *_only((), "There are no computer pools.", GroupId=SHORT),
        *_only((), "Send one call for each template.", BundleModels=ListOf(_BUNDLE, 20)),
        *_only(
            (),
            "No packages of hours are sold.",
            MonthDesktopSetting=Fields({"BuyerId": Number(), "DesktopId": SHORT, "UseDuration": Number()}),
        ),
        *NO_RESELLERS,
        Parameter(
            "ChargeType",
            CHARGE_TYPE,
            only=("PostPaid",),
            note="Every computer here is PostPaid.",
            code="InvalidChargeType.Unsupported",
        ),
        Parameter(
            "SubPayType",
            SHORT,
            only=("postPaid",),
            note="Every computer here is postPaid.",
            code="InvalidChargeType.Unsupported",
        ),
        *_accepted(PREPAID, AutoRenew=Boolean(), Period=Number(1, 12), PeriodUnit=PERIOD_UNIT),
        *_accepted(
            BILLING,
            AutoPay=Boolean(),
            ChannelCookie=LONG,
            PromotionId=SHORT,
            PurchaseOptions=_CREDITS,
            SavingPlanId=SHORT,
        ),
        *_accepted(
            DESCRIBES,
            AppRuleId=SHORT,
            DesktopMemberIp=SHORT,
            DesktopTimers=ListOf(_TIMER, 20),
            EndUserId=ListOf(SHORT, 100),
            ExtendInfo=LONG,
            Hostname=SHORT,
            OfficeSiteId=SHORT,
            OuPath=Text(1024),
            QosRuleId=SHORT,
            ReservePoolId=SHORT,
            ResourceGroupId=SHORT,
            SnapshotPolicyId=SHORT,
            SubnetId=SHORT,
            Tag=TAGS,
            TimerGroupId=SHORT,
            UserAssignMode=OneOf(("ALL", "PER_USER")),
            UserCommands=ListOf(Fields({"Content": LONG, "ContentEncoding": SHORT, "ContentType": SHORT}), 20),
            VolumeEncryptionKey=SHORT,
        ),
        *_accepted(f"Every computer here has {POLICY}.", PolicyGroupId=SHORT),
        *_accepted(NOT_IN_USE, DirectoryId=SHORT, UserName=SHORT, VpcId=SHORT),
    ),
    "DescribeDesktops": (
        *_only(
            (),
            "No computer here has one.",
            DirectoryId=SHORT,
            EndUserId=ListOf(SHORT, 100),
            ExpiredTime=SHORT,
            GpuInstanceGroupId=SHORT,
            GroupId=SHORT,
            NetworkInterfaceIp=SHORT,
            OfficeSiteId=SHORT,
            OfficeSiteName=SHORT,
            PublicIp=SHORT,
            QosRuleId=SHORT,
            ReservePoolId=SHORT,
            ResourceGroupId=SHORT,
            SnapshotPolicyId=SHORT,
            Tag=TAGS,
            UserName=SHORT,
        ),
        *_only((), "No computer is in a pool. Not looked at with DesktopId.", unless="DesktopId", DesktopGroupId=SHORT),
        *_only(("Enterprise",), "Every computer here is of the Enterprise Edition.", BusinessChannel=SHORT),
        *_only(("NoFlag",), "Every computer here has NoFlag.", ManagementFlag=SHORT),
        *_only((False,), "No computer here has several resources.", MultiResource=Boolean()),
        *_only((False,), "No computer here is in a pool.", OnlyDesktopGroup=Boolean()),
        *_only((POLICY,), f"Every computer here has {POLICY}.", PolicyGroupId=SHORT),
        *_only(("postPaid",), "Every computer here is postPaid.", SubPayType=SHORT),
        *_accepted(EXCLUDES_NONE, ExcludedEndUserId=ListOf(SHORT, 100), FilterDesktopGroup=Boolean()),
        *_accepted(
            ADDS_NOTHING,
            FillResourceGroup=Boolean(),
            IncludeAutoSnapshotPolicy=Boolean(),
            QueryFotaUpdate=Boolean(),
        ),
    ),
    "StopDesktops": (
        *_accepted(BILLING, StoppedMode=OneOf(("StopCharging", "KeepCharging"))),
        *NO_PATCHES,
        *NO_PATCH,
    ),
    "RebootDesktops": (*NO_PATCHES, *NO_PATCH),
    "RebuildDesktops": _accepted("No answer shows the language of a computer.", Language=LANGUAGE),
    "DeleteDesktops": NO_RESELLERS,
    "DescribeBundles": (
        *_only((), "No template here has one.", FotaChannel=SHORT, GpuDriverType=SHORT, Scope=SHORT),
        *_only((False,), "No template here is a pool's.", FromDesktopGroup=Boolean()),
        *_only((False,), "No template here is selected.", SelectedBundle=Boolean()),
        *_accepted("It adds templates for several sessions, and there are none here.", SupportMultiSession=Boolean()),
        *_accepted("StockState is in the answer either way.", CheckStock=Boolean()),
    ),
    "CreateTemplate": (
        *_only((), NOT_PUBLIC, BizType=SHORT),
        *_only(("CloudDesktop",), "There are no other products.", ProductType=SHORT),
    ),
    "DescribeTemplates": (
        *_only((), "No template here has one.", BizType=SHORT),
        *_only(("CloudDesktop",), "There are no other products.", ProductType=SHORT),
    ),
    "DeleteTemplates": _only((), NOT_PUBLIC, BizType=SHORT),
}
