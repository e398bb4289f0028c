"""Sessions: what the database has of them, when they end for good, and who gets none."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import Account, User
from accounts.sessions import SessionStore, hashed
from accounts.signed_in import PRUNED_AT_ONCE
from audit.models import Actor
from tests.accounts.test_sign_in import PASSWORD, is_signed_in, sign_in
from tests.conftest import ACME
from tests.test_access import urls_of

if TYPE_CHECKING:
    from collections.abc import Callable


def key_of(client: Client) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def signed_in(username: str = "acme@example.com") -> Client:
    client = Client()
    assert sign_in(client, username).status_code == 302
    return client


def with_key(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def test_no_row_has_a_key_that_signs_in(acme_user: User) -> None:
    client = signed_in()
    rows = {*Session.objects.values_list("pk", flat=True), *UserSession.objects.values_list("session_key", flat=True)}
    assert rows == {hashed(key_of(client))}
    assert is_signed_in(with_key(key_of(client)))
    for key in rows:
        assert not is_signed_in(with_key(key))
    assert key_of(client) not in str(list(Session.objects.values())) + str(list(UserSession.objects.values()))


def test_the_keys_of_the_version_before_are_hashed_and_people_stay_signed_in(acme_user: User) -> None:
    client = signed_in()
    key = key_of(client)
    Session.objects.update(session_key=key)
    UserSession.objects.update(session_key=key)
    migration = import_module("accounts.migrations.0004_hashed_session_keys")
    for _ in range(2):
        migration.hash_keys(apps, SimpleNamespace(connection=connection))
    assert [Session.objects.get().pk, UserSession.objects.get().session_key] == [hashed(key)] * 2
    assert is_signed_in(client)


def disabled_and_enabled(person: User) -> None:
    person.disable(by=Actor())
    person.enable(by=Actor())


def new_password(person: User) -> None:
    person.change(by=Actor(), password="another-Pass-4711")
    person.change(by=Actor(), password=PASSWORD)


def without_second_factors(person: User) -> None:
    person.remove_second_factors(by=Actor())


@pytest.mark.parametrize("act", [disabled_and_enabled, new_password, without_second_factors])
def test_no_session_works_again_after(act: Callable[[User], None], acme_user: User, globex_user: User) -> None:
    other = signed_in("globex@example.com")
    client = signed_in()
    act(acme_user)
    assert not is_signed_in(client)
    assert not is_signed_in(with_key(key_of(client)))
    assert is_signed_in(other)
    assert Session.objects.get().pk == UserSession.objects.get().session_key == hashed(key_of(other))


def test_no_session_works_again_after_the_account_was_closed(acme_user: User, as_support: Client) -> None:
    client = signed_in()
    url = f"/admin/accounts/account/{ACME}/change/"
    for fields in ({}, {"is_active": "on"}):
        as_support.post(url, {"name": "Acme", "site": "china", "share_limit": "50", **fields})
    assert Account.objects.get(pk=ACME).is_active
    assert not is_signed_in(client)
    assert not UserSession.objects.filter(user=acme_user).exists()


def test_who_changes_the_password_keeps_one_session_and_no_other_row(acme_user: User) -> None:
    client, elsewhere = signed_in(), signed_in()
    old = key_of(client)
    fields = {"oldpassword": PASSWORD, "password1": "another-Pass-4711", "password2": "another-Pass-4711"}
    client.post("/account/password/", fields)
    assert is_signed_in(client)
    for key in (old, key_of(elsewhere)):
        assert not is_signed_in(with_key(key))
    assert Session.objects.get().pk == UserSession.objects.get().session_key == hashed(key_of(client))


def test_a_session_that_was_ended_leaves_no_row(acme_user: User) -> None:
    client, other = signed_in(), signed_in()
    client.post("/account/sessions/")
    assert not is_signed_in(with_key(key_of(other)))
    assert Session.objects.get().pk == UserSession.objects.get().session_key == hashed(key_of(client))


def test_a_person_who_is_removed_leaves_no_session(operator: User) -> None:
    sign_in(Client(), operator.username)
    operator.remove(by=Actor())
    assert not Session.objects.exists()


def test_the_key_that_sets_a_password_is_not_in_clear_in_the_database(acme_user: User) -> None:
    store = SessionStore()
    store["_password_reset_key"] = "a-key-that-sets-a-password"
    store.save()
    kept = Session.objects.get().session_data
    assert SessionStore(store.session_key)["_password_reset_key"] == "a-key-that-sets-a-password"
    from django.contrib.sessions.backends import db

    assert db.SessionStore().decode(kept)["_password_reset_key"] != "a-key-that-sets-a-password"


# Nobody who is not signed in fills the table.


def test_who_is_not_signed_in_gets_no_session(acme_user: User) -> None:
    for method in ("get", "post"):
        for path in [path for path in urls_of(get_resolver().url_patterns) if re.fullmatch("[a-z0-9/_.-]+", path)]:
            for accept in ("text/html", "application/json"):
                getattr(Client(), method)(path, headers={"accept": accept})
    sign_in(Client(), "acme@example.com", "wrong")
    Client().post("/login/password/", {"email": "acme@example.com"})
    assert not Session.objects.exists()


def test_a_passkey_is_asked_for_without_a_session(db: None) -> None:
    for _ in range(20):
        client = Client()
        answer = client.get("/account/mfa/webauthn/login/", headers={"accept": "application/json"})
        assert answer.json()["request_options"]["publicKey"]["challenge"]
        assert settings.SESSION_COOKIE_NAME not in client.cookies
    assert not Session.objects.exists()


def test_sessions_that_have_expired_are_deleted_as_people_sign_in(acme_user: User, globex_user: User) -> None:
    now = timezone.now()
    Session.objects.bulk_create(
        Session(session_key=f"{number:040}", session_data="", expire_date=now - timedelta(days=1))
        for number in range(PRUNED_AT_ONCE + 5)
    )
    UserSession.objects.create(user=globex_user, session_key=f"{0:040}", ip="127.0.0.1")
    signed_in()
    assert Session.objects.count() == 6
    assert UserSession.objects.get().user == acme_user
    signed_in()
    assert Session.objects.count() == 2


def test_an_expired_session_is_not_listed(acme_user: User) -> None:
    signed_in()
    with time_machine.travel(time.time() + settings.SESSION_COOKIE_AGE + 1):
        client = signed_in()
        page: Any = client.get("/account/sessions/")
        assert len(page.context["sessions"]) == 1
