"""Parameters: how they are read from a request, and the types that actions declare them with.

A request has flat names and texts, from the query, a form body or both. `Name.1` is an item of a list, `Name.Key` a
field of a structure, and both may be nested.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

FORM = "application/x-www-form-urlencoded"
MAX_PARAMETERS = 2000
MAX_DEPTH = 5

# A text, or what stands below a name: {"AddAccount": {"1": "1182725234310001"}}.
type Node = str | dict[str, Node]


@dataclass(frozen=True)
class Sent:
    """The parameters of a request, decoded but not yet checked. The signatures are over these."""

    query: dict[str, str]
    form: dict[str, str]
    body: bytes

    @property
    def all(self) -> dict[str, str]:
        return {**self.query, **self.form}


def read(request: HttpRequest) -> Sent:
    """Read a request's parameters. Raises ApiError for one that is sent twice, or a body that is no form.

    RegionId may be in the query and in the body: the vendor's RPC core SDK adds its client's region to every query. The
    body's is the one that the call means, as in what that SDK signs.
    """
    body = request.body
    if body and request.content_type != FORM:
        raise ApiError(
            "UnsupportedContentType", f"The body is of the type {request.content_type or 'none'}, not {FORM}."
        )
    # WSGI hands bytes over as if they were Latin-1.
    query = _pairs(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))
    form = _pairs(body)
    for name in (query.keys() & form.keys()) - {"RegionId"}:
        raise ApiError("DuplicatedParameter", f"{name[:64]} is sent in the query and in the body.")
    return Sent(query, form, body)


def _pairs(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            encoded.decode("utf-8", "replace"), keep_blank_values=True, errors="replace", max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise ApiError("RequestTooLarge", f"A call has at most {MAX_PARAMETERS} parameters.") from None
    found: dict[str, str] = {}
    for name, text in pairs:
        if name in found:
            raise ApiError("DuplicatedParameter", f"{name[:64]} is sent twice.")
        found[name] = text
    return found


def tree(flat: Mapping[str, str]) -> dict[str, Node]:
    """Put `Name.1.Key` below `Name`."""
    root: dict[str, Node] = {}
    for name, text in flat.items():
        *above, last = name.split(".", MAX_DEPTH)
        place: Node = root
        for part in above:
            place = place.setdefault(part, {}) if isinstance(place, dict) else place
        if isinstance(place, str) or last in place:
            raise ApiError("InvalidParameter", f"{name[:64]} is sent both as one value and as several.")
        place[last] = text
    return root


@dataclass(frozen=True)
class Text:
    max_length: int = 256
    may_be_empty: bool = False

    def read(self, name: str, node: Node) -> str:
        text = _text(name, node)
        if not text and not self.may_be_empty:
            raise ApiError("InvalidParameter", f"{name} is empty.")
        if len(text) > self.max_length:
            raise ApiError("InvalidParameter", f"{name} is longer than {self.max_length} characters.")
        if "\0" in text:
            raise ApiError("InvalidParameter", f"{name} has a NUL character.")
        return text

    def __str__(self) -> str:
        return f"text, at most {self.max_length} characters"


@dataclass(frozen=True)
class Account:
    """An account's ID as text. The SDK sends an integer, which has lost the zeros that the ID began with."""

    def read(self, name: str, node: Node) -> str:
        text = Text(128).read(name, node)
        return text.zfill(16) if re.fullmatch(r"[0-9]{1,15}", text) else text

    def __str__(self) -> str:
        return "account ID, 16 digits"


@dataclass(frozen=True)
class Number:
    minimum: int = 0
    maximum: int = 2**31 - 1

    def read(self, name: str, node: Node) -> int:
        text = _text(name, node)
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise ApiError("InvalidParameter", f"{name} is not a whole number.")
        value = int(text)
        if not self.minimum <= value <= self.maximum:
            raise ApiError("InvalidParameter", f"{name} is not within {self.minimum} and {self.maximum}.")
        return value

    def __str__(self) -> str:
        limits = f", at least {self.minimum}" if self.maximum == 2**31 - 1 else f", {self.minimum} to {self.maximum}"
        return f"integer{limits}"


@dataclass(frozen=True)
class Decimal:
    def read(self, name: str, node: Node) -> float:
        text = _text(name, node)
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text):
            raise ApiError("InvalidParameter", f"{name} is not a number.")
        return float(text)

    def __str__(self) -> str:
        return "number"


@dataclass(frozen=True)
class Boolean:
    def read(self, name: str, node: Node) -> bool:
        text = _text(name, node).lower()
        if text not in {"true", "false"}:
            raise ApiError("InvalidParameter", f"{name} is neither true nor false.")
        return text == "true"

    def __str__(self) -> str:
        return "boolean"


@dataclass(frozen=True)
class OneOf:
    choices: tuple[str, ...]

    def read(self, name: str, node: Node) -> str:
        text = _text(name, node)
        if text not in self.choices:
            raise ApiError("InvalidParameter", f"{name} is none of {', '.join(self.choices)}.")
        return text

    def __str__(self) -> str:
        return "one of " + ", ".join(f"`{choice}`" for choice in self.choices)


