"""The actions that give a cloud computer another image, or make an image of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from api.action import Action
from api.calls import REGION, usable_image
from api.desktops import desktops_of
from api.errors import ApiError, api_error_for
from api.kinds import IMAGE_ID, IMAGE_NAME_NOTE, NAME, SHORT
from api.paging import MAX_RESULTS, NEXT_TOKEN, newest, page
from api.params import Boolean, ListOf, OneOf, Parameter, Text
from desktops.models import ImageChange, Status
from images.validators import first_error

if TYPE_CHECKING:
    from datetime import datetime

    from api.calls import Answer, Call


def rebuild_desktops(call: Call) -> Answer:
    """Change the image of each computer. Each has a result of its own in the answer.

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
            error = api_error_for(refusal)
            result |= {"Code": error.code, "Message": str(error.message)}
        results.append(result)
    return {"RebuildResults": results}


REBUILD_DESKTOPS = Action(
    "RebuildDesktops",
    rebuild_desktops,
    reads=False,
    resource="DesktopId",
    parameters=(
        REGION,
        Parameter("DesktopId", ListOf(Text(64), 20), required=True, note="Each has a result of its own."),
        Parameter("ImageId", IMAGE_ID, note="Without it, the image that the computer has."),
        Parameter("OperateType", OneOf(("replace",)), note="The data disk becomes the image's."),
        Parameter("AfterStatus", OneOf(("Running", "Stopped")), note="Without it, the status of before."),
    ),
)


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


CREATE_IMAGE = Action(
    "CreateImage",
    create_image,
    reads=False,
    parameters=(
        REGION,
        Parameter("DesktopId", Text(64), note="Needed, since there are no snapshots to make an image from."),
        Parameter("ImageName", NAME, note=f"{IMAGE_NAME_NOTE} Without it, the ID of the image."),
        Parameter("Description", NAME, note="Without it, the name."),
        Parameter("DiskType", OneOf(("ALL", "SYSTEM")), default="ALL"),
        Parameter("AutoCleanUserdata", Boolean(), default=False),
        Parameter("SnapshotId", SHORT, note="There is none, so it is not found."),
        Parameter("SnapshotIds", ListOf(SHORT, 100), note="There are none, so they are not found."),
        Parameter("DataSnapshotIds", ListOf(SHORT, 100), note="There are none, so they are not found."),
    ),
)


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


DESCRIBE_IMAGE_MODIFIED_RECORDS = Action(
    "DescribeImageModifiedRecords",
    describe_image_modified_records,
    reads=True,
    resource="DesktopId",
    parameters=(REGION, Parameter("DesktopId", Text(64), required=True), MAX_RESULTS, NEXT_TOKEN),
)


def _to_the_millisecond(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
