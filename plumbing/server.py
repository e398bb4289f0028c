"""gunicorn's processes speak HTTP through waitress.

waitress collects requests whole and sends answers from memory, so a slow client costs a socket and no thread. One
thread makes the answers. An answer that is made while it is sent (an export) has a thread of its own meanwhile.

Replaces: gunicorn's workers. Eight half-sent requests stop its threads, and its queue has no end.
Private names: gunicorn.workers.base.Worker.{sockets, alive, ppid, wsgi}; of waitress `create_server(_dispatcher=…)`,
wasyncore.loop, and the hooks of HTTPChannel, HTTPRequestParser, WSGITask, BaseWSGIServer and
ThreadedTaskDispatcher.
Buys: pages in time behind bodies that never come and readers that dawdle, which stopped gunicorn's threads. Server and
two processes take 122 MB, and 150 with our former worker. A share takes 1.9 ms of CPU and a page 2.4, as before.
Goes when: gunicorn has a worker that buffers both ways, or waitress has processes.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.utils.translation import gettext as _
from gunicorn.workers import base
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

log = logging.getLogger(__name__)
TLS_HELLO = b"\x16\x03"
# Seconds that a client has to close its side after the last answer.
LEAVING_SECONDS = 2
# These signals end a server.
ENDS = {signal.SIGINT, signal.SIGQUIT, signal.SIGTERM}
# Exports at once in each process. Each has a thread and a connection to the database.
MOST_STREAMS = 8


class Parser(HTTPRequestParser):
    """The parser refuses what another program in front could read in another way."""

    def received(self, data: bytes) -> int:
        if data.startswith(TLS_HELLO) and not self.header_plus and self.body_rcv is None:
            log.warning("A client spoke TLS. This port speaks plain HTTP: use http:// in place of https://.")
            self.parse_header(b"GET / HTTP/1.0\r\n")
            self.error = BadRequest("This port speaks plain HTTP: use http:// in place of https://.")
            self.completed = True
            return len(data)
        consumed: int = super().received(data)
        if self.completed:
            self.expect_continue = False
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("A length or an address cannot be read") from error
        if self.version not in {"1.0", "1.1"}:
            raise ParsingError("Only HTTP/1.0 and HTTP/1.1 are spoken here")
        if b"\r\n " in header_plus or b"\r\n\t" in header_plus:
            raise ParsingError("A header field is folded")
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("The length of the body is said in two ways")
        if self.proxy_netloc and self.proxy_netloc != self.headers.get("HOST"):
            raise ParsingError("Host and the address of the request differ")


class Held(HTTPRequestParser):
    """The bytes that came after a request that is not answered yet. They are parsed after the answer."""

    def received(self, data: bytes) -> int:
        self.header_plus += data
        return len(data)


class Task(WSGITask):
    """waitress sends a body after HEAD too, and the client takes it for the next answer of the connection."""

    def write(self, data: bytes) -> None:
        is_head_alone = self.request.command == "HEAD"
        super().write(b"" if is_head_alone else data)
        if is_head_alone:
            # Not even the end of chunks follows.
            self.chunked_response = False


class Channel(HTTPChannel):
    """A connection has one request at a time, and an end to everything that it may wait for."""

    task_class = Task
    is_leaving = False
    request: HTTPRequestParser | None
    last_activity: float

    @property
    def parser_class(self) -> type[HTTPRequestParser]:
        return Held if self.requests else Parser

    def readable(self) -> bool:
        is_readable = super().readable()
        if is_readable and isinstance(self.request, Held):
            # This reads as waitress does: an error closes the connection, and not the process.
            wasyncore.read(self)
            is_readable = super().readable()
        return bool(is_readable)

    def writable(self) -> bool:
        if self.total_outbufs_len:
            # waitress looks for clients that take nothing of an answer only after the answer has been made.
            if self.last_activity < time.time() - self.adj.channel_timeout:
                self.will_close = True
            elif self.requests and self.total_outbufs_len < self.adj.outbuf_high_watermark:
                # The thread sends what it makes. The event loop would turn without pause while the thread does.
                return False
        return bool(super().writable())

    def recv(self, buffer_size: int) -> bytes:
        if isinstance(self.request, Held):
            held, self.request = self.request.header_plus, None
            return bytes(held)
        return bytes(super().recv(buffer_size))

    def received(self, data: bytes) -> bool:
        return not self.is_leaving and super().received(data)

    def handle_read(self) -> None:
        request, since = self.request, self.last_activity
        super().handle_read()
        # The time counts from the first byte of a request, so that one byte now and then does not keep a connection.
        if self.is_leaving or (request is not None and self.request is request):
            self.last_activity = since

    def handle_close(self) -> None:
        """Close one side first. Closed at once while the client still sends, the connection would lose the answer."""
        now, timeout = time.time(), self.adj.channel_timeout
        if self.connected and self.will_close and not self.is_leaving and self.last_activity > now - timeout:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self.is_leaving, self.will_close = True, False
                self.last_activity = now - timeout + LEAVING_SECONDS
                return
        super().handle_close()


def _accept(server: BaseWSGIServer) -> None:
    """Accept one connection as waitress does, and more where there are many: each turn of the loop looks at all."""
    for _turn in range(1 + len(server.active_channels) // 50):
        server.__class__.handle_accept(server)


class Dispatcher(ThreadedTaskDispatcher):
    def handler_thread(self, thread_no: int) -> None:
        try:
            super().handler_thread(thread_no)
        finally:
            connections.close_all()


class Worker(base.Worker):
    # Arguments of waitress.create_server; gunicorn.conf.py sets them.
    limits: dict[str, Any] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # gunicorn forks now. Unblocked, a signal that comes before the process has its own handlers would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)

    def init_signals(self) -> None:
        super().init_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)

    def run(self) -> None:
        # It warns of each request that waits for another.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.streams, self.streams_lock = 0, threading.Lock()
        self.dispatcher = Dispatcher()
        self.dispatcher.set_thread_count(1)
        loop: dict[int, Any] = {}
        listening = [listener.sock for listener in self.sockets]
        create_server(self._answer, loop, _dispatcher=self.dispatcher, sockets=listening, **self.limits)
        servers = [item for item in loop.values() if isinstance(item, BaseWSGIServer)]
        for server in servers:
            server.channel_class = Channel
            server.handle_accept = partial(_accept, server)
        while self.alive and self.ppid == os.getppid():
            self._turn(loop)
        self._finish(loop, servers)

    def _turn(self, loop: dict[int, Any]) -> None:
        self.notify()
        wasyncore.loop(timeout=0.5, use_poll=True, map=loop, count=1)

    def _finish(self, loop: dict[int, Any], servers: list[Any]) -> None:
        """Answer what has arrived, and accept nothing more."""
        for server in servers:
            server.accepting = False
        deadline = time.monotonic() + self.cfg.graceful_timeout
        is_busy = True
        while is_busy and time.monotonic() < deadline:
            self._turn(loop)
            channels = [channel for server in servers for channel in server.active_channels.values()]
            is_busy = any(channel.requests or channel.total_outbufs_len for channel in channels)
        self.dispatcher.shutdown(timeout=1)

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self.wsgi(environ, start_response)
        if environ["REQUEST_METHOD"] == "HEAD":
            # An export is not made for nobody.
            response.close()
            return []
        if not getattr(response, "streaming", False):
            return response
        if self.streams < MOST_STREAMS:
            return self._stream(response)
        response.close()
        fields = [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "60")]
        start_response("503 Service Unavailable", fields, (None, None, None))
        return [_("Too many exports are being read just now. Try again in a minute.").encode()]

    def _stream(self, response: Any) -> Iterator[bytes]:
        self._count_stream(1)
        try:
            yield from response
        finally:
            response.close()
            self._count_stream(-1)

    def _count_stream(self, change: int) -> None:
        with self.streams_lock:
            self.streams += change
            self.dispatcher.set_thread_count(1 + self.streams)


os.register_at_fork(after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS))
