"""The admin site: every page opens, lists stay bounded, support staff act through the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import models
from accounts.models import AccessKey, Account, User
from audit.models import Actor, Entry
from desktops.models import Desktop, Template
from images.models import ImageShare
from tests.accounts.test_people import removed_meanwhile
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from django.test import Client

READ_ONLY = "AliyunECDReadOnlyAccess"
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
by_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)


def _url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@by_model
def test_every_list_and_every_page_opens(
    model: Any, share: ImageShare, operator: User, desktop: Desktop, template: Template, as_support: Client
) -> None:
    assert as_support.get(_url(model, "changelist")).status_code == 200
    for thing in model.objects.all()[:1]:
        assert as_support.get(_url(model, "change", thing.pk)).status_code == 200
    add = as_support.get(_url(model, "add"))
    assert add.status_code in {200, 403}


@by_model
def test_no_list_counts_all_its_rows(model: Any, share: ImageShare, as_support: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_support.get(_url(model, "changelist"))
    if model._meta.label == "regions.Region":
        return
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
    assert counts
    assert all("LIMIT" in count for count in counts), counts


@by_model
def test_no_form_has_a_select_box_over_a_big_table(
    model: Any, share: ImageShare, operator: User, desktop: Desktop, template: Template, as_support: Client
) -> None:
    for page in (as_support.get(_url(model, "add")), as_support.get(_url(model, "change", model.objects.first().pk))):
        if page.status_code != 200:
            continue
        text = page.content.decode()
        assert '<select name="account"' not in text
        assert '<select name="owner"' not in text
        assert '<select name="image"' not in text
        assert '<select name="recipient"' not in text


def told(account_id: str = ACME) -> list[tuple[str, str, dict[str, Any]]]:
    """What the operation log has of the account, the oldest first."""
    entries = Entry.objects.filter(account_id=account_id).order_by("id")
    return [(entry.event, entry.outcome, entry.details) for entry in entries]


def test_support_staff_find_an_account_and_see_what_it_has(share: ImageShare, as_support: Client) -> None:
    found = as_support.get("/admin/accounts/account/", {"q": ACME}).content.decode()
    assert f"/admin/accounts/account/{ACME}/change/" in found
    assert GLOBEX not in found
    page = as_support.get(f"/admin/accounts/account/{ACME}/change/").content.decode()
    for url, text in (
        (f"/admin/images/image/?owner__account_id={ACME}", share.image.image_id),
        (f"/admin/images/imageshare/?owner__account_id={ACME}", GLOBEX),
        (f"/admin/audit/entry/?q={ACME}", "ShareImage"),
    ):
        assert url in page
        assert text in as_support.get(url).content.decode()


def test_support_staff_raise_a_limit_and_it_is_recorded(acme: Account, as_support: Client) -> None:
    answer = as_support.post(
        f"/admin/accounts/account/{ACME}/change/",
        {"name": "Acme", "site": "china", "share_limit": "80", "is_active": "on"},
    )
    assert answer.status_code == 302
    acme.refresh_from_db()
    assert acme.share_limit == 80
    entry = Entry.objects.get()
    assert (entry.event, entry.account_id, entry.details) == ("ModifyAccount", ACME, {"share_limit": "80"})


def test_support_staff_deactivate_an_account(
    acme: Account, acme_user: User, as_acme: Client, as_support: Client
) -> None:
    as_support.post(f"/admin/accounts/account/{ACME}/change/", {"name": "Acme", "site": "china", "share_limit": "50"})
    assert as_acme.get("/account/").status_code == 302


def test_support_staff_make_a_ram_user(acme: Account, as_support: Client) -> None:
    answer = as_support.post(
        "/admin/accounts/user/add/",
        {
            "username": f"Reader@{ACME}.onaliyun.com",
            "account": ACME,
            "ram_id": "207329002493920077",
            "policy": "AliyunECDReadOnlyAccess",
            "usable_password": "true",
            "password1": "a-password-for-tests",
            "password2": "a-password-for-tests",
        },
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert User.objects.get(ram_id="207329002493920077").username == f"reader@{ACME}.onaliyun.com"
    assert told() == [("CreateUser", "Success", {"user": f"reader@{ACME}.onaliyun.com", "policy": READ_ONLY})]
    assert Entry.objects.get().actor_name == "support@example.com"


def test_support_staff_make_no_more_ram_users_than_there_may_be(
    operator: User, as_support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "RAM_USER_LIMIT", 1)
    fields = {
        "username": f"reader@{ACME}.onaliyun.com",
        "account": ACME,
        "ram_id": "207329002493920077",
        "policy": READ_ONLY,
        "usable_password": "true",
        "password1": "a-password-for-tests",
        "password2": "a-password-for-tests",
    }
    page = as_support.post("/admin/accounts/user/add/", fields, follow=True).content.decode()
    assert "An account has at most 1 RAM users." in page
    assert not User.objects.filter(ram_id="207329002493920077").exists()
    assert [entry[:2] for entry in told()] == [("CreateUser", "ram_user_limit_reached")]


def test_support_staff_make_a_main_user(acme: Account, as_support: Client) -> None:
    fields = {"username": "acme@example.com", "account": ACME, "usable_password": "false"}
    assert as_support.post("/admin/accounts/user/add/", fields).status_code == 302
    user = User.objects.get(account=acme)
    assert (user.ram_id, user.has_usable_password()) == (None, False)
    assert told() == [("CreateUser", "Success", {"user": "acme@example.com", "policy": ""})]


def test_what_support_staff_change_of_a_person_is_recorded_and_nothing_else_is_written(
    operator: User, as_support: Client
) -> None:
    fields = {"username": operator.username, "policy": READ_ONLY, "email": "o@example.com", "account": GLOBEX}
    assert as_support.post(f"/admin/accounts/user/{operator.pk}/change/", fields).status_code == 302
    as_it_was = operator.password
    operator.refresh_from_db()
    assert (operator.policy, operator.is_active, operator.account_id) == (READ_ONLY, False, ACME)
    assert operator.password == as_it_was
    user = {"user": operator.username, "policy": READ_ONLY}
    assert told() == [
        ("UpdateUser", "Success", user | {"email": "o@example.com", "password_changed": False}),
        ("DisableUser", "Success", user),
    ]


def test_what_support_staff_may_not_make_of_a_person_is_a_sentence_and_recorded(
    operator: User, as_support: Client
) -> None:
    fields = {"username": operator.username, "policy": "", "email": "", "is_active": "on"}
    page = as_support.post(f"/admin/accounts/user/{operator.pk}/change/", fields, follow=True).content.decode()
    assert "A RAM user has a policy, and a main user has none." in page
    assert [entry[:2] for entry in told()] == [("UpdateUser", "invalid")]


def test_what_support_staff_may_do_is_recorded(support: User, as_support: Client) -> None:
    junior = User.objects.create_user("junior@example.com", "a-password-for-tests")
    may_look = Permission.objects.get(codename="view_image", content_type__app_label="images")
    fields = {
        "username": junior.username,
        "email": junior.email,
        "is_active": "on",
        "is_staff": "on",
        "user_permissions": str(may_look.pk),
    }
    assert as_support.post(f"/admin/accounts/user/{junior.pk}/change/", fields).status_code == 302
    assert User.objects.get(pk=junior.pk).has_perm("images.view_image")
    user = {"user": "junior@example.com", "policy": ""}
    assert told("") == [
        ("UpdateUser", "Success", user | {"is_staff": True, "password_changed": False}),
        ("UpdateUser", "Success", user | {"user_permissions": ["images.view_image"]}),
    ]


def test_support_staff_set_a_password_which_is_recorded_and_not_told(acme_user: User, as_support: Client) -> None:
    fields = {"password1": "another-Pass-4711", "password2": "another-Pass-4711", "usable_password": "true"}
    url = f"/admin/accounts/user/{acme_user.pk}/password/"
    assert as_support.post(url, fields | {"set-password": "x"}).status_code == 302
    assert User.objects.get(pk=acme_user.pk).check_password("another-Pass-4711")
    assert as_support.post(url, {"usable_password": "false", "unset-password": "x"}).status_code == 302
    assert not User.objects.get(pk=acme_user.pk).has_usable_password()
    changed = {"user": "acme@example.com", "policy": "", "password_changed": True}
    assert told() == [("UpdateUser", "Success", changed)] * 2


def test_support_staff_remove_a_ram_user_and_nobody_else(operator: User, support: User, as_support: Client) -> None:
    AccessKey.create_for(operator, by=Actor())
    main_user = User.objects.create_user("acme@example.com", "a-password-for-tests", account=operator.account)
    for user, status in ((main_user, 403), (support, 403), (operator, 302)):
        url = f"/admin/accounts/user/{user.pk}/delete/"
        assert as_support.get(url).status_code == (200 if status == 302 else status)
        assert as_support.post(url, {"post": "yes"}).status_code == status
    assert set(User.objects.all()) == {main_user, support}
    assert not AccessKey.objects.exists()
    assert told()[1:] == [("DeleteUser", "Success", {"user": operator.username, "policy": operator.policy})]
    assert LogEntry.objects.get().is_deletion()


def test_nobody_is_removed_in_bulk(operator: User, as_support: Client) -> None:
    fields = {"action": "delete_selected", "_selected_action": str(operator.pk), "post": "yes"}
    as_support.post("/admin/accounts/user/", fields)
    assert User.objects.filter(pk=operator.pk).exists()
    assert "delete_selected" not in as_support.get("/admin/accounts/user/").content.decode()


@pytest.mark.parametrize("act", ["change", "password", "delete"])
def test_who_was_removed_in_that_moment_is_no_error(act: str, operator: User, as_support: Client) -> None:
    fields = {
        "username": operator.username,
        "policy": READ_ONLY,
        "email": "",
        "is_active": "on",
        "password1": "another-Pass-4711",
        "password2": "another-Pass-4711",
        "post": "yes",
    }
    with removed_meanwhile(operator):
        answer = as_support.post(f"/admin/accounts/user/{operator.pk}/{act}/", fields)
    assert answer.status_code == 302
    assert "This person has been removed." in as_support.get("/admin/").content.decode()
    assert [entry[1] for entry in told()] == ["user_not_found"]


def test_the_log_cannot_be_changed(share: ImageShare, as_support: Client) -> None:
    entry = Entry.objects.get()
    for page in ("change", "delete"):
        answer = as_support.post(f"/admin/audit/entry/{entry.pk}/{page}/", {"outcome": "x", "post": "yes"})
        assert answer.status_code == 403
    assert as_support.get("/admin/audit/entry/add/").status_code == 403
    assert Entry.objects.get() == entry
    assert Entry.objects.get().outcome == "Success"


def test_an_account_is_deactivated_and_never_deleted(acme: Account, as_support: Client) -> None:
    assert as_support.post(f"/admin/accounts/account/{ACME}/delete/", {"post": "yes"}).status_code == 403
    assert Account.objects.filter(pk=ACME).exists()


def test_support_staff_see_a_share_and_what_unsharing_it_means(share: ImageShare, as_support: Client) -> None:
    page = as_support.get(f"/admin/images/imageshare/{share.pk}/change/").content.decode()
    assert ACME in page
    assert GLOBEX in page
    assert "Shared since" in page
    page = as_support.get(f"/admin/images/imageshare/{share.pk}/delete/").content.decode()
    assert "It can no longer create cloud computers from the image." in page
    assert "Now there are 0." in page


def test_unsharing_twice_is_a_sentence(share: ImageShare, as_support: Client) -> None:
    url = f"/admin/images/imageshare/{share.pk}/delete/"
    assert as_support.post(url, {"post": "yes"}).status_code == 302
    assert as_support.post(url, {"post": "yes"}).status_code == 302
    assert not ImageShare.objects.exists()


def test_staff_without_the_right_cannot_share(share: ImageShare, client: Client) -> None:
    client.force_login(User.objects.create_user("junior@example.com", "a-password-for-tests", is_staff=True))
    assert client.get("/admin/images/imageshare/add/").status_code == 403
    assert client.post(f"/admin/images/imageshare/{share.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImageShare.objects.count() == 1
