"""The frame of every action: it checks who may, opens the transaction, takes the locks and writes the log.

    with action("ShareImage", by=by, about=share, lock=locked(image)) as entry:
        ...

Success is an entry in the same transaction. A refusal undoes everything, and is an entry that is written after the
rollback. So no action is done without its entry, and no refusal is forgotten.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from audit import refusals
from audit.models import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from django_stubs_ext import StrPromise

    from audit.models import Actor

READ_ONLY_MESSAGE = _("Your policy, AliyunECDReadOnlyAccess, lets you see everything and change nothing.")
ONLY_MAIN_USER = _("Only the main user of the account may do this.")
NO_PERMISSION = "no_permission"


class Right(NamedTuple):
    """A right of an Actor, and the sentence for those who lack it."""

    name: str
    message: StrPromise


WRITE = Right("may_write", READ_ONLY_MESSAGE)
MANAGE_PEOPLE = Right("may_manage_people", ONLY_MAIN_USER)


class Subject(Protocol):
    """A thing that actions are about."""

    def log_columns(self) -> dict[str, Any]:
        """Its columns of the log: account_id, region_id, image_id, resource_id, other_account_id, details."""


@dataclass
class ActionEntry:
    """The future entry of an action. The action may add to `columns` and `details` until it ends."""

    event: str
    by: Actor
    columns: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    # The object that the lock gives.
    locked: Any = None
    # The columns that differ, for each entry that is written on success.
    _entries: list[dict[str, Any]] = field(default_factory=lambda: [{}])

    def for_each(self, entries: Iterable[dict[str, Any]]) -> None:
        """Write an entry for each of several things. Each item has the columns in which its entry differs."""
        self._entries = list(entries)

    def nothing_changed(self) -> None:
        """Write no entry on success."""
        self._entries = []

    def _describe(self, about: Subject | None, columns: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        known = about.log_columns() if about else {}
        self.details = {**known.pop("details", {}), **details}
        # An action belongs to the account of the person who acts. Support staff act for the account of the thing.
        self.columns = {**known, "account_id": self.by.account_id or known.get("account_id", ""), **columns}

    def _record_success(self) -> None:
        for columns in self._entries:
            record(self.event, by=self.by, details=self.details, **{**self.columns, **columns})

    def _record_refusal(self, outcome: str) -> None:
        record(self.event, by=self.by, outcome=outcome, details=self.details, **self.columns)


@dataclass
class _Transaction:
    """Actions that are done together: the outermost refused one, and its outcome."""

    refused: ActionEntry | None = None
    outcome: str = ""


_current: ContextVar[_Transaction | None] = ContextVar("current_transaction_of_actions", default=None)


def is_part_of_more() -> bool:
    """Whether an action that begins now is a part of another one, or of `all_or_nothing`."""
    return _current.get() is not None


@contextmanager
def all_or_nothing() -> Iterator[_Transaction]:
    """Do several actions in one transaction. The refusal of one undoes all; it is recorded once, after the rollback."""
    outer = _current.get()
    if outer is not None:
        # No savepoint is needed: nobody can go on after a refusal inside.
        with transaction.atomic(savepoint=False):
            yield outer
        return
    together = _Transaction()
    token = _current.set(together)
    try:
        with transaction.atomic():
            yield together
            if together.refused is not None:
                raise RuntimeError(f"The refusal of {together.refused.event} was caught inside of its transaction.")
    except (PermissionDenied, ValidationError):
        if together.refused is not None and together.outcome:
            together.refused._record_refusal(together.outcome)
        raise
    finally:
        _current.reset(token)


@contextmanager
def action(  # noqa: PLR0913 - all but two have defaults
    event: str,
    *,
    by: Actor,
    about: Subject | None = None,
    right: Right | None = WRITE,
    lock: AbstractContextManager[Any] | None = None,
    columns: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Iterator[ActionEntry]:
    """Do one action and record it. Inside of another one, or of `all_or_nothing`, it is a part of that transaction.

    `about` is asked for its columns again under the `lock`. `columns` replace them. A ValidationError or a
    PermissionDenied of the body, of the lock or of the `right` undoes the action. It is recorded, unless the form alone
    is wrong, and raised again.
    """
    entry = ActionEntry(event, by)
    entry._describe(about, columns or {}, details or {})
    with all_or_nothing() as together:
        try:
            _refuse_who_lacks(right, by)
            with lock or nullcontext() as entry.locked:
                if lock is not None:
                    entry._describe(about, columns or {}, details or {})
                yield entry
                entry._record_success()
        except PermissionDenied:
            together.refused, together.outcome = entry, NO_PERMISSION
            raise
        except ValidationError as refusal:
            together.refused, together.outcome = entry, refusals.outcome_of(refusal)
            raise


def _refuse_who_lacks(right: Right | None, by: Actor) -> None:
    if right is not None and not getattr(by, right.name):
        raise PermissionDenied(right.message)


@contextmanager
def checking(event: str, *, by: Actor, about: Subject | None = None, **columns: Any) -> Iterator[None]:
    """Check something before an action, inside of `all_or_nothing`. A refusal is recorded as the action's."""
    with action(event, by=by, about=about, columns=columns) as entry:
        entry.nothing_changed()
        yield
