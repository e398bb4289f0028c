"""IDs and names as people paste them, texts of several lines as browsers send them, and what is no act at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

from accounts.models import Account, User
from audit.models import Entry
from audit.refusals import FORM_REFUSALS
from images.models import Image, ImageShare, PlannedShare
from tests.conftest import ACME, GLOBEX, INITECH
from ui import entered

if TYPE_CHECKING:
    from django.test import Client


HTMX = {"HX-Request": "true"}
INVISIBLE = (
    "\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad\u00a0\u2003\u3000"
)
PASTED = {
    "spaces": "5316 1093 9440 0002",
    "hyphens": "5316-1093-9440-0002",
    "other hyphens": "5316\u20111093\u20139440\u20140002",
    "line ends": "\r\n5316109394400002\t\n",
    **{f"U+{ord(character):04X}": f"{character}5316{character}109394400002{character}" for character in INVISIBLE},
}
pasted = pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)


@pasted
def test_an_id_is_understood_as_it_was_pasted_into_the_dialog(
    text: str, image: Image, globex: Account, as_acme: Client
) -> None:
    path = f"/cn-hangzhou/images/{image}/sharing/"
    answer = as_acme.get(path, {"account": text}, headers=HTMX).content.decode()
    assert "<b>G****x</b>" in answer
    assert f'<span class="mono">{GLOBEX}</span>' in answer
    assert as_acme.post(path, {"account": text, "confirm": "on"}).status_code == 302
    assert ImageShare.objects.get().recipient_id == GLOBEX


@pasted
def test_so_it_is_with_a_copy_and_on_the_admin_site(
    text: str, image: Image, globex: Account, as_acme: Client, as_support: Client
) -> None:
    on_behalf = {"image_id": f"\u200b{image} ", "account": text, "confirm": "on"}
    assert as_support.post("/admin/images/imageshare/add/", on_behalf).status_code == 302
    assert ImageShare.objects.get().recipient_id == GLOBEX
    copy = {"region": "cn-shanghai", "name": "\ufeffoffice-copy\u200b", "account": text, "confirm": "on"}
    assert as_acme.post(f"/cn-hangzhou/images/{image}/copy/", copy).status_code == 302
    assert PlannedShare.objects.get().recipient_id == GLOBEX
    assert PlannedShare.objects.get().image.name == "office-copy"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("531610939440000２", "“２” (U+FF12)"),
        ("5316 1093 9440 000O", "“O”"),
        ("5316109394400002.", "“.”"),
        ("5316109394400\u0660\u0660\u0662", "“\u0660” (U+0660)"),
        ("531610939440\x01002", "(U+0001)"),
    ],
)
def test_a_character_that_is_no_digit_is_named(
    text: str, named: str, image: Image, globex: Account, as_acme: Client
) -> None:
    path = f"/cn-hangzhou/images/{image}/sharing/"
    sentence = f"An account ID is exactly 16 digits, each of them 0 to 9. This is none of them: {named}"
    assert sentence in as_acme.post(path, {"account": text, "confirm": "on"}).content.decode()
    assert sentence in as_acme.get(path, {"account": text}, headers=HTMX).content.decode()


@pytest.mark.parametrize("text", ["2073 2900 2493 920001", f"Operator@{ACME}.ONALIYUN.com", "\u200e207329002493920001"])
def test_a_ram_user_is_told_as_one_however_it_was_pasted(text: str, image: Image, as_acme: Client) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": text, "confirm": "on"})
    assert "This is a RAM user" in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "name", "account_id"),
    [
        ("\u200b name \ufeff", "name", "name"),
        ("two words", "two words", "two words"),
        ("a-b 1-2", "a-b 1-2", "a-b 1-2"),
        ("\u200b\u00a0", "", ""),
        ("- 12-3 4 -", "- 12-3 4 -", "1234"),
        ("---", "---", "---"),
    ],
)
def test_only_what_nobody_sees_is_dropped(text: str, name: str, account_id: str) -> None:
    assert entered.name(text) == name
    assert entered.account_id(text) == account_id


def test_the_admin_site_understands_ids_of_new_accounts_and_people(as_support: Client) -> None:
    account = {"account_id": "7000 0000-0000\u200b0001", "name": "\u200bHooli ", "site": "china", "share_limit": "5"}
    assert as_support.post("/admin/accounts/account/add/", {**account, "is_active": "on"}).status_code == 302
    assert Account.objects.get(pk="7000000000000001").name == "Hooli"
    person = {
        "username": "\u200bmain@hooli.example.com ",
        "account": "7000-0000 0000\u20600001",
        "ram_id": "",
        "policy": "",
        "usable_password": "true",
        "password1": "a-long-one-4711",
        "password2": "a-long-one-4711",
    }
    assert as_support.post("/admin/accounts/user/add/", person).status_code == 302
    assert User.objects.get(username="main@hooli.example.com").account_id == "7000000000000001"


LINES = "\r\n".join(["x" * 50] * 5)


def test_a_line_end_counts_once_in_every_description(image: Image, as_acme: Client) -> None:
    """254 characters, of which four are ends of lines: browsers send two characters for each."""
    assert len(LINES.replace("\r", "")) == 254
    edit = {"name": "office", "description": LINES}
    assert as_acme.post(f"/cn-hangzhou/images/{image}/edit/", edit).status_code == 302
    copy = {"region": "cn-shanghai", "name": "office", "description": LINES}
    assert as_acme.post(f"/cn-hangzhou/images/{image}/copy/", copy).status_code == 302
    descriptions = list(Image.objects.filter(owner=ACME).values_list("description", flat=True))
    assert descriptions == [LINES.replace("\r", "")] * 2


SLIPS = [
    ("sharing/", {"account": "", "confirm": "on"}),
    ("sharing/", {"account": "531610939440000", "confirm": "on"}),
    ("sharing/", {"account": GLOBEX}),
    ("copy/", {"region": "", "name": "office"}),
    ("copy/", {"region": "cn-shanghai", "name": ""}),
    ("copy/", {"region": "cn-shanghai", "name": "office", "account": GLOBEX}),
    ("edit/", {"name": "1st", "description": ""}),
    ("edit/", {"name": "office", "description": "x"}),
]


@pytest.mark.parametrize(("path", "fields"), SLIPS)
def test_a_slip_in_a_form_is_no_act_and_leaves_no_entry(
    path: str, fields: dict[str, str], image: Image, globex: Account, as_acme: Client
) -> None:
    assert as_acme.post(f"/cn-hangzhou/images/{image}/{path}", fields).status_code == 422
    assert not Entry.objects.exists()
    assert "No acts" not in as_acme.get("/logs/").content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"image_id": "", "account": GLOBEX, "confirm": "on"},
        {"account": "", "confirm": "on"},
        {"account": "12", "confirm": "on"},
        {"account": GLOBEX},
    ],
)
def test_nor_on_the_admin_site(fields: dict[str, str], image: Image, globex: Account, as_support: Client) -> None:
    answer = as_support.post("/admin/images/imageshare/add/", {"image_id": image.image_id, **fields})
    assert answer.status_code == 422
    assert 'class="errorlist"' in answer.content.decode() or "invalid-feedback" in answer.content.decode()
    assert not Entry.objects.exists()


def test_every_code_of_the_form_is_django_s_own_or_one_of_the_rules() -> None:
    ours = FORM_REFUSALS[FORM_REFUSALS.index("account_malformed") :]
    rules = "".join(Path(app, "validators.py").read_text() for app in ("images", "desktops"))
    assert [code for code in ours if f'"{code}"' not in rules] == []


def test_tries_to_share_are_throttled_by_their_refusals_alone(
    image: Image, globex: Account, initech: Account, acme: Account, as_acme: Client
) -> None:
    path = f"/cn-hangzhou/images/{image}/sharing/"
    cache.clear()
    Account.objects.filter(pk=ACME).update(share_limit=1000)
    Account.objects.bulk_create(Account(account_id=f"60000000000000{n:02d}", name="x", site="china") for n in range(40))
    for number in range(40):
        shared = as_acme.post(path, {"account": f"60000000000000{number:02d}", "confirm": "on"})
        assert shared.status_code == 302
    # An account that there is, without the box, and one that there is not: both say something of it.
    tries = [{"account": GLOBEX}, {"account": "1000000000000001", "confirm": "on"}] * 15
    assert [as_acme.post(path, fields).status_code for fields in tries] == [422] * 30
    for fields in ({"account": INITECH}, {"account": "1000000000000001"}, {"account": INITECH, "confirm": "on"}):
        answer = as_acme.post(path, fields)
        page = answer.content.decode()
        assert answer.status_code == 429
        assert "You have looked up many accounts. Wait a minute before the next." in page
        assert "no active" not in page
        assert "select the check box" not in page
    assert not ImageShare.objects.filter(recipient=INITECH).exists()
    assert not Entry.objects.filter(other_account_id=INITECH).exists()
    # A slip is still told as one.
    assert as_acme.post(path, {"account": "12", "confirm": "on"}).status_code == 422
