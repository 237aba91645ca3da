"""Every setting of leadflow. What differs between installs comes from the environment."""

from email.utils import parseaddr
from pathlib import Path

from csp.constants import NONE, SELF

from leadflow import devservers, logs, openapi_settings
from leadflow.environment import Environment, broker_url
from leadflow.wake_ups import WAKE_UPS
from leads.files.kinds import KINDS

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# Where this install keeps its files: embedded servers, generated key, collected static files.
VAR = Path(env.text("LEADFLOW_VAR", str(BASE_DIR / "var"))).absolute()
EMBEDDED_POSTGRES = not env.is_set("DATABASE_URL")
EMBEDDED_VALKEY = not env.is_set("REDIS_URL")
PORT = env.number("PORT", 8000, lowest=1, highest=65535)

# Read first: what is wrong with it is said before anything that it calls for.
database = env.database("DATABASE_URL", devservers.postgres_url(VAR))

DEBUG = env.flag("DEBUG", False)
# The demo company has well-known passwords: never by itself on a database of your own.
DEMO = env.flag("DEMO", EMBEDDED_POSTGRES)
SECRET_KEY = env.secret_key("SECRET_KEY", var=VAR, embedded=EMBEDDED_POSTGRES)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS")
# The address in e-mails and webhooks, which are written where no request is.
SITE_URL = (env.origins("SITE_URL") or [f"http://127.0.0.1:{PORT}"])[0]

INSTALLED_APPS = [
    "accounts",
    "personas",
    "leads",
    "sla",
    "leadflow",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_filters",
    "django_htmx",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]

MIDDLEWARE = [
    "leadflow.operations.answer_probes",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "leads.polling.answer_unchanged",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    # Every page needs sign-in unless its view says @login_not_required.
    "accounts.middleware.SignInAndReturn",
    "accounts.middleware.same_person",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "leadflow.urls"
WSGI_APPLICATION = "leadflow.wsgi.application"
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
                "accounts.context.bell",
                "sla.lag.notice",
            ],
        },
    }
]

# One database, one dialect. Views open their own transactions around the verbs they call.
DATABASES = {
    "default": {
        **database,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.redis("REDIS_URL", devservers.valkey_url(VAR))
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "leadflow",
    }
}
# Sessions live in PostgreSQL: a flush of Redis signs nobody out.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = True

# --- Sign-in -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "leadflow.signin.InvitedOnly"
ACCOUNT_FORMS = {
    "login": "leadflow.signin_forms.LoginForm",
    "reset_password": "leadflow.signin_forms.ResetPasswordForm",
    "reset_password_from_key": "leadflow.signin_forms.ResetPasswordKeyForm",
    "change_password": "leadflow.signin_forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
# Accounts are made by an admin, who vouches for the address.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = True
# WebAuthn's pages rely on inline script, which our CSP refuses.
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "leadflow"

# --- In the browser ------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# HTTPS=1 says that people reach this install by https, through a proxy or otherwise.
HTTPS = env.flag("HTTPS", not EMBEDDED_POSTGRES and not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# How many proxies of ours stand in front; only their X-Forwarded-* headers are believed.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, lowest=0, highest=5)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = VAR
FILE_UPLOAD_HANDLERS = [
    "leads.imports.uploading.NotTooBig",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "leadflow.packages.AppFinder",
    "leadflow.packages.PackageFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "leadflow.packages.HashedStorage"
    },
}
MEDIA_ROOT = VAR / "media"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # no page asks for the others
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- Files on leads ------------------------------------------------------------------------------
# Given out by a view that asks who wants them, so nowhere below what is served.
FILES_DIR = env.folder("FILES_DIR", VAR / "files")
FILE_KINDS = env.choices("FILE_KINDS", KINDS)
FILE_MOST_BYTES = env.number("FILE_MOST_MB", 20, lowest=1, highest=250) * 1024 * 1024
FILES_A_LEAD_BYTES = env.number("FILES_A_LEAD_MB", 200, lowest=1, highest=100_000) * 1024 * 1024
VIRUS_SCANNER = env.scanner("VIRUS_SCANNER")

# --- E-mail --------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL"))
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "leadflow <leadflow@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The right-hand side of our Message-IDs.
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
# Where leads' answers go, with {token} where the server delivers sales+anything@ to sales@.
REPLY_ADDRESS = env.reply_address("REPLY_ADDRESS")
# The mailbox that they arrive in; without one they go to whoever wrote.
IMAP = env.imap("IMAP_URL")
if IMAP and not REPLY_ADDRESS:
    REPLY_ADDRESS = parseaddr(DEFAULT_FROM_EMAIL)[1]
# For how long a mail is kept that could not be read.
MAIL_ASIDE_DAYS = env.number("MAIL_ASIDE_DAYS", 30, lowest=1, highest=3650)

# --- Webhooks ------------------------------------------------------------------------------------
# Whether they may be called without https, and at addresses of a private network.
WEBHOOK_HTTP = env.flag("WEBHOOK_HTTP", not HTTPS)
WEBHOOK_PRIVATE = env.flag("WEBHOOK_PRIVATE", False)

# --- API -----------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.problems.problem_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS = openapi_settings.SETTINGS

# --- Tasks ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "sla.tasks.sweep": {"queue": "clockwork"},
    "accounts.tasks.relay": {"queue": "clockwork"},
    # Minutes long: a worker of their own, so that nothing waits behind them.
    "leads.tasks.run_import": {"queue": "imports"},
}
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = WAKE_UPS

# --- Seeing --------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = None
logs.configure(level=LOG_LEVEL, as_json=env.flag("LOG_JSON", not EMBEDDED_POSTGRES))
PROMETHEUS_EXPORT_MIGRATIONS = False
logs.start_sentry(env.text("SENTRY_DSN"))
