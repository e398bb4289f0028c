"""Copying to another region, watching it, cancelling it, and sharing the copy when it is ready."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from audit.models import Actor, Entry
from images.models import Image, ImageShare, PlannedShare, Status
from images.validators import first_error
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from accounts.models import Account

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SHELL = Actor()


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def source(clock: Any, make_image: Callable[..., Image]) -> Image:
    """80 + 20 GiB: at the default of 1 GiB a second a copy takes 100 seconds."""
    return make_image(size_gib=80, data_disk_gib=20, description="For the office", encrypted=False)


def _codes(errors: pytest.ExceptionInfo[ValidationError]) -> str:
    return first_error(errors.value).code


def test_a_copy_is_an_image_of_its_own_that_nobody_shares(source: Image, globex: Account, clock: Any) -> None:
    ImageShare(image=source, recipient=globex).save()
    copy = source.copy_to("cn-shanghai", name="office-copy", description="", by=SHELL)
    assert copy.image_id != source.image_id
    assert (copy.owner_id, copy.region_id, copy.name, copy.copied_from) == (ACME, "cn-shanghai", "office-copy", source)
    assert (copy.os_type, copy.platform, copy.size_gib, copy.data_disk_gib) == (
        source.os_type,
        source.platform,
        80,
        20,
    )
    assert not copy.shares.exists()
    entry = Entry.objects.first()
    assert (entry.event, entry.image_id, entry.details["new_image_id"]) == ("CopyImage", source.image_id, copy.image_id)


def test_the_page_of_a_copy_says_what_it_was_copied_from(source: Image, as_acme: Client, clock: Any) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    page = as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    assert f'<a href="/cn-hangzhou/images/{source}/">{source.name}</a>' in page
    clock.move_to(START + timedelta(hours=1))
    source.delete()
    assert "Copied from" not in as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()


def test_its_status_and_progress_follow_from_the_clock(source: Image, clock: Any) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    for seconds, status, progress in (
        (0, "Copying", 0),
        (50, "Copying", 50),
        (99.9, "Copying", 99),
        (100, "Available", 100),
    ):
        clock.move_to(START + timedelta(seconds=seconds))
        assert (copy.status, copy.progress) == (status, progress)
        assert [image.pk for image in Image.objects.in_status(status).filter(pk=copy.pk)] == [copy.pk]
        others = [other for other in Status if other != status]
        assert not any(Image.objects.in_status(other).filter(pk=copy.pk).exists() for other in others)


def test_what_begins_in_the_future_has_no_progress_yet(make_image: Callable[..., Image]) -> None:
    """As after the clock was set back, or where another server's is ahead."""
    soon = datetime.now(UTC) + timedelta(seconds=5)
    assert make_image(created_at=soon, ready_at=soon).progress == 0


@pytest.mark.parametrize(
    ("change", "region", "name", "code"),
    [
        ({}, "cn-hangzhou", "office-copy", "destination_is_source"),
        ({}, "cn-atlantis", "office-copy", "destination_not_found"),
        ({}, "", "office-copy", "destination_missing"),
        ({}, "cn-shanghai", "", "blank"),
        ({}, "cn-shanghai", "1st", "invalid"),
        ({}, "cn-shanghai", "x", "invalid"),
        ({}, "cn-shanghai", "http://office", "invalid"),
        ({}, "cn-shanghai", "x" * 129, "invalid"),
        ({"owner": None}, "cn-shanghai", "office-copy", "image_is_system"),
        ({"ready_at": START + timedelta(hours=1)}, "cn-shanghai", "office-copy", "image_not_available"),
        ({"failed_at": START}, "cn-shanghai", "office-copy", "image_not_available"),
    ],
)
def test_a_copy_that_may_not_be_is_refused_and_recorded(
    change: dict[str, Any], region: str, name: str, code: str, clock: Any, make_image: Callable[..., Image]
) -> None:
    image = make_image(**change)
    count = Image.objects.count()
    with pytest.raises(ValidationError) as refused:
        image.copy_to(region, name=name, by=SHELL)
    assert _codes(refused) == code
    assert Image.objects.count() == count
    recorded = [(entry.event, entry.outcome) for entry in Entry.objects.all()]
    assert recorded == ([] if code in {"destination_missing", "blank", "invalid"} else [("CopyImage", code)])


def test_a_received_image_is_not_copied(share: ImageShare, as_globex: Client) -> None:
    answer = as_globex.post(f"/cn-hangzhou/images/{share.image}/copy/", {"region": "cn-shanghai", "name": "mine-now"})
    assert answer.status_code == 422
    assert "only the account that created it" in answer.content.decode()
    assert Image.objects.exclude(owner=None).count() == 1


