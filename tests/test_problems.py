"""Error pages: in the console's own look, with the request ID, and whole even where what they need is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.test import Client, RequestFactory

from eds_console import views
from plumbing.database_errors import is_unavailable

if TYPE_CHECKING:
    from images.models import ImageShare


def test_a_page_that_is_not_there_shows_the_request_id(as_acme: Client) -> None:
    answer = as_acme.get("/cn-hangzhou/images/m-none/")
    assert answer.status_code == 404
    page = answer.content.decode()
    assert answer["X-Request-Id"] in page
    assert "nothing here that your account can see" in page
    assert "Deployment" in page


def test_support_staff_are_led_back_to_their_own_site(as_support: Client) -> None:
    answer = as_support.get("/cn-hangzhou/images/custom/")
    assert answer.status_code == 403
    assert "Back to the admin site" in answer.content.decode()


def test_inside_a_dialog_an_error_is_only_its_text(as_acme: Client) -> None:
    answer = as_acme.get("/cn-hangzhou/images/m-none/sharing/", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert "<html" not in answer.content.decode()
    assert "Not found" in answer.content.decode()


def test_a_form_that_expired_says_so_and_changes_nothing(share: ImageShare, acme_user) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(acme_user)
    answer = client.post(f"/cn-hangzhou/images/{share.image}/sharing/{share.recipient_id}/unshare/")
    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()
    share.refresh_from_db()


def test_a_mistake_of_the_console_is_a_whole_page_without_the_database() -> None:
    answer = views.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:x"])
def test_an_unknown_host_is_a_bad_request(host: str, client: Client) -> None:
    answer = client.get("/login/", headers={"host": host})
    assert answer.status_code == 400


def test_health_is_told_by_the_database(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz/").json() == {"status": "ok", "database": "answers"}

    def no_cursor() -> None:
        raise OperationalError

    with monkeypatch.context() as broken:
        broken.setattr(views.connection, "cursor", no_cursor)
        answer = client.get("/healthz/")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")


def test_a_mistake_in_sql_is_not_taken_for_a_database_that_is_away(db: None) -> None:
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM accounts_account")
    assert not is_unavailable(raised.value)
    assert is_unavailable(OperationalError("somebody else has been writing for 30 s"))


def test_pages_carry_a_strict_policy_and_no_inline_script_or_style(share: ImageShare, as_acme: Client) -> None:
    for url in ("/login/", "/cn-hangzhou/images/custom/", f"/cn-hangzhou/images/{share.image}/sharing/"):
        answer = as_acme.get(url, follow=True)
        policy = answer["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        page = answer.content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        assert page.count("<script") == page.count("<script src=")
