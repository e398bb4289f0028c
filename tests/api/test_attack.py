"""Every action with another account's IDs, and with every method: refused as for what is not there."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

import pytest

from api.actions import ACTIONS
from audit.models import Entry
from audit.seals import is_intact
from tests.api.conftest import Program
from tests.api.test_bad_input import everything, good  # noqa: F401 - a fixture is found by its name
from tests.attack.urls import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

# Of an image, a cloud computer, a template.
ID = re.compile(r"(m|ecd|b|t)-[0-9a-z]+")
# What names nothing that is somebody's answers with what is the caller's own.
OF_THE_CALLER = {"DescribeRegions", "DescribeImages", "DescribeDesktops", "DescribeBundles", "DescribeTemplates"}


@pytest.fixture
def initech_program(initech_user: User, key_of: Callable[[User], tuple[str, str]]) -> Program:
    return Program(*key_of(initech_user))


@pytest.fixture
def acmes_ids(good: dict[str, dict[str, str]]) -> set[str]:  # noqa: F811
    return {value for parameters in good.values() for value in parameters.values() if ID.fullmatch(value)}


def comparable(answer: Any) -> tuple[int, str]:
    text = ID.sub("ID", answer.content.decode())
    return answer.status_code, re.sub(r"[0-9A-F]{8}-[0-9A-F-]{27}", "REQUEST-ID", text)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_anothers_answers_like_what_is_not_there(
    action: str,
    good: dict[str, dict[str, str]],  # noqa: F811
    acmes_ids: set[str],
    initech_program: Program,
) -> None:
    before = everything()
    absent = {
        name: re.sub(r"-[0-9a-z]+", "-absent00000000000", value) if value in acmes_ids else value
        for name, value in good[action].items()
    }
    assert (absent != good[action]) == (action not in OF_THE_CALLER)
    there = initech_program.call(action, good[action])
    assert comparable(there) == comparable(initech_program.call(action, absent))
    assert (there.status_code == 200) == (action in OF_THE_CALLER)
    if action in OF_THE_CALLER:
        assert acmes_ids & set(ID.findall(there.content.decode())) == set()
        assert not any(one in there.content.decode() for one in acmes_ids)
    assert everything() == before


@pytest.mark.parametrize(
    ("action", "parameter"),
    [
        (action.name, parameter.name)
        for action in ACTIONS.values()
        for parameter in action.parameters
        if action.name in OF_THE_CALLER and re.fullmatch(r"(Image|Desktop|Bundle)Id|TemplateIds?", parameter.name)
    ],
)
def test_who_asks_for_anothers_by_its_id_finds_nothing(
    action: str,
    parameter: str,
    good: dict[str, dict[str, str]],  # noqa: F811
    acmes_ids: set[str],
    initech_program: Program,
) -> None:
    prefix = {"ImageId": "m-", "DesktopId": "ecd-", "BundleId": "b-"}.get(parameter, "")
    ids = sorted(one for one in acmes_ids if one.startswith(prefix))
    assert ids
    wanted = {f"{parameter}.{number}": one for number, one in enumerate(ids, 1)}
    region = {"RegionId": "cn-hangzhou"} if action != "DescribeTemplates" else {}
    answer = initech_program.call(action, {**region, **wanted})
    assert not any(one in answer.content.decode() for one in ids)
    assert answer.status_code in {200, 400, 404}


@pytest.mark.parametrize("method", [method for method in METHODS if method not in {"GET", "POST"}])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_call_is_sent_by_get_or_post(action: str, method: str, acme_program: Program) -> None:
    answer = acme_program.client.generic(method, "/", headers={"x-acs-action": action, "x-acs-version": "2020-09-30"})
    assert answer.status_code == 405
    if method != "HEAD":
        assert answer.json()["Code"] == "UnsupportedHTTPMethod"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What is compared in a time that does not tell how much of it is right."""
    pairs = []
    compare_digest = hmac.compare_digest

    def spy(one: Any, other: Any) -> bool:
        pairs.append(tuple(text if isinstance(text, bytes) else text.encode() for text in (one, other)))
        return compare_digest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    return pairs


def test_signatures_are_compared_in_constant_time(acme_program: Program, compared: list[tuple[bytes, bytes]]) -> None:
    for call in (acme_program.call, acme_program.call_rpc):
        compared.clear()
        answer = Program(acme_program.access_key_id, "not-the-secret")
        answer = getattr(answer, call.__name__)("DescribeRegions", RegionId="cn-hangzhou")
        assert answer.json()["Code"] == "SignatureDoesNotMatch"
        right, sent = compared[-1]
        assert right != sent
        assert len(right) == len(sent) > 20


def test_the_token_of_metrics_is_compared_in_constant_time(
    client: Client, compared: list[tuple[bytes, bytes]], settings: Any
) -> None:
    settings.METRICS_TOKEN = "the-token"
    assert client.get("/metrics/", headers={"Authorization": "Bearer the-toke"}).status_code in {401, 403, 404}
    assert (b"Bearer the-toke", b"Bearer the-token") in compared


def test_seals_are_compared_in_constant_time(share: object, compared: list[tuple[bytes, bytes]]) -> None:
    assert is_intact(Entry.objects.get())
    assert len(compared) == 1
