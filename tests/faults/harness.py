"""The server, the clients with their journal of what was acknowledged, and the check that nothing of it is lost."""

from __future__ import annotations

import json
import math
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import psycopg
import pytest
import requests

from accounts.demo import ACCESS_KEYS, GLOBEX
from benchmarks.clients import call
from benchmarks.load import Answer, Connection, request
from tests.processes import BIN, ROOT, SECONDS, Hand, collect_static_files, manage, production

if TYPE_CHECKING:
    from collections.abc import Callable

IS_LONG = bool(os.environ.get("SOAK"))
IS_POSTGRESQL = not os.environ["DATABASE_URL"].startswith("sqlite")
postgresql_only = pytest.mark.skipif(not IS_POSTGRESQL, reason="SQLite has no server that could stop")
sqlite_only = pytest.mark.skipif(IS_POSTGRESQL, reason="only SQLite lets one write at a time")
CLIENTS = 8
ACME_IMAGES = [f"m-acmefill{number:09d}" for number in range(1, 33)]


def size[T](short: T, long: T) -> T:
    """What the short form takes, and what the long one."""
    return long if IS_LONG else short


def report(bullet: str, **numbers: float) -> None:
    """Add up what was tried, for the table of `make soak`."""
    if file := os.environ.get("SOAK_RECORD"):
        with Path(file).open("a") as opened:
            opened.write(json.dumps({"bullet": bullet, **numbers}) + "\n")


class Server:
    """gunicorn, which is killed and started again on one address, as a supervisor would."""

    def __init__(self, database_url: str, folder: Path, **environment: str) -> None:
        # A server that is killed takes nothing away.
        self.environment = production(database_url, **{"TMPDIR": str(folder), **environment})
        self.log = folder / "gunicorn.log"
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.process: subprocess.Popen[bytes] | None = None
        self.command: list[str | Path] = [BIN / "gunicorn", "--bind", f"fd://{self.listener.fileno()}"]

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def __enter__(self) -> Self:
        collect_static_files()
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.listener.close()

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                pass_fds=[self.listener.fileno()],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        assert self.health() in {200, 503}, self.log.read_text()

    def health(self) -> int:
        headers = {"Connection": "close"}
        return requests.get(f"{self.address}/healthz/", headers=headers, timeout=SECONDS).status_code

    def workers(self) -> list[int]:
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(number) for number in children.split()]

    def kill_a_worker(self, die: random.Random) -> None:
        """The master starts another in its place."""
        os.kill(die.choice(self.workers()), signal.SIGKILL)

    def kill(self) -> None:
        """The master and all workers at once, in the middle of whatever they do."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(SECONDS)
            self.process = None

    def memory(self) -> int:
        """MiB that the master and its workers have of their own."""
        assert self.process is not None
        kib = 0
        for number in [self.process.pid, *self.workers()]:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
            kib += sum(int(found) for found in re.findall(r"^Private_\w+: +(\d+)", rollup, re.MULTILINE))
        return kib // 1024

    def manage(self, *arguments: str) -> str:
        return manage(self.environment, *arguments)


@dataclass(frozen=True)
class Act:
    """One try to share or to unshare that was answered: it was done, or refused by a rule."""

    event: str
    image: str
    was_done: bool
    request_id: str


@dataclass
class Journal:
    """What the clients were told, and what they were not."""

    acts: list[Act] = field(default_factory=list)
    # Tries that nobody answered, or that were answered with 503: they may have been done or not.
    in_doubt: int = 0
    unavailable: int = 0
    wrong: list[str] = field(default_factory=list)
    longest: float = 0.0

    @property
    def done(self) -> int:
        return sum(act.was_done for act in self.acts)


def api_call(event: str, image: str) -> bytes:
    """A signed call of Acme's."""
    key, secret = ACCESS_KEYS["acme@example.com"]
    verb = "AddAccount.1" if event == "ShareImage" else "RemoveAccount.1"
    what = {"RegionId": "cn-hangzhou", "ImageId": image, verb: GLOBEX}
    return call({"key": key, "secret": secret}, "ModifyImagePermission", **what)


