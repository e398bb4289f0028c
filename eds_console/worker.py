"""gunicorn's threaded worker (gthread), for clients that are slow and for more of them than it can answer.

gunicorn lends a thread to each connection from its first byte on, without a bound: as many clients as there are
threads, each of which sends half a request, stop the console. Here the worker's one event loop collects requests, so
that a slow client costs a socket. What nginx does in front of the console, the console does alone too.

And gunicorn's threads take from a queue that grows as long as somebody asks; whoever is in it waits for all who came
before. Here only so many wait in each process, and nobody for long; two threads of their own tell the others at once
that the console is busy (eds_console.overload). So memory stays what it was, and those who are let in are answered as
fast as ever.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# How long a whole request may take to arrive, and how long a client may take none of an answer.
ARRIVAL_SECONDS = 15
ANSWER_SECONDS = 30
# How long a client may take to close a connection after the answer.
LEAVING_SECONDS = 2
# More than all lines and header fields that a browser or the SDK sends; more than DATA_UPLOAD_MAX_MEMORY_SIZE.
MOST_HEAD = 64 * 1024
MOST_BODY = 3 * 1024 * 1024
# Of all requests together that have not arrived whole, in one worker.
MOST_ARRIVING = 64 * 1024 * 1024

# How long a whole request waits for a thread, at most.
LONGEST_WAIT_SECONDS = 10
# What looks after the console gets in when people do not, one at a time.
LET_IN = frozenset({"/healthz/", "/readyz/", "/metrics/"})
# What a thread says of a connection that another has taken meanwhile.
TAKEN = object()

END_OF_HEAD = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class Refused(Exception):  # noqa: N818 - not an error of ours
    """A request that is not waited for, with the status line's words."""


def is_whole(arrived: bytearray) -> bool:
    """Whether a request's head and body are there. Raises Refused for one that is too large, or has no length."""
    end = arrived.find(END_OF_HEAD)
    if end > MOST_HEAD or (end < 0 and len(arrived) > MOST_HEAD):
        raise Refused("431 Request Header Fields Too Large")
    if end < 0:
        return False
    head = bytes(arrived[: end + 2])
    if CHUNKED.search(head):
        # Django reads none of these, so what was sent would be lost without a word.
        raise Refused("411 Length Required")
    # One that says two lengths is refused by gunicorn, which reads it next.
    length = max(map(int, LENGTH.findall(head)), default=0)
    if length > MOST_BODY:
        raise Refused("413 Content Too Large")
    return len(arrived) >= end + len(END_OF_HEAD) + length