@dataclass(frozen=True)
class ListOf:
    """A list, sent as `Name.1`, `Name.2` and so on; numbers may be left out."""

    of: Kind
    at_most: int

    def read(self, name: str, node: Node) -> list[Any]:
        if isinstance(node, str):
            raise ApiError("InvalidParameter", f"{name} is a list: send {name}.1, {name}.2 and so on.")
        if len(node) > self.at_most:
            raise ApiError("InvalidParameter", f"{name} has more than {self.at_most} items.")
        for key in node:
            if not re.fullmatch(r"[1-9][0-9]{0,8}", key):
                raise ApiError("InvalidParameter", f"{name}.{key[:32]} is no item of a list.")
        return [self.of.read(f"{name}.{key}", node[key]) for key in sorted(node, key=int)]

    def __str__(self) -> str:
        return f"list of at most {self.at_most}: {self.of}"


@dataclass(frozen=True)
class Fields:
    """A structure, sent as `Name.Key`, or as JSON where the SDK does."""

    fields: dict[str, Kind] = field(hash=False)
    as_json: bool = False

    def read(self, name: str, node: Node) -> dict[str, Any]:
        if isinstance(node, str) and self.as_json:
            node = _from_json(name, node)
        if isinstance(node, str):
            raise ApiError(
                "InvalidParameter", f"{name} is a structure: send {name}.{next(iter(self.fields))} and so on."
            )
        for key in node:
            if key not in self.fields:
                raise ApiError("UnknownParameter", f"{name} has no field {key[:64]}.")
        return {key: self.fields[key].read(f"{name}.{key}", inner) for key, inner in node.items()}

    def __str__(self) -> str:
        return "structure of " + "; ".join(f"{name}: {kind}" for name, kind in self.fields.items())


type Kind = Text | Account | Number | Decimal | Boolean | OneOf | ListOf | Fields


def _text(name: str, node: Node) -> str:
    if not isinstance(node, str):
        raise ApiError("InvalidParameter", f"{name} is one value, not several.")
    return node


def _from_json(name: str, text: str) -> dict[str, Node]:
    """The tree that flat names would have made, from an object of texts, numbers and booleans."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ApiError("InvalidParameter", f"{name} is not a JSON object.")
    node: dict[str, Node] = {}
    for key, inner in value.items():
        if inner is None:
            continue
        if isinstance(inner, (dict, list)):
            raise ApiError("InvalidParameter", f"{name}.{_legible(key)[:64]} is one value, not several.")
        node[_legible(key)] = _legible(str(inner))
    return node


def flat_json(name: str, text: str) -> dict[str, str]:
    """The flat names and texts of a JSON object. Any other text gives none."""
    try:
        node = _from_json(name, text)
    except ApiError:
        return {}
    return {f"{name}.{key}": inner for key, inner in node.items() if isinstance(inner, str)}


def _legible(text: str) -> str:
    # JSON can say half a character.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Parameter:
    """A parameter of an action.

    `note` says in a sentence what is special.

    `only` are the values that everything here has, none where nothing has one. A list that is narrowed by another value
    is empty, and an action that asks for another is refused with `code`; neither is looked at where the parameter
    `unless` is sent.

    `accepted` says why the parameter neither narrows nor changes what the call does; it is only checked for form.
    """

    name: str
    kind: Kind
    required: bool = False
    default: Any = None
    note: str = ""
    only: tuple[Any, ...] | None = None
    unless: str = ""
    code: str = "InvalidParameter"
    accepted: str = ""

    def has(self, value: Any) -> bool:
        """Whether everything here has the value."""
        if self.only is None or value is None:
            return True
        return all(one in self.only for one in (value if isinstance(value, list) else [value]))


# Parameters that every call may send beside those of its action.
PUBLIC = frozenset(
    {
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureType",
        "SignatureNonce",
        "Timestamp",
        "SecurityToken",
    }
)


def understand(parameters: tuple[Parameter, ...], flat: Mapping[str, str]) -> dict[str, Any]:
    """Every declared parameter and its value, its default or None. Raises ApiError for the first that is wrong."""
    nodes = tree({name: text for name, text in flat.items() if name not in PUBLIC})
    names = {parameter.name for parameter in parameters}
    for name in nodes:
        if name not in names:
            raise ApiError("UnknownParameter", f"The action has no parameter {name[:64]}.")
    values = {}
    for parameter in parameters:
        values[parameter.name] = parameter.default
        node = nodes.get(parameter.name)
        if parameter.required and not node:
            raise ApiError("MissingParameter", f"{parameter.name} is required.")
        if node is not None:
            values[parameter.name] = parameter.kind.read(parameter.name, node)
    return values


def unmet(parameters: tuple[Parameter, ...], values: Mapping[str, Any]) -> Parameter | None:
    """The first parameter that asks for something that nothing here has."""
    for parameter in parameters:
        if not parameter.has(values[parameter.name]) and not (parameter.unless and values[parameter.unless]):
            return parameter
    return None
