"""
Every test runs under production settings, apart from what is set here. The database is the one in DATABASE_URL, or else
an embedded PostgreSQL with a data folder of its own, which is there for as long as the tests run.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg
import pytest

from portal.postgres import Cluster, DatabaseUnavailable

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "SECRET_KEY": "only-the-tests-know-this-secret-key-0123456789-abcdefghij",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "SITE_NAME": "Kristianstads kommun",
    "REGISTER_NAME": "testserver/register/FEL",
    "REGISTER_KEY": "b25seSB0aGUgdGVzdHMga25vdyB0aGlzIHNlZWQgMTI=",
    "OTHER_QUESTIONS_URL": "https://www.kristianstad.se/",
    # Tests that start many threads want a connection for each; the pool is tried by those that start the demo.
    "DATABASE_POOL": "0",
    # Nobody's tests wait as long as a person takes to write. tests/feedback/test_intake.py does.
    "LEAST_SECONDS_TO_WRITE": "0",
}
# What a developer's shell may hold, and what would make another portal of it
OTHERS = (
    "DEMO",
    "DEBUG",
    "TRUSTED_PROXIES",
    "REPORTS_PER_MINUTE",
    "REGISTER_DAYS",
    "OTHER_REGISTERS",
    "REGISTER_EMAIL",
    "REGISTER_HEADS",
    "REGISTER_OLD_KEYS",
    "SECRET_KEY_FALLBACKS",
    "SITE_HOMEPAGE",
    "SITE_EMAIL",
    "SITE_PHONE",
    "SITE_POSTAL_ADDRESS",
    "SITE_URL",
    "SITE_COLOURS",
    "CONTENT_OWNER",
    "LANGUAGES",
    "ALLOW_INDEXING",
    "SECURITY_CONTACT",
    "SECURITY_EXPIRES",
    "RETENTION_FILE",
    "MAIL_HOST",
    "MAIL_PORT",
    "MAIL_SECURITY",
    "MAIL_USER",
    "MAIL_PASSWORD",
    "MAIL_FROM",
    "MAIL_REPLY_TO",
)

TEST_DATABASE = "test_fardplan_"
DATABASE_OF_RUN = "FARDPLAN_TEST_DATABASE"

pytest_plugins = ["tests.tree"]

TRANSACTIONAL = {"transactional_db", "live_server"}

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

session = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django reads the settings."""
    for name in OTHERS:
        os.environ.pop(name, None)
    os.environ.update(PRODUCTION)
    # With several processes (-n 2), the first has started it and told the others.
    cluster = None if os.environ.get("DATABASE_URL") else Cluster("postgres-tests")
    if cluster:
        try:
            session.enter_context(cluster.running())
        except DatabaseUnavailable as problem:
            raise pytest.UsageError(str(problem)) from problem
        os.environ["DATABASE_URL"] = cluster.url

    from django.conf import settings

    if cluster:
        drop_left_databases(cluster)
        os.environ[DATABASE_OF_RUN] = f"{TEST_DATABASE}{os.getpid()}"
    # A database for each run, so that two at once don't meet. Each process of a run adds its own name to it.
    if DATABASE_OF_RUN in os.environ:
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = os.environ[DATABASE_OF_RUN]

    # The test client speaks http unless it is told otherwise. tests/portal/test_headers.py tests the redirect.
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Static files as they are: no test needs them collected first.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = True
    folder = session.enter_context(tempfile.TemporaryDirectory(prefix="fardplan-tests-"))
    settings.MEDIA_ROOT = Path(folder) / "media"
    settings.STATIC_ROOT = Path(folder) / "static"
    settings.REGISTER_HEADS = Path(folder) / "heads"
    for made in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
        made.mkdir()

    from portal.catalogues import compile_catalogues

    for locale in settings.LOCALE_PATHS:
        compile_catalogues(Path(locale))


def drop_left_databases(cluster: Cluster) -> None:
    """Those of runs that were killed."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall():
            pid = name.removeprefix(TEST_DATABASE).partition("_")[0]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def pytest_unconfigure(config: pytest.Config) -> None:
    session.close()


@pytest.fixture(autouse=True)
def groups(request: pytest.FixtureRequest) -> None:
    """
    A transactional test empties every table. Django puts permissions back; the groups of staff are put back here.

    (Its serialized rollback does not find what it kept once a browser's event loop runs in this thread.)
    """
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")) and not TRANSACTIONAL & set(request.fixturenames):
        return
    request.getfixturevalue("transactional_db")
    from django.apps import apps
    from django.contrib.auth.models import Group
    from django.db import connection

    if not Group.objects.exists():
        for path in sorted(Path(apps.get_app_config("portal").path, "migrations").glob("0*.py")):
            migration = import_module(f"portal.migrations.{path.stem}")
            if hasattr(migration, "make_groups"):
                migration.make_groups(apps, SimpleNamespace(connection=connection))


@pytest.fixture(autouse=True)
def heads_folder() -> Iterator[Path]:
    """Where signed heads of the register are kept outside the database: they go with the test that signed them."""
    from django.conf import settings

    yield settings.REGISTER_HEADS
    shutil.rmtree(settings.REGISTER_HEADS, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """The triggers that refuse TRUNCATE (named *_no_truncate) would refuse the emptying of tables between tests too."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s AND NOT tgisinternal",
            [r"%\_no\_truncate"],
        )
        for trigger, table in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"')
    yield
    # A test that kills connections may have killed this one. And a browser's last one can outlive it for a moment: then
    # the database could not be dropped.
    connection.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def live_server(live_server: object, settings: object) -> object:
    """Over plain http a browser keeps none of production's cookies."""
    settings.SESSION_COOKIE_NAME = "sessionid"
    settings.SESSION_COOKIE_SECURE = False
    settings.CSRF_COOKIE_NAME = "csrftoken"
    settings.CSRF_COOKIE_SECURE = False
    return live_server


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium or Chrome of this machine. Without one: skipped, or with REQUIRE_BROWSER=1 a failure."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("BROWSER_PROGRAM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, and there is no Chromium or Chrome")
        pytest.skip("no Chromium or Chrome")
    # Playwright's event loop lives in this thread, where Django would otherwise refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = ["--disable-gpu", "--disable-background-networking"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A page of its own. The test fails when something broke the content security policy or went to another host."""
    context = browser.new_context(locale="sv-SE")
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems, hosts = [], set()
    page.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    yield page
    context.close()
    assert problems == []
    assert hosts <= {"localhost", "127.0.0.1", None}
