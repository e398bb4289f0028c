"""What an answer repeats of a call is short, however much was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from tests.api.conftest import Program

if TYPE_CHECKING:
    from collections.abc import Callable

FORM = "application/x-www-form-urlencoded"
LONG = "x" * 1_000_000
REGION = {"RegionId": "cn-hangzhou"}


def post(program: Program, pairs: list[tuple[str, str]]) -> Any:
    return program.client.post("/?Action=DescribeRegions&Version=2020-09-30", urlencode(pairs), content_type=FORM)


TRIES: dict[str, Callable[[Program], Any]] = {
    "a signature that does not match": lambda program: Program(program.access_key_id, "another").call_rpc(
        "DescribeImages", "POST", **REGION, ImageName="\u4e2d" * 200_000
    ),
    "an unknown parameter": lambda program: program.call_rpc("DescribeRegions", "POST", **REGION, **{LONG: "x"}),
    "a parameter that is sent twice": lambda program: post(program, [(LONG, "1"), (LONG, "2")]),
    "a value and a list": lambda program: program.call_rpc(
        "DescribeRegions", "POST", **REGION, **{LONG: "x", f"{LONG}.1": "x"}
    ),
    "a value that is too long": lambda program: program.call_rpc("DescribeRegions", "POST", RegionId=LONG),
    "an item that is none": lambda program: program.call_rpc(
        "DescribeImages", "POST", **REGION, **{f"ImageId.{LONG}": "x"}
    ),
    "an unknown action": lambda program: program.call_rpc(LONG, "POST"),
    "an unknown key": lambda program: Program(LONG, program.secret).call_rpc("DescribeRegions", "POST", **REGION),
}


@pytest.mark.parametrize("how", TRIES)
def test_a_refusal_is_short(acme_program: Program, how: str) -> None:
    answer = TRIES[how](acme_program)
    assert 400 <= answer.status_code < 500
    assert answer.json()["Code"]
    assert len(answer.content) < 4096


def test_a_string_to_sign_of_usual_length_is_repeated_whole(acme_program: Program) -> None:
    answer = Program(acme_program.access_key_id, "another").call_rpc("DescribeRegions", **REGION)
    assert answer.json()["Code"] == "SignatureDoesNotMatch"
    assert answer.json()["Message"].endswith("%26Version%3D2020-09-30'")
