"""AccessKeys: their life in the account center, what is kept of the secret, and the rotation of what encrypts it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import call_command

from accounts.models import AccessKey
from audit.models import Actor, Entry
from eds_console.variables import env

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

HTMX = {"HX-Request": "true"}
CREATE = "/account/keys/create/"


@pytest.fixture
def key(acme_user: User) -> AccessKey:
    return AccessKey.create_for(acme_user, by=Actor())[0]


def test_the_secret_is_shown_once(as_acme: Client) -> None:
    answer = as_acme.post(CREATE)
    [secret] = re.findall(r'<span class="mono" id="secret">(\w{30})</span>', answer.content.decode())
    key = AccessKey.objects.get()
    assert key.secret == secret
    assert re.fullmatch(r"LTAI[0-9A-Za-z]{20}", key.access_key_id)
    assert answer["Cache-Control"].startswith("no-store")
    for path in ("/account/", CREATE):
        assert secret not in as_acme.get(path).content.decode()
    assert key.access_key_id in as_acme.get("/account/").content.decode()


def test_in_a_dialog_the_key_is_answered_and_the_page_behind_can_be_drawn_anew(as_acme: Client) -> None:
    answer = as_acme.post(CREATE, headers={**HTMX, "HX-Current-URL": "http://testserver/account/"}).content.decode()
    key = AccessKey.objects.get()
    assert key.access_key_id in answer
    assert key.secret in answer
    assert 'id="keys"' not in answer
    # Once the dialog is closed, dialog.js asks for the page again and puts in what is marked as fresh.
    page = as_acme.get("/account/").content.decode()
    fresh = page.partition('id="account" data-fresh')[2]
    assert key.access_key_id in fresh.partition('id="keys"')[2]


def test_a_user_has_at_most_two(as_acme: Client, acme_user: User) -> None:
    assert [as_acme.post(CREATE).status_code for _ in range(3)] == [200, 200, 422]
    assert acme_user.access_keys.count() == 2
    page = as_acme.get("/account/").content.decode()
    assert re.search(r'id="create-key"[^>]* aria-disabled="true" data-tip="A user has at most 2 AccessKeys\.', page)
    with pytest.raises(ValidationError) as refusal:
        AccessKey.create_for(acme_user, by=Actor())
    assert refusal.value.code == "access_key_limit_reached"
    of_the_console = Entry.objects.filter(event="CreateAccessKey", door="console").order_by("id")
    assert [entry.outcome for entry in of_the_console] == ["Success", "Success", "access_key_limit_reached"]
    assert of_the_console[2].account_id == acme_user.account_id
    assert of_the_console[2].details == {"user": "acme@example.com"}


def test_a_key_is_disabled_enabled_and_deleted_and_the_audit_says_so(as_acme: Client, key: AccessKey) -> None:
    for verb, is_active in (("disable", False), ("enable", True)):
        assert as_acme.get(f"/account/keys/{key}/{verb}/").status_code == 200
        assert as_acme.post(f"/account/keys/{key}/{verb}/")["Location"] == "/account/"
        key.refresh_from_db()
        assert key.is_active is is_active
    as_acme.post(f"/account/keys/{key}/delete/")
    assert not AccessKey.objects.exists()
    entries = Entry.objects.order_by("id")
    assert [(entry.event, entry.details["access_key_id"]) for entry in entries] == [
        (event, key.access_key_id)
        for event in ("CreateAccessKey", "DisableAccessKey", "EnableAccessKey", "DeleteAccessKey")
    ]


def test_a_key_that_is_disabled_already_is_not_disabled_again(as_acme: Client, key: AccessKey) -> None:
    for _ in range(2):
        as_acme.post(f"/account/keys/{key}/disable/")
    assert Entry.objects.filter(event="DisableAccessKey").count() == 1


@pytest.mark.parametrize("verb", ["disable", "enable", "delete"])
def test_nobody_elses_key_is_found(as_globex: Client, as_auditor: Client, key: AccessKey, verb: str) -> None:
    for client in (as_globex, as_auditor):
        assert client.post(f"/account/keys/{key}/{verb}/").status_code == 404
    key.refresh_from_db()
    assert key.is_active


def test_one_who_only_looks_has_keys_that_only_look(as_auditor: Client) -> None:
    assert as_auditor.post(CREATE).status_code == 200


def test_support_staff_have_no_account_center(as_support: Client) -> None:
    assert as_support.post(CREATE).status_code == 403


def test_the_secret_is_not_in_the_database(key: AccessKey) -> None:
    assert key.secret.encode() not in bytes(AccessKey.objects.values_list("encrypted_secret", flat=True).get())


def test_the_key_that_encrypts_is_rotated_without_a_moment_of_refusals(key: AccessKey, settings: Any) -> None:
    old, new = settings.ACCESS_KEY_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    secret = key.secret
    settings.ACCESS_KEY_ENCRYPTION_KEYS = [new, old]
    assert AccessKey.objects.get().secret == secret
    call_command("reencrypt_access_keys")
    settings.ACCESS_KEY_ENCRYPTION_KEYS = [new]
    assert AccessKey.objects.get().secret == secret
    settings.ACCESS_KEY_ENCRYPTION_KEYS = [old]
    with pytest.raises(InvalidToken):
        _ = AccessKey.objects.get().secret


def test_keys_that_encrypt_come_from_the_environment_or_follow_from_the_secret_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new, old = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("ACCESS_KEY_ENCRYPTION_KEYS", f"{new}, {old}")
    assert env("ACCESS_KEY_ENCRYPTION_KEYS") == [new, old]
    monkeypatch.setenv("ACCESS_KEY_ENCRYPTION_KEYS", "")
    monkeypatch.setenv("SECRET_KEY", "1234567890" * 5)
    [follows] = env("ACCESS_KEY_ENCRYPTION_KEYS")
    assert env("ACCESS_KEY_ENCRYPTION_KEYS") == [follows]
    monkeypatch.setenv("SECRET_KEY", "0987654321" * 5)
    assert env("ACCESS_KEY_ENCRYPTION_KEYS") != [follows]
    for wrong in ("short", ","):
        monkeypatch.setenv("ACCESS_KEY_ENCRYPTION_KEYS", wrong)
        with pytest.raises(ImproperlyConfigured):
            env("ACCESS_KEY_ENCRYPTION_KEYS")
