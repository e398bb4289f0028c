from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.access_keys import AccessKey, cipher


class Command(BaseCommand):
    help = "Encrypt every AccessKey secret anew with the first key of ACCESS_KEY_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        box = cipher()
        count = 0
        # All or none: after the command no secret needs an old key, or every one still works with the old ones.
        with transaction.atomic():
            for key in AccessKey.objects.select_for_update().order_by("pk"):
                key.encrypted_secret = box.rotate(bytes(key.encrypted_secret))
                key.save(update_fields=["encrypted_secret"])
                count += 1
        self.stdout.write(f"Encrypted anew: {count} AccessKey secrets.")
