"""Sharing by the API: the seed page's rules, all or nothing, and both doors to the same things."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from accounts.models import Account
from audit.models import Actor, Door, Entry
from images.models import Image, ImageShare, PlannedShare
from tests.api.calls import REGION, code, modify
from tests.conftest import ACME, AUDITOR_RAM_ID, GLOBEX, INITECH

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.api.conftest import Program

# The rules of the seed page


def test_a_shared_image_is_found_by_the_recipient_and_not_once_it_is_unshared(
    acme_program: Program, globex_program: Program, image: Image
) -> None:
    def found() -> list[tuple[str, str]]:
        images = globex_program.call("DescribeImages", REGION, ImageType="SHARED").json()["Images"]
        return [(row["ImageId"], row["ImageType"]) for row in images]

    assert code(modify(acme_program, image, add=(GLOBEX,))) == "Success"
    assert found() == [(image.image_id, "SHARED")]
    assert code(modify(acme_program, image, remove=(GLOBEX,))) == "Success"
    assert found() == []


@pytest.mark.parametrize(("looks", "kind"), [("owner", "CUSTOM"), ("recipient", "SHARED"), ("recipient", "")])
@pytest.mark.parametrize("has_others", [True, False])
def test_a_planned_share_that_is_due_is_a_share_to_whoever_looks(
    acme_program: Program,
    globex_program: Program,
    make_image: Callable[..., Image],
    looks: str,
    kind: str,
    has_others: bool,
) -> None:
    copy = make_image()
    if has_others:
        modify(acme_program, make_image(), add=(GLOBEX,))
    PlannedShare.objects.create(
        image=copy, owner=copy.owner, recipient_id=GLOBEX, by=asdict(Actor()), due_at=timezone.now()
    )
    program = acme_program if looks == "owner" else globex_program
    answer = program.call("DescribeImages", REGION, **({"ImageType": kind} if kind else {})).json()
    [row] = [row for row in answer["Images"] if row["ImageId"] == copy.image_id]
    assert (row["ImageType"], row["SharedCount"]) == (("CUSTOM", 1) if looks == "owner" else ("SHARED", 0))


@pytest.mark.parametrize(
    ("fields", "recipient", "expected"),
    [
        ({"encrypted": True}, GLOBEX, "OperationDenied.EncryptedImage"),
        ({"ready_at": timezone.now() + timedelta(days=1)}, GLOBEX, "InvalidImageStatus.NotValid"),
        ({}, AUDITOR_RAM_ID, "InvalidAccount.RamUser"),
        ({}, ACME, "InvalidAccount.Owner"),
        ({}, "5316109394409999", "InvalidAccount.NotFound"),
        ({}, "not-an-account", "InvalidAccount.Malformed"),
        ({}, "53161093944000021", "InvalidAccount.Malformed"),
    ],
)
def test_every_rule_of_the_page_refuses_by_its_code(
    acme_program: Program,
    globex: Account,
    make_image: Callable[..., Image],
    fields: dict[str, Any],
    recipient: str,
    expected: str,
) -> None:
    image = make_image(**fields)
    assert code(modify(acme_program, image, add=(recipient,))) == expected
    assert not ImageShare.objects.exists()


def test_a_received_image_cannot_be_shared_on_nor_deleted_nor_asked_about(
    globex_program: Program, initech: Account, share: ImageShare
) -> None:
    image = {**REGION, "ImageId": share.image.image_id}
    assert code(modify(globex_program, share.image, add=(INITECH,))) == "OperationDenied.ImageNotOwned"
    assert code(modify(globex_program, share.image, remove=(GLOBEX,))) == "OperationDenied.ImageNotOwned"
    assert code(globex_program.call("DescribeImagePermission", image)) == "OperationDenied.ImageNotOwned"
    deletion = globex_program.call("DeleteImages", {**REGION, "ImageId.1": share.image.image_id})
    assert code(deletion) == "OperationDenied.ImageNotOwned"


def test_another_accounts_image_is_not_found_as_one_that_is_not_there(globex_program: Program, image: Image) -> None:
    there = modify(globex_program, image, add=(INITECH,)).json()
    image.image_id = "m-" + "0" * 17
    missing = modify(globex_program, image, add=(INITECH,)).json()
    assert there["Code"] == missing["Code"] == "InvalidImageId.NotFound"


def test_a_system_image_is_neither_shared_nor_deleted(acme_program: Program, globex: Account) -> None:
    system = Image.objects.system().in_region("cn-hangzhou").first()
    assert system is not None
    assert code(modify(acme_program, system, add=(GLOBEX,))) == "OperationDenied.SystemImage"
    deletion = acme_program.call("DeleteImages", {**REGION, "ImageId.1": system.image_id})
    assert code(deletion) == "OperationDenied.SystemImage"


def test_a_shared_image_is_not_deleted(acme_program: Program, share: ImageShare) -> None:
    deletion = acme_program.call("DeleteImages", {**REGION, "ImageId.1": share.image.image_id})
    assert code(deletion) == "ImageUseShared"


def test_an_account_has_fifty_shares_and_removes_make_room_for_adds(
    acme_program: Program, acme: Account, image: Image, globex: Account, initech: Account
) -> None:
    acme.share_limit = 1
    acme.save()
    assert code(modify(acme_program, image, add=(GLOBEX, INITECH))) == "QuotaExceed.ShareImage"
    assert image.recipient_ids == []
    assert code(modify(acme_program, image, add=(GLOBEX,))) == "Success"
    assert code(modify(acme_program, image, add=(INITECH,), remove=(GLOBEX,))) == "Success"
    assert image.recipient_ids == [INITECH]


def test_an_account_id_that_lost_its_zeros_on_the_way_is_understood(acme_program: Program, image: Image) -> None:
    Account.objects.create(account_id="0123456789012345", name="Zero", site=Account.Site.CHINA)
    assert code(modify(acme_program, image, add=("123456789012345",))) == "Success"
    assert image.recipient_ids == ["0123456789012345"]


# All or nothing


def test_one_refusal_undoes_all_and_the_audit_keeps_it(
    acme_program: Program, image: Image, share: ImageShare, initech: Account
) -> None:
    response = modify(acme_program, image, add=(INITECH, "5316109394409999"), remove=(GLOBEX,))
    assert code(response) == "InvalidAccount.NotFound"
    assert image.recipient_ids == [GLOBEX]
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert (entry.event, entry.outcome, entry.other_account_id, entry.door) == (
        "ShareImage",
        "account_not_found",
        "5316109394409999",
        Door.API,
    )


def test_what_is_so_already_changes_nothing(acme_program: Program, image: Image, share: ImageShare) -> None:
    before = Entry.objects.count()
    assert code(modify(acme_program, image, add=(GLOBEX,), remove=(INITECH,))) == "Success"
    assert code(modify(acme_program, image, add=(GLOBEX, GLOBEX))) == "Success"
    assert image.recipient_ids == [GLOBEX]
    assert Entry.objects.count() == before


def test_an_account_is_not_added_and_removed_at_once(acme_program: Program, image: Image, globex: Account) -> None:
    assert code(modify(acme_program, image, add=(GLOBEX,), remove=(GLOBEX,))) == "InvalidParameter"


def test_fifty_accounts_at_once_and_no_more(
    acme_program: Program, image: Image, django_assert_max_num_queries: Any
) -> None:
    ids = tuple(f"{5000000000000000 + number}" for number in range(51))
    Account.objects.bulk_create(
        Account(account_id=account_id, name="Many", site=Account.Site.CHINA) for account_id in ids
    )
    assert code(modify(acme_program, image, add=ids)) == "InvalidParameter"
    assert code(modify(acme_program, image, add=ids[:50])) == "Success"
    assert sorted(image.recipient_ids) == sorted(ids[:50])
    assert code(modify(acme_program, image, remove=ids[:50])) == "Success"
    assert image.recipient_ids == []


# RAM


def test_a_read_only_user_describes_and_changes_nothing_and_the_try_is_in_the_audit(
    auditor_program: Program, image: Image, globex: Account
) -> None:
    images = auditor_program.call("DescribeImages", REGION, ImageType="CUSTOM").json()["Images"]
    assert [row["ImageId"] for row in images] == [image.image_id]
    response = modify(auditor_program, image, add=(GLOBEX,))
    assert (response.status_code, code(response)) == (403, "Forbidden.RAM")
    [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
    assert (entry.event, entry.outcome, entry.account_id, entry.image_id, entry.other_account_id) == (
        "ModifyImagePermission",
        "no_permission",
        ACME,
        image.image_id,
        GLOBEX,
    )
    for action, names in (
        ("DeleteImages", {"ImageId.1": image.image_id}),
        ("StopDesktops", {"DesktopId.1": "ecd-1"}),
        ("ModifyBundle", {"BundleId": "b-1", "ImageId": image.image_id}),
    ):
        response = auditor_program.call(action, REGION, **names)
        [entry] = Entry.objects.filter(request_id=response.json()["RequestId"])
        assert (entry.event, entry.outcome) == (action, "no_permission")
        assert {entry.image_id, entry.resource_id} - {""} == set(names.values())


# Both doors


def test_both_doors_lead_to_the_same_things_and_the_audit_tells_them_apart(
    as_acme: Client, acme_program: Program, globex: Account, initech: Account, image: Image
) -> None:
    sharing = f"/cn-hangzhou/images/{image.image_id}/sharing/"
    assert as_acme.post(sharing, {"account": GLOBEX, "confirm": "on"}).status_code == 302
    permission = acme_program.call("DescribeImagePermission", REGION, ImageId=image.image_id).json()
    assert permission["AliUids"] == [GLOBEX]

    modify(acme_program, image, add=(INITECH,), remove=(GLOBEX,))
    page = as_acme.get(sharing).content.decode()
    assert INITECH in page
    assert f">{GLOBEX}<" not in page.partition("<table")[2].partition("</table>")[0]

    entries = Entry.objects.filter(image_id=image.image_id).order_by("id")
    assert list(entries.values_list("event", "door", "other_account_id", "outcome")) == [
        ("ShareImage", Door.CONSOLE, GLOBEX, "Success"),
        ("UnshareImage", Door.API, GLOBEX, "Success"),
        ("ShareImage", Door.API, INITECH, "Success"),
    ]


def test_the_front_door_of_the_console_stays_as_it_is(as_acme: Client, client: Client) -> None:
    assert as_acme.get("/")["Location"] == "/cn-hangzhou/images/custom/"
    assert client.get("/")["Location"].startswith("/login/")
    assert client.post("/", content_type="application/x-www-form-urlencoded").json()["Code"] == "MissingAction"


def test_actions_that_are_wrong_or_not_built_say_so(acme_program: Program) -> None:
    assert code(acme_program.call("DescribeImage")) == "InvalidAction.NotFound"
    not_built = acme_program.call("MigrateImageProtocol").json()
    assert (not_built["Code"], "MigrateImageProtocol" in not_built["Message"]) == ("UnsupportedOperation", True)


def test_another_version_format_or_method_is_refused(acme_program: Program, client: Client) -> None:
    assert client.get("/?Action=DescribeImages&Version=2014-05-26").json()["Code"] == "InvalidVersion"
    query = "/?Action=DescribeImages&Version=2020-09-30"
    assert client.get(f"{query}&Format=XML").json()["Code"] == "UnsupportedFormat"
    assert client.put(query).json()["Code"] == "UnsupportedHTTPMethod"
    assert client.post(query, {"a": "b"}, content_type="application/json").json()["Code"] == "UnsupportedContentType"
    assert client.get(query + "&a=1" * 2).json()["Code"] == "DuplicatedParameter"
    many = "".join(f"&p{number}=1" for number in range(2001))
    assert client.get(query + many).json()["Code"] == "RequestTooLarge"
    form = {"content_type": "application/x-www-form-urlencoded"}
    too_large = client.post(query, b"a=" + b"x" * 3_000_000, **form)
    assert (too_large.status_code, too_large.json()["Code"]) == (413, "RequestTooLarge")
