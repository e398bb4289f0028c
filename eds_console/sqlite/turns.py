"""One request at a time in each process, where the database is SQLite.

Its threads have nothing to wait for but each other: with PostgreSQL one computes while another is being answered, with
SQLite all compute, and take the interpreter from the one that is writing, for which the writers of all processes wait.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

# Seconds. Nobody waits for longer behind a request that takes long, or that waits for a writer that hangs.
PATIENCE = 0.05


def taking_turns(application: WSGIApplication) -> WSGIApplication:
    """The same WSGI application, called by one thread at a time, but for those whose patience is at an end.

    What an answer streams is made when its turn is over.
    """
    one = Lock()

    def turn(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        has_turn = one.acquire(timeout=PATIENCE)
        try:
            return application(environ, start_response)
        finally:
            if has_turn:
                one.release()

    return turn
