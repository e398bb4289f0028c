"""What those who run the console look at: is it ready, its metrics, its log; and what people see while it is not."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from django.db import connection
from django.utils import timezone

from audit.middleware import current_request_id
from operations.logs import JsonFormatter
from tests.conftest import GLOBEX
from tests.processes import ROOT, SECRET_KEY, Person, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from images.models import Image


@pytest.mark.django_db
def test_it_is_ready_when_the_database_takes_writes_and_has_the_tables(client: Client) -> None:
    answer = client.get("/readyz/")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0007_log_filters'")
    answer = client.get("/readyz/")
    assert (answer.status_code, answer.json()["database"]) == (503, "migrations are missing")


@pytest.mark.django_db
def test_it_is_not_ready_where_nothing_can_be_written(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY" if connection.vendor == "postgresql" else "PRAGMA query_only = ON")
    answer = client.get("/readyz/")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = OFF")
    assert (answer.status_code, answer.json()["database"]) == (503, "takes no writes")
    assert client.get("/healthz/").status_code == 200


# What a server answers whose database is not there at all: the port is one on which nothing listens.
WITHOUT_DATABASE = """
import json, time, django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "x" * 32
answers = {}
for name, url, headers in (
    ("page", "/cn-hangzhou/images/custom/", {}),
    ("dialog", "/cn-hangzhou/images/m-none/sharing/", {"HX-Request": "true"}),
    ("chinese", "/cn-hangzhou/images/custom/", {"Accept-Language": "zh-hans"}),
    ("api", "/?Action=DescribeRegions&Version=2020-09-30&RegionId=cn-hangzhou&Format=JSON&AccessKeyId=x"
            "&SignatureMethod=HMAC-SHA1&SignatureVersion=1.0&SignatureNonce=x&Signature=x&Timestamp=" +
            time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), {}),
    ("healthz", "/healthz/", {}),
    ("readyz", "/readyz/", {}),
):
    answer = client.get(url, headers=headers)
    answers[name] = [answer.status_code, answer.content.decode(), answer.get("Retry-After", "")]
