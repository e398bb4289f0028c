"""Guessed passwords are counted by the name, however the request is made."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.test_sign_in import PASSWORD, is_signed_in, sign_in

HOSTS = ("testserver:81", "TESTSERVER", "testserver.", "127.0.0.1", "[::1]:9")


@pytest.fixture(autouse=True)
def _any_host_is_served(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]


def test_no_other_host_header_gives_five_more_guesses(acme_user: User) -> None:
    for host in HOSTS:
        client = Client(headers={"host": host})
        assert "distinguishes upper and lower case" in sign_in(client, "acme@example.com", "wrong").content.decode()
    for host in HOSTS:
        client = Client(headers={"host": host})
        assert "Too many attempts have failed" in sign_in(client, "acme@example.com").content.decode()
        assert not is_signed_in(client)


def test_no_other_spelling_of_a_name_gives_five_more_guesses(acme_user: User, client: Client) -> None:
    for name in ("Acme@example.com", " acme@example.com", "ac\u200bme@example.com", "\ufeffACME@example.com\u2060"):
        sign_in(client, name, "wrong")
    sign_in(client, "acme@example.com", "wrong")
    assert "Too many attempts have failed" in sign_in(client, "acme@\u200eexample.com").content.decode()


@pytest.mark.parametrize("name", ["ACME@example.com", "\u200bacme@example.com\ufeff", "acme@\u2060example.com "])
def test_a_pasted_name_signs_in_as_it_looks(name: str, acme_user: User, client: Client) -> None:
    assert sign_in(client, name).status_code == 302
    assert is_signed_in(client)


def test_confirming_who_one_is_counts_for_the_same_name(acme_user: User, client: Client) -> None:
    sign_in(client, "acme@example.com")
    for host in HOSTS:
        client.post("/account/confirm/", {"password": "wrong"}, headers={"host": host})
    assert "Too many attempts have failed" in sign_in(Client(), "acme@example.com", PASSWORD).content.decode()