def test_while_the_copy_runs_neither_it_nor_its_source_can_be_shared_or_deleted(
    source: Image, globex: Account, clock: Any
) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    for image, code in ((source, "image_being_copied"), (copy, "image_not_available")):
        with pytest.raises(ValidationError) as refused:
            ImageShare(image=image, recipient=globex).save()
        assert _codes(refused) == code
    for image, code in ((source, "image_being_copied"), (copy, "image_in_progress")):
        with pytest.raises(ValidationError) as refused:
            image.delete()
        assert _codes(refused) == code
    for act in (
        lambda: copy.edit(name="new-name", description="", by=SHELL),
        lambda: copy.copy_to("cn-beijing", name="again", by=SHELL),
    ):
        with pytest.raises(ValidationError) as refused:
            act()
        assert _codes(refused) == "image_not_available"
    clock.move_to(START + timedelta(seconds=100))
    ImageShare(image=source, recipient=globex).save()
    copy.delete()
    assert not Image.objects.filter(pk=copy.pk).exists()


def test_the_source_may_be_copied_to_several_regions_and_deleted_afterwards(source: Image, clock: Any) -> None:
    copies = [source.copy_to(region, name="office-copy", by=SHELL) for region in ("cn-shanghai", "cn-beijing")]
    clock.move_to(START + timedelta(seconds=200))
    clock.move_to(START + timedelta(hours=1))
    source.delete()
    for copy in copies:
        copy.refresh_from_db()
        assert (copy.copied_from, copy.status) == (None, Status.AVAILABLE)


def test_the_console_copies_shows_progress_and_stops_asking_when_it_is_done(
    source: Image, as_acme: Client, clock: Any
) -> None:
    answer = as_acme.post(
        f"/cn-hangzhou/images/{source}/copy/",
        {"region": "cn-shanghai", "name": "office-copy", "description": ""},
        follow=True,
    )
    copy = Image.objects.get(region_id="cn-shanghai", owner_id=ACME)
    assert answer.redirect_chain == [(f"/cn-shanghai/images/{copy}/", 302)]
    assert f"is being copied to China (Shanghai), as {copy}" in answer.content.decode()
    clock.move_to(START + timedelta(seconds=40))
    for url in ("/cn-shanghai/images/custom/", f"/cn-shanghai/images/{copy}/"):
        page = as_acme.get(url).content.decode()
        assert ('<progress max="100" value="40"' if str(copy) in url else 'aria-valuenow="40"') in page
        assert "40 %" in page
        assert 'hx-trigger="every' in page
        assert "Cancel copy" in page
    clock.move_to(START + timedelta(seconds=100))
    for url in ("/cn-shanghai/images/custom/", f"/cn-shanghai/images/{copy}/"):
        page = as_acme.get(url).content.decode()
        assert "progressbar" not in page
        assert "<progress" not in page
        assert 'hx-trigger="every' not in page


def test_a_copy_is_cancelled_and_its_source_stays(source: Image, as_acme: Client, clock: Any) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    url = f"/cn-shanghai/images/{copy}/copy/cancel/"
    assert "What has been copied so far is deleted" in as_acme.get(url).content.decode()
    assert as_acme.post(url).status_code == 302
    assert not Image.objects.filter(pk=copy.pk).exists()
    assert source.is_being_copied is False
    assert Entry.objects.first().event == "CancelCopyImage"


def test_a_finished_copy_and_an_image_that_is_none_cannot_be_cancelled(source: Image, clock: Any) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    clock.move_to(START + timedelta(seconds=100))
    for image in (copy, source):
        with pytest.raises(ValidationError) as refused:
            image.cancel_copy(by=SHELL)
        assert _codes(refused) == "image_not_copying"
        assert Image.objects.filter(pk=image.pk).exists()


def test_support_staff_fail_a_running_copy_and_its_owner_reads_why(
    source: Image, as_support: Client, as_acme: Client, clock: Any
) -> None:
    copy = source.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    url = f"/admin/images/image/{copy.pk}/fail/"
    assert as_support.post(url, {"reason": ""}).status_code == 422
    assert as_support.post(url, {"reason": "The disk of the region is full."}).status_code == 302
    page = as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    assert "Failed" in page
    assert "The disk of the region is full." in page
    assert (Entry.objects.first().event, Entry.objects.first().door) == ("FailImage", "admin")
    again = as_support.post(url, {"reason": "Once more"})
    assert again.status_code == 422
    assert "not being made any more" in again.content.decode()
    copy.refresh_from_db()
    copy.delete()


