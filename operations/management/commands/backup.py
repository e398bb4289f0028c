from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from operations import backups

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Write the whole database, as it is at one moment, to a file. The console may run meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace the file if it exists")

    def handle(self, *args: Any, file: Path, overwrite: bool, **options: Any) -> None:
        backups.backup(file, overwrite=overwrite)
        self.stdout.write(f"The database is in {file}.")
