"""The database itself refuses to change or remove an entry of the operation log, whoever asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REFUSAL = "The operation log only grows: an entry is neither changed nor removed."

# A database keeps this SQL, and `problems` compares it. A change of it needs a migration that makes the triggers anew.
NAMES = {
    "sqlite": ("audit_entry_no_update", "audit_entry_no_delete", "audit_entry_no_replace"),
    "postgresql": ("audit_entry_final", "audit_entry_no_truncate"),
}

CREATE = {
    "sqlite": [
        f"""CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
        f"""CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
        # INSERT OR REPLACE removes the old row without the trigger above.
        f"""CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry
            WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",  # noqa: S608 - nothing in it is anybody's input
    ],
    "postgresql": [
        f"""CREATE FUNCTION audit_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
            END $$""",
        """CREATE TRIGGER audit_entry_final BEFORE UPDATE OR DELETE ON audit_entry
           FOR EACH ROW EXECUTE FUNCTION audit_entry_is_final()""",
        """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
           FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_final()""",
    ],
}

DROP = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {name}" for name in NAMES["sqlite"]],
    "postgresql": [
        *(f"DROP TRIGGER IF EXISTS {name} ON audit_entry" for name in NAMES["postgresql"]),
        "DROP FUNCTION IF EXISTS audit_entry_is_final()",
    ],
}


# The triggers in PostgreSQL's own words. The function says what they do.
POSTGRESQL_DEFINITIONS = {
    "audit_entry_final": "CREATE TRIGGER audit_entry_final BEFORE DELETE OR UPDATE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_entry_is_final()",
    "audit_entry_no_truncate": "CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_is_final()",
}
POSTGRESQL_BODY = CREATE["postgresql"][0].split("$$")[1]


def create(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def drop(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def problems(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """A sentence for each way in which the database no longer refuses what it should, or does more than that."""
    expected, found = (_sqlite if connection.vendor == "sqlite" else _postgresql)(connection)
    for name, sql in expected.items():
        if name not in found:
            yield f"{name}: it is not there, so the operation log can be changed"
        elif _words(found[name]) != _words(sql):
            yield f"{name}: its SQL is not what was created, so the operation log may be changed: {_words(found[name])}"
    for name in sorted(found.keys() - expected.keys()):
        yield f"{name}: it is none of ours, and acts on the operation log: {_words(found[name])}"


def _words(sql: str) -> str:
    return " ".join(sql.split())


def _sqlite(connection: BaseDatabaseWrapper) -> tuple[dict[str, str], dict[str, str]]:
    expected = dict(zip(NAMES["sqlite"], CREATE["sqlite"], strict=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'")
        found = dict(cursor.fetchall())
    return _named("trigger", expected), _named("trigger", found)


# Switched off is as good as gone: only "origin" and "always" fire for an ordinary session.
POSTGRESQL_TRIGGERS = """
    SELECT tgname, pg_get_triggerdef(oid, true) FROM pg_trigger
    WHERE tgrelid = 'audit_entry'::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')
"""
POSTGRESQL_FUNCTIONS = """
    SELECT DISTINCT p.proname, p.prosrc FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid
    WHERE t.tgrelid = 'audit_entry'::regclass AND NOT t.tgisinternal
"""
POSTGRESQL_RULES = "SELECT rulename, definition FROM pg_rules WHERE tablename = 'audit_entry'"


def _postgresql(connection: BaseDatabaseWrapper) -> tuple[dict[str, str], dict[str, str]]:
    expected = _named("trigger", POSTGRESQL_DEFINITIONS) | {"function audit_entry_is_final": POSTGRESQL_BODY}
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        queries = (("trigger", POSTGRESQL_TRIGGERS), ("function", POSTGRESQL_FUNCTIONS), ("rule", POSTGRESQL_RULES))
        for kind, query in queries:
            cursor.execute(query)
            found |= _named(kind, dict(cursor.fetchall()))
        # As a replica a session fires none of them.
        cursor.execute("SHOW session_replication_role")
        role = cursor.fetchone()[0]
    return expected, found if role != "replica" else {f"setting session_replication_role = {role}": role}


def _named(kind: str, sql: dict[str, str]) -> dict[str, str]:
    return {f"{kind} {name}": text for name, text in sql.items()}
