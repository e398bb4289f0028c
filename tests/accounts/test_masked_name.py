"""The name of another account gives no more away than its first and last character, and a short one nothing."""

from __future__ import annotations

import pytest

from accounts.models import Account


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("name", "shown"), [("Globex", "G****x"), ("Abc", "A*c"), ("Ab", "**"), ("阿里", "**"), ("A", "*"), ("", "")]
)
def test_a_name_is_masked(name: str, shown: str) -> None:
    assert Account(name=name).masked_name == shown
