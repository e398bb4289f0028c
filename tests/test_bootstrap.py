"""The one file of Bootstrap that is used comes from somebody's package, so it is compared with Bootstrap's own."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import bootstrap_wrapper
import pytest

# As Bootstrap publishes it for version 5.3.8, for pages that load the file from elsewhere (integrity="sha384-…").
PUBLISHED = "sRIl4kxILFvY47J16cr9ZwB07vP4J8+LH7qKQnuqkuIAvNWLzeN8tE5YBujZqJLB"


@pytest.mark.any_database
def test_the_style_sheet_is_what_bootstrap_published() -> None:
    content = (Path(bootstrap_wrapper.get_bootstrap_dir()) / "css" / "bootstrap.min.css").read_bytes()
    assert base64.b64encode(hashlib.sha384(content).digest()).decode() == PUBLISHED
