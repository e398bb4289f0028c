"""Every setting that comes from the environment, one row each: settings, docs and errors are made from it.

A new setting is a row here and `env("NAME")` in settings.py (or in gunicorn.conf.py, if it is the server's).
Then `python -m eds_console.variables` writes the table of docs/deploy.md anew.
"""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from eds_console.env import (
    Environment,
    Variable,
    cache_url,
    database_url,
    fernet_key_from,
    fernet_keys,
    is_loopback,
    mail_url,
    number,
    one_of,
    origin,
    secret_key,
    switch,
    text,
    texts,
    usual_origin,
    whole_number,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

TABLE_HEAD = "| name | default | what it is |\n| --- | --- | --- |\n"


def _developers_key() -> str:
    if not env("DEBUG"):
        raise ImproperlyConfigured("Set SECRET_KEY to a long random text, or DEBUG=1 on a developer's machine.")
    # `make run` keeps one, and manage.py reads what that key has sealed and encrypted.
    kept = VAR_DIR / "secret_key"
    return (kept.read_text().strip() if kept.exists() else "") or "only-for-a-developers-machine-" * 2


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "SECRET_KEY",
        default=_developers_key,
        kind=lambda value: value if env("DEBUG") else secret_key(value),
        help="Signs sessions and forms. Where `DEBUG` is off, the start is refused without it, and with one of fewer"
        " than 50 characters or of fewer than 5 different ones. Keep it: a new one signs everybody out",
        default_help="none",
        is_secret=True,
    ),
    Variable(
        "ACCESS_KEY_ENCRYPTION_KEYS",
        default=lambda: [fernet_key_from(env("SECRET_KEY"))],
        kind=fernet_keys,
        help="Fernet keys, separated by commas, for the secrets of AccessKeys and of authenticator apps. The first"
        " encrypts, all decrypt; after adding one in front, run `manage.py reencrypt_access_keys`",
        default_help="follows from `SECRET_KEY`",
        is_secret=True,
    ),
    Variable(
        "DATABASE_URL",
        default=f"sqlite:///{VAR_DIR / 'console.sqlite3'}",
        kind=database_url,
        help="`sqlite:///…` or `postgres://user:password@host:port/name`, or [several"
        " hosts](#a-standby-that-takes-over)",
        default_help="a SQLite file under `var/`",
        is_secret=True,
        may_be_empty=False,
    ),
    Variable(
        "AUDIT_KEYS",
        default=lambda: [f"audit:{env('SECRET_KEY')}"],
        kind=texts,
        help="Keys that seal the entries of the operation log, separated by commas. The first seals new entries, each"
        " still counts for the entries it sealed",
        default_help="follows from `SECRET_KEY`",
        is_secret=True,
    ),
    Variable(
        "DATABASE_PREPARED_STATEMENTS",
        default=True,
        kind=switch,
        help="Whether PostgreSQL keeps the plans of the statements that every request runs. `0` behind a pooler that"
        " knows no prepared statements (PgBouncer before 1.21, or with `max_prepared_statements = 0`)",
    ),
    Variable(
        "DATABASE_CONNECT_TIMEOUT",
        default=5,
        kind=number(minimum=1),
        help="Seconds that a connection to PostgreSQL may take; then people get a page that says so, and programs"
        " `ServiceUnavailable`",
    ),
    Variable(
        "DATABASE_TIMEOUT",
        default=0,
        kind=number(minimum=0),
        help="Seconds that one statement may take in PostgreSQL, with the locks that it waits for; 0 is no bound."
        " PostgreSQL keeps it, and a second later so does the console, should the server hang. With SQLite,"
        " seconds that a writer waits for its turn, 30 where there is no bound. With a pooler that does not pass"
        " options on, set 0 and bound the role instead",
        default_help="`30`; none for `manage.py`",
    ),
    Variable(
        "REPLICA_URL",
        default="",
        kind=database_url,
        help="A streaming replica of a PostgreSQL in `DATABASE_URL`, which then answers reads",
        is_secret=True,
    ),
    Variable(
        "ALLOWED_HOSTS",
        default=["127.0.0.1", "localhost", "[::1]"],
        kind=texts,
        help="The names that the console is served under, separated by commas",
    ),
    Variable(
        "CSRF_TRUSTED_ORIGINS",
        default=[],
        kind=texts,
        help="Origins with scheme, where forms come through another host name",
    ),
    Variable(
        "PUBLIC_URL",
        default=lambda: usual_origin(
            https=env("HTTPS"), served_as=env("ALLOWED_HOSTS"), host=env("HOST"), port=env("PORT")
        ),
        kind=origin,
        help="The origin in the links of mails, such as `https://console.example.com`; it never comes from a request."
        " Without it: with `HTTPS` the first full name in `ALLOWED_HOSTS`, else the server's own address, from `HOST`"
        " and `PORT`",
        default_help="see right",
    ),
    Variable(
        "HTTPS",
        default=lambda: not env("DEBUG"),
        kind=switch,
        help="A proxy terminates TLS and sets `X-Forwarded-Proto`: cookies are secure, HTTP is redirected, HSTS is"
        " sent",
        default_help="on where `DEBUG` is off",
    ),
    Variable(
        "PROXIES",
        default=lambda: int(env("HTTPS")),
        kind=whole_number(minimum=0),
        help="How many proxies add to `X-Forwarded-For`. The operation log believes them about the client's address",
        default_help="1 with `HTTPS`, else 0",
    ),
    Variable(
        "CACHE_URL",
        default="",
        kind=cache_url,
        help="`redis://…` or `rediss://…`: where failed sign-ins and look-ups are counted for all processes",
        default_help="the database",
        is_secret=True,
    ),
    Variable(
        "MAIL_URL",
        default="console://",
        kind=mail_url,
        help="Where mail goes: `console://` writes it to standard output, `file:///folder` into files, `smtp://`,"
        " `smtp+tls://` or `smtps://user:password@host:port` sends it. Mail holds links that set a password: not"
        " `console://` on a server",
        is_secret=True,
    ),
    Variable("MAIL_FROM", default="console@localhost", kind=text, help="The sender of mail"),
    Variable(
        "ADMIN_REQUIRES_MFA",
        default=False,
        kind=switch,
        help="The admin site opens only after a sign-in with a second factor or a passkey",
    ),
    Variable(
        "REAUTHENTICATION_SECONDS",
        default=600,
        kind=number(minimum=60),
        help="How long a password, code or passkey that was asked for again holds, before AccessKeys, sign-in"
        " settings, people and limits are changed",
    ),
    Variable("HOST", default="127.0.0.1", kind=text, help="The address that the server listens on"),
    Variable(
        "PORT", default=8000, kind=whole_number(minimum=1, maximum=65535), help="The port that the server listens on"
    ),
    Variable(
        "WEB_WORKERS",
        default=2,
        kind=whole_number(minimum=1, maximum=65535),
        help="Server processes; each answers one request at a time",
    ),
    Variable(
        "LOG_FORMAT",
        default=lambda: "line" if env("DEBUG") else "json",
        kind=one_of("line", "json"),
        help="`json` writes one object a line, with the request ID that the operation log and the error pages show",
        default_help="`json`; `line` for `manage.py` and `make run`",
    ),
    Variable(
        "METRICS_TOKEN",
        default=lambda: "console-demo" if env("DEMO") and is_loopback(env("HOST")) else "",
        kind=text,
        help="`/metrics/` answers requests with `Authorization: Bearer …` and this text. Without it, it answers none",
        default_help="none; `console-demo` with `DEMO`, on a loopback `HOST`",
        is_secret=True,
    ),
    Variable("DEBUG", default=False, kind=switch, help="For developers only", default_help="off; on for `manage.py`"),
    Variable(
        "DEMO",
        default=False,
        kind=switch,
        help="The sign-in page offers the demo people, and `make run` loads them with `manage.py demo`; `0` loads"
        " nothing and removes nothing. On a `HOST` that is not loopback demo people and their AccessKeys are refused:"
        " everybody knows the passwords",
        default_help="off; on under `make run`",
    ),
    Variable(
        "COPY_GIB_PER_SECOND", default=1, kind=number(minimum=0.001), help="How fast the simulated disks copy an image"
    ),
    Variable(
        "CREATE_IMAGE_SECONDS", default=60, kind=number(minimum=0), help="How long the creation of an image takes"
    ),
)

env: Environment = Environment(VARIABLES)


def with_current_table(page: str) -> str:
    """docs/deploy.md with the table as the rows say."""
    before, head, rest = page.partition(TABLE_HEAD)
    _, blank_line, after = rest.partition("\n\n")
    return before + head + env.table().rstrip("\n") + blank_line + after


if __name__ == "__main__":
    deploy_page = BASE_DIR / "docs" / "deploy.md"
    deploy_page.write_text(with_current_table(deploy_page.read_text(encoding="utf-8")), encoding="utf-8")
