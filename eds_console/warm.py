"""What is made once before the server's processes part: they share it, and the garbage collector looks at none of it.

Else each process compiles the templates at its first requests, with somebody waiting, and the collector goes through
some hundred thousand objects again and again that live as long as the process: a tenth of a page's time, and the
worst of it all at once.
"""

from __future__ import annotations

import gc

from django.conf import settings
from django.template import engines
from django.urls import get_resolver

ENGINES = {".html": "django", ".jinja": "jinja2"}


def warm() -> None:
    """Read the URLs and compile the console's templates, then take all that there is out of the collector's sight."""
    get_resolver().reverse("home")
    folder = settings.BASE_DIR / "templates"
    for path in sorted(folder.rglob("*.*")):
        if engine := ENGINES.get(path.suffix):
            engines[engine].get_template(str(path.relative_to(folder)))
    gc.collect()
    gc.freeze()
