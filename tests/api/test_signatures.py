"""Who may call: hand-computed vectors, every way to fail with a code of its own, and no header that breaks us."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AccessKey, Account
from api.models import PRUNE_AT_MOST, PRUNED, Nonce
from api.params import Sent
from api.signing import ACS3, WINDOW, claim_of
from tests.api.conftest import VERSION, Program, now
from tests.api.signatures import acs3

if TYPE_CHECKING:
    from accounts.models import User

REGION = [("RegionId", "cn-hangzhou")]


def request_of(method: str, query: str, **headers: str) -> Any:
    from django.test import RequestFactory

    return RequestFactory().generic(method, "/", QUERY_STRING=query, headers=headers)


def test_acs3_follows_a_vector_that_was_computed_by_hand() -> None:
    """By `printf … | openssl dgst -sha256 [-hmac …]`, from the canonical request below."""
    request = request_of(
        "POST",
        "ImageName=a%20b%2A~&RegionId=cn-hangzhou",
        **{
            "host": "ecd.cn-hangzhou.aliyuncs.com",
            "x-acs-action": "DescribeImages",
            "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "x-acs-date": "2023-10-26T10:22:32Z",
            "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
            "x-acs-version": VERSION,
            "authorization": (
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
                "x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=" + "0" * 64
            ),
        },
    )
    claim = claim_of(request, Sent({"RegionId": "cn-hangzhou", "ImageName": "a b*~"}, {}, b""))
    assert claim.string_to_sign == f"{ACS3}\naac344c9a195b1f40d24946031f8f00caf472a088a628733c45895c374c2f3f4"
    assert (
        claim.signature_with("YourAccessKeySecret")
        == "9613b044b1e8e7dcf82d220b7e78689ab0a7b23bcf5222f7dc6ca6911cd9b9d9"
    )


def test_rpc_follows_the_vector_of_the_vendors_documentation() -> None:
    """The example of the page on the RPC signature: DescribeRegions of ECS with the secret "testsecret"."""
    query = {
        "Timestamp": "2016-02-23T12:46:24Z",
        "Format": "XML",
        "AccessKeyId": "testid",
        "Action": "DescribeRegions",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
        "Version": "2014-05-26",
        "SignatureVersion": "1.0",
        "Signature": "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
    }
    claim = claim_of(request_of("GET", ""), Sent(query, {}, b""))
    assert claim.signature_with("testsecret") == claim.signature


def signed(
    program: Program, query: list[tuple[str, str]] = REGION, body: bytes = b"", **changed: str
) -> dict[str, str]:
    """The signed headers of a DescribeRegions call; an empty text takes a header away before it is signed."""
    headers = {
        "host": "testserver",
        "x-acs-action": "DescribeRegions",
        "x-acs-version": VERSION,
        "x-acs-date": now(),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        **{name.replace("_", "-"): text for name, text in changed.items()},
    }
    return acs3("POST", REGION, headers, body, program.access_key_id, program.secret)


def code(response: Any) -> str | None:
    return response.json().get("Code")


def test_a_signed_call_is_answered(acme_program: Program) -> None:
    response = acme_program.send(REGION, signed(acme_program))
    assert (response.status_code, response.json()["RequestId"]) == (200, response["X-Request-Id"])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_rpc_call_is_answered_from_the_query_and_from_a_form(acme_program: Program, method: str) -> None:
    assert acme_program.call_rpc("DescribeRegions", method, RegionId="cn-hangzhou").status_code == 200


def test_parameters_may_be_in_a_form_body_and_in_the_query(acme_program: Program) -> None:
    form = {"content_type": "application/x-www-form-urlencoded"}
    body = b"AcceptLanguage=en"
    response = acme_program.send(REGION, signed(acme_program, body=body, **form), body)
    assert "China (Hangzhou)" in {row["LocalName"] for row in response.json()["Regions"]}


def test_every_way_to_fail_has_a_code_of_its_own(acme_program: Program) -> None:
    program, send = acme_program, acme_program.send
    other = Program(program.access_key_id, "another secret")
    unknown = Program("LTAIdoesnotexist00000000", program.secret)
    late, early = (
        f"{datetime.now(UTC) + sign * WINDOW + sign * timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}" for sign in (-1, 1)
    )
    used = signed(program)
    assert code(send(REGION, used)) is None
    unsigned_host = {key: text.replace("=host;", "=") for key, text in signed(program).items()}
    unsigned_action = {key: text.replace("x-acs-action;", "") for key, text in signed(program).items()}
    changed_signature = {**signed(program)}
    changed_signature["authorization"] = changed_signature["authorization"][:-1] + "x"
    form = {"content_type": "application/x-www-form-urlencoded"}
    codes = {
        "no authorization": code(Client().get("/?Action=DescribeRegions&Version=2020-09-30")),
        "no form of a signature": code(send(REGION, changed_signature)),
        "another method": code(send(REGION, {**signed(program), "authorization": "ACS3-HMAC-SM3 Credential=x"})),
        "host is not signed": code(send(REGION, unsigned_host)),
        "action is not signed": code(send(REGION, unsigned_action)),
        "another body": code(send(REGION, signed(program, body=b"A=1", **form), b"A=2")),
        "another query": code(send([("RegionId", "cn-beijing")], signed(program))),
        "another secret": code(send(REGION, signed(other))),
        "another host": code(send(REGION, {**signed(program), "host": "127.0.0.1"})),
        "no date": code(send(REGION, signed(program, x_acs_date="yesterday"))),
        "too late": code(send(REGION, signed(program, x_acs_date=late))),
        "too early": code(send(REGION, signed(program, x_acs_date=early))),
        "nonce too long": code(send(REGION, signed(program, x_acs_signature_nonce="n" * 129))),
        "nonce used": code(send(REGION, used)),
        "no such key": code(send(REGION, signed(unknown))),
        "an STS token": code(send(REGION, signed(program, x_acs_security_token="token"))),
    }
    assert codes == {
        "no authorization": "MissingAuthorization",
        "no form of a signature": "IncompleteSignature",
        "another method": "UnsupportedSignatureMethod",
        "host is not signed": "UnsignedHost",
        "action is not signed": "UnsignedHeader",
        "another body": "ContentSha256Mismatch",
        "another query": "SignatureDoesNotMatch",
        "another secret": "SignatureDoesNotMatch",
        "another host": "SignatureDoesNotMatch",
        "no date": "InvalidTimeStamp.Format",
        "too late": "InvalidTimeStamp.Expired",
        "too early": "InvalidTimeStamp.Expired",
        "nonce too long": "InvalidSignatureNonce",
        "nonce used": "SignatureNonceUsed",
        "no such key": "InvalidAccessKeyId.NotFound",
        "an STS token": "UnsupportedSecurityToken",
    }


def test_the_action_of_a_call_is_the_one_that_was_signed(acme_program: Program) -> None:
    """The RPC signature covers no header, so a header changes nothing of what was signed."""
    uncovered = {"x-acs-action": "DeleteImages"}
    query = "Action=DescribeRegions&Signature=x&Version=2020-09-30"
    assert code(Client().get(f"/?{query}", headers=uncovered)) == "InvalidParameter"
    query = "Signature=x&Version=2020-09-30"
    assert code(Client().get(f"/?{query}", headers=uncovered)) == "MissingAction"


def test_a_key_that_is_disabled_or_whose_user_or_account_is_not_active_is_refused(
    acme_program: Program, acme_user: User, acme: Account
) -> None:
    keys = AccessKey.objects.filter(access_key_id=acme_program.access_key_id)
    for change in (
        lambda active: keys.update(is_active=active),
        lambda active: type(acme_user).objects.filter(pk=acme_user.pk).update(is_active=active),
        lambda active: Account.objects.filter(pk=acme.pk).update(is_active=active),
    ):
        change(active=False)
        assert code(acme_program.send(REGION, signed(acme_program))) == "InvalidAccessKeyId.Inactive"
        change(active=True)
        assert code(acme_program.send(REGION, signed(acme_program))) is None


def test_a_key_of_support_staff_calls_nothing(support: User, key_of: Any) -> None:
    program = Program(*key_of(support))
    assert code(program.send(REGION, signed(program))) == "InvalidAccessKeyId.Inactive"


def test_a_nonce_holds_for_as_long_as_its_date_is_accepted(acme_program: Program) -> None:
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        # Signed by a clock that is ahead, so accepted for longest.
        ahead = signed(acme_program, x_acs_date=f"{start + WINDOW:%Y-%m-%dT%H:%M:%SZ}")
        assert code(acme_program.send(REGION, ahead)) is None
        clock.move_to(start + 2 * WINDOW)
        Nonce.prune()
        assert code(acme_program.send(REGION, ahead)) == "SignatureNonceUsed"
        clock.move_to(start + 2 * WINDOW + timedelta(seconds=1))
        assert code(acme_program.send(REGION, ahead)) == "InvalidTimeStamp.Expired"


@pytest.mark.django_db(transaction=True)
def test_only_the_nonce_is_committed_without_waiting_for_the_disk() -> None:
    assert Nonce.use("LTAIsomebody", "once", expires_at=datetime.now(UTC) + WINDOW)
    assert not Nonce.use("LTAIsomebody", "once", expires_at=datetime.now(UTC) + WINDOW)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        else:
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,), "FULL"


def test_nonces_that_have_expired_are_pruned_in_small_lots(acme_program: Program) -> None:
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as clock:
        for number in range(PRUNE_AT_MOST + 20):
            Nonce.use("LTAI", str(number), expires_at=datetime.now(UTC))
        clock.shift(timedelta(hours=1))
        used = Nonce.objects.exclude(pk=PRUNED)
        kept = used.count()
        Nonce.prune()
        assert used.count() == kept - PRUNE_AT_MOST


def test_when_and_from_where_a_key_was_used_is_written_once_a_minute(acme_program: Program) -> None:
    key = AccessKey.objects.get(access_key_id=acme_program.access_key_id)
    with time_machine.travel("2026-11-24T12:00:00Z", tick=False) as clock:
        acme_program.send(REGION, signed(acme_program))
        key.refresh_from_db()
        assert (key.last_used_at, key.last_used_from) == (datetime(2026, 11, 24, 12, tzinfo=UTC), "127.0.0.1")
        clock.shift(timedelta(seconds=59))
        acme_program.send(REGION, signed(acme_program))
        key.refresh_from_db()
        assert key.last_used_at == datetime(2026, 11, 24, 12, tzinfo=UTC)
        clock.shift(timedelta(seconds=2))
        acme_program.send(REGION, signed(acme_program))
        key.refresh_from_db()
        assert key.last_used_at == datetime(2026, 11, 24, 12, 1, 1, tzinfo=UTC)


def test_a_key_was_used_from_where_the_proxy_saw_the_program(acme_program: Program, settings: Any) -> None:
    settings.PROXIES = 1
    acme_program.send(REGION, signed(acme_program) | {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert AccessKey.objects.get(access_key_id=acme_program.access_key_id).last_used_from == "203.0.113.9"


latin = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=200)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    authorization=st.one_of(
        latin,
        st.builds("ACS3-HMAC-SHA256 Credential={},SignedHeaders={},Signature={}".format, latin, latin, latin),
        st.builds(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders=host;x-acs-date;x-acs-signature-nonce;"
            "x-acs-content-sha256;x-acs-action;x-acs-version,Signature={:064x}".format,
            st.text("abLTAI0.", min_size=1, max_size=40),
            st.integers(0, 2**256 - 1),
        ),
    ),
    date=latin,
    nonce=latin,
    payload=st.one_of(latin, st.just("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
    action=st.one_of(latin, st.just("DescribeRegions")),
    query=st.text(st.characters(max_codepoint=255), max_size=100),
)
def test_no_header_breaks_the_server(
    db: None, authorization: str, date: str, nonce: str, payload: str, action: str, query: str
) -> None:
    headers = {
        "authorization": authorization,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": payload,
        "x-acs-action": action,
        "x-acs-version": VERSION,
    }
    response = Client(raise_request_exception=False).generic("POST", "/", QUERY_STRING=query, headers=headers)
    assert 400 <= response.status_code < 500
    assert response.json()["Code"]


SIGNATURE_PARAMETERS = [
    "AccessKeyId",
    "SignatureMethod",
    "SignatureVersion",
    "SignatureNonce",
    "Timestamp",
    "Signature",
    "SignatureType",
]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
right_text = st.sampled_from(["HMAC-SHA1", "1.0", "2026-11-24T12:00:00Z"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parameters=st.dictionaries(st.sampled_from(SIGNATURE_PARAMETERS), any_text | right_text))
def test_no_parameter_of_a_signature_breaks_the_server(db: None, parameters: dict[str, str]) -> None:
    query = {"Action": "DescribeRegions", "Version": VERSION, **parameters}
    response = Client(raise_request_exception=False).get("/", query)
    assert 400 <= response.status_code < 500
    assert response.json()["Code"]
