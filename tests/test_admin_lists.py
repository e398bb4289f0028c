"""What a list of the admin site is asked for: searches as people paste them, and filters that no database knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from django.test import Client

    from images.models import ImageShare

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
EVERYTHING = "The list cannot be narrowed like that. It shows all rows."


def listed(client: Client, model: Any, **query: str) -> list[Any]:
    answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"), query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


@pytest.mark.parametrize(
    "term",
    [
        ACME,
        f" {ACME}",
        f"{ACME}\t",
        f"\u200b{ACME}\ufeff",
        "1182 7252 3431 0001",
        "1182-7252-3431-0001",
        f"\u202a{ACME}\u202c",
    ],
)
def test_a_pasted_account_id_is_found(term: str, share: ImageShare, acme_user: User, as_support: Client) -> None:
    assert listed(as_support, type(acme_user.account), q=term) == [acme_user.account]
    assert listed(as_support, User, q=term) == [acme_user]
    assert listed(as_support, type(share), q=term) == [share]
    assert listed(as_support, Entry, q=term) == [Entry.objects.get()]


@pytest.mark.parametrize(
    "term", ["acme@example.com", "ACME@Example.com", " acme@example.com ", "acme@\u2060example.com"]
)
def test_a_person_is_found_by_the_logon_name_however_it_is_written(
    term: str, acme_user: User, as_support: Client
) -> None:
    assert listed(as_support, User, q=term) == [acme_user]


def test_an_image_is_found_by_its_id_however_it_is_written(share: ImageShare, as_support: Client) -> None:
    for term in (share.image.image_id, f" {share.image.image_id.upper()}\u200b"):
        assert listed(as_support, type(share.image), q=term) == [share.image]


def test_what_nobody_has_finds_nothing(acme_user: User, globex_user: User, as_support: Client) -> None:
    for term in ("\u200b", " ", "acme", GLOBEX[:-1], "%", "_"):
        found = listed(as_support, User, q=term)
        assert found == ([] if term.strip(" \u200b") else found)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize(
    ("lookup", "value"),
    [("contains", "{"), ("search", "x"), ("regex", "("), ("has_key", "x"), ("trigram_similar", "x"), ("in", "9" * 30)],
)
def test_no_filter_of_a_list_is_an_error(
    lookup: str, value: str, model: Any, share: ImageShare, as_support: Client
) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for field in model._meta.fields:
        answer = as_support.get(url, {f"{field.name}__{lookup}": value}, follow=True)
        assert answer.status_code == 200
        assert "Database error" not in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["details__regex=(", "at__gt=yesterday", "nothing=1", "account_id__nothing=1"],
)
def test_a_filter_that_cannot_be_understood_says_so(query: str, share: ImageShare, as_support: Client) -> None:
    page = as_support.get(f"/admin/audit/entry/?{query}", follow=True).content.decode()
    assert EVERYTHING in page
    assert str(share.image) in page


def test_a_filter_that_is_understood_says_nothing(share: ImageShare, as_support: Client) -> None:
    for query, number in (("event=ShareImage", 1), ("event=UnshareImage", 0), ("details__x=1", 0)):
        answer = as_support.get(f"/admin/audit/entry/?{query}")
        assert EVERYTHING not in answer.content.decode()
        assert len(answer.context["cl"].result_list) == number


def test_on_sqlite_too_an_entry_is_not_found_by_what_its_details_contain(share: ImageShare, as_support: Client) -> None:
    answer = as_support.get("/admin/audit/entry/", {"details__contains": '{"x": 1}'}, follow=True)
    assert answer.status_code == 200
