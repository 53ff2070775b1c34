import hashlib
import os
import shutil
import signal
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from portal.catalogues import compile_catalogues
from portal.postgres import Cluster, DatabaseUnavailable
from portal.server import port_is_free, serve, working
from portal.staff import create_accounts

HOST = "127.0.0.1"
OLDEST_POSTGRESQL = 15


class Command(BaseCommand):
    help = (
        "Shows the portal with Kristianstad's content, from nothing to running, with its data in var/. Ctrl-C stops it."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reset", action="store_true", help="start over: removes the demo's database and uploads")
        parser.add_argument("--yes", action="store_true", help="with --reset: do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self.run(options["port"], reset=options["reset"], agreed=options["yes"])
        except KeyboardInterrupt:
            pass
        except DatabaseUnavailable as problem:
            raise CommandError(str(problem)) from problem
        except OperationalError as problem:
            raise CommandError(f"The database stopped answering: {first_line(problem)}") from problem
        except OSError as problem:
            raise CommandError(f"{problem.filename or 'The portal'}: {problem.strerror or problem}") from problem
        self.say("Stopped.")

    def run(self, port: int, *, reset: bool, agreed: bool) -> None:
        cluster = Cluster()
        embedded = os.environ["DATABASE_URL"] == cluster.url
        check_var_is_writable()
        if not 0 < port < 65536:
            raise CommandError(f"{port} is no port: choose one from 1 to 65535.")
        if not port_is_free(HOST, port):
            raise CommandError(f"Port {port} is taken: choose another with --port, or stop what uses it.")
        if reset:
            self.reset(cluster, embedded=embedded, agreed=agreed)
        with self.database(cluster, embedded=embedded):
            check_database()
            self.prepare()
            connection.close()
            with working(f"http://{HOST}:{port}"):
                stopped = serve(
                    HOST, port, lambda: self.say(f"\nThe portal is at http://{HOST}:{port}/ (Ctrl-C stops it)")
                )
            self.say("Stopping …")
        if not stopped:
            raise CommandError("The web server could not go on.")

    def reset(self, cluster: Cluster, *, embedded: bool, agreed: bool) -> None:
        if not embedded:
            raise CommandError(
                "--reset removes only the demo's own database. DATABASE_URL names another: empty that yourself."
            )
        if not agreed and not self.confirms(f"Remove the demo's database and uploads in {cluster.place}?"):
            raise CommandError("Nothing was removed.")
        self.say("Removing the data …")
        cluster.delete()
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        # Or the new register would be taken for an older copy of the one that is gone.
        shutil.rmtree(settings.REGISTER_HEADS, ignore_errors=True)

    def confirms(self, question: str) -> bool:
        try:
            return input(f"{question} [y/N] ").strip().lower() in {"y", "yes", "j", "ja"}
        except EOFError:
            return False

    @contextmanager
    def database(self, cluster: Cluster, *, embedded: bool) -> Iterator[None]:
        if not embedded:
            yield
            return
        self.say("Starting PostgreSQL …")
        with cluster.running():
            try:
                yield
            finally:
                # From here on it stops, and a second Ctrl-C could only leave the database running.
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def prepare(self) -> None:
        self.say("Setting up the database …")
        call_command("migrate", interactive=False, verbosity=0)
        for folder in settings.LOCALE_PATHS:
            compile_catalogues(Path(folder))
        self.collect_static_files()
        if not apps.get_model("strategy", "Node").objects.exists():
            self.say("Loading the content …")
            call_command("load_strategy", str(settings.BASE_DIR / "strategy" / "content" / "kristianstad.json"))
        self.tell_accounts(create_accounts())

    def collect_static_files(self) -> None:
        """Hashing and compressing all of them takes a while, so that it is done only when one has changed."""
        stamp = settings.VAR_DIR / "static-sources"
        sources = static_sources()
        if stamp.exists() and stamp.read_text() == sources:
            return
        self.say("Collecting static files …")
        stamp.unlink(missing_ok=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(sources)

    def tell_accounts(self, passwords: dict[str, str]) -> None:
        if not passwords:
            self.say(
                "The accounts' passwords were shown at the first start; `manage.py changepassword NAME` sets a new one."
            )
            return
        self.say("\nAccounts for /admin/. The passwords are shown this once, and kept nowhere in clear text:")
        for name, password in passwords.items():
            self.say(f"  {name:<14} {password}")

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def check_var_is_writable() -> None:
    try:
        settings.VAR_DIR.mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.VAR_DIR):
            pass
    except OSError as error:
        raise CommandError(
            f"{settings.VAR_DIR} can't be written, and the demo keeps its data there: {error.strerror}."
        ) from error


def check_database() -> None:
    url = os.environ["DATABASE_URL"]
    try:
        with psycopg.connect(url, connect_timeout=5) as opened:
            version = opened.info.server_version // 10000
    except psycopg.OperationalError as error:
        raise CommandError(f"The database that DATABASE_URL names does not answer: {first_line(error)}") from error
    if version < OLDEST_POSTGRESQL:
        raise CommandError(f"The database is PostgreSQL {version}; the portal needs {OLDEST_POSTGRESQL} or newer.")


def static_sources() -> str:
    """Which files there are, and how new they are."""
    digest = hashlib.sha256(sys.version.encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_mtime_ns}\0{found.st_size}\0".encode())
    return digest.hexdigest()


def first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
