"""The table of a run: what was measured, the bars as ratios, and how each came out."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.__main__ import Case

DATABASES = ("SQLite", "PostgreSQL")
HOW = """\
Written by `make bench`, which measures the product against what runs beside it at the same time on the same machine:
moto (its EC2 server keeps images and launch permissions, too) and the floor (bare Django under the product's own
gunicorn configuration; `benchmarks/floor.py`). Absolute numbers are those of one machine on one day; only the ratios
mean something elsewhere. The load generator (`benchmarks/load.py`) shares the cores with what it drives, and so does
PostgreSQL.
"""


def text(
    cases: dict[str, Case],
    *,
    memory: tuple[float, float],
    memory_requests: int,
    images: int,
    quick: bool,
    head: dict[str, str],
) -> str:
    lines = ["# Benchmarks", "", HOW]
    if quick:
        lines += ["**Quick mode: short rounds and a small database. For orientation only.**", ""]
    lines += [f"- {name}: {value}" for name, value in head.items()]
    lines += [f"- big: {images:,} images besides the 107 of small, by `manage.py seed_scale`", ""]
    lines += ["## Bars", "", "| bar | ratio | wanted | |", "| --- | ---: | ---: | --- |"]
    lines += _bars(cases, memory, memory_requests)
    lines += ["", "## What was measured", ""]
    lines += ["CPU is in milliseconds for each request: of two cores there are 2,000 a second.", ""]
    lines += [
        "| load | a second | spread | p50 ms | p99 ms | server CPU | PostgreSQL CPU | generator CPU |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_row(case) for case in cases.values()]
    return "\n".join(lines) + "\n"


def _row(case: Case) -> str:
    spread = 100 * (max(case.rates) - min(case.rates)) / case.rate
    generator = [result.cpu for result in case.results]
    server, database, ours = (1000 * median(cpu) for cpu in (case.server_cpu, case.database_cpu, generator))
    return (
        f"| {case.name} | {case.rate:,.1f} | {spread:.0f} % | {case.milliseconds(50):,.1f} | "
        f"{case.milliseconds(99):,.1f} | {server:.2f} | {database:.2f} | {ours:.2f} |"
    )


def _bars(cases: dict[str, Case], memory: tuple[float, float], memory_requests: int) -> Iterator[str]:
    def rate(name: str) -> float:
        return cases[name].rate

    def at_least(name: str, ratio: float, wanted: float) -> str:
        return f"| {name} | {ratio:.2f} | ≥ {wanted:g} | {'met' if ratio >= wanted else '**missed**'} |"

    def at_most(name: str, ratio: float, wanted: float) -> str:
        return f"| {name} | {ratio:.2f} | ≤ {wanted:g} | {'met' if ratio <= wanted else '**missed**'} |"

    for kind in DATABASES:
        share = f"API share, {kind}, small"
        yield at_least(
            f"API share or unshare, {kind}, against moto at 100 images", rate(share) / rate("moto share, 100"), 1.3
        )
        yield at_least("… against moto at 5,000 images", rate(share) / rate("moto share, 5000"), 1.8)
        yield at_least("… against the write floor", rate(share) / rate(f"floor write, {kind}"), 0.5)
        yield at_most("… p99 against p50", cases[share].milliseconds(99) / cases[share].milliseconds(50), 5)
        listed = f"API list, {kind}, small"
        yield at_least(
            f"API DescribeImages, page of 25, {kind}, against moto at 100 images",
            rate(listed) / rate("moto list, 100"),
            40,
        )
        yield at_least("… big against small", rate(f"API list, {kind}, big") / rate(listed), 0.9)
        yield at_least(
            "… big, the biggest account, against small",
            rate(f"API list, biggest account, {kind}, big") / rate(listed),
            0.9,
        )
        page = f"page, {kind}, small"
        yield at_least(
            f"Console images page, 20 rows, {kind}, against the page floor",
            rate(page) / rate(f"floor page, {kind}"),
            0.5,
        )
        yield at_least("… big against small", rate(f"page, {kind}, big") / rate(page), 0.9)
        yield at_least(
            "… big, the biggest account, first page", rate(f"page, biggest account, {kind}, big") / rate(page), 0.9
        )
        yield at_least(
            "… big, the biggest account, last page", rate(f"last page, biggest account, {kind}, big") / rate(page), 0.9
        )
        yield at_least(
            "… big, the most images that are counted", rate(f"page, counted account, {kind}, big") / rate(page), 0.9
        )
        for what in ("form", "dialog and form"):
            name = f"console share, {what}, {kind}, small"
            yield at_least(
                f"Console share, {what}, {kind}, requests against the write floor",
                rate(name) / rate(f"floor write, {kind}"),
                0.3,
            )
    yield at_most("Memory of server and two workers, MB", memory[1], 300)
    yield at_most(f"… growth after {memory_requests:,} requests", memory[1] / memory[0], 1.05)
    for what in ("page", "API share"):
        ratio = rate(f"{what}, 2 processes") / rate(f"{what}, 1 process")
        yield at_least(f"Two processes on PostgreSQL against one, {what}", ratio, 1.4)
