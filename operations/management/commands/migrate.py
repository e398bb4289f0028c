from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from plumbing.migrations import whole_migrations


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        whole_migrations()
        return super().handle(*args, **options)