def test_name_and_description_are_edited(image: Image, as_acme: Client) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/edit/", {"name": "财务:2026_v1", "description": "Two\nlines"})
    assert answer.status_code == 302
    image.refresh_from_db()
    assert (image.name, image.description) == ("财务:2026_v1", "Two\nlines")
    assert Entry.objects.get().event == "ModifyImageAttribute"


def test_a_refused_name_is_not_shown_as_the_images(image: Image, as_acme: Client) -> None:
    page = as_acme.post(f"/cn-hangzhou/images/{image}/edit/", {"name": "-nonsense", "description": ""}).content.decode()
    assert "<p><span>office-standard</span>" in page
    assert "<span>-nonsense" not in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "with.period", "description": ""}, "name"),
        ({"name": "with space", "description": ""}, "name"),
        ({"name": "https://x", "description": ""}, "name"),
        ({"name": "", "description": ""}, "name"),
        ({"name": "good-name", "description": "x"}, "description"),
        ({"name": "good-name", "description": "http://example.com"}, "description"),
        ({"name": "good-name", "description": "HTTPS://example.com"}, "description"),
        ({"name": "good-name", "description": "x" * 257}, "description"),
        ({"name": "nul\0byte", "description": ""}, "name"),
        ({"name": "good-name", "description": "nul\0byte"}, "description"),
    ],
)
def test_a_bad_name_or_description_is_refused_at_its_field(
    fields: dict[str, str], field: str, image: Image, as_acme: Client
) -> None:
    answer = as_acme.post(f"/cn-hangzhou/images/{image}/edit/", fields)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    image.refresh_from_db()
    assert (image.name, image.description) == ("office-standard", "")


def _copy_and_share(client: Client, source: Image, account: str = GLOBEX, confirm: str = "on") -> Any:
    return client.post(
        f"/cn-hangzhou/images/{source}/copy/",
        {"region": "cn-shanghai", "name": "office-copy", "account": account, "confirm": confirm},
    )


def test_one_dialog_copies_and_shares_when_the_copy_is_ready(
    source: Image, as_acme: Client, as_globex: Client, clock: Any
) -> None:
    assert _copy_and_share(as_acme, source).status_code == 302
    copy = Image.objects.get(region_id="cn-shanghai", owner_id=ACME)
    assert f"it is shared with account {GLOBEX}" in as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    clock.move_to(START + timedelta(seconds=99))
    assert copy.image_id not in as_globex.get("/cn-shanghai/images/shared/").content.decode()
    clock.move_to(START + timedelta(seconds=100))
    assert copy.image_id in as_globex.get("/cn-shanghai/images/shared/").content.decode()
    share = ImageShare.objects.get()
    assert (share.image, share.recipient_id, share.granted_by) == (copy, GLOBEX, "acme@example.com")
    entry = Entry.objects.first()
    assert (entry.event, entry.outcome, entry.door, entry.actor_name) == (
        "ShareImage",
        "Success",
        "console",
        "acme@example.com",
    )


def test_a_planned_share_is_refused_by_the_rules_as_they_are_then(
    source: Image, acme: Account, as_acme: Client, globex: Account, clock: Any
) -> None:
    _copy_and_share(as_acme, source)
    copy = Image.objects.get(region_id="cn-shanghai", owner_id=ACME)
    acme.share_limit = 0
    acme.save()
    clock.move_to(START + timedelta(seconds=100))
    page = as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    assert f"could not be shared with account {GLOBEX}" in page
    assert "limit of 0 shares" in page
    assert not ImageShare.objects.exists()
    assert [entry.outcome for entry in Entry.objects.filter(event="ShareImage")] == ["share_limit_reached"]
    as_acme.get(f"/cn-shanghai/images/{copy}/")
    assert Entry.objects.filter(event="ShareImage").count() == 1


def test_why_a_planned_share_was_refused_is_said_in_the_language_of_the_reader(
    source: Image, acme: Account, as_acme: Client, as_globex: Client, clock: Any
) -> None:
    _copy_and_share(as_acme, source)
    copy = Image.objects.get(region_id="cn-shanghai", owner_id=ACME)
    acme.share_limit = 0
    acme.save()
    clock.move_to(START + timedelta(seconds=100))
    chinese = {"accept-language": "zh-CN"}
    # The recipient looks first, and settles it in their language.
    as_globex.get("/cn-shanghai/images/shared/", headers=chinese)
    assert PlannedShare.objects.get().settled_at is not None
    assert "limit of 0 shares" in as_acme.get(f"/cn-shanghai/images/{copy}/").content.decode()
    page = as_acme.get(f"/cn-shanghai/images/{copy}/", headers=chinese).content.decode()
    assert f"未能共享给账号 {GLOBEX}：该账号的共享次数已达上限（0 次）" in page


