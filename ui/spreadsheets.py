"""CSV that spreadsheets show as it was meant, and that programs can read.

- The file begins with a byte order mark, since without one Excel takes Chinese for another encoding.
- A cell is text for a spreadsheet where it would be taken for a formula, or for a number that loses digits: an
  apostrophe stands before it. Excel and LibreOffice keep such a cell as text, apostrophe included.
- A program takes one apostrophe away from the beginning of a cell that has one. So one that begins a text is doubled.
"""

from __future__ import annotations

import csv
import json
import re
from itertools import batched
from typing import TYPE_CHECKING, Any

from ui import entered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BYTE_ORDER_MARK = "\ufeff"
# Several lines are one piece, since each piece is compressed and sent by itself.
LINES_A_PIECE = 500
FORMULA_BEGINNINGS = tuple("=+-@＝＋－＠\t\r\n'")
# Spreadsheets keep fifteen digits of a number, no zeros before it, and take 1E5 for 100000.
LOSSY_NUMBER = re.compile(r"[0-9]{16,}|0[0-9]+|[0-9]+[eE][0-9]+")


class _Line:
    """A file for csv.writer to write to: it gives each line back."""

    def write(self, line: str) -> str:
        return line


def pieces(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The file, a piece at a time, so that it takes no more memory for more rows."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + writer.writerow(columns)
    for some in batched(rows, LINES_A_PIECE):
        yield "".join(writer.writerow([cell(value) for value in row]) for row in some)


def cell(value: Any) -> str:
    """A value as the text of a cell. Numbers are numbers, an object is JSON."""
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if _is_taken_for_another(text) else text


def _is_taken_for_another(text: str) -> bool:
    if text.startswith(FORMULA_BEGINNINGS):
        return True
    # A spreadsheet may skip invisible characters before it looks for a formula or a number.
    seen = (place for place, character in enumerate(text) if _is_seen(character))
    visible = entered.name(text[next(seen, 0) :])
    return visible.startswith(FORMULA_BEGINNINGS) or LOSSY_NUMBER.fullmatch(visible) is not None


def _is_seen(character: str) -> bool:
    return character.isprintable() and not entered.is_invisible(character)
