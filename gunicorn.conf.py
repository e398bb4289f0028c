"""How the console is served, by `make run` and in production alike: `gunicorn` in this folder reads it."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from eds_console.private import keep_private
from eds_console.variables import env
from eds_console.worker import Worker

keep_private()

# The processes of this server keep their counts in files of one folder, and whichever is asked for /metrics/ adds up.
_COUNTS, _OURS = "PROMETHEUS_MULTIPROC_DIR", "console-metrics-"


def _remove(folder, process):
    # Its workers, which end in the same way, leave it to the server.
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


# A server that is told to reload (SIGHUP) reads this file again and goes on counting in the same folder.
if _COUNTS not in os.environ:
    os.environ[_COUNTS] = tempfile.mkdtemp(prefix=_OURS)
    atexit.register(_remove, os.environ[_COUNTS], os.getpid())


def pre_exec(server):
    # Who takes over from this server (SIGUSR2) has a folder of its own.
    if Path(os.environ[_COUNTS]).name.startswith(_OURS):
        server.cfg.env_orig.pop(_COUNTS, None)


def when_ready(server):
    # Only now, since it needs the console to be set up.
    from eds_console.warm import warm

    warm()


wsgi_app = "eds_console.wsgi"
try:
    bind = f"{env('HOST')}:{env('PORT')}"
    workers = env("WEB_WORKERS")
    longest_queue = env("WEB_QUEUE")
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None
# Threads, since a request mostly waits for the database; several processes, since Python runs one thread at a time.
worker_class = "eds_console.worker.Worker"
threads = 4
# Requests that wait in one process for a thread; at 100 a second the last of them waits for less than a second.
Worker.longest_queue = longest_queue
# Of all connections, most of which say nothing at a time; a process may have 1024 files open.
worker_connections = 800
# Loaded once and forked: the start is quicker, the memory shared, and a bad setting stops the start.
preload_app = True
# A socket in the home folder through which the server could be told things; nobody uses it, and two servers share it.
control_socket_disable = True
# The vendor's SDK sends all parameters in the query, up to 100 IDs among them; this is the most that there can be.
limit_request_line = 8190
