"""For every action: what is missing, empty, too long, of a wrong type, sent twice or unknown is refused by a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core import serializers

from api.actions import ACTIONS
from api.errors import BY_CODE
from api.params import Fields, ListOf, Parameter, Text
from desktops.models import Desktop, ImageChange, Template
from images.models import Image, ImageShare
from tests.conftest import GLOBEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Program

type Pairs = list[tuple[str, str]]

TYPE = "eds.general.4c8g"


@pytest.fixture
def good(globex: object, image: Image, desktop: Desktop, template: Template) -> dict[str, dict[str, str]]:
    """For every action parameters that it takes."""
    region = {"RegionId": "cn-hangzhou"}
    one_image, one_desktop = {**region, "ImageId": image.image_id}, {**region, "DesktopId.1": desktop.desktop_id}
    stopped = Desktop.objects.create(
        **{**_columns(desktop), "desktop_id": "ecd-stopped", "settles_to": "Stopped", "doing": "Stopping"}
    )
    source = Image.objects.create(**{**_columns(image), "image_id": "m-source"})
    copying = Image.objects.create(
        **{**_columns(image), "image_id": "m-copying", "copied_from_id": source.pk, "ready_at": "2126-01-01T00:00:00Z"}
    )
    unused = Image.objects.create(**{**_columns(image), "image_id": "m-unused"})
    return {
        "DescribeRegions": region,
        "DescribeImages": region,
        "ModifyImageAttribute": {**one_image, "Name": "another-name"},
        "DescribeImagePermission": one_image,
        "ModifyImagePermission": {**one_image, "AddAccount.1": GLOBEX},
        "CopyImage": {
            **region,
            "ImageId": unused.image_id,
            "DestinationRegionId": "cn-beijing",
            "DestinationImageName": "a-copy",
        },
        "CancelCopyImage": {**region, "ImageId": copying.image_id},
        "DeleteImages": {**region, "ImageId.1": unused.image_id},
        "CreateImage": {**region, "DesktopId": desktop.desktop_id, "ImageName": "from-desk"},
        "DescribeImageModifiedRecords": {**region, "DesktopId": desktop.desktop_id},
        "CreateDesktops": {**region, "BundleId": template.template_id},
        "DescribeDesktops": region,
        "StartDesktops": {**region, "DesktopId.1": stopped.desktop_id},
        "StopDesktops": one_desktop,
        "RebootDesktops": one_desktop,
        "RebuildDesktops": {**one_desktop, "ImageId": image.image_id},
        "DeleteDesktops": one_desktop,
        "CreateBundle": {**one_image, "DesktopType": TYPE, "RootDiskSizeGib": "80", "UserDiskSizeGib.1": "0"},
        "DescribeBundles": region,
        "ModifyBundle": {**region, "BundleId": template.template_id, "BundleName": "another-name"},
        "DeleteBundles": {**region, "BundleId.1": template.template_id},
        "CreateTemplate": {
            "TemplateName": "class-room",
            "ImageId": image.image_id,
            "RegionConfigList.1.RegionId": "cn-hangzhou",
            "RegionConfigList.1.ResourceInstanceType": TYPE,
        },
        "DescribeTemplates": {},
        "DeleteTemplates": {"TemplateIds.1": template.template_id},
    }


def _columns(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def everything() -> str:
    """All that an action could have changed."""
    rows = [
        row for model in (Image, ImageShare, Desktop, Template, ImageChange) for row in model.objects.order_by("pk")
    ]
    return serializers.serialize("json", rows)


def bad_ones(parameter: Parameter, good: dict[str, str]) -> Iterator[tuple[str, Pairs]]:
    """Ways to send the parameter wrongly, each by what is wrong."""
    name, kind = parameter.name, parameter.kind
    others = [pair for pair in good.items() if pair[0].split(".")[0] != name]
    one = next((pair for pair in good.items() if pair[0].split(".")[0] == name), (f"{name}.1", "x"))
    if not isinstance(kind, (ListOf, Fields)):
        one = (name, one[1])
    if parameter.required:
        yield "missing", others
    if not (isinstance(kind, Text) and kind.may_be_empty):
        yield "empty", [*others, (name, "")]
    yield "empty item", [*others, (f"{name}.1", "")]
    yield "too long", [*others, (one[0], "x" * 10_000)]
    yield "NUL", [*others, (one[0], "a\0b")]
    if isinstance(kind, (ListOf, Fields)):
        yield "one value", [*others, (name, "x")]
        yield "item 0", [*others, (f"{name}.0", one[1])]
    else:
        yield "several values", [*others, (f"{name}.1", "x")]
        yield "a structure", [*others, (f"{name}.Key", "x")]
    if not isinstance(kind.of if isinstance(kind, ListOf) else kind, Text):
        yield "no number", [*others, (one[0], "perhaps")]
        yield "far too much", [*others, (one[0], "9" * 17)]
    yield "deep", [*others, (f"{name}.1.1.1.1.1.1.1.1.1", "x")]
    yield "twice", [*others, one, one]
    yield "1,000 items", [*others, *((f"{name}.{number}", f"{number}") for number in range(1, 1001))]


@pytest.mark.parametrize("action", ACTIONS)
def test_bad_input_is_refused_and_changes_nothing(
    action: str, good: dict[str, dict[str, str]], acme_program: Program
) -> None:
    before = everything()
    tries = [
        (f"{parameter.name}: {wrong}", pairs)
        for parameter in ACTIONS[action].parameters
        for wrong, pairs in bad_ones(parameter, good[action])
    ]
    tries += [
        ("an unknown parameter", [*good[action].items(), ("NoSuchParameter", "x")]),
        ("an unknown region", [*{**good[action], "RegionId": "cn-nowhere"}.items()]),
    ]
    answers = {wrong: acme_program.call(action, pairs) for wrong, pairs in tries}
    refused = {
        wrong
        for wrong, answer in answers.items()
        if 400 <= answer.status_code < 500 and answer.json()["Code"] in BY_CODE
    }
    assert refused == set(answers)
    assert everything() == before
    assert acme_program.call(action, good[action]).status_code == 200
