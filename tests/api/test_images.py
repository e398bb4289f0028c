"""The actions on images: changes all or nothing, lists and their pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import api.images
from accounts.models import Account
from audit.models import Actor, Entry
from images.models import Image, ImageShare
from tests.api.calls import REGION, code, modify
from tests.conftest import ACME, GLOBEX

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.conftest import Program

# All or nothing


def test_images_are_deleted_all_or_none(
    acme_program: Program, make_image: Callable[..., Image], share: ImageShare
) -> None:
    free = make_image(name="free-one")
    both = {**REGION, "ImageId.1": free.image_id, "ImageId.2": share.image.image_id}
    assert code(acme_program.call("DeleteImages", both)) == "ImageUseShared"
    assert Image.objects.filter(pk=free.pk).exists()
    assert Entry.objects.filter(event="DeleteImage").values_list("image_id", "outcome").get() == (
        share.image.image_id,
        "image_shared",
    )
    modify(acme_program, share.image, remove=(GLOBEX,))
    assert code(acme_program.call("DeleteImages", both)) == "Success"
    assert not Image.objects.filter(pk__in=[free.pk, share.image.pk]).exists()


def test_templates_of_an_image_refuse_its_deletion_or_go_with_it(
    acme_program: Program, image: Image, template: Any
) -> None:
    deletion = {**REGION, "ImageId.1": image.image_id}
    assert code(acme_program.call("DeleteImages", deletion)) == "OperationDenied.ImageUsedByBundle"
    assert code(acme_program.call("DeleteImages", {**deletion, "DeleteCascadedBundle": "true"})) == "Success"
    assert not type(template).objects.filter(pk=template.pk).exists()


def test_who_may_not_delete_an_image_is_not_sent_to_delete_templates_of_it(
    globex_program: Program, share: ImageShare, globex: Account, make_template: Callable[..., Any]
) -> None:
    make_template(account=globex)
    deletion = {**REGION, "ImageId.1": share.image.image_id}
    assert code(globex_program.call("DeleteImages", deletion)) == "OperationDenied.ImageNotOwned"


@pytest.mark.skipif(not connection.features.has_select_for_update, reason="SQLite has one lock for all")
def test_no_account_is_locked_for_the_deletion_of_anothers_image(
    globex_program: Program, share: ImageShare, globex: Account, make_image: Callable[..., Image]
) -> None:
    """Two accounts that name each other's images, each its own first, would wait for each other."""
    both = {**REGION, "ImageId.1": make_image(owner=globex).image_id, "ImageId.2": share.image.image_id}
    with CaptureQueriesContext(connection) as queries:
        assert code(globex_program.call("DeleteImages", both)) == "OperationDenied.ImageNotOwned"
    assert not any("FOR NO KEY UPDATE" in query["sql"] for query in queries)


@pytest.mark.skipif(not connection.features.has_select_for_update, reason="SQLite has one lock for all")
def test_all_images_are_locked_before_a_template_of_one(
    acme_program: Program, image: Image, make_image: Callable[..., Image], template: Any
) -> None:
    """Who gives a template another image locks the new image, then the template: the other way round is a deadlock."""
    both = {**REGION, "ImageId.1": image.image_id, "ImageId.2": make_image(name="other").image_id}
    with CaptureQueriesContext(connection) as queries:
        assert code(acme_program.call("DeleteImages", {**both, "DeleteCascadedBundle": "true"})) == "Success"
    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    first_of_template = next(place for place, sql in enumerate(locks) if 'FROM "desktops_template"' in sql)
    of_images = {sql for sql in locks[:first_of_template] if 'FROM "images_image"' in sql}
    assert len(of_images) == 2


