"""A small simulation of many regions: how many machines carry so many shares a second, and how long one then takes.

    python -m benchmarks.scaling [--shares 10000] [--web-ms 5] [--database-ms 1.5] …

Requests arrive at random and belong to a region; regions are of unequal size (Zipf). In a region a request takes CPU of
one of its web processes, then of the region's database, then waits for the commit to reach the disk; commits that come
while the disk is busy go together with the next one, as PostgreSQL does it. Its share of reads goes to a replica. The
costs are those that `make bench` measured (docs/benchmarks.md, CPU for each request); the defaults are of one run.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from dataclasses import dataclass
from statistics import quantiles

SECONDS = 3.0
AT_MOST = 0.7  # How busy a core may be, so that waiting stays short.


@dataclass(frozen=True)
class Costs:
    """Milliseconds for each request: CPU in the web process and in the database, and the commit's wait for the disk."""

    web: float
    database: float
    disk: float


@dataclass(frozen=True)
class Region:
    shares: float
    web_cores: int
    database_cores: int


def sizes(regions: int, total: float) -> list[float]:
    """How many of the shares a second belong to each region: the second has half of the first, the third a third."""
    weights = [1 / (place + 1) for place in range(regions)]
    return [total * weight / sum(weights) for weight in weights]


def cores_for(rate: float, milliseconds: float) -> int:
    return max(1, math.ceil(rate * milliseconds / 1000 / AT_MOST))


def simulate(region: Region, costs: Costs, chance: random.Random) -> list[float]:
    """The time that each share of some seconds took, in milliseconds."""
    web, database, disk = [0.0] * region.web_cores, [0.0] * region.database_cores, Disk(costs.disk)
    at, took = 0.0, []
    while at < SECONDS * 1000:
        at += chance.expovariate(region.shares / 1000)
        done = _serve(web, at, costs.web, chance)
        done = _serve(database, done, costs.database, chance)
        took.append(disk.written(done) - at)
    return took


@dataclass
class Disk:
    """Commits that come while one is written wait for it, and are then written together."""

    milliseconds: float
    until: float = 0.0
    is_awaited: bool = False

    def written(self, at: float) -> float:
        """When a commit of that time is on the disk."""
        if self.is_awaited and at >= self.until:
            self.until, self.is_awaited = self.until + self.milliseconds, False
        if at >= self.until:
            self.until = at + self.milliseconds
            return self.until
        self.is_awaited = True
        return self.until + self.milliseconds


def _serve(cores: list[float], at: float, milliseconds: float, chance: random.Random) -> float:
    """When the work is done by the core that is free first. Its length varies, by Erlang's law of four steps."""
    start = max(at, heapq.heappop(cores))
    done = start + sum(chance.expovariate(4 / milliseconds) for _ in range(4))
    heapq.heappush(cores, done)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shares", type=float, default=10_000, help="a second, over all regions")
    parser.add_argument("--regions", type=int, default=20)
    parser.add_argument("--images", type=float, default=1e9)
    parser.add_argument("--web-ms", type=float, default=5.0)
    parser.add_argument("--database-ms", type=float, default=1.6)
    parser.add_argument("--disk-ms", type=float, default=1.0, help="a commit on the disk, and on one replica")
    parser.add_argument("--image-bytes", type=float, default=1300, help="an image with its indexes and its log entry")
    options = parser.parse_args()
    costs, chance = Costs(options.web_ms, options.database_ms, options.disk_ms), random.Random(1)
    print("| region | shares a second | images, million | GB | web cores | database cores | p50 ms | p99 ms |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    web = database = 0
    for place, rate in enumerate(sizes(options.regions, options.shares), 1):
        region = Region(rate, cores_for(rate, costs.web), cores_for(rate, costs.database))
        web, database = web + region.web_cores, database + region.database_cores
        images = options.images * rate / options.shares
        took = quantiles(simulate(region, costs, chance), n=100)
        if place <= 3 or place in {10, options.regions}:
            print(
                f"| {place} | {rate:,.0f} | {images / 1e6:,.0f} | {images * options.image_bytes / 1e9:,.0f} | "
                f"{region.web_cores} | {region.database_cores} | {took[49]:.1f} | {took[98]:.1f} |"
            )
    print(f"| all {options.regions} | {options.shares:,.0f} | {options.images / 1e6:,.0f} | | {web} | {database} | | |")


if __name__ == "__main__":
    main()
