"""Every action that is built and every parameter it takes: the table that the API, its docs and its tests go by."""

from __future__ import annotations

from api import images
from api.calls import MAX_RESULTS, NEXT_TOKEN, REGION, Action
from api.params import Account, Boolean, Many, OneOf, Parameter, Text

IMAGE_ID = Text(64)
ONE_IMAGE = Parameter("ImageId", IMAGE_ID, required=True)
OS_TYPE = OneOf(("Windows", "Linux"))
# How long a name or a description may be is a rule of the model's, with an error code of its own.
NAME = Text(1024)
# The API's texts say 50, 20 and 10 in three places; its schema says 50.
MOST_ACCOUNTS = 50

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
            Parameter("ProtocolType", OneOf(("ASP", "HDX")), note="Every image here is ASP."),
            Parameter("SessionType", OneOf(("SINGLE_SESSION", "MULTIPLE_SESSION")), note="Every image here is single."),
            Parameter("LanguageType", OneOf(images.LANGUAGES), note="Every image here has all four."),
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
        (REGION, ONE_IMAGE, Parameter("Name", NAME), Parameter("Description", NAME)),
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
            Parameter("DestinationImageName", NAME, required=True),
            Parameter("DestinationDescription", NAME),
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
            Parameter("DeleteCascadedBundle", Boolean(), default=False, accepted_only=True),
        ),
    ),
)

ACTIONS = {action.name: action for action in ALL_ACTIONS}
