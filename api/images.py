"""The actions on images. A handler reads parameters and shapes the answer; the models do the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.action import Action
from api.calls import REGION, image_of, images_of
from api.errors import ApiError
from api.kinds import DESCRIPTION_NOTE, IMAGE_ID, IMAGE_NAME_NOTE, NAME, ONE_IMAGE
from api.params import Boolean, ListOf, Parameter, Text
from audit.actions import all_or_nothing, checking
from images import validators
from images.models import ImageAction, locked

if TYPE_CHECKING:
    from api.calls import Answer, Call


def modify_image_attribute(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    if call["Name"] is None and call["Description"] is None:
        raise ApiError("MissingParameter", "Name or Description is required.")
    image.edit(name=call["Name"], description=call["Description"], by=call.by)
    return {}


MODIFY_IMAGE_ATTRIBUTE = Action(
    "ModifyImageAttribute",
    modify_image_attribute,
    reads=False,
    parameters=(
        REGION,
        ONE_IMAGE,
        Parameter("Name", NAME, note=IMAGE_NAME_NOTE),
        Parameter("Description", NAME, note=DESCRIPTION_NOTE),
    ),
)


def copy_image(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    copy = image.copy_to(
        call["DestinationRegionId"],
        name=call["DestinationImageName"],
        description=call["DestinationDescription"] or "",
        by=call.by,
    )
    return {"ImageId": copy.image_id}


COPY_IMAGE = Action(
    "CopyImage",
    copy_image,
    reads=False,
    parameters=(
        REGION,
        ONE_IMAGE,
        Parameter("DestinationRegionId", Text(32), required=True, note="Another region than RegionId."),
        Parameter("DestinationImageName", NAME, required=True, note=IMAGE_NAME_NOTE),
        Parameter("DestinationDescription", NAME, note=DESCRIPTION_NOTE),
    ),
)


def cancel_copy_image(call: Call) -> Answer:
    image_of(call, call["ImageId"]).cancel_copy(by=call.by)
    return {}


CANCEL_COPY_IMAGE = Action(
    "CancelCopyImage",
    cancel_copy_image,
    reads=False,
    parameters=(
        Parameter("RegionId", Text(32), required=True, note="The region that the image is copied to."),
        Parameter("ImageId", IMAGE_ID, required=True, note="The new image, which CopyImage gave."),
    ),
)


def delete_images(call: Call) -> Answer:
    """Delete images, all or nothing. EDS does not say which, and nobody asks for half a deletion."""
    images = images_of(call, call["ImageId"])
    with all_or_nothing():
        # First the check of the owner, so that only this account is locked. Then the lock of all images, before any
        # template: an action that gives a template another image locks that image, then the template.
        for image in images:
            with checking("DeleteImage", by=call.by, about=image):
                validators.check(
                    (validators.image_is_custom, validators.image_is_own), ImageAction(image, call.account.pk)
                )
        for image in images:
            with checking("DeleteImage", by=call.by, about=image), locked(image):
                pass
        for image in images:
            image.remove(by=call.by, with_templates=bool(call["DeleteCascadedBundle"]))
    return {}


DELETE_IMAGES = Action(
    "DeleteImages",
    delete_images,
    reads=False,
    parameters=(
        REGION,
        Parameter("ImageId", ListOf(IMAGE_ID, 100), required=True, note="All or nothing."),
        Parameter(
            "DeleteCascadedBundle",
            Boolean(),
            default=False,
            note="Whether the account's templates of the image are deleted too; if not, they refuse the deletion.",
        ),
    ),
)
