"""How the console is served, by `make run` and in production alike: `gunicorn` in this folder reads it."""

import atexit
import gc
import os
import resource
import shutil
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from eds_console.private import keep_private
from eds_console.variables import env
from plumbing.server import Worker

keep_private()

# The processes of this server keep their counts in files of one folder, and whichever is asked for /metrics/ adds up.
_COUNTS, _OURS = "PROMETHEUS_MULTIPROC_DIR", "console-metrics-"


def _remove(folder, process):
    # The workers, which end in the same way, leave the folder to the server.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


# A server that is told to reload (SIGHUP) reads this file again and goes on counting in the same folder.
if _COUNTS not in os.environ:
    os.environ[_COUNTS] = tempfile.mkdtemp(prefix=_OURS)
    atexit.register(_remove, os.environ[_COUNTS], os.getpid())


def pre_exec(server):
    # A server that takes over from this one (SIGUSR2) has a folder of its own.
    if Path(os.environ[_COUNTS]).name.startswith(_OURS):
        server.cfg.env_orig.pop(_COUNTS, None)


def when_ready(server):
    # Loaded objects live as long as the server. The collector looks at none of them, so the processes still share them.
    gc.collect()
    gc.freeze()


wsgi_app = "eds_console.wsgi"
try:
    bind = f"{env('HOST')}:{env('PORT')}"
    workers = env("WEB_WORKERS")
    _log_format = env("LOG_FORMAT")
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None
worker_class = "plumbing.server.Worker"
# A connection may have a file of its own for what it sends, and one for what it is sent.
_most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
_files = 8192 if _most_files == resource.RLIM_INFINITY else min(8192, _most_files)
resource.setrlimit(resource.RLIMIT_NOFILE, (_files, _most_files))
Worker.limits = {
    "connection_limit": min(2000, (_files - 200) // 3),
    # Connections that wait to be accepted, in the kernel.
    "backlog": 2048,
    # Seconds for a whole request to arrive, for the next request to come, and for a client to take some of an answer.
    "channel_timeout": 15,
    "cleanup_interval": 1,
    # More than all lines and header fields that a browser or the SDK sends; more than DATA_UPLOAD_MAX_MEMORY_SIZE.
    "max_request_header_size": 32 * 1024,
    "max_request_body_size": 3 * 1024 * 1024,
    # So many bytes of each connection are kept in memory; the rest is in a temporary file.
    "inbuf_overflow": 64 * 1024,
    "outbuf_overflow": 256 * 1024,
    # An export waits for its reader at this many bytes.
    "outbuf_high_watermark": 128 * 1024,
    # Django reads these, and knows how many proxies to believe.
    "clear_untrusted_proxy_headers": False,
    # No Server header.
    "ident": None,
    # The address of a request without a Host header.
    "server_name": env("HOST"),
}
# Loaded once and forked: the start is quicker, the memory shared, and a bad setting stops the start.
preload_app = True
# The server's own lines look like all others.
_is_json = _log_format == "json"
_formatter = (
    {"()": "operations.logs.JsonFormatter"}
    if _is_json
    else {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
)
logconfig_dict = {
    "formatters": {"console": _formatter},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "console"}},
    "root": {"level": "INFO", "handlers": ["console"]},
    "loggers": {name: {"handlers": ["console"], "propagate": False} for name in ("gunicorn.error", "gunicorn.access")},
}
# A socket in the home folder through which the server could be told things; nobody uses it, and two servers share it.
control_socket_disable = True
