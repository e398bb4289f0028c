"""The nginx that stands before the console in the tests: the one that is here, or Debian's, unpacked into .tools/.

python -m tests.attack.nginx
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.processes import ROOT

UNPACKED = ROOT / ".tools" / "nginx"


def found() -> str | None:
    """The path of an nginx that runs here."""
    for path in ("nginx", "/usr/sbin/nginx", str(UNPACKED / "usr/sbin/nginx")):
        nginx = shutil.which(path)
        if nginx and subprocess.run([nginx, "-v"], capture_output=True, check=False).returncode == 0:
            return nginx
    return None


def fetch() -> None:
    """Debian's package, which is not installed: nothing is started, and nothing outside of the folder changes."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            subprocess.run(["apt-get", "-qq", "update"], capture_output=True, check=False)
        subprocess.run(["apt-get", "-qq", "download", "nginx"], cwd=folder, capture_output=True, check=False)
        for package in Path(folder).glob("nginx_*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(UNPACKED)], capture_output=True, check=False)


def main() -> int:
    if not found() and shutil.which("apt-get"):
        fetch()
    if not found():
        print("There is no nginx here, and none could be fetched: the tests behind nginx are skipped.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
