"""The actions that share images, and say with whom they are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

import audit.models as audit
from api.action import Action
from api.calls import REGION, image_of, locked_image_of
from api.errors import ApiError
from api.kinds import ONE_IMAGE
from api.params import Account, ListOf, Parameter
from images import validators
from images.models import ImageAct, ImageShare, shares_of

if TYPE_CHECKING:
    from api.calls import Answer, Call


# The API's texts say 50, 20 and 10 in three places; its schema says 50.
MAX_ACCOUNTS = 50


def describe_image_permission(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    validators.check((validators.image_is_custom, validators.image_is_own), ImageAct(image, call.account.pk))
    return {"AliUids": image.recipient_ids}


DESCRIBE_IMAGE_PERMISSION = Action(
    "DescribeImagePermission", describe_image_permission, reads=True, parameters=(REGION, ONE_IMAGE)
)


def modify_image_permission(call: Call) -> Answer:
    """Share and unshare, all or nothing. A change that is made already is no change, so a call can be sent again."""
    adds, removes = dict.fromkeys(call["AddAccount"] or ()), dict.fromkeys(call["RemoveAccount"] or ())
    if not adds and not removes:
        raise ApiError("MissingParameter", "AddAccount or RemoveAccount is required.")
    if both := adds.keys() & removes.keys():
        raise ApiError("InvalidParameter", f"AddAccount and RemoveAccount both have {min(both)}.")
    # The account that a refusal is about.
    account_id = next(iter(adds or removes))
    try:
        # The shares stay as they are now until the commit.
        with locked_image_of(call, call["ImageId"]) as (image, owner):
            validators.check((validators.image_is_custom, validators.image_is_own), ImageAct(image, call.account.pk))
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
        audit.record_refusal(
            "UnshareImage" if account_id in removes else "ShareImage",
            refusal,
            by=call.by,
            account_id=call.account.pk,
            region_id=call["RegionId"],
            image_id=call["ImageId"],
            other_account_id=account_id,
        )
        raise
    return {}


MODIFY_IMAGE_PERMISSION = Action(
    "ModifyImagePermission",
    modify_image_permission,
    reads=False,
    parameters=(
        REGION,
        ONE_IMAGE,
        Parameter("AddAccount", ListOf(Account(), MAX_ACCOUNTS), note="All or nothing, removes included."),
        Parameter("RemoveAccount", ListOf(Account(), MAX_ACCOUNTS)),
    ),
)
