"""While people work, somebody sends whatever comes to mind: forms, calls, paths, bytes. Nothing of it is a mistake."""

from __future__ import annotations

import random
import re
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from accounts.demo import ACCESS_KEYS, ACME, GLOBEX, INITECH
from api.actions import ACTIONS
from benchmarks.clients import call
from benchmarks.load import Connection, request
from tests.faults.harness import ACME_IMAGES, Clients, Journal, Server, check, person_of, report, size
from tests.processes import fresh_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

SENDERS = 3
INPUTS = size(250, 15_000)
PATHS = (
    "/{0}/images/custom/",
    "/{0}/images/shared/",
    "/{0}/images/system/",
    "/{0}/images/delete/",
    "/{0}/images/{1}/",
    "/{0}/images/{1}/sharing/",
    "/{0}/images/{1}/sharing/{2}/unshare/",
    "/{0}/images/{1}/copy/",
    "/{0}/images/{1}/copy/cancel/",
    "/{0}/images/{1}/edit/",
    "/{0}/images/{1}/delete/",
    "/{0}/desktops/",
    "/{0}/desktops/create/",
    "/{0}/templates/",
    "/{0}/templates/create/",
    "/logs/",
    "/logs/export/",
    "/logs/{1}/",
    "/account/",
    "/account/people/{1}/edit/",
    "/i18n/setlang/",
    "/{1}",
    "/",
)
NAMES = (
    *("account", "confirm", "name", "description", "region", "image", "desktop_type", "system_disk_gib", "count"),
    *("q", "status", "sort", "after", "before", "page", "cursor", "event", "outcome", "since", "until", "login"),
)
PARAMETERS = (
    *("RegionId", "ImageId", "ImageId.1", "AddAccount.1", "RemoveAccount.1", "AddAccount.2", "MaxResults", "NextToken"),
    *(
        "ImageType",
        "DestinationRegionId",
        "Name",
        "DesktopId.1",
        "DesktopType",
        "Amount",
        "Format",
        "Version",
        "Action",
    ),
)


class Mind:
    """What comes to somebody's mind."""

    def __init__(self) -> None:
        self.die = random.Random()

    def text(self) -> str:
        """A thing that there is, of whoever; a number; or nonsense."""
        die = self.die
        nonsense = "".join(
            chr(die.choice((die.randrange(0x80), die.randrange(0xD800)))) for _ in range(die.randint(0, 40))
        )
        return die.choice(
            (
                die.choice((*ACME_IMAGES, ACME, GLOBEX, INITECH, "cn-hangzhou", "cn-shanghai", "on", "win-basic")),
                str(die.choice((0, -1, 1, 50, 2**31, 2**63, 2**64, 10**16, 10**400))),
                die.choice(
                    ("", "\0", "'; DROP TABLE images_image; --", "<script>", "%s%n", "../..", "{{ 7 }}", "\u202e")
                ),
                die.choice(("9", "é", "\u200b", "a")) * die.choice((100, 5000)),
                nonsense,
            )
        )

    def _pairs(self, names: tuple[str, ...]) -> dict[str, str]:
        return {self.die.choice((*names, self.text()[:50])): self.text() for _ in range(self.die.randint(0, 6))}

    def console_request(self, cookies: str, token: str) -> bytes:
        path = self.die.choice(PATHS).format(
            self.die.choice(("cn-hangzhou", quote(self.text()[:200]))),
            quote(self.text()[:500]),
            quote(self.text()[:500]),
        )
        headers = {"Host": "127.0.0.1", "Cookie": cookies}
        if self.die.random() < 0.3:
            headers["HX-Request"] = "true"
        if self.die.random() < 0.5:
            return request("GET", f"{path}?{urlencode(self._pairs(NAMES))}"[:7000], headers)
        headers["Content-Type"] = self.die.choice(
            ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "x")
        )
        return request("POST", path, headers, urlencode({"csrfmiddlewaretoken": token, **self._pairs(NAMES)}))

    def api_call(self) -> bytes:
        key, secret = ACCESS_KEYS["initech@example.com"]
        action = self.die.choice((*ACTIONS, *ACTIONS, "NoSuchAction"))
        pairs = {name: text[:900] for name, text in self._pairs(PARAMETERS).items()}
        if self.die.random() < 0.8:
            pairs["RegionId"] = "cn-hangzhou"
        return call({"key": key, "secret": secret}, action, **pairs)

    def damaged(self, whole: bytes) -> bytes:
        """The same with another value of a header, or with bytes that are others. Its length is left as it is."""
        head, blank, body = whole.partition(b"\r\n\r\n")
        head, length, number = head.partition(b"\r\nContent-Length: ")
        if self.die.random() < 0.5:
            first, *headers = head.split(b"\r\n")
            place = self.die.randrange(len(headers))
            value = re.sub(r"[\0-\x1f\x7f]", "", self.text()).encode()[:2000]
            headers[place] = headers[place].partition(b":")[0] + b": " + value
            head = b"\r\n".join([first, *headers])
        else:
            letters = bytearray(head)
            for _ in range(self.die.randint(1, 5)):
                letters[self.die.randrange(len(letters))] = self.die.randrange(256)
            head = bytes(letters)
        return head + length + number + blank + body


class Sender(threading.Thread):
    def __init__(self, server: Server) -> None:
        super().__init__()
        self.mind = Mind()
        self.port = server.port
        hand = person_of(server, "initech@example.com")
        cookies = "; ".join(f"{name}={value}" for name, value in hand.session.cookies.get_dict().items())
        self.kinds: list[Callable[[], bytes]] = [
            lambda: self.mind.console_request(cookies, hand.csrf),
            self.mind.api_call,
            lambda: self.mind.damaged(self.mind.console_request(cookies, hand.csrf)),
            lambda: self.mind.damaged(self.mind.api_call()),
        ]
        self.tried = 0
        self.mistakes: list[tuple[bytes, bytes]] = []

    def run(self) -> None:
        with closing(Connection(("127.0.0.1", self.port))) as connection:
            for number in range(INPUTS // SENDERS):
                sent = self.kinds[number % 4]()
                self.tried += 1
                try:
                    answer = connection.exchange(sent)
                except (OSError, ValueError):
                    # What is no HTTP may be left without an answer, and one whose length is damaged waits for more.
                    connection.close()
                    continue
                if answer.status >= 500:
                    self.mistakes.append((sent, answer.head + answer.body[:500]))
                if number % 4 > 1:
                    connection.close()


def test_nothing_that_is_sent_is_a_mistake_of_the_console(tmp_path: Path, demo_database: str) -> None:
    journal = Journal()
    with (
        fresh_database(tmp_path, like=demo_database) as database_url,
        Server(database_url, tmp_path) as server,
    ):
        senders = [Sender(server) for _number in range(SENDERS)]
        with Clients(server, journal, 2):
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
        assert [mistake for sender in senders for mistake in sender.mistakes] == []
        check(journal, database_url)
        assert "invariants hold" in server.manage("verify")
    report("Bad input under load", inputs=sum(sender.tried for sender in senders), acts=journal.done)
