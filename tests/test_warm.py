from __future__ import annotations

import subprocess
import sys

import pytest

from tests.processes import ROOT, production

CODE = """
import gc
from eds_console.wsgi import application
from django.template import engines
from eds_console.warm import warm
warm()
[loader] = engines["django"].engine.template_loaders
print(gc.get_freeze_count(), "images/sharing.html" in loader.get_template_cache, len(engines["jinja2"].env.cache))
"""


@pytest.mark.any_database
def test_templates_are_compiled_before_the_first_request_and_nothing_of_it_is_collected() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=production("sqlite:///:memory:"),
        capture_output=True,
        text=True,
        check=True,
    )
    frozen, is_compiled, jinja = done.stdout.split()
    assert int(frozen) > 100_000
    assert is_compiled == "True"
    assert int(jinja) == len(list((ROOT / "templates").rglob("*.jinja")))


@pytest.mark.any_database
def test_the_floor_of_the_benchmarks_which_has_none_of_the_apps_starts_in_the_same_way() -> None:
    subprocess.run(
        [sys.executable, "-c", "import benchmarks.floor\nfrom eds_console.warm import warm\nwarm()"],
        cwd=ROOT,
        env=production("sqlite:///:memory:"),
        check=True,
    )
