"""Every setting comes from the environment; README.md and docs/deploy.md list each with its default.

A value that cannot be read stops the start with a sentence (django.core.exceptions.ImproperlyConfigured).
"""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import bootstrap_wrapper
import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()


# Of any number here. More seconds than this, eleven days, fit neither what PostgreSQL waits nor, far above, a date.
MAXIMUM = 1_000_000


def number(name: str, default: float, minimum: float) -> float:
    text = env.str(name, default=str(default))
    try:
        value = float(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {text!r}.") from None
    # "nan" is neither.
    if not value >= minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum:g}, not {text!r}.")
    if value > MAXIMUM:
        raise ImproperlyConfigured(f"{name} must be at most {MAXIMUM}, not {text!r}.")
    return value


def switch(name: str, default: bool) -> bool:
    text = env.str(name, default="1" if default else "0").strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def fernet_keys(name: str, default: str) -> list[str]:
    """Fernet keys, separated by commas, the one that encrypts first. Without any, one that follows from `default`."""
    keys: list[str] = [key.strip() for key in env.list(name, default=[]) if key.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must be Fernet keys (32 bytes in URL-safe base64), separated by commas."
            ) from None
    return keys or [base64.urlsafe_b64encode(hashlib.sha256(f"{name}:{default}".encode()).digest()).decode()]


def cache(name: str) -> dict[str, object]:
    """What all server processes share for a while: tables of the database, or a Redis."""
    url = env.str(name, default="")
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must be redis://… or rediss://…, not {url!r}.")
    if url:
        return {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            # Seconds; somebody waits for the page.
            "OPTIONS": {"socket_connect_timeout": 5, "socket_timeout": 5},
        }
    return {
        "BACKEND": "plumbing.cache.DatabaseCache",
        "LOCATION": "console_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }


def mailer(name: str) -> dict[str, object]:
    """Where mail goes: to standard output, into a folder, or to a server that sends it."""
    url = env.str(name, default="") or "console://"
    parts = urlsplit(url)
    backends = "django.core.mail.backends"
    if parts.scheme == "console":
        return {"BACKEND": f"{backends}.console.EmailBackend"}
    if parts.scheme == "file":
        return {"BACKEND": f"{backends}.filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be console://, file:///folder, smtp://…, smtp+tls://… or smtps://…, not of {parts.scheme!r}."
        )
    return {
        "BACKEND": f"{backends}.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            # Somebody waits for the page.
            "timeout": 10,
        },
    }


DEBUG = switch("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured("Set SECRET_KEY to a long random text, or DEBUG=1 on a developer's machine.")
    # `make run` keeps one; what it has sealed and encrypted, manage.py reads too.
    kept = VAR_DIR / "secret_key"
    SECRET_KEY = (kept.read_text().strip() if kept.exists() else "") or "only-for-a-developers-machine-" * 2

# What AccessKey secrets are encrypted with. Without it they are lost to whoever changes SECRET_KEY.
ACCESS_KEY_ENCRYPTION_KEYS = fernet_keys("ACCESS_KEY_ENCRYPTION_KEYS", default=SECRET_KEY)

# What entries of the operation log are sealed with, the first of them; each of them still counts for what it sealed.
# Without it, who changes SECRET_KEY has a log that `manage.py verify` does not know as its own.
AUDIT_KEYS = env.list("AUDIT_KEYS", default=[]) or [f"audit:{SECRET_KEY}"]

# On where a proxy terminates TLS in front of the console, which is what production means; `make run` serves
# plain HTTP on loopback and turns it off.
HTTPS = switch("HTTPS", default=not DEBUG)
# How many proxies add to X-Forwarded-For before a request comes here: whose word on the client's address is believed.
PROXIES = int(number("PROXIES", default=1 if HTTPS else 0, minimum=0))
DEMO = switch("DEMO", default=False)
COPY_GIB_PER_SECOND = number("COPY_GIB_PER_SECOND", default=1, minimum=0.001)
CREATE_IMAGE_SECONDS = number("CREATE_IMAGE_SECONDS", default=60, minimum=0)

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "audit",
    "accounts",
    "regions",
    "images",
    "desktops",
    "operations",
    "api",
    "eds_console.apps.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_http_compression",
    "crispy_forms",
    "crispy_bootstrap5",
    "lucide",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # With a header of a random length, so that the size of a page gives none of its secrets away.
    "django_http_compression.middleware.HttpCompressionMiddleware",
    "audit.middleware.request_id",
    "operations.metrics.measured",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "api.middleware.answer_calls",
    "eds_console.middleware.console_answers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "regions.middleware.RegionMiddleware",
    "images.middleware.SharingNewsMiddleware",
]

ROOT_URLCONF = "eds_console.urls"
WSGI_APPLICATION = "eds_console.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "regions.context_processors.selector",
            ],
            "builtins": [
                "ui.tags",
                "ui.jinja",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    },
    {
        # A Jinja template ends in .jinja. Django's templates show one by the tag of that name.
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "ui.jinja.environment",
            "extensions": ["jinja2.ext.i18n"],
            "trim_blocks": True,
            "lstrip_blocks": True,
        },
    },
]


