"""Signatures that would be right but for one thing: each guard refuses where nothing else would."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.conftest import VERSION, now
from tests.api.signatures import encode, rpc

if TYPE_CHECKING:
    from tests.api.conftest import Program

QUERY = {"RegionId": "cn-hangzhou"}


def call_acs3(program: Program, *, twice: str = "", more: int = 0) -> Any:
    """A call that is signed rightly; `twice` is a header that SignedHeaders names again, `more` are headers to add."""
    headers = {
        "host": "testserver",
        "x-acs-action": "DescribeRegions",
        "x-acs-version": VERSION,
        "x-acs-date": now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        **{f"x-more-{number:03}": "x" for number in range(more)},
    }
    names = sorted([*headers, twice] if twice else headers)
    signed, payload = ";".join(names), headers["x-acs-content-sha256"]
    query = "&".join(f"{encode(name)}={encode(text)}" for name, text in QUERY.items())
    lines = "".join(f"{name}:{headers[name]}\n" for name in names)
    request = hashlib.sha256(f"POST\n/\n{query}\n{lines}\n{signed}\n{payload}".encode()).hexdigest()
    signature = hmac.new(program.secret.encode(), f"ACS3-HMAC-SHA256\n{request}".encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={program.access_key_id},SignedHeaders={signed},Signature={signature}"
    return program.send([*QUERY.items()], {**headers, "authorization": f"ACS3-HMAC-SHA256 {credential}"})


def call_rpc(program: Program, **changed: str) -> Any:
    """A call that is signed rightly with HMAC-SHA1, whatever it says of itself."""
    query = {
        "Action": "DescribeRegions",
        "Version": VERSION,
        "AccessKeyId": program.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": now(),
        **QUERY,
        **changed,
    }
    query.setdefault("Signature", rpc("GET", query, program.secret))
    return program.client.get("/", query)


def code(answer: Any) -> str | None:
    return answer.json().get("Code")


def test_calls_that_are_right_in_all_are_answered(acme_program: Program) -> None:
    assert code(call_acs3(acme_program)) is None
    assert code(call_acs3(acme_program, more=64 - 6)) is None
    assert code(call_rpc(acme_program)) is None
    assert code(call_rpc(acme_program, SignatureType="")) is None, "The RPC core SDK sends it empty."


@pytest.mark.parametrize("name", ["host", "x-acs-action"])
def test_a_header_is_not_signed_twice(acme_program: Program, name: str) -> None:
    answer = call_acs3(acme_program, twice=name)
    assert (answer.status_code, code(answer)) == (400, "IncompleteSignature")


def test_no_more_than_64_headers_are_signed(acme_program: Program) -> None:
    answer = call_acs3(acme_program, more=65 - 6)
    assert (answer.status_code, code(answer)) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SignatureType", "BEARERTOKEN", "UnsupportedSignatureMethod"),
        ("SignatureMethod", "HMAC-SHA256", "UnsupportedSignatureMethod"),
        ("SignatureMethod", "", "UnsupportedSignatureMethod"),
        ("SignatureVersion", "2.0", "UnsupportedSignatureMethod"),
        ("SignatureVersion", "", "UnsupportedSignatureMethod"),
        ("AccessKeyId", "", "IncompleteSignature"),
        ("Signature", "", "IncompleteSignature"),
    ],
)
def test_what_an_rpc_signature_says_of_itself_is_checked(
    acme_program: Program, name: str, value: str, expected: str
) -> None:
    answer = call_rpc(acme_program, **{name: value})
    assert (answer.status_code, code(answer)) == (400, expected)
