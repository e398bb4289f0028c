"""How single settings are read from the environment, where a line of settings.py is not enough."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def cache(name: str) -> dict[str, object]:
    """What all server processes share for a while: tables of the database, or a Redis."""
    url = env.str(name, default="")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must be redis://… or rediss://…, not {url!r}.")
    if url:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            # Seconds; somebody waits for the page.
            "OPTIONS": {"socket_connect_timeout": 5, "socket_timeout": 5},
        }
    return {
        "BACKEND": "eds_console.cache.DatabaseCache",
        "LOCATION": "console_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }


def mailer(name: str) -> dict[str, object]:
    """Where mail goes: to standard output, into a folder, or to a server that sends it."""
    url = env.str(name, default="") or "console://"
    parts = urlsplit(url)
    backends = "django.core.mail.backends"
    if parts.scheme == "console":
        return {"BACKEND": f"{backends}.console.EmailBackend"}
    if parts.scheme == "file":
        return {"BACKEND": f"{backends}.filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be console://, file:///folder, smtp://…, smtp+tls://… or smtps://…, not of {parts.scheme!r}."
        )
    return {
        "BACKEND": f"{backends}.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            # Somebody waits for the page.
            "timeout": 10,
        },
    }


def listens_on_loopback(name: str) -> bool:
    """Whether only this machine reaches the server."""
    host = _host(name)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def origin(name: str, *, https: bool, served_as: list[str]) -> str:
    """The origin by which people reach the console, for links in mails. Never taken from a request.

    Without one, behind TLS the first full name in `served_as`; else the address that the server listens on.
    """
    url = env.str(name, default="")
    if url:
        parts = urlsplit(url)
        if not _is_origin(parts):
            raise ImproperlyConfigured(f"{name} must be an origin such as https://console.example.com, not {url!r}.")
        return f"{parts.scheme}://{parts.netloc}"
    if https:
        # Behind a proxy the address that the server listens on is of no use to anybody.
        for host in served_as:
            if "." in host.strip(".") and not host.startswith((".", "*", "127.")):
                return f"https://{host}"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(_host("HOST"), _host("HOST"))  # noqa: S104 - nothing is bound
    address = f"[{host}]" if ":" in host else host
    return f"{'https' if https else 'http'}://{address}:{env.str('PORT', default='') or 8000}"


def _host(name: str) -> str:
    return (env.str(name, default="") or "127.0.0.1").strip("[]")


def _is_origin(parts: SplitResult) -> bool:
    try:
        # The port is looked at when it is asked for.
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and has_host
        and not any(character.isspace() for character in parts.netloc)
        and "@" not in parts.netloc
        and parts.path in {"", "/"}
        and not parts.query
        and not parts.fragment
    )
