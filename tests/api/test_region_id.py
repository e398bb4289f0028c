"""The RPC core SDK adds RegionId to the query of every call, and people add it to the body."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from api.actions import ACTIONS
from tests.api.conftest import VERSION, now
from tests.api.signatures import rpc
from tests.api.test_bad_input import good  # noqa: F401 - a fixture is found by its name

if TYPE_CHECKING:
    from images.models import Image
    from tests.api.conftest import Program

FORM = "application/x-www-form-urlencoded"


def call_core_sdk(program: Program, action: str, body: dict[str, str], query: dict[str, str] | None = None) -> Any:
    """As aliyun-python-sdk-core 2.16.0 sends a CommonRequest: it signs the query with the body's values put over it."""
    url = {
        "Action": action,
        "Version": VERSION,
        "Format": "JSON",
        "RegionId": "cn-hangzhou",
        "AccessKeyId": program.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureType": "",
        "SignatureVersion": "1.0",
        "SignatureNonce": str(uuid.uuid4()),
        "Timestamp": now(),
        **(query or {}),
    }
    url["Signature"] = rpc("POST", {**url, **body}, program.secret)
    return program.client.post(f"/?{urlencode(url)}", urlencode(body), content_type=FORM)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_takes_the_region_in_query_and_body(
    action: str,
    acme_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    parameters = {**good[action], "RegionId": "cn-hangzhou"}
    assert call_core_sdk(acme_program, action, parameters).status_code == 200


@pytest.mark.parametrize("action", ["CreateTemplate", "DescribeTemplates", "DeleteTemplates"])
def test_the_region_is_no_unknown_parameter_of_templates(
    action: str,
    acme_program: Program,
    good: dict[str, dict[str, str]],  # noqa: F811
) -> None:
    assert acme_program.call(action, {**good[action], "RegionId": "cn-hangzhou"}).status_code == 200


def test_the_region_of_the_body_is_the_one_that_is_meant(acme_program: Program, image: Image) -> None:
    def found(region: str) -> list[str]:
        answer = call_core_sdk(acme_program, "DescribeImages", {"RegionId": region, "ImageType": "CUSTOM"})
        return [row["ImageId"] for row in answer.json()["Images"]]

    assert found("cn-hangzhou") == [image.image_id]
    assert found("cn-shanghai") == []


def test_any_other_parameter_is_sent_once(acme_program: Program, image: Image) -> None:
    answer = call_core_sdk(
        acme_program, "DescribeImages", {"ImageType": "CUSTOM"}, {"ImageType": "SYSTEM", "RegionId": "cn-hangzhou"}
    )
    assert answer.json()["Code"] == "DuplicatedParameter"
