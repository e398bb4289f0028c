"""Signs of tampering in the operation log: every entry has a seal, and names the entries that were there before it.

The seal is a keyed hash (HMAC-SHA256 with the first of settings.AUDIT_KEYS) over all that the entry says. Whoever can
write to the database but does not know the key can make no entry and change none. Under the seal are also the numbers
and the seals of the newest entries at that moment, the last WINDOW of them. So the later entries show when an entry
is removed, or when another entry that has a seal takes its place. `manage.py verify` checks all of this.
docs/decisions.md says why it is not one chain of hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections import OrderedDict
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# More than the writers at one time. So an entry is missed by none if it is committed after as many that began later.
WINDOW = 64
# These columns are sealed, in this order for ever: an entry keeps the seal that it was written with.
SEALED = (
    "at",
    "event",
    "outcome",
    "door",
    "actor_name",
    "actor_user_id",
    "actor_account_id",
    "account_id",
    "region_id",
    "image_id",
    "resource_id",
    "other_account_id",
    "request_id",
    "address",
    "details",
    "previous",
)
# Entries written at the same moment, by several processes or machines, may get their numbers in another order than
# their times. A refusal may also have waited for its turn to write.
TOLERANCE = timedelta(minutes=1)
# A first version of this program kept only the numbers of the earlier entries, without a version in the text.
VERSION = "2"
DIGEST_LENGTH = 32
# The newest of the earlier entries are marked one by one, so that a replaced entry can be named.
MARKED, MARK_LENGTH = 8, 8


class Note(str):
    """A sentence about the log that is worth reading and is no sign of tampering."""

    __slots__ = ()


class Bond(NamedTuple):
    """The earlier entries, as one entry's `previous` says them. Without a digest it binds only their numbers."""

    numbers: list[int]
    digest: str = ""
    marks: tuple[str, ...] = ()


class Seen(NamedTuple):
    seal: str
    at: datetime


def seal(entry: Any, key: str | None = None) -> str:
    """The seal of an entry as 32 hexadecimal digits; without a key, with the one that seals now."""
    said = [_canonical(name, getattr(entry, name)) for name in SEALED]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new((key or settings.AUDIT_KEYS[0]).encode(), text.encode(), hashlib.sha256).hexdigest()[:32]


def is_intact(entry: Any) -> bool:
    """Whether an entry says what it said when it was written, by any of the keys."""
    return any(hmac.compare_digest(entry.seal, seal(entry, key)) for key in settings.AUDIT_KEYS)


def _canonical(name: str, value: Any) -> Any:
    """As one and the same text, whichever database the value has been in."""
    if name == "at":
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if name == "address" and value:
        try:
            return ipaddress.ip_address(value).exploded
        except ValueError:
            return str(value)
    return value if name == "details" or value is None else str(value)


def spans(ids: Iterable[int]) -> str:
    """Entries' numbers, in any order, as text: 3, 4, 5 and 8 are "3-5 8"."""
    found: list[list[int]] = []
    for number in sorted(ids):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in found)


def read_spans(text: str) -> list[tuple[int, int]]:
    """The first and the last number of each span of a text that `spans` wrote. Raises ValueError for another text."""
    pairs = (span.partition("-") for span in text.split())
    return [(int(low), int(high or low)) for low, _dash, high in pairs]


def bind(earlier: Iterable[tuple[int, str]]) -> str:
    """The text for `previous`: version, numbers, digest and marks of the earlier entries, given as number and seal."""
    ordered = sorted(earlier)
    marks = " ".join(said[:MARK_LENGTH] for _number, said in ordered[-MARKED:])
    return ";".join((VERSION, spans(number for number, _said in ordered), _digest(ordered), marks))


