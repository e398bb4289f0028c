from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts import demo
from accounts.models import Account
from audit.models import Actor
from desktops.models import Desktop
from images.models import Image, ImageShare, OsType

WINDOWS = {"os_type": OsType.WINDOWS, "platform": "Windows Server 2022", "size_gib": 80}
LINUX = {"os_type": OsType.LINUX, "platform": "Ubuntu 22.04", "size_gib": 40}

# Oldest first: the newest stand first in the list.
TEAMS = ("finance", "design", "support", "research", "classroom", "sales")
FILLERS = [
    (
        f"m-acmefill{n:09d}",
        demo.ACME,
        "cn-hangzhou",
        f"{TEAMS[n % len(TEAMS)]}-desktop-{n:02d}",
        WINDOWS if n % 3 else LINUX,
    )
    for n in range(1, 43)
]
NAMED = [
    ("m-acmedemo000000004", demo.ACME, "cn-shanghai", "office-standard-shanghai", WINDOWS),
    ("m-globexdm000000001", demo.GLOBEX, "cn-hangzhou", "globex-training-desktop", WINDOWS),
    ("m-acmedemo000000003", demo.ACME, "cn-hangzhou", "developer-ubuntu", {**LINUX, "data_disk_gib": 100}),
    ("m-acmedemo000000002", demo.ACME, "cn-hangzhou", "payroll-encrypted", {**WINDOWS, "encrypted": True}),
    ("m-acmedemo000000001", demo.ACME, "cn-hangzhou", "office-standard", WINDOWS),
]
SHARES = [("m-acmedemo000000003", demo.GLOBEX), ("m-globexdm000000001", demo.ACME)]


TYPE = "eds.enterprise_office.4c8g"
COMPUTERS = [
    ("m-acmedemo000000003", demo.ACME, "developer", {"data_disk_gib": 100}, 1),
    ("m-acmedemo000000001", demo.ACME, "front-desk", {}, 2),
    ("m-globexdm000000001", demo.GLOBEX, "classroom", {}, 1),
]


class Command(BaseCommand):
    help = "Load the demo accounts, people, images, shares and computers, once: running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_PEOPLE_SIGN_IN:
            self.stdout.write(f"No demo data is loaded. {demo.REFUSED}")
            return
        with transaction.atomic():
            # People may have changed or deleted some of the demo data since. Their changes stay.
            if not Account.objects.filter(pk=demo.ACME).exists():
                demo.load()
                self._make_images()
                for image_id, recipient in SHARES:
                    ImageShare(image=Image.objects.get(image_id=image_id), recipient_id=recipient).grant()
                self._make_computers()
        self.stdout.write(f"The demo data is loaded. These sign in, each with the password {demo.DEMO_PASSWORD}:")
        for person in demo.PEOPLE:
            self.stdout.write(f"  {person.username:<42} {person.what}")

    def _make_images(self) -> None:
        now, rows = timezone.now(), FILLERS + NAMED
        for age, (image_id, owner, region, name, fields) in enumerate(rows):
            made = now - timedelta(hours=7 * (len(rows) - age))
            image = Image(
                image_id=image_id,
                owner_id=owner,
                region_id=region,
                name=name,
                created_at=made,
                ready_at=made,
                **fields,
            )
            image.full_clean()
            image.save()

    def _make_computers(self) -> None:
        for image_id, account, name, disks, amount in COMPUTERS:
            image = Image.objects.get(image_id=image_id)
            configuration = {
                "account_id": account,
                "region_id": image.region_id,
                "image": image,
                "desktop_type": TYPE,
                "system_disk_gib": image.size_gib,
                **disks,
            }
            Desktop(name=name, **configuration).create(amount=amount, by=Actor())
