"""The primary is killed under load, its synchronous standby promoted, and the console goes on by itself."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from accounts.demo import ACME
from tests.faults.harness import CLIENTS, Clients, Journal, Server, check, person_of, postgresql_only, report, size
from tests.faults.postgres import Postgres, postgres, with_demo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, postgresql_only]

TIMES = size(1, 12)
BOUNDED = {"DATABASE_TIMEOUT": "2", "DATABASE_CONNECT_TIMEOUT": "2"}
SYNCHRONOUS = {"synchronous_standby_names": "*", "synchronous_commit": "on"}


def either(one: Postgres, other: Postgres) -> str:
    """The URL of whichever of them takes writes."""
    return f"postgres://postgres@{one.hosts},{other.hosts}/console?target_session_attrs=read-write"


def wait_for_standby(primary: Postgres) -> None:
    """Until the primary waits for it with each commit."""
    primary.wait_for("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")


def test_no_acknowledged_share_is_lost_with_the_primary(tmp_path: Path, demo_database: str) -> None:
    journal = Journal()
    for _time in range(TIMES):
        with ExitStack() as stack:
            primary = stack.enter_context(with_demo(demo_database))
            standby = stack.enter_context(postgres())
            standby.follow(primary)
            standby.start()
            primary.reload(**SYNCHRONOUS)
            wait_for_standby(primary)
            server = stack.enter_context(Server(either(primary, standby), tmp_path, **BOUNDED))
            acme = person_of(server)
            # One share is the demo's, so the clients are in each other's way.
            limit = 1 + CLIENTS // 2
            primary.sql(f"UPDATE accounts_account SET share_limit = {limit} WHERE account_id = '{ACME}'", "console")
            journal = Journal()
            with Clients(server, journal) as clients:
                clients.wait_for(40)
                # As if nothing got through to it any more; what is on its way is lost with it and not read later.
                standby.signal(signal.SIGSTOP)
                clients.wait_for_trouble(or_acts=40)
                primary.kill()
                standby.kill()
                standby.start()
                standby.promote()
                clients.wait_for(40)
            check(journal, standby.url())
            assert acme.get("/cn-hangzhou/images/custom/").status_code == 200
            shares = standby.sql(f"SELECT count(*) FROM images_imageshare WHERE owner_id = '{ACME}'", "console")
            assert shares[0][0] <= limit
            assert "invariants hold" in server.manage("verify")
        report("Primary killed", faults=1, acts=journal.done, unavailable=journal.unavailable)


def test_a_primary_that_becomes_a_standby_is_left_by_itself(tmp_path: Path, demo_database: str) -> None:
    """Its connections are there, and it answers, but takes no writes."""
    journal = Journal()
    with (
        with_demo(demo_database) as first,
        postgres() as second,
    ):
        second.follow(first)
        second.start()
        with Server(either(first, second), tmp_path, **BOUNDED) as server:
            with Clients(server, journal) as clients:
                clients.wait_for(20)
            again = Clients(server, journal)
            place = first.sql("SELECT pg_current_wal_lsn()::text")[0][0]
            second.wait_for(f"SELECT pg_last_wal_replay_lsn() >= '{place}'")
            first.reload(default_transaction_read_only="on")
            first.wait_for("SHOW transaction_read_only", is_now="on")
            second.promote()
            with again as clients:
                clients.wait_for(100)
            # Each connection is looked at before it is used, so nobody even heard of it.
            assert (journal.unavailable, journal.wrong) == (0, [])
            check(journal, second.url())
    report("Primary left", faults=1, acts=journal.done, unavailable=journal.unavailable)
