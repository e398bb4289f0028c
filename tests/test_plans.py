"""Plans that PostgreSQL keeps for all values: they read by index whatever the values, and outlive a migration."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from io import StringIO
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone

from accounts.models import AccessKey, Account, User
from audit.models import NEWEST, Door, Entry
from plumbing.prepared import Prepared, keeping_plans, prepared, prepared_with_plan

if TYPE_CHECKING:
    from django.db.models import QuerySet

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps plans by itself")


def _with_plan() -> dict[str, Prepared[Any]]:
    queries = (
        value
        for module in list(sys.modules.values())
        for value in list(vars(module).values())
        if isinstance(value, Prepared) and value.one_plan
    )
    named = {f"{query.build.__module__}.{query.build.__name__}": query for query in queries}
    return {name: query for name, query in named.items() if not name.startswith("tests.")}


def _fill_in_what_seed_scale_leaves_out() -> None:
    users = User.objects.all()
    AccessKey.objects.bulk_create(AccessKey(user=user, access_key_id=f"key{user.pk}") for user in users)
    now = timezone.now()
    Session.objects.bulk_create(Session(session_key=f"session{user.pk}", expire_date=now) for user in users)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.django_db
def test_the_kept_plans_read_by_conditions_on_indexes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.management.commands.seed_scale.VACUUM", "ANALYZE")
    call_command("seed_scale", images=3000, accounts=1000, stdout=StringIO())
    _fill_in_what_seed_scale_leaves_out()
    import_module("eds_console.urls")
    queries = _with_plan()
    assert queries.keys() > {"images.models.share._facts", "api.signing._with_user"}
    for name, query in queries.items():
        sql, _values = query.queryset.query.get_compiler(using="default").as_sql()
        numbers = count(1)
        with connection.cursor() as cursor:
            # Of a few thousand rows PostgreSQL rightly reads all; asked to avoid that, it shows what it can do.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN (GENERIC_PLAN) " + re.sub("%s", lambda _, n=numbers: f"${next(n)}", sql))
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Seq Scan" not in plan, f"{name}\n{plan}"
        assert len(re.findall(r"Index (?:Only )?Scan", plan)) == plan.count("Index Cond"), f"{name}\n{plan}"


def test_the_newest_entries_are_read_by_the_index_of_a_log_that_is_taken_for_short(db: None) -> None:
    """A plan that is made while nothing is in it, or nothing is known of it, serves when much is."""
    with connection.cursor() as cursor:
        # One that no other test has filled. It is found before the log itself.
        cursor.execute("CREATE TEMPORARY TABLE audit_entry (LIKE audit_entry INCLUDING ALL)")
    for entries in (0, 3000):
        Entry.objects.bulk_create(Entry(event="ShareImage", outcome="Success", door=Door.API) for _ in range(entries))
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {NEWEST}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "Index Scan Backward using audit_entry_pkey" in plan, plan


@prepared_with_plan
def by_key(account_id: str) -> QuerySet[Account]:
    return Account.objects.filter(pk=account_id)


@prepared
def by_name(name: str) -> QuerySet[Account]:
    return Account.objects.filter(name=name)


def _kept() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db
def test_only_what_says_so_is_kept(acme: Account, globex: Account) -> None:
    before = len(_kept())
    for account in (acme, globex, acme):
        assert by_key(account.pk) == [account]
        assert by_name(account.name) == [account]
        assert Account.objects.get(pk=account.pk) == account
    assert len(_kept()) == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_looked_at_where_plans_are_kept(acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert by_key(acme.pk) == [acme]
    for session in ("any", "read-write"):
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "target_session_attrs", session)
        with keeping_plans(connection):
            assert connection.is_usable()


@pytest.mark.django_db(transaction=True)
def test_plans_are_kept_by_each_connection_and_an_error_ends_none(acme: Account) -> None:
    with keeping_plans(connection), pytest.raises(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")
    for _ in range(2):
        assert by_key(acme.pk) == [acme]
        assert [statement for statement in _kept() if "accounts_account" in statement]
        connection.close()
        # What opens the connection is not kept yet.
        assert by_name(acme.name) == [acme]


def _widen_name(length: int) -> None:
    """As `manage.py migrate` does in a process of its own."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute(f"ALTER TABLE accounts_account ALTER COLUMN name TYPE varchar({length})")
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_changes_a_column_is_noticed(acme: Account) -> None:
    assert by_key(acme.pk) == [acme]
    try:
        _widen_name(300)
        assert by_key(acme.pk) == [acme]
        assert by_key(acme.pk) == [acme]
        _widen_name(301)
        # A transaction has seen something else already, so it cannot begin anew.
        with pytest.raises(OperationalError), transaction.atomic():
            by_key(acme.pk)
        assert by_key(acme.pk) == [acme]
    finally:
        _widen_name(128)
