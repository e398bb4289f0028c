"""One call of an action, read and authenticated: what a handler gets."""

from __future__ import annotations

import base64
import heapq
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import or_
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField

import audit.models as audit
from api.errors import ApiError
from api.params import Number, Parameter, Text
from images.models import Image, locked
from images.validators import first_error
from plumbing.prepared import prepared_with_plan
from regions.models import Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.models import Model, QuerySet

    from accounts.models import Account
    from audit.models import Actor

# What an answer says besides its RequestId.
type Answer = dict[str, Any]
# The newest rows whose key is below the first number, as many as the second at most.
type Source = Callable[[int, int], Iterable[Any]]

REGION = Parameter("RegionId", Text(32), required=True)
MAX_RESULTS = Parameter("MaxResults", Number(1, 100), default=10)
NEXT_TOKEN = Parameter("NextToken", Text(256, may_be_empty=True), default="", note="Empty is the first page.")


@dataclass(frozen=True)
class Call:
    """`by` is who acts, in the words of the audit; `values` are the parameters, understood."""

    account: Account
    by: Actor
    values: dict[str, Any]
    endpoint: str

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Action:
    name: str
    handler: Callable[[Call], Answer]
    parameters: tuple[Parameter, ...]
    # What a name is called in the code of its error.
    name_of: str = "Image"

    @property
    def only_reads(self) -> bool:
        """What AliyunECDReadOnlyAccess allows."""
        return self.name.startswith("Describe")


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


@contextmanager
def locked_image_of(call: Call, image_id: str) -> Iterator[tuple[Image, Account | None]]:
    """The same, and its owner, with the locks of every act on an image: see `images.models.locked`.

    For an own image that is one query. Raises ValidationError for an image that is gone meanwhile.
    """
    with transaction.atomic():
        own = _own_for_update(call.account.pk, call["RegionId"], image_id)
        if own:
            yield own[0], own[0].owner
            return
    image = image_of(call, image_id)
    with locked(image) as owner:
        yield image, owner


@prepared_with_plan
def _own_for_update(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    return Image.objects.owned_by(account_id).in_region(region_id).filter(image_id=image_id).with_owner_for_update()


@prepared_with_plan
def _usable(account_id: str, region_id: str, image_id: str) -> QuerySet[Image]:
    return Image.objects.usable_by(account_id).in_region(region_id).filter(image_id=image_id)


def _not_found(call: Call, image_id: str) -> ApiError:
    region_id = region_of(call)
    return ApiError("InvalidImageId.NotFound", f"There is no image {image_id} in {region_id}.")


def all_or_nothing(call: Call, acts: Iterable[tuple[str, Model, Callable[..., object]]]) -> None:
    """Do each act (its event in the audit, the thing, the verb), or none of them. Raises ValidationError.

    What a verb records of its refusal goes with the transaction, so it is recorded again after that.
    """
    what = {"event": ""}
    try:
        with transaction.atomic():
            for event, thing, verb in acts:
                # Before the verb: a thing that is deleted is known no more.
                what = {"event": event, **_as_recorded(thing)}
                verb(thing, by=call.by)
    except ValidationError as refusal:
        outcome = first_error(refusal).code or "invalid"
        audit.record(by=call.by, outcome=outcome, account_id=call.account.pk, **what)
        raise


def _as_recorded(thing: Any) -> dict[str, str]:
    if isinstance(thing, Image):
        return {"region_id": thing.region_id, "image_id": thing.image_id}
    return {"region_id": thing.region_id, "image_id": thing.image_ref, "resource_id": str(thing)}


def any_of[Q: QuerySet[Any]](queries: Iterable[Q]) -> Q:
    """The rows that at least one of the queries finds."""
    return reduce(or_, queries)


def newest(query: QuerySet[Any]) -> Source:
    return lambda below, count: query.filter(pk__lt=below).order_by("-pk")[:count]


def page(call: Call, *sources: Source) -> tuple[list[Any], str]:
    """The rows of a page, newest first over all the sources, and the token of the next page (empty on the last).

    A token says below which row the page begins, so what comes and goes meanwhile neither repeats a row nor leaves one
    out. It is not images.paging: a program goes on where it was even if everything below is deleted, and has no use
    for a total, which costs a count.
    """
    size: int = call["MaxResults"]
    below = _row_of(call["NextToken"])
    found = (source(below, size + 1) for source in sources)
    rows = list(islice(heapq.merge(*found, key=lambda row: -row.pk), size + 1))
    token = _token_of(rows[size - 1].pk) if len(rows) > size else ""
    return rows[:size], token


def _token_of(pk: int) -> str:
    return base64.urlsafe_b64encode(f"below {pk}".encode()).decode()


def _row_of(token: str) -> int:
    if not token:
        return BigIntegerField.MAX_BIGINT
    try:
        word, _, pk = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(" ")
        if word == "below" and pk.isascii() and pk.isdecimal() and len(pk) < 19:
            return int(pk)
    except ValueError:
        pass
    raise ApiError("InvalidNextToken", "NextToken is none that this action gave.")