@pytest.mark.parametrize(
    ("account", "confirm", "sentence", "recorded"),
    [
        ("207329002493920001", "on", "This is a RAM user", ["account_is_ram_user"]),
        ("12", "on", "exactly 16 digits", []),
        ("1000000000000001", "on", "no active Alibaba Cloud account", ["account_not_found"]),
        (ACME, "on", "account that owns the image", ["account_is_owner"]),
        (GLOBEX, "", "select the check box", []),
    ],
)
def test_what_is_known_to_be_wrong_starts_no_copy(
    account: str, confirm: str, sentence: str, recorded: list[str], source: Image, as_acme: Client, globex: Account
) -> None:
    answer = _copy_and_share(as_acme, source, account, confirm)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not PlannedShare.objects.exists()
    assert Image.objects.exclude(owner=None).count() == 1
    assert [(entry.event, entry.outcome, entry.other_account_id) for entry in Entry.objects.all()] == [
        ("CopyImage", outcome, account) for outcome in recorded
    ]


def test_the_entry_of_a_copy_says_which_account_it_is_to_be_shared_with(
    source: Image, as_acme: Client, globex: Account
) -> None:
    assert _copy_and_share(as_acme, source).status_code == 302
    entry = Entry.objects.get(event="CopyImage")
    assert (entry.outcome, entry.other_account_id) == ("Success", GLOBEX)


def test_copies_that_name_an_account_are_throttled_as_its_look_up_is(
    source: Image, as_acme: Client, globex: Account
) -> None:
    sharing = f"/cn-hangzhou/images/{source}/sharing/"
    for number in range(15):
        answer = _copy_and_share(as_acme, source, f"10000000000000{number:02d}")
        assert "no active Alibaba Cloud account" in answer.content.decode()
        asked = as_acme.get(sharing, {"account": f"10000000000000{number:02d}"}, headers={"HX-Request": "true"})
        assert asked.status_code == 200
    for account in ("1000000000000099", GLOBEX):
        for confirm in ("on", ""):
            answer = _copy_and_share(as_acme, source, account, confirm)
            assert answer.status_code == 429
            page = answer.content.decode()
            assert "You have looked up many accounts. Wait a minute" in page
            assert "no active" not in page
            assert "select the check box" not in page
    assert not PlannedShare.objects.exists()
    assert Entry.objects.filter(event="CopyImage").count() == 15
    # Without an account nothing is asked.
    assert _copy_and_share(as_acme, source, "").status_code == 302


def test_an_encrypted_image_is_copied_but_not_to_be_shared(
    clock: Any, make_image: Callable[..., Image], as_acme: Client, globex: Account
) -> None:
    encrypted = make_image(encrypted=True)
    answer = _copy_and_share(as_acme, encrypted)
    assert answer.status_code == 422
    assert "encrypted image cannot be shared" in answer.content.decode()
    copy = encrypted.copy_to("cn-shanghai", name="office-copy", by=SHELL)
    assert copy.encrypted


def test_cancelling_the_copy_forgets_the_planned_share(
    source: Image, as_acme: Client, globex: Account, clock: Any
) -> None:
    _copy_and_share(as_acme, source)
    copy = Image.objects.get(region_id="cn-shanghai", owner_id=ACME)
    copy.cancel_copy(by=SHELL)
    assert not PlannedShare.objects.exists()


def test_several_images_are_deleted_at_once_with_an_answer_each(
    make_image: Callable[..., Image], share: ImageShare, as_acme: Client
) -> None:
    free, other = make_image(name="free"), make_image(name="other")
    ids = [free.image_id, share.image.image_id, other.image_id, "m-none"]
    dialog = as_acme.get("/cn-hangzhou/images/delete/", {"image": ids}).content.decode()
    assert "2 of 3: Will be deleted." in dialog
    assert dialog.count(">Will be deleted.<") == 2
    assert dialog.count(">Cannot be deleted. ") == 1
    answer = as_acme.post("/cn-hangzhou/images/delete/", {"image": ids}).content.decode()
    assert "2 of 3: Deleted." in answer
    assert answer.count(">Deleted.<") == 2
    assert f"Not deleted. This image is shared with account {GLOBEX}" in answer
    assert [image.pk for image in Image.objects.owned_by(ACME)] == [share.image.pk]
    assert sorted(Entry.objects.filter(event="DeleteImage").values_list("outcome", flat=True)) == [
        "Success",
        "Success",
        "image_shared",
    ]


def test_many_at_once_only_reach_ones_own_images(share: ImageShare, as_globex: Client) -> None:
    as_globex.post("/cn-hangzhou/images/delete/", {"image": [share.image.image_id]})
    assert Image.objects.filter(pk=share.image.pk).exists()
