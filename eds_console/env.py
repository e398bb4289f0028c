"""How a setting is read from the environment, and how some become the dictionaries that Django wants.

`eds_console.variables` has the rows. A value that cannot be read stops the start with a sentence.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.checks.security.base import (
    SECRET_KEY_INSECURE_PREFIX,
    SECRET_KEY_MIN_LENGTH,
    SECRET_KEY_MIN_UNIQUE_CHARACTERS,
)
from django.core.exceptions import ImproperlyConfigured

# A kind turns the text of a variable into its value. It raises ValueError with the rest of a sentence: "must be …".
type Kind = Callable[[str], Any]

# More seconds than this (eleven days) fit neither a time-out of PostgreSQL nor, far above, a date.
MAXIMUM = 1_000_000


@dataclass(frozen=True)
class Variable:
    """One setting. A default that follows from other settings is a function, and `default_help` describes it."""

    name: str
    default: Any
    kind: Kind
    help: str
    default_help: str = ""
    # The text is secret or may hold a password, so no error repeats it.
    is_secret: bool = False
    # An empty text counts as a variable that is not set, except here, where it is refused.
    may_be_empty: bool = True

    def documented_default(self) -> str:
        if self.default_help:
            return self.default_help
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        text = ",".join(self.default) if isinstance(self.default, list) else str(self.default)
        return f"`{text}`" if text else "none"


class Environment:
    """The settings by name: `env("PORT")` is a number."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        self.variables = {variable.name: variable for variable in variables}

    def __call__(self, name: str) -> Any:
        variable = self.variables[name]
        text = os.environ.get(name)
        if text is None or (not text and variable.may_be_empty):
            return variable.default() if callable(variable.default) else variable.default
        try:
            return variable.kind(text)
        except ValueError as error:
            given = "" if variable.is_secret else f", not {text!r}"
            raise ImproperlyConfigured(f"{name} {error}{given}.") from None

    def table(self) -> str:
        """The rows of the table in docs/deploy.md."""
        return "".join(
            f"| `{variable.name}` | {variable.documented_default()} | {variable.help} |\n"
            for variable in self.variables.values()
        )


# The kinds.


def text(value: str) -> str:
    return value


def texts(value: str) -> list[str]:
    return [part for part in value.split(",") if part]


def switch(value: str) -> bool:
    word = value.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError("must be 1 or 0")


def number(minimum: float, maximum: float = MAXIMUM) -> Kind:
    def read(value: str) -> float:
        try:
            read = float(value)
        except ValueError:
            raise ValueError("must be a number") from None
        # "nan" is neither at least the minimum nor below it.
        if not read >= minimum:
            raise ValueError(f"must be at least {minimum:g}")
        if read > maximum:
            raise ValueError(f"must be at most {maximum}")
        return read

    return read


def whole_number(minimum: int, maximum: int = MAXIMUM) -> Kind:
    in_range = number(minimum, maximum)

    def read(value: str) -> int:
        if not re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
            raise ValueError("must be a whole number")
        return int(in_range(value))

    return read


def one_of(*choices: str) -> Kind:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return value

    return read


def origin(value: str) -> str:
    parts = _split(value)
    try:
        # The port is read when it is asked for.
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    rest = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    has_space = any(character.isspace() for character in parts.netloc)
    if parts.scheme not in {"http", "https"} or not has_host or rest or has_space:
        raise ValueError("must be an origin such as https://console.example.com")
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on this host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def usual_origin(*, https: bool, served_as: list[str], host: str, port: int) -> str:
    """The origin by which people reach the console where none is set. It is never taken from a request.

    Behind TLS it is the first full name of `served_as`, else the address that the server listens on.
    """
    if https:
        # Behind a proxy nobody reaches the address that the server listens on.
        for name in served_as:
            if "." in name.strip(".") and not name.startswith((".", "*", "127.")):
                return f"https://{name}"
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host.strip("[]"), host.strip("[]"))  # noqa: S104 - not bound
    return f"{'https' if https else 'http'}://{f'[{address}]' if ':' in address else address}:{port}"


def fernet_keys(value: str) -> list[str]:
    keys = [key.strip() for key in value.split(",") if key.strip()]
    try:
        for key in keys:
            Fernet(key)
    except ValueError:
        keys = []
    if not keys:
        raise ValueError("must be Fernet keys (32 bytes in URL-safe base64), separated by commas")
    return keys


def database_url(value: str) -> str:
    if not value.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise ValueError("must be sqlite:///… or postgres://…")
    hosts = _split(value).netloc.rpartition("@")[2].split(",")
    # The colons within the brackets of an IPv6 address are no port's.
    ports = [port for host in hosts if (port := host.rpartition("]")[2].partition(":")[2])]
    if not all(re.fullmatch(r"[0-9]{1,5}", port) for port in ports):
        raise ValueError("must have a number as each port")
    if ports and len(ports) < len(hosts):
        # PostgreSQL's library would use a single port for all hosts.
        raise ValueError("must name a port for each of its hosts, or for none")
    return value


