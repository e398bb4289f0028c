from __future__ import annotations

import hashlib
import json
import random
import string
import sys
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from itertools import batched, chain
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import Account, User
from audit import seals
from audit.models import Entry
from desktops.catalogue import TYPES
from desktops.models import Desktop, Template
from images.models import Image, ImageShare
from regions.models import Region

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Iterator

    from django.db.models import Model

BATCH = 10_000
VACUUM = "VACUUM ANALYZE"
# So many big accounts have BIG_SHARE percent of the images each: 100,000 of a million.
BIG_ACCOUNTS = 3
BIG_SHARE = 10
SHARE_LIMIT = 50
PLATFORMS = (("Windows", "Windows Server 2022", 80), ("Windows", "Windows 10", 60), ("Linux", "Ubuntu 22.04", 40))
TEAMS = ("finance", "design", "support", "research", "classroom", "sales", "图像", "training", "build", "office")
ALPHABET = string.ascii_lowercase + string.digits


class Command(BaseCommand):
    help = (
        "Fill a database with accounts, images, shares, cloud computers, templates and log entries, to see how it "
        "behaves when it is big. Three accounts have a tenth of all images each, one account in a hundred has all its "
        "50 shares, most have few. Nobody can sign in to these accounts. Running it again adds as many once more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--images", type=int, default=10_000, help="how many images (default 10,000)")
        parser.add_argument("--accounts", type=int, help="default: one for each 20 images")
        parser.add_argument("--desktops", type=int, help="how many cloud computers; default: as many as images")
        parser.add_argument("--templates", type=int, help="default: half as many as images")
        parser.add_argument("--entries", type=int, help="how many log entries; default: as many as images")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same data (default 1)")

    def handle(self, *args: Any, **options: Any) -> None:
        images = options["images"]
        amounts = {
            "accounts": options["accounts"] or max(BIG_ACCOUNTS + 2, images // 20),
            "images": images,
            "desktops": images if options["desktops"] is None else options["desktops"],
            "templates": images // 2 if options["templates"] is None else options["templates"],
            "entries": images if options["entries"] is None else options["entries"],
        }
        if min(amounts.values()) < 0 or images < 1 or amounts["accounts"] < BIG_ACCOUNTS + 2:
            raise CommandError(f"At least 1 image and {BIG_ACCOUNTS + 2} accounts are needed, and nothing below 0.")
        Filling(amounts, options["seed"], self.stderr if sys.stderr.isatty() else None).run()
        self.stdout.write(", ".join(f"{model.objects.count():,} {name}" for name, model in NAMES.items()))


NAMES: dict[str, Any] = {
    "accounts": Account,
    "images": Image,
    "shares": ImageShare,
    "cloud computers": Desktop,
    "templates": Template,
    "log entries": Entry,
}


class Filling:
    """One run: rows are made one after another and written in bulk, so memory stays small at any size."""

    def __init__(self, amounts: dict[str, int], seed: int, screen: Any) -> None:
        self.amounts, self.screen = amounts, screen
        self.regions = list(Region.objects.values_list("pk", flat=True))
        self.now = timezone.now()
        first = int(Account.objects.filter(pk__startswith="77").aggregate(last=Max("pk"))["last"] or "7700000000000000")
        # The same seed makes other IDs in a second run.
        self.chance = random.Random(f"{seed} {first}")  # noqa: S311 - no secrets
        self.accounts = [str(first + number) for number in range(1, amounts["accounts"] + 1)]
        self.first_image = (Image.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
        self.chance.shuffle(self.accounts)
        # Computers, templates and shares repeat values of their image: its owner's place, its region, OS and name.
        self.owners: list[int] = []
        self.places: list[int] = []
        newest = Entry.objects.order_by("-pk").values_list("pk", "seal")[: seals.WINDOW]
        self.latest_entries = deque(sorted(newest), maxlen=seals.WINDOW)
        self.next_entry = max((number for number, _seal in self.latest_entries), default=0) + 1

    def run(self) -> None:
        with transaction.atomic():
            self.write(Account, self.account_rows(), self.amounts["accounts"])
            self.write(User, self.user_rows(), self.amounts["accounts"])
            self.write(Image, self.image_rows(), self.amounts["images"])
            shares = list(self.share_rows())
            self.write(ImageShare, iter(shares), len(shares))
            self.write(Template, self.template_rows(), self.amounts["templates"])
            self.write(Desktop, self.desktop_rows(), self.amounts["desktops"])
            entries = chain(self.entry_rows(), self.share_entry_rows(shares))
            self.write(Entry, map(self.sealed, entries), self.amounts["entries"] + len(shares))
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Image, Entry]):
                cursor.execute(statement)
            # This tells the planner about the tables, and on PostgreSQL also which pages an index answers alone.
            cursor.execute(VACUUM if connection.vendor == "postgresql" else "ANALYZE")

    def write(self, model: type[Model], rows: Iterator[dict[str, Any]], total: int) -> None:
        """Write rows (column name to value, every row with the same columns) by the database's own bulk path."""
        began, written = time.monotonic(), 0
        for batch in batched(rows, BATCH):
            columns = list(batch[0])
            values = ([row[column] for column in columns] for row in batch)
            _insert(model._meta.db_table, columns, values)
            written += len(batch)
            self.show(model, written, total, time.monotonic() - began)
        if self.screen and total:
            self.screen.write("")

    def show(self, model: type[Model], written: int, total: int, seconds: float) -> None:
        if self.screen:
            done = 30 * written // total
            name, rate = str(model._meta.verbose_name_plural), written / max(seconds, 0.001)
            self.screen.write(f"\r{name:<20} [{'#' * done:<30}] {written:>11,} {rate:>9,.0f}/s", ending="")

    def ago(self, days: float) -> Any:
        return _time(self.now - timedelta(days=self.chance.uniform(0, days)))

    def new_id(self, prefix: str) -> str:
        return prefix + "".join(self.chance.choices(ALPHABET, k=17))

    def account_rows(self) -> Iterator[dict[str, Any]]:
        for number, account in enumerate(self.accounts):
            yield {
                "account_id": account,
                "name": f"Company {number}",
                "site": self.chance.choice(Account.Site.values),
                "share_limit": SHARE_LIMIT,
                "is_active": True,
                "created_at": self.ago(2000),
            }

    def user_rows(self) -> Iterator[dict[str, Any]]:
        for account in self.accounts:
            yield {
                "username": f"main@{account}.example.com",
                # Django writes such a value for a password that nothing matches.
                "password": "!" + "x" * 40,
                "account_id": account,
                "policy": "",
                "is_active": True,
                "is_staff": False,
                "is_superuser": False,
                "date_joined": _time(self.now),
            }

    def image_rows(self) -> Iterator[dict[str, Any]]:
        """A tenth of the images for each big account; a Pareto curve over the others, whose places are shuffled."""
        others = len(self.accounts) - BIG_ACCOUNTS
        for number in range(self.amounts["images"]):
            lot = self.chance.randrange(100)
            if lot < BIG_ACCOUNTS * BIG_SHARE:
                owner = lot // BIG_SHARE
            else:
                owner = BIG_ACCOUNTS + int(others * self.chance.random() ** 2.5)
            # An account has one region that it mostly works in.
            place = (
                owner % len(self.regions) if self.chance.random() < 0.9 else self.chance.randrange(len(self.regions))
            )
            os_type, platform, size = PLATFORMS[number % len(PLATFORMS)]
            made = self.ago(700)
            self.owners.append(owner)
            self.places.append(place)
            yield {
                "id": self.first_image + number,
                "image_id": _image_id(self.first_image + number),
                "owner_id": self.accounts[owner],
                "region_id": self.regions[place],
                "name": f"{TEAMS[number % len(TEAMS)]}-desktop-{number:07d}",
                "description": "",
                "os_type": os_type,
                "platform": platform,
                "size_gib": size,
                "data_disk_gib": 0 if number % 4 else 100,
                "encrypted": number % 10 == 9,
                "gpu": False,
                "created_at": made,
                "ready_at": made,
                "failed_at": made if number % 200 == 0 else None,
                "failure": "The snapshot failed." if number % 200 == 0 else "",
            }

    def share_rows(self) -> Iterator[dict[str, Any]]:
        """All 50 for each big account and for one account in a hundred, up to three for the others."""
        left = [
            SHARE_LIMIT
            if owner < BIG_ACCOUNTS or self.chance.random() < 0.01
            else self.chance.choice((0, 0, 0, 1, 2, 3))
            for owner in range(len(self.accounts))
        ]
        for number, owner in enumerate(self.owners):
            if number % 10 == 9 or number % 200 == 0:
                continue
            for recipient in {self.chance.randrange(len(self.accounts)) for _ in range(min(left[owner], 5))} - {owner}:
                left[owner] -= 1
                yield {
                    "image_id": self.first_image + number,
                    "owner_id": self.accounts[owner],
                    "recipient_id": self.accounts[recipient],
                    "region_id": self.regions[self.places[number]],
                    "created_at": self.ago(600),
                    "granted_by": f"main@{self.accounts[owner]}.example.com",
                }

    def configuration(self, image: int) -> dict[str, Any]:
        """The values that a computer or a template has of an image. Both have the same owner and region."""
        os_type, platform, size = PLATFORMS[image % len(PLATFORMS)]
        return {
            "account_id": self.accounts[self.owners[image]],
            "region_id": self.regions[self.places[image]],
            "image_id": self.first_image + image,
            "image_ref": _image_id(self.first_image + image),
            "image_name": f"{TEAMS[image % len(TEAMS)]}-desktop-{image:07d}",
            "os_type": os_type,
            "platform": platform,
            "gpu": False,
            "desktop_type": next(iter(TYPES)),
            "system_disk_gib": size,
            "data_disk_gib": 0,
            "created_at": self.ago(600),
        }

    def template_rows(self) -> Iterator[dict[str, Any]]:
        for number in range(self.amounts["templates"]):
            yield {
                **self.configuration(self.chance.randrange(self.amounts["images"])),
                "template_id": self.new_id("b-"),
                "name": f"{TEAMS[number % len(TEAMS)]}-template-{number:07d}",
                "description": "",
                "updated_at": _time(self.now),
            }

    def desktop_rows(self) -> Iterator[dict[str, Any]]:
        for number in range(self.amounts["desktops"]):
            image = self.chance.randrange(self.amounts["images"])
            yield {
                **self.configuration(image),
                "desktop_id": self.new_id("ecd-"),
                "name": f"{TEAMS[number % len(TEAMS)]}-{number:07d}",
                "encrypted": image % 10 == 9,
                "template_ref": "",
                "template_name": "",
                "doing": "Starting",
                "settles_to": "Running" if number % 3 else "Stopped",
                "settles_at": _time(self.now - timedelta(days=1)),
            }

    def entry_rows(self) -> Iterator[dict[str, Any]]:
        images = self.amounts["images"]
        for number in range(self.amounts["entries"]):
            image = self.chance.randrange(images)
            yield {
                **self.entry(image),
                "at": self.now - timedelta(seconds=self.amounts["entries"] - number),
                "event": ("CopyImage", "UnshareImage", "ModifyImageAttribute")[number % 3],
                "outcome": "Success" if number % 20 else "already_shared",
                "door": ("console", "api")[number % 2],
                "other_account_id": self.chance.choice(self.accounts),
            }

    def share_entry_rows(self, shares: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Entries that each share was granted. They come last, so that no later entry says that one was taken back."""
        for share in shares:
            yield {
                **self.entry(share["image_id"] - self.first_image),
                "at": self.now,
                "event": "ShareImage",
                "outcome": "Success",
                "door": "console",
                "other_account_id": share["recipient_id"],
            }

    def entry(self, image: int) -> dict[str, Any]:
        account = self.accounts[self.owners[image]]
        return {
            "actor_name": f"main@{account}.example.com",
            "actor_user_id": "",
            "actor_account_id": account,
            "account_id": account,
            "region_id": self.regions[self.places[image]],
            "image_id": _image_id(self.first_image + image),
            "resource_id": "",
            "request_id": f"{self.chance.getrandbits(128):032X}",
            "address": "192.0.2.1",
            "details": {},
        }

    def sealed(self, columns: dict[str, Any]) -> dict[str, Any]:
        """The row of an entry, with its number, its seal and what binds it to those before it."""
        entry = Entry(**columns, id=self.next_entry, previous=seals.bind(self.latest_entries))
        entry.seal = seals.seal(entry)
        self.latest_entries.append((entry.pk, entry.seal))
        self.next_entry += 1
        given = {"id": entry.pk, "previous": entry.previous, "seal": entry.seal}
        return {**columns, **given, "at": _time(entry.at), "details": json.dumps(entry.details)}


def _image_id(pk: int) -> str:
    """An ID that can be said again from the row's number, and lies anywhere in the index, as random ones do."""
    return "m-" + hashlib.blake2s(str(pk).encode()).hexdigest()[:17]


def _time(at: datetime) -> Any:
    return at.astimezone(UTC).replace(tzinfo=None) if connection.vendor == "sqlite" else at


def _insert(table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608 - our own names
