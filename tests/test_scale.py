"""A database that is filled by `seed_scale`, the admin site's lists over it, and parallel writers on SQLite."""

from __future__ import annotations

import re
import threading
import time
from io import StringIO
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.db.models import Count, Max
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, User
from audit.models import Entry
from desktops.models import Desktop, Template
from images.models import Image, ImageShare

if TYPE_CHECKING:
    from django.test import Client


def _fill(images: int, **options: Any) -> str:
    """In one transaction there can be no VACUUM; it changes no row."""
    said = StringIO()
    call_command("seed_scale", images=images, stdout=said, **options)
    return said.getvalue()


@pytest.fixture(autouse=True)
def _no_vacuum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.management.commands.seed_scale.VACUUM", "ANALYZE")


@pytest.mark.django_db
def test_a_filled_database_is_skewed_and_keeps_the_rules() -> None:
    system = Image.objects.system().count()
    said = _fill(2000, accounts=200)
    assert Image.objects.count() == 2000 + system
    assert f"{2000 + system:,} images" in said
    assert Desktop.objects.count() == 2000
    assert Entry.objects.count() >= 2000
    assert Template.objects.count() == 1000
    assert User.objects.count() == Account.objects.count() == 200
    most = Image.objects.exclude(owner=None).values("owner").annotate(count=Count("pk")).order_by("-count")
    counts = [row["count"] for row in most]
    assert min(counts[:3]) > 150
    assert median(counts) < 10
    shares = ImageShare.objects.values("owner").annotate(count=Count("pk"))
    assert shares.aggregate(most=Max("count"))["most"] == 50
    assert not ImageShare.objects.filter(image__encrypted=True).exists()
    assert not ImageShare.objects.filter(image__failed_at__isnull=False).exists()
    for share in ImageShare.objects.select_related("image")[:50]:
        assert (share.owner_id, share.region_id) == (share.image.owner_id, share.image.region_id)
    assert all(not user.has_usable_password() for user in User.objects.all()[:20])


@pytest.mark.django_db
def test_filling_again_adds_as_many_once_more_and_people_go_on(image: Image) -> None:
    _fill(100)
    _fill(100)
    assert Image.objects.exclude(owner=None).count() == 201
    assert Account.objects.count() == 11
    image.pk, image.image_id = None, "m-afterwards0000001"
    image.save(force_insert=True)


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{"images": 0}, {"images": 10, "accounts": 2}, {"images": 10, "desktops": -1}])
def test_amounts_that_cannot_be_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        _fill(**options)


ADMIN_LISTS = (
    "images/image",
    "images/imageshare",
    "audit/entry",
    "accounts/account",
    "accounts/user",
    "desktops/desktop",
    "desktops/template",
)


@pytest.mark.django_db
@pytest.mark.parametrize("model", ADMIN_LISTS)
def test_an_admin_list_is_searched_from_indexes(model: str, as_support: Client) -> None:
    _fill(3000)
    known = Image.objects.exclude(owner=None)[0]
    terms = [known.owner_id, known.image_id, "nothing-has-this"]
    if model == "accounts/account":
        # The beginning of a name is looked for in all of them: 15 ms at 50,000 accounts.
        del terms[1:]
    for term in terms:
        with CaptureQueriesContext(connection) as queries:
            assert as_support.get(f"/admin/{model}/", {"q": term}).status_code == 200
        for query in queries:
            if "COUNT" not in query["sql"] and query["sql"].startswith("SELECT"):
                _uses_indexes(query["sql"])


def _uses_indexes(sql: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = "\n".join(row[3] for row in cursor.fetchall())
            scanned = re.findall(r"^SCAN (\w+)(?! USING)\b(?!.*USING)", plan, re.MULTILINE)
        else:
            # Of a few thousand rows PostgreSQL rightly reads all; asked to avoid that, it shows what it can do.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            cursor.execute("SET LOCAL enable_seqscan = on")
            scanned = re.findall(r"Seq Scan on (\w+)", plan)
    # Regions are reference data of twenty rows.
    assert not set(scanned) - {"regions_region"}, f"{sql}\n{plan}"


@pytest.mark.django_db
@pytest.mark.parametrize("model", ADMIN_LISTS)
def test_an_admin_list_has_one_order(model: str, as_support: Client) -> None:
    plain = as_support.get(f"/admin/{model}/").context["cl"].queryset.query.order_by
    assert as_support.get(f"/admin/{model}/?o=2").context["cl"].queryset.query.order_by == plain


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_statement_of_its_own_waits_for_the_writer_before_it() -> None:
    account = Account.objects.create(account_id="1000000000000001", name="One", site=Account.Site.CHINA)
    begun, names = threading.Event(), []

    def write() -> None:
        begun.set()
        Account.objects.filter(pk=account.pk).update(name="Three")
        names.append("written")
        connections.close_all()

    thread = threading.Thread(target=write)
    with transaction.atomic():
        thread.start()
        begun.wait()
        time.sleep(0.05)
        assert names == []
        Account.objects.filter(pk=account.pk).update(name="Two")
    thread.join()
    account.refresh_from_db()
    assert account.name == "Three"
