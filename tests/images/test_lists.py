"""Searching, narrowing, sorting and paging the lists; their queries and how the databases answer them."""

from __future__ import annotations

import base64
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from images.models import Image, ImageShare, OsType
from tests.rows import multiply
from ui import paging
from ui.paging import COUNT_LIMIT, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import Account

TABS = ("custom", "shared", "system")
MOST_QUERIES = 6


def _many(count: int, owner: Account, **fields: Any) -> list[Image]:
    now = timezone.now()
    common = {"region_id": "cn-hangzhou", "os_type": OsType.LINUX, "platform": "Ubuntu 22.04", "size_gib": 40, **fields}
    return Image.objects.bulk_create(
        (
            Image(owner=owner, name=f"image-{number:06d}", created_at=now, ready_at=now, **common)
            for number in range(count)
        ),
        batch_size=5000,
    )


def _names(page: str) -> list[str]:
    return re.findall(r'<td class="c-name".*?<a href="[^"]+" title="[^"]*">([^<]+)<', page)


def _share_row(image: Image, recipient: Account) -> ImageShare:
    return ImageShare(image=image, owner_id=image.owner_id, recipient=recipient, region_id=image.region_id)


def test_each_tab_lists_what_it_is_named_for(
    make_image: Callable[..., Image], globex: Account, acme: Account, as_acme: Client
) -> None:
    make_image(name="mine-only")
    mine = make_image(name="mine-shared")
    theirs = make_image(name="theirs", owner=globex)
    make_image(name="hidden", owner=globex)
    make_image(name="mine-elsewhere", region_id="cn-shanghai")
    ImageShare(image=mine, recipient=globex).save()
    ImageShare(image=theirs, recipient=acme).save()
    custom = as_acme.get("/cn-hangzhou/images/custom/").content.decode()
    shared = as_acme.get("/cn-hangzhou/images/shared/").content.decode()
    system = as_acme.get("/cn-hangzhou/images/system/").content.decode()
    assert _names(custom) == ["mine-shared", "mine-only"]
    assert _names(shared) == ["theirs", "mine-shared"]
    assert len(_names(system)) == Image.objects.system().in_region("cn-hangzhou").count()
    assert "does not guarantee the integrity and security of shared images" in shared
    assert _names(as_acme.get("/cn-shanghai/images/shared/").content.decode()) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=OFFICE", ["office-win", "office-lin"]),
        ("q=m-findme", ["by-id"]),
        ("q=%25", []),
        ("q=_", []),
        ("os=Linux", ["office-lin"]),
        ("os=Plan9", []),
        ("status=Failed", ["failed"]),
        ("status=Copying", ["being-copied"]),
        ("status=Available", ["by-id", "office-win", "office-lin"]),
        ("status=Creating", []),
        ("status=nonsense&q=office&os=Windows", []),
        ("sort=nonsense", ["by-id", "being-copied", "failed", "office-win", "office-lin"]),
        ("sort=name", ["being-copied", "by-id", "failed", "office-lin", "office-win"]),
        ("sort=-name", ["office-win", "office-lin", "failed", "by-id", "being-copied"]),
        ("sort=created", ["office-lin", "office-win", "failed", "being-copied", "by-id"]),
        ("cursor=nonsense&size=7", ["by-id", "being-copied", "failed", "office-win", "office-lin"]),
        ("q=" + "x" * 500, []),
        ("q=%00", []),
        ("q=%E2%80%8E%C2%A0m-findme%EF%BB%BF%20", ["by-id"]),
        ("q=%E2%80%8B", ["by-id", "being-copied", "failed", "office-win", "office-lin"]),
    ],
)
def test_a_list_is_narrowed_and_sorted_by_its_url(
    query: str, found: list[str], make_image: Callable[..., Image], as_acme: Client
) -> None:
    later = timezone.now() + timedelta(hours=1)
    source = make_image(name="office-lin", os_type=OsType.LINUX)
    make_image(name="office-win")
    make_image(name="failed", failed_at=timezone.now())
    make_image(name="being-copied", copied_from=source, ready_at=later)
    make_image(name="by-id", image_id="m-findme00000000001")
    answer = as_acme.get(f"/cn-hangzhou/images/custom/?{query}")
    assert answer.status_code == 200
    assert _names(answer.content.decode()) == found


@pytest.mark.parametrize("tab", ["custom", "shared", "system"])
@pytest.mark.parametrize(
    ("query", "label", "shown"),
    [
        ("q=" + "x" * 500, "Search by image ID or name", "x" * 40 + "…"),
        ("q=%00", "Search by image ID or name", "\ufffd"),
        ("status=%3Cb%3E", "Status", "&lt;b&gt;"),
        ("os=Plan9", "OS", "Plan9"),
    ],
)
def test_a_filter_that_cannot_be_understood_finds_nothing_and_says_so(
    tab: str, query: str, label: str, shown: str, share: ImageShare, as_acme: Client
) -> None:
    page = as_acme.get(f"/cn-hangzhou/images/{tab}/?{query}").content.decode()
    assert f"The filter “{label}” cannot be understood, so nothing is found: {shown}" in page
    assert _names(page) == []
    assert "No image matches the filters" in page
    assert "Remove the filter" in page