def test_a_template_that_is_made_meanwhile_refuses_the_deletion(
    acme_program: Program, image: Image, make_template: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = api.images.images_of

    def images_of(*args: Any) -> list[Image]:
        images = found(*args)
        make_template()
        return images

    monkeypatch.setattr(api.images, "images_of", images_of)
    deletion = {**REGION, "ImageId.1": image.image_id}
    assert code(acme_program.call("DeleteImages", deletion)) == "OperationDenied.ImageUsedByBundle"
    assert Image.objects.filter(pk=image.pk).exists()


def test_a_name_that_is_given_meanwhile_outlives_a_new_description(
    acme_program: Program, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = api.images.image_of

    def image_of(*args: Any) -> Image:
        read = found(*args)
        Image.objects.get(pk=read.pk).edit(name="name-of-another", by=Actor())
        return read

    monkeypatch.setattr(api.images, "image_of", image_of)
    attributes = {**REGION, "ImageId": image.image_id, "Description": "A new one"}
    assert code(acme_program.call("ModifyImageAttribute", attributes)) == "Success"
    image.refresh_from_db()
    assert (image.name, image.description) == ("name-of-another", "A new one")


def test_an_image_says_when_it_was_changed(acme_program: Program, make_image: Callable[..., Image]) -> None:
    image = make_image()
    at = datetime(2026, 1, 2, tzinfo=UTC)
    Image.objects.filter(pk=image.pk).update(created_at=at, ready_at=at)
    before = datetime.now(UTC).replace(microsecond=0)
    assert code(acme_program.call("ModifyImageAttribute", REGION, ImageId=image.image_id, Name="office-2")) == "Success"
    [row] = acme_program.call("DescribeImages", REGION, ImageType="CUSTOM").json()["Images"]
    assert row["CreationTime"] == "2026-01-02T00:00:00Z"
    assert before <= datetime.fromisoformat(row["UpdateTime"]) <= datetime.now(UTC)


# Lists


def test_times_are_whole_seconds_of_utc_and_texts_are_as_they_were_written(
    acme_program: Program, make_image: Callable[..., Image]
) -> None:
    image = make_image(name="office", description="办公室")
    at = datetime(2026, 1, 2, 23, 59, 59, 999_999, tzinfo=UTC)
    Image.objects.filter(pk=image.pk).update(created_at=at, ready_at=at)
    response = acme_program.call("DescribeImages", REGION, ImageType="CUSTOM")
    assert (response["Content-Type"], response["Content-Length"]) == ("application/json", str(len(response.content)))
    assert '"Description":"办公室"' in response.text
    [row] = response.json()["Images"]
    assert (row["CreationTime"], row["UpdateTime"]) == ("2026-01-02T23:59:59Z", "2026-01-02T23:59:59Z")


def test_all_that_an_account_may_use_comes_in_one_order(
    acme_program: Program, globex: Account, make_image: Callable[..., Image]
) -> None:
    own = make_image(name="own-one")
    received = make_image(owner=globex, name="received-one")
    make_image(owner=globex, name="not-shared")
    ImageShare(image=received, recipient_id=ACME).grant()
    images = acme_program.call("DescribeImages", REGION, MaxResults=100).json()["Images"]
    assert [(row["ImageId"], row["ImageType"]) for row in images[:2]] == [
        (received.image_id, "SHARED"),
        (own.image_id, "CUSTOM"),
    ]
    assert {row["ImageType"] for row in images[2:]} == {"SYSTEM"}


@pytest.mark.parametrize("parameters", [{}, {"ImageType": "CUSTOM"}])
def test_pages_neither_repeat_nor_leave_out_while_rows_come_and_go(
    acme_program: Program, make_image: Callable[..., Image], parameters: dict[str, str]
) -> None:
    images = [make_image(name=f"image-{number}") for number in range(9)]
    first = acme_program.call("DescribeImages", REGION, MaxResults=3, **parameters).json()
    # One that was seen goes, one that was not goes, and one comes.
    images[8].delete()
    images[4].delete()
    make_image(name="newer")
    seen, token = [row["ImageId"] for row in first["Images"]], first["NextToken"]
    while token:
        page = acme_program.call("DescribeImages", REGION, MaxResults=3, NextToken=token, **parameters).json()
        seen += [row["ImageId"] for row in page["Images"]]
        token = page["NextToken"]
    own = [image_id for image_id in seen if image_id.startswith("m-")]
    assert own == [images[number].image_id for number in (8, 7, 6, 5, 3, 2, 1, 0)]
    assert len(seen) == len(set(seen))


def test_a_page_whose_rest_was_deleted_is_empty_and_the_last(
    acme_program: Program, make_image: Callable[..., Image]
) -> None:
    images = [make_image(name=f"image-{number}") for number in range(4)]
    page = acme_program.call("DescribeImages", REGION, MaxResults=2, ImageType="CUSTOM").json()
    for image in images[:2]:
        image.delete()
    rest = acme_program.call(
        "DescribeImages", REGION, MaxResults=2, ImageType="CUSTOM", NextToken=page["NextToken"]
    ).json()
    assert (rest["Images"], rest["NextToken"]) == ([], "")


@pytest.mark.parametrize("token", ["x", "YmVsb3cgeA==", "0" * 200, "é"])
def test_a_token_that_nobody_gave_is_refused(acme_program: Program, token: str) -> None:
    assert code(acme_program.call("DescribeImages", REGION, NextToken=token)) == "InvalidNextToken"


@pytest.mark.usefixtures("never_pruned")
@pytest.mark.parametrize("count", [1, 30])
def test_a_list_costs_the_same_at_any_length(
    acme_program: Program, make_image: Callable[..., Image], count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        make_image(name=f"image-{number}")
    acme_program.call("DescribeRegions", REGION)
    with django_assert_num_queries(5):
        acme_program.call("DescribeImages", REGION, MaxResults=100)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"ImageStatus": "Available"}, {"ready"}),
        ({"ImageStatus": "Creating"}, {"made", "copied"}),
        ({"ImageStatus": "CreateFailed"}, {"failed"}),
        ({"OsType": "Linux"}, {"copied"}),
        ({"OsType": "Windows"}, {"ready", "made", "failed"}),
        ({"GpuCategory": "true"}, {"made"}),
        ({"ImageName": "AD"}, {"ready", "made"}),
        ({"ProtocolType": "HDX"}, set()),
        ({"SessionType": "MULTIPLE_SESSION"}, set()),
        ({"LanguageType": "zh-CN"}, {"ready", "made", "copied", "failed"}),
    ],
)
def test_filters(
    acme_program: Program, make_image: Callable[..., Image], filters: dict[str, str], expected: set[str]
) -> None:
    later = timezone.now() + timedelta(days=1)
    ready = make_image(name="ready")
    make_image(name="made", ready_at=later, gpu=True)
    make_image(name="copied", ready_at=later, copied_from=ready, os_type="Linux")
    make_image(name="failed", failed_at=timezone.now())
    images = acme_program.call("DescribeImages", REGION, ImageType="CUSTOM", **filters).json()["Images"]
    assert {row["Name"] for row in images} == expected
