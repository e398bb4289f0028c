"""The actions that share images, and say with whom they are shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.action import Action
from api.calls import REGION, image_of, locked_image_of
from api.errors import ApiError
from api.kinds import ONE_IMAGE
from api.params import Account, ListOf, Parameter
from audit.actions import all_or_nothing, checking
from images import validators
from images.models import ImageAction, ImageShare, shares_of

if TYPE_CHECKING:
    from api.calls import Answer, Call


# The API's texts say 50, 20 and 10 in three places; its schema says 50.
MAX_ACCOUNTS = 50


def describe_image_permission(call: Call) -> Answer:
    image = image_of(call, call["ImageId"])
    validators.check((validators.image_is_custom, validators.image_is_own), ImageAction(image, call.account.pk))
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
    # A refusal of the image is one of the first account.
    first, event = next(iter(adds or removes)), "ShareImage" if adds else "UnshareImage"
    asked = {"region_id": call["RegionId"], "image_id": call["ImageId"], "other_account_id": first}
    with all_or_nothing():
        with checking(event, by=call.by, **asked):
            # The shares stay as they are now until the commit.
            image, owner = locked_image_of(call, call["ImageId"])
            validators.check((validators.image_is_custom, validators.image_is_own), ImageAction(image, call.account.pk))
        shares = {share.recipient_id: share for share in shares_of(image.pk)} if removes else {}
        for account_id in removes:
            share = shares.get(account_id) or ImageShare(recipient_id=account_id)
            share.image = image
            with checking("UnshareImage", by=call.by, about=share):
                validators.recipient_is_an_account_id(share)
            if account_id in shares:
                share.revoke(by=call.by, owner=owner)
        for account_id in adds:
            share = ImageShare(image=image, owner=owner, recipient_id=account_id)
            if not share.facts.is_shared:
                share.grant(by=call.by, owner=owner)
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
