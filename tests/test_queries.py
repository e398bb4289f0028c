"""Prepared queries: the same rows as Django's own, whatever they were run with before, from every thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.db.models import OuterRef, QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessKey, Account
from images.models import Image
from plumbing.prepared import Prepared, delete, insert, prepared
from regions.models import Region
from ui.paging import Count

if TYPE_CHECKING:
    from datetime import datetime

type MakeImage = Callable[..., Image]

MINIMAL = {"region_id": "cn-hangzhou", "name": "office", "os_type": "Linux", "platform": "Ubuntu 22.04", "size_gib": 40}

pytestmark = pytest.mark.django_db


@prepared
def ready(owner: str, before: datetime) -> QuerySet[Image]:
    return Image.objects.filter(owner=owner, ready_at__lt=before).select_related("region").order_by("-id")


def test_each_use_has_its_own_values(acme: Account, globex: Account, make_image: MakeImage) -> None:
    mine, others = [make_image(), make_image()], [make_image(owner=globex)]
    now = timezone.now()
    assert ready(acme.pk, now) == mine[::-1]
    assert ready(globex.pk, now) == others
    assert ready(acme.pk, now - timedelta(days=1)) == []
    assert ready(acme.pk, now) == mine[::-1]


def test_rows_are_whole_objects(acme: Account, make_image: MakeImage) -> None:
    image = make_image()
    [found] = ready(acme.pk, timezone.now())
    with CaptureQueriesContext(connection) as queries:
        assert found.region == Region.objects.get(pk=image.region_id)
    assert len(queries) == 1, "the region came with the image"
    for field in Image._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(Image.objects.get(pk=image.pk), field.attname)


def test_times_are_utc_however_rows_are_read(image: Image) -> None:
    own = Image.objects.owned_by(image.owner_id)
    for rows in (ready(image.owner_id, timezone.now()), own, own.iterator()):
        [found] = rows
        assert found.created_at == image.created_at
        assert found.created_at.tzinfo is UTC


def test_values_instead_of_objects_and_counts_in_a_column(acme: Account, make_image: MakeImage) -> None:
    @prepared
    def numbers(account_id: str) -> QuerySet[Any, Any]:
        own = Image.objects.filter(owner=OuterRef("pk"))
        return Account.objects.filter(pk=account_id).values_list("name", Count(own))

    make_image()
    assert [tuple(row) for row in numbers(acme.pk)] == [(acme.name, 1)]


def test_a_value_is_never_a_part_of_the_sql(acme: Account, make_image: MakeImage) -> None:
    make_image()
    assert ready("' OR ''='", timezone.now()) == []


@prepared
def named(name: str) -> QuerySet[Account]:
    return Account.objects.filter(name=name)


@pytest.mark.django_db(transaction=True)
def test_every_thread_has_its_own_connection(acme: Account) -> None:
    assert named(acme.name) == [acme]
    found: list[Any] = []

    def look() -> None:
        found.append(named(acme.name))
        connection.close()

    threads = [Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[acme]] * 4


def test_threads_that_come_first_at_once_find_the_whole_query() -> None:
    def build(key: str) -> QuerySet[AccessKey]:
        return AccessKey.objects.filter(access_key_id=key).select_related("user__account")

    expected = prepared(build).compiled("default").sql
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(200):
                query, together = prepared(build), Barrier(8)
                _ = query.queryset

                def first(query: Prepared[Any] = query, together: Barrier = together) -> str:
                    together.wait()
                    return query.compiled("default").sql

                assert {found.result() for found in [threads.submit(first) for _ in range(8)]} == {expected}
    finally:
        sys.setswitchinterval(interval)


def test_a_row_is_inserted_as_django_would(acme: Account, make_image: MakeImage) -> None:
    saved, inserted = make_image(), Image(**{**MINIMAL, "owner": acme})
    insert(inserted)
    assert inserted.pk == saved.pk + 1
    assert (inserted._state.adding, inserted._state.db) == (False, "default")
    kept = Image.objects.get(pk=inserted.pk)
    for field in Image._meta.concrete_fields:
        assert getattr(kept, field.attname) == getattr(inserted, field.attname)


def test_a_row_is_deleted_once(make_image: MakeImage) -> None:
    image, other = make_image(), make_image()
    assert delete(image)
    assert not delete(image)
    assert list(Image.objects.exclude(owner=None)) == [other]
