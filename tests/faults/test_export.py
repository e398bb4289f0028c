"""The operation log of an account is exported, as long as it may be, while others work: memory stays what it was."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from accounts.demo import ACME
from tests.faults.harness import IS_POSTGRESQL, Clients, Journal, Server, check, person_of, report, size
from tests.processes import SECONDS, Hand, fresh_database

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ENTRIES = size(20_000, 1_000_000)
LOOK_EVERY = ENTRIES // 20
SECONDS_AGO = (
    "now() - n.i * interval '1 second'"
    if IS_POSTGRESQL
    else "strftime('%Y-%m-%d %H:%M:%f000', 'now', -n.i || ' seconds')"
)
FILL = f"""
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ENTRIES})
    INSERT INTO audit_entry (at, event, outcome, door, actor_name, actor_user_id, actor_account_id, account_id,
        region_id, image_id, resource_id, other_account_id, request_id, details)
    SELECT {SECONDS_AGO}, 'StartDesktops', 'Success', 'api', 'acme@example.com', '1', '{ACME}', '{ACME}',
        'cn-hangzhou', 'm-acme', 'ecd-' || n.i, '', 'filled', '{{"name": "café"}}'
    FROM n
"""


def fill(database_url: str) -> None:
    """As many entries a second apart, each as large as one of a cloud computer; past the console, so none is sealed."""
    if IS_POSTGRESQL:
        with psycopg.connect(database_url) as connection:
            connection.execute(FILL)
        return
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(FILL)


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
