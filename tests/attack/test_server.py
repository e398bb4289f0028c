"""The server itself, over raw sockets: clients that are slow, lie about lengths, or send what no client should."""

from __future__ import annotations

import re
import socket
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from eds_console.worker import MOST_BODY, MOST_HEAD, Refused, is_whole
from tests.processes import SECONDS, Hand, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Console

pytestmark = pytest.mark.any_database

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
TOKEN = b"Cookie: csrftoken=" + b"x" * 32 + b"\r\n"
# Less than the server waits for a request: whoever is held up by a slow one is held up for longer than this.
PATIENCE = 10


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """Two processes of four threads."""
    folder = tmp_path_factory.mktemp("attack")
    with (
        fresh_database(folder, like=demo_database) as database_url,
        served(database_url, folder, loaded=True) as console,
    ):
        yield console


def connect(console: Console) -> socket.socket:
    address = urlsplit(console.address)
    return socket.create_connection((address.hostname, address.port), timeout=SECONDS)


def rest_of(client: socket.socket) -> bytes:
    """All that the server still says until it closes the connection."""
    said = b""
    try:
        while piece := client.recv(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def exchange(console: Console, request: bytes) -> bytes:
    with connect(console) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return rest_of(client)


def head(line: str, *fields: bytes) -> bytes:
    return line.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + b"".join(fields)


def status_of(said: bytes) -> int:
    return int(said.split(b" ", 2)[1]) if said else 0


@pytest.mark.slow
def test_slow_clients_hold_up_nobody_and_are_sent_away(console: Console) -> None:
    """Eight threads, and sixteen of each kind of client that would have one of them wait."""
    style_sheet = re.findall(r'"(/static/bootstrap/[^"]+)"', requests.get(f"{console.address}/login/").text)[0]
    beginnings = {
        "silent": b"",
        "slow head": head("GET /healthz/", b"X-Slow: a"),
        "slow body": head("POST /login/", FORM, b"Content-Length: 1000\r\n\r\nusername="),
        "reads nothing": head(f"GET {style_sheet}") + b"\r\n",
    }
    clients = {kind: [connect(console) for _ in range(16)] for kind in beginnings}
    try:
        for kind, beginning in beginnings.items():
            for client in clients[kind]:
                client.sendall(beginning)
        acme = Hand(console, "acme@example.com")
        for _ in range(8):
            page = requests.get(
                f"{console.address}/cn-hangzhou/images/custom/", cookies=acme.session.cookies, timeout=PATIENCE
            )
            assert "office-standard" in page.text
        assert {rest_of(client) for client in clients["silent"]} == {b""}
        for kind in ("slow head", "slow body"):
            assert {status_of(rest_of(client)) for client in clients[kind]} == {408}
        assert {status_of(rest_of(client)) for client in clients["reads nothing"]} == {200}
    finally:
        for client in chain(*clients.values()):
            client.close()


ODD_REQUESTS = {
    "a length that is not kept": (head("POST /login/", FORM, b"Content-Length: 50\r\n\r\nusername=x"), {0}),
    "two lengths": (head("POST /login/", FORM, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), {400}),
    "a negative length": (head("POST /login/", FORM, b"Content-Length: -1\r\n\r\n"), {400}),
    "a length that is none": (head("POST /login/", FORM, b"Content-Length: many\r\n\r\n"), {400}),
    "chunks": (head("POST /login/", FORM, b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), {411}),
    "chunks and a length": (
        head("POST /login/", FORM, b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        {411},
    ),
    "a body that is too large": (head("POST /login/", FORM, b"Content-Length: %d\r\n\r\nx" % (10 * MOST_BODY)), {413}),
    "a body that is too large for a form": (
        head("POST /login/", FORM, TOKEN, b"Content-Length: %d\r\n\r\n" % MOST_BODY) + b"x" * MOST_BODY,
        {400},
    ),
    "too many fields of a form": (
        head("POST /login/", FORM, TOKEN, b"Content-Length: %d\r\n\r\n" % 4000) + b"a=&b" * 1000,
        {400},
    ),
    "a file": (
        head("POST /login/", TOKEN, b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99\r\n\r\n")
        + b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--x--\r\n'.ljust(99),
        {400},
    ),
    "a head that is too large": (head("GET /login/", b"X-Long: " + b"x" * 8000 + b"\r\n") * 10, {431}),
    "a head without an end": (head("GET /login/") + b"X-Long: " + b"x" * 2 * MOST_HEAD, {431}),
    "a field that is too long": (head("GET /login/", b"X-Long: " + b"x" * 9000 + b"\r\n\r\n"), {400, 431}),
    "too many fields": (head("GET /login/", b"X-Many: x\r\n" * 1000) + b"\r\n", {400, 431}),
    "a long URL": (head(f"GET /login/?next={'x' * 9000}") + b"\r\n", {400, 414}),
    "long cookies": (head("GET /login/", b"Cookie: sessionid=" + b"x" * 7000 + b"\r\n\r\n"), {200}),
    "many cookies": (head("GET /login/", b"Cookie: " + b"a=b; " * 1500 + b"\r\n\r\n"), {200}),
    # It is then the address that was connected to.
    "no host": (b"GET /login/ HTTP/1.1\r\nConnection: close\r\n\r\n", {200}),
    "two hosts": (head("GET /login/", b"Host: evil.example\r\n\r\n"), {400}),
    "the host of another": (b"GET http://evil.example/login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
    "a space before a colon": (head("GET /login/", b"X-Odd : x\r\n\r\n"), {400}),
    "a field that is folded": (head("GET /login/", b"X-Odd: x\r\n y: z\r\n\r\n"), {400}),
    "a NUL in a field": (head("GET /login/", b"X-Odd: a\0b\r\n\r\n"), {400}),
    "a NUL in a path": (head("GET /cn-hangzhou/images/%00/") + b"\r\n", {404}),
    "no UTF-8 in a path": (head("GET /%ff%fe/images/custom/") + b"\r\n", {404}),
    "no UTF-8 in a query": (head("GET /login/?next=%ff%fe") + b"\r\n", {200}),
    "a NUL in a query": (head("GET /login/?next=%00") + b"\r\n", {200}),
    "no UTF-8 in a cookie": (head("GET /login/", b"Cookie: sessionid=\xff\xfe; django_language=\xff\r\n\r\n"), {200}),
    "a language that is none": (head("GET /login/", b"Accept-Language: " + b"zh-" * 2000 + b"\r\n\r\n"), {200}),
    "a line break in a path": (head("GET /cn-hangzhou%0d%0aSet-Cookie:x=y/images/custom/") + b"\r\n", {404}),
    "a method of its own": (head("FROB /login/") + b"\r\n", {403, 405}),
    "a version of its own": (b"GET /login/ HTTP/7.0\r\nHost: 127.0.0.1\r\n\r\n", {400, 505}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", {400}),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "two requests at once": (
        head("GET /healthz/").replace(b"close", b"keep-alive") + b"\r\n" + head("GET /login/") + b"\r\n",
        {200},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD_REQUESTS)
def test_an_odd_request_is_refused_and_breaks_nothing(name: str, console: Console) -> None:
    request, statuses = ODD_REQUESTS[name]
    logged = console.log.stat().st_size
    said = exchange(console, request)
    assert status_of(said) in statuses, said[:500]
    assert b"\r\nSet-Cookie:x=y" not in said
    assert b"Traceback" not in said
    assert said.count(b"HTTP/1.1 200") == (2 if name == "two requests at once" else statuses == {200})
    assert requests.get(f"{console.address}/healthz/", timeout=SECONDS).status_code == 200
    with console.log.open() as log:
        log.seek(logged)
        said_there = log.read()
    assert "Traceback" not in said_there
    assert '"ERROR"' not in said_there


@pytest.mark.slow
def test_a_request_in_pieces_is_answered(console: Console) -> None:
    """And the next one on the same connection, of which a piece came with the first."""
    first = b"GET /healthz/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    second = head("GET /login/?next=/logs/") + b"\r\n"
    everything = first + second
    with connect(console) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in (range(30), range(30, len(first) + 20), range(len(first) + 20, len(everything))):
            client.sendall(everything[cut.start : cut.stop])
            # So that they do not arrive as one; whether they do is no part of what is checked.
            requests.get(f"{console.address}/healthz/", timeout=SECONDS)
        said = rest_of(client)
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert b"<title>" in said or b"Content-Encoding" in said


@pytest.mark.parametrize(
    ("arrived", "whole"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", False),
        (b"POST / HTTP/1.1\r\ncontent-length:3\r\n\r\nabc", True),
        (b"POST / HTTP/1.1\r\nX: content-length: 9\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nX: a\r\n\r\nContent-Length: 9\r\n\r\n", True),
    ],
)
def test_a_request_is_whole_when_its_head_and_its_body_are_there(arrived: bytes, whole: bool) -> None:
    assert is_whole(bytearray(arrived)) is whole


@pytest.mark.parametrize(
    ("arrived", "status"),
    [
        (b"x" * (MOST_HEAD + 1), 431),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 411),
    ],
)
def test_what_is_too_large_or_has_no_length_is_not_waited_for(arrived: bytes, status: int) -> None:
    with pytest.raises(Refused, match=str(status)):
        is_whole(bytearray(arrived))