def cache_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("must be redis://… or rediss://…")
    _check_port(value)
    return value


# The port where the URL names none; None where mail leaves no machine.
_MAIL_PORTS = {"console": None, "file": None, "smtp": 25, "smtps": 465, "smtp+tls": 587}


def mail_url(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in _MAIL_PORTS or (_MAIL_PORTS[parts.scheme] and not parts.hostname):
        raise ValueError("must be console://, file:///folder, smtp://…, smtp+tls://… or smtps://…")
    _check_port(value)
    return value


def _check_port(url: str) -> None:
    parts = _split(url)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must have a number from 0 to 65535 as its port") from None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise ValueError("must be a URL with an IPv6 address in brackets, or with none") from None


def secret_key(value: str) -> str:
    """A key that `manage.py check --deploy` does not warn of: a person who guesses it can sign their own sessions."""
    if (
        len(value) < SECRET_KEY_MIN_LENGTH
        or len(set(value)) < SECRET_KEY_MIN_UNIQUE_CHARACTERS
        or value.startswith(SECRET_KEY_INSECURE_PREFIX)
    ):
        raise ValueError(
            f"must be a random text of at least {SECRET_KEY_MIN_LENGTH} characters, "
            f"{SECRET_KEY_MIN_UNIQUE_CHARACTERS} of them different; docs/deploy.md says how to make one, "
            "and how to keep what a shorter one has encrypted"
        )
    return value


def fernet_key_from(secret_key: str) -> str:
    """The key for the secrets of AccessKeys where none is set."""
    return base64.urlsafe_b64encode(
        hashlib.sha256(f"ACCESS_KEY_ENCRYPTION_KEYS:{secret_key}".encode()).digest()
    ).decode()


# These functions turn a URL into the settings that Django wants in its place.


def cache(url: str) -> dict[str, object]:
    """All server processes share this cache for a while: a Redis or, without a URL, tables of the database."""
    if url:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            # In seconds. Somebody waits for the page.
            "OPTIONS": {"socket_connect_timeout": 5, "socket_timeout": 5},
        }
    return {
        "BACKEND": "plumbing.cache.DatabaseCache",
        "LOCATION": "console_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }


def mailer(url: str) -> dict[str, object]:
    """Where mail goes: to standard output, into a folder, or to a server that sends it."""
    parts = urlsplit(url)
    backends = "django.core.mail.backends"
    if parts.scheme == "console":
        return {"BACKEND": f"{backends}.console.EmailBackend"}
    if parts.scheme == "file":
        return {"BACKEND": f"{backends}.filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
    return {
        "BACKEND": f"{backends}.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or _MAIL_PORTS[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            # In seconds. Somebody waits for the page.
            "timeout": 10,
        },
    }


def database(url: str, *, timeout: float, connect_timeout: float, prepared_statements: bool) -> dict[str, Any]:
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        if settings["NAME"] != ":memory:":
            Path(str(settings["NAME"])).parent.mkdir(parents=True, exist_ok=True)
        settings["ENGINE"] = "plumbing.sqlite"
        settings["OPTIONS"] = {
            # A write transaction takes SQLite's one write lock from its start, so what the sharing rules read
            # under it stays true until the commit, as the row lock does on PostgreSQL.
            "transaction_mode": "IMMEDIATE",
            # Seconds that a writer waits for its turn. There is always an end to that.
            "timeout": timeout or 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        settings["ENGINE"] = "plumbing.postgresql"
        settings["HOST"] = re.sub(r"[\[\]]", "", str(settings["HOST"]))
        # A pooler that gives each transaction another connection loses both.
        settings.setdefault("DISABLE_SERVER_SIDE_CURSORS", not prepared_statements)
        settings["OPTIONS"] = {
            # `plumbing.postgresql` prepares some statements, at their first use; None is never.
            "prepare_threshold": 0 if prepared_statements else None,
            **_bounded_waiting(timeout, connect_timeout),
            **settings.get("OPTIONS", {}),
        }
    # A connection is kept for the requests to come: opening one costs as much as a simple request.
    settings["CONN_MAX_AGE"] = 600
    settings["CONN_HEALTH_CHECKS"] = True
    return settings


def _bounded_waiting(timeout: float, connect_timeout: float) -> dict[str, object]:
    """How long PostgreSQL is waited for: to connect, and for each statement, with the locks that it waits for."""
    options: dict[str, object] = {"connect_timeout": int(connect_timeout)}
    if timeout:
        milliseconds = int(timeout * 1000)
        options["options"] = (
            f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={2 * milliseconds}"
        )
        # For a server that is gone without a word, and for one that hangs and cannot keep its own time-out.
        options["tcp_user_timeout"] = milliseconds
        options["longest_wait"] = timeout + 1
    return options
