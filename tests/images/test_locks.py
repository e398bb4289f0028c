"""An act inside the locks of a caller is a part of what the caller does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.models import Entry
from images.models import Image, ImageShare, locked

if TYPE_CHECKING:
    from accounts.models import Account


def test_a_share_within_the_locks_of_a_caller_is_recorded_once(image: Image, globex: Account) -> None:
    with locked(image) as owner:
        ImageShare(image=image, recipient=globex).grant(owner=owner)
    assert ImageShare.objects.get().recipient == globex
    assert [(entry.event, entry.outcome) for entry in Entry.objects.all()] == [("ShareImage", "Success")]


def test_a_refusal_within_the_locks_of_a_caller_is_left_to_the_caller_to_record(image: Image) -> None:
    with locked(image) as owner, pytest.raises(ValidationError, match="exactly 16 digits"):
        ImageShare(image=image, recipient_id="1").grant(owner=owner)
    assert not Entry.objects.exists()
    assert not ImageShare.objects.exists()
