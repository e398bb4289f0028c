from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from api.docs import api_docs


class Command(BaseCommand):
    help = "Write docs/api.md from the API's own tables."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "api.md").write_text(api_docs(), encoding="utf-8")
