"""Settings, read from the environment (12-factor); `docs/operating.md` explains each.

Every name may also be given as NAME_FILE, the path of a file that holds the value. In production
(DEBUG off) a missing secret stops the start with a sentence that names it (environment.py).
"""

from pathlib import Path
from typing import Any

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF

from consentadmin.environment import (
    DEBUG,
    bucket,
    choice,
    env,
    flag,
    needed,
    networks,
    pair,
    seconds,
    secret,
    vkeys,
    whole,
    words,
)
from consentadmin.web.logs import configuration

BASE_DIR = Path(__file__).resolve().parent.parent

KEYS = "one or more keys, each 32 random bytes in URL-safe base64, comma-separated, current first"
SECRET_KEY = secret("SECRET_KEY", "a long random string", "development-only-" + "0" * 40)
FIELD_KEYS = secret("CONSENTADMIN_FIELD_KEYS", KEYS, "Zm9yIGRldmVsb3BtZW50IG9ubHksIGZpZWxkIGtleSE=")
ALIAS_KEYS = secret("CONSENTADMIN_ALIAS_KEYS", KEYS, "Zm9yIGRldmVsb3BtZW50IG9ubHksIGFsaWFzIGtleSE=")

ALLOWED_HOSTS = words("ALLOWED_HOSTS", "*" if DEBUG else "")

# Rooms.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "heroicons",
    "consentadmin.audit",
    "consentadmin.datamarts",
    "consentadmin.accounts",
    "consentadmin.subjects",
    "consentadmin.changes",
    "consentadmin.userpoints",
    "consentadmin.exports",
    "consentadmin.web.apps.WebConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "consentadmin.web.middleware.RequestIdMiddleware",
    "consentadmin.web.middleware.AccessMiddleware",
    "consentadmin.web.middleware.SessionCookieMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "consentadmin.web.middleware.ViewerZoneMiddleware",
    "consentadmin.web.middleware.PrivateMiddleware",
]

ROOT_URLCONF = "consentadmin.urls"
WSGI_APPLICATION = "consentadmin.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "consentadmin.web.context.house",
            ],
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "heroicons.templatetags.heroicons",
                "consentadmin.web.templatetags.changes",
                "consentadmin.web.templatetags.exports",
                "consentadmin.web.templatetags.notes",
                "consentadmin.web.templatetags.times",
                "consentadmin.web.templatetags.trail",
                "consentadmin.web.templatetags.values",
                "consentadmin.web.templatetags.words",
            ],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    LOADERS if DEBUG else [("django.template.loaders.cached.Loader", LOADERS)],
                )
            ],
        },
    }
]

# The database: the app's role for everything, the owner's for migrations alone.
POOL = whole("CONSENTADMIN_DATABASE_POOL", 8)


def database(url: str, *, pool: int = 0) -> dict[str, Any]:
    """Return Django's settings of the database at this URL, pooled when `pool` is above 0."""
    found = dict(dj_database_url.parse(url, conn_health_checks=True))
    options: dict[str, Any] = {
        "options": "-c idle_in_transaction_session_timeout=30s -c lock_timeout=10s",
        "connect_timeout": 3,
        # A server that vanished from the network is noticed after 15 s, not after 15 minutes.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
    }
    if pool:
        options["pool"] = {"min_size": 0, "max_size": pool, "timeout": 5}
    return {**found, "OPTIONS": options}


ADDRESS = "the address of the database for the app's role, postgres://ROLE:PASSWORD@HOST/NAME"
DATABASES = {
    "default": database(needed("DATABASE_URL", ADDRESS, "postgres:///consentadmin"), pool=POOL),
}
if OWNER_URL := env("DATABASE_OWNER_URL"):
    DATABASES["owner"] = {**database(OWNER_URL), "TEST": {"MIRROR": "default"}}

# Staff.
AUTH_USER_MODEL = "accounts.Staff"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "consentadmin.web.access.StaffAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "20/m/ip,5/5m/key"}
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True

