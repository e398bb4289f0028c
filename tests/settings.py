"""The console's own settings, but for what would only make tests slow."""

import os
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "for-tests-" * 6)
os.environ.setdefault("HTTPS", "0")
# A file, since the threads of a live server cannot each have a connection to a database in memory; one for each run.
os.environ.setdefault("DATABASE_URL", f"sqlite:///{Path(__file__).parents[1] / 'var' / f'{os.getpid()}.sqlite3'}")

from eds_console.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The live server of the browser tests does not know hashed names.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"] == "eds_console.sqlite":  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": f"{DATABASES['default']['NAME']}.tests"}  # noqa: F405
