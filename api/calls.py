"""One call of an action, read and authenticated, as a handler gets it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from api.errors import ApiError
from api.params import Parameter, Text
from images.models import Image, locked
from plumbing.prepared import prepared_with_plan
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from accounts.models import Account
    from audit.models import Actor

# The fields of an answer besides its RequestId.
type Answer = dict[str, Any]

REGION = Parameter("RegionId", Text(32), required=True)
# The RPC core SDK adds it to every query, whether the action has it or not.
ANY_REGION = Parameter("RegionId", Text(32), note="Must exist; templates of all regions are meant.")


@dataclass(frozen=True)
class Call:
    """`by` is who acts, in the words of the audit; `values` are the parameters, understood.

    `finds_nothing` is whether a filter asks for what nothing here has, so that every list is empty.
    """

    account: Account
    by: Actor
    values: dict[str, Any]
    endpoint: str
    finds_nothing: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def region_of(call: Call) -> str:
    """The region of the call. Raises ApiError for none: where something is found, there is no need to ask."""
    return known_region(call["RegionId"])


def known_region(region_id: str) -> str:
    if not Region.objects.filter(pk=region_id).exists():
        raise ApiError("InvalidRegionId.NotFound", f"There is no region {region_id}.")
    return region_id


def images_of(call: Call, image_ids: Iterable[str]) -> list[Image]:
    """The images of those IDs, in their order and each once, that the account may use in the region.

    Another's image is not found, like one that is not there. Raises ApiError for the first that is not found.
    """
    images = Image.objects.usable_by(call.account).in_region(call["RegionId"])
    found = {image.image_id: image for image in images.filter(image_id__in=set(image_ids))}
    wanted = list(dict.fromkeys(image_ids))
    for image_id in wanted:
        if image_id not in found:
            raise _not_found(call, image_id)
    return [found[image_id] for image_id in wanted]


def image_of(call: Call, image_id: str) -> Image:
    """The same for one image."""
    found = _usable(call.account.pk, call["RegionId"], image_id)
    if not found:
        raise _not_found(call, image_id)
    return found[0]


def locked_image_of(call: Call, image_id: str) -> tuple[Image, Account | None]:
    """The same, and its owner, with the locks of every action on an image: see `images.models.locks`.

    For an own image that is one query. Raises ValidationError for an image that is gone meanwhile.
    """
    own = _own_for_update(call.account.pk, call["RegionId"], image_id)
    if own:
        return own[0], own[0].owner
    image = image_of(call, image_id)
    with locked(image) as owner:
        return image, owner


@prepared_with_plan
def _own_for_update(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    return Image.objects.owned_by(account_id).in_region(region_id).filter(image_id=image_id).with_owner_for_update()


@prepared_with_plan
def _usable(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    return Image.objects.usable_by(account_id).in_region(region_id).filter(image_id=image_id)


def usable_image(call: Call, region_id: str, image_id: str) -> Image | None:
    """The image if the account may use it. Its absence is for the rules to refuse, so that the refusal is recorded."""
    return Image.objects.usable_by(call.account).in_region(region_id).filter(image_id=image_id).first()


def _not_found(call: Call, image_id: str) -> ApiError:
    region_id = region_of(call)
    return ApiError("InvalidImageId.NotFound", f"There is no image {image_id} in {region_id}.")


def any_of[Q: QuerySet[Any]](queries: Iterable[Q]) -> Q:
    """The rows that at least one of the queries finds."""
    return reduce(or_, queries)
