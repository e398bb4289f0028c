"""gunicorn's worker with threads, and an end of its queue.

Its threads take connections from a queue that grows as long as somebody asks; whoever is in it waits for all who came
before. Here only so many wait in each process, and nobody for long; two threads of their own tell the others at once
that the console is busy (eds_console.overload). So memory stays what it was, and those who are let in are answered as
fast as ever. A connection waits for a thread only when it has sent something: browsers open some in advance.
"""

from __future__ import annotations

import selectors
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from gunicorn.workers.gthread import TConn

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What looks after the console gets in when people do not, one at a time.
LET_IN = frozenset({"/healthz/", "/readyz/", "/metrics/"})
LONGEST_WAIT_SECONDS = 10
SECONDS_TO_SAY_SOMETHING = 5
# What a thread says of a connection that another has taken meanwhile.
TAKEN = object()


class Worker(ThreadWorker):
    # Connections that wait for a thread, at most; gunicorn.conf.py sets it for all processes.
    longest_queue = 64
    wsgi: Application

    def init_process(self) -> None:
        # Since when each waits, the oldest first. Who takes one out of here, a thread or a refusal, answers it.
        self.waiting: dict[TConn, float] = {}
        self.here = threading.local()
        self.refusing = ThreadPoolExecutor(2, "refusing", initializer=lambda: setattr(self.here, "is_refusing", True))
        self.let_in = threading.Lock()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        # Only now, since it needs a Django that is set up.
        from eds_console.overload import refuse

        application = self.wsgi

        def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if not self._is_refusing():
                return application(environ, start_response)
            if environ["PATH_INFO"] in LET_IN and self.let_in.acquire(blocking=False):
                try:
                    return application(environ, start_response)
                finally:
                    self.let_in.release()
            return refuse(environ, start_response)

        self.wsgi = wsgi

    def _is_refusing(self) -> bool:
        return getattr(self.here, "is_refusing", False)

    def enqueue_req(self, conn: TConn) -> None:
        if not (conn.initialized or conn.data_ready):
            self._wait_until_it_says_something(conn)
        elif len(self.waiting) >= self.longest_queue:
            self._submit(self.refusing, conn)
        else:
            self.waiting[conn] = time.monotonic()
            self._submit(self.tpool, conn)

    def _wait_until_it_says_something(self, conn: TConn) -> None:
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + SECONDS_TO_SAY_SOMETHING
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _submit(self, pool: ThreadPoolExecutor, conn: TConn) -> None:
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle(self, conn: TConn) -> Any:
        if not self._is_refusing() and self.waiting.pop(conn, None) is None:
            return TAKEN
        return super().handle(conn)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        if fs.exception() is None and fs.result() is TAKEN:
            return
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """gunicorn calls this once a second at least."""
        super().murder_pending()
        late = time.monotonic() - LONGEST_WAIT_SECONDS
        for conn, since in list(self.waiting.items()):
            if since > late:
                break
            if self.waiting.pop(conn, None) is not None:
                self._submit(self.refusing, conn)
