"""`make bench`: the product, a version of before, moto and the floor, driven in turn by one load generator.

python -m benchmarks [--quick] [--baseline REVISION] [--output docs/benchmarks.md]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import clients, report, servers
from benchmarks.load import Result, drive

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.load import Answer, Client
    from benchmarks.servers import Server

CLIENTS = 8
DATABASES = ("SQLite", "PostgreSQL")
# The commit of the last release.
BASELINE = "4489bea"


@dataclass(frozen=True)
class Size:
    """How long and how big: all that the quick mode changes."""

    rounds: int
    seconds: float
    images: int
    memory_requests: int


# Many short rounds rather than few long ones: what disturbs a machine lasts for seconds or minutes.
FULL = Size(rounds=20, seconds=1, images=1_000_000, memory_requests=100_000)
QUICK = Size(rounds=1, seconds=0.8, images=10_000, memory_requests=1_000)


@dataclass
class Case:
    """One load on one server, and what every round of it saw."""

    name: str
    server: Server
    make: Callable[[], list[Client]]
    expect: Callable[[Answer], bool] = clients.is_ok
    at_most: int = 1_000_000
    seconds: float = 1.0
    results: list[Result] = field(default_factory=list)
    # Seconds of CPU for each request, of the server's processes and of PostgreSQL's.
    server_cpu: list[float] = field(default_factory=list)
    database_cpu: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [result.rate for result in self.results]

    @property
    def rate(self) -> float:
        """The median of the rounds, in requests a second."""
        return median(self.rates)

    def milliseconds(self, percent: int) -> float:
        return 1000 * median(result.percentile(percent) for result in self.results)


class Bench:
    def __init__(self, size: Size, stack: ExitStack, folder: Path, baseline: str = "none") -> None:
        self.size, self.stack, self.folder = size, stack, folder
        self.baseline = None if baseline == "none" else servers.version(baseline)
        self.cases: dict[str, Case] = {}
        self.postgres = stack.enter_context(servers.postgres(folder / "postgres"))
        self.products: dict[tuple[str, str], Server] = {}
        self.environments: dict[tuple[str, str], dict[str, str]] = {}
        self.people: dict[tuple[str, str], dict[str, Any]] = {}
        self.single: Server | None = None
        self.stolen = 0.0

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def database(self, kind: str, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite3" if kind == "SQLite" else self.postgres.database(name)

    def start(self) -> None:
        """Make every database and start every server."""
        for kind in DATABASES:
            self._start_floor(kind)
            for size, images in (("small", 0), ("big", self.size.images)):
                self._start_product(kind, size, images)
            if self.baseline:
                self._start_product(kind, "baseline", 0, self.baseline)
        for images in (100, 5000):
            self.say(f"moto with {images:,} images")
            self._add_moto(images, *self.stack.enter_context(servers.moto(images)))
        environment = {**self.environments["PostgreSQL", "small"], "WEB_WORKERS": "1"}
        self.single = self.stack.enter_context(servers.gunicorn(environment))
        self._add_processes()

    def _start_floor(self, kind: str) -> None:
        self.say(f"the floor on {kind}")
        environment = servers.environment_for(self.database(kind, "floor"))
        session = servers.run(environment, "-m", "benchmarks.floor")
        server = self.stack.enter_context(servers.gunicorn(environment, "benchmarks.floor"))
        self.add(f"floor page, {kind}", server, lambda: [clients.floor_page(session) for _ in range(CLIENTS)])
        self.add(f"floor write, {kind}", server, lambda: [clients.floor_write(owner) for owner in range(CLIENTS)])

    def _start_product(self, kind: str, size: str, images: int, code: Path = servers.ROOT) -> None:
        self.say(f"the console on {kind}, {images or 100:,} images{'' if code == servers.ROOT else ', as it was'}")
        environment = servers.environment_for(self.database(kind, size))
        servers.run(environment, "manage.py", "migrate", "-v0", code=code)
        if images:
            servers.run(environment, "manage.py", "seed_scale", "--images", str(images))
        people = json.loads(servers.run(environment, "-m", "benchmarks.people", code=code))
        server = self.stack.enter_context(servers.gunicorn(environment, code=code))
        self.environments[kind, size], self.people[kind, size], self.products[kind, size] = environment, people, server
        self._add_product(kind, size, server, people)

    def _add_product(self, kind: str, size: str, server: Server, people: dict[str, Any]) -> None:
        recipient, everyone, big = people["recipient"], people["people"], people["biggest"]
        first = everyone[0]
        where = f"{kind}, {size}"

        def many(make: Callable[[], Client]) -> Callable[[], list[Client]]:
            return lambda: [make() for _ in range(CLIENTS)]

        self.add(
            f"API share, {where}",
            server,
            lambda: [clients.api_share(person, recipient) for person in everyone],
            clients.is_api_answer,
        )
        describe = many(partial(clients.api_describe, first))
        self.add(f"API list, {where}", server, describe, clients.is_api_answer)
        self.add(f"page, {where}", server, many(partial(clients.images_page, first)))
        if big is None:
            for name, opens in (("form", False), ("dialog and form", True)):
                self.add(
                    f"console share, {name}, {where}",
                    server,
                    lambda opens=opens: [
                        clients.console_share(person, recipient, open_dialog=opens) for person in everyone
                    ],
                )
            return
        describe = many(partial(clients.api_describe, big))
        self.add(f"API list, biggest account, {where}", server, describe, clients.is_api_answer)
        self.add(f"page, biggest account, {where}", server, many(partial(clients.images_page, big)))
        last = partial(clients.images_page, big, cursor=big["last"])
        self.add(f"last page, biggest account, {where}", server, many(last))
        self.add(f"page, counted account, {where}", server, many(partial(clients.images_page, people["counted"])))

    def _add_moto(self, images: int, server: Server, ids: list[str]) -> None:
        recipient = "123456789012"
        self.add(f"moto share, {images}", server, lambda: [clients.moto_share(image, recipient) for image in ids])
        # At 5,000 one answer takes seconds, and a load that is not bounded would run for minutes.
        few = CLIENTS if images < 1000 else 1
        self.add(
            f"moto list, {images}",
            server,
            lambda: [clients.moto_describe() for _ in range(few)],
            at_most=200 if images < 1000 else 1,
        )

    def _add_processes(self) -> None:
        people = self.people["PostgreSQL", "small"]
        for workers, server in ((1, self.single), (2, self.products["PostgreSQL", "small"])):
            assert server is not None
            self.add(
                f"page, {workers} process{'es' if workers > 1 else ''}",
                server,
                lambda: [clients.images_page(people["people"][0]) for _ in range(CLIENTS)],
            )
            self.add(
                f"API share, {workers} process{'es' if workers > 1 else ''}",
                server,
                lambda: [clients.api_share(person, people["recipient"]) for person in people["people"]],
                clients.is_api_answer,
            )

    def add(
        self,
        name: str,
        server: Server,
        make: Callable[[], list[Client]],
        expect: Callable[[Answer], bool] = clients.is_ok,
        *,
        at_most: int = 1_000_000,
    ) -> None:
        self.cases[name] = Case(name, server, make, expect, at_most, self.size.seconds)

    @property
    def in_turn(self) -> list[Case]:
        """The loads in an order in which those that are compared come soon after each other."""
        subjects = ("process", "page", "list")
        return sorted(self.cases.values(), key=lambda case: [subject in case.name for subject in subjects])

    def measure(self) -> None:
        """Measure every load once in each round, and what part of the machine was not there meanwhile."""
        for case in self.in_turn:
            # Unmeasured: templates are compiled, connections opened, caches filled.
            drive(case.server.port, case.make(), seconds=0.5, at_most=min(case.at_most, 50), expect=case.expect)
        began, stolen = time.monotonic(), servers.stolen_seconds()
        for round_ in range(self.size.rounds):
            self.say(f"round {round_ + 1} of {self.size.rounds}")
            for case in self.in_turn:
                self.once(case)
        self.stolen = (servers.stolen_seconds() - stolen) / (time.monotonic() - began) / (os.cpu_count() or 1)

    def once(self, case: Case) -> None:
        before = case.server.cpu_seconds(), self.postgres.cpu_seconds()
        result = drive(case.server.port, case.make(), seconds=case.seconds, at_most=case.at_most, expect=case.expect)
        requests = len(result.latencies)
        case.server_cpu.append((case.server.cpu_seconds() - before[0]) / requests)
        case.database_cpu.append((self.postgres.cpu_seconds() - before[1]) / requests)
        case.results.append(result)
        self.say(f"  {case.name:<45} {result.rate:>8.1f}/s  p99 {1000 * result.percentile(99):>7.1f} ms")

    def memory_against_baseline(self) -> dict[str, float]:
        """Of each database, the memory of server and workers as a ratio, after the same loads."""
        if not self.baseline:
            return {}
        return {
            kind: self.products[kind, "small"].memory_mb() / self.products[kind, "baseline"].memory_mb()
            for kind in DATABASES
        }

    def memory(self) -> tuple[float, float]:
        """MB of server and two workers on PostgreSQL, before and after so many requests of every kind."""
        server = self.products["PostgreSQL", "small"]
        names = ("API share, PostgreSQL, small", "API list, PostgreSQL, small", "page, PostgreSQL, small")
        before, left = server.memory_mb(), self.size.memory_requests
        self.say(f"memory: {before:.0f} MB, then {left:,} requests")
        for name in names:
            case = self.cases[name]
            drive(case.server.port, case.make(), seconds=900, at_most=left // len(names), expect=case.expect)
        return before, server.memory_mb()


def machine() -> str:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {system}"


def commit() -> str:
    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False).stdout.strip()

    changed = "" if not git("status", "--porcelain", "--untracked-files=no") else ", with changes"
    return (git("rev-parse", "--short", "HEAD") or "unknown") + changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under two minutes, less exact, at 10,000 images")
    parser.add_argument("--output", type=Path, help="where to write the report; default: only print it")
    parser.add_argument("--baseline", default=BASELINE, help="the git revision to compare with, or none")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    began = time.monotonic()
    # Short, since a socket's path has to be; and where another user may go, since as root PostgreSQL runs as one.
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/tmp") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        bench = Bench(size, stack, Path(folder), options.baseline)
        bench.start()
        bench.measure()
        ratios = bench.memory_against_baseline()
        before, after = bench.memory()
        text = report.text(
            bench.cases,
            memory=report.Memory(before, after, size.memory_requests, ratios),
            images=size.images,
            quick=options.quick,
            head={
                "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
                "Commit": commit(),
                "Baseline": options.baseline,
                "Machine": machine(),
                "Meanwhile": f"{bench.stolen:.0%} of the time of its cores went to other machines",
                "Rounds": f"{size.rounds} of {size.seconds:g} s each, {CLIENTS} clients, medians",
            },
        )
    print(text)
    if options.output:
        options.output.write_text(text)
    bad = sum(result.unexpected for case in bench.cases.values() for result in case.results)
    bench.say(f"{time.monotonic() - began:.0f} s, {bad} unexpected answers")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
