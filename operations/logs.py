from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from audit.middleware import current_request_id


class ClientErrorsAsWarnings(logging.Filter):
    """A request that cannot be accepted, such as one with another Host or too large a form, is a warning of one line.

    Django makes it an error with a traceback. With these, any stranger could fill the log and raise alarms.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        if record.levelno == logging.WARNING and record.name.startswith("django."):
            record.exc_info = None
        return True


class JsonFormatter(logging.Formatter):
    """One line of JSON for each record: time (UTC, ISO 8601), level, logger, message, and, where there are, the ID of
    the request that was answered then (the one the operation log and the error page show) and the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = current_request_id.get() or getattr(getattr(record, "request", None), "request_id", "")
        if request_id:
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
