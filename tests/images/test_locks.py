"""An action inside the locks of a caller is a part of what the caller does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from audit.actions import all_or_nothing
from audit.models import Entry
from images.models import Image, ImageShare, locked

if TYPE_CHECKING:
    from accounts.models import Account


def test_a_share_within_the_locks_of_a_caller_is_recorded_once(image: Image, globex: Account) -> None:
    with all_or_nothing(), locked(image) as owner:
        ImageShare(image=image, recipient=globex).grant(owner=owner)
    assert ImageShare.objects.get().recipient == globex
    assert [(entry.event, entry.outcome) for entry in Entry.objects.all()] == [("ShareImage", "Success")]


def test_a_refusal_within_the_locks_of_a_caller_undoes_all_and_is_recorded_once(image: Image, globex: Account) -> None:
    def share_with_two() -> None:
        with all_or_nothing(), locked(image) as owner:
            ImageShare(image=image, recipient=globex).grant(owner=owner)
            ImageShare(image=image, recipient_id="1000000000000001").grant(owner=owner)

    with pytest.raises(ValidationError, match="no active"):
        share_with_two()
    assert [(entry.event, entry.outcome, entry.other_account_id) for entry in Entry.objects.all()] == [
        ("ShareImage", "account_not_found", "1000000000000001")
    ]
    assert not ImageShare.objects.exists()
