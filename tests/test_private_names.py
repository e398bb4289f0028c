from __future__ import annotations

import ast

import pytest

from scripts.check_private_names import foreign, main

pytestmark = pytest.mark.any_database

OWN = """
from ours import _, gettext
class Mine:
    def __init__(self):
        self._mine = 1
    def _do(self):
        return self._mine, self._do(), Model._meta.db_table, row._state.adding, row._replace(a=1)
"""


def test_nothing_outside_of_plumbing_uses_a_private_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0, capsys.readouterr().out


def test_what_a_file_defines_or_is_documented_is_no_private_name() -> None:
    assert list(foreign(ast.parse(OWN))) == []


@pytest.mark.parametrize(
    "source",
    [
        "queryset._fetch_mode",
        "self._session_key = None",
        "super()._commit()",
        "def _commit(self): super()._commit()",
        "from markupsafe import _escape_inner",
        "from allauth.core.internal import ratelimit",
        "import allauth.core.internal.ratelimit",
        "getattr(image, '_prefetched_objects_cache', {})",
    ],
)
def test_a_private_name_is_found(source: str) -> None:
    assert len(list(foreign(ast.parse(source)))) == 1
