"""Programs instead of people: each signs with a key of its own, through the vendor's SDK or by hand."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AccessKey
from audit.models import Actor
from tests.api.signatures import acs3, rpc
from tests.processes import served_copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from accounts.models import User
    from tests.processes import Console

VERSION = "2020-09-30"


def now() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")


class Program:
    """What signs by hand and sends through Django's test client: quick, and able to send what no SDK would."""

    def __init__(self, access_key_id: str, secret: str) -> None:
        self.access_key_id, self.secret = access_key_id, secret
        self.client = Client()

    def call(self, action: str, pairs: dict[str, str] | list[tuple[str, str]] | None = None, **parameters: Any) -> Any:
        """Send a signed call and give its answer as the test client has it. Pairs may have a name twice."""
        query = [*(pairs.items() if isinstance(pairs, dict) else pairs or ())]
        query += [(name.replace("__", "."), str(value)) for name, value in parameters.items()]
        headers = {
            "host": "testserver",
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": now(),
            "x-acs-signature-nonce": uuid.uuid4().hex,
        }
        signed = acs3("POST", query, headers, b"", self.access_key_id, self.secret)
        return self.send(query, signed)

    def call_rpc(self, action: str, method: str = "GET", **parameters: Any) -> Any:
        query = {
            "Action": action,
            "Version": VERSION,
            "Format": "JSON",
            "AccessKeyId": self.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": now(),
            **{name.replace("__", "."): str(value) for name, value in parameters.items()},
        }
        query["Signature"] = rpc(method, query, self.secret)
        if method == "GET":
            return self.client.get("/", query)
        return self.client.post("/", urlencode(query), content_type="application/x-www-form-urlencoded")

    def send(self, query: list[tuple[str, str]], headers: dict[str, str], body: bytes = b"") -> Any:
        content_type = headers.get("content-type", "")
        others = {name: text for name, text in headers.items() if name != "content-type"}
        return self.client.generic("POST", "/", body, content_type, QUERY_STRING=urlencode(query), headers=others)


@pytest.fixture
def key_of(db: None) -> Callable[[User], tuple[str, str]]:
    """Make a key of the user's: its ID and its secret."""

    def make(user: User) -> tuple[str, str]:
        key, secret = AccessKey.create_for(user, by=Actor())
        return key.access_key_id, secret

    return make


@pytest.fixture
def acme_program(acme_user: User, key_of: Any) -> Program:
    return Program(*key_of(acme_user))


@pytest.fixture
def globex_program(globex_user: User, key_of: Any) -> Program:
    return Program(*key_of(globex_user))


@pytest.fixture
def auditor_program(auditor: User, key_of: Any) -> Program:
    return Program(*key_of(auditor))


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """The console with the demo data in two server processes, for as long as these tests run."""
    with served_copy(demo_database, tmp_path_factory.mktemp("api"), CREATE_IMAGE_SECONDS="0") as console:
        yield console


@pytest.fixture
def never_pruned(monkeypatch: pytest.MonkeyPatch) -> None:
    """One call in a few prunes nonces besides; here none does, so that queries can be counted."""
    monkeypatch.setattr("api.models.PRUNE_ONE_CALL_IN", 2**32)
