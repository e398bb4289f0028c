"""Acts on several images at once: one answer for each, or for each pair of image and account."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest

from accounts.models import Account
from audit.actions import READ_ONLY_MESSAGE
from audit.models import Actor, Entry
from images.forms import MOST_ACCOUNTS, MOST_SHARES
from images.models import Image, ImageShare
from images.views.many import MOST_IMAGES
from tests.conftest import ACME, GLOBEX, INITECH

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client

SHARE, UNSHARE, COPY, DELETE = (f"/cn-hangzhou/images/{verb}/" for verb in ("share", "unshare", "copy", "delete"))
EVERY = pytest.mark.parametrize("url", [SHARE, UNSHARE, COPY, DELETE])


def answers_of(answer: HttpResponse) -> list[tuple[str, str, str]]:
    """Each answer: the image, the account or the image's ID, and what is said."""
    rows = re.findall(
        r'<li>\s*<span class="two"><span class="top"><b>([^<]*)</b></span><span class="sub mono">([^<]*)</span></span>'
        r'\s*<span class="st[^"]*">([^<]*)</span>',
        answer.content.decode(),
    )
    return [(name, about, unescape(said).strip()) for name, about, said in rows]


@pytest.fixture
def two(make_image: Callable[..., Image]) -> list[Image]:
    return [make_image(name="one"), make_image(name="two")]


def ids(images: list[Image]) -> list[str]:
    return [image.image_id for image in images]


# Share


def test_each_pair_of_image_and_account_is_a_share_with_an_answer_of_its_own(
    two: list[Image], make_image: Callable[..., Image], globex: Account, initech: Account, as_acme: Client
) -> None:
    ImageShare(image=two[0], recipient=initech).grant()
    locked = make_image(name="locked", encrypted=True)
    images = ids([*two, locked])
    answer = as_acme.post(SHARE, {"image": images, "accounts": f"{GLOBEX}, {INITECH}\nabc", "confirm": "on"})
    assert answer.status_code == 200
    said = {(name, account): text for name, account, text in answers_of(answer)}
    assert len(said) == 9
    assert said["one", GLOBEX] == said["two", GLOBEX] == said["two", INITECH] == "Shared."
    assert said["one", INITECH].startswith("Not shared. This image is shared with account")
    assert said["two", "abc"].startswith("Not shared. An account ID is exactly 16 digits")
    assert said["locked", GLOBEX].startswith("Not shared. This image is encrypted")
    assert "3 of 9: Shared." in answer.content.decode()
    assert set(ImageShare.objects.values_list("image__name", "recipient_id")) == {
        ("one", GLOBEX),
        ("one", INITECH),
        ("two", GLOBEX),
        ("two", INITECH),
    }
    shared = Entry.objects.filter(event="ShareImage", outcome="Success", actor_name="acme@example.com")
    assert shared.count() == 3
    assert Entry.objects.filter(event="ShareImage", outcome="image_encrypted").count() == 3


@pytest.mark.parametrize("text", ["{0} {1}", "{0};{1}", "{0}\r\n\r\n{1}\r\n", "{0}，{1}、{0}", "\u200b{0},\u202a{1}"])
def test_accounts_are_separated_as_people_separate_them(
    text: str, image: Image, globex: Account, initech: Account, as_acme: Client
) -> None:
    data = {"image": image.image_id, "accounts": text.format(GLOBEX, INITECH), "confirm": "on"}
    assert "2 of 2: Shared." in as_acme.post(SHARE, data).content.decode()
    assert set(ImageShare.objects.values_list("recipient_id", flat=True)) == {GLOBEX, INITECH}


def test_what_would_be_shared_can_be_checked_first(two: list[Image], globex: Account, as_acme: Client) -> None:
    ImageShare(image=two[0], recipient=globex).grant()
    before = Entry.objects.count()
    answer = as_acme.post(SHARE, {"image": ids(two), "accounts": f"{GLOBEX} {ACME}", "check": "1"})
    assert answer.status_code == 200
    said = {(name, account): text for name, account, text in answers_of(answer)}
    assert said["two", GLOBEX] == "Will be shared."
    assert said["one", GLOBEX].startswith("Cannot be shared. This image is shared with account")
    assert said["two", ACME].startswith("Cannot be shared.")
    page = answer.content.decode()
    assert "Read the information" not in page
    assert f"\n{GLOBEX} {ACME}</textarea>" in page
    assert ImageShare.objects.count() == 1
    assert Entry.objects.count() == before


