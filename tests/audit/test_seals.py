"""Entries of the operation log are neither changed nor removed, and whoever does it past the database is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

import audit.models as audit
from audit import seals, triggers
from audit.models import Actor, Door, Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db


def write(count: int = 1, **what: Any) -> list[Entry]:
    by = Actor(name="someone", door=Door.API, address="2001:DB8::1", request_id="A-REQUEST")
    return [audit.record("ShareImage", by=by, account_id=f"{number:016d}", **what) for number in range(count)]


def tamper(sql: str, *parameters: Any) -> None:
    """What someone does who may change the database's very triggers."""
    with connection.cursor() as cursor:
        for statement in triggers.DROP[connection.vendor]:
            cursor.execute(statement)
        cursor.execute(sql, parameters)


def problems() -> list[str]:
    return list(seals.problems(Entry.objects.order_by("pk").iterator()))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET outcome = 'Success'",
        "DELETE FROM audit_entry",
        "INSERT INTO audit_entry SELECT * FROM audit_entry",
        pytest.param("INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry", id="replace"),
        pytest.param("TRUNCATE audit_entry", id="truncate"),
    ],
)
def test_the_database_refuses_to_change_or_remove_an_entry(statement: str) -> None:
    write()
    before = list(Entry.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(Entry.objects.values()) == before


def test_nor_through_the_models() -> None:
    [entry] = write()
    acts: list[Callable[[], object]] = [
        entry.save,
        entry.delete,
        Entry.objects.all().delete,
        lambda: Entry.objects.update(outcome="x"),
    ]
    for act in acts:
        with pytest.raises(DatabaseError, match="neither changed nor removed"), transaction.atomic():
            act()


@pytest.mark.django_db(transaction=True)
def test_a_flush_is_refused_too(request: pytest.FixtureRequest) -> None:
    write()
    operations = type(connection.ops)
    ours = operations.sql_flush
    original = ours.__closure__[0].cell_contents  # What Django does without the tests' own way round the triggers.
    operations.sql_flush = original
    try:
        with pytest.raises(CommandError, match="flush"):
            call_command("flush", interactive=False)
    finally:
        operations.sql_flush = ours
    assert Entry.objects.count() == 1


def test_an_entry_reads_back_as_it_was_sealed() -> None:
    details = {"text": "镜像 ‘x’ \0 \ud800", "number": 3, "list": ["a\0", None, True], "inner": {"b": 1, "a": 2}}
    write(details=details, image_id="m-\0" + "x" * 100)
    write(3)
    audit.record("ShareImage", by=Actor(address="::ffff:192.0.2.1"))
    audit.record("ShareImage", by=Actor(address="192.0.2.1"))
    assert problems() == []


def test_each_entry_knows_the_newest_before_it() -> None:
    entries = write(seals.WINDOW + 10)
    first, last = entries[0].pk, entries[-1].pk
    assert seals.read_bond(entries[0].previous).numbers == []
    assert entries[3].previous.startswith(f"2;{first}-{first + 2};")
    assert entries[-1].previous.startswith(f"2;{last - seals.WINDOW}-{last - 1};")
    assert seals.read_bond(entries[-1].previous).marks == tuple(entry.seal[:8] for entry in entries[-9:-1])
    assert problems() == []


@pytest.mark.parametrize(
    "column", ["event", "outcome", "actor_name", "account_id", "image_id", "previous", "request_id"]
)
def test_a_changed_entry_is_found(column: str) -> None:
    entries = write(5)
    tamper(f"UPDATE audit_entry SET {column} = 'another' WHERE id = %s", entries[2].pk)
    assert [sentence for sentence in problems() if sentence.startswith(f"entry {entries[2].pk}: its seal is not")]


@pytest.mark.parametrize(
    "change", ["at = '2020-01-01 00:00:00'", "address = NULL", """details = '{"a": 2}'""", "seal = ''"]
)
def test_so_are_times_addresses_details_and_seals(change: str) -> None:
    entries = write(5, details={"a": 1})
    tamper(f"UPDATE audit_entry SET {change} WHERE id = %s", entries[2].pk)
    assert len(problems()) == 1


def test_a_removed_entry_is_missed_by_those_after_it() -> None:
    entries = write(5)
    tamper("DELETE FROM audit_entry WHERE id = %s", entries[2].pk)
    assert problems() == [
        f"entry {entries[2].pk}: it is gone or not in its place; entry {entries[3].pk} was written after it"
    ]


def test_an_entry_in_the_place_of_another_is_found() -> None:
    entries = write(5)
    tamper("DELETE FROM audit_entry WHERE id = %s", entries[2].pk)
    tamper("UPDATE audit_entry SET id = %s WHERE id = %s", entries[2].pk, entries[4].pk)
    moved, kept = entries[2].pk, entries[3].pk
    assert problems() == [
        f"entry {moved}: it is gone or not in its place; entry {moved} was written after it",
        f"entry {kept}: it is gone or not in its place; entry {moved} was written after it",
        f"entry {moved}: another entry was there when entry {kept} was written; it was replaced",
    ]


def test_a_forged_entry_is_found() -> None:
    write(2)
    Entry.objects.create(event="ShareImage", door=Door.API, account_id="1" * 16)
    assert "changed or forged" in problems()[0]


def test_a_rolled_back_act_leaves_nothing_to_miss() -> None:
    write(2)
    with transaction.atomic():
        write(3)
        transaction.set_rollback(True)
    write(2)
    assert problems() == []


def test_keys_are_exchanged_one_after_the_other(settings: SettingsWrapper) -> None:
    write()
    settings.AUDIT_KEYS = ["new", *settings.AUDIT_KEYS]
    write()
    assert problems() == []
    settings.AUDIT_KEYS = ["new"]
    assert len(problems()) == 1


@pytest.mark.parametrize(
    ("ids", "text"), [([], ""), ([5], "5"), ([9, 8, 7], "7-9"), ([12, 3, 4, 5, 1], "1 3-5 12"), ([2, 1, 4], "1-2 4")]
)
def test_spans(ids: list[int], text: str) -> None:
    assert seals.spans(ids) == text
    assert [number for low, high in seals.read_spans(text) for number in range(low, high + 1)] == sorted(ids)
