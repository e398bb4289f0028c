"""After a journey through all that is secret, none of it is in a log, an answer or the database in clear."""

from __future__ import annotations

import json
import quopri
import re
import time
from typing import TYPE_CHECKING

import pytest
import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.demo import ACCESS_KEYS
from tests.api.conftest import VERSION, now
from tests.api.signatures import acs3
from tests.processes import SECONDS, Person, ask, fresh_database, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Console

PASSWORDS = {
    "the new RAM user's": "Ram-User-Pass-4711",
    "the main user's new": "Main-User-Pass-0815",
    "a wrong": "Wrong-Pass-1234567",
    "the one of the reset": "Reset-Pass-99887766",
}
ACCOUNT_OF_ACME = "1182725234310001"


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def everything_in_the_database(console: Console) -> str:
    """Each row of each table, as the database itself says it."""
    return str(
        ask(
            console,
            "from django.db import connection\n"
            "cursor = connection.cursor()\n"
            "said = []\n"
            "for table in connection.introspection.table_names():\n"
            "    cursor.execute(f'SELECT * FROM {connection.ops.quote_name(table)}')\n"
            "    said += [[table, *map(str, map(lambda x: bytes(x) if isinstance(x, memoryview) else x, row))]"
            " for row in cursor]\n"
            "print(json.dumps(said))",
        )
    )


def journey(console: Console, mails: Path) -> tuple[dict[str, str], list[str]]:
    """Sign in, fail to; make a key, call with it and with a wrong one; make a person; set up an app; change and reset
    passwords. Gives every secret that there was, by what it is, and what people were answered after it was shown."""
    secrets: dict[str, str] = dict(PASSWORDS)
    answers: list[str] = []
    acme = Person(console.address, "acme@example.com", "console-demo")
    secrets["a session"] = acme.session.cookies["sessionid"]

    def post(page: str, **fields: str) -> str:
        answer = acme.submit(page, page, **fields)
        assert answer.status_code < 500, answer.text
        return answer.text

    post("/account/confirm/", password="console-demo")
    made = post("/account/keys/create/")
    key_id = (set(re.findall(r"LTAI[0-9A-Za-z]{20}", made)) - {key for key, _ in ACCESS_KEYS.values()}).pop()
    [key_secret] = re.findall(r'id="secret">(\w+)<', made)
    secrets["an AccessKey's"] = key_secret
    for signed_with in (key_secret, key_secret[::-1]):
        headers = {
            "host": console.address.removeprefix("http://"),
            "x-acs-action": "DescribeRegions",
            "x-acs-version": VERSION,
            "x-acs-date": now(),
            "x-acs-signature-nonce": str(time.monotonic_ns()),
        }
        signed = acs3("POST", [("RegionId", "cn-hangzhou")], headers, b"", key_id, signed_with)
        answer = requests.post(f"{console.address}/?RegionId=cn-hangzhou", headers=signed, timeout=SECONDS)
        answers.append(answer.text)
    assert [json.loads(answer).get("Code") for answer in answers] == [None, "SignatureDoesNotMatch"]

    answers.append(
        post(
            "/account/people/create/",
            name="olga",
            policy="AliyunECDReadOnlyAccess",
            email="olga@example.com",
            password=PASSWORDS["the new RAM user's"],
        )
    )
    # Refused, so that what was entered could be shown again.
    refused = post("/account/people/create/", name="no spaces", policy="x", password=PASSWORDS["the new RAM user's"])
    answers.append(refused)
    wrong = Person.__new__(Person)
    wrong.address, wrong.session = console.address, requests.Session()
    refused = wrong.submit("/login/", "/login/", username="acme@example.com", password=PASSWORDS["a wrong"]).text
    assert "distinguishes upper and lower case" in refused
    answers.append(refused)

    page = acme.get("/account/mfa/totp/activate/").text
    [secrets["an authenticator app's"]] = re.findall(r'value="([A-Z2-7]{32})"', page)
    # The form of the same page: another look at it makes another secret.
    token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
    fields = {"csrfmiddlewaretoken": token, "code": code_of(secrets["an authenticator app's"])}
    url = f"{console.address}/account/mfa/totp/activate/"
    answers.append(acme.session.post(url, fields, timeout=SECONDS, allow_redirects=False).text)
    recovery = re.findall(r"\b\d{8}\b", acme.get("/account/mfa/recovery-codes/").text)
    secrets |= {f"recovery code {number}": code for number, code in enumerate(recovery)}
    assert len(recovery) == 10

    new = PASSWORDS["the main user's new"]
    answers.append(post("/account/password/", oldpassword="console-demo", password1=new, password2=new))
    secrets["the session after that"] = acme.session.cookies["sessionid"]

    wrong.submit("/login/password/", "/login/password/", email="olga@example.com")
    said = "".join(quopri.decodestring(mail.read_bytes()).decode() for mail in mails.iterdir())
    [path] = set(re.findall(r"http://[^/]+(/login/password/\S+-\S+/)", said))
    secrets["the link of the reset"] = path.split("-", 1)[1].strip("/")
    form = wrong.session.get(console.address + path, timeout=SECONDS)
    new = PASSWORDS["the one of the reset"]
    path = form.url.removeprefix(console.address)
    answers.append(wrong.submit(path, path, password1=new, password2=new).text)
    pages = ("/account/", "/account/sessions/", "/account/mfa/", "/logs/", "/logs/export/", "/no/such/page/")
    answers += [acme.get(page).text for page in pages]
    return secrets, answers


@pytest.mark.slow
def test_secrets_are_never_in_logs_answers_or_the_database_in_clear(demo_database: str, tmp_path: Path) -> None:
    mails = tmp_path / "mail"
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        served(
            database_url, tmp_path, loaded=True, MAIL_URL=f"file://{mails}", METRICS_TOKEN="a-metrics-token"
        ) as console,
    ):
        secrets, answers = journey(console, mails)
        secrets |= {
            "the secret key": console.environment["SECRET_KEY"],
            "the token of metrics": "a-metrics-token",
            "the demo password": "console-demo",
        }
        commands = console.manage("verify") + console.manage("check") + console.manage("showmigrations", "accounts")
        database = everything_in_the_database(console)
        log = console.log.read_text()
    places = {"an answer": "".join(answers), "a command": commands, "the database": database, "the log": log}
    assert ACCOUNT_OF_ACME in places["an answer"]
    assert ACCOUNT_OF_ACME in database
    assert '"message"' in log
    found = {
        (what, where)
        for what, secret in secrets.items()
        for where, text in places.items()
        if re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", text)
    }
    # A session is known by its key, which is what the table of sessions and the list of them are looked up by.
    known_by_their_key = {(what, "the database") for what in ("a session", "the session after that")}
    assert found - known_by_their_key == set()