def test_the_check_knows_how_many_shares_are_left(
    two: list[Image], acme: Account, globex: Account, initech: Account, as_acme: Client
) -> None:
    acme.share_limit = 3
    acme.save()
    data = {"image": ids(two), "accounts": f"{GLOBEX} {INITECH}"}
    check, act = as_acme.post(SHARE, {**data, "check": "1"}), as_acme.post(SHARE, {**data, "confirm": "on"})
    assert "3 of 4: Will be shared." in check.content.decode()
    assert "3 of 4: Shared." in act.content.decode()
    assert "limit of 3 shares" in answers_of(check)[3][2]
    assert "limit of 3 shares" in answers_of(act)[3][2]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"confirm": "on"}, "Enter the IDs of the accounts to share with."),
        ({"accounts": " ,\n", "confirm": "on"}, "Enter the IDs of the accounts to share with."),
        ({"accounts": GLOBEX}, "Read the information, then select the check box."),
        ({"accounts": "\0", "confirm": "on"}, "Null characters are not allowed."),
        (
            {"accounts": " ".join(f"{10**15 + number}" for number in range(MOST_ACCOUNTS + 1)), "confirm": "on"},
            f"Enter at most {MOST_ACCOUNTS} accounts at once.",
        ),
    ],
)
def test_a_form_that_is_not_complete_shares_nothing(
    fields: dict[str, str], sentence: str, image: Image, globex: Account, as_acme: Client
) -> None:
    answer = as_acme.post(SHARE, {"image": image.image_id, **fields})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert f'name="image" value="{image.image_id}"' in answer.content.decode()
    assert not ImageShare.objects.exists()
    assert not Entry.objects.exists()


