"""What a visit weighs over the wire, on the server as it runs in production."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from accounts.demo import DEMO_PASSWORD
from tests.processes import Person

if TYPE_CHECKING:
    from tests.processes import Console

pytestmark = [pytest.mark.slow, pytest.mark.any_database]

FIRST_VISIT = 120_000
SWAP = 8_000
LIST = "/cn-hangzhou/images/custom/"
AS_BROWSERS_ASK = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def _weight(person: Person, path: str, **headers: str) -> tuple[int, requests.Response]:
    """The bytes of an answer's head and of its body as it is sent, compressed."""
    answer = person.session.get(
        urljoin(person.address, path), headers={**AS_BROWSERS_ASK, **headers}, stream=True, timeout=60
    )
    answer.raise_for_status()
    body = len(answer.raw.read(decode_content=False))
    head = sum(len(name) + len(value) + 4 for name, value in answer.raw.headers.items())
    return body + head, answer


def _parts(page: str) -> list[str]:
    """All that a browser fetches for the page by itself."""
    tags = re.findall(r"<(?:link|script|img|iframe|source|object)\b[^>]*>", page)
    return [url for tag in tags for url in re.findall(r'\s(?:href|src|data)="([^"#][^"]*)"', tag)]


def test_a_visit_is_light(shared_console: Console) -> None:
    person = Person(shared_console.address, "acme@example.com", DEMO_PASSWORD)
    page = person.get(LIST).text
    parts = _parts(page)
    assert len(parts) >= 4
    assert {urlsplit(urljoin(person.address + LIST, part)).netloc for part in parts} == {
        urlsplit(person.address).netloc
    }, "something is fetched from somebody else"
    weights = {LIST: _weight(person, LIST)[0]}
    for part in parts:
        weights[part], answer = _weight(person, part)
        assert "immutable" in answer.headers["Cache-Control"], part
        assert int(re.findall(r"max-age=(\d+)", answer.headers["Cache-Control"])[0]) >= 365 * 24 * 3600, part
        if int(answer.headers["Content-Length"]) > 1000:
            assert answer.headers["Content-Encoding"] == "br", part
    assert sum(weights.values()) < FIRST_VISIT, weights


def test_a_swap_is_light(shared_console: Console) -> None:
    person = Person(shared_console.address, "acme@example.com", DEMO_PASSWORD)
    weights = {}
    for path in (
        LIST,
        f"{LIST}?q=desktop",
        "/cn-hangzhou/images/shared/",
        "/cn-hangzhou/images/m-acmedemo000000003/sharing/",
        "/cn-hangzhou/images/m-acmedemo000000001/copy/",
        "/cn-hangzhou/desktops/",
        "/cn-hangzhou/templates/",
    ):
        weights[path], answer = _weight(person, path, **{"HX-Request": "true"})
        assert answer.headers["Content-Encoding"] == "zstd"
    assert max(weights.values()) < SWAP, weights
