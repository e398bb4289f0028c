from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db.migrations.executor import MigrationExecutor


class Executor(MigrationExecutor):
    """Django's own, but that each migration and the note that it was applied are always one transaction.

    Django notes some of them a moment after: those with indexes and references that are made last. Who is interrupted
    in that moment is told ever after that there is such a table already.
    """

    def apply_migration(self, state: Any, migration: Any, *args: Any, **kwargs: Any) -> Any:
        apply = migration.apply

        def apply_whole(state: Any, schema_editor: Any, *rest: Any) -> Any:
            state = apply(state, schema_editor, *rest)
            while schema_editor.deferred_sql:
                schema_editor.execute(schema_editor.deferred_sql.pop(0), None)
            return state

        migration.apply = apply_whole
        return super().apply_migration(state, migration, *args, **kwargs)


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        # The command names the class itself.
        migrate.MigrationExecutor = Executor  # type: ignore[attr-defined]
        return super().handle(*args, **options)
