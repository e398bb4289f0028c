from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from audit.models import Entry
from audit.seals import Note
from operations.invariants import INVARIANTS

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable

MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Look through the whole database for anything that breaks the rules of sharing or of the data itself, name "
        f"up to {MOST_SHOWN} violations of each rule and how many there are, and end with status 1 if there is one. "
        "It changes nothing, and may run beside the console."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--newest",
            metavar="NUMBER:SEAL",
            help="the newest entry of the operation log as an earlier run printed it: it must still be there",
        )

    def handle(self, *args: Any, newest: str | None = None, **options: Any) -> None:
        violations = sum(self._show(check.__name__, check()) for check in INVARIANTS)
        if newest and not self._is_there(newest):
            self.stdout.write(f"operation_log_is_complete: entry {newest} is not there")
            violations += 1
        last = Entry.objects.order_by("-pk").first()
        if last is not None:
            self.stdout.write(f"The newest entry of the operation log is {last.pk}:{last.seal}")
        if violations:
            raise CommandError(f"{violations} violations of {len(INVARIANTS)} invariants.")
        self.stdout.write(f"All {len(INVARIANTS)} invariants hold.")

    def _show(self, name: str, sentences: Iterable[str]) -> int:
        """Print the first violations, and the first notes besides, which are none. Gives the number of violations."""
        violations = notes = 0
        for sentence in sentences:
            if isinstance(sentence, Note):
                notes += 1
                if notes <= MOST_SHOWN:
                    self.stdout.write(f"Note: {sentence}")
            else:
                violations += 1
                if violations <= MOST_SHOWN:
                    self.stdout.write(f"{name}: {sentence}")
        if violations > MOST_SHOWN:
            self.stdout.write(f"{name}: {violations} violations in all, of which {MOST_SHOWN} are shown")
        if notes > MOST_SHOWN:
            self.stdout.write(f"Note: {notes} notes in all, of which {MOST_SHOWN} are shown")
        return violations

    def _is_there(self, newest: str) -> bool:
        number, _colon, seal = newest.partition(":")
        if not number.isdecimal():
            raise CommandError("--newest is a number, a colon and a seal, as an earlier run printed them.")
        return Entry.objects.filter(pk=number, seal=seal).exists()
