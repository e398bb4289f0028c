"""No form of the console has a file in it."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError


class NoFiles(FileUploadHandler):
    """Refuses a file before its first byte: Django's own handlers would keep it, of any size, on the server's disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises MultiPartParserError, which is a bad request (400)."""
        raise MultiPartParserError("A file was sent, and no form has one.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> NoReturn:
        raise NotImplementedError

    def file_complete(self, file_size: int) -> None:
        return None
