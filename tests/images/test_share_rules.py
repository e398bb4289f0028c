"""Each rule of sharing at the model, through the console and through the admin site.

RULES is the list of the issue: a name, how to bring it about, the account that is entered, and the code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Account, User
from audit.models import Door, Entry
from images.models import Image, ImageShare
from images.validators import first_error
from tests.conftest import ACME, GLOBEX, INITECH, OPERATOR_RAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client


def _already_shared(image: Image) -> None:
    ImageShare.objects.bulk_create(
        [ImageShare(image=image, owner_id=image.owner_id, recipient_id=GLOBEX, region_id=image.region_id)]
    )


def _at_the_limit(image: Image) -> None:
    Account.objects.filter(pk=ACME).update(share_limit=0)


def _deactivated(image: Image) -> None:
    Account.objects.filter(pk=GLOBEX).update(is_active=False)


@dataclass
class Rule:
    name: str
    code: str
    sentence: str
    account: str = GLOBEX
    image: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Image], None] = lambda image: None


LATER = timedelta(hours=1)
RULES = [
    Rule("encrypted", "image_encrypted", "encrypted image cannot be shared", image={"encrypted": True}),
    Rule("system", "image_is_system", "This is a system image", image={"owner": None}),
    Rule("creating", "image_not_available", "not available yet", image={"ready_at": LATER}),
    Rule("failed", "image_not_available", "failed to be created", image={"failed_at": timedelta(0)}),
    Rule("no account", "account_missing", "Enter the ID of the account", account=""),
    Rule("15 digits", "account_malformed", "exactly 16 digits", account="118272523431000"),
    Rule("letters", "account_malformed", "0 to 9. This is none of them: “g”", account="globex"),
    Rule("Arabic digits", "account_malformed", "This is none of them: “٥” (U+0665)", account="٥٣١٦١٠٩٣٩٤٤٠٠٠٠٢"),
    Rule("a full-width digit", "account_malformed", "none of them: “２” (U+FF12)", account="531610939440000２"),
    Rule("RAM user's ID", "account_is_ram_user", "This is a RAM user", account=OPERATOR_RAM_ID),
    Rule("RAM user's name", "account_is_ram_user", "This is a RAM user", account=f"operator@{ACME}.onaliyun.com"),
    Rule("RAM user's name in capitals", "account_is_ram_user", "a RAM user", account=f"OPERATOR@{ACME}.ONALIYUN.COM"),
    Rule("nobody's ID", "account_not_found", "no active Alibaba Cloud account", account="1000000000000001"),
    Rule("deactivated account", "account_not_found", "no active Alibaba Cloud account", prepare=_deactivated),
    Rule("the owner itself", "account_is_owner", "account that owns the image", account=ACME),
    Rule("twice", "already_shared", "shared with account 5316109394400002 already", prepare=_already_shared),
    Rule("at the limit", "share_limit_reached", "limit of 0 shares", prepare=_at_the_limit),
]
by_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@pytest.fixture
def make_it_so(make_image: Callable[..., Image], globex: Account) -> Callable[[Rule], Image]:
    """The image of a rule, with all that makes the rule refuse."""

    def make(rule: Rule) -> Image:
        times = {name: timezone.now() + value for name, value in rule.image.items() if isinstance(value, timedelta)}
        image = make_image(**{**rule.image, **times})
        rule.prepare(image)
        return image

    return make


def _nothing_changed(before: list[Any], rule: Rule, door: Door) -> None:
    """What was not even an account ID is no act, and leaves no entry."""
    assert list(ImageShare.objects.values_list()) == before
    recorded = Entry.objects.values_list("event", "outcome", "other_account_id", "door")
    of_the_form = rule.code in {"account_missing", "account_malformed"}
    assert list(recorded) == [] if of_the_form else [("ShareImage", rule.code, rule.account, door)]


@by_rule
def test_a_direct_save_is_refused(rule: Rule, make_it_so: Callable[[Rule], Image]) -> None:
    image = make_it_so(rule)
    before = list(ImageShare.objects.values_list())
    with pytest.raises(ValidationError) as refused:
        ImageShare(image=image, recipient_id=rule.account).save()
    assert first_error(refused.value).code == rule.code
    # One mistake is one sentence: an ID that is malformed is not said to be nobody's too.
    [sentence] = refused.value.messages
    assert rule.sentence in sentence
    _nothing_changed(before, rule, Door.SHELL)


@by_rule
def test_the_console_refuses(rule: Rule, make_it_so: Callable[[Rule], Image], as_acme: Client) -> None:
    image = make_it_so(rule)
    before = list(ImageShare.objects.values_list())
    answer = as_acme.post(
        f"/cn-hangzhou/images/{image}/sharing/",
        {"account": rule.account, "confirm": "on"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    assert rule.sentence in answer.content.decode()
    _nothing_changed(before, rule, Door.CONSOLE)


@by_rule
def test_the_admin_site_refuses(rule: Rule, make_it_so: Callable[[Rule], Image], as_support: Client) -> None:
    image = make_it_so(rule)
    before = list(ImageShare.objects.values_list())
    answer = as_support.post(
        "/admin/images/imageshare/add/", {"image_id": image.image_id, "account": rule.account, "confirm": "on"}
    )
    assert answer.status_code == 422
    assert rule.sentence in answer.content.decode()
    _nothing_changed(before, rule, Door.ADMIN)


def test_an_image_that_was_received_is_not_shared_on(share: ImageShare, as_globex: Client, initech: Account) -> None:
    answer = as_globex.post(f"/cn-hangzhou/images/{share.image}/sharing/", {"account": INITECH, "confirm": "on"})
    assert answer.status_code == 422
    assert "only the account that created it can share" in answer.content.decode()
    assert list(ImageShare.objects.all()) == [share]
    assert Entry.objects.first().outcome == "image_not_owned"
    assert Entry.objects.first().account_id == GLOBEX


@pytest.mark.parametrize("door", ["/cn-hangzhou/images/{}/sharing/", "/admin/images/imageshare/add/"])
def test_people_must_select_the_check_box(
    door: str, image: Image, globex: Account, acme_user: User, support: User, client: Client
) -> None:
    client.force_login(support if "admin" in door else acme_user)
    answer = client.post(door.format(image), {"account": GLOBEX, "image_id": image.image_id})
    assert answer.status_code == 422
    assert "select the check box" in answer.content.decode()
    assert not ImageShare.objects.exists()
    assert not Entry.objects.exists()


@pytest.mark.parametrize("entered", [GLOBEX, f"  {GLOBEX}\t"], ids=["as it is", "with spaces around it"])
def test_the_console_shares(entered: str, image: Image, globex: Account, as_acme: Client) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": entered, "confirm": "on"}, follow=True)
    assert answer.redirect_chain == [(f"/cn-hangzhou/images/{image}/sharing/", 302)]
    assert f"Image {image} is shared with account {GLOBEX}" in answer.content.decode()
    share = ImageShare.objects.get()
    assert (share.image, share.owner_id, share.recipient_id, share.region_id) == (image, ACME, GLOBEX, "cn-hangzhou")
    entry = Entry.objects.get()
    assert (entry.event, entry.outcome, entry.door) == ("ShareImage", "Success", Door.CONSOLE)
    assert (entry.actor_name, entry.account_id, entry.region_id) == ("acme@example.com", ACME, "cn-hangzhou")
    assert (entry.image_id, entry.other_account_id, entry.address) == (image.image_id, GLOBEX, "127.0.0.1")
    assert entry.request_id != ""


def test_the_admin_site_shares_on_behalf_of_the_owner(image: Image, globex: Account, as_support: Client) -> None:
    answer = as_support.post(
        "/admin/images/imageshare/add/", {"image_id": image.image_id, "account": GLOBEX, "confirm": "on"}
    )
    assert answer.status_code == 302
    assert ImageShare.objects.get().owner_id == ACME
    entry = Entry.objects.get()
    assert (entry.outcome, entry.door, entry.actor_name, entry.account_id) == (
        "Success",
        Door.ADMIN,
        "support@example.com",
        ACME,
    )


def test_a_program_is_not_asked_for_the_check_box(image: Image, globex: Account) -> None:
    ImageShare(image=image, recipient=globex).save()
    assert [share.recipient_id for share in ImageShare.objects.all()] == [GLOBEX]


@pytest.mark.parametrize("sites", [("china", "international"), ("international", "china"), ("china", "china")])
def test_sites_may_share_with_each_other(sites: tuple[str, str], image: Image, acme: Account, globex: Account) -> None:
    for account, site in zip((acme, globex), sites, strict=True):
        account.site = site
        account.save()
    ImageShare(image=image, recipient=globex).save()
    assert ImageShare.objects.count() == 1


def test_the_limit_counts_active_shares_of_all_images_and_regions(
    make_image: Callable[..., Image], acme: Account, globex: Account, initech: Account
) -> None:
    acme.share_limit = 2
    acme.save()
    hangzhou, shanghai = make_image(), make_image(region_id="cn-shanghai")
    ImageShare(image=hangzhou, recipient=globex).save()
    ImageShare(image=shanghai, recipient=globex).save()
    with pytest.raises(ValidationError, match="limit of 2 shares"):
        ImageShare(image=hangzhou, recipient=initech).save()
    ImageShare.objects.get(image=shanghai).delete()
    ImageShare(image=hangzhou, recipient=initech).save()
    assert ImageShare.objects.count() == 2


def test_receiving_costs_nothing_of_ones_own_limit(
    share: ImageShare, make_image: Callable[..., Image], globex: Account, initech: Account
) -> None:
    globex.share_limit = 1
    globex.save()
    ImageShare(image=make_image(owner=globex), recipient=initech).save()
    assert globex.shares_granted.count() == 1


def test_all_that_is_wrong_with_the_form_is_said_at_once(image: Image, as_acme: Client) -> None:
    page = as_acme.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": "1"}).content.decode()
    assert "exactly 16 digits" in page
    assert "select the check box" in page
    assert not Entry.objects.exists()


def test_what_a_rule_refuses_is_recorded_though_the_box_was_not_ticked_either(
    image: Image, globex: Account, acme: Account, as_acme: Client
) -> None:
    acme.share_limit = 0
    acme.save()
    page = as_acme.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": GLOBEX}).content.decode()
    assert "select the check box" in page
    assert [(entry.outcome, entry.other_account_id) for entry in Entry.objects.all()] == [
        ("share_limit_reached", GLOBEX)
    ]


def test_an_image_that_cannot_be_shared_says_so_before_anyone_types(
    make_image: Callable[..., Image], as_acme: Client
) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{make_image(encrypted=True)}/sharing/").content.decode()
    assert "encrypted image cannot be shared" in page
    assert 'name="account"' not in page


def test_a_refusal_survives_the_rollback_of_the_act(image: Image) -> None:
    with pytest.raises(ValidationError):
        ImageShare(image=image, recipient_id="1000000000000001").save()
    assert [(entry.event, entry.outcome) for entry in Entry.objects.all()] == [("ShareImage", "account_not_found")]


def test_a_share_cannot_be_changed(share: ImageShare, initech: Account) -> None:
    share.recipient = initech
    with pytest.raises(ValidationError, match="cannot be changed"):
        share.save()
    assert ImageShare.objects.get().recipient_id == GLOBEX
