"""Settings: each is documented, and a bad value stops the start with a sentence."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import RequestFactory

from audit.middleware import client_address

pytestmark = pytest.mark.any_database

ROOT = Path(__file__).parent.parent


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
        ({"SECRET_KEY": "x" * 60, "COPY_GIB_PER_SECOND": "fast"}, "COPY_GIB_PER_SECOND must be a number, not 'fast'."),
        ({"SECRET_KEY": "x" * 60, "COPY_GIB_PER_SECOND": "0"}, "COPY_GIB_PER_SECOND must be at least 0.001, not '0'."),
        ({"SECRET_KEY": "x" * 60, "COPY_GIB_PER_SECOND": "nan"}, "must be at least"),
        (
            {"SECRET_KEY": "x" * 60, "COPY_GIB_PER_SECOND": "inf"},
            "COPY_GIB_PER_SECOND must be at most 1000000",
        ),
        ({"SECRET_KEY": "x" * 60, "CREATE_IMAGE_SECONDS": "1e12"}, "CREATE_IMAGE_SECONDS must be at most 1000000"),
        ({"SECRET_KEY": "x" * 60, "PROXIES": "inf"}, "PROXIES must be at most 1000000"),
        ({"SECRET_KEY": "x" * 60, "PROXIES": "nan"}, "PROXIES must be at least 0"),
        ({"SECRET_KEY": "x" * 60, "REAUTHENTICATION_SECONDS": "inf"}, "REAUTHENTICATION_SECONDS must be at most"),
        ({"SECRET_KEY": "x" * 60, "DATABASE_TIMEOUT": "1e9"}, "DATABASE_TIMEOUT must be at most 1000000"),
        ({"SECRET_KEY": "x" * 60, "CREATE_IMAGE_SECONDS": "-1"}, "CREATE_IMAGE_SECONDS must be at least 0"),
        ({"SECRET_KEY": "x" * 60, "DATABASE_URL": "nonsense"}, "DATABASE_URL must be sqlite:///… or postgres://…"),
        ({"SECRET_KEY": "x" * 60, "DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be sqlite:///… or postgres://…"),
        ({"SECRET_KEY": "x" * 60, "ACCESS_KEY_ENCRYPTION_KEYS": "short"}, "must be Fernet keys"),
        ({"SECRET_KEY": "x" * 60, "CACHE_URL": "memcached://x"}, "CACHE_URL must be redis://…"),
        ({"SECRET_KEY": "x" * 60, "MAIL_URL": "pigeon://x"}, "MAIL_URL must be console://"),
        ({"SECRET_KEY": "x" * 60, "PUBLIC_URL": "console.example.com"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": "x" * 60, "PUBLIC_URL": "https://a.example/console"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": "x" * 60, "PUBLIC_URL": "https://a.example:x"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": "x" * 60, "PUBLIC_URL": "https://user@a.example"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": "x" * 60, "PUBLIC_URL": "ftp://a.example"}, "PUBLIC_URL must be an origin such as"),
        ({"SECRET_KEY": "x" * 60, "ADMIN_REQUIRES_MFA": "perhaps"}, "ADMIN_REQUIRES_MFA must be 1 or 0"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence(environment: dict[str, str], sentence: str) -> None:
    started = _start(**environment)
    assert started.returncode != 0
    assert sentence in started.stderr


def test_a_secret_key_is_all_that_a_start_needs() -> None:
    assert _start(SECRET_KEY="x" * 60).stdout.strip() == "started"


def test_behind_tls_every_cookie_is_secure() -> None:
    code = "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)"
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 60, "DATABASE_URL": "sqlite:///:memory:"}
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
    known = {"SECRET_KEY": "x" * 60, "DATABASE_URL": "sqlite:///:memory:", "HTTPS": "0"}
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
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": f"postgres://u:p%40ss@{hosts}/console?target_session_attrs=read-write",
        "DJANGO_SETTINGS_MODULE": "eds_console.settings",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, check=False)
    if host:
        assert done.stdout.split(" ") == [host, port, "console", "u", "p@ss", "read-write\n"], done.stderr
    else:
        assert "DATABASE_URL must name a port for each of its hosts, or for none." in done.stderr


def test_every_setting_is_documented() -> None:
    files = ("eds_console/settings.py", "eds_console/env.py", "gunicorn.conf.py")
    code = "".join((ROOT / name).read_text() for name in files)
    names = set(
        re.findall(
            r"""(?:env\.\w+|number|switch|fernet_keys|database|cache|mailer|origin|listens_on_loopback|_number|environ\.get)\(\s*["']([A-Z_]+)["']""",
            code,
        )
    )
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE))
    assert {"SECRET_KEY", "DATABASE_URL", "PROXIES", "PORT"} <= names
    assert names == documented


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
