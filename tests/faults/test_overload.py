"""Ten times as many ask as the server can answer at once: it says so early, and recovers."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from benchmarks.load import Connection, request
from tests.faults.harness import Clients, Journal, Server, check, person_of, report, says_unavailable, size
from tests.processes import SECONDS, fresh_database
from tests.test_operations import sample

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# With two processes of four threads, and eight that may wait for each, 24 requests are in the house at most.
QUEUE = 8
AT_ONCE = 240
FLOOD_SECONDS = size(4, 230)
PAGE = "/cn-hangzhou/images/custom/"
CALL = "/?Action=DescribeRegions&Version=2020-09-30&RegionId=cn-hangzhou"


class Flood:
    """So many connections at once, each with one request after another, until the block ends."""

    def __init__(self, server: Server, cookie: str) -> None:
        headers = {"Host": "127.0.0.1", "Cookie": cookie}
        self.requests = [request("GET", PAGE, headers), request("GET", CALL, {"Host": "127.0.0.1"})]
        self.port = server.port
        self.statuses: Counter[int] = Counter()
        self.wrong: list[bytes] = []
        self.longest = 0.0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(place,)) for place in range(AT_ONCE)]

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
            is_refusal = answer.status == 503 and says_unavailable(answer) and b"retry-after" in answer.head.lower()
            if not is_refusal and answer.status != (200, 401)[place % 2]:
                self.wrong.append(answer.head + answer.body[:300])
        connection.close()


def test_ten_times_the_load_is_refused_early_and_then_all_is_answered_again(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path, WEB_QUEUE=str(QUEUE), METRICS_TOKEN="right") as server,
    ):
        acme = person_of(server)
        cookie = f"sessionid={acme.session.cookies['sessionid']}"
        journal = Journal()
        with Clients(server, journal) as clients:
            clients.wait_for(20)
        before = server.memory()
        working = Clients(server, journal)
        with Flood(server, cookie) as flood, working:
            deadline = time.monotonic() + FLOOD_SECONDS
            healthy = 0
            while time.monotonic() < deadline:
                healthy += server.health() == 200
                time.sleep(0.2)
            grown = server.memory() - before
        assert flood.wrong == []
        assert healthy > 0
        assert flood.statuses[503] > flood.statuses[200] > 0
        assert flood.statuses[401] > 0
        # What a thread, a connection and a page take; 240 requests that wait with all that they need would be more.
        assert grown < 60, f"{grown} MiB more"
        metrics = requests.get(
            f"{server.address}/metrics/", headers={"Authorization": "Bearer right"}, timeout=SECONDS
        ).text
        assert sample(metrics, "eds_refused_requests_total") >= flood.statuses[503]
        with Clients(server, journal, number=4) as clients:
            unavailable = journal.unavailable
            clients.wait_for(20)
            assert journal.unavailable == unavailable
        check(journal, database_url)
        assert acme.get(PAGE).status_code == 200
    report(
        "Overload", answered=flood.statuses[200] + flood.statuses[401], refused=flood.statuses[503], acts=journal.done
    )


def test_who_is_refused_reads_it_in_their_own_language_and_inside_a_dialog(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path, WEB_QUEUE="1", WEB_WORKERS="1") as server,
    ):
        cookie = f"sessionid={person_of(server).session.cookies['sessionid']}"

        def refused(**headers: str) -> requests.Response:
            while True:
                answer = requests.get(server.address + PAGE, headers=headers, timeout=SECONDS)
                if answer.status_code == 503:
                    return answer

        with Flood(server, cookie):
            page, chinese, dialog = (
                refused(),
                refused(**{"Accept-Language": "zh-CN,zh;q=0.9"}),
                refused(**{"HX-Request": "true"}),
            )
    assert "The console is very busy just now" in page.text
    assert "console." in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["X-Request-Id"]
    assert 'lang="zh-hans"' in chinese.text
    assert "<html" not in dialog.text
    assert "very busy" in dialog.text


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
