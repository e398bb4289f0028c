"""The operation log of an account is exported, as long as it may be, while others work: it holds up nobody."""

from __future__ import annotations

import csv
import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from accounts.demo import ACME
from benchmarks.load import drive, request
from tests.faults.harness import IS_POSTGRESQL, Clients, Journal, Server, check, person_of, report, size
from tests.processes import SECONDS, Hand, fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.load import Client

pytestmark = pytest.mark.slow

ENTRIES = size(20_000, 1_000_000)
# The kernel takes some megabytes of what a client does not read.
MORE_THAN_THE_KERNEL_HOLDS = size(100_000, 1_000_000)
PAGE_SECONDS = size(2, 10)
LOOK_EVERY = ENTRIES // 20
SECONDS_AGO = (
    "now() - n.i * interval '1 second'"
    if IS_POSTGRESQL
    else "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', -n.i || ' seconds')"
)
FILL = f"""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
    INSERT INTO audit_entry (at, event, outcome, door, actor_name, actor_user_id, actor_account_id, account_id,
        region_id, image_id, resource_id, other_account_id, request_id, details)
    SELECT {SECONDS_AGO}, 'StartDesktops', 'Success', 'api', 'acme@example.com', '1', '{ACME}', '{ACME}',
        'cn-hangzhou', 'm-acme', 'ecd-' || n.i, '', 'filled', '{{"name": "café"}}'
    FROM n
"""


def fill(database_url: str, entries: int = ENTRIES) -> None:
    """As many entries a second apart, each as large as one of a cloud computer; past the console, so none is sealed."""
    if IS_POSTGRESQL:
        with psycopg.connect(database_url) as connection:
            connection.execute(FILL % entries)
        return
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(FILL % entries)


def test_a_million_entries_are_exported_in_constant_memory_while_others_share(
    tmp_path: Path, demo_database: str
) -> None:
    with fresh_database(tmp_path, like=demo_database) as database_url, Server(database_url, tmp_path) as server:
        fill(database_url)
        acme = person_of(server)
        journal = Journal()
        with Clients(server, journal) as clients:
            clients.wait_for(100)
        before, most = server.memory(), 0
        found, length = 0, 0
        with Clients(server, journal, number=2), exported(server, acme) as answer:
            for row in csv.DictReader(map(bytes.decode, answer.iter_lines(chunk_size=65536))):
                if row["request_id"] == "filled":
                    found += 1
                    # Each once and none left out: the newest first, one a second.
                    assert row["resource_id"] == f"ecd-{found}"
                    assert row["details"] == '{"name": "café"}'
                    if found % LOOK_EVERY == 0:
                        most = max(most, server.memory())
                length += 1
        assert found == ENTRIES
        assert length > ENTRIES, "what the clients did before"
        assert most - before < 30, f"{most - before} MiB more"
        check(journal, database_url)
    report("Export", entries=length, grown=max(0, most - before), acts=journal.done)


def exported(server: Server, person: Hand) -> requests.Response:
    cookies = {"sessionid": str(person.session.cookies["sessionid"])}
    answer = requests.get(f"{server.address}/logs/export/?period=all", cookies=cookies, stream=True, timeout=SECONDS)
    assert answer.status_code == 200
    return answer


@contextmanager
def slow_readers(server: Server, person: Hand, number: int) -> Iterator[list[socket.socket]]:
    """So many exports that are begun; who reads them has room for little."""
    readers: list[socket.socket] = []
    cookie = f"sessionid={person.session.cookies['sessionid']}"
    try:
        for _ in range(number):
            reader = socket.socket()
            readers.append(reader)
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            reader.settimeout(SECONDS)
            reader.connect(("127.0.0.1", server.port))
            reader.sendall(request("GET", "/logs/export/?period=all", {"Host": "127.0.0.1", "Cookie": cookie}))
        yield readers
    finally:
        for reader in readers:
            reader.close()


def test_pages_stay_quick_while_exports_are_read_slowly(tmp_path: Path, demo_database: str) -> None:
    """Two exports, of which 80 kB a second are read, and one that is not read at all."""
    with fresh_database(tmp_path, like=demo_database) as database_url, Server(database_url, tmp_path) as server:
        fill(database_url, MORE_THAN_THE_KERNEL_HOLDS)
        acme = person_of(server)
        cookie = f"sessionid={acme.session.cookies['sessionid']}"

        def page() -> Client:
            while True:
                yield request("GET", "/cn-hangzhou/images/custom/", {"Host": "127.0.0.1", "Cookie": cookie})

        def p99() -> float:
            # Several times, since the machine has other things to do; the best of them is what the server can do.
            results = [
                drive(server.port, [page(), page()], seconds=PAGE_SECONDS, expect=lambda answer: answer.status == 200)
                for _ in range(3)
            ]
            assert sum(result.unexpected for result in results) == 0
            return min(result.percentile(99) for result in results)

        p99()
        before, memory = p99(), server.memory()
        stop = threading.Event()

        def read(reader: socket.socket) -> None:
            while not stop.wait(0.2):
                assert reader.recv(16384)

        with slow_readers(server, acme, 3) as readers:
            threads = [threading.Thread(target=read, args=(reader,)) for reader in readers[:2]]
            for thread in threads:
                thread.start()
            try:
                meanwhile, grown = p99(), server.memory() - memory
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
        assert meanwhile < 5 * before, f"{1000 * meanwhile:.0f} ms, else {1000 * before:.0f}"
        assert grown < 30, f"{grown} MiB more"
    report("Slow exports", grown=max(0, grown))


def test_a_ninth_export_of_a_process_is_refused_with_a_sentence(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path, WEB_WORKERS="1") as server,
    ):
        fill(database_url, MORE_THAN_THE_KERNEL_HOLDS)
        acme = person_of(server)
        with slow_readers(server, acme, 8) as readers:
            for reader in readers:
                assert reader.recv(12) == b"HTTP/1.1 200"
            answer = acme.get("/logs/export/?period=all")
            assert answer.status_code == 503
            assert "Too many exports" in answer.text
            assert answer.headers["Retry-After"] == "60"
            assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
        deadline = time.monotonic() + SECONDS
        while acme.get("/logs/export/?period=all").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
