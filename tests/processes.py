"""The console as it runs in production: gunicorn with several processes, on a database of its own."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SECONDS = 60
# One for all servers of a run: what the demo data encrypts, each of them can read.
SECRET_KEY = secrets.token_urlsafe(50)


@dataclass(frozen=True)
class Console:
    """A console that is served, and the command line beside it."""

    address: str
    environment: dict[str, str]
    log: Path
    # The number of the process that supervises the others.
    process: int = 0

    def manage(self, *arguments: str) -> str:
        return manage(self.environment, *arguments)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a management command in a process of its own and give what it prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{arguments} said:\n{done.stdout}{done.stderr}"
    return done.stdout


def production(database_url: str, **environment: str) -> dict[str, str]:
    """The environment of a server, over that of the tests."""
    of_the_tests = {"DEBUG", "DJANGO_SETTINGS_MODULE"}
    return {
        **{name: value for name, value in os.environ.items() if name not in of_the_tests},
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "HTTPS": "0",
        "DEBUG": "0",
        "WEB_WORKERS": "2",
        # But that gunicorn leaves the socket it was handed to the garbage collector.
        "PYTHONWARNINGS": "error,ignore::ResourceWarning",
        **environment,
    }


def load_demo(environment: dict[str, str]) -> None:
    manage(environment, "migrate", "-v0")
    manage(environment, "demo")


@contextmanager
def fresh_database(folder: Path, like: str | None = None) -> Iterator[str]:
    """The URL of a new database where the tests have theirs: a file in the folder, or one more on the server.

    It is empty, or a copy of the one whose URL is `like`.
    """
    ours = os.environ["DATABASE_URL"]
    if ours.startswith("sqlite"):
        file = folder / "console.sqlite3"
        if like:
            shutil.copyfile(like.removeprefix("sqlite:///"), file)
        yield f"sqlite:///{file}"
        return
    name = f"console_{secrets.token_hex(6)}"
    template = urlsplit(like).path.removeprefix("/") if like else "template1"
    with psycopg.connect(ours, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlsplit(ours)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@cache
def collect_static_files() -> None:
    """Once in each process of a run. `make test-all` has done it already; processes of tests run by hand take turns."""
    with (ROOT / "var" / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "static"], cwd=ROOT, env=production("sqlite:///:memory:"), check=True)


@contextmanager
def served(
    database_url: str, folder: Path, *, loaded: bool = False, code: Path = ROOT, **environment: str
) -> Iterator[Console]:
    """A console with the demo data, served by gunicorn until the block ends; its log is in the folder.

    `loaded` says that the database has the demo data already; `code` is another version of the console, with packages
    of its own.
    """
    environment = production(database_url, **environment)
    collect_static_files()
    if not loaded:
        load_demo(environment)
    log = folder / "gunicorn.log"
    # The socket listens before the server starts, so no port is taken by another and nothing has to be polled.
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener, log.open("wb") as output:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        process = subprocess.Popen(
            [(BIN if code == ROOT else code / ".venv/bin") / "gunicorn", "--bind", f"fd://{listener.fileno()}"],
            cwd=code,
            env=environment,
            pass_fds=[listener.fileno()],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        try:
            requests.get(f"{address}/healthz/", timeout=SECONDS).raise_for_status()
        except requests.RequestException as error:
            raise AssertionError(log.read_text()) from error
        yield Console(address, environment, log, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


@contextmanager
def served_copy(demo_database: str, folder: Path, **environment: str) -> Iterator[Console]:
    """A console on a copy of the demo database, for one test or for all tests of a module."""
    with (
        fresh_database(folder, like=demo_database) as database_url,
        served(database_url, folder, loaded=True, **environment) as console,
    ):
        yield console


class Person:
    """Someone in a browser without JavaScript: cookies, and the forms of the pages."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.headers["Connection"] = "close"
        answer = self.submit("/login/", "/login/", username=username, password=password)
        assert answer.status_code == 302, answer.text

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.address + path, timeout=SECONDS)

    def token(self, path: str) -> str:
        """The CSRF token of the page's form."""
        answer = self.get(path)
        answer.raise_for_status()
        return re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', answer.text)[0]

    def submit(self, page: str, action: str, **fields: str) -> requests.Response:
        return self.session.post(
            self.address + action,
            data={"csrfmiddlewaretoken": self.token(page), **fields},
            timeout=SECONDS,
            allow_redirects=False,
        )


@dataclass(frozen=True)
class Post:
    """One POST of a form, ready to be sent from any process."""

    url: str
    cookies: dict[str, str]
    fields: dict[str, str]

    def send(self) -> tuple[int, str]:
        answer = requests.post(self.url, cookies=self.cookies, data=self.fields, timeout=SECONDS, allow_redirects=False)
        return answer.status_code, answer.text


def send_at_once(posts: list[Post]) -> list[tuple[int, str]]:
    """Send the POSTs from as many threads of this process as there are."""
    with ThreadPoolExecutor(len(posts)) as threads:
        return list(threads.map(Post.send, posts))


def send_in_turn(posts: list[Post]) -> list[int]:
    """Send the POSTs one after the other; the status of each."""
    return [post.send()[0] for post in posts]


class Hand(Person):
    """Someone whose forms are ready to be sent many times, from any process."""

    def __init__(self, console: Console, username: str) -> None:
        super().__init__(console.address, username, "console-demo")
        self.csrf = self.token("/cn-hangzhou/images/custom/")

    def post(self, path: str, **fields: str) -> Post:
        return Post(self.address + path, self.session.cookies.get_dict(), {"csrfmiddlewaretoken": self.csrf, **fields})


def send_each(*streams: list[Post]) -> list[list[int]]:
    """Send the posts of each stream one after the other, all streams at the same time; their statuses in order."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(streams), timeout=SECONDS)
    with ProcessPoolExecutor(len(streams), context, initializer=barrier.wait) as processes:
        return list(processes.map(send_in_turn, streams))


def at_once(*streams: list[Post]) -> list[Counter[int]]:
    """The same, how often each status was answered."""
    return [Counter(statuses) for statuses in send_each(*streams)]


OPERATORS = """
from accounts.models import User
operator = User.objects.get(username="operator@1182725234310001.onaliyun.com")
names = [f"operator{number}@{operator.account_id}.onaliyun.com" for number in range(%d)]
known = User.objects.filter(username__in=names).values_list("username", flat=True)
for number, name in enumerate(names):
    if name not in known:
        columns = {"account": operator.account, "policy": operator.policy, "password": operator.password}
        User.objects.create(username=name, ram_id=str(207329002493929000 + number), **columns)
print(json.dumps(names))
"""


def operators_of_acme(console: Console, count: int) -> list[Hand]:
    """Several people of Acme: after thirty refusals to share, one person is told to wait for a minute."""
    return [Hand(console, name) for name in ask(console, OPERATORS % count)]


def ask(console: Console, code: str) -> Any:
    """The value that a line of Python in the console's own shell prints as JSON."""
    return json.loads(console.manage("shell", "-v0", "-c", f"import json\n{code}"))
