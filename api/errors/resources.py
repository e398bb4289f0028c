"""The errors of what calls are about: accounts, images, cloud computers and templates.

Names and statuses follow the error codes of EDS and, where EDS documents none, those of ECS, on which it is built.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from api.errors.base import Error

ACCOUNT_ERRORS = (
    Error(
        "LimitExceeded.AccessKey",
        403,
        _("The user has as many AccessKeys as a user may have."),
        _("Delete a key that is no longer used."),
        rules=("access_key_limit_reached",),
    ),
    Error(
        "InvalidUserName",
        400,
        _("The logon name of a RAM user does not end with the domain of its account."),
        _("End it with @ACCOUNT-ID.onaliyun.com."),
        rules=("ram_domain",),
    ),
)

IMAGE_ERRORS = (
    Error("InvalidRegionId.NotFound", 404, _("There is no region of that ID."), _("Ask DescribeRegions for the IDs.")),
    Error(
        "InvalidImageId.NotFound",
        404,
        _("The account has no image of that ID in that region: neither its own nor a shared one nor a system image."),
        _("Check the image ID and the region. An image that was unshared is not found any more."),
        rules=("image_not_found", "image_not_usable"),
    ),
    Error(
        "OperationDenied.SystemImage",
        403,
        _("The image is a system image, which can only be used."),
        _("Create a custom image of your own."),
        rules=("image_is_system",),
    ),
    Error(
        "OperationDenied.ImageNotOwned",
        403,
        _(
            "The image was shared with the account. Only the account that created it can share, copy, change or "
            "delete it."
        ),
        _("Ask the account that owns the image."),
        rules=("image_not_owned",),
    ),
    Error(
        "OperationDenied.EncryptedImage",
        403,
        _("The image is encrypted, and an encrypted image cannot be shared."),
        _("Create an image from a cloud computer whose disks are not encrypted."),
        rules=("image_encrypted",),
    ),
    Error(
        "InvalidImageStatus.NotValid",
        400,
        _("The image is not in a status in which this can be done."),
        _("Wait until DescribeImages says Available."),
        rules=("image_not_available", "image_in_progress", "image_not_in_progress"),
    ),
    Error(
        "OperationDenied.ImageCopying",
        403,
        _("The image is being copied to another region."),
        _("Wait until the copy is Available, or cancel it."),
        rules=("image_being_copied",),
    ),
    Error(
        "CancelNotSupported",
        400,
        _("The image is not being copied, or not any more."),
        _("Delete the image if it is not needed."),
        rules=("image_not_copying",),
    ),
    Error(
        "InvalidDestinationRegionId.NotFound",
        404,
        _("There is no region of the ID that the image is to be copied to."),
        _("Ask DescribeRegions for the IDs."),
        rules=("destination_not_found", "destination_missing"),
    ),
    Error(
        "InvalidDestinationRegionId.SameRegion",
        400,
        _("The image is in the region already that it is to be copied to."),
        _("Choose another region."),
        rules=("destination_is_source",),
    ),
    Error(
        "OperationDenied.ImageUsedByBundle",
        403,
        _("A template of the account is made from the image."),
        _("Delete the template with DeleteBundles first, or set DeleteCascadedBundle."),
        rules=("image_used_by_template",),
    ),
    Error(
        "ImageUseShared",
        403,
        _("The image is shared with other accounts, so it cannot be deleted."),
        _("Unshare it from each with ModifyImagePermission, then delete it."),
        rules=("image_shared",),
    ),
    Error(
        "InvalidAccount.Malformed",
        400,
        _("An account ID is not 16 digits."),
        _("Ask the account's owner for the ID that the user panel shows."),
        rules=("account_malformed",),
    ),
    Error(
        "InvalidAccount.RamUser",
        403,
        _("The ID is a RAM user's. Images are shared with Alibaba Cloud accounts only."),
        _("Use the ID of the account that the RAM user belongs to."),
        rules=("account_is_ram_user",),
    ),
    Error(
        "InvalidAccount.Owner",
        403,
        _("The account is the one that owns the image."),
        _("Use the ID of another account."),
        rules=("account_is_owner",),
    ),
    Error(
        "InvalidAccount.NotFound",
        404,
        _("There is no active account of that ID, of either site."),
        _("Check the ID."),
        rules=("account_not_found",),
    ),
    Error(
        "InvalidAccount.AlreadyShared",
        409,
        _("The image was shared with the account by somebody else in the same moment."),
        _("Nothing: the image is shared."),
        rules=("already_shared",),
    ),
    Error(
        "InvalidAccount.NotShared",
        409,
        _("The image was unshared from the account by somebody else in the same moment."),
        _("Nothing: the image is not shared."),
        rules=("not_shared",),
    ),
    Error(
        "QuotaExceed.ShareImage",
        403,
        _("The account has as many shares as it may have, over all its images and regions."),
        _("Unshare an image, or ask support staff for a higher limit."),
        rules=("share_limit_reached",),
    ),
    Error(
        "InvalidImageName.Malformed",
        400,
        _("The name is not 2 to 128 characters of those that an image name may have."),
        _("Begin with a letter or Chinese character; go on with these, digits, colons, underscores and hyphens."),
    ),
    Error(
        "InvalidDescription.Malformed",
        400,
        _("The description is not 2 to 256 characters, or begins with http:// or https://."),
        _("Change the description."),
    ),
)

DESKTOP_ERRORS = (
    Error(
        "InvalidDesktopId.NotFound",
        404,
        _("The account has no cloud computer of that ID in that region."),
        _("Ask DescribeDesktops for the IDs."),
        rules=("desktop_not_found",),
    ),
    Error(
        "IncorrectDesktopStatus",
        400,
        _("The cloud computer is not in a status in which this can be done, or an image is being created from it."),
        _("Wait until DescribeDesktops says the status that the action needs."),
        rules=("desktop_not_stopped", "desktop_not_running", "desktop_in_progress", "image_being_created"),
    ),
    Error(
        "InvalidDesktopName.Malformed",
        400,
        _("The name is not 1 to 64 characters of those that a cloud computer's name may have."),
        _("Shorten it; several computers at once have a number added to it."),
        rules=("name_too_long",),
    ),
    Error(
        "InvalidAmount",
        400,
        _("More computers are asked for than are created at once."),
        _("Create them in several calls."),
        rules=("amount",),
    ),
    Error(
        "InvalidDesktopType.NotFound",
        400,
        _("There is no cloud computer type of that name."),
        _("Take a DesktopType that DescribeBundles gives, or one of the console's list."),
        rules=("desktop_type_not_found",),
    ),
    Error(
        "InvalidDesktopType.GpuMismatch",
        400,
        _("A GPU image needs a type with a GPU, and any other image a type without."),
        _("Choose another type or another image."),
        rules=("gpu_mismatch",),
    ),
    Error(
        "InvalidDiskSize",
        400,
        _("A disk is not 40 to 2040 GiB in steps of 10, or smaller than that of the image."),
        _("Choose a larger disk."),
        rules=("system_disk_size", "system_disk_too_small", "data_disk_size", "data_disk_too_small"),
    ),
    Error(
        "OperationDenied.OsTypeSwitch",
        403,
        _("In this region a cloud computer cannot switch between Windows and Linux."),
        _("Choose an image with the same OS."),
        rules=("os_switch",),
    ),
    Error(
        "InvalidAutoCleanUserdata",
        400,
        _("Personal data cannot be cleaned: the computer is encrypted, or a Linux computer with its data disk."),
        _("Set AutoCleanUserdata to false, or DiskType to SYSTEM."),
        rules=("cleaning_encrypted", "cleaning_linux_data_disk"),
    ),
    Error(
        "InvalidSnapshotId.NotFound",
        404,
        _("There is no such snapshot. This server has none."),
        _("Create the image from a cloud computer."),
    ),
    Error(
        "InvalidDesktopBundle.NotFound",
        400,
        _("The account has no template of that ID."),
        _("Ask DescribeBundles or DescribeTemplates for the IDs."),
        rules=("template_not_found",),
    ),
    Error(
        "InvalidDesktopBundle.WithoutImage",
        400,
        _("The template has no image, so no cloud computer can be created after it."),
        _("Give it one with ModifyBundle, or take another template."),
        rules=("template_without_image",),
    ),
    Error(
        "InvalidChargeType.Unsupported",
        400,
        _("Something else than pay-as-you-go is asked for, by the call or by its template."),
        _("Leave out ChargeType and SubPayType, or take another template."),
        rules=("charge_type_unsupported",),
    ),
    Error(
        "InvalidTemplateName.Malformed",
        400,
        _("The name is not 2 to 126 characters of those that a template's name may have."),
        _("Begin with a letter or Chinese character; go on with these, digits, colons, underscores and hyphens."),
    ),
    Error(
        "OperationDenied.TemplateImage",
        403,
        _("The new image has another OS, or differs in having a GPU. A template keeps both."),
        _("Create another template."),
        rules=("template_os", "template_gpu"),
    ),
)
