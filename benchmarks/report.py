"""The table of a run: what was measured, the bars as ratios, and how each came out."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.__main__ import Case

DATABASES = ("SQLite", "PostgreSQL")
HOW = """\
Written by `make bench`, which measures the product against what runs beside it at the same time on the same machine:
moto (its EC2 server keeps images and launch permissions, too), the floor (bare Django under the product's own
gunicorn configuration; `benchmarks/floor.py`) and the baseline (an earlier version of the product with its own
requirements; `BASELINE=REVISION` names another). Absolute numbers are those of one machine on one day; only the ratios
mean something elsewhere. The load generator (`benchmarks/load.py`) shares the cores with what it drives, and so does
PostgreSQL.

A ratio is the median of those of all rounds, in each of which everything is measured once: what the machine gives to
others for a while, it takes from both sides. Half of the rounds lie within the middle half.
"""


class Memory(NamedTuple):
    """What the server and its workers took, in MB, before and after so many requests.

    `ratios` has for each database what the product took after the rounds, against the baseline.
    """

    before: float
    after: float
    requests: int
    ratios: dict[str, float]


def text(
    cases: dict[str, Case],
    *,
    memory: Memory,
    images: int,
    quick: bool,
    head: dict[str, str],
) -> str:
    lines = ["# Benchmarks", "", HOW]
    if quick:
        lines += ["**Quick mode: short rounds and a small database. For orientation only.**", ""]
    lines += [f"- {name}: {value}" for name, value in head.items()]
    lines += [f"- big: {images:,} images besides the 107 of small, by `manage.py seed_scale`", ""]
    lines += ["## Bars", "", "| bar | ratio | middle half | wanted | |", "| --- | ---: | ---: | ---: | --- |"]
    lines += _bars(cases, memory)
    if memory.ratios:
        lines += _bars_of_baseline(cases, memory.ratios)
    lines += ["", "## What was measured", ""]
    lines += ["CPU is in milliseconds for each request: of two cores there are 2,000 a second.", ""]
    lines += [
        "| load | a second | middle half | p50 ms | p99 ms | server CPU | PostgreSQL CPU | generator CPU |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_row(case) for case in cases.values()]
    return "\n".join(lines) + "\n"


def _row(case: Case) -> str:
    generator = [result.cpu for result in case.results]
    server, database, ours = (1000 * median(cpu) for cpu in (case.server_cpu, case.database_cpu, generator))
    return (
        f"| {case.name} | {case.rate:,.1f} | {_middle_half(case.rates)} | {case.milliseconds(50):,.1f} | "
        f"{case.milliseconds(99):,.1f} | {server:.2f} | {database:.2f} | {ours:.2f} |"
    )


def _bars(cases: dict[str, Case], memory: Memory) -> Iterator[str]:
    def against(name: str, other: str) -> list[float]:
        """The ratio of the rates of two loads in each round."""
        return [rate / other_rate for rate, other_rate in zip(cases[name].rates, cases[other].rates, strict=True)]

    for kind in DATABASES:
        share, listed, page = (f"{name}, {kind}, small" for name in ("API share", "API list", "page"))
        write = f"floor write, {kind}"
        yield _at_least(
            f"API share or unshare, {kind}, against moto at 100 images", against(share, "moto share, 100"), 1.3
        )
        yield _at_least("… against moto at 5,000 images", against(share, "moto share, 5000"), 1.8)
        yield _at_least("… against the write floor", against(share, write), 0.5)
        yield _at_most("… p99 against p50", [r.percentile(99) / r.percentile(50) for r in cases[share].results], 5)
        yield _at_least(
            f"API DescribeImages, page of 25, {kind}, against moto at 100 images", against(listed, "moto list, 100"), 40
        )
        yield _at_least("… big against small", against(f"API list, {kind}, big", listed), 0.9)
        yield _at_least(
            "… big, the biggest account, against small", against(f"API list, biggest account, {kind}, big", listed), 0.9
        )
        yield _at_least(
            f"Console images page, 20 rows, {kind}, against the page floor", against(page, f"floor page, {kind}"), 0.5
        )
        for what, load in (
            ("big against small", "page"),
            ("big, the biggest account, first page", "page, biggest account"),
            ("big, the biggest account, last page", "last page, biggest account"),
            ("big, the most images that are counted", "page, counted account"),
        ):
            yield _at_least(f"… {what}", against(f"{load}, {kind}, big", page), 0.9)
        for what in ("form", "dialog and form"):
            yield _at_least(
                f"Console share, {what}, {kind}, requests against the write floor",
                against(f"console share, {what}, {kind}, small", write),
                0.3,
            )
    yield _at_most("Memory of server and two workers, MB", [memory.after], 300)
    yield _at_most(f"… growth after {memory.requests:,} requests", [memory.after / memory.before], 1.05)
    for what in ("page", "API share"):
        ratios = against(f"{what}, 2 processes", f"{what}, 1 process")
        yield _at_least(f"Two processes on PostgreSQL against one, {what}", ratios, 1.4)


def _bars_of_baseline(cases: dict[str, Case], memory_ratios: dict[str, float]) -> Iterator[str]:
    """How the product compares with a version of before, in the same rounds."""
    for kind in DATABASES:
        for load, wanted in (("API share", 1.0), ("console share, form", 1.0), ("API list", 0.9), ("page", 0.85)):
            now, before = cases[f"{load}, {kind}, small"], cases[f"{load}, {kind}, baseline"]
            pairs = list(zip(now.results, before.results, strict=True))
            rates = [one.rate / other.rate for one, other in pairs]
            yield _at_least(f"{load[0].upper()}{load[1:]}, {kind}, against the baseline", rates, wanted)
            yield _at_most("… p99", [one.percentile(99) / other.percentile(99) for one, other in pairs], 1.1)
        yield _at_most(f"Memory, {kind}, against the baseline", [memory_ratios[kind]], 1)


def _at_least(name: str, ratios: list[float], wanted: float) -> str:
    return _bar(name, ratios, f"≥ {wanted:g}", is_met=median(ratios) >= wanted)


def _at_most(name: str, ratios: list[float], wanted: float) -> str:
    return _bar(name, ratios, f"≤ {wanted:g}", is_met=median(ratios) <= wanted)


def _bar(name: str, ratios: list[float], wanted: str, *, is_met: bool) -> str:
    met = "met" if is_met else "**missed**"
    return f"| {name} | {median(ratios):.2f} | {_middle_half(ratios)} | {wanted} | {met} |"


def _middle_half(values: list[float]) -> str:
    if len(values) < 2:
        return ""
    low, _median, high = quantiles(values, n=4)
    return f"{low:,.2f} – {high:,.2f}" if high < 100 else f"{low:,.0f} – {high:,.0f}"
