"""Each migration and the note that it was applied are one transaction.

Replaces: MigrationExecutor, which notes migrations with indexes and references (12 of ours) a moment after their
transaction. If a migration is interrupted in that moment, every later run says that there is such a table already.
Private names: none. `manage.py migrate` has the class in a name of its module, which `whole_migrations` replaces.
Goes when: Django notes all migrations in their transactions.
"""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor


class Executor(MigrationExecutor):
    def apply_migration(self, state: Any, migration: Any, *args: Any, **kwargs: Any) -> Any:
        apply = migration.apply

        def apply_whole(state: Any, schema_editor: Any, *rest: Any) -> Any:
            state = apply(state, schema_editor, *rest)
            while schema_editor.deferred_sql:
                schema_editor.execute(schema_editor.deferred_sql.pop(0), None)
            return state

        migration.apply = apply_whole
        return super().apply_migration(state, migration, *args, **kwargs)


def whole_migrations() -> None:
    migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]
