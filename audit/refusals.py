"""Which refusals are of the form alone: nothing was tried then, so the operation log and the history skip them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.exceptions import ValidationError

# Codes of errors that say only how something was entered: nothing, in the wrong shape, or a box that was left empty.
# Every other code is a rule's, and its refusal is recorded.
FORM_REFUSALS = (
    # Django's own, of fields and their validators.
    "blank",
    "invalid",
    "invalid_choice",
    "max_length",
    "max_value",
    "min_length",
    "min_value",
    "null",
    "null_characters_not_allowed",
    "required",
    "step_size",
    # The password is too weak.
    "password_entirely_numeric",
    "password_too_common",
    "password_too_short",
    "password_too_similar",
    # images/validators.py
    "account_malformed",
    "account_missing",
    "destination_missing",
    "not_confirmed",
    # desktops/validators.py
    "amount",
    "data_disk_size",
    "image_missing",
    "name_too_long",
    "system_disk_size",
)
# The outcome of an entry whose rule has no code.
NAMELESS = "invalid"


def outcome_of(refusal: ValidationError) -> str:
    """The code of the first rule that refuses, as the log calls it; empty where the form alone does.

    A refusal has all that is wrong, so beside a box that was left empty may stand a rule.
    """
    for code in _codes(refusal):
        if code not in FORM_REFUSALS:
            return code or NAMELESS
    return ""


def _codes(refusal: ValidationError) -> Iterator[str | None]:
    if hasattr(refusal, "error_dict"):
        for errors in refusal.error_dict.values():
            for error in errors:
                yield error.code
    else:
        for error in refusal.error_list:
            yield error.code
