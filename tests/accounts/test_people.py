"""RAM users: the main user makes, changes, disables and removes them; nobody else does."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client

from accounts import models
from accounts.models import AccessKey, User
from audit.models import Actor, Entry
from tests.conftest import ACME, AUDITOR_RAM_ID, OPERATOR_RAM_ID, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import Account

CREATE = "/account/people/create/"
OLGA = {
    "name": "Olga.P",
    "policy": "AliyunECDReadOnlyAccess",
    "email": "Olga@example.com",
    "password": "a-Password-4711",
}


@contextmanager
def removed_meanwhile(user: User) -> Iterator[None]:
    """Somebody else removes the person after a request has found them, before what it does to them begins."""

    def remove(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SAVEPOINT") and not removed:
            removed.append(user)
            User.objects.filter(pk=user.pk).delete()
        return execute(sql, *rest)

    removed: list[User] = []
    with connection.execute_wrapper(remove):
        yield
    assert removed


def signed_in(user: User, password: str) -> bool:
    return Client().post("/login/", {"username": user.username, "password": password}).status_code == 302


def entries() -> list[tuple[str, str]]:
    """What was done to people; whether they signed in is not looked at here."""
    acts = Entry.objects.exclude(event="SignIn").order_by("id")
    return list(acts.values_list("event", "outcome"))


def test_the_main_user_makes_a_ram_user_who_signs_in(as_acme: Client) -> None:
    assert as_acme.post(CREATE, OLGA)["Location"] == "/account/"
    olga = User.objects.get(username=f"olga.p@{ACME}.onaliyun.com")
    assert re.fullmatch(r"2\d{17}", str(olga.ram_id))
    assert (olga.account_id, olga.policy, olga.email) == (ACME, "AliyunECDReadOnlyAccess", "olga@example.com")
    assert signed_in(olga, OLGA["password"])
    assert entries() == [("CreateUser", "Success")]
    assert OLGA["password"] not in str(list(Entry.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "olga p"}, "name"),
        ({"name": "operator"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"name": "o@evil.example"}, "name"),
        ({"policy": "AdministratorAccess"}, "policy"),
        ({"email": "olga"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "olga.p@1182725234310001"}, "password"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    wrong: dict[str, str], field: str, as_acme: Client, operator: User
) -> None:
    answer = as_acme.post(CREATE, OLGA | wrong)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode() or f"error_1_id_{field}" in answer.content.decode()
    assert User.objects.filter(ram_id__isnull=False).count() == 1


def test_fields_that_the_form_does_not_have_change_nothing(as_acme: Client) -> None:
    as_acme.post(CREATE, OLGA | {"is_staff": "on", "is_superuser": "on", "account": "5316109394400002", "ram_id": ""})
    olga = User.objects.get(ram_id__isnull=False)
    assert (olga.is_staff, olga.is_superuser, olga.account_id) == (False, False, ACME)


def test_the_policy_is_changed_and_holds_at_once(as_acme: Client, operator: User) -> None:
    theirs = sign_in(Client(), operator)
    as_acme.post(f"/account/people/{OPERATOR_RAM_ID}/edit/", {"policy": "AliyunECDReadOnlyAccess", "email": ""})
    operator.refresh_from_db()
    assert not operator.may_write
    assert signed_in(operator, "a-password-for-tests")
    assert theirs.get("/account/").status_code == 200


def test_a_new_password_ends_the_sessions_of_the_person(as_acme: Client, operator: User) -> None:
    theirs = sign_in(Client(), operator)
    fields = {"policy": operator.policy, "email": "", "password": "another-Pass-4711"}
    as_acme.post(f"/account/people/{OPERATOR_RAM_ID}/edit/", fields)
    assert theirs.get("/account/").status_code == 302
    assert signed_in(operator, "another-Pass-4711")


def test_who_is_disabled_is_signed_out_and_their_key_is_refused_until_they_are_enabled(
    as_acme: Client, operator: User
) -> None:
    key, _secret = AccessKey.create_for(operator, by=Actor())
    theirs = sign_in(Client(), operator)
    as_acme.post(f"/account/people/{OPERATOR_RAM_ID}/disable/")
    assert theirs.get("/account/").status_code == 302
    assert not signed_in(operator, "a-password-for-tests")
    assert not AccessKey.objects.select_related("user__account").get(pk=key.pk).is_usable
    as_acme.post(f"/account/people/{OPERATOR_RAM_ID}/enable/")
    assert signed_in(operator, "a-password-for-tests")
    assert entries()[1:] == [("DisableUser", "Success"), ("EnableUser", "Success")]


def test_who_is_removed_is_signed_out_and_their_keys_are_gone(as_acme: Client, operator: User) -> None:
    AccessKey.create_for(operator, by=Actor())
    theirs = sign_in(Client(), operator)
    as_acme.post(f"/account/people/{OPERATOR_RAM_ID}/delete/")
    assert theirs.get("/account/").status_code == 302
    assert not AccessKey.objects.exists()
    assert not User.objects.filter(ram_id=OPERATOR_RAM_ID).exists()
    assert Entry.objects.first().details["user"] == operator.username
    assert entries()[-1] == ("DeleteUser", "Success")


@pytest.mark.parametrize("who", ["operator", "auditor"])
def test_a_ram_user_manages_nobody_whatever_their_policy(who: str, operator: User, auditor: User) -> None:
    client = sign_in(Client(), {"operator": operator, "auditor": auditor}[who])
    assert "Create RAM user" not in client.get("/account/").content.decode()
    answers = [
        client.post(CREATE, OLGA),
        client.post(f"/account/people/{AUDITOR_RAM_ID}/edit/", {"policy": "AliyunECDFullAccess", "email": ""}),
        *(client.post(f"/account/people/{AUDITOR_RAM_ID}/{verb}/") for verb in ("disable", "enable", "delete")),
    ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert "Only the main user" in answers[0].content.decode()
    auditor.refresh_from_db()
    assert (auditor.policy, auditor.is_active) == (User.Policy.READ_ONLY, True)
    assert {outcome for _, outcome in entries()} == {"no_permission"}


def test_no_door_goes_round_the_rule(operator: User, auditor: User) -> None:
    by = Actor(may_manage_people=operator.may_manage_people)
    for act in (auditor.disable, auditor.enable, auditor.remove):
        with pytest.raises(PermissionDenied):
            act(by=by)
    assert User.objects.filter(pk=auditor.pk, is_active=True).exists()


def test_the_people_of_another_account_are_not_found(as_globex: Client, operator: User) -> None:
    for verb in ("edit", "disable", "enable", "delete"):
        assert as_globex.post(f"/account/people/{OPERATOR_RAM_ID}/{verb}/").status_code == 404


def test_a_password_that_was_changed_meanwhile_stays(operator: User) -> None:
    as_it_was = User.objects.get(pk=operator.pk)
    operator.change(by=Actor(), policy=operator.policy, email="", password="another-Pass-4711")
    as_it_was.change(by=Actor(), policy=User.Policy.READ_ONLY, email="")
    as_it_was.disable(by=Actor())
    as_it_was.enable(by=Actor())
    assert signed_in(operator, "another-Pass-4711")


@pytest.mark.parametrize(
    ("verb", "event"),
    [("edit", "UpdateUser"), ("disable", "DisableUser"), ("enable", "EnableUser"), ("delete", "DeleteUser")],
)
def test_who_was_removed_in_that_moment_is_told_so(verb: str, event: str, as_acme: Client, operator: User) -> None:
    with removed_meanwhile(operator):
        answer = as_acme.post(
            f"/account/people/{OPERATOR_RAM_ID}/{verb}/", {"policy": "AliyunECDReadOnlyAccess", "email": ""}
        )
    assert answer.status_code == 422
    assert "This person has been removed." in answer.content.decode()
    assert entries() == [(event, "user_not_found")]


def test_who_is_removed_makes_no_key_in_that_moment(operator: User) -> None:
    client = sign_in(Client(), operator)
    with removed_meanwhile(operator):
        answer = client.post("/account/keys/create/")
    assert answer.status_code == 422
    assert "This person has been removed." in answer.content.decode()


def test_the_main_user_is_nobody_that_can_be_removed(acme_user: User) -> None:
    with pytest.raises(ValueError, match="main user"):
        acme_user.remove(by=Actor())


def test_an_account_has_only_so_many(as_acme: Client, operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "RAM_USER_LIMIT", 1)
    assert "at most 1 RAM users" in as_acme.post(CREATE, OLGA).content.decode()
    assert entries() == [("CreateUser", "ram_user_limit_reached")]


def test_the_address_of_a_main_user_is_the_logon_name(acme: Account) -> None:
    user = User.objects.create_user("New@Example.com", "a-Password-4711", account=acme, email="other@example.com")
    assert user.email == "new@example.com"


def test_a_dialog_leads_back_to_the_page(as_acme: Client) -> None:
    answer: Any = as_acme.post(CREATE, OLGA, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/account/"
    with pytest.raises(ValidationError):
        User(username="x", account_id=ACME, policy="").create("a-Password-4711", by=Actor())
