"""Whoever may write to the database but has no key rewrites the operation log: `verify` names what was done.

Each attack drops the triggers, rewrites, and makes the triggers anew. The application itself seals any harmless act, so
the attacker has as many sealed entries as they like, and may choose the numbers that these get.
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

import audit.models as audit
from audit import seals, triggers
from audit.models import Actor, Door, Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from time_machine import TimeMachineFixture

pytestmark = pytest.mark.django_db

LENGTH, PLACE = 30, 10


def write(count: int, **what: Any) -> list[Entry]:
    by = Actor(name="mallory", door=Door.API)
    return [audit.record("EditImage", by=by, account_id=f"{number:016d}", **what) for number in range(count)]


def sql(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def tamper(rewrite: Callable[[], object]) -> None:
    for statement in triggers.DROP[connection.vendor]:
        sql(statement)
    rewrite()
    for statement in triggers.CREATE[connection.vendor]:
        sql(statement)


def take(first: int, last: int) -> list[Entry]:
    """Take entries out, to be put back later."""
    taken = list(Entry.objects.filter(pk__range=(first, last)).order_by("pk"))
    sql("DELETE FROM audit_entry WHERE id BETWEEN %s AND %s", first, last)
    return taken


def put(entries: list[Entry], shift: int = 0) -> None:
    for entry in entries:
        entry.pk += shift
    Entry.objects.bulk_create(entries)


def count_from(number: int) -> None:
    """The next entry gets this number."""
    if connection.vendor == "sqlite":
        sql("UPDATE sqlite_sequence SET seq = %s WHERE name = 'audit_entry'", number - 1)
    else:
        sql("SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), %s, false)", number)


def verify(*arguments: str) -> list[str]:
    printed = io.StringIO()
    try:
        call_command("verify", *arguments, stdout=printed)
    except CommandError:
        return [line for line in printed.getvalue().splitlines() if line.startswith("operation_log")]
    return []


def replace(at: int, newest: int, count: int = 1) -> None:
    """Later harmless entries of the application itself come to stand in the place of some."""
    rest = take(at, newest)[count:]
    count_from(at)
    write(count)
    put(rest)
    count_from(newest + 1)


def swap(one: int, other: int) -> None:
    sql("UPDATE audit_entry SET id = -1 WHERE id = %s", one)
    sql("UPDATE audit_entry SET id = %s WHERE id = %s", one, other)
    sql("UPDATE audit_entry SET id = %s WHERE id = -1", other)


def close_the_gap(at: int, newest: int) -> None:
    """Remove one, and give those after it the numbers below."""
    take(at, at)
    put(take(at + 1, newest), shift=-1)


def copy_another(at: int, newest: int) -> None:
    [copied] = Entry.objects.filter(pk=at - 1)
    take(at, at)
    put([copied], shift=1)


ATTACKS: dict[str, tuple[Callable[[int, int], object], str]] = {
    "one is replaced by a later harmless one": (replace, "another entry was there when"),
    "three are replaced by later harmless ones": (lambda at, newest: replace(at, newest, 3), "another entry was there"),
    "one is removed": (lambda at, newest: take(at, at), "it is gone or not in its place"),
    "one is removed and those after it are renumbered": (close_the_gap, "another entry was there when"),
    "two change places": (lambda at, newest: swap(at, at + 5), "it is gone or not in its place"),
    "two neighbours change places": (lambda at, newest: swap(at, at + 1), "it is gone or not in its place"),
    "one is replaced by a copy of another": (copy_another, "another entry was there when"),
    "one is changed": (
        lambda at, newest: sql("UPDATE audit_entry SET actor_name = 'alice' WHERE id = %s", at),
        "its seal is not that of what it says",
    ),
    "one has the seal of another": (
        lambda at, newest: sql(
            "UPDATE audit_entry SET seal = (SELECT seal FROM audit_entry WHERE id = %s) WHERE id = %s", at - 1, at
        ),
        "its seal is not that of what it says",
    ),
    "one says that it is of the first version": (
        lambda at, newest: sql("UPDATE audit_entry SET previous = '' WHERE id = %s", at),
        "its seal is not that of what it says",
    ),
}


@pytest.mark.parametrize(("rewrite", "words"), ATTACKS.values(), ids=ATTACKS)
def test_a_rewritten_log_is_found_though_its_newest_entry_is_the_one_that_was_kept(
    rewrite: Callable[[int, int], object], words: str
) -> None:
    entries = write(LENGTH)
    attacked = entries[PLACE].pk
    # Who renumbers the end changes it, which a number that was kept shows; one from before the attack is still there.
    newest = entries[PLACE - 1 if rewrite is close_the_gap else -1]
    kept = f"{newest.pk}:{newest.seal}"
    assert verify("--newest", kept) == []
    tamper(lambda: rewrite(attacked, entries[-1].pk))
    assert Entry.objects.filter(pk=newest.pk, seal=newest.seal).exists()
    sentences = verify("--newest", kept)
    named = [line for line in sentences if f"entry {attacked}: " in line]
    assert any(words in line for line in named), sentences


def test_each_of_several_replaced_entries_is_named_once() -> None:
    entries = write(LENGTH)
    tamper(lambda: replace(entries[PLACE].pk, entries[-1].pk))
    tamper(lambda: replace(entries[PLACE + 4].pk, entries[-1].pk))
    after = {PLACE: entries[PLACE + 1].pk, PLACE + 4: entries[PLACE + 5].pk}
    assert verify() == [
        f"operation_log_is_as_it_was_written: entry {entries[place].pk}: another entry was there when "
        f"entry {following} was written; it was replaced"
        for place, following in after.items()
    ]


def test_an_entry_that_only_far_later_ones_know_is_bound_too() -> None:
    """Each of the next eight is marked by itself; the others are bound together."""
    entries = write(LENGTH)
    place, far = entries[PLACE].pk, entries[PLACE + seals.MARKED + 1]
    tamper(lambda: replace(place, entries[-1].pk))
    left = [entry for entry in Entry.objects.order_by("pk") if not place < entry.pk < far.pk]
    assert f"entry {place + 1}: it is gone" in "\n".join(seals.problems(left))
    # Of a log in which nothing else is missing that one alone would say so.
    first = [entry for entry in Entry.objects.order_by("pk") if entry.pk < place]
    known = seals._Reader()
    list(known.read(first))
    for entry in entries[PLACE : PLACE + seals.MARKED + 1]:
        known.recent[entry.pk] = seals.Seen(entry.seal, entry.at)
    known.recent[place] = seals.Seen("0" * 32, entries[PLACE].at)
    numbers = seals.spans(entry.pk for entry in entries[: PLACE + seals.MARKED + 1])
    assert list(known.read([far])) == [f"entry {far.pk}: one of the entries {numbers} before it was replaced"]


def first_version(count: int) -> list[Entry]:
    """Entries as the first version of this program writes them, also beside the new one while machines are changed."""
    made = []
    for _number in range(count):
        newest = Entry.objects.order_by("-pk").values_list("pk", flat=True)[: seals.WINDOW]
        entry = Entry(event="EditImage", door=Door.API, previous=seals.spans(newest))
        entry.seal = seals.seal(entry)
        entry.save(force_insert=True)
        made.append(entry)
    return made


def test_entries_of_the_first_version_stay_valid_before_beside_and_after_new_ones() -> None:
    first_version(3)
    write(2)
    first_version(2)
    write(seals.WINDOW)
    first_version(1)
    assert verify() == []


def test_new_entries_bind_those_of_the_first_version_that_were_the_newest() -> None:
    old = first_version(5)
    write(1)
    tamper(lambda: replace(old[2].pk, old[-1].pk + 1))
    [sentence] = verify()
    assert f"entry {old[2].pk}: another entry was there when" in sentence


def test_an_entry_of_the_first_version_that_was_replaced_is_found_by_the_time(time_machine: TimeMachineFixture) -> None:
    time_machine.move_to(timezone.now() - timedelta(hours=1), tick=False)
    old = first_version(seals.WINDOW + 5)
    time_machine.shift(timedelta(hours=1))
    write(1)
    assert verify() == []
    tamper(lambda: replace(old[1].pk, old[-1].pk + 1))
    [sentence] = verify()
    assert f"entry {old[2].pk}: its time " in sentence
    assert f"is before that of entry {old[1].pk}" in sentence


def test_a_clock_that_was_set_back_is_told_and_is_no_violation(time_machine: TimeMachineFixture) -> None:
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    write(3)
    time_machine.move_to(now - seals.TOLERANCE, tick=False)
    write(1)
    time_machine.move_to(now - seals.TOLERANCE * 3, tick=False)
    [later] = write(1)
    printed = io.StringIO()
    call_command("verify", stdout=printed)
    notes = [line for line in printed.getvalue().splitlines() if line.startswith("Note")]
    assert len(notes) == 1
    assert notes[0].startswith(f"Note: entry {later.pk}: its time ")
    assert notes[0].endswith("the clock was set back")


TRIGGERS: dict[str, tuple[str, str]] = {
    "sqlite: a trigger that does nothing": (
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT 1; END",
        "trigger audit_entry_no_update: its SQL is not what was created",
    ),
    "sqlite: a trigger that never applies": (
        (
            f"CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry WHEN 0 "
            f"BEGIN SELECT RAISE(ABORT, '{triggers.REFUSAL}'); END"
        ),
        "trigger audit_entry_no_delete: its SQL is not what was created",
    ),
    "sqlite: a trigger on another table": (
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON images_image BEGIN SELECT 1; END",
        "trigger audit_entry_no_delete: it is not there",
    ),
    "sqlite: a trigger that swallows entries": (
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(IGNORE); END",
        "trigger quiet: it is none of ours",
    ),
    "postgresql: a trigger that is switched off": (
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_final",
        "trigger audit_entry_final: it is not there",
    ),
    "postgresql: a trigger for replicas only": (
        "ALTER TABLE audit_entry ENABLE REPLICA TRIGGER audit_entry_no_truncate",
        "trigger audit_entry_no_truncate: it is not there",
    ),
    "postgresql: a trigger that never applies": (
        (
            "CREATE TRIGGER audit_entry_final BEFORE UPDATE OR DELETE ON audit_entry "
            "FOR EACH ROW WHEN (false) EXECUTE FUNCTION audit_entry_is_final()"
        ),
        "trigger audit_entry_final: its SQL is not what was created",
    ),
    "postgresql: a function that does nothing": (
        (
            "CREATE OR REPLACE FUNCTION audit_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN COALESCE(OLD, NEW); END $$"
        ),
        "function audit_entry_is_final: its SQL is not what was created",
    ),
    "postgresql: a rule that swallows entries": (
        "CREATE RULE quiet AS ON INSERT TO audit_entry DO INSTEAD NOTHING",
        "rule quiet: it is none of ours",
    ),
    "postgresql: a session that fires no triggers": (
        "SET LOCAL session_replication_role = replica",
        "trigger audit_entry_final: it is not there",
    ),
}


@pytest.mark.parametrize("attack", TRIGGERS)
def test_triggers_are_compared_by_what_they_do(attack: str) -> None:
    vendor, _colon, _what = attack.partition(": ")
    if connection.vendor != vendor:
        pytest.skip(f"only {vendor} has this")
    statement, sentence = TRIGGERS[attack]
    for name in triggers.NAMES[vendor]:
        if statement.startswith(f"CREATE TRIGGER {name} "):
            sql(f"DROP TRIGGER {name}" + (" ON audit_entry" if vendor == "postgresql" else ""))
    sql(statement)
    sentences = verify()
    sql("RESET session_replication_role" if vendor == "postgresql" else "SELECT 1")
    assert any(line.startswith(f"operation_log_is_closed: {sentence}") for line in sentences), sentences
