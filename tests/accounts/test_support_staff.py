"""Support staff who may change people make nobody a superuser, and take nobody over who has more rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from audit.models import Entry
from tests.conftest import ACME, sign_in

if TYPE_CHECKING:
    from accounts.models import Account

PASSWORD = "a-password-for-tests"
NEW_PASSWORD = {
    "password1": "another-Pass-4711",
    "password2": "another-Pass-4711",
    "usable_password": "true",
    "set-password": "x",
}


@pytest.fixture
def junior(db: None) -> User:
    """Support staff who may do with people whatever a permission can allow."""
    user = User.objects.create_user("junior@example.com", PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    return user


@pytest.fixture
def as_junior(junior: User) -> Client:
    return sign_in(Client(), junior)


@pytest.fixture
def colleague(db: None) -> User:
    return User.objects.create_user("colleague@example.com", PASSWORD, is_staff=True)


@pytest.fixture
def helper(acme: Account) -> User:
    """A RAM user of an account who is support staff besides."""
    return User.objects.create_user(
        f"helper@{ACME}.onaliyun.com",
        PASSWORD,
        account=acme,
        ram_id="207329002493920077",
        policy=User.Policy.FULL_ACCESS,
        is_staff=True,
    )


def state(*people: User) -> list[dict[str, Any]]:
    return list(User.objects.filter(pk__in=[person.pk for person in people]).order_by("pk").values())


@pytest.mark.parametrize("who", ["support", "colleague", "helper", "junior"])
@pytest.mark.parametrize("act", ["change", "password", "delete"])
def test_no_form_of_the_admin_site_changes_support_staff(
    act: str, who: str, as_junior: Client, request: pytest.FixtureRequest
) -> None:
    person: User = request.getfixturevalue(who)
    before = state(person)
    fields = {"username": "taken@example.com", "email": "taken@example.com", "policy": "", "is_active": "on"}
    flags = {"is_staff": "on", "is_superuser": "on", "post": "yes"}
    answer = as_junior.post(f"/admin/accounts/user/{person.pk}/{act}/", fields | flags | NEW_PASSWORD)
    assert answer.status_code == 403
    assert state(person) == before
    page = as_junior.get(f"/admin/accounts/user/{person.pk}/change/").content.decode()
    assert 'name="username"' not in page
    assert 'name="_save"' not in page


def test_nobody_is_made_support_staff_or_a_superuser(acme_user: User, as_junior: Client) -> None:
    every = [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]
    fields: dict[str, Any] = {"username": "acme@example.com", "policy": "", "email": "", "is_active": "on"}
    flags = {"is_staff": "on", "is_superuser": "on", "user_permissions": every}
    answer = as_junior.post(f"/admin/accounts/user/{acme_user.pk}/change/", fields | flags)
    assert answer.status_code == 302
    acme_user.refresh_from_db()
    assert not acme_user.is_support
    assert not acme_user.user_permissions.exists()
    page = as_junior.get(f"/admin/accounts/user/{acme_user.pk}/change/").content.decode()
    assert 'name="is_superuser"' not in page


def test_a_new_person_is_no_superuser(acme: Account, as_junior: Client) -> None:
    fields = {"username": "acme@example.com", "account": ACME, "usable_password": "false"}
    as_junior.post("/admin/accounts/user/add/", fields | {"is_staff": "on", "is_superuser": "on"})
    made = User.objects.get(username="acme@example.com")
    assert not made.is_support


def test_support_staff_keep_their_second_factors_and_sessions(
    support: User, acme_user: User, as_junior: Client, as_support: Client
) -> None:
    for person in (support, acme_user):
        TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    fields = {"action": "remove_second_factors", "_selected_action": [support.pk, acme_user.pk]}
    page = as_junior.post("/admin/accounts/user/", fields, follow=True).content.decode()
    assert "Nothing was done about support@example.com: Only a superuser may change support staff" in page
    assert list(Authenticator.objects.values_list("user", flat=True)) == [support.pk]
    assert as_support.get("/admin/").status_code == 200
    entries = Entry.objects.filter(event="RemoveAuthenticator")
    assert {(entry.outcome, entry.details["user"]) for entry in entries} == {
        ("Success", "acme@example.com"),
        ("no_permission", "support@example.com"),
    }


def test_a_main_user_does_not_take_over_support_staff_of_the_account(
    helper: User, acme_user: User, as_acme: Client
) -> None:
    before = state(helper)
    fields = {"policy": "AliyunECDReadOnlyAccess", "email": "mine@example.com", "password": "another-Pass-4711"}
    paths = [f"/account/people/{helper.ram_id}/{act}/" for act in ("edit", "disable", "enable", "delete")]
    for path in paths:
        answer = as_acme.post(path, fields)
        assert answer.status_code == 403
        assert "Only a superuser may change support staff" in answer.content.decode()
    assert state(helper) == before
    assert [entry.outcome for entry in Entry.objects.all()] == ["no_permission"] * 4


def test_support_staff_still_help_other_people(acme_user: User, as_junior: Client) -> None:
    answer = as_junior.post(f"/admin/accounts/user/{acme_user.pk}/password/", NEW_PASSWORD)
    assert answer.status_code == 302
    acme_user.refresh_from_db()
    assert acme_user.check_password("another-Pass-4711")


def test_a_superuser_changes_support_staff(colleague: User, as_support: Client) -> None:
    assert as_support.post(f"/admin/accounts/user/{colleague.pk}/password/", NEW_PASSWORD).status_code == 302
    fields = {"username": colleague.username, "policy": "", "email": "", "is_staff": "on", "is_superuser": "on"}
    assert as_support.post(f"/admin/accounts/user/{colleague.pk}/change/", fields).status_code == 302
    colleague.refresh_from_db()
    assert (colleague.is_superuser, colleague.is_active) == (True, False)