def test_htmx_gets_the_list_alone_and_caches_keep_the_two_apart(image: Image, as_acme: Client) -> None:
    page = as_acme.get("/cn-hangzhou/images/custom/")
    part = as_acme.get("/cn-hangzhou/images/custom/", headers={"HX-Request": "true"})
    assert "<html" in page.content.decode()
    assert part.content.decode().strip().startswith('<ol class="crumbs"')
    assert "<nav" not in part.content.decode().split('<section class="panel list">')[0]
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_tab_says_what_to_do_next(tab: str, as_acme: Client) -> None:
    Image.objects.system()._raw_delete(Image.objects.db)
    page = as_acme.get(f"/cn-hangzhou/images/{tab}/").content.decode()
    assert 'class="empty"' in page
    nothing = as_acme.get(f"/cn-hangzhou/images/{tab}/?q=nothing").content.decode()
    assert "No image matches the filters" in nothing
    assert "Clear filters" in nothing


@pytest.mark.parametrize("order", [("-id",), ("id",), ("name", "id"), ("-name", "-id")])
def test_pages_forth_and_back_show_every_row_once(order: tuple[str, ...], acme: Account) -> None:
    _many(47, acme)
    Image.objects.filter(owner=acme).filter(name__endswith="7").update(name="same-name")
    rows = Image.objects.owned_by(acme).in_region("cn-hangzhou")
    expected = list(rows.order_by(*order).values_list("pk", flat=True))
    forth, cursor, pages = [], "", []
    while True:
        page = page_of(rows, order=order, cursor=cursor, size=10)
        pages.append([row.pk for row in page.rows])
        forth += pages[-1]
        assert page.total == 47
        if not page.next:
            break
        cursor = page.next
    assert forth == expected
    back = [pages[-1]]
    while page.previous:
        page = page_of(rows, order=order, cursor=page.previous, size=10)
        back.insert(0, [row.pk for row in page.rows])
    assert back == pages


def test_a_page_stays_right_while_rows_come_and_go(acme: Account) -> None:
    images = _many(30, acme)
    rows = Image.objects.owned_by(acme)
    first = page_of(rows, order=("-id",), size=10)
    _many(5, acme)
    images[19].delete()
    second = page_of(rows, order=("-id",), cursor=first.next, size=10)
    assert [row.pk for row in second.rows] == [image.pk for image in reversed(images[9:19])]


def test_a_cursor_past_the_end_shows_the_first_page(acme: Account) -> None:
    images = _many(30, acme)
    rows = Image.objects.owned_by(acme)
    first = page_of(rows, order=("-id",), size=20)
    for image in images[:10]:
        image.delete()
    assert [row.pk for row in page_of(rows, order=("-id",), cursor=first.next, size=20).rows] == [
        row.pk for row in first.rows
    ]


@pytest.mark.parametrize(
    "cursor", ["%", "bnVsbA", "W10", "WzEsMl0", "W2ZhbHNlLCJ4Il0", "W2ZhbHNlLDFlNDAwXQ", "é", "=" * 50, "W1tb" * 5000]
)
def test_a_cursor_that_cannot_be_read_is_the_first_page(cursor: str, acme: Account) -> None:
    images = _many(3, acme)
    page = page_of(Image.objects.owned_by(acme), order=("-id",), cursor=cursor)
    assert [row.pk for row in page.rows] == [image.pk for image in reversed(images)]


@pytest.mark.parametrize("text", ["\\ud800", "a\\udfff", "\\u0000"])
def test_a_cursor_with_a_text_that_no_database_takes_is_the_first_page(
    text: str, as_acme: Client, image: Image
) -> None:
    cursor = base64.urlsafe_b64encode(f'[false, "{text}", 1]'.encode()).decode()
    for page in ("images/custom", "templates", "desktops"):
        assert as_acme.get(f"/cn-hangzhou/{page}/?sort=name&cursor={cursor}").status_code == 200
    assert image.image_id in as_acme.get(f"/cn-hangzhou/images/custom/?sort=name&cursor={cursor}").content.decode()


def _fill(count: int, acme: Account, globex: Account) -> None:
    """So many images of Acme's; some shared each way (an account's limit holds for rows made in bulk as well)."""
    images = _many(min(count, 1000), acme)
    if count > len(images):
        multiply(images[0], count - len(images), image_id="m-filled", name="image-")
    ImageShare.objects.bulk_create(_share_row(image, globex) for image in images[:40])
    theirs = _many(min(count, 1000), globex)
    ImageShare.objects.bulk_create(_share_row(image, acme) for image in theirs)


