"""How secrets that have to be read again are kept in the database."""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def cipher() -> MultiFernet:
    """Encrypts with the first of the configured keys, and decrypts with any of them."""
    return _cipher(*settings.ACCESS_KEY_ENCRYPTION_KEYS)


@cache
def _cipher(*keys: str) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises cryptography.fernet.InvalidToken for what none of the keys has encrypted."""
    return cipher().decrypt(encrypted.encode()).decode()
