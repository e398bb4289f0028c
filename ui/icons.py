"""Icons of lucide, drawn once in each page and used by reference."""

from __future__ import annotations

import re
from functools import cache

from lucide.jinja import lucide
from markupsafe import Markup

# The product's own mark: a screen with a cloud on it.
MARK = (
    '<symbol id="i-mark" viewBox="0 0 24 24"><path fill-rule="evenodd" d="M4 1h16a3 3 0 0 1 3 3v11a3 3 0 0 1-3 '
    "3h-5v2h2v2H7v-2h2v-2H4a3 3 0 0 1-3-3V4a3 3 0 0 1 3-3Zm3.6 12.5h8.6a3 3 0 0 0 .5-5.96A4.6 4.6 0 0 0 8 6.6a3.5 "
    '3.5 0 0 0-.4 6.9Z"/></symbol>'
)
# The name that templates use, and the name that lucide gives the drawing.
DRAWINGS = {
    "bell": "bell",
    "caret": "chevron-down",
    "clock": "clock",
    "copy": "copy",
    "down": "arrow-down",
    "dots": "ellipsis",
    "filter": "funnel",
    "gear": "sliders-horizontal",
    "help": "circle-question-mark",
    "home": "layout-dashboard",
    "image": "disc-3",
    "info": "info",
    "key": "key-round",
    "left": "chevron-left",
    "lock": "lock",
    "log": "scroll-text",
    "menu": "menu",
    "okay": "circle-check",
    "people": "users-round",
    "pin": "map-pin",
    "refresh": "refresh-cw",
    "right": "chevron-right",
    "screen": "monitor",
    "search": "search",
    "share": "share-2",
    "shield": "shield-check",
    "template": "layout-template",
    "theme": "sun-moon",
    "up": "arrow-up",
    "updown": "arrow-up-down",
    "user": "user-round",
    "warn": "triangle-alert",
    "x": "x",
}


@cache
def sprite() -> Markup:
    """Every icon as an SVG symbol. The frame of a page has it once."""
    symbols = (_symbol(name, drawing) for name, drawing in DRAWINGS.items())
    return Markup(f'<svg class="sprite" aria-hidden="true">{MARK}{"".join(symbols)}</svg>')  # noqa: S704 - our own text


@cache
def icon(name: str, css_class: str = "") -> Markup:
    """A reference to the icon of that name. Raises KeyError for a name that the sprite does not have."""
    if name != "mark":
        DRAWINGS[name]
    css = f' class="{css_class}"' if css_class else ""
    return Markup(f'<svg{css} aria-hidden="true"><use href="#i-{name}"/></svg>')  # noqa: S704 - our own text


def _symbol(name: str, drawing: str) -> str:
    inner = re.sub(r"^<svg[^>]*>|</svg>$", "", str(lucide(drawing, size=None)).strip())
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{re.sub(r">\s+<", "><", inner.strip())}</symbol>'