class Clients:
    """Clients that share and unshare without pause, half of them with the console's forms and half with API calls.

    Each has an image of its own, so what is refused to one is no other's doing.
    """

    def __init__(self, server: Server, journal: Journal, number: int = CLIENTS) -> None:
        self.server = server
        self.journal = journal
        self._stop = threading.Event()
        self._mutex = threading.Lock()
        self._hand = Hand(server, "acme@example.com")  # type: ignore[arg-type] # it has an address
        senders: list[Callable[[str, str], bytes]] = [self._form, api_call]
        self._threads = [
            threading.Thread(target=self._work, args=(ACME_IMAGES[place], senders[place % 2]))
            for place in range(number)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more acts were done: that is, until the console works again."""
        with self._mutex:
            enough = self.journal.done + more
        done, since = self.journal.done, time.monotonic()
        while done < enough:
            time.sleep(0.05)
            if done != (now := self.journal.done):
                done, since = now, time.monotonic()
            assert time.monotonic() < since + SECONDS, f"{done} acts, and no more; {self.journal.wrong[:3]}"

    def wait_for_trouble(self, more: int = 1, *, or_acts: float = math.inf) -> None:
        """Until so many more were told that the console is not available, or so many acts were done all the same."""
        enough, acts = self.journal.unavailable + more, self.journal.done + or_acts
        deadline = time.monotonic() + 2 * SECONDS
        while self.journal.unavailable < enough and self.journal.done < acts:
            assert time.monotonic() < deadline, "nobody is told"
            time.sleep(0.05)

    def _form(self, event: str, image: str) -> bytes:
        path = f"/cn-hangzhou/images/{image}/sharing/"
        fields = {"csrfmiddlewaretoken": self._hand.csrf}
        if event == "ShareImage":
            fields |= {"account": GLOBEX, "confirm": "on"}
        else:
            path += f"{GLOBEX}/unshare/"
        cookies = "; ".join(f"{name}={value}" for name, value in self._hand.session.cookies.get_dict().items())
        headers = {"Host": "127.0.0.1", "Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        return request("POST", path, headers, urlencode(fields))

    def _work(self, image: str, send: Callable[[str, str], bytes]) -> None:
        connection = Connection(("127.0.0.1", self.server.port))
        event, is_sure = "ShareImage", False
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                answer = connection.exchange(send(event, image))
            except OSError:
                connection.close()
                with self._mutex:
                    self.journal.in_doubt += 1
                is_sure = False
                time.sleep(0.02)
            else:
                self._note(event, image, answer, time.monotonic() - began, is_sure=is_sure or send == self._form)
                # After a refusal the other verb finds nothing to do.
                is_sure = answer.status in {200, 302}
            event = "UnshareImage" if event == "ShareImage" else "ShareImage"
        connection.close()

    def _note(self, event: str, image: str, answer: Answer, seconds: float, *, is_sure: bool) -> None:
        with self._mutex:
            journal = self.journal
            journal.longest = max(journal.longest, seconds)
            if answer.status in {200, 302, 422, 404, 403, 400}:
                found = re.findall(rb"(?i)x-request-id: ([0-9A-F-]{36})", answer.head)
                refused_otherwise = answer.status in {400, 403, 404} and b'"Code"' not in answer.body
                if not found or (refused_otherwise and event == "ShareImage"):
                    journal.wrong.append(f"{answer.status} {answer.body[:300]!r}")
                elif not is_sure and answer.status == 200:
                    # An API call for what is so already is answered, and does and records nothing.
                    journal.in_doubt += 1
                elif not refused_otherwise:
                    was_done = answer.status in {200, 302}
                    journal.acts.append(Act(event, image, was_done, found[0].decode()))
            elif answer.status == 503 and says_unavailable(answer):
                journal.unavailable += 1
                journal.in_doubt += 1
            else:
                journal.wrong.append(f"{answer.status} {answer.body[:300]!r}")
        if answer.status == 503:
            time.sleep(0.05)


def says_unavailable(answer: Answer) -> bool:
    """Whether a 503 is the console's own: a page with a sentence, or the API's error."""
    if answer.body.startswith(b"{"):
        return json.loads(answer.body).get("Code") == "ServiceUnavailable"
    return b"The console is not available just now" in answer.body


def query(database_url: str, sql: str) -> list[tuple[Any, ...]]:
    """Rows, read past the console."""
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(database_url, autocommit=True) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[call-overload]


def check(journal: Journal, database_url: str) -> None:
    """Every acknowledged act is there with its entry, and none is half there.

    Call it while no client is at work.
    """
    assert journal.wrong == []
    entries = query(
        database_url,
        "SELECT request_id, event, image_id, outcome FROM audit_entry WHERE event IN ('ShareImage', 'UnshareImage')"
        " ORDER BY id",
    )
    said = {request_id: (event, image, outcome == "Success") for request_id, event, image, outcome in entries}
    missing = [act for act in journal.acts if act.was_done and act.request_id not in said]
    assert missing == [], "acknowledged, and not in the operation log"
    other = [
        act
        for act in journal.acts
        if act.request_id in said and said[act.request_id] != (act.event, act.image, act.was_done)
    ]
    assert other == [], "the operation log says something else than the client was told"
    done = [entry for entry in entries if entry[2] in ACME_IMAGES and entry[3] == "Success"]
    known = {act.request_id for act in journal.acts}
    in_doubt = [entry for entry in done if entry[0] not in known]
    assert len(in_doubt) <= journal.in_doubt, "acts that nobody asked for"
    shared = {
        image
        for (image,) in query(
            database_url, "SELECT i.image_id FROM images_imageshare s JOIN images_image i ON i.id = s.image_id"
        )
    }
    for image in ACME_IMAGES:
        events = [event for _request, event, of, _outcome in done if of == image]
        assert events == ["ShareImage", "UnshareImage"] * (len(events) // 2) + ["ShareImage"] * (len(events) % 2)
        assert (image in shared) == (len(events) % 2 == 1), f"{image} is shared without its entry, or the reverse"


def person_of(server: Server, username: str = "acme@example.com") -> Hand:
    return Hand(server, username)  # type: ignore[arg-type] # it has an address
