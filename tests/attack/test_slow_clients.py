"""Clients that keep their connections and give nothing, or take nothing: everybody else is answered all the while."""

from __future__ import annotations

import random
import re
import resource
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from tests.attack.test_server import FORM, ODD_REQUESTS, PATIENCE, SECONDS, TOKEN, console, head, rest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes import Console

__all__ = ["console"]
pytestmark = [pytest.mark.any_database, pytest.mark.slow]


@contextmanager
def connections(console: Console, number: int, receive_buffer: int = 0) -> Iterator[list[socket.socket]]:
    address = urlsplit(console.address)
    clients: list[socket.socket] = []
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, most), most))
    try:
        for _ in range(number):
            client = socket.socket()
            clients.append(client)
            if receive_buffer:
                # Before the connection, which agrees on how much may be under way.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.settimeout(SECONDS)
            client.connect((address.hostname, address.port))
        yield clients
    finally:
        for client in clients:
            client.close()


def longest_wait(console: Console, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> float:
    """How long a page of the sign-in took at most, when it was asked for again and again for so long."""
    longest, end = 0.0, time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        answer = requests.get(f"{console.address}/login/", headers={"Connection": "close"}, timeout=PATIENCE)
        assert answer.status_code == 200
        longest = max(longest, time.monotonic() - began)
        meanwhile()
        time.sleep(0.05)
    return longest


def all_are_closed(clients: list[socket.socket], deadline: float) -> bool:
    for client in clients:
        client.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            rest_of(client)
        except TimeoutError:
            return False
    return True


@pytest.mark.parametrize("length", [b"0" * 20 + b"10", b"0" * 4000 + b"10"])
def test_a_long_length_without_a_body_holds_up_nobody_and_is_sent_away(length: bytes, console: Console) -> None:
    with connections(console, 24) as clients:
        deadline = time.monotonic() + 20
        for client in clients:
            # With a token, since without one the console refuses the form before it reads it.
            client.sendall(head("POST /login/", FORM, TOKEN, b"Content-Length: " + length + b"\r\n\r\n"))
        assert longest_wait(console, 5) < 2
        assert all_are_closed(clients, deadline)


def test_who_reads_little_of_much_holds_up_nobody(console: Console) -> None:
    """Sixteen clients ask for the style sheet forty times each, and take 3 kB every two seconds."""
    style_sheet = re.findall(r'"(/static/css/list[^"]+)"', requests.get(f"{console.address}/login/").text)[0]
    one = f"GET {style_sheet} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with connections(console, 16, receive_buffer=4096) as clients:
        for client in clients:
            client.sendall(one * 40)
        taken = [time.monotonic()]

        def take() -> None:
            if time.monotonic() > taken[0] + 2:
                taken[0] = time.monotonic()
                for client in clients:
                    assert client.recv(3000)

        assert longest_wait(console, 8, take) < 2
        assert descriptors(console) < 100


def processes(console: Console) -> list[str]:
    return Path(f"/proc/{console.process}/task/{console.process}/children").read_text().split()


def descriptors(console: Console) -> int:
    """The files that the server's processes have open, sockets among them, of which each client has one."""
    return max(len(list(Path(f"/proc/{child}/fd").iterdir())) for child in processes(console))


def test_half_sent_requests_hold_up_nobody_and_are_sent_away(console: Console) -> None:
    with connections(console, 1400) as heads, connections(console, 300) as bodies:
        deadline = time.monotonic() + 20
        for client in heads:
            client.sendall(head("GET /healthz/", b"X-Slow: a"))
        for client in bodies:
            client.sendall(head("POST /login/", FORM, b"Content-Length: 1000\r\n\r\nusername="))
        assert longest_wait(console, 5) < 2
        assert all_are_closed(heads + bodies, deadline + 5)


@pytest.mark.parametrize(
    "beginning", [head("GET /healthz/", b"X-Slow: "), head("POST /login/", FORM, b"Content-Length: 1000\r\n\r\n")]
)
def test_a_byte_now_and_then_does_not_keep_a_connection(beginning: bytes, console: Console) -> None:
    """A whole request has fifteen seconds to arrive."""
    with connections(console, 1) as [client]:
        client.sendall(beginning)
        closed = threading.Event()

        def send() -> None:
            while not closed.wait(1):
                try:
                    client.sendall(b"a")
                except OSError:
                    return

        sender = threading.Thread(target=send)
        sender.start()
        try:
            began = time.monotonic()
            rest_of(client)
            assert time.monotonic() < began + 20
        finally:
            closed.set()
            sender.join()


def test_a_client_that_sends_too_much_still_reads_why_it_was_refused(console: Console) -> None:
    with connections(console, 1) as [client]:
        client.sendall(head("POST /login/", FORM, b"Content-Length: 20000000\r\n\r\n"))
        sender = threading.Thread(target=lambda: client.sendall(b"x" * 2_000_000))
        sender.start()
        try:
            assert b" 413 " in client.recv(65536)
        finally:
            sender.join()


def test_clients_that_go_away_end_no_process(console: Console) -> None:
    """Many at once, with and without waiting for an answer. A connection may be closed in the middle of anything."""
    before = processes(console)
    address = urlsplit(console.address)
    end = time.monotonic() + 6

    def ask() -> None:
        die = random.Random()
        while time.monotonic() < end:
            request, _statuses = ODD_REQUESTS[die.choice(list(ODD_REQUESTS))]
            with (
                suppress(OSError),
                socket.create_connection((address.hostname, address.port), timeout=PATIENCE) as client,
            ):
                client.sendall(request)
                if die.random() < 0.7:
                    client.shutdown(socket.SHUT_WR)
                if die.random() < 0.7:
                    rest_of(client)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert processes(console) == before
    assert requests.get(f"{console.address}/login/", timeout=PATIENCE).status_code == 200
    assert "Traceback" not in console.log.read_text()
