"""Settings: each is documented, and a bad value stops the start with a sentence."""

from __future__ import annotations

import ast
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.checks.security.base import check_secret_key
from django.test import RequestFactory

from audit.middleware import client_address
from eds_console.variables import env, with_current_table

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parent.parent
# As `make run` makes one.
KEY = secrets.token_urlsafe(50)


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "sqlite:///:memory:",
        "DJANGO_SETTINGS_MODULE": "eds_console.settings",
    }
    command = [sys.executable, "-c", "import django; django.setup(); print('started')"]
    return subprocess.run(command, env=clean | environment, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "Set SECRET_KEY to a long random text"),
        ({"DEBUG": "0"}, "Set SECRET_KEY to a long random text"),
        ({"DEBUG": "perhaps"}, "DEBUG must be 1 or 0, not 'perhaps'."),
        ({"SECRET_KEY": KEY, "COPY_GIB_PER_SECOND": "fast"}, "COPY_GIB_PER_SECOND must be a number, not 'fast'."),
        ({"SECRET_KEY": KEY, "COPY_GIB_PER_SECOND": "0"}, "COPY_GIB_PER_SECOND must be at least 0.001, not '0'."),
        ({"SECRET_KEY": KEY, "COPY_GIB_PER_SECOND": "nan"}, "must be at least"),
        (
            {"SECRET_KEY": KEY, "COPY_GIB_PER_SECOND": "inf"},
            "COPY_GIB_PER_SECOND must be at most 1000000",
        ),
        ({"SECRET_KEY": KEY, "CREATE_IMAGE_SECONDS": "1e12"}, "CREATE_IMAGE_SECONDS must be at most 1000000"),
        ({"SECRET_KEY": KEY, "PROXIES": "inf"}, "PROXIES must be a whole number, not 'inf'."),
        ({"SECRET_KEY": KEY, "PROXIES": "1e3"}, "PROXIES must be a whole number, not '1e3'."),
        ({"SECRET_KEY": KEY, "PROXIES": "-1"}, "PROXIES must be at least 0, not '-1'."),
        ({"SECRET_KEY": KEY, "PROXIES": "1000001"}, "PROXIES must be at most 1000000, not '1000001'."),
        ({"SECRET_KEY": KEY, "REAUTHENTICATION_SECONDS": "inf"}, "REAUTHENTICATION_SECONDS must be at most"),
        ({"SECRET_KEY": KEY, "DATABASE_TIMEOUT": "1e9"}, "DATABASE_TIMEOUT must be at most 1000000"),
        ({"SECRET_KEY": KEY, "CREATE_IMAGE_SECONDS": "-1"}, "CREATE_IMAGE_SECONDS must be at least 0"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "nonsense"}, "DATABASE_URL must be sqlite:///… or postgres://…"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be sqlite:///… or postgres://…"),
        ({"SECRET_KEY": KEY, "ACCESS_KEY_ENCRYPTION_KEYS": "short"}, "must be Fernet keys"),
        ({"SECRET_KEY": KEY, "CACHE_URL": "memcached://x"}, "CACHE_URL must be redis://…"),
        ({"SECRET_KEY": KEY, "MAIL_URL": "pigeon://x"}, "MAIL_URL must be console://"),
        ({"SECRET_KEY": KEY, "ADMIN_REQUIRES_MFA": "perhaps"}, "ADMIN_REQUIRES_MFA must be 1 or 0"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": ""}, "DATABASE_URL must be sqlite:///… or postgres://…"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "postgres://u@h:port/x"}, "DATABASE_URL must have a number as each port."),
        ({"SECRET_KEY": KEY, "CACHE_URL": "redis://h:port/0"}, "CACHE_URL must have a number from 0 to 65535 as its"),
        ({"SECRET_KEY": KEY, "MAIL_URL": "smtp://h:port"}, "MAIL_URL must have a number from 0 to 65535 as its port."),
        (
            {"SECRET_KEY": KEY, "CACHE_URL": "redis://[::1/0"},
            "CACHE_URL must be a URL with an IPv6 address in brackets",
        ),
        ({"SECRET_KEY": KEY, "MAIL_URL": "smtp://[::1"}, "MAIL_URL must be a URL with an IPv6 address in brackets"),
        ({"SECRET_KEY": KEY, "DATABASE_URL": "postgres://[::1/x"}, "DATABASE_URL must be a URL with an IPv6 address"),
        ({"SECRET_KEY": KEY, "MAIL_URL": "smtp://"}, "MAIL_URL must be console://"),
        ({"SECRET_KEY": KEY, "LOG_FORMAT": "xml"}, "LOG_FORMAT must be line or json, not 'xml'."),
        ({"SECRET_KEY": KEY, "REPLICA_URL": "postgres://db/console"}, "REPLICA_URL needs PostgreSQL"),
        ({"SECRET_KEY": KEY, "PUBLIC_URL": "console.example.com"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": KEY, "PUBLIC_URL": "https://a.example/console"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": KEY, "PUBLIC_URL": "https://a.example:x"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": KEY, "PUBLIC_URL": "https://user@a.example"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": KEY, "PUBLIC_URL": "ftp://a.example"}, "PUBLIC_URL must be an origin such as"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence(environment: dict[str, str], sentence: str) -> None:
    started = _start(**environment)
    assert started.returncode != 0
    assert sentence in started.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CACHE_URL", "memcached://u:sesame@x"),
        ("MAIL_URL", "pigeon://u:sesame@x"),
        ("DATABASE_URL", "mysql://u:sesame@x/y"),
        ("ACCESS_KEY_ENCRYPTION_KEYS", "sesame"),
        ("SECRET_KEY", "sesame"),
    ],
)
def test_the_sentence_about_a_bad_value_repeats_no_password(name: str, value: str) -> None:
    started = _start(**({"SECRET_KEY": KEY} | {name: value}))
    assert f"{name} must be" in started.stderr
    assert "sesame" not in started.stderr


@pytest.mark.parametrize(
    "key",
    ["x", KEY[:49], "x" * 60, "abcd" * 20, f"django-insecure-{KEY}"],
    ids=["one character", "49 characters", "one character often", "four characters often", "Django's own sample"],
)
def test_a_secret_key_that_can_be_guessed_stops_the_start(key: str, settings: SettingsWrapper) -> None:
    started = _start(SECRET_KEY=key, DEBUG="0")
    assert started.returncode != 0
    assert "SECRET_KEY must be a random text of at least 50 characters, 5 of them different;" in started.stderr
    assert _start(SECRET_KEY=key, DEBUG="1").stdout.strip() == "started"
    # Django's own check, which `make lint` runs, thinks the same.
    settings.SECRET_KEY = key
    assert check_secret_key(None) != []


def test_what_a_short_key_has_encrypted_can_be_kept_as_the_docs_say() -> None:
    page = (ROOT / "docs/deploy.md").read_text()
    [command] = re.findall(r"^    (OLD=.*?print\(fernet_key_from\(.*?\)\)')$", page, re.MULTILINE | re.DOTALL)
    command = command.replace("the-old-key", "short").replace("\n    ", "\n")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=True)
    code = "from django.conf import settings as s; print(s.ACCESS_KEY_ENCRYPTION_KEYS[0], s.AUDIT_KEYS[0])"
    environment = {
        "PATH": os.environ["PATH"],
        "DEBUG": "1",
        "SECRET_KEY": "short",
        "DATABASE_URL": "sqlite:///:memory:",
        "DJANGO_SETTINGS_MODULE": "eds_console.settings",
    }
    old = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT, check=True
    )
    key, seal = old.stdout.split()
    assert done.stdout.strip() == key
    assert f"`AUDIT_KEYS={seal.replace('short', 'the-old-key')}`" in page


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "http"), ("PORT", "0"), ("PORT", "65536"), ("WEB_WORKERS", "1.5")]
)
def test_a_bad_value_of_the_server_stops_its_start_with_a_sentence(name: str, value: str) -> None:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": KEY, "DATABASE_URL": "sqlite:///:memory:", name: value}
    gunicorn = str(Path(sys.executable).parent / "gunicorn")
    done = subprocess.run(
        [gunicorn, "--check-config"], env=environment, capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode != 0
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith(f"{name} must be")
    assert sentence.endswith(f", not {value!r}.")


def test_an_empty_value_counts_as_not_set() -> None:
    empty = dict.fromkeys(set(env.variables) - {"SECRET_KEY", "DATABASE_URL"}, "")
    assert _start(SECRET_KEY=KEY, **empty).stdout.strip() == "started"


def test_a_secret_key_is_all_that_a_start_needs() -> None:
    assert _start(SECRET_KEY=KEY).stdout.strip() == "started"


def test_behind_tls_every_cookie_is_secure() -> None:
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": KEY, "DATABASE_URL": "sqlite:///:memory:"}
    command = [sys.executable, "-c", code]
    environment["DJANGO_SETTINGS_MODULE"] = "eds_console.settings"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    ("environment", "origin", "loopback"),
    [
        ({}, "http://127.0.0.1:8000", True),
        ({"HOST": "", "PORT": ""}, "http://127.0.0.1:8000", True),
        ({"PORT": "8123"}, "http://127.0.0.1:8123", True),
        ({"HOST": "localhost"}, "http://localhost:8000", True),
        ({"HOST": "127.8.9.1"}, "http://127.8.9.1:8000", True),
        ({"HOST": "[::1]", "PORT": "81"}, "http://[::1]:81", True),
        ({"HOST": "0.0.0.0"}, "http://127.0.0.1:8000", False),
        ({"HOST": "::"}, "http://[::1]:8000", False),
        ({"HOST": "192.0.2.7"}, "http://192.0.2.7:8000", False),
        ({"HOST": "desk.example.com"}, "http://desk.example.com:8000", False),
        ({"PUBLIC_URL": "https://a.example"}, "https://a.example", True),
        ({"PUBLIC_URL": "http://a.example:81/", "HOST": "0.0.0.0"}, "http://a.example:81", False),
        ({"HTTPS": "1"}, "https://127.0.0.1:8000", True),
        ({"HTTPS": "1", "ALLOWED_HOSTS": "localhost,.example.com,a.example.com"}, "https://a.example.com", True),
        ({"HTTPS": "1", "ALLOWED_HOSTS": "a.example", "PUBLIC_URL": "https://b.example"}, "https://b.example", True),
    ],
)
def test_the_origin_in_mails_and_who_reaches_the_server_follow_from_the_settings(
    environment: dict[str, str], origin: str, loopback: bool
) -> None:
    code = "from django.conf import settings as s; print(s.PUBLIC_URL, s.DEMO_PEOPLE_SIGN_IN)"
    known = {"SECRET_KEY": KEY, "DATABASE_URL": "sqlite:///:memory:", "HTTPS": "0"}
    known |= {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "eds_console.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=known | environment, capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.split() == [origin, str(loopback)]


@pytest.mark.parametrize(
    ("hosts", "host", "port"),
    [
        ("db1:5433,db2:5434", "db1,db2", "5433,5434"),
        ("db1,db2", "db1,db2", ""),
        ("[::1]:5433,db2:5434", "::1,db2", "5433,5434"),
        ("db1:5433,db2", "", ""),
    ],
)
def test_a_database_may_have_several_hosts(hosts: str, host: str, port: str) -> None:
    code = "from django.conf import settings as s; d = s.DATABASES['default']; "
    code += "print(d['HOST'], d['PORT'], d['NAME'], d['USER'], d['PASSWORD'], d['OPTIONS']['target_session_attrs'])"
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": KEY,
        "DATABASE_URL": f"postgres://u:p%40ss@{hosts}/console?target_session_attrs=read-write",
        "DJANGO_SETTINGS_MODULE": "eds_console.settings",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    if host:
        assert done.stdout.split(" ") == [host, port, "console", "u", "p@ss", "read-write\n"], done.stderr
    else:
        assert "DATABASE_URL must name a port for each of its hosts, or for none." in done.stderr


@pytest.mark.parametrize("file", ["eds_console/settings.py", "gunicorn.conf.py"])
def test_only_the_rows_read_the_environment(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    reads = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and "environ" in ast.unparse(node.func))
        or (isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ")
    ]
    # gunicorn.conf.py also makes a variable, for the library that counts requests in the same process.
    own = [read for read in reads if "_COUNTS" not in read]
    assert own == [], f"{file} reads the environment itself; give the setting a row in eds_console/variables.py."


def test_each_setting_has_one_row_and_each_row_is_used() -> None:
    used = [
        node.args[0].value
        for file in ("eds_console/settings.py", "gunicorn.conf.py")
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "env" and isinstance(node.args[0], ast.Constant)
    ]
    assert {"SECRET_KEY", "DATABASE_URL", "PROXIES", "PORT"} <= set(used)
    assert set(used) - set(env.variables) == set(), "Give these settings a row in eds_console/variables.py."
    assert set(env.variables) - set(used) == set(), "Nothing uses these rows of eds_console/variables.py."
    assert all(variable.help for variable in env.variables.values())


def test_the_table_of_settings_in_the_docs_is_current() -> None:
    page = (ROOT / "docs/deploy.md").read_text()
    assert env.table() in page
    assert page == with_current_table(page), "Run .venv/bin/python -m eds_console.variables."


def test_the_readme_names_settings_that_there_are() -> None:
    section = (ROOT / "README.md").read_text().split("## Settings", 1)[1].split("\n## ", 1)[0]
    names = {
        name for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    assert "SECRET_KEY" in names
    assert names <= set(env.variables)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "127.0.0.1"),
        (1, "not an address", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_the_proxies_word_on_the_address_is_believed(proxies: int, forwarded: str, address: str, settings) -> None:
    settings.PROXIES = proxies
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address
