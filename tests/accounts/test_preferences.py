"""What a person chose for the console holds in every browser, and only what is sent changes. The help page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from accounts.preferences import PreferencesForm
from tests.conftest import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from images.models import Image

PREFERENCES = "/account/preferences/"
CUSTOM = "/cn-hangzhou/images/custom/"


def _choose(client: Client, **chosen: object) -> None:
    answer = client.post(PREFERENCES, chosen)
    assert (answer.status_code, answer["Location"]) == (302, PREFERENCES)


def _page(client: Client, url: str = CUSTOM) -> str:
    return client.get(url).content.decode()


def _heads(page: str) -> list[str]:
    return re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([A-Z][a-zA-Z /]+)', page)


def test_a_choice_holds_in_every_browser_and_for_nobody_else(
    as_acme: Client, acme_user: User, as_auditor: Client, image: Image
) -> None:
    _choose(as_acme, language="zh-hans", time_zone="Asia/Shanghai", theme="dark", density="comfortable")
    elsewhere = _page(sign_in(Client(headers={"accept-language": "de"}), acme_user))
    assert '<html lang="zh-hans" data-theme="dark" data-density="comfortable">' in elsewhere
    assert "UTC+8" in elsewhere
    assert '<html lang="en">' in _page(as_auditor)


def test_only_what_is_sent_changes_and_an_empty_value_is_forgotten(as_acme: Client, acme_user: User) -> None:
    _choose(as_acme, theme="dark", density="comfortable", page_size="50")
    _choose(as_acme, theme="light")
    acme_user.refresh_from_db()
    assert acme_user.preferences == {"theme": "light", "density": "comfortable", "page_size": "50"}
    _choose(as_acme, theme="", density="", page_size="")
    acme_user.refresh_from_db()
    assert acme_user.preferences == {}


def test_two_choices_at_the_same_time_are_both_kept(acme_user: User) -> None:
    """Each window read the person before the other one had saved."""
    sent = ("theme=dark", "density=comfortable", "list=logs&columns=by", "list=images&columns=os")
    for query, person in [(query, User.objects.get(pk=acme_user.pk)) for query in sent]:
        form = PreferencesForm(QueryDict(query))
        assert form.is_valid()
        form.save(person)
    acme_user.refresh_from_db()
    hidden = acme_user.preferences.pop("hidden_columns")
    assert acme_user.preferences == {"theme": "dark", "density": "comfortable"}
    assert set(hidden) == {"logs", "images"}


def test_the_size_of_a_page_is_the_persons_unless_the_url_asks_for_another(
    as_acme: Client, make_image: Callable[..., Image]
) -> None:
    for number in range(12):
        make_image(name=f"image-{number:02}")
    _choose(as_acme, page_size="10")
    assert len(as_acme.get(CUSTOM).context["page"].rows) == 10
    assert len(as_acme.get(f"{CUSTOM}?size=50").context["page"].rows) == 12


def test_columns_are_chosen_for_each_list(as_acme: Client, acme_user: User, image: Image) -> None:
    everything = _heads(_page(as_acme))
    assert everything == ["Image name / ID", "OS", "Size", "Status", "Shared with", "Created", "Actions"]
    _choose(as_acme, list="images", columns=["size", "created"])
    assert _heads(_page(as_acme)) == ["Image name / ID", "Size", "Status", "Created", "Actions"]
    dialog = _page(as_acme, f"{PREFERENCES}images/")
    assert re.findall(r'name="columns" value="(\w+)" checked', dialog) == ["size", "created"]
    # Another list has its own; and with all columns chosen nothing is kept.
    assert 'value="type" checked' in _page(as_acme, f"{PREFERENCES}desktops/")
    _choose(as_acme, list="images", columns=["os", "size", "shared", "created"])
    assert _heads(_page(as_acme)) == everything
    acme_user.refresh_from_db()
    assert acme_user.preferences == {}


def test_columns_without_a_list_are_those_of_the_images(as_acme: Client, image: Image) -> None:
    _choose(as_acme, columns="os")
    assert _heads(_page(as_acme)) == ["Image name / ID", "OS", "Status", "Actions"]


@pytest.mark.parametrize(
    "bad",
    [
        {"language": "tlh"},
        {"time_zone": "Mars/Olympus"},
        {"theme": "plaid"},
        {"density": "\0"},
        {"page_size": "1000000"},
        {"list": "passwords", "columns": "os"},
        {"list": "images", "columns": ["os", "nonsense"]},
        {"list": "\0"},
    ],
    ids=str,
)
def test_a_value_that_there_is_not_is_refused_and_nothing_changes(
    bad: dict[str, object], as_acme: Client, acme_user: User
) -> None:
    _choose(as_acme, theme="dark")
    for headers in ({}, {"HX-Request": "true"}):
        answer = as_acme.post(PREFERENCES, {"density": "comfortable", **bad}, headers=headers)
        assert answer.status_code == 422
        assert 'class="error"' in answer.content.decode() or 'role="alert"' in answer.content.decode()
    acme_user.refresh_from_db()
    assert acme_user.preferences == {"theme": "dark"}


def test_a_menu_leads_back_to_its_page_and_nowhere_else(as_acme: Client) -> None:
    for target, leads_to in (
        (CUSTOM, CUSTOM),
        ("//evil.example/", PREFERENCES),
        ("https://evil.example/", PREFERENCES),
    ):
        answer = as_acme.post(PREFERENCES, {"theme": "dark", "next": target})
        assert (answer.status_code, answer["Location"]) == (302, leads_to)
    assert "Your preferences are saved." in _page(as_acme, PREFERENCES)


def test_the_sign_in_page_speaks_the_chosen_language_too(as_acme: Client) -> None:
    _choose(as_acme, language="zh-hans")
    as_acme.post("/logout/")
    assert '<html lang="zh-hans"' in _page(as_acme, "/login/")


def test_who_may_only_look_and_support_staff_have_preferences_too(as_auditor: Client, as_support: Client) -> None:
    for client in (as_auditor, as_support):
        _choose(client, theme="dark")
        assert 'data-theme="dark"' in _page(client, PREFERENCES)


def test_a_list_that_there_is_not_has_no_columns_to_choose(as_acme: Client) -> None:
    assert as_acme.get(f"{PREFERENCES}passwords/").status_code == 404


# Help


def test_the_help_is_there_for_everyone_as_a_page_and_as_a_dialog(client: Client, as_acme: Client) -> None:
    for each in (client, as_acme):
        page = _page(each, "/help/")
        for sentence in (
            "You share a custom image of your own with an Alibaba Cloud account, never with a RAM user.",
            "Before you delete an image, unshare it from every account.",
            "Keyboard shortcuts",
        ):
            assert sentence in page
    dialog = as_acme.get("/help/", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{CUSTOM}"})
    assert "<html" not in dialog.content.decode()
    # Without JavaScript it leads back to where one was.
    assert f'href="{CUSTOM}" data-close' in dialog.content.decode()
    assert as_acme.post("/help/").status_code == 405
