"""The console's own settings, but for what would only make tests slow."""

import os

os.environ.setdefault("SECRET_KEY", "for-tests-" * 6)
os.environ.setdefault("HTTPS", "0")
os.environ.setdefault("DATABASE_URL", "sqlite:///:memory:")

from eds_console.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The live server of the browser tests does not know hashed names.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
