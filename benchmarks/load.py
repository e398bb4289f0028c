"""The load generator: clients in threads that keep their connections alive, bounded in time and in requests.

Written for this, since a client that is a script (open the dialog, take its token, share, unshare) is a generator of
ten lines here. It parses no more of an answer than its length and status, so it takes a small part of one core; how
much is measured and shown beside each result.
"""

from __future__ import annotations

import resource
import socket
import threading
import time
from dataclasses import dataclass, field
from statistics import quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

TIMEOUT = 120


@dataclass(frozen=True)
class Answer:
    status: int
    head: bytes
    body: bytes


# A client yields the bytes of a request and is sent the answer; it ends with its load, or goes on for ever.
type Client = Generator[bytes, Answer, None]


@dataclass
class Result:
    """What a load saw. Times are in seconds; `cpu` is what the generator itself took for each request."""

    seconds: float
    latencies: list[float]
    unexpected: int
    cpu: float
    bytes_received: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, percent: int) -> float:
        if len(self.latencies) < 2:
            return max(self.latencies, default=0.0)
        return quantiles(self.latencies, n=100)[percent - 1]


@dataclass
class Connection:
    """One connection, opened again when the server has closed it."""

    address: tuple[str, int]
    sock: socket.socket | None = None
    buffer: bytes = b""
    received: int = field(default=0)

    def exchange(self, request: bytes) -> Answer:
        """Send one request and read its answer. Raises OSError when the server does not give one."""
        if self.sock is None:
            self.sock = socket.create_connection(self.address, timeout=TIMEOUT)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(request)
        while b"\r\n\r\n" not in self.buffer:
            self._receive()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lowered = head.lower()
        if b"\r\ncontent-length:" in lowered:
            length = int(lowered.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
        elif lowered.split(b"\r\n", 1)[0].split()[1] in {b"204", b"304"}:
            length = 0
        else:
            raise OSError("an answer without a Content-Length")
        while len(self.buffer) < length:
            self._receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        self.received += len(head) + 4 + length
        if head.startswith(b"HTTP/1.0") or b"\r\nconnection: close" in lowered:
            self.close()
        return Answer(int(head.split(b" ", 2)[1]), head, body)

    def _receive(self) -> None:
        assert self.sock is not None
        more = self.sock.recv(262144)
        if not more:
            raise OSError("the server closed the connection in the middle of an answer")
        self.buffer += more

    def close(self) -> None:
        if self.sock is not None:
            self.sock.close()
        self.sock, self.buffer = None, b""


def drive(
    port: int, clients: list[Client], *, seconds: float, at_most: int = 1_000_000, expect: Callable[[Answer], bool]
) -> Result:
    """Let every client send one request after another until the time is over or so many were sent in all.

    A request that is under way when the time is over is waited for and counted, and so is its time. `expect` says of
    an answer whether it is a good one.
    """
    latencies: list[list[float]] = [[] for _ in clients]
    unexpected, received, failures = [0] * len(clients), [0] * len(clients), []
    each = max(1, at_most // len(clients))
    barrier = threading.Barrier(len(clients) + 1)

    def run(place: int) -> None:
        connection = Connection(("127.0.0.1", port))
        script, mine = clients[place], latencies[place]
        try:
            request = next(script)
            barrier.wait()
            end = time.perf_counter() + seconds
            while len(mine) < each:
                began = time.perf_counter()
                if began >= end:
                    break
                answer = connection.exchange(request)
                mine.append(time.perf_counter() - began)
                if not expect(answer):
                    unexpected[place] += 1
                    failures.append(answer)
                request = script.send(answer)
        except StopIteration:
            pass
        except OSError as error:
            unexpected[place] += 1
            failures.append(Answer(0, b"", str(error).encode()))
            barrier.abort()
        finally:
            received[place] = connection.received
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(clients))]
    for thread in threads:
        thread.start()
    before = resource.getrusage(resource.RUSAGE_SELF)
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / max(1, sum(map(len, latencies)))
    if failures:
        first = failures[0]
        print(f"  {sum(unexpected)} unexpected answers, the first: {first.status} {first.body[:300]!r}")
    every = [latency for mine in latencies for latency in mine]
    return Result(elapsed, every, sum(unexpected), cpu, sum(received))


def request(method: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """The bytes of an HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
