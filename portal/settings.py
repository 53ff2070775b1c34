"""
One settings file. Every difference between machines comes from the environment; the defaults are production's.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from whitenoise.compress import Compressor

from portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# The demo and development. Every line below that reads DEMO is a difference from production, and there are no others.
DEMO = environment.flag("DEMO")
DEBUG = environment.flag("DEBUG")
if DEBUG and not DEMO:
    raise ImproperlyConfigured("DEBUG=1 shows the inside to everybody: it works only together with DEMO=1.")

SECRET_KEY = environment.kept_secret(VAR_DIR / "secret-key") if DEMO else environment.secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if DEMO else environment.hosts("ALLOWED_HOSTS")
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")

# Who runs this portal
SITE_NAME = environment.text("SITE_NAME", default="Kristianstads kommun" if DEMO else None)
SITE_HOMEPAGE = environment.url("SITE_HOMEPAGE", default="https://www.kristianstad.se/" if DEMO else "")
SITE_EMAIL = environment.email("SITE_EMAIL")
SITE_PHONE = environment.phone("SITE_PHONE", default="044-13 50 00" if DEMO else "")
SITE_POSTAL_ADDRESS = environment.text("SITE_POSTAL_ADDRESS", default="")
SITE_COLOURS = environment.site_colours("SITE_COLOURS")
# Who answers for pages that no board answers for (WEB-30)
CONTENT_OWNER = environment.text("CONTENT_OWNER", default=SITE_NAME)
OTHER_QUESTIONS_URL = environment.url("OTHER_QUESTIONS_URL", default=SITE_HOMEPAGE if DEMO else "")

# What machines are told
# What absolute addresses begin with; empty for the host that was asked
SITE_URL = environment.origin("SITE_URL")
# Trial portals and copies stay out of search engines, unless somebody says otherwise.
ALLOW_INDEXING = environment.flag("ALLOW_INDEXING")
# For /.well-known/security.txt (RFC 9116)
SECURITY_CONTACT = environment.contacts("SECURITY_CONTACT", default=["mailto:sakerhet@kommun.example"] if DEMO else [])
SECURITY_EXPIRES = environment.day(
    "SECURITY_EXPIRES", default=datetime.now(UTC).date() + timedelta(days=180) if DEMO else None
)

# What is received is suspected to be spam after so many reports of one sender in a minute (0: never), and when the form
# was filled in in fewer seconds than a person takes
REPORTS_PER_MINUTE = environment.number("REPORTS_PER_MINUTE", default=20)
LEAST_SECONDS_TO_WRITE = environment.number("LEAST_SECONDS_TO_WRITE", default=3)
# What the register's numbers begin with: FEL 2026/17
REPORT_SERIES = environment.text("REPORT_SERIES", default="FEL")
# How many days the public register shows unless it is asked for others (REC-55); registers of the municipality that it
# does not include, besides those of its boards (REC-56); whom to ask for documents, if not SITE_EMAIL (REC-57)
REGISTER_DAYS = environment.number("REGISTER_DAYS", default=30)
OTHER_REGISTERS = environment.words("OTHER_REGISTERS", default=[])
REGISTER_EMAIL = environment.email("REGISTER_EMAIL")
# Its signed heads: what the log is called, for good, and the secret that they are signed with
REGISTER_NAME = environment.log_name(
    "REGISTER_NAME", default=f"demo.example/register/{REPORT_SERIES}" if DEMO else None
)
REGISTER_KEY = (
    environment.kept_secret(VAR_DIR / "register-key", environment.new_signing_key)
    if DEMO
    else environment.signing_key("REGISTER_KEY")
)
REGISTER_OLD_KEYS = environment.verifier_keys("REGISTER_OLD_KEYS")
# The municipality's own decisions on what is disposed of, and when; without the file, nothing is (REC-70).
RETENTION_FILE = environment.text("RETENTION_FILE", default="")

# Where mail is handed in, and from whom it is. Without MAIL_HOST it waits; the demo writes it to files and sends none.
MAIL_FOLDER = VAR_DIR / "mail" if DEMO else None
MAIL_HOST = "" if DEMO else environment.text("MAIL_HOST", default="")
MAIL_SECURITY = environment.choice("MAIL_SECURITY", options=["starttls", "tls", "none"])
MAIL_PORT = environment.number("MAIL_PORT", default={"starttls": 587, "tls": 465, "none": 25}[MAIL_SECURITY])
MAIL_USER = environment.text("MAIL_USER", default="")
MAIL_PASSWORD = environment.text("MAIL_PASSWORD", default="")
MAIL_FROM = environment.email("MAIL_FROM") or SITE_EMAIL or ("fardplan@kommun.example" if DEMO else "")
MAIL_REPLY_TO = environment.email("MAIL_REPLY_TO") or SITE_EMAIL or MAIL_FROM
# How many seconds the mail server may take for each step
MAIL_TIMEOUT = 30
if MAIL_HOST and not (MAIL_FROM and SITE_URL):
    raise ImproperlyConfigured("MAIL_HOST needs MAIL_FROM and SITE_URL too: whom mail is from, and where it leads.")

# What is done later is in a table, from the transaction that asks for it until `manage.py worker` has done it.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

INSTALLED_APPS = [
    "portal",
    "strategy",
    "feedback",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_prose_editor",
    "django_tasks_db",
    "treebeard",
]

# The first to see a request is the last to see its answer.
MIDDLEWARE = [
    # Who asks, and over what: everything below asks the request for its scheme and address.
    "portal.proxies.ProxyMiddleware",
    # Headers for every answer, so outside of all that may answer by itself: redirects to https, static files, errors.
    "portal.headers.HeadersMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    # Inside Django's own, which it tells that the admin has a policy of its own.
    "portal.headers.AdminPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Static files need nothing of what follows.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # What is made here is compressed here, error pages too.
    "portal.compression.CompressionMiddleware",
    # The language of whatever is answered from here on, the page that says that the database is away included.
    "portal.language.LanguageMiddleware",
    "portal.away.DatabaseAwayMiddleware",
    "django.middleware.common.CommonMiddleware",
    # The next four are the admin's. Public pages are served without a look at any cookie.
    "portal.cookies.CookielessMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
CSRF_FAILURE_VIEW = "portal.errors.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.site.site",
            ],
        },
    }
]

# As many connections as granian's blocking threads in one process are enough; 0 for none that are kept.
DATABASES = {
    "default": environment.database("DATABASE_URL", pool_size=environment.number("DATABASE_POOL", default=8)),
}
# Where the heads are kept besides. Whoever tries the demo with several databases has as many registers.
REGISTER_HEADS = environment.folder(
    "REGISTER_HEADS", default=VAR_DIR / "heads" / (DATABASES["default"]["NAME"] if DEMO else "")
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "sv"
LANGUAGES = environment.languages("LANGUAGES", default=[LANGUAGE_CODE, "en"])
LANGUAGES_BIDI = environment.right_to_left()
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
TIME_ZONE = "Europe/Stockholm"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# Open data may be read from other sites; our style sheets and pictures need not be.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Besides what is compressed already: source maps, of which the editor's alone take longer than all the rest.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
FILE_UPLOAD_PERMISSIONS = 0o644

# Staff
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Cookies exist in the admin only. Over the demo's plain http, not every browser takes `Secure` and `__Host-`.
SESSION_COOKIE_NAME = "sessionid" if DEMO else "__Host-sessionid"
SESSION_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "csrftoken" if DEMO else "__Host-csrftoken"
CSRF_COOKIE_SECURE = not DEMO
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = not DEMO
SECURE_HSTS_SECONDS = 0 if DEMO else 2 * 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = [
    # HSTS preload speaks for the municipality's whole domain, which is not this portal's to do.
    "security.W021",
]

# Public pages are shared, where a nonce would be the same for all: they have no inline script or style at all.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": [CSP.NONE],
}
# The rich text editor's import map needs the nonce, and the style element that it adds needs its hash (a test compares
# it with the editor that is installed). No trusted types: jQuery 3, which Django's admin has, does not work with them.
ADMIN_CSP = {
    **SECURE_CSP,
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE, "'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"],
    "require-trusted-types-for": None,
    "trusted-types": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        # Replaces Django's own handlers, which write to stderr and send mail.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # An address that is not there is the visitor's news, not the operator's.
        "django.request": {"level": "ERROR"},
        # Whoever scans the net with any host name would fill the log with tracebacks.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # Each attempt at a database that is away would be a line; the request that failed is one already.
        "psycopg.pool": {"level": "ERROR"},
    },
}
