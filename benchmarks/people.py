"""Eight accounts for the clients to act for, in the database that DATABASE_URL names; prints how they sign in.

    python -m benchmarks.people

The first has IMAGES images, which its pages show; each has one to share. Where `manage.py seed_scale` was run,
`biggest` signs in to its account that has the most images in one region, and `counted` to the one that has the most
of those whose pages still count them, all of them each time.
"""

# ruff: noqa: E402 - models are imported after Django is set up
from __future__ import annotations

import base64
import json
import os
import secrets
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eds_console.settings")
django.setup()

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import AccessKey, Account, User
from images.models import Image, OsType
from ui.paging import COUNT_LIMIT

CLIENTS, IMAGES, REGION = 8, 100, "cn-hangzhou"
RECIPIENT = "8800000000000099"


def main() -> None:
    with transaction.atomic():
        Account.objects.create(account_id=RECIPIENT, name="Recipient", site=Account.Site.CHINA)
        people = [_person(number) for number in range(CLIENTS)]
    seeded = Image.objects.filter(owner__account_id__startswith="77").values("owner", "region")
    by_size = seeded.annotate(count=Count("pk")).order_by("-count")
    answer = {
        "recipient": RECIPIENT,
        "people": people,
        "biggest": _owner_of(by_size.first()),
        "counted": _owner_of(by_size.filter(count__lte=COUNT_LIMIT).first()),
    }
    json.dump(answer, sys.stdout)


def _owner_of(images: dict[str, Any] | None) -> dict[str, Any] | None:
    if images is None:
        return None
    account_id, region_id = images["owner"], images["region"]
    found = Image.objects.filter(owner=account_id, region=region_id)
    # As ui.paging makes it: the last page lies beyond this row.
    oldest = found.order_by("id").values_list("pk", flat=True)[20]
    last = base64.urlsafe_b64encode(json.dumps([False, oldest]).encode()).decode().rstrip("=")
    return {**_signs_in(User.objects.get(account=account_id), region_id), "images": images["count"], "last": last}


def _person(number: int) -> dict[str, Any]:
    account = Account.objects.create(
        account_id=f"88000000000000{number:02d}", name=f"Bench {number}", site=Account.Site.CHINA
    )
    user = User.objects.create_user(f"bench{number}@example.com", None, account=account)
    now = timezone.now()
    Image.objects.bulk_create(
        Image(
            owner=account,
            region_id=REGION,
            name=f"office-desktop-{number:06d}",
            os_type=OsType.WINDOWS,
            platform="Windows Server 2022",
            size_gib=80,
            created_at=now,
            ready_at=now,
        )
        for number in range(1 if number else IMAGES)
    )
    last = Image.objects.filter(owner=account).order_by("-pk")[0]
    return {**_signs_in(user, REGION), "image": last.image_id}


def _signs_in(user: User, region_id: str) -> dict[str, str]:
    # Not AccessKey.create_for, which keeps its secret to the one who asked.
    key = AccessKey(user=user, access_key_id=f"LTAI{secrets.token_hex(10)}")
    key.secret = secret = f"bench-secret-{user.pk}"
    key.save()
    User.objects.filter(pk=user.pk).update(last_region=region_id)
    session = SessionStore()
    session.update(
        {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
    )
    session.create()
    return {
        "key": key.access_key_id,
        "secret": secret,
        "session": str(session.session_key),
        "region": region_id,
    }


if __name__ == "__main__":
    main()
