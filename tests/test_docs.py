"""What the documents name is there."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEPLOY = (ROOT / "docs/deploy.md").read_text()


@pytest.mark.parametrize(("document", "at_least"), [("security.md", 40), ("console.md", 33)])
def test_each_test_that_a_document_names_exists(document: str, at_least: int) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / document).read_text())
    assert len(named) > at_least
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).exists() or f"def {name}(" not in (ROOT / file).read_text()
    ]
    assert missing == []


def test_each_file_that_the_deployment_names_exists() -> None:
    named = set(re.findall(r"deploy/[\w.-]*\w", DEPLOY))
    assert len(named) > 4
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert [file.name for file in (ROOT / "deploy").glob("*.service") if file.stem not in DEPLOY] == []


def test_the_example_of_the_settings_names_documented_settings() -> None:
    example = (ROOT / "deploy/eds-console.env.example").read_text()
    names = re.findall(r"^([A-Z_]+)=", example, re.MULTILINE)
    assert "SECRET_KEY" in names
    assert [name for name in names if f"| `{name}` |" not in DEPLOY] == []


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy").glob("*.service")), ids=lambda unit: unit.name)
def test_a_unit_runs_what_there_is(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    assert parser["Service"]["User"] == "console"
    commands = re.findall(r"manage\.py (\w+)", unit.read_text())
    there = {file.stem for file in ROOT.glob("*/management/commands/*.py")} | {"migrate"}
    assert set(commands) <= there


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in (ROOT / "deploy").glob("eds-console*.[st]*"):
        # Its paths are a server's; what is looked at is whether each line means something.
        text = unit.read_text().replace("/srv/eds-console/.venv/bin/gunicorn", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("/srv/eds-console/.venv/bin/python", "/bin/true"))
    units = sorted(str(unit) for unit in tmp_path.iterdir())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "eds-console" in line]
    assert ours == []


def test_the_containerfile_copies_and_runs_what_there_is() -> None:
    text = (ROOT / "deploy/Containerfile").read_text()
    assert re.findall(r"^COPY (requirements/\S+)", text, re.MULTILINE) == ["requirements/base.txt"]
    # What it leaves out of the static files is what `make static` leaves out.
    makefile = (ROOT / "Makefile").read_text()
    [in_image], [by_make] = (re.findall(r"collectstatic.*", each.replace("\\\n", "")) for each in (text, makefile))
    assert re.findall(r"-i (\S+)", in_image) == re.findall(r"-i (\S+)", by_make)


@pytest.mark.parametrize("document", [ROOT / "README.md", *(ROOT / "docs").glob("*.md")], ids=lambda path: path.name)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", document.read_text())
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []
