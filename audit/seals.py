"""What shows that the operation log was tampered with: a seal on every entry, and what came before it.

The seal is a keyed hash (HMAC-SHA256 with the first of settings.AUDIT_KEYS) over all that the entry says. Whoever can
write to the database but does not know the key can make no entry and change none. Under the seal is also which entries
were the newest when it was written, the last WINDOW of them: so an entry that is taken away is missed by those after
it. `manage.py verify` looks at both; docs/decisions.md says why it is not one chain of hashes.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections import OrderedDict
from datetime import UTC
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# More than there are writers at once. An entry that is committed after as many that began later is missed by none.
WINDOW = 64
# What is sealed, in this order for ever: an entry keeps the seal that it was written with.
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


def problems(entries: Iterable[Any]) -> Iterator[str]:
    """A sentence for each sign of tampering in the whole log, given oldest first. Memory does not grow with it.

    Not seen is the end: that the newest entries are gone, all of them together, no entry is left to say. `verify`
    prints the newest one's number and seal, to be kept elsewhere and given to a later run.
    """
    # The latest entries, by number: those that are asked for next. Numbers are given in order, so old ones are not.
    recent: OrderedDict[int, None] = OrderedDict()
    missed: set[int] = set()
    for entry in entries:
        if not is_intact(entry):
            yield f"entry {entry.pk}: its seal is not that of what it says; it was changed or forged"
        else:
            for low, high in read_spans(entry.previous):
                for number in range(low, high + 1):
                    if number not in recent and number not in missed:
                        missed.add(number)
                        yield f"entry {number}: it is gone or not in its place; entry {entry.pk} was written after it"
        recent[entry.pk] = None
        if len(recent) > 100 * WINDOW:
            recent.popitem(last=False)