class Worker(ThreadWorker):
    # Requests that wait for a thread, at most; gunicorn.conf.py sets it for all processes.
    longest_queue = 64
    wsgi: Application

    def init_process(self) -> None:
        # How many bytes there are of requests that have not arrived whole.
        self.arriving = 0
        # Since when each waits for a thread, the oldest first. Who takes one out of here, a thread or a refusal,
        # answers it.
        self.waiting: dict[Any, float] = {}
        # Connections that have been told all, until the client closes them too.
        self.leaving: deque[Any] = deque()
        self.here = threading.local()
        self.refusing = ThreadPoolExecutor(2, "refusing", initializer=lambda: setattr(self.here, "is_refusing", True))
        self.let_in = threading.Lock()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application = self.wsgi

        def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if not self._is_refusing():
                return application(environ, start_response)
            if environ["PATH_INFO"] in LET_IN and self.let_in.acquire(blocking=False):
                try:
                    return application(environ, start_response)
                finally:
                    self.let_in.release()
            # Only now, since it needs the console to be set up.
            from eds_console.overload import refuse

            return refuse(environ, start_response)

        self.wsgi = wsgi

    def _is_refusing(self) -> bool:
        return getattr(self.here, "is_refusing", False)

    # What arrives. Only the event loop runs these.

    def enqueue_req(self, conn: Any) -> None:
        """Collect the connection's next request; what gunicorn has read of it already comes first."""
        conn.arrived = bytearray(conn.parser.unreader.take_buffered() if conn.parser else b"")
        self.arriving += len(conn.arrived)
        if conn.parser is None:
            # Seconds and microseconds; a thread that writes to a client who does not read is free again after that.
            conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", ANSWER_SECONDS, 0))
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + ARRIVAL_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))
        if conn.arrived:
            self._look(conn)
        else:
            # It is mostly there already.
            self.on_pending_socket_readable(conn, conn.sock)

    def on_pending_socket_readable(self, conn: Any, client: socket.socket) -> None:
        data = _read(client)
        if data is None:
            return
        if not data:
            self._forget(conn)
            self._close(conn)
            return
        conn.arrived += data
        self.arriving += len(data)
        self._look(conn)

    def _look(self, conn: Any) -> None:
        """Have the request answered if it is whole, and refuse it if it cannot become so."""
        try:
            if is_whole(conn.arrived):
                self._forget(conn)
                conn.data_ready = True
                conn.init()
                conn.parser.unreader.unread(bytes(conn.arrived))
                self._have_answered(conn)
            elif self.arriving > MOST_ARRIVING:
                self._refuse(conn, "503 Service Unavailable")
        except Refused as refusal:
            self._refuse(conn, str(refusal))

    def _forget(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.pending_conns.remove(conn)
        self.arriving -= len(conn.arrived)

    def _refuse(self, conn: Any, status: str) -> None:
        self._forget(conn)
        body = f"{status}\n"
        fields = f"Connection: close\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        with suppress(OSError):  # It may have gone.
            conn.sock.send(f"HTTP/1.1 {status}\r\n{fields}{body}".encode())
        self._leave(conn)

    # What waits for a thread.

    def _have_answered(self, conn: Any) -> None:
        if len(self.waiting) >= self.longest_queue:
            self._submit(self.refusing, conn)
        else:
            self.waiting[conn] = time.monotonic()
            self._submit(self.tpool, conn)

    def _submit(self, pool: ThreadPoolExecutor, conn: Any) -> None:
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: Any) -> Any:
        if not self._is_refusing() and self.waiting.pop(conn, None) is None:
            return TAKEN
        return super().handle(conn)

    # What leaves. gunicorn's own has the event loop wait up to two seconds for each client to close.

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        if fs.cancelled() or fs.exception():
            super().finish_request(conn, fs)
        elif fs.result() is TAKEN:
            return
        elif fs.result():
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    def _leave(self, conn: Any) -> None:
        """Close our side. Closed wholly, while the client still sends, the connection would lose the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + LEAVING_SECONDS
        self.leaving.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._throw_away, conn))

    def _throw_away(self, conn: Any, client: socket.socket) -> None:
        if _read(client) == b"":
            self._has_left(conn)

    def _has_left(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self.leaving.remove(conn)
        self._close(conn)

    def _close(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    # Time.

    def murder_pending(self) -> None:
        """End what takes too long; gunicorn calls it once a second."""
        now = time.monotonic()
        while self.pending_conns and self.pending_conns[0].timeout <= now:
            conn = self.pending_conns[0]
            if conn.arrived:
                self._refuse(conn, "408 Request Timeout")
            else:
                self._forget(conn)
                self._close(conn)
        while self.leaving and self.leaving[0].timeout <= now:
            self._has_left(self.leaving[0])
        for conn, since in list(self.waiting.items()):
            if since > now - LONGEST_WAIT_SECONDS:
                break
            if self.waiting.pop(conn, None) is not None:
                self._submit(self.refusing, conn)

    def _cap_keepalive(self, deadline: float) -> None:
        """A worker that stops waits no longer for requests that have not come than for those kept alive."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)


def _read(client: socket.socket) -> bytes | None:
    """What has arrived; nothing when the client has gone; None when there is nothing yet."""
    try:
        return client.recv(64 * 1024)
    except BlockingIOError:
        return None
    except OSError:
        return b""
