"""Text as people paste it: with spaces, hyphens and characters that nobody sees around an ID, or between its digits."""

from __future__ import annotations

import unicodedata

# Format characters (zero-width ones, marks of direction, soft hyphens), spaces, and ends of lines and paragraphs.
INVISIBLE_CATEGORIES = {"Cf", "Zs", "Zl", "Zp"}
# Other characters that show nothing: control characters that are white space, fillers, and selectors of how a
# character is drawn.
INVISIBLE = set("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
DIGITS = frozenset("0123456789")


def is_invisible(character: str) -> bool:
    return character in INVISIBLE or unicodedata.category(character) in INVISIBLE_CATEGORIES


def name(text: str) -> str:
    """A name or a search without invisible characters at its ends."""
    first, last = 0, len(text)
    while first < last and is_invisible(text[first]):
        first += 1
    while last > first and is_invisible(text[last - 1]):
        last -= 1
    return text[first:last]


def account_id(text: str) -> str:
    """The ID of digits that was meant: without spaces, hyphens and invisible characters around and between them.

    Text with anything else in it is only freed of what nobody sees at its ends, and is refused by whoever asks for
    digits, with the character that is none (`odd_character`).
    """
    digits = _bare(text)
    return digits if digits and DIGITS.issuperset(digits) else name(text)


def odd_character(text: str) -> str:
    """The first character that has no place in an ID of digits, as it is shown to people; empty if there is none."""
    odd = next((character for character in _bare(text) if character not in DIGITS), "")
    if not odd:
        return ""
    # One that looks like a digit is known by its number; one that cannot be shown has nothing else.
    shown = f"“{odd}”" if odd.isprintable() else ""
    return shown if odd.isascii() and shown else f"{shown} (U+{ord(odd):04X})".strip()


def _bare(text: str) -> str:
    return "".join(c for c in text if not is_invisible(c) and unicodedata.category(c) != "Pd")


def lines(text: str) -> str:
    """Text of several lines with one character at each end of a line: browsers send two, which count as two."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def logon_name(text: str) -> str:
    """A logon name as it is kept: in small letters, without characters that nobody sees."""
    return "".join(character for character in name(text) if unicodedata.category(character) != "Cf").lower()


def search_terms(text: str) -> list[str]:
    """The terms that a search for an ID or a name may mean, the likeliest first. Empty if nothing was entered."""
    term = name(text)
    # An account ID is often pasted in groups of four digits. IDs and logon names are kept in small letters.
    return list(dict.fromkeys(found for found in (term, account_id(text), logon_name(text), text.strip()) if found))
