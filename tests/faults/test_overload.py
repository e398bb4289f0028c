"""Ten times as many ask as the server has room for: all wait their turn, for a time that has an end."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from benchmarks.load import Connection, request
from benchmarks.servers import cpu_seconds
from tests.faults.harness import Clients, Journal, Server, check, person_of, report, size
from tests.processes import fresh_database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# Each of the two processes answers one request at a time, and a browser has up to twelve on their way.
USUAL, AT_ONCE = 24, 240
# Nobody waits for longer than all others of their process take, a hundredth of a second each and that thrice over.
NOBODY_WAITS_LONGER = 0.03 * AT_ONCE
FLOOD_SECONDS = size(4, 230)
PAGE = "/cn-hangzhou/images/custom/"
CALL = "/?Action=DescribeRegions&Version=2020-09-30&RegionId=cn-hangzhou"


class Flood:
    """So many connections at once, each with one request after another, until the block ends."""

    def __init__(self, server: Server, cookie: str, number: int = AT_ONCE) -> None:
        headers = {"Host": "127.0.0.1", "Cookie": cookie}
        self.requests = [request("GET", PAGE, headers), request("GET", CALL, {"Host": "127.0.0.1"})]
        self.port = server.port
        self.statuses: Counter[int] = Counter()
        self.wrong: list[bytes] = []
        self.longest = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(place,)) for place in range(number)]

    def __enter__(self) -> Flood:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, place: int) -> None:
        connection = Connection(("127.0.0.1", self.port))
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                answer = connection.exchange(self.requests[place % 2])
            except OSError as error:
                self.wrong.append(repr(error).encode())
                connection.close()
                continue
            self.longest = max(self.longest, time.monotonic() - began)
            self.statuses[answer.status] += 1
            # The call is not signed: an error of its own is as good an answer as a page.
            if answer.status != (200, 401)[place % 2]:
                self.wrong.append(answer.head + answer.body[:300])
        connection.close()


def cpu_of(server: Server) -> float:
    assert server.process is not None
    return sum(cpu_seconds(number) for number in [server.process.pid, *server.workers()])


def test_ten_times_the_load_is_answered_in_turn_and_then_all_is_as_before(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path) as server,
    ):
        acme = person_of(server)
        cookie = f"sessionid={acme.session.cookies['sessionid']}"
        journal = Journal()
        with Clients(server, journal) as clients:
            clients.wait_for(20)
        cpu = cpu_of(server)
        with Flood(server, cookie, USUAL) as usual:
            time.sleep(FLOOD_SECONDS)
        usual_cost = (cpu_of(server) - cpu) / usual.statuses.total()
        before, cpu = server.memory(), cpu_of(server)
        acts, working = journal.done, Clients(server, journal)
        with Flood(server, cookie) as flood, working:
            deadline = time.monotonic() + FLOOD_SECONDS
            healthy = []
            while time.monotonic() < deadline:
                began = time.monotonic()
                assert server.health() == 200
                healthy.append(time.monotonic() - began)
                time.sleep(0.2)
            grown = server.memory() - before
        assert flood.wrong == []
        assert set(flood.statuses) == {200, 401}
        assert max(healthy) < NOBODY_WAITS_LONGER
        assert max(flood.longest, journal.longest) < NOBODY_WAITS_LONGER
        # An answer costs what it usually costs. The rate itself says less, since the clients take of the same cores.
        cost = (cpu_of(server) - cpu) / (flood.statuses.total() + journal.done - acts)
        assert cost < 1.3 * usual_cost, f"{1000 * cost:.1f} ms, else {1000 * usual_cost:.1f}"
        # A connection and an answer each; a thread and a connection to the database each would be more.
        assert grown < 30, f"{grown} MiB more"
        began = time.monotonic()
        assert acme.get(PAGE).status_code == 200
        assert time.monotonic() < began + 1
        with Clients(server, journal, number=4) as clients:
            clients.wait_for(20)
        assert journal.unavailable == 0
        check(journal, database_url)
    report("Overload", answered=flood.statuses.total(), acts=journal.done)


def test_connections_that_say_nothing_keep_nobody_waiting(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path) as server,
    ):
        silent = [socket.create_connection(("127.0.0.1", server.port)) for _number in range(50)]
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _number: server.health(), range(32)))
        # All of them are still there: nobody waited until the server was tired of them.
        for connection in silent:
            connection.settimeout(0)
            with pytest.raises(BlockingIOError):
                connection.recv(1)
            connection.close()
    assert answers == [200] * 32
