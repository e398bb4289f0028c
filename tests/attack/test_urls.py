"""Every URL with every method, for whoever has no business there: refused, never an error, and nothing is changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core import serializers
from django.test import Client

from accounts.models import AccessKey, Account, User
from desktops.models import Desktop, ImageChange, Template
from images.models import Image, ImageShare
from tests.attack.urls import ANYTHING_ELSE, METHODS, parts_of, routes, url_of
from tests.conftest import sign_in
from tests.test_access import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Mapping

ADMIN_PARTS = {"object_id", "id", "app_label", "content_type_id", "url"}
# Parts of an URL that name something of an account; what is there and another's is like what is not there.
ACCOUNT_PARTS = {
    "image": "m-absent0000000000000",
    "account": "5316109394409999",
    "desktop": "ecd-absent00000000000",
    "template": "b-absent000000000000",
    "key": "LTAIAbsent00000000000000",
    "person": "207329002493929999",
    "entry": 999_999,
    "pk": 999_999,
}
# What is known to everybody (regions, and the lists whose columns are chosen), or to who has the mail.
PUBLIC_PARTS = {"region", "name", "uidb36"}
SIGN_OUT_URLS = {"/logout/", "/admin/logout/"}


def all_rows() -> str:
    """All rows but those of sessions and throttles, and when somebody was last here."""
    kept_apart = {"sessions", "usersessions", "contenttypes", "admin"}
    rows = [
        row
        for model in apps.get_models()
        if model._meta.app_label not in kept_apart
        for row in model._default_manager.order_by("pk")
    ]
    text = serializers.serialize("json", rows)
    return re.sub(r'"(last_login|last_region)": ("[^"]*"|null)', r'"\1": null', text)


def send(client: Client, method: str, url: str) -> Any:
    return client.generic(method, url, b"", "application/x-www-form-urlencoded")


@pytest.mark.any_database
def test_every_part_of_an_url_is_thought_of() -> None:
    everything = set().union(*map(parts_of, routes()))
    assert everything == ACCOUNT_PARTS.keys() | PUBLIC_PARTS | ADMIN_PARTS
    assert len(set(routes())) > 100
    assert ANYTHING_ELSE in set(routes())


@pytest.mark.slow
@pytest.mark.any_database
def test_no_url_does_anything_for_a_stranger_without_a_sign_in(acmes: Mapping[str, object]) -> None:
    before, wrong = all_rows(), {}
    for route in sorted(set(routes())):
        url = url_of(route, acmes)
        for method in METHODS:
            answer = send(Client(raise_request_exception=False), method, url)
            refused = answer.status_code in {302, 400, 401, 403, 404, 405}
            leads_to_sign_in = answer.status_code != 302 or answer["Location"].startswith(("/login/", "/admin/login/"))
            if not (refused and leads_to_sign_in) and not (url in PUBLIC or url.startswith("/login/")):
                wrong[method, url] = answer.status_code
    assert wrong == {}
    assert all_rows() == before


@pytest.mark.slow
@pytest.mark.any_database
def test_what_is_anothers_answers_like_what_is_not_there(acmes: dict[str, object], initech_user: User) -> None:
    """With every method, word for word; and nothing of it is changed."""
    before, wrong = all_rows(), {}
    of_accounts = [
        route
        for route in set(routes())
        if parts_of(route) & ACCOUNT_PARTS.keys() and not route.startswith(("/admin/", "/login/"))
    ]
    assert len(of_accounts) > 25
    client = sign_in(Client(raise_request_exception=False), initech_user)
    for route in of_accounts:
        named = parts_of(route) & ACCOUNT_PARTS.keys()
        for method in METHODS:
            answers = []
            for ids in (acmes, {**acmes, **ACCOUNT_PARTS}):
                url = url_of(route, ids)
                answers.append(comparable(send(client, method, url), url, [str(ids[name]) for name in named]))
            # What a class of Django's answers to OPTIONS is the methods that it has.
            if answers[0] != answers[1] or answers[0][0] not in {404, 405, 200 if method == "OPTIONS" else 404}:
                wrong[method, route] = answers
    assert wrong == {}
    assert all_rows() == before


def comparable(answer: Any, url: str, ids: list[str]) -> tuple[int, str, dict[str, str]]:
    """What an answer says, without the IDs that were asked for and what is new in each answer."""
    text = answer.content.decode().replace(url, "URL")
    for name in ids:
        text = text.replace(name, "ID") if len(name) > 8 else text
    text = re.sub(r"[0-9A-F]{8}-[0-9A-F-]{27}", "REQUEST-ID", text)
    text = re.sub(r'(csrf\w*"?,? (?:value|content)=|X-CSRFToken&quot;: &quot;|X-CSRFToken": ")"?\w+', r"\1TOKEN", text)
    headers = {
        name: value for name, value in answer.headers.items() if name not in {"X-Request-Id", "Content-Length", "Date"}
    }
    return answer.status_code, text, headers


@pytest.mark.slow
@pytest.mark.any_database
@pytest.mark.parametrize("who", ["stranger", "recipient", "auditor"])
def test_no_method_of_any_url_changes_what_is_acmes(
    who: str, acmes: dict[str, object], initech_user: User, globex_user: User, auditor: User
) -> None:
    """Forms that are empty, sent by who is signed in: the stranger, the recipient, and who may only look."""
    user = {"stranger": initech_user, "recipient": globex_user, "auditor": auditor}[who]
    before, wrong = acmes_rows(), {}
    for route in sorted(set(routes())):
        url = url_of(route, acmes)
        client = sign_in(Client(raise_request_exception=False), user)
        for method in METHODS:
            answer = send(client, method, url)
            refused = not url.startswith("/admin/") or url == "/admin/jsi18n/" or answer.status_code != 200
            if answer.status_code >= 500 or not refused:
                wrong[method, url] = answer.status_code
            if url in SIGN_OUT_URLS and method == "POST":
                client = sign_in(Client(raise_request_exception=False), user)
    assert wrong == {}
    assert acmes_rows() == before


def acmes_rows() -> str:
    rows = [
        row
        for model in (Account, Image, ImageShare, Desktop, Template, ImageChange)
        for row in model._default_manager.order_by("pk")
    ]
    rows += User.objects.filter(ram_id=None).order_by("pk")
    rows += AccessKey.objects.filter(user__ram_id=None, user__account__name="Acme").order_by("pk")
    return re.sub(r'"(last_login|last_region)": ("[^"]*"|null)', r'"\1": null', serializers.serialize("json", rows))


@pytest.mark.slow
@pytest.mark.parametrize("who", ["owner", "support"])
def test_no_method_of_any_url_is_an_error(who: str, acmes: dict[str, object], acme_user: User, support: User) -> None:
    user = {"owner": acme_user, "support": support}[who]
    client, wrong = sign_in(Client(raise_request_exception=False), user), {}
    for route in sorted(set(routes())):
        url = url_of(route, acmes)
        for method in METHODS:
            answer = send(client, method, url)
            if answer.headers.get("Location", "").startswith(("/login/", "/admin/login/")):
                # What was sent before has ended the session.
                client = sign_in(Client(raise_request_exception=False), user)
                answer = send(client, method, url)
            if answer.status_code >= 500:
                wrong[method, url] = answer.status_code
    assert wrong == {}
