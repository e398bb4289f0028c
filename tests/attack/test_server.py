"""The server itself, over raw sockets: clients that are slow, lie about lengths, or send what no client should."""

from __future__ import annotations

import re
import socket
import ssl
import time
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.processes import SECONDS, Hand, fresh_database, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.processes import Console

pytestmark = pytest.mark.any_database

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
TOKEN = b"Cookie: csrftoken=" + b"x" * 32 + b"\r\n"
# What gunicorn.conf.py takes at most.
MOST_HEAD, MOST_BODY = 32 * 1024, 3 * 1024 * 1024
# Less than the server waits for a request: whoever is held up by a slow one is held up for longer than this.
PATIENCE = 10


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, demo_database: str) -> Iterator[Console]:
    """Two processes of one thread."""
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
    """Two threads, and sixteen of each kind of client that would have one of them wait."""
    style_sheet = re.findall(r'"(/static/css/list[^"]+)"', requests.get(f"{console.address}/login/").text)[0]
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
        for kind in ("silent", "slow head", "slow body"):
            assert {rest_of(client) for client in clients[kind]} == {b""}
        assert {status_of(rest_of(client)) for client in clients["reads nothing"]} == {200}
    finally:
        for client in chain(*clients.values()):
            client.close()


ODD_REQUESTS = {
    "a length that is not kept": (head("POST /login/", FORM, b"Content-Length: 50\r\n\r\nusername=x"), {0}),
    "two lengths": (head("POST /login/", FORM, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), {400}),
    "a negative length": (head("POST /login/", FORM, b"Content-Length: -1\r\n\r\n"), {400}),
    "a length that is none": (head("POST /login/", FORM, b"Content-Length: many\r\n\r\n"), {400}),
    "chunks that are none": (head("POST /login/", FORM, b"Transfer-Encoding: chunked\r\n\r\nx\r\n"), {400}),
    "chunks without an end": (head("POST /login/", FORM, b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), {0}),
    "another coding": (head("POST /login/", FORM, b"Transfer-Encoding: gzip, chunked\r\n\r\n"), {400, 501}),
    "chunks and a length": (
        head("POST /login/", FORM, b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        {400},
    ),
    "chunks in HTTP/1.0": (
        b"POST /login/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        {400},
    ),
    "too many chunks": (
        head("POST /login/", FORM, b"Transfer-Encoding: chunked\r\n\r\n")
        + b"%x\r\n%b\r\n" % (MOST_BODY, b"x" * MOST_BODY),
        {413},
    ),
    "one length twice": (head("POST /login/", FORM, b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na"), {400}),
    "a length of many digits": (head("POST /login/", FORM, b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n"), {400}),
    "a body that is too large and is waited for": (
        head("POST /login/", FORM, b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % (10 * MOST_BODY)),
        {413},
    ),
    "a body that is too large": (head("POST /login/", FORM, b"Content-Length: %d\r\n\r\nx" % (10 * MOST_BODY)), {413}),
    "a body that is too large for a form": (
        head("POST /login/", FORM, TOKEN, b"Content-Length: %d\r\n\r\n" % (MOST_BODY - 1)) + b"x" * (MOST_BODY - 1),
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
    "a field that is too long": (head("GET /login/", b"X-Long: " + b"x" * MOST_HEAD + b"\r\n\r\n"), {431}),
    "too many fields": (head("GET /login/", b"X-Many: x\r\n" * 4000) + b"\r\n", {431}),
    "a long URL": (head(f"GET /login/?next={'x' * MOST_HEAD}") + b"\r\n", {431}),
    "long cookies": (head("GET /login/", b"Cookie: sessionid=" + b"x" * 7000 + b"\r\n\r\n"), {200}),
    "many cookies": (head("GET /login/", b"Cookie: " + b"a=b; " * 1500 + b"\r\n\r\n"), {200}),
    # It is then the address that was connected to.
    "no host": (b"GET /login/ HTTP/1.1\r\nConnection: close\r\n\r\n", {200}),
    "two hosts": (head("GET /login/", b"Host: evil.example\r\n\r\n"), {400}),
    "the host of another": (b"GET http://evil.example/login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", {400}),
    "another host in the address": (head("GET http://evil.example/login/") + b"\r\n", {400}),
    "the same host in the address": (head("GET http://127.0.0.1/login/") + b"\r\n", {200}),
    "an address that is none": (head("GET http://[/login/") + b"\r\n", {400}),
    "line ends without CR": (head("GET /login/", b"X-A: b\nX-C: d\r\n") + b"\r\n", {400}),
    "a request line without CR": (b"GET /login/ HTTP/1.1\nHost: 127.0.0.1\r\n\r\n", {400}),
    "no version": (b"GET /login/\r\n\r\n", {400}),
    "a name with an underscore": (head("GET /login/", b"Content_Length: 5\r\n\r\n"), {200}),
    "a space before a colon": (head("GET /login/", b"X-Odd : x\r\n\r\n"), {400}),
    "a space before the colon of a length": (head("POST /login/", FORM, b"Content-Length : 1\r\n\r\na"), {400}),
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


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/login/", "/nowhere/", "/logs/export/", "/", "/static/css/base.css"])
@pytest.mark.parametrize("coding", [b"identity", b"gzip", b"zstd"])
def test_an_answer_to_head_has_no_body(path: str, coding: bytes, console: Console) -> None:
    """Whoever reads one takes it for the next answer of the connection."""
    acme = Hand(console, "acme@example.com")
    cookies = "; ".join(f"{name}={value}" for name, value in acme.session.cookies.items()).encode()
    fields = (b"Accept-Encoding: " + coding + b"\r\n", b"Cookie: " + cookies + b"\r\n", b"\r\n")
    said = exchange(console, head(f"HEAD {path}", *fields))
    assert status_of(said) in {200, 302, 404}
    assert said.partition(b"\r\n\r\n")[2] == b""
    if path == "/nowhere/":
        assert re.search(rb"\r\nContent-Length: [1-9]", said)


@pytest.mark.slow
def test_the_answer_after_one_to_head_is_read_as_it_is(console: Console) -> None:
    first = b"HEAD /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    said = exchange(console, first + head("GET /healthz/") + b"\r\n")
    assert [part[:12] for part in said.split(b"\r\n\r\n")[:2]] == [b"HTTP/1.1 200"] * 2


@pytest.mark.slow
def test_a_body_that_comes_in_chunks_is_read(console: Console) -> None:
    """Node's clients send one. Somebody signs in with it."""
    with requests.Session() as session:
        page = session.get(f"{console.address}/login/", timeout=SECONDS)
        token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[0]
        form = urlencode({"csrfmiddlewaretoken": token, "login": "acme@example.com", "password": "console-demo"})
        form = form.replace("login=", "username=") if 'name="username"' in page.text else form
        answer = session.post(
            f"{console.address}/login/",
            data=(form[place : place + 7].encode() for place in range(0, len(form), 7)),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=SECONDS,
            allow_redirects=False,
        )
    assert answer.request.headers["Transfer-Encoding"] == "chunked"
    assert answer.status_code == 302, answer.text


@pytest.mark.slow
def test_who_waits_for_100_continue_gets_it(console: Console) -> None:
    with connect(console) as client:
        client.sendall(head("POST /login/", FORM, b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"))
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"username=x")
        assert status_of(rest_of(client)) == 403


@pytest.mark.slow
def test_who_speaks_tls_to_the_plain_port_is_sent_away_and_the_log_says_why(console: Console) -> None:
    logged = console.log.stat().st_size
    address = urlsplit(console.address)
    began = time.monotonic()
    with connect(console) as client, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(client, server_hostname=address.hostname)
    assert time.monotonic() < began + 2
    with console.log.open() as log:
        log.seek(logged)
        assert "use http://" in log.read()


@pytest.mark.slow
def test_a_call_under_a_host_that_is_not_allowed_reads_which_setting_it_is(console: Console) -> None:
    query = "Action=DescribeRegions&Version=2020-09-30"
    answer = requests.post(f"{console.address}/?{query}", headers={"Host": "evil.example"}, timeout=SECONDS)
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in answer.json()["Message"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SCRIPT_NAME", "Script-Name", "X-Script-Name", "X-Forwarded-Prefix", "PATH_INFO"])
def test_no_client_says_where_the_console_is_mounted(name: str, console: Console) -> None:
    answer = requests.get(f"{console.address}/login/", headers={name: "/evil"}, timeout=SECONDS)
    assert answer.status_code == 200
    assert "/evil" not in answer.text


@pytest.mark.slow
def test_the_server_does_not_say_what_it_is(console: Console) -> None:
    for request in (head("GET /login/") + b"\r\n", head("GET /login/", b"X-Odd : x\r\n\r\n")):
        said = exchange(console, request).lower()
        assert b"\r\nserver:" not in said
        assert b"waitress" not in said
        assert b"gunicorn" not in said
