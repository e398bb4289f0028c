"""What is made once before the server's processes part: they share it, and the garbage collector looks at none of it.

Else each process compiles the templates at its first requests, with somebody waiting, and the collector goes through
some hundred thousand objects again and again that live as long as the process: a tenth of a page's time, and the
worst of it all at once.
"""

from __future__ import annotations

import gc
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.urls import get_resolver

from eds_console.jinja import environment_in


def warm() -> None:
    """Read the URLs and compile the console's templates, then take all that there is out of the collector's sight."""
    _ = get_resolver().reverse_dict
    for engine in engines.all():
        for folder in engine.dirs:
            for path in sorted(Path(folder).rglob("*.html")):
                engine.get_template(str(path.relative_to(folder)))
    for language, _name in settings.LANGUAGES:
        environment = environment_in(language)
        for name in environment.list_templates(extensions=["jinja"]):
            environment.get_template(name)
    gc.collect()
    gc.freeze()
