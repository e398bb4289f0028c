"""An error of the API, and the exception that is answered with one."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Error:
    """One row of the table; `rules` are the codes of the rules whose refusal has this code at the API."""

    code: str
    status: int
    cause: str | Promise
    remedy: str | Promise
    rules: tuple[str, ...] = ()


class ApiError(Exception):
    """A call that is refused. `message` is one sentence about this call; the table has what is true of each."""

    def __init__(self, code: str, message: str | Promise) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
