"""What one server process knows, another knows in the same moment: two servers on one database."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from accounts.demo import ACCESS_KEYS, GLOBEX
from tests.api.conftest import VERSION, now
from tests.api.sdk import Sdk
from tests.api.signatures import acs3
from tests.processes import Person, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Console

pytestmark = pytest.mark.slow

HANGZHOU = {"region_id": "cn-hangzhou"}
OFFICE = "m-acmedemo000000001"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[tuple[Console, Console]]:
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    with (
        fresh_database(first, like=demo_database) as database_url,
        served(database_url, first, loaded=True, WEB_WORKERS="1") as one,
        served(database_url, second, loaded=True, WEB_WORKERS="1") as other,
    ):
        yield one, other


def sdk_of(console: Console, person: str) -> Sdk:
    return Sdk(console.address, *ACCESS_KEYS[f"{person}@example.com"])


def headers_now() -> dict[str, str]:
    """What is signed of a DescribeRegions call. The host has no port, as behind a proxy that both servers share."""
    return {
        "host": "localhost",
        "x-acs-action": "DescribeRegions",
        "x-acs-version": VERSION,
        "x-acs-date": now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
    }


def test_a_nonce_that_one_process_saw_is_used_for_every_other(two: tuple[Console, Console]) -> None:
    one, other = two
    signed = acs3("POST", [("RegionId", "cn-hangzhou")], headers_now(), b"", *ACCESS_KEYS["acme@example.com"])
    answers = [
        requests.post(console.address, params={"RegionId": "cn-hangzhou"}, headers=signed, timeout=30)
        for console in (one, other, one)
    ]
    assert [answer.json().get("Code") for answer in answers] == [None, "SignatureNonceUsed", "SignatureNonceUsed"]


def test_of_calls_with_one_nonce_at_the_same_time_one_is_answered(two: tuple[Console, Console]) -> None:
    signed = acs3("POST", [("RegionId", "cn-hangzhou")], headers_now(), b"", *ACCESS_KEYS["acme@example.com"])

    def send(console: Console) -> str | None:
        query = {"RegionId": "cn-hangzhou"}
        return requests.post(console.address, params=query, headers=signed, timeout=30).json().get("Code")

    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(send, two * 4))
    assert sorted(codes, key=str) == [None] + ["SignatureNonceUsed"] * 7


def test_adding_one_account_many_times_at_once_shares_once(two: tuple[Console, Console]) -> None:
    shanghai = {"region_id": "cn-shanghai", "image_id": "m-acmedemo000000004"}

    def add(console: Console) -> None:
        sdk_of(console, "acme").call("ModifyImagePermission", **shanghai, add_account=[int(GLOBEX)])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, two * 4))
    acme = sdk_of(two[0], "acme")
    assert acme.call("DescribeImagePermission", **shanghai).ali_uids == [GLOBEX]
    acme.call("ModifyImagePermission", **shanghai, remove_account=[int(GLOBEX)])


def test_a_key_that_is_disabled_in_one_process_is_refused_by_every_other(two: tuple[Console, Console]) -> None:
    one, other = two
    initech = sdk_of(other, "initech")
    key = ACCESS_KEYS["initech@example.com"][0]
    initech.call("DescribeRegions", **HANGZHOU)
    person = Person(one.address, "initech@example.com", "console-demo")
    assert person.submit("/account/confirm/", "/account/confirm/", password="console-demo").status_code == 302
    for verb, refused in (("disable", True), ("enable", False)):
        url = f"/account/keys/{key}/{verb}/"
        assert person.submit(url, url).status_code == 302
        if refused:
            assert initech.refused("DescribeRegions", **HANGZHOU).code == "InvalidAccessKeyId.Inactive"
        else:
            initech.call("DescribeRegions", **HANGZHOU)


def test_what_one_process_unshares_no_other_finds(two: tuple[Console, Console]) -> None:
    one, other = two
    acme, globex = sdk_of(one, "acme"), sdk_of(other, "globex")
    wanted = {**HANGZHOU, "image_id": [OFFICE]}
    acme.call("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, add_account=[int(GLOBEX)])
    assert len(globex.call("DescribeImages", **wanted).images) == 1
    acme.call("ModifyImagePermission", **HANGZHOU, image_id=OFFICE, remove_account=[int(GLOBEX)])
    assert globex.call("DescribeImages", **wanted).images == []
    computer = {
        "image_id": OFFICE,
        "desktop_type": "eds.general.4c8g",
        "root_disk_size_gib": 80,
        "user_disk_size_gib": [0],
        "bundle_name": "front-desks",
    }
    assert globex.refused("CreateBundle", **HANGZHOU, **computer).code == "InvalidImageId.NotFound"


def test_a_call_may_be_as_long_as_its_lists(two: tuple[Console, Console]) -> None:
    images = [f"desktopimage-windows-server-2022-64-asp-vgpu-{number:03}" for number in range(99)]
    images.append("desktopimage-windows-server-2022-64-asp-vgpu")
    found = sdk_of(two[0], "acme").call("DescribeImages", **HANGZHOU, image_id=images).images
    assert [image.image_id for image in found] == images[-1:]
