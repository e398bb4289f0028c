"""A part of querysets whose `delete()` cannot go round the rules."""

from __future__ import annotations

from typing import Any

from audit.actions import all_or_nothing


class DeletedByVerb:
    """Delete each row by its own `delete()`, which is an action with rules and an entry; all of them or none."""

    def delete(self: Any) -> tuple[int, dict[str, int]]:
        with all_or_nothing():
            rows = list(self)
            for row in rows:
                row.delete()
        return len(rows), {self.model._meta.label: len(rows)}

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]
