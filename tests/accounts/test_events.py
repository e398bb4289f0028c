"""The operation log has who signed in, who was refused and locked out, and who left."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.test import Client

from accounts import events
from accounts.models import User
from audit.models import Entry
from tests.accounts.test_sign_in import PASSWORD, SECRET, code_now, sign_in
from tests.conftest import ACME

if TYPE_CHECKING:
    from collections.abc import Iterable


def told(account_id: str = ACME) -> list[tuple[str, str]]:
    entries = Entry.objects.filter(account_id=account_id).order_by("id")
    return [(entry.event, entry.outcome) for entry in entries]


def of(event: str, *outcomes: str) -> list[tuple[str, str]]:
    return [(event, outcome) for outcome in outcomes]


def test_a_sign_in_and_a_sign_out_are_entries_of_the_account(
    acme_user: User, client: Client, as_support: Client
) -> None:
    sign_in(client, "acme@example.com")
    page = client.get("/logs/").content.decode()
    client.post("/logout/")
    assert told() == [("SignIn", "Success"), ("SignOut", "Success")]
    entry = Entry.objects.earliest("id")
    assert (entry.actor_name, entry.actor_user_id, entry.address) == (
        "acme@example.com",
        str(acme_user.pk),
        "127.0.0.1",
    )
    assert entry.details == {"user": "acme@example.com", "methods": ["password"]}
    assert entry.request_id
    assert "acme@example.com signed in" in page
    assert "SignOut" in as_support.get("/admin/audit/entry/", {"q": ACME}).content.decode()


def test_a_failure_says_name_and_address_and_never_the_password(
    acme_user: User, client: Client, globex_user: User, as_globex: Client
) -> None:
    sign_in(client, "ACME@example.com", "my-wrong-secret")
    [entry] = Entry.objects.all()
    assert (entry.event, entry.outcome, entry.account_id) == ("SignIn", "wrong_name_or_password", ACME)
    assert (entry.actor_name, entry.actor_user_id, entry.actor_account_id) == ("acme@example.com", "", "")
    assert entry.address == "127.0.0.1"
    assert "my-wrong-secret" not in str(Entry.objects.values()[0])
    assert "wrong_name_or_password" not in as_globex.get("/logs/").content.decode()


def test_a_lock_out_is_one_entry_however_often_it_is_met(acme_user: User, client: Client) -> None:
    for _ in range(9):
        sign_in(client, "acme@example.com", "wrong")
    expected = of("SignIn", *["wrong_name_or_password"] * 5, "too_many_attempts")
    assert told() == expected
    with time_machine.travel(time.time() + events.ONCE_IN + 1):
        for _ in range(7):
            sign_in(client, "acme@example.com", "wrong")
    assert told() == expected * 2


def test_a_name_that_nobody_has_is_an_entry_without_an_account(
    acme_user: User, client: Client, as_support: Client, as_acme: Client
) -> None:
    sign_in(client, "nobody@example.com", "wrong")
    [entry] = Entry.objects.all()
    assert (entry.event, entry.account_id, entry.actor_name) == ("SignIn", "", "nobody@example.com")
    assert "nobody@example.com" in as_support.get("/admin/audit/entry/").content.decode()
    assert "nobody@example.com" not in as_acme.get("/logs/").content.decode()


def test_strangers_do_not_flood_the_log(acme_user: User, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STRANGERS_A_MINUTE", 5)
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "1000/m/ip"}
    now = time.time() // 60 * 60 + 90
    with time_machine.travel(now, tick=False):
        for number in range(12):
            sign_in(Client(), f"nobody{number}@example.com", "wrong")
        # Those of people are recorded all the same.
        sign_in(Client(), "acme@example.com", "wrong")
    assert told("") == of("SignIn", *["wrong_name_or_password"] * 5)
    assert Entry.objects.filter(account_id="").latest("id").details["further_ones"] == "not recorded in this minute"
    assert told() == of("SignIn", "wrong_name_or_password")
    with time_machine.travel(now + 61):
        sign_in(Client(), "nobody@example.com", "wrong")
    assert len(told("")) == 6


@pytest.mark.parametrize("name", ["x" * 5000, "\ud800@example.com", "<script>", "\u200b", "a\x00b"])
def test_no_name_is_an_error(name: str, db: None, client: Client) -> None:
    text = name.encode("utf-8", "surrogatepass")
    body = b"password=wrong&username=" + b"".join(b"%%%02x" % byte for byte in text)
    answer = client.post("/login/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert all(len(entry.actor_name) <= 254 for entry in Entry.objects.all())


def test_second_factors_are_entries_when_they_are_used_and_when_they_fail(acme_user: User) -> None:
    TOTP.activate(acme_user, SECRET)
    [code, *_] = RecoveryCodes.activate(acme_user).get_unused_codes()
    first, second = Client(), Client()
    sign_in(first, "acme@example.com")
    first.post("/account/mfa/authenticate/", {"code": "000000"})
    first.post("/account/mfa/authenticate/", {"code": code_now()})
    sign_in(second, "acme@example.com")
    second.post("/account/mfa/authenticate/", {"code": code})
    assert told() == [
        *of("UseAuthenticator", "wrong_code", "Success"),
        *of("SignIn", "Success"),
        *of("UseAuthenticator", "Success"),
        *of("SignIn", "Success"),
    ]
    assert methods(Entry.objects.filter(event="SignIn").order_by("id")) == [
        ["password", "totp"],
        ["password", "recovery_codes"],
    ]
    assert code not in str(list(Entry.objects.values()))


def methods(entries: Iterable[Entry]) -> list[list[str]]:
    return [entry.details["methods"] for entry in entries]


def test_guessed_codes_lock_out_with_one_entry(acme_user: User, client: Client) -> None:
    TOTP.activate(acme_user, SECRET)
    sign_in(client, "acme@example.com")
    for _ in range(8):
        client.post("/account/mfa/authenticate/", {"code": "000000"})
    assert told() == of("UseAuthenticator", *["wrong_code"] * 5, "too_many_attempts")


def test_a_passkey_that_is_refused_is_an_entry(acme_user: User, client: Client) -> None:
    client.post("/account/mfa/webauthn/login/", {"credential": '{"id": "x"}'})
    [entry] = Entry.objects.all()
    assert (entry.event, entry.outcome, entry.account_id) == ("SignIn", "wrong_code", "")


def test_confirming_with_a_wrong_password_is_an_entry(acme_user: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    client.post("/account/confirm/", {"password": "wrong"})
    assert told() == [("SignIn", "Success"), ("ConfirmIdentity", "wrong_name_or_password")]


def test_resets_and_ended_sessions_are_entries(acme_user: User, client: Client, mailoutbox: Any, settings: Any) -> None:
    for _ in range(3):
        client.post("/login/password/", {"email": "acme@example.com"})
    client.post("/login/password/", {"email": "nobody@example.com"})
    [link] = re.findall(rf"{re.escape(settings.PUBLIC_URL)}(/login/password/\S+)", mailoutbox[-1].body)
    page = client.get(link, follow=True)
    fields = {"password1": "another-Pass-4711", "password2": "another-Pass-4711"}
    client.post(page.redirect_chain[-1][0], fields)
    for each in (Client(), client):
        sign_in(each, "acme@example.com", "another-Pass-4711")
    client.post("/account/sessions/")
    assert [event for event, outcome in told()] == [
        "RequestPasswordReset",
        "ResetPassword",
        "SignIn",
        "SignIn",
        "EndSessions",
    ]
    asked = Entry.objects.earliest("id")
    assert (asked.actor_name, asked.address, asked.details) == ("", "127.0.0.1", {"user": "acme@example.com"})


def test_the_log_with_these_entries_verifies(
    acme_user: User, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(client, "acme@example.com", "wrong")
    sign_in(client, "nobody@example.com", "wrong")
    sign_in(client, "acme@example.com", PASSWORD)
    client.post("/logout/")
    call_command("verify")
    assert "invariants hold" in capsys.readouterr().out
