"""The settings of the project. What differs between servers comes from the environment: eds_console/variables.py."""

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from eds_console.env import cache, database, is_loopback, mailer
from eds_console.variables import BASE_DIR, VAR_DIR, env

DEBUG = env("DEBUG")
SECRET_KEY = env("SECRET_KEY")

# They encrypt the secrets of AccessKeys. Where they are not set, a new SECRET_KEY loses those secrets.
ACCESS_KEY_ENCRYPTION_KEYS = env("ACCESS_KEY_ENCRYPTION_KEYS")

# The first seals entries of the operation log; each of them still counts for the entries that it sealed. Where they
# are not set, `manage.py verify` does not accept, after a change of SECRET_KEY, what was sealed before.
AUDIT_KEYS = env("AUDIT_KEYS")

# On where a proxy terminates TLS in front of the console, which is what production means; `make run` serves
# plain HTTP on loopback and turns it off.
HTTPS = env("HTTPS")
# So many proxies add to X-Forwarded-For before a request comes here. They are believed about the client's address.
PROXIES = env("PROXIES")
DEMO = env("DEMO")
# Everybody knows the passwords of the demo people, so they sign in only where nobody else reaches the server.
DEMO_PEOPLE_SIGN_IN = is_loopback(env("HOST"))
COPY_GIB_PER_SECOND = env("COPY_GIB_PER_SECOND")
CREATE_IMAGE_SECONDS = env("CREATE_IMAGE_SECONDS")

ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")
# Links in mails begin with it.
PUBLIC_URL = env("PUBLIC_URL")

INSTALLED_APPS = [
    "audit",
    "accounts",
    "regions",
    "images",
    "desktops",
    "logs",
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
    "accounts.user_sessions.HashedUserSessionsConfig",
    "django_htmx",
    "django_http_compression",
    "crispy_forms",
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
    "ui.middleware.console_answers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the check of the token, which would only say that a form has expired.
    "eds_console.page_owner.PageOwnerMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.preferences",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "regions.middleware.RegionMiddleware",
    "images.middleware.SharingNewsMiddleware",
]

ROOT_URLCONF = "eds_console.urls"
WSGI_APPLICATION = "eds_console.wsgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "regions.context_processors.selector",
    "accounts.context_processors.person",
]
TEMPLATES = [
    # The console's own pages.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "NAME": "jinja2",
        "OPTIONS": {"environment": "ui.jinja.environment", "context_processors": CONTEXT_PROCESSORS},
    },
    # The pages of packages: allauth and the admin site.
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates" / "django"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": CONTEXT_PROCESSORS,
            "builtins": [
                "ui.tags",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    },
]

_database_options = {
    "timeout": env("DATABASE_TIMEOUT"),
    "connect_timeout": env("DATABASE_CONNECT_TIMEOUT"),
    "prepared_statements": env("DATABASE_PREPARED_STATEMENTS"),
}
DATABASES = {"default": database(env("DATABASE_URL"), **_database_options)}
if env("REPLICA_URL"):
    DATABASES["replica"] = {**database(env("REPLICA_URL"), **_database_options), "TEST": {"MIRROR": "default"}}
    if {settings["ENGINE"] for settings in DATABASES.values()} != {"plumbing.postgresql"}:
        raise ImproperlyConfigured("REPLICA_URL needs PostgreSQL, there and in DATABASE_URL.")
    DATABASE_ROUTERS = ["plumbing.replica.Router"]
    MIDDLEWARE.insert(MIDDLEWARE.index("audit.middleware.request_id"), "plumbing.replica.read_your_writes")
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
# How long a link to set a new password works, in seconds.
PASSWORD_RESET_TIMEOUT = 3600
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# How long a password, code or passkey that was asked for again holds, in seconds.
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(env("REAUTHENTICATION_SECONDS"))
# Counted in the cache, which all processes share. One name may have few failed sign-ins, so that nobody can guess
# passwords. One address may have more, since a whole office may be behind it.
ACCOUNT_RATE_LIMITS = {
    # Also those that succeed, so it is far beyond what scripts do that sign many people in from one machine.
    "login": "600/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "recipient": "30/m/user",
}
MFA_ADAPTER = "accounts.sign_in.MFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondCodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.ActivateAppForm",
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
ADMIN_REQUIRES_MFA = env("ADMIN_REQUIRES_MFA")

CACHES = {"default": cache(env("CACHE_URL"))}
MAILERS = {"default": mailer(env("MAIL_URL"))}
DEFAULT_FROM_EMAIL = env("MAIL_FROM")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
# The second has what packages say in words of their own.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]
# Dates and times are written as in the console where a package writes them: on the admin site.
FORMAT_MODULE_PATH = "ui.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

CRISPY_ALLOWED_TEMPLATE_PACKS = "forms"
CRISPY_TEMPLATE_PACK = "forms"

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# Collected files get these permissions, whatever the umask is: Django's default lets everybody read them.
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
# No form has a file in it.
FILE_UPLOAD_HANDLERS = ["ui.uploads.NoFiles"]
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

# /metrics/ answers requests with "Authorization: Bearer" and this text. Without it, it answers none.
METRICS_TOKEN = env("METRICS_TOKEN")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "operations.logs.JsonFormatter"},
    },
    "filters": {"client_errors_as_warnings": {"()": "operations.logs.ClientErrorsAsWarnings"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env("LOG_FORMAT"),
            "filters": ["client_errors_as_warnings"],
        },
    },
    "root": {"handlers": ["console"], "level": "INFO"},
}
