"""Reads from a real streaming replica, and how far it is behind."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from accounts.demo import ACME, DEMO_PASSWORD, GLOBEX
from plumbing.replica import COOKIE
from tests.faults.postgres import postgres
from tests.processes import SECONDS, Person, load_demo, production, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# It starts PostgreSQL servers of its own, whatever database the other tests have.
pytestmark = [pytest.mark.slow, pytest.mark.any_database]

DIALOG = "/cn-hangzhou/images/m-acmedemo000000001/sharing/"
RECEIVED = "/cn-hangzhou/images/shared/"


@pytest.fixture(scope="module")
def primary_and_replica() -> Iterator[tuple[str, str]]:
    """The URLs of two PostgreSQL servers with the demo data, the second of which streams from the first."""
    with postgres() as primary, postgres() as replica:
        primary.initialise()
        primary.start()
        primary.sql("CREATE DATABASE console")
        replica.follow(primary)
        replica.start()
        load_demo(production(primary.url(), REPLICA_URL=replica.url()))
        yield primary.url(), replica.url()


def _ask(url: str, query: str) -> Any:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                row = connection.execute(query).fetchone()
                return row[0] if row else None
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _wait_until_caught_up(primary: str, replica: str) -> None:
    place = _ask(primary, "SELECT pg_current_wal_lsn()")
    deadline = time.monotonic() + SECONDS
    while not _ask(replica, f"SELECT pg_last_wal_replay_lsn() >= '{place}'"):
        assert time.monotonic() < deadline, "the replica does not follow"
        time.sleep(0.05)


def _says_shared(page: str, account: str) -> bool:
    return 'hidden id="shared-' in page and f">{account}</span></form>" in page


def test_people_see_their_own_writes_at_once_and_others_when_the_replica_has_them(
    tmp_path: Path, primary_and_replica: tuple[str, str]
) -> None:
    primary, replica = primary_and_replica
    with served(primary, tmp_path, loaded=True, REPLICA_URL=replica) as console:
        _wait_until_caught_up(primary, replica)
        acme = Person(console.address, "acme@example.com", DEMO_PASSWORD)
        globex = Person(console.address, "globex@example.com", DEMO_PASSWORD)
        # The first page that somebody opens writes which region it is in.
        globex.get(RECEIVED)
        _wait_until_caught_up(primary, replica)
        assert not _says_shared(acme.get(DIALOG).text, GLOBEX)
        # From here on the replica stands still, as if it were far behind.
        _ask(replica, "SELECT pg_wal_replay_pause()")
        assert "m-acmedemo000000001" not in globex.get(RECEIVED).text
        assert acme.submit(DIALOG, DIALOG, account=GLOBEX, confirm="on").status_code == 302
        assert acme.session.cookies[COOKIE]
        assert _says_shared(acme.get(DIALOG).text, GLOBEX)
        assert "m-acmedemo000000001" not in globex.get(RECEIVED).text, "this page is not read from the replica"
        _ask(replica, "SELECT pg_wal_replay_resume()")
        _wait_until_caught_up(primary, replica)
        assert "m-acmedemo000000001" in globex.get(RECEIVED).text
        assert _says_shared(acme.get(DIALOG).text, GLOBEX)
        assert ACME in globex.get(RECEIVED).text


def test_pages_come_from_the_primary_when_the_replica_is_gone(
    tmp_path: Path, primary_and_replica: tuple[str, str]
) -> None:
    primary, _replica = primary_and_replica
    nobody = "postgres://postgres@127.0.0.1:1/console"
    with served(primary, tmp_path, loaded=True, REPLICA_URL=nobody) as console:
        acme = Person(console.address, "acme@example.com", DEMO_PASSWORD)
        assert "m-acmedemo000000001" in acme.get("/cn-hangzhou/images/custom/").text
