"""DescribeImages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from api.action import Action
from api.calls import REGION, any_of, region_of
from api.kinds import (
    IMAGE_ID,
    LANGUAGE,
    LANGUAGES,
    OS_TYPE,
    PROTOCOL_TYPE,
    PROTOCOL_TYPES,
    SESSION_TYPE,
    SESSION_TYPES,
    SHORT,
)
from api.paging import MAX_RESULTS, NEXT_TOKEN, newest, page
from api.params import Boolean, ListOf, OneOf, Parameter, Text
from desktops.catalogue import TYPES
from images.models import Image, Status
from plumbing.prepared import Prepared, prepared

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from api.calls import Answer, Call
    from api.paging import Source
    from images.models.image import ImageQuerySet


# The API knows no copying: to a program, an image that is being copied is one that is being created.
STATUSES = {
    "Creating": (Status.CREATING, Status.COPYING),
    "Available": (Status.AVAILABLE,),
    "CreateFailed": (Status.FAILED,),
}


STATUS_NAMES = {status: name for name, statuses in STATUSES.items() for status in statuses}


# Each kind has an index of its own. In one query over all kinds the database would read the images of all accounts.
KINDS: dict[str, Callable[[str], ImageQuerySet]] = {
    "CUSTOM": lambda account_id: Image.objects.owned_by(account_id).with_shared_count(),
    "SHARED": Image.objects.shared_with,
    "SYSTEM": lambda account_id: Image.objects.system(),
}


NARROWING = ("ImageId", "ImageName", "OsType", "GpuCategory", "ImageStatus", "DesktopInstanceType")


def describe_images(call: Call) -> Answer:
    source = _narrowed if any(call[name] is not None for name in NARROWING) else _whole
    kinds = [call["ImageType"]] if call["ImageType"] else list(KINDS)
    rows, token = page(call, *(source(call, kind) for kind in kinds))
    if not rows:
        region_of(call)
    return {"Images": [_image(call, image) for image in rows], "NextToken": token}


def _whole(call: Call, kind: str) -> Source:
    return lambda below, count: _newest(kind, count)(call.account.pk, call["RegionId"], below)


@cache
def _newest(kind: str, count: int) -> Prepared[Image]:
    @prepared
    def query(account_id: str, region_id: str, below: int) -> QuerySet[Image]:
        return KINDS[kind](account_id).in_region(region_id).filter(pk__lt=below).order_by("-pk")[:count]

    return query


def _narrowed(call: Call, kind: str) -> Source:
    images: Any = KINDS[kind](call.account.pk).in_region(call["RegionId"])
    if call["ImageId"]:
        images = images.filter(image_id__in=call["ImageId"])
    if call["ImageName"]:
        images = images.filter(name__icontains=call["ImageName"])
    if call["OsType"]:
        images = images.filter(os_type=call["OsType"])
    if call["GpuCategory"] is not None:
        images = images.filter(gpu=call["GpuCategory"])
    if call["ImageStatus"]:
        images = any_of(images.in_status(status) for status in STATUSES[call["ImageStatus"]])
    if call["DesktopInstanceType"]:
        desktop_type = TYPES.get(call["DesktopInstanceType"])
        images = images.filter(gpu=desktop_type.gpus > 0) if desktop_type else images.none()
    return newest(images)


def _image(call: Call, image: Image) -> dict[str, Any]:
    is_own = image.owner_id == call.account.pk
    status = image.status
    is_available = status == Status.AVAILABLE
    return {
        "ImageId": image.image_id,
        "Name": image.name,
        "Description": image.description,
        "ImageType": "SYSTEM" if image.is_system else "CUSTOM" if is_own else "SHARED",
        "Status": STATUS_NAMES[status],
        "Progress": "100%" if is_available else f"{image.progress}%",
        "OsType": image.os_type.upper(),
        "Platform": image.platform,
        "Size": image.size_gib,
        "DataDiskSize": image.data_disk_gib,
        "GpuCategory": image.gpu,
        "ProtocolType": PROTOCOL_TYPE,
        "SessionType": SESSION_TYPE,
        "SupportedLanguages": list(LANGUAGES),
        # With how many accounts its owner shares it besides is no business of a recipient.
        "SharedCount": image.shared_count if is_own else 0,
        "VolumeEncryptionEnabled": image.encrypted,
        "CreationTime": image.created_at,
        "UpdateTime": image.edited_at or (image.ready_at if is_available else image.failed_at or image.created_at),
    }


DESCRIBE_IMAGES = Action(
    "DescribeImages",
    describe_images,
    reads=True,
    parameters=(
        REGION,
        Parameter("ImageId", ListOf(IMAGE_ID, 100)),
        Parameter("ImageName", Text(128), note="Images whose name has this text in it."),
        Parameter(
            "ImageType",
            OneOf(("CUSTOM", "SHARED", "SYSTEM")),
            note="CUSTOM are the account's own, SHARED those it received. Without it, all three.",
        ),
        Parameter("ImageStatus", OneOf(tuple(STATUSES))),
        Parameter("OsType", OS_TYPE),
        Parameter("GpuCategory", Boolean()),
        Parameter("ProtocolType", PROTOCOL_TYPES, only=(PROTOCOL_TYPE,), note="Every image here is ASP."),
        Parameter("SessionType", SESSION_TYPES, only=(SESSION_TYPE,), note="Every image here is single."),
        Parameter("LanguageType", LANGUAGE, only=LANGUAGES, note="Every image here has all four."),
        Parameter("DesktopInstanceType", SHORT, note="Images that suit a cloud computer type: its GPU or none."),
        MAX_RESULTS,
        NEXT_TOKEN,
    ),
)
