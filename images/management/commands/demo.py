from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from accounts import demo
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


class Command(BaseCommand):
    help = "Load the demo accounts, people, images and shares. Running it again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            demo.load()
            there = set(Image.objects.exclude(owner=None).values_list("image_id", flat=True))
            now = timezone.now()
            missing = [row for row in FILLERS + NAMED if row[0] not in there]
            for age, (image_id, owner, region, name, fields) in enumerate(missing):
                made = now - timedelta(hours=7 * (len(missing) - age))
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
            for image_id, recipient in SHARES:
                if image_id in {row[0] for row in missing}:
                    ImageShare(image=Image.objects.get(image_id=image_id), recipient_id=recipient).grant()
        self.stdout.write(f"The demo data is loaded. These sign in, each with the password {demo.DEMO_PASSWORD}:")
        for person in demo.PEOPLE:
            self.stdout.write(f"  {person.username:<42} {person.what}")