print(json.dumps(answers))
"""


def test_without_a_database_everybody_is_told_so_at_once() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://console@127.0.0.1:1/console",
        "DJANGO_SETTINGS_MODULE": "eds_console.settings",
        "SECRET_KEY": SECRET_KEY,
        "HTTPS": "0",
        "ALLOWED_HOSTS": "testserver",
    }
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DATABASE], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert time.monotonic() - began < 30
    answers = json.loads(done.stdout)
    assert {name: status for name, (status, _body, _retry) in answers.items()} == dict.fromkeys(answers, 503)
    assert "The console is not available just now" in answers["page"][1]
    assert "<html" in answers["page"][1]
    assert re.search(r"css/base(\.\w+)?\.css", answers["page"][1])
    assert answers["page"][2] == "5"
    assert "<html" not in answers["dialog"][1]
    assert json.loads(answers["api"][1])["Code"] == "ServiceUnavailable"
    assert json.loads(answers["healthz"][1])["status"] == "unavailable"
    for line in done.stderr.splitlines():
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()
    requests_logged = {json.loads(line).get("request_id") for line in done.stderr.splitlines()}
    [shown] = re.findall(r">([0-9A-F-]{36})<", answers["page"][1])
    assert shown in requests_logged


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no statement timeout")
def test_a_statement_that_takes_too_long_ends_with_the_same_page(as_acme: Client) -> None:
    as_acme.raise_request_exception = False
    with connection.cursor() as cursor:
        # The planner cannot know that it need not look at each row, and sleeps at each.
        cursor.execute("ALTER TABLE images_image RENAME TO images_slow")
        cursor.execute("CREATE VIEW images_image AS SELECT * FROM images_slow WHERE pg_sleep(0.1)::text = '' OFFSET 0")
        cursor.execute("SET statement_timeout = 50")
    answer = as_acme.get("/cn-hangzhou/images/custom/")
    assert answer.status_code == 503


@pytest.mark.parametrize("seconds", ["0", "7"])
def test_waiting_is_bounded(seconds: str) -> None:
    code = "import eds_console.settings as s; import json; print(json.dumps(s.DATABASES['default']['OPTIONS']))"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://console@db/console",
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_TIMEOUT": seconds,
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    options = json.loads(done.stdout)
    assert options["connect_timeout"] == 5
    assert ("statement_timeout=7000" in options.get("options", "")) == (seconds == "7")


@pytest.mark.django_db
@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer wrong", "Basic eDp5", "Bearer é"])
def test_metrics_are_for_who_has_the_token(authorization: str, client: Client, settings: SettingsWrapper) -> None:
    for token in ("", "right"):
        settings.METRICS_TOKEN = token
        assert client.get("/metrics/", headers={"Authorization": authorization}).status_code == 404


def sample(text: str, line: str) -> float:
    return sum(float(value) for value in re.findall(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE))


@pytest.mark.django_db
def test_metrics_count_acts_refusals_requests_and_images_in_progress(
    image: Image,
    make_image: Callable[..., Image],
    globex: object,
    as_acme: Client,
    settings: SettingsWrapper,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    settings.METRICS_TOKEN = "right"

    def text() -> str:
        answer = as_acme.get("/metrics/", headers={"Authorization": "Bearer right"})
        assert answer.status_code == 200
        return answer.content.decode()

    granted = 'eds_operations_total{door="console",event="ShareImage",outcome="Success"}'
    refused = 'eds_operations_total{door="console",event="ShareImage",outcome="already_shared"}'
    answered = 'eds_requests_total{method="POST",status="302",view="images:sharing"}'
    before = text()
    other = make_image()
    make_image(ready_at=timezone.now() + timedelta(hours=1))
    for _copy in range(2):
        make_image(ready_at=timezone.now() + timedelta(hours=1), copied_from=other)
    for _time in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            as_acme.post(f"/cn-hangzhou/images/{image}/sharing/", {"account": GLOBEX, "confirm": "on"})
    after = text()
    grown = [sample(after, line) - sample(before, line) for line in (granted, refused, answered)]
    assert grown == [1, 2, 1]
    assert sample(after, 'eds_images_in_progress{status="Copying"}') == 2
    assert sample(after, 'eds_images_in_progress{status="Creating"}') == 1
    assert "eds_request_seconds_bucket" in after


@pytest.mark.slow
@pytest.mark.any_database
def test_metrics_are_of_all_processes_of_the_server(tmp_path: Path, demo_database: str) -> None:
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        served(database_url, tmp_path, loaded=True, METRICS_TOKEN="right", WEB_WORKERS="3") as console,
    ):
        acme = Person(console.address, "acme@example.com", "console-demo")
        for _time in range(20):
            assert acme.get("/cn-hangzhou/images/system/").status_code == 200
        headers = {"Authorization": "Bearer right", "Connection": "close"}
        for _time in range(5):
            text = requests.get(f"{console.address}/metrics/", headers=headers, timeout=10).text
            assert sample(text, 'eds_requests_total{method="GET",status="200",view="images:system"}') == 20


def test_a_line_of_the_log_is_one_object_whatever_is_in_it() -> None:
    token = current_request_id.set("A-REQUEST")
    try:
        record = logging.LogRecord("x.y", logging.WARNING, "", 1, "a %s", ('"b"\nFORGED c\x1b[0m',), None)
        line = JsonFormatter().format(record)
    finally:
        current_request_id.reset(token)
    assert "\n" not in line
    said = json.loads(line)
    assert (said["level"], said["logger"], said["request_id"]) == ("WARNING", "x.y", "A-REQUEST")
    assert said["message"] == 'a "b"\nFORGED c\x1b[0m'
