from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.access_keys import AccessKey
from accounts.encryption import cipher

# MFAAdapter encrypts these values in an authenticator's data: the secret of an app, the seed of recovery codes.
ENCRYPTED = {"secret", "seed"}


class Command(BaseCommand):
    help = "Encrypt every secret of AccessKeys and second factors anew with the first of ACCESS_KEY_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        box = cipher()
        count = 0
        # All or none: after the command no secret needs an old key, or every one still works with the old ones.
        with transaction.atomic():
            for key in AccessKey.objects.select_for_update().order_by("pk"):
                key.encrypted_secret = box.rotate(bytes(key.encrypted_secret))
                key.save(update_fields=["encrypted_secret"])
                count += 1
            factors = 0
            for factor in Authenticator.objects.select_for_update().order_by("pk"):
                for name in ENCRYPTED.intersection(factor.data):
                    factor.data[name] = box.rotate(factor.data[name].encode()).decode()
                    factor.save(update_fields=["data"])
                    factors += 1
        self.stdout.write(f"Encrypted anew: {count} AccessKey secrets, {factors} secrets of second factors.")
