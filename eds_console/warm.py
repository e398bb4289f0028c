"""What is made once before the server's processes part: they share it, and the garbage collector looks at none of it.

Else each process compiles the templates at its first requests, with somebody waiting, and the collector goes through
some hundred thousand objects again and again that live as long as the process: a tenth of a page's time, and the
worst of it all at once.
"""

from __future__ import annotations

import gc
from pathlib import Path

from django.template import engines
from django.urls import get_resolver

# The templates of each engine.
WRITTEN_FOR = {"django": "*.html", "jinja2": "*.jinja"}


def warm() -> None:
    """Read the URLs and compile the console's templates, then take all that there is out of the collector's sight."""
    _ = get_resolver().reverse_dict
    for engine in engines.all():
        for folder in engine.dirs:
            for path in sorted(Path(folder).rglob(WRITTEN_FOR[engine.name])):
                engine.get_template(str(path.relative_to(folder)))
    gc.collect()
    gc.freeze()