def _bounded_waiting() -> dict[str, object]:
    """How long PostgreSQL is waited for: to connect, and for each statement, with the locks that it waits for."""
    options: dict[str, object] = {"connect_timeout": int(number("DATABASE_CONNECT_TIMEOUT", default=5, minimum=1))}
    seconds = number("DATABASE_TIMEOUT", default=0, minimum=0)
    if seconds:
        milliseconds = int(seconds * 1000)
        options["options"] = (
            f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={2 * milliseconds}"
        )
        # For a server that is gone without a word, and for one that hangs and so cannot keep what it was told.
        options["tcp_user_timeout"] = milliseconds
        options["longest_wait"] = seconds + 1
    return options


def database(name: str, default: str) -> dict[str, object]:
    url = env.str(name, default=default)
    if not url.startswith(("sqlite://", "postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must be sqlite:///… or postgres://…")
    settings: dict[str, object] = env.db_url_config(url)
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        if settings["NAME"] != ":memory:":
            Path(str(settings["NAME"])).parent.mkdir(parents=True, exist_ok=True)
        settings["ENGINE"] = "eds_console.sqlite"
        settings["OPTIONS"] = {
            # A write transaction takes SQLite's one write lock from its start, so what the sharing rules read
            # under it stays true until the commit, as the row lock does on PostgreSQL.
            "transaction_mode": "IMMEDIATE",
            # Seconds that a writer waits for its turn; without an end nobody waits here.
            "timeout": number("DATABASE_TIMEOUT", default=0, minimum=0) or 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        settings["ENGINE"] = "plumbing.postgresql"
        hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
        ports = [host for host in hosts if re.search(r":\d+$", host)]
        if len(hosts) > 1 and ports and len(ports) < len(hosts):
            # One port would count for all hosts.
            raise ImproperlyConfigured(f"{name} must name a port for each of its hosts, or for none.")
        settings["HOST"] = re.sub(r"[\[\]]", "", str(settings["HOST"]))
        keeps_plans = switch("DATABASE_PREPARED_STATEMENTS", default=True)
        # A pooler that gives each transaction another connection loses both.
        settings.setdefault("DISABLE_SERVER_SIDE_CURSORS", not keeps_plans)
        settings["OPTIONS"] = {
            # None is that plumbing.postgresql keeps no plans.
            "prepare_threshold": 0 if keeps_plans else None,
            **_bounded_waiting(),
            **settings.get("OPTIONS", {}),  # type: ignore[dict-item]
        }
    # A connection is kept for the requests to come: to open one costs as much as a simple request.
    settings["CONN_MAX_AGE"] = 600
    settings["CONN_HEALTH_CHECKS"] = True
    return settings


DATABASES = {"default": database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'console.sqlite3'}")}
if env.str("REPLICA_URL", default=""):
    DATABASES["replica"] = {**database("REPLICA_URL", default=""), "TEST": {"MIRROR": "default"}}
    if {settings["ENGINE"] for settings in DATABASES.values()} != {"plumbing.postgresql"}:
        raise ImproperlyConfigured("REPLICA_URL needs PostgreSQL, there and in DATABASE_URL.")
    DATABASE_ROUTERS = ["plumbing.replica.Router"]
    MIDDLEWARE.insert(MIDDLEWARE.index("audit.middleware.request_id"), "plumbing.replica.own_writes_are_seen")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CSRF_FAILURE_VIEW = "eds_console.views.csrf_failure"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"

# Sign-in is django-allauth's. Everybody has a logon name; nobody signs up, and addresses come from the main user.
ACCOUNT_ADAPTER = "accounts.sign_in.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# How long a password, code or passkey that was asked for again holds, in seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(number("REAUTHENTICATION_SECONDS", default=600, minimum=60))
# Counted in the cache, which all processes share. Of failed sign-ins, few for one name: who guesses
# passwords is stopped; and more from one address, behind which there may be a whole office.
ACCOUNT_RATE_LIMITS = {
    # Also those that succeed, so it is far beyond what scripts do that sign many people in from one machine.
    "login": "600/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "recipient": "30/m/user",
}
MFA_ADAPTER = "accounts.sign_in.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.EditPasskeyForm",
    "login_webauthn": "accounts.forms.SignInPasskeyForm",
    "authenticate_webauthn": "accounts.forms.SecondPasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.ConfirmPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Elastic Desktop Service"
# Browsers themselves allow passkeys without TLS on localhost alone.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
ADMIN_REQUIRES_MFA = switch("ADMIN_REQUIRES_MFA", default=False)

CACHES = {"default": cache("CACHE_URL")}
MAILERS = {"default": mailer("MAIL_URL")}
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="console@localhost")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_dir())]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    # Bootstrap's own style sheet draws its form marks from data: images.
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# No form has a file in it.
FILE_UPLOAD_HANDLERS = ["eds_console.uploads.NoFiles"]
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
if HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^healthz/$", r"^readyz/$", r"^metrics/$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    LANGUAGE_COOKIE_SECURE = True

# Who asks for /metrics/ with "Authorization: Bearer" and this text gets them; without it nobody does.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOG_FORMAT = env.str("LOG_FORMAT", default="line" if DEBUG else "json")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"LOG_FORMAT must be line or json, not {LOG_FORMAT!r}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "operations.logs.JsonFormatter"},
    },
    "filters": {"suspicion": {"()": "operations.logs.Suspicion"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["suspicion"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
}