def read_bond(text: str) -> Bond:
    """Read what `bind` wrote, or the first version's spans. Raises ValueError for any other text."""
    version, *parts = text.split(";")
    if not parts:
        return Bond(_numbers(version))
    if version != VERSION:
        raise ValueError(f"version {version} of the text is unknown")
    numbers, digest, marks = parts
    return Bond(_numbers(numbers), digest, tuple(marks.split()))


def _numbers(text: str) -> list[int]:
    return [number for low, high in read_spans(text) for number in range(low, high + 1)]


def _digest(ordered: Iterable[tuple[int, str]]) -> str:
    text = "\n".join(f"{number}:{said}" for number, said in ordered)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def problems(entries: Iterable[Any]) -> Iterator[str]:
    """A sentence for each sign of tampering in the whole log, given oldest first. Memory does not grow with it.

    The loss of all the newest entries together cannot be seen, since no later entry names them. `verify` prints the
    newest entry's number and seal, to be kept elsewhere and given to a later run.
    """
    return _Reader().read(entries)


class _Reader:
    """Reads the log once, oldest first, and compares each entry with what it says of those before it."""

    def __init__(self) -> None:
        # The latest entries, by number: those that later ones name. Numbers are given in order, so old ones are not.
        self.recent: OrderedDict[int, Seen] = OrderedDict()
        # The entries that have a sentence already.
        self.missed: set[int] = set()
        self.replaced: set[int] = set()

    def read(self, entries: Iterable[Any]) -> Iterator[str]:
        for entry in entries:
            if is_intact(entry):
                yield from self._compare(entry)
            else:
                self.replaced.add(entry.pk)
                yield f"entry {entry.pk}: its seal is not that of what it says; it was changed or forged"
            self.recent[entry.pk] = Seen(entry.seal, entry.at)
            if len(self.recent) > 100 * WINDOW:
                self.recent.popitem(last=False)

    def _compare(self, entry: Any) -> Iterator[str]:
        try:
            bond = read_bond(entry.previous)
        except ValueError:
            yield f"entry {entry.pk}: a newer version of this program wrote it; check the log with that version"
            return
        for number in bond.numbers:
            if number not in self.recent and number not in self.missed:
                self.missed.add(number)
                yield f"entry {number}: it is gone or not in its place; entry {entry.pk} was written after it"
        if bond.digest:
            yield from self._compare_seals(entry, bond)
        yield from self._compare_times(entry, bond)

    def _compare_seals(self, entry: Any, bond: Bond) -> Iterator[str]:
        for number, mark in zip(bond.numbers[-MARKED:], bond.marks, strict=True):
            seen = self.recent.get(number)
            if seen and not seen.seal.startswith(mark) and number not in self.replaced:
                self.replaced.add(number)
                yield f"entry {number}: another entry was there when entry {entry.pk} was written; it was replaced"
        named = self.missed | self.replaced
        if not self._is_as_bound(bond) and named.isdisjoint(bond.numbers):
            yield f"entry {entry.pk}: one of the entries {spans(bond.numbers)} before it was replaced"

    def _is_as_bound(self, bond: Bond) -> bool:
        there = [(number, self.recent[number].seal) for number in bond.numbers if number in self.recent]
        return hmac.compare_digest(bond.digest, _digest(there))

    def _compare_times(self, entry: Any, bond: Bond) -> Iterator[str]:
        """An entry that is older than the one before it: the clock was set back, or another entry took that place."""
        # One that only binds numbers, as all of the first version, is compared with the one that stands before it.
        newest = bond.numbers[-1] if bond.digest and bond.numbers else next(reversed(self.recent), 0)
        before = self.recent.get(newest)
        if before is None or entry.at >= before.at - TOLERANCE:
            return
        sentence = f"entry {entry.pk}: its time {entry.at:%F %T} is before that of entry {newest}, {before.at:%F %T}"
        if bond.digest and self._is_as_bound(bond):
            # Its own seal says that it was written after that very entry.
            yield Note(f"{sentence}; the clock was set back")
        else:
            yield f"{sentence}; one of them is not in its place, or the clock was set back"
