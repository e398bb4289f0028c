"""The floor: how fast bare Django is on this machine, which no product that is made with it can pass.

Three views on one table: a page of 20 rows, the same without middleware, and one SELECT and one INSERT in a
transaction. Default middleware, the same database settings and the same server as the product.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def _database() -> dict[str, object]:
    database: dict[str, object] = environ.Env.db_url_config(os.environ["DATABASE_URL"])
    if "sqlite3" in str(database["ENGINE"]):
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        database["CONN_MAX_AGE"] = 600
    return database


settings.configure(
    SECRET_KEY="no-secret-is-kept-here",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[] if os.environ.get("FLOOR_BARE") == "1" else MIDDLEWARE,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": _database()},
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent],
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()


class Row(models.Model):
    owner = models.IntegerField()
    name = models.CharField(max_length=64)
    size = models.IntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "floor"
        indexes = [models.Index(fields=["owner", "-id"], name="row_newest_first")]

    def __str__(self) -> str:
        return self.name


def page(request: HttpRequest) -> HttpResponse:
    """Twenty rows of a signed-in visitor's own, newest first."""
    owner = request.session.get("owner", 1) if hasattr(request, "session") else 1
    return render(request, "floor.html", {"rows": Row.objects.filter(owner=owner).order_by("-id")[:20]})


@csrf_exempt
def write(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        row = Row.objects.filter(owner=1).order_by("-id")[0]
        Row.objects.create(owner=int(request.GET["owner"]), name=row.name, size=row.size)
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [path("page/", page), path("write/", write)]
application = get_wsgi_application()


def set_up() -> str:
    """Make the tables and their rows; returns the key of a session."""
    from django.contrib.sessions.backends.db import SessionStore  # needs the apps
    from django.core.management import call_command  # needs the settings

    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Row)
    Row.objects.bulk_create(
        Row(owner=number % 5 + 1, name=f"image-{number:06d}", size=40 + number % 8) for number in range(500)
    )
    session = SessionStore()
    session["owner"] = 1
    session.create()
    return str(session.session_key)


if __name__ == "__main__":
    sys.stdout.write(set_up())