def test_no_more_shares_are_tried_at_once_than_are_answered_soon(
    make_image: Callable[..., Image], globex: Account, as_acme: Client
) -> None:
    images = [make_image(name=f"image-{number}").image_id for number in range(MOST_SHARES // MOST_ACCOUNTS + 1)]
    accounts = " ".join(f"{10**15 + number}" for number in range(MOST_ACCOUNTS))
    answer = as_acme.post(SHARE, {"image": images, "accounts": accounts, "confirm": "on"})
    assert answer.status_code == 422
    assert f"These are {len(images) * MOST_ACCOUNTS} shares; at most {MOST_SHARES} are made at once." in unescape(
        answer.content.decode()
    )
    assert not Entry.objects.exists()


@pytest.mark.parametrize("how", [{"check": "1"}, {"confirm": "on"}])
def test_nobody_collects_account_ids_by_sharing_with_many(
    how: dict[str, str], image: Image, globex: Account, as_acme: Client
) -> None:
    strangers = [f"{10**15 + number}" for number in range(MOST_ACCOUNTS - 1)]
    data = {"image": image.image_id, "accounts": " ".join([*strangers, GLOBEX]), **how}
    said = [text for _name, _account, text in answers_of(as_acme.post(SHARE, data))]
    answered = [text for text in said if "There is no active" in text]
    waits = [text for text in said if "You have looked up many accounts." in text]
    assert answered
    assert waits
    assert len(answered) + len(waits) == MOST_ACCOUNTS
    # Also not what is known, as long as nobody is told anything; and neither does the dialog of one image tell it.
    assert "You have looked up many accounts." in said[-1]
    assert not ImageShare.objects.exists()
    one = as_acme.get(
        f"/cn-hangzhou/images/{image}/sharing/", {"account": GLOBEX}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "You have looked up many accounts." in one


# Unshare


def test_images_are_unshared_from_everyone_who_has_them(
    two: list[Image], make_image: Callable[..., Image], globex: Account, initech: Account, as_acme: Client
) -> None:
    for image, recipient in ((two[0], globex), (two[0], initech), (two[1], globex)):
        ImageShare(image=image, recipient=recipient).grant()
    other = make_image(name="other")
    ImageShare(image=other, recipient=globex).grant()
    dialog = as_acme.get(UNSHARE, {"image": ids(two)})
    assert {(name, account) for name, account, _said in answers_of(dialog)} == {
        ("one", GLOBEX),
        ("one", INITECH),
        ("two", GLOBEX),
    }
    assert "their templates of the images become unavailable" in dialog.content.decode()
    assert ImageShare.objects.count() == 4
    assert "3 of 3: Unshared." in as_acme.post(UNSHARE, {"image": ids(two)}).content.decode()
    assert ImageShare.objects.get().image == other
    assert Entry.objects.filter(event="UnshareImage", actor_name="acme@example.com").count() == 3


def test_there_may_be_nothing_to_unshare(two: list[Image], as_acme: Client) -> None:
    for send in (as_acme.get, as_acme.post):
        assert "None of the selected images is shared." in send(UNSHARE, {"image": ids(two)}).content.decode()


# Copy


def test_images_are_copied_to_one_region_under_their_names(two: list[Image], as_acme: Client) -> None:
    two[1].copy_to("eu-central-1", name="under-way", by=Actor())
    dialog = as_acme.get(COPY, {"image": ids(two)}).content.decode()
    assert '<option value="cn-shanghai">' in dialog
    assert '<option value="cn-hangzhou">' not in dialog
    answer = as_acme.post(COPY, {"image": ids(two), "region": "cn-shanghai"})
    assert [said for _name, _id, said in answers_of(answer)] == ["Is being copied."] * 2
    copies = Image.objects.owned_by(ACME).in_region("cn-shanghai")
    assert set(copies.values_list("name", "copied_from")) == {("one", two[0].pk), ("two", two[1].pk)}


@pytest.mark.parametrize("region", ["", "cn-hangzhou", "cn-atlantis", "\0"])
def test_images_are_copied_to_another_region_that_there_is(region: str, two: list[Image], as_acme: Client) -> None:
    answer = as_acme.post(COPY, {"image": ids(two), "region": region})
    assert answer.status_code == 422
    assert 'id="id_region_error"' in answer.content.decode()
    assert Image.objects.owned_by(ACME).count() == 2


def test_an_image_that_cannot_be_copied_says_why(
    two: list[Image], make_image: Callable[..., Image], as_acme: Client
) -> None:
    copy = two[0].copy_to("cn-shanghai", name="under-way", by=Actor())
    answer = as_acme.post("/cn-shanghai/images/copy/", {"image": copy.image_id, "region": "cn-hangzhou"})
    [(_name, _id, said)] = answers_of(answer)
    assert said.startswith("Not copied. This image is not available yet.")


# All of them


@EVERY
def test_one_who_may_only_look_is_refused_each(url: str, two: list[Image], globex: Account, as_auditor: Client) -> None:
    ImageShare(image=two[0], recipient=globex).grant()
    before = Entry.objects.count()
    page = as_auditor.get(url, {"image": ids(two)}).content.decode()
    assert str(READ_ONLY_MESSAGE) in page
    assert 'class="btn danger"' not in page
    assert 'class="btn primary"' not in page.partition('<section class="sheet')[2]
    assert Entry.objects.count() == before
    data = {"image": ids(two), "accounts": INITECH, "confirm": "on", "region": "cn-shanghai"}
    answer = as_auditor.post(url, data)
    assert answer.status_code == 403
    assert all(str(READ_ONLY_MESSAGE) in said for _name, _about, said in answers_of(answer))
    assert set(Entry.objects.all()[: Entry.objects.count() - before].values_list("outcome", flat=True)) == {
        "no_permission"
    }
    assert Image.objects.owned_by(ACME).count() == 2
    assert ImageShare.objects.count() == 1


@EVERY
def test_others_images_and_those_of_other_regions_are_not_there(
    url: str, share: ImageShare, make_image: Callable[..., Image], as_globex: Client, as_acme: Client
) -> None:
    elsewhere = make_image(region_id="cn-shanghai")
    before = Entry.objects.count()
    data = {"accounts": INITECH, "confirm": "on", "region": "cn-beijing"}
    for client, image in ((as_globex, share.image), (as_acme, elsewhere)):
        for send in (client.get, client.post):
            answer = send(url, {"image": image.image_id, **data})
            assert answers_of(answer) == []
            assert "The images that you selected are not there any more." in answer.content.decode()
            assert image.name not in answer.content.decode()
    assert Image.objects.filter(pk__in=[share.image.pk, elsewhere.pk]).count() == 2
    assert ImageShare.objects.get() == share
    assert Entry.objects.count() == before


@EVERY
def test_too_many_images_are_refused_and_none_of_them_is_touched(url: str, image: Image, as_acme: Client) -> None:
    sent = [image.image_id, *(f"m-{number:017}" for number in range(MOST_IMAGES))]
    data = {"image": sent, "accounts": GLOBEX, "confirm": "on", "region": "cn-shanghai"}
    for answer, status in ((as_acme.get(url, data), 200), (as_acme.post(url, data), 422)):
        assert answer.status_code == status
        assert f"Select at most {MOST_IMAGES} images at once." in answer.content.decode()
    assert Image.objects.filter(pk=image.pk).exists()
    assert not Entry.objects.exists()


@EVERY
def test_odd_ids_are_those_of_no_image(url: str, image: Image, as_acme: Client) -> None:
    for odd in ("\0", "x" * 10_000, "é", "' OR 1=1"):
        answer = as_acme.post(url, {"image": odd, "accounts": GLOBEX, "confirm": "on", "region": "cn-shanghai"})
        assert answer.status_code < 500
        assert "not there any more" in answer.content.decode()
    assert "Select images in the first column" in as_acme.get(url).content.decode()