def test_a_page_takes_the_same_few_queries_at_any_size(acme: Account, globex: Account, as_acme: Client) -> None:
    counts: dict[str, list[int]] = {tab: [] for tab in TABS}
    for size in (1, 20, 100_000):
        _fill(size, acme, globex)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        for tab in TABS:
            as_acme.get(f"/cn-hangzhou/images/{tab}/")
            with CaptureQueriesContext(connection) as queries:
                assert as_acme.get(f"/cn-hangzhou/images/{tab}/").status_code == 200
            counts[tab].append(len(queries))
            every_list_query_uses_an_index(queries)
            statements = [query["sql"] for query in queries]
            assert len(set(statements)) == len(statements), "a query is asked twice"
    for tab, (one, twenty, many) in counts.items():
        assert one == twenty == many <= MOST_QUERIES, tab


def every_list_query_uses_an_index(queries: CaptureQueriesContext) -> None:
    """No table that grows is read from end to end; regions are reference data of twenty rows."""
    for query in queries:
        if query["sql"].startswith("SELECT"):
            plan = _plan(query["sql"])
            if connection.vendor == "sqlite":
                scanned = re.findall(r"SCAN (\w+)(?! USING)\b(?!.*USING)", plan)
            else:
                scanned = re.findall(r"Seq Scan on (\w+)", plan)
            assert not set(scanned) - {"regions_region", "counted"}, f"{query['sql']}\n{plan}"


def _plan(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(row[3] for row in cursor.fetchall())
        # A table of a few rows is rightly read whole; asked to avoid that, PostgreSQL shows what it does with many.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = on")
        return plan


def test_the_last_of_many_pages_is_read_from_the_index(acme: Account, as_acme: Client) -> None:
    images = _many(500, acme)
    page = page_of(Image.objects.owned_by(acme).in_region("cn-hangzhou"), order=("name", "id"), size=20)
    with CaptureQueriesContext(connection) as queries:
        while page.next:
            page = page_of(
                Image.objects.owned_by(acme).in_region("cn-hangzhou"), order=("name", "id"), cursor=page.next, size=20
            )
    assert page.rows[-1].pk == images[-1].pk
    assert len(queries) == 24
    assert "OFFSET" not in queries[-1]["sql"]


@pytest.mark.parametrize("sort", ["-created", "created", "name", "-name"])
def test_all_pages_are_walked_through_and_back(sort: str, acme: Account, as_acme: Client) -> None:
    images = _many(25, acme)
    pages, cursor = [], ""
    while cursor or not pages:
        page = as_acme.get("/cn-hangzhou/images/custom/", {"sort": sort, "size": "10", "cursor": cursor}).context[
            "page"
        ]
        pages.append(page)
        cursor = page.next
    walked = [row.pk for page in pages for row in page.rows]
    assert sorted(walked) == [image.pk for image in images]
    assert walked == [image.pk for image in images][:: -1 if sort.startswith("-") else 1]
    for earlier in reversed(pages[:-1]):
        page = as_acme.get(
            "/cn-hangzhou/images/custom/", {"sort": sort, "size": "10", "cursor": page.previous}
        ).context["page"]
        assert [row.pk for row in page.rows] == [row.pk for row in earlier.rows]
        assert page.total == 25
    assert page.previous == ""
    # Of what is put in the URL, what is no place is the first page.
    assert (
        as_acme.get("/cn-hangzhou/images/custom/", {"sort": sort, "size": "10", "cursor": "W2ZhbHNlLDFd" * 2})
        .context["page"]
        .rows
    )


def test_a_count_is_bounded(acme: Account) -> None:
    _many(COUNT_LIMIT + 10, acme)
    page = page_of(Image.objects.owned_by(acme), order=("-id",))
    assert page.total == COUNT_LIMIT + 1
    assert page.total_is_bounded


def test_what_was_more_than_is_counted_is_not_counted_again_for_a_minute(
    acme: Account, as_acme: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr(paging.time, "monotonic", lambda: now)

    def total(**query: str) -> tuple[str, bool]:
        with CaptureQueriesContext(connection) as queries:
            page = as_acme.get("/cn-hangzhou/images/custom/", query).content.decode()
        [said] = re.findall(r'id="count">\((?:<span[^>]*></span>)?([^)]+)\)', page)
        return said, any(f"LIMIT {COUNT_LIMIT + 1}" in query["sql"] for query in queries)

    images = _many(COUNT_LIMIT + 1, acme)
    assert total() == ("10,000+", True)
    assert total() == ("10,000+", False)
    assert total(sort="name") == ("10,000+", False)
    assert total(q="image-00000") == ("10", True)
    assert total(cursor="WzEsMl0") == ("10,000+", False)
    Image.objects.filter(pk__gt=images[20].pk)._raw_delete(connection.alias)
    assert total() == ("10,000+", False)
    now += 61
    assert total() == ("21", True)
    assert total() == ("21", True)
    Image.objects.filter(pk__gt=images[4].pk)._raw_delete(connection.alias)
    assert total()[0] == "5"
