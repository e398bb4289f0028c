"""Every URL that there is, with the IDs of whatever somebody wants to reach."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB")
# `<int:entry>` of a path, `(?P<key>.+)` of a regular expression.
PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
# What stands for everything else of the admin site.
ANYTHING_ELSE = "/admin/(?P<url>.*)$"


def routes(patterns: list[Any] | None = None, prefix: str = "/") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def url_of(route: str, ids: Mapping[str, object]) -> str:
    """The route with IDs in it; a KeyError for a part that nobody has thought of yet."""
    if route.startswith("/admin/"):
        # Support staff's pages go by the number of a row.
        ids = {**ids, "image": ids["object_id"]}
    return PART.sub(lambda match: str(ids[match[1] or match[2]]), route).removesuffix("$")


def parts_of(route: str) -> set[str]:
    return {match[1] or match[2] for match in PART.finditer(route)}
