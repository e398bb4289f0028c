"""The fields of the vendor's answers: honoured, always the same, or not answered, with the reason.

A field of a structure is `Name.Field`. Tests compare the table with the vendor's SDK and with the answers. RequestId is
in every answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Coverage:
    """Names are separated by blanks; `fixed` and `absent` have them by the reason."""

    honoured: str = ""
    fixed: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def names(texts: str) -> list[str]:
        return texts.split()


ONE_PROTOCOL = "Everything here has the one protocol, and one session at a time."
NO_KEYS = "There are no KMS keys here."
PAID_BY_USE = "Everything here is paid by use."
NEVER_FAILS = "A call that fails is answered with an error instead."
NO_CATEGORIES = "Simulated disks have no category."

ENVELOPE = {NEVER_FAILS: "Code HttpStatusCode Message Success"}

VENDOR_ANSWERS: dict[str, Coverage] = {
    "DescribeRegions": Coverage("Regions.LocalName Regions.RegionEndpoint Regions.RegionId"),
    "DescribeImages": Coverage(
        "Images.CreationTime Images.DataDiskSize Images.Description Images.GpuCategory Images.ImageId Images.ImageType "
        "Images.Name Images.OsType Images.Platform Images.Progress Images.SharedCount Images.Size Images.Status "
        "Images.UpdateTime Images.VolumeEncryptionEnabled NextToken",
        fixed={
            ONE_PROTOCOL: "Images.ProtocolType Images.SessionType",
            "Every image here has all four.": "Images.SupportedLanguages",
        },
        absent={
            "Images here have no versions.": "Images.AppVersion Images.GpuDriverVersion",
            NO_KEYS: "Images.VolumeEncryptionKey",
        },
    ),
    "ModifyImageAttribute": Coverage(),
    "DescribeImagePermission": Coverage("AliUids"),
    "ModifyImagePermission": Coverage(),
    "CopyImage": Coverage("ImageId"),
    "CancelCopyImage": Coverage(),
    "DeleteImages": Coverage(),
    "CreateImage": Coverage("ImageId"),
    "DescribeImageModifiedRecords": Coverage(
        "ImageModifiedRecords.ImageId ImageModifiedRecords.ImageName ImageModifiedRecords.NewImageId "
        "ImageModifiedRecords.NewImageName ImageModifiedRecords.Status ImageModifiedRecords.UpdateTime NextToken "
        "TotalCount",
        absent={"No change fails here: what could fail is refused.": "ImageModifiedRecords.Reason"},
    ),
    "CreateDesktops": Coverage("DesktopId", absent={PAID_BY_USE: "OrderId"}),
    "DescribeDesktops": Coverage(
        "Desktops.BundleId Desktops.BundleName Desktops.ConnectionStatus Desktops.Cpu Desktops.CreationTime "
        "Desktops.DataDiskSize Desktops.DesktopId Desktops.DesktopName Desktops.DesktopStatus Desktops.DesktopType "
        "Desktops.Disks.DiskSize Desktops.Disks.DiskType Desktops.GpuCategory Desktops.GpuCount Desktops.GpuSpec "
        "Desktops.ImageId Desktops.ImageName Desktops.Memory Desktops.OsType Desktops.Platform "
        "Desktops.SystemDiskSize Desktops.VolumeEncryptionEnabled NextToken PageNumber PageSize TotalCount",
        fixed={
            ONE_PROTOCOL: "Desktops.ProtocolType Desktops.SessionType",
            PAID_BY_USE: "Desktops.ChargeType",
            "There is one policy.": "Desktops.PolicyGroupId",
            "No computer is under maintenance.": "Desktops.ManagementFlag",
            "There are neither end users nor tags: always empty.": "Desktops.EndUserIds Desktops.Tags.Key "
            "Desktops.Tags.Value",
        },
        absent={
            NO_CATEGORIES: "Desktops.DataDiskCategory Desktops.SystemDiskCategory Desktops.Disks.DiskCategory "
            "Desktops.Disks.DiskId Desktops.Disks.PerformanceLevel",
            NO_KEYS: "Desktops.VolumeEncryptionKey",
            PAID_BY_USE: "Desktops.DesktopDurationList.OrderInstanceId "
            "Desktops.DesktopDurationList.PackageCreationTime Desktops.DesktopDurationList.PackageExpiredTime "
            "Desktops.DesktopDurationList.PackageId Desktops.DesktopDurationList.PackageStatus "
            "Desktops.DesktopDurationList.PackageType Desktops.DesktopDurationList.PackageUsedUpStrategy "
            "Desktops.DesktopDurationList.PeriodEndTime Desktops.DesktopDurationList.PeriodStartTime "
            "Desktops.DesktopDurationList.PostPaidLimitFee Desktops.DesktopDurationList.TotalDuration "
            "Desktops.DesktopDurationList.UsedDuration Desktops.ExpiredTime",
            "There are no office networks, directories and zones.": "Desktops.AccountType Desktops.DirectoryId "
            "Desktops.DirectoryType Desktops.DomainType Desktops.EntraDomainName Desktops.HostName Desktops.IsLdap "
            "Desktops.NetworkInterfaceId Desktops.NetworkInterfaceIp Desktops.OfficeSiteId Desktops.OfficeSiteName "
            "Desktops.OfficeSiteType Desktops.OfficeSiteVpcType Desktops.SubnetId Desktops.ZoneId Desktops.ZoneType",
            "There are no computer pools, reserve pools and resource groups.": "Desktops.BindAmount "
            "Desktops.DesktopGroupId Desktops.ReservePoolId Desktops.ReservePoolName Desktops.ResourceGroups.Id "
            "Desktops.ResourceGroups.Name",
            "There are no users who could be connected.": "Desktops.Sessions.EndUserId "
            "Desktops.Sessions.EstablishmentTime Desktops.Sessions.ExternalUserName",
            "There are no snapshots, patches and versions.": "Desktops.FotaUpdate.CurrentAppVersion "
            "Desktops.FotaUpdate.NewAppVersion Desktops.FotaUpdate.ReleaseNote Desktops.FotaUpdate.ReleaseNoteEn "
            "Desktops.FotaUpdate.ReleaseNoteJp Desktops.FotaUpdate.Size Desktops.GpuDriverVersion "
            "Desktops.OsUpdate.CheckId Desktops.OsUpdate.PackageCount Desktops.OsUpdate.Packages.Description "
            "Desktops.OsUpdate.Packages.Kb Desktops.OsUpdate.Packages.Title Desktops.SnapshotPolicyId "
            "Desktops.SnapshotPolicyName",
            "A list or a name of the one policy says no more than its ID.": "Desktops.ManagementFlags "
            "Desktops.PolicyGroupIdList Desktops.PolicyGroupName Desktops.PolicyGroupNameList",
            "Computers here are not resized and do not hibernate.": "Desktops.DowngradeQuota Desktops.DowngradedTimes "
            "Desktops.HibernationBeta Desktops.HibernationOptionsConfigured Desktops.SupportHibernation",
            "The vendor keeps it for itself, or it is of devices.": "Desktops.AgentProviderList Desktops.EnvId "
            "Desktops.EnvType Desktops.SerialNumber",
            "Not kept here.": "Desktops.Progress Desktops.StandardStartTime Desktops.StartTime",
        },
    ),
    "StartDesktops": Coverage(),
    "StopDesktops": Coverage(),
    "RebootDesktops": Coverage(),
    "RebuildDesktops": Coverage("RebuildResults.Code RebuildResults.DesktopId RebuildResults.Message"),
    "DeleteDesktops": Coverage(),
    "CreateBundle": Coverage("BundleId"),
    "DescribeBundles": Coverage(
        "Bundles.BundleId Bundles.BundleName Bundles.CreationTime Bundles.Description Bundles.DesktopType "
        "Bundles.DesktopTypeAttribute.CpuCount Bundles.DesktopTypeAttribute.GpuCount "
        "Bundles.DesktopTypeAttribute.GpuSpec Bundles.DesktopTypeAttribute.MemorySize Bundles.DesktopTypeFamily "
        "Bundles.Disks.DiskPerformanceLevel Bundles.Disks.DiskSize Bundles.Disks.DiskType Bundles.ImageId "
        "Bundles.ImageName Bundles.ImageStatus Bundles.Language Bundles.OsType Bundles.Platform "
        "Bundles.VolumeEncryptionEnabled NextToken",
        fixed={
            ONE_PROTOCOL: "Bundles.ProtocolType Bundles.SessionType",
            "There are no system templates.": "Bundles.BundleType",
            "There is always room for one more.": "Bundles.StockState",
        },
        absent={
            NO_CATEGORIES: "Bundles.DataDiskCategory Bundles.SystemDiskCategory",
            NO_KEYS: "Bundles.VolumeEncryptionKey",
        },
    ),
    "ModifyBundle": Coverage(),
    "DeleteBundles": Coverage(),
    "CreateTemplate": Coverage("Data", fixed=ENVELOPE),
    "DescribeTemplates": Coverage(
        "Data.AutoPay Data.AutoRenew Data.ChargeType Data.DataDiskList.PerformanceLevel Data.DataDiskList.Size "
        "Data.DefaultLanguage Data.Description Data.GmtCreate Data.GmtModified Data.ImageId Data.ImageType "
        "Data.InstanceName Data.Period Data.PeriodUnit Data.PolicyGroupId Data.PostPaidAfterUsedUp "
        "Data.RegionConfigList.CpuCount Data.RegionConfigList.GpuSpec Data.RegionConfigList.MemorySize "
        "Data.RegionConfigList.OfficeSiteId Data.RegionConfigList.RegionId Data.RegionConfigList.ResourceInstanceType "
        "Data.RegionConfigList.SnapshotPolicyId Data.RegionConfigList.SubnetId "
        "Data.RegionConfigList.VirtualNodePoolId Data.RegionConfigList.VolumeEncryptionEnable "
        "Data.RegionConfigList.VolumeEncryptionKey Data.ResourceGroupId Data.ResourceTagList.Key "
        "Data.ResourceTagList.Value Data.SiteConfigList.AppRuleId Data.SiteConfigList.SiteId "
        "Data.SystemDiskPerformanceLevel Data.SystemDiskSize Data.TemplateId Data.TemplateName Data.TimerGroupId "
        "Data.UserDuration PageNumber PageSize TotalCount",
        fixed={
            **ENVELOPE,
            "There are no other products.": "Data.ProductType",
            "There are no system templates.": "Data.TemplateType",
        },
        absent={"RequestId is there once, beside the list.": "Data.RequestId"},
    ),
    "DeleteTemplates": Coverage(
        fixed=ENVELOPE, absent={"Forbidden.RAM is answered as an error.": "AccessDeniedDetail"}
    ),
}
