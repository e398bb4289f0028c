"""The actions on images and regions. A handler reads parameters and shapes the answer; the models do the work."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import translation

import audit.models as audit
from api.calls import (
    Answer,
    Call,
    all_or_nothing,
    any_of,
    image_of,
    images_of,
    locked_image_of,
    newest,
    page,
    region_of,
)
from api.errors import ApiError
from images import validators
from images.models import Image, ImageAct, ImageShare, Status, locked, shares_of
from plumbing.prepared import Prepared, prepared
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

    from api.calls import Source
    from audit.models import Actor
    from images.models.image import ImageQuerySet

# The API knows no copying: to a program, an image that is being copied is one that is being created.
STATUSES = {
    "Creating": (Status.CREATING, Status.COPYING),
    "Available": (Status.AVAILABLE,),
    "CreateFailed": (Status.FAILED,),
}
STATUS_NAMES = {status: name for name, statuses in STATUSES.items() for status in statuses}
PROTOCOL_TYPE, SESSION_TYPE = "ASP", "SINGLE_SESSION"
LANGUAGES = ("en-US", "zh-HK", "zh-CN", "ja-JP")


def describe_regions(call: Call) -> Answer:
    region_of(call)
    with translation.override("en" if call["AcceptLanguage"] == "en" else "zh-hans"):
        regions = [
            {"RegionId": region.pk, "LocalName": region.name, "RegionEndpoint": call.endpoint}
            for region in Region.objects.all()
        ]
    return {"Regions": regions}


# Each is read by an index of its own: the database would read the images of all accounts to order one query over them.
KINDS: dict[str, Callable[[str], ImageQuerySet]] = {
    "CUSTOM": lambda account_id: Image.objects.owned_by(account_id).with_shared_count(),
    "SHARED": Image.objects.shared_with,
    "SYSTEM": lambda account_id: Image.objects.system(),
}
NARROWING = ("ImageId", "ImageName", "OsType", "GpuCategory", "ImageStatus", "ProtocolType", "SessionType")


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
    if call["ProtocolType"] not in {None, PROTOCOL_TYPE} or call["SessionType"] not in {None, SESSION_TYPE}:
        images = images.none()
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


def describe_image_permission(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    validators.check((validators.image_is_custom, validators.image_is_own), _act(call, image))
    return {"AliUids": image.recipient_ids}


def modify_image_permission(call: Call) -> Answer:
    """Share and unshare, all or nothing. What is so already is no change: adds and removes can be sent again."""
    adds, removes = dict.fromkeys(call["AddAccount"] or ()), dict.fromkeys(call["RemoveAccount"] or ())
    if not adds and not removes:
        raise ApiError("MissingParameter", "AddAccount or RemoveAccount is required.")
    if both := adds.keys() & removes.keys():
        raise ApiError("InvalidParameter", f"AddAccount and RemoveAccount both have {min(both)}.")
    # Who is being spoken of when something is refused.
    account_id = next(iter(adds or removes))
    try:
        # Who has the image now stays so until the commit.
        with locked_image_of(call, call["ImageId"]) as (image, owner):
            validators.check((validators.image_is_custom, validators.image_is_own), _act(call, image))
            shares = {share.recipient_id: share for share in shares_of(image.pk)} if removes else {}
            for account_id in removes:
                validators.recipient_is_an_account_id(ImageShare(image=image, recipient_id=account_id))
                if account_id in shares:
                    shares[account_id].image = image
                    shares[account_id].revoke(by=call.by, owner=owner)
            for account_id in adds:
                share = ImageShare(image=image, owner=owner, recipient_id=account_id)
                if not share.standing.is_shared:
                    share.grant(by=call.by, owner=owner)
    except ValidationError as refusal:
        audit.record(
            "UnshareImage" if account_id in removes else "ShareImage",
            by=call.by,
            outcome=validators.first_error(refusal).code or "invalid",
            account_id=call.account.pk,
            region_id=call["RegionId"],
            image_id=call["ImageId"],
            other_account_id=account_id,
        )
        raise
    return {}


def modify_image_attribute(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    if call["Name"] is None and call["Description"] is None:
        raise ApiError("MissingParameter", "Name or Description is required.")
    image.edit(name=call["Name"], description=call["Description"], by=call.by)
    return {}


def copy_image(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    copy = image.copy_to(
        call["DestinationRegionId"],
        name=call["DestinationImageName"],
        description=call["DestinationDescription"] or "",
        by=call.by,
    )
    return {"ImageId": copy.image_id}


def cancel_copy_image(call: Call) -> Answer:
    image_of(call, call["ImageId"]).cancel_copy(by=call.by)
    return {}


def delete_images(call: Call) -> Answer:
    """Delete images, all or nothing: EDS does not say, and half a deletion is what nobody asks for."""
    images = images_of(call, call["ImageId"])
    delete = partial(Image.delete, with_templates=bool(call["DeleteCascadedBundle"]))
    # Whose they are first, so that only this account is locked. Then all images, before any template: who gives a
    # template another image locks that image, then the template.
    verbs: tuple[Callable[..., object], ...] = (_is_own, _lock, delete)
    all_or_nothing(call, [("DeleteImage", image, verb) for verb in verbs for image in images])
    return {}


def _is_own(image: Image, *, by: Actor) -> None:
    validators.check((validators.image_is_custom, validators.image_is_own), ImageAct(image, by.account_id))


def _lock(image: Image, *, by: Actor) -> None:
    """Until the transaction ends that this is a part of."""
    with locked(image):
        pass


def _act(call: Call, image: Image) -> ImageAct:
    return ImageAct(image, call.account.pk)
