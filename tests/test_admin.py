"""The admin site: every page opens, lists stay bounded, support staff act through the same rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, User
from audit.models import Entry
from desktops.models import Desktop, Template
from images.models import ImageShare
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from django.test import Client

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
