"""What people type or paste, as they mean it: characters that nobody sees are no part of it."""

from __future__ import annotations

import re
import unicodedata


def without_invisible(text: str) -> str:
    """The text without format characters (such as U+200B or U+FEFF), and without space around it."""
    return "".join(character for character in text if unicodedata.category(character) != "Cf").strip()


def logon_name(text: str) -> str:
    """A logon name as it is kept: people sign in with it in capitals too."""
    return without_invisible(text).lower()


def search_terms(text: str) -> list[str]:
    """What a search for an ID or a name may mean, the likeliest first. Empty if nothing was entered."""
    term = without_invisible(text)
    digits = re.sub(r"[\s-]", "", term)
    # An account ID is often pasted in groups of four digits. IDs and logon names are kept in small letters.
    terms = [term, digits] if digits.isdecimal() else [term, term.lower(), text.strip()]
    return list(dict.fromkeys(found for found in terms if found))
