"""The action on regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

from api.action import Action
from api.calls import REGION, region_of
from api.params import OneOf, Parameter
from regions.models import Region

if TYPE_CHECKING:
    from api.calls import Answer, Call


def describe_regions(call: Call) -> Answer:
    region_of(call)
    with translation.override("en" if call["AcceptLanguage"] == "en" else "zh-hans"):
        regions = [
            {"RegionId": region.pk, "LocalName": region.name, "RegionEndpoint": call.endpoint}
            for region in Region.objects.all()
        ]
    return {"Regions": regions}


DESCRIBE_REGIONS = Action(
    "DescribeRegions",
    describe_regions,
    reads=True,
    parameters=(
        REGION,
        Parameter("AcceptLanguage", OneOf(("zh", "en")), default="zh", note="The language of LocalName."),
    ),
)
