"""The long form of all faults, on SQLite and then on PostgreSQL, and the document of what was seen.

    python -m tests.faults --output docs/reliability.md

Without --output it prints the document. It ends with status 1 where anything was lost, or any test failed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.processes import ROOT

# What `harness.report` calls it, and what a reader does.
BULLETS = {
    "Killed": "Web workers, then whole servers, are killed with SIGKILL at random while 8 clients share and unshare",
    "Database killed": "PostgreSQL is killed with SIGKILL under load, and started again",
    "Database frozen": "PostgreSQL stops answering under load, with all connections open, and goes on",
    "Writer hung": "A process begins to write to SQLite and is stopped there, under load",
    "Primary killed": "The primary is killed under load and its synchronous standby promoted; 4 of 8 clients may share",
    "Primary left": "The primary answers, but takes no writes any more, and its standby is promoted",
    "32 writers on SQLite": "32 clients write to one SQLite file at once, through 32 processes",
    "PgBouncer": "8 clients share and unshare through PgBouncer in transaction mode, on two connections",
    "Redis killed": "The Redis with the throttles is killed, and started again; who is signed in goes on",
    "Disk full": "The disk of the database is full, under load, and has room again",
    "Database read-only": "The database takes no writes, and takes them again",
    "Clock jumped": "The clock jumps by a day, forward and back",
    "Migration killed": "`manage.py migrate` is killed half way, on an older database with data, and run again",
    "Slow exports": "Two exports of the operation log are read slowly, and one not at all, while others read pages",
    "Overload": "240 connections ask two processes at once, which answer one request at a time",
    "Export": "An account downloads its whole operation log as CSV while others share",
    "Bad input under load": "Random forms, calls, paths and damaged bytes while others work",
}
WORDS = {
    "workers": "workers killed",
    "servers": "servers killed",
    "faults": "times",
    "acts": "shares and unshares acknowledged",
    "in_doubt": "tries without an answer",
    "unavailable": "tries answered with 503",
    "answered": "requests answered",
    "inputs": "bad inputs",
    "entries": "entries sent",
    "grown": "MiB more memory meanwhile, at most",
}
TEXT = """# Reliability

Written by `make soak` on {date}: {minutes} minutes on {machine}, commit `{commit}`.
The tests are those of `tests/faults/`, each named after what fails; `make test-all` runs them in a short form.

{verdict}

| what happened | SQLite | PostgreSQL |
| --- | --- | --- |
{rows}

## What is looked at, each time

- Each answer that a client got is kept with its request ID. Afterwards each act that was acknowledged has its entry in
  the operation log under that ID, and each that was refused has none that says otherwise.
- For each image the entries of shares and unshares follow one another in turn, and the share is there exactly when the
  last of them says so: no act is there by half. Nor are there more acts than were asked for.
- `manage.py verify` finds nothing.
- An answer is a good one, a refusal by a rule, or 503 with the console's own page, for programs `ServiceUnavailable`.
- Nothing waits longer than the time-outs allow, and service returns without anybody doing anything to the console.

## What this does not show

- Processes are killed, not the machine: that what the kernel has taken reaches the disk is the disk's promise.
- The full disk is a file system of its own in memory. Who may not mount one skips that test, and it says so.
- An act whose answer was lost may have been done. Sent again it is refused, or, as an API call, changes nothing.
"""


@dataclass
class Run:
    name: str
    numbers: dict[str, Counter[str]]
    failed: list[str]
    skipped: list[str]
    passed: int


def run(name: str, prefix: list[str]) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        record, results = Path(folder, "record"), Path(folder, "results.xml")
        record.touch()
        command = [
            *prefix,
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/faults",
            f"--junit-xml={results}",
            "--durations=0",
        ]
        environment = {
            **os.environ,
            "SOAK": "1",
            "SOAK_RECORD": str(record),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        }
        subprocess.run(command, cwd=ROOT, env=environment, check=False)
        numbers: dict[str, Counter[str]] = defaultdict(Counter)
        for line in record.read_text().splitlines():
            row = json.loads(line)
            numbers[row.pop("bullet")].update(row)
        cases = list(ET.parse(results).iter("testcase"))
    outcomes: dict[str, list[str]] = {"failed": [], "skipped": []}
    for case in cases:
        for child in case:
            outcome = {"failure": "failed", "error": "failed", "skipped": "skipped"}.get(child.tag)
            if outcome:
                outcomes[outcome].append(f"{case.get('classname')}::{case.get('name')}: {child.get('message')}"[:300])
    passed = len(cases) - len(outcomes["failed"]) - len(outcomes["skipped"])
    return Run(name, numbers, outcomes["failed"], outcomes["skipped"], passed)


def cell(numbers: Counter[str] | None) -> str:
    if not numbers:
        return "–"
    said = "; ".join(f"{number:,} {WORDS[word]}" for word, number in numbers.items())
    return re.sub(r"^1 times", "once", said)


def document(runs: list[Run], minutes: float) -> str:
    failed = [failure for run in runs for failure in run.failed]
    acts = sum(numbers["acts"] for run in runs for numbers in run.numbers.values())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    machine = [f"{os.cpu_count()} cores", f"{memory} GiB", platform.machine(), f"Python {platform.python_version()}"]
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    if failed:
        verdict = "**Not everything held:**\n\n" + "\n".join(f"- {failure}" for failure in failed)
    else:
        verdict = f"**Losses: none**, of {acts:,} acknowledged shares and unshares."
    rows = [
        f"| {sentence} | {' | '.join(cell(run.numbers.get(bullet)) for run in runs)} |"
        for bullet, sentence in BULLETS.items()
    ]
    return TEXT.format(
        date=datetime.now(UTC).date(),
        minutes=round(minutes),
        machine=", ".join(machine),
        commit=commit or "unknown",
        verdict=verdict,
        rows="\n".join(rows),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path)
    output = parser.parse_args().output
    began = time.monotonic()
    runs = [run("SQLite", []), run("PostgreSQL", [sys.executable, "-m", "tests.with_postgres"])]
    text = document(runs, (time.monotonic() - began) / 60)
    if output:
        output.write_text(text)
    else:
        sys.stdout.write(text)
    for line in [skip for run in runs for skip in run.skipped]:
        sys.stderr.write(f"skipped: {line}\n")
    sys.exit(any(run.failed or not run.passed for run in runs))


if __name__ == "__main__":
    main()
