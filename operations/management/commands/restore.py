from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from operations import backups

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Make the database what a backup is, all of it or nothing, then run verify. A database that has tables is "
        "left alone unless --overwrite is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="lose what the database has now")

    def handle(self, *args: Any, file: Path, overwrite: bool, **options: Any) -> None:
        backups.restore(file, overwrite=overwrite)
        self.stdout.write(f"The database is that of {file}.")
        call_command("verify", stdout=self.stdout, stderr=self.stderr)
