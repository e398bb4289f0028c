"""Servers beside the console in the tests: those that are here, or Debian's, unpacked into .tools/.

python -m tests.debian
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT

UNPACKED = ROOT / ".tools" / "debian"


@dataclass(frozen=True)
class Program:
    path: str
    packages: tuple[str, ...]
    # What asks it for its version.
    version: str

    @property
    def environment(self) -> dict[str, str]:
        """With the libraries that came with it."""
        return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu")))}

    def found(self) -> str | None:
        """The path of one that runs here."""
        for path in (Path(self.path).name, f"/{self.path}", str(UNPACKED / self.path)):
            program = shutil.which(path)
            if program and self._runs(program):
                return program
        return None

    def _runs(self, program: str) -> bool:
        asked = subprocess.run([program, self.version], env=self.environment, capture_output=True, check=False)
        return asked.returncode == 0


NGINX = Program("usr/sbin/nginx", ("nginx",), "-v")
REDIS = Program("usr/bin/redis-server", ("redis-server", "redis-tools", "libjemalloc2", "liblzf1"), "--version")
PGBOUNCER = Program("usr/sbin/pgbouncer", ("pgbouncer", "libc-ares2", "libevent-2.1-7"), "--version")


def fetch(packages: list[str]) -> None:
    """Packages that are not installed: nothing is started, and nothing outside of the folder changes."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            subprocess.run(["apt-get", "-qq", "update"], capture_output=True, check=False)
        subprocess.run(["apt-get", "-qq", "download", *packages], cwd=folder, capture_output=True, check=False)
        for package in Path(folder).glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(UNPACKED)], capture_output=True, check=False)


def main() -> int:
    missing = [program for program in (NGINX, REDIS, PGBOUNCER) if not program.found()]
    if missing and shutil.which("apt-get"):
        fetch([package for program in missing for package in program.packages])
    for program in missing:
        if not program.found():
            name = Path(program.path).name
            print(f"There is no {name} here, and none could be fetched: its tests are skipped.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
