"""The operation log for people: what an account sees of it, how it is narrowed, and how it is exported."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import tracemalloc
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import audit.models as audit
from audit.models import Actor, Door, Entry
from audit.sentences import SENTENCES
from logs.values import MOST
from tests.conftest import ACME, GLOBEX
from tests.images.test_lists import every_list_query_uses_an_index

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from images.models import ImageShare

NOW = timezone.now()
MOST_QUERIES = 6


def made(count: int = 1, **fields: Any) -> list[Entry]:
    """Entries past `audit.record`, which always writes the time of now."""
    defaults = {"event": "ShareImage", "door": Door.CONSOLE, "account_id": ACME, "actor_name": "acme@example.com"}
    return Entry.objects.bulk_create(
        (Entry(**{**defaults, "at": NOW - timedelta(seconds=number), **fields}) for number in range(count)),
        batch_size=2000,
    )


def listed(page: str) -> list[str]:
    return re.findall(r'<tr id="entry-(\d+)"', page)


def exported(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_an_account_sees_its_own_entries_newest_first(as_acme: Client, share: ImageShare, globex: Any) -> None:
    made(account_id=GLOBEX, image_id="m-of-globex")
    [older] = made(at=NOW - timedelta(days=1))
    page = as_acme.get("/logs/").content.decode()
    assert listed(page) == [str(Entry.objects.get(image_id=share.image.image_id).pk), str(older.pk)]
    assert "m-of-globex" not in page
    assert 'aria-current="page"' in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["shared", "refused", "computer"]),
        ("period=all", ["shared", "refused", "computer", "month", "old"]),
        ("period=30", ["shared", "refused", "computer", "month"]),
        ("period=nonsense", None),
        ("since=2020-01-01&until=2020-01-01", ["old"]),
        ("since=2020-01-02&until=2020-02-01", []),
        ("until=2020-01-01&period=1", ["old"]),
        ("since=yesterday", None),
        ("until=2020-13-01", None),
        ("until=9999-12-31", ["shared", "refused", "computer", "month", "old"]),
        ("event=StartDesktops", ["computer"]),
        ("event=Nonsense", None),
        ("outcome=nonsense", None),
        ("door=nonsense", None),
        ("person=" + "x" * 255, None),
        ("q=" + "x" * 65, None),
        ("outcome=Success", ["shared", "computer"]),
        ("outcome=refused", ["refused"]),
        ("outcome=image_encrypted", ["refused"]),
        ("door=api", ["refused"]),
        ("door=shell&outcome=Success", []),
        ("person=operator@example.com", ["computer"]),
        ("q=m-one", ["shared", "refused"]),
        ("q=%E2%80%8Em-one%C2%A0&person=%EF%BB%BFacme@example.com%20", ["shared", "refused"]),
        ("q=ecd-one", ["computer"]),
        ("q=m-on", ["shared", "refused"]),
        ("q=on&event=ShareImage", ["shared", "refused"]),
        ("q=ON", ["shared", "refused", "computer"]),
        ("q=-one", []),
        ("q=m-none", []),
        ("q=5316", ["refused"]),
        ("q=5316 1093 9440 0002", ["refused"]),
        ("q=%25", []),
        ("region=cn-shanghai", ["computer"]),
        ("region=cn-hangzhou", []),
        ("region=nonsense", None),
        ("recipient=5316109394400002", ["refused"]),
        ("recipient=5316109394400003", []),
        ("recipient=nonsense", None),
        ("sort=created", ["computer", "refused", "shared"]),
        ("q=m-one&outcome=refused&door=api&person=acme@example.com&event=ShareImage&period=1", ["refused"]),
        ("q=%00", None),
        ("cursor=nonsense&size=7", ["shared", "refused", "computer"]),
        ("cursor=W2ZhbHNlLCJub25zZW5zZSIsMV0", ["shared", "refused", "computer"]),
    ],
)
def test_the_log_is_narrowed_by_its_url(query: str, found: list[str] | None, as_acme: Client) -> None:
    """None is for a filter that cannot be understood: nothing is found then, and nothing exported."""
    entries = {
        "shared": made(image_id="m-one", at=NOW),
        "refused": made(
            image_id="m-one",
            outcome="image_encrypted",
            door=Door.API,
            other_account_id=GLOBEX,
            at=NOW - timedelta(minutes=1),
        ),
        "computer": made(
            event="StartDesktops",
            resource_id="ecd-one",
            region_id="cn-shanghai",
            actor_name="operator@example.com",
            at=NOW - timedelta(days=6),
        ),
        "month": made(at=NOW - timedelta(days=20)),
        "old": made(at=datetime(2020, 1, 1, 23, 59, tzinfo=UTC)),
    }
    names = {str(entry.pk): name for name, [entry] in entries.items()}
    answer = as_acme.get(f"/logs/?{query}")
    assert answer.status_code == 200
    assert [names[pk] for pk in listed(answer.content.decode())] == (found or [])
    export = as_acme.get(f"/logs/export/?{query}")
    if found is None:
        assert "cannot be understood, so nothing is found: " in answer.content.decode()
        assert export.status_code == 400
        assert "cannot be understood, so nothing is found: " in export.content.decode()
        return
    assert "cannot be understood" not in answer.content.decode()
    assert [names[row["id"].removeprefix("'")] for row in exported(export)] == found


def test_pages_go_forth_and_back(as_acme: Client) -> None:
    entries = made(25) + made(20, at=NOW - timedelta(hours=1))
    expected = [str(entry.pk) for entry in sorted(entries, key=lambda entry: (entry.at, entry.pk), reverse=True)]
    seen: list[list[str]] = []
    url = "/logs/?size=10"
    while url:
        page = as_acme.get(url).content.decode()
        seen.append(listed(page))
        links = re.findall(r'rel="next" href="([^"]+)"', page)
        url = "/logs/" + links[0].replace("&amp;", "&") if links else ""
    assert [pk for page in seen for pk in page] == expected
    [back] = re.findall(r'rel="prev" href="([^"]+)"', page)
    assert listed(as_acme.get("/logs/" + back.replace("&amp;", "&")).content.decode()) == seen[-2]


def test_an_entry_is_shown_as_json_in_the_dialog_and_on_a_page(as_acme: Client, as_globex: Client) -> None:
    entry = audit.record(
        "ShareImage",
        by=Actor(name="<b>acme</b>", account_id=ACME, request_id="REQUEST", door=Door.API),
        account_id=ACME,
        details={"name": "<script>"},
    )
    page = as_acme.get(f"/logs/{entry.pk}/").content.decode()
    part = as_acme.get(f"/logs/{entry.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in page
    assert "<html" not in part
    assert "<script>" not in part
    [text] = re.findall(r"<pre[^>]*><code>(.*?)</code>", part, re.DOTALL)
    said = json.loads(html.unescape(text))
    assert (said["details"], said["actor_name"], said["request_id"]) == ({"name": "<script>"}, "<b>acme</b>", "REQUEST")
    assert as_globex.get(f"/logs/{entry.pk}/").status_code == 404
    assert as_acme.get(f"/logs/{10**30}/").status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\tx", "\x01=1"),
        *("＝1+1", "＋1", "－1", "＠SUM(A1)", " ＝1"),
        *(f"{invisible}=1" for invisible in "\u200b\u200e\u202a\u2060\ufeff\u00a0\u00ad\u2066\u3164"),
        "\u200b\u00a0 ＝1",
    ],
)
def test_no_cell_of_the_export_is_a_formula(text: str, as_acme: Client) -> None:
    made(actor_name=text)
    [row] = exported(as_acme.get("/logs/export/"))
    assert row["actor_name"] == f"'{text}"


def test_what_an_apostrophe_stands_before_is_read_by_taking_one_away(as_acme: Client) -> None:
    texts = ["'=1", "'text", "=1", "text", "1182725234310001"]
    for text in texts:
        made(actor_name=text)
    rows = exported(as_acme.get("/logs/export/"))
    assert sorted(row["actor_name"].removeprefix("'") for row in rows) == sorted(texts)


@pytest.mark.parametrize(
    ("number", "cell"),
    [
        ("1182725234310001", "'1182725234310001"),
        ("207329002493920001", "'207329002493920001"),
        ("\u200b1182725234310001", "'\u200b1182725234310001"),
        ("0123", "'0123"),
        ("12E5", "'12E5"),
        ("123456789012345", "123456789012345"),
    ],
)
def test_a_number_keeps_its_digits_in_a_spreadsheet(number: str, cell: str, as_acme: Client) -> None:
    made(actor_name=number)
    [row] = exported(as_acme.get("/logs/export/"))
    assert row["actor_name"] == cell


def test_the_export_is_chinese_in_excel_too(as_acme: Client) -> None:
    made(actor_name="镜像")
    sent = b"".join(as_acme.get("/logs/export/").streaming_content)
    assert sent.startswith(b"\xef\xbb\xbfid,at,")
    assert "镜像" in sent.decode("utf-8-sig")
    assert sent.count(b"\xef\xbb\xbf") == 1


def test_the_export_keeps_commas_quotes_and_lines(as_acme: Client) -> None:
    details = {"name": 'a "quoted", name\nin two lines', "number": -1}
    made(details=details)
    [row] = exported(as_acme.get("/logs/export/"))
    assert json.loads(row["details"]) == details


def test_a_system_image_is_found_by_its_id(as_acme: Client) -> None:
    made(image_id="desktopimage-windows-10-64-asp")
    [row] = exported(as_acme.get("/logs/export/?q=desktopimage-windows-10-64-asp"))
    assert row["image_id"] == "desktopimage-windows-10-64-asp"


def test_an_empty_log_says_what_to_do(as_acme: Client) -> None:
    assert "Nothing was done in the last 7 days" in as_acme.get("/logs/").content.decode()
    assert "No entry matches the filters" in as_acme.get("/logs/?q=m-none").content.decode()
    assert exported(as_acme.get("/logs/export/")) == []


QUERIES = [
    "",
    "period=all",
    "since=2020-01-01&until=2020-12-31",
    "event=ShareImage",
    "outcome=Success",
    "outcome=refused",
    "outcome=image_encrypted",
    "door=api",
    "person=acme@example.com",
    "region=cn-hangzhou",
    "recipient=5316109394400002",
    "q=m-one",
    "q=5316",
    "q=m-one&outcome=refused&door=api&person=acme@example.com&event=ShareImage",
]


def test_a_page_takes_the_same_few_queries_at_any_size_and_filter(as_acme: Client) -> None:
    counts = set()
    as_acme.get("/logs/")  # From now on the regions are known.
    for size in (1, 20, 2_000):
        made(
            size,
            image_id="m-one",
            region_id="cn-hangzhou",
            other_account_id=GLOBEX,
            outcome="image_encrypted",
            door=Door.API,
        )
        made(size, account_id=GLOBEX)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        for query in QUERIES:
            with CaptureQueriesContext(connection) as queries:
                assert as_acme.get(f"/logs/?{query}").status_code == 200
            counts.add(len(queries))
            every_list_query_uses_an_index(queries)
    assert len(counts) == 1
    assert counts.pop() <= MOST_QUERIES


def test_an_export_takes_no_more_memory_for_more_entries(as_acme: Client) -> None:
    peaks = []
    for size in (4_000, 8_000):
        made(size)
        answer = as_acme.get("/logs/export/")
        tracemalloc.start()
        lines = sum(piece.count(b"\r\n") for piece in answer.streaming_content)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert lines == 12_001
    assert peaks[1] < peaks[0] * 1.2


def test_a_search_for_too_many_ids_asks_for_more_of_the_id(as_acme: Client) -> None:
    """A search finds the entries of all IDs that it means, or says that it does not."""
    for number in range(MOST + 1):
        made(image_id=f"m-{number:03}")
    for path in ("/logs/", "/logs/export/"):
        assert "Too many IDs begin with “m-”" in as_acme.get(path, {"q": "m-"}).content.decode()
    assert len(exported(as_acme.get("/logs/export/", {"q": "m-0"}))) == 100


def test_the_log_speaks_sentences_and_keeps_codes_for_the_details(as_acme: Client, share: ImageShare) -> None:
    [refused] = made(image_id="m-one", outcome="image_encrypted", other_account_id=GLOBEX)
    page = as_acme.get("/logs/").content.decode()
    address = f"/cn-hangzhou/images/{share.image.image_id}/"
    assert f'Shared <a href="{address}">{share.image.name}</a> with {GLOBEX}' in page
    assert f"Tried to share m-one with {GLOBEX}" in page
    assert ">Done</span>" in page
    assert ">Image is encrypted</span>" in page
    assert "image_encrypted" not in page.replace('value="image_encrypted"', "")
    assert "image_encrypted</code>" in as_acme.get(f"/logs/{refused.pk}/").content.decode()


@pytest.mark.parametrize("text", ["100 %", "%s", "%(image)s", "{0}", "<b>x</b>", "\x01", "x" * 64])
@pytest.mark.parametrize("details", [{}, [], None, "text", {"user": ["x"], "image_name": {"a": 1}}])
def test_a_sentence_takes_whatever_an_entry_has(text: str, details: Any) -> None:
    if isinstance(details, dict) and not details:
        details = {"user": text, "image_name": text, "destination_region_id": text}
    for event, outcome in product([*SENTENCES, text], (Entry.SUCCESS, text)):
        entry = Entry(
            event=event, outcome=outcome, image_id=text, region_id=text, resource_id=text, other_account_id=text
        )
        entry.details = details
        assert "<b>" not in entry.sentence
        assert entry.outcome_label


def test_times_are_those_of_the_person(as_acme: Client, acme_user: User) -> None:
    acme_user.preferences = {"time_zone": "Asia/Shanghai"}
    acme_user.save()
    made(at=datetime(2020, 1, 1, 23, 59, tzinfo=UTC))
    page = as_acme.get("/logs/?since=2020-01-02&until=2020-01-02").content.decode()
    assert '2020-01-02<span class="time"> 07:59:00</span>' in page
    assert page.count("UTC+8</span>") == 1
    assert listed(as_acme.get("/logs/?since=2020-01-01&until=2020-01-01").content.decode()) == []
    for day in ("0001-01-01", "9999-12-31"):
        assert as_acme.get("/logs/", {"since": day, "until": day}).status_code == 200


def test_columns_and_page_size_are_those_of_the_person(as_acme: Client, acme_user: User) -> None:
    acme_user.preferences = {"page_size": "10", "hidden_columns": {"logs": ["by", "region"]}}
    acme_user.save()
    made(11, actor_name="somebody@example.com", region_id="cn-hangzhou")
    page = as_acme.get("/logs/").content.decode()
    assert len(listed(page)) == 10
    assert "somebody@example.com" not in page
    assert 'title="cn-hangzhou">' not in page
    assert "11)" in page
    assert len(listed(as_acme.get("/logs/?size=20").content.decode())) == 11


def test_the_export_button_keeps_filters_and_order(as_acme: Client, acme_user: User) -> None:
    made(3)
    page = as_acme.get("/logs/?event=ShareImage&sort=created&size=10").content.decode()
    [link] = re.findall(r'id="export" href="([^"]+)"', page)
    assert link.replace("&amp;", "&") == f"/logs/export/?event=ShareImage&sort=created&page_owner={acme_user.pk}"
    times = [row["at"] for row in exported(as_acme.get(link.replace("&amp;", "&")))]
    assert times == sorted(times)