# The wire.
HTTPS = flag("CONSENTADMIN_HTTPS", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz(/|$)", r"^metrics$"]  # asked from inside the house
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
# How many proxies of ours stand before us. Their X-Forwarded-… headers are believed, no others.
PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = whole("CONSENTADMIN_PROXY", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# A draft of 1 MB, what was seen of the profile, and as much again for what a form adds.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
CSRF_FAILURE_VIEW = "consentadmin.web.views.errors.csrf"

# Words, times and files.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_TZ = True
TIME_ZONE = "UTC"
VIEWER_ZONE = env("CONSENTADMIN_TIME_ZONE", "UTC")
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env("CONSENTADMIN_STATIC_ROOT") or None
HASHED_STATIC = STATIC_ROOT is not None
WHITENOISE_USE_FINDERS = not HASHED_STATIC
STORAGES = {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
}

# Reads for a screen.
READ_DEADLINE = seconds("CONSENTADMIN_READ_DEADLINE", 4.0)
READ_WIDTH = whole("CONSENTADMIN_READ_WIDTH", 16)
HANDLE_LIFE = seconds("CONSENTADMIN_HANDLE_LIFE", 12 * 3600)

# The platform's API, for changes.
CONNECT_TIMEOUT = seconds("CONSENTADMIN_CONNECT_TIMEOUT", 3.0)
READ_TIMEOUT = seconds("CONSENTADMIN_READ_TIMEOUT", 10.0)
CALL_DEADLINE = seconds("CONSENTADMIN_CALL_DEADLINE", 20.0)
TRUST_ENV = flag("CONSENTADMIN_TRUST_ENV", default=True)

# Changes. A lease outlives every call of one attempt, so that only a dead worker loses it.
CHANGE_LEASE = seconds("CONSENTADMIN_CHANGE_LEASE", 90.0)
CHANGE_BACKOFF = seconds("CONSENTADMIN_CHANGE_BACKOFF", 1.0)
CHANGE_BACKOFF_MOST = seconds("CONSENTADMIN_CHANGE_BACKOFF_MOST", 300.0)
CHANGE_HOLD_MOST = seconds("CONSENTADMIN_CHANGE_HOLD_MOST", 3600.0)
CHANGE_ATTEMPTS = whole("CONSENTADMIN_CHANGE_ATTEMPTS", 300)
CHANGE_DEATHS = whole("CONSENTADMIN_CHANGE_DEATHS", 3)
BREAKER_FAILURES = whole("CONSENTADMIN_BREAKER_FAILURES", 8)
BREAKER_PAUSE = seconds("CONSENTADMIN_BREAKER_PAUSE", 5.0)
APPROVAL_LIFE = seconds("CONSENTADMIN_APPROVAL_LIFE", 14 * 24 * 3600)
CHANGE_AGE = seconds("CONSENTADMIN_CHANGE_AGE", 24 * 3600)
NOT_SEEN_AFTER = seconds("CONSENTADMIN_NOT_SEEN_AFTER", 60.0)
DRAIN_FOR = seconds("CONSENTADMIN_DRAIN_FOR", 30.0)
SWEEP_EVERY = seconds("CONSENTADMIN_SWEEP_EVERY", 1.0)
SYNC_EVERY = seconds("CONSENTADMIN_SYNC_EVERY", 3600.0)

# The trail. Only the sealer needs the signing key (audit/signing.py says so where it is missing).
SIGNING_KEY = (
    secret("CONSENTADMIN_SIGNING_KEY", KEYS, "Zm9yIGRldmVsb3BtZW50IG9ubHksIHNpZ25pbmcga2U=")
    if DEBUG or env("CONSENTADMIN_SIGNING_KEY")
    else ""
)
ORIGIN = env("CONSENTADMIN_ORIGIN", "consentadmin")
CHECKPOINT_DIR = env("CONSENTADMIN_CHECKPOINT_DIR")
CHECKPOINT_URL = env("CONSENTADMIN_CHECKPOINT_URL")
CHECKPOINT_MAIL = words("CONSENTADMIN_CHECKPOINT_MAIL")
CHECKPOINT_EVERY = seconds("CONSENTADMIN_CHECKPOINT_EVERY", 60.0)
SEAL_EVERY = seconds("CONSENTADMIN_SEAL_EVERY", 0.1)
# Keys that verify it, known from elsewhere than the database: where set, no other is believed.
VERIFIER_KEYS = vkeys("CONSENTADMIN_VERIFIER_KEYS")
VERIFY_EVERY = seconds("CONSENTADMIN_VERIFY_EVERY", 3600.0)
# For how many months each class of entries is kept (audit/retention.py, which knows the least).
KEEP_MONTHS = {
    "access": whole("CONSENTADMIN_KEEP_ACCESS_MONTHS", 12),
    "proof": whole("CONSENTADMIN_KEEP_PROOF_MONTHS", 72),
}
TRAIL_HOLD = words("CONSENTADMIN_TRAIL_HOLD")

# Exports of the trail. Web and worker must see the same folder.
FILES = env("CONSENTADMIN_FILES", "var/files" if DEBUG else "/var/lib/consentadmin")
EXPORT_LIFE = seconds("CONSENTADMIN_EXPORT_LIFE", 7 * 24 * 3600)
EXPORT_LEASE = seconds("CONSENTADMIN_EXPORT_LEASE", 120.0)
EXPORT_RETRY = seconds("CONSENTADMIN_EXPORT_RETRY", 10.0)
EXPORT_ATTEMPTS = whole("CONSENTADMIN_EXPORT_ATTEMPTS", 5)
EXPORT_CHECKPOINT_WITHIN = seconds("CONSENTADMIN_EXPORT_CHECKPOINT_WITHIN", 10.0)
# Where the export of each month is put; none is made where neither is set.
EXPORT_DIR = env("CONSENTADMIN_EXPORT_DIR")
EXPORT_S3 = bucket("CONSENTADMIN_EXPORT_S3")
EXPORT_S3_ENDPOINT = env("CONSENTADMIN_EXPORT_S3_ENDPOINT")
EXPORT_S3_REGION = env("CONSENTADMIN_EXPORT_S3_REGION", "us-east-1")
EXPORT_S3_KEY = pair("CONSENTADMIN_EXPORT_S3_KEY_ID", "CONSENTADMIN_EXPORT_S3_SECRET")

# Celery.
CELERY_BROKER_URL = needed("CELERY_BROKER_URL", "the broker's address, redis://…", "memory://")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "housekeeping"
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 900,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "max_retries": 1,  # 0 would be for ever
        "interval_start": 0,
        "interval_step": 0,
    }
    if CELERY_BROKER_URL.startswith(("redis", "rediss"))
    else {}
)
# By which bells are rung: whoever rings waits for that long at most, where a worker has time.
RING_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | (
    {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    if CELERY_BROKER_TRANSPORT_OPTIONS
    else {}
)
CELERY_BEAT_SCHEDULE = {
    "verify-audit": {"task": "audit.verify", "schedule": VERIFY_EVERY},
    # By the clock: a beat that is started anew again and again would never come to its hour.
    "monthly-exports": {"task": "exports.monthly", "schedule": crontab(minute="5")},
    "forget-expired": {"task": "subjects.forget_expired", "schedule": crontab(minute="35")},
    "sync-referentials": {"task": "datamarts.sync_referentials", "schedule": SYNC_EVERY},
}

# What operators watch: healthz, metrics.
SWEEPER_LATE = seconds("CONSENTADMIN_SWEEPER_LATE", 120.0)
METRICS_KEY = env("CONSENTADMIN_METRICS_KEY")
METRICS_FROM = networks("CONSENTADMIN_METRICS_FROM")
METRICS_FOLDER = env("PROMETHEUS_MULTIPROC_DIR")

# Fixed text and ids go to the log, never what is a person's (tests hold this).
LOGGING = configuration(choice("CONSENTADMIN_LOG", "plain", "json"), env("LOG_LEVEL", "INFO"))
