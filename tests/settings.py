"""The console's own settings, but for what would only make tests slow."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "for-tests-" * 6)
os.environ.setdefault("HTTPS", "0")
if "DATABASE_URL" not in os.environ:
    # A file, since the threads of a live server cannot each have a connection to a database in memory.
    folder = tempfile.mkdtemp(prefix="console-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/console.sqlite3"

from eds_console.settings import *  # noqa: F403

# For `make lint`.
INSTALLED_APPS = [*INSTALLED_APPS, "django_migration_linter"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The live server of the browser tests does not know hashed names.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"] == "plumbing.sqlite":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.tests"}  # noqa: F405
# A connection that the live server's threads keep would outlive the test database.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
# Nothing counted in one test is left for the next, and no page's queries are mixed with the cache's.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
