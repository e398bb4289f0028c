from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import Account, User
from tests.conftest import ACME, AUDITOR_RAM_ID, OPERATOR_RAM_ID

if TYPE_CHECKING:
    from django.test import Client


@pytest.mark.parametrize("account_id", ["", "1", "118272523431000", "11827252343100011", "118272523431000x", "١" * 16])
@pytest.mark.django_db
def test_an_account_id_is_sixteen_digits(account_id: str) -> None:
    with pytest.raises(ValidationError):
        Account(account_id=account_id, name="Acme", site="china").full_clean()


@pytest.mark.django_db
def test_an_account_id_keeps_its_zeros() -> None:
    Account.objects.create(account_id="0000000000000042", name="Zero", site="china")
    assert Account.objects.get().account_id == "0000000000000042"
    assert Account.objects.get().share_limit == 50


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"username": "second@example.com"}, "has a main user already"),
        (
            {"username": f"x@{ACME}.onaliyun.com", "ram_id": "107329002493920009", "policy": "AliyunECDFullAccess"},
            "18 d",
        ),
        (
            {"username": f"x@{ACME}.onaliyun.com", "ram_id": "20732900249392000", "policy": "AliyunECDFullAccess"},
            "18 d",
        ),
        ({"username": "x@example.com", "ram_id": "207329002493920009", "policy": "AliyunECDFullAccess"}, "ends with"),
        ({"username": f"x@{ACME}.onaliyun.com", "ram_id": "207329002493920009"}, "has a policy"),
    ],
)
def test_users_are_a_main_user_or_ram_users(
    fields: dict[str, str], sentence: str, acme: Account, acme_user: User
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        User.objects.create_user(password="a-password-for-tests", account=acme, **fields)


def test_the_database_too_holds_one_main_user_an_account(acme: Account, acme_user: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(username="second@example.com", account=acme)])


def test_passwords_are_kept_with_argon2() -> None:
    from eds_console.settings import PASSWORD_HASHERS

    assert PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    encoded = make_password("x")
    assert identify_hasher(encoded).algorithm in {"argon2", "md5"}


@pytest.mark.parametrize("name", ["acme@example.com", "  ACME@Example.com "])
def test_people_sign_in_by_their_logon_name(name: str, acme_user: User, client: Client) -> None:
    answer = client.post("/login/", {"username": name, "password": "a-password-for-tests"})
    assert answer.status_code == 302
    assert client.get("/", follow=True).redirect_chain == [("/cn-hangzhou/images/custom/", 302)]


def test_a_ram_user_signs_in_by_its_name_in_the_accounts_domain(operator: User, client: Client) -> None:
    answer = client.post("/login/", {"username": f"operator@{ACME}.onaliyun.com", "password": "a-password-for-tests"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"account__is_active": False}], ids=["user deactivated", "account deactivated"]
)
def test_who_is_not_active_is_signed_out_and_cannot_sign_in(
    change: dict[str, bool], acme_user: User, as_acme: Client
) -> None:
    assert as_acme.get("/account/").status_code == 200
    if "is_active" in change:
        User.objects.filter(pk=acme_user.pk).update(is_active=False)
    else:
        Account.objects.filter(pk=ACME).update(is_active=False)
    assert as_acme.get("/account/").status_code == 302
    answer = as_acme.post("/login/", {"username": acme_user.username, "password": "a-password-for-tests"})
    assert answer.status_code == 200
    assert "wrong, or the account cannot sign in" in answer.content.decode()


def test_the_user_panel_says_who_one_is(as_acme: Client, operator: User, client: Client) -> None:
    main = as_acme.get("/cn-hangzhou/images/custom/").content.decode()
    for text in ("Main Account", ACME, "China site (aliyun.com)", f'data-copy="{ACME}"', "Sign out"):
        assert text in main
    assert "RAM User" not in main
    client.force_login(operator)
    ram = client.get("/cn-hangzhou/images/custom/").content.decode()
    for text in ("RAM User", ACME, OPERATOR_RAM_ID, "AliyunECDFullAccess"):
        assert text in ram
    assert "Main Account" not in ram


def test_the_account_centre_shows_its_people_and_how_much_is_shared(
    as_acme: Client, operator: User, auditor: User, share
) -> None:
    page = as_acme.get("/account/").content.decode()
    for text in (ACME, "1 of 50", operator.username, AUDITOR_RAM_ID, "AliyunECDReadOnlyAccess"):
        assert text in page


def test_signing_out_takes_a_post(as_acme: Client) -> None:
    assert as_acme.get("/logout/").status_code == 405
    assert as_acme.post("/logout/").status_code == 302
    assert as_acme.get("/account/").status_code == 302


def test_a_sign_in_does_not_lead_elsewhere(acme_user: User, client: Client) -> None:
    answer = client.post(
        "/login/?next=https://evil.example/",
        {"username": acme_user.username, "password": "a-password-for-tests", "next": "https://evil.example/"},
    )
    assert answer["Location"] == "/"


def test_a_session_that_ended_inside_a_dialog_leads_to_the_sign_in_page(image, client: Client) -> None:
    answer = client.get(f"/cn-hangzhou/images/{image}/sharing/", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer["HX-Redirect"].startswith("/login/?next=")
    on_the_list = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cn-hangzhou/images/custom/?q=a"}
    answer = client.get(f"/cn-hangzhou/images/{image}/sharing/?account=1", headers=on_the_list)
    assert answer["HX-Redirect"] == "/login/?next=%2Fcn-hangzhou%2Fimages%2Fcustom%2F%3Fq%3Da&ended=1"
    assert "Your session has ended." in client.get(answer["HX-Redirect"]).content.decode()
    elsewhere = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/login-here/"}
    answer = client.get(f"/cn-hangzhou/images/{image}/sharing/", headers=elsewhere)
    assert "evil" not in answer["HX-Redirect"]
