"""
A portal of its own to be killed: a PostgreSQL that loses nothing that it has said it has, web servers as the demo
starts them, a worker, and a mail server in bad weather. Each is a process that was started here.
"""

import asyncio
import email
import http.client
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.policy import SMTP
from pathlib import Path

import psycopg

from portal.postgres import Cluster
from tests.feedback.post_office import PostOffice, Reader

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "postgres-storm-"
# Seconds in which whatever was killed has to be back
PATIENCE = 90

SERVE = (
    "import sys; from portal import server; server.WORKERS = int(sys.argv[2]);"
    "server.serve('127.0.0.1', int(sys.argv[1]), lambda: None)"
)
# `manage.py worker`, for whom time goes faster: its minutes and hours are seconds, and so are the pauses of the mail.
WORK = """
from datetime import timedelta
import django
django.setup()
from django.core.management import call_command
from feedback import mail
from feedback.models import Letter
from portal import worker
worker.PAUSE, worker.MINUTE, worker.HOUR = 1, 1, 2
mail.PAUSES = [timedelta(seconds=1)]
Letter.LONGEST_TRY = timedelta(seconds=10)
call_command("worker", interval=0.2)
"""
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.feedback.served",
    "PYTHONPATH": str(ROOT),
    "SECRET_KEY": "only-the-storm-knows-this-secret-key-0123456789-abcdefghij",
    "ALLOWED_HOSTS": "127.0.0.1",
    # Each sender is somebody else, who comes by way of a proxy.
    "TRUSTED_PROXIES": "127.0.0.1",
    "SITE_NAME": "Kristianstads kommun",
    "SITE_URL": "https://strategi.example",
    "REGISTER_NAME": "storm.example/register/FEL",
    "REGISTER_KEY": "b25seSB0aGUgdGVzdHMga25vdyB0aGlzIHNlZWQgMTI=",
    "REPORTS_PER_MINUTE": "0",
    "LEAST_SECONDS_TO_WRITE": "0",
    "MAIL_HOST": "127.0.0.1",
    "MAIL_SECURITY": "none",
    "MAIL_FROM": "fardplan@kommun.example",
}


class Process:
    """It leads a group of its own, in which there is nothing but it and what it started."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command, self.environment = command, environment
        self.start()

    def start(self) -> None:
        with Path(self.environment["STORM_LOG"]).open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=ROOT,
                env=self.environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Moody(Reader):
    """A mail server in bad weather: it asks to wait, is slow, or dies with what it was given."""

    is_calm = False
    # How many it is at just now
    reading = 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.reading += 1
        try:
            return await self._read(server, envelope)
        finally:
            self.reading -= 1

    async def _read(self, server, envelope) -> str:
        mood = self._mood()
        if mood < 0.05:
            return "451 4.3.0 Come back later"
        if mood < 0.08:
            server.transport.abort()
            return "451 4.3.0 Gone"
        if mood < 0.3:
            await asyncio.sleep(random.uniform(0.1, 0.5))
        self.taken.append(email.message_from_bytes(envelope.content, policy=SMTP))
        if 0.2 < mood < 0.5:
            await asyncio.sleep(random.uniform(0.1, 0.5))
        if mood > 0.96:
            server.transport.abort()
        return "250 Taken"

    async def _say(self, command: str, server) -> str | None:
        mood = self._mood()
        if mood < 0.02:
            server.transport.abort()
            await asyncio.sleep(0)
        return "451 4.3.0 Come back later" if mood < 0.05 else None

    def _mood(self) -> float:
        return 0.9 if self.is_calm else random.random()


class Portal:
    """A database, web servers as the demo starts them, a worker, and a mail server."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self.folder = folder
        self.office = PostOffice()
        self.office.reader = Moody()
        self.heads = folder / "heads"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        self.environment = {
            **kept,
            **ENVIRONMENT,
            "DATABASE_URL": cluster.url,
            "REGISTER_HEADS": str(self.heads),
            "MAIL_PORT": str(self.office.port),
            "STORM_LOG": str(folder / "log"),
        }

    def run(self, word: str) -> str:
        """A step of after_storm.py, in a process of its own. Raises what it said if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.feedback.after_storm", word],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout

    def start(self, servers: int, workers: int) -> None:
        self.office.open()
        self.ports = [free_port() for _server in range(servers)]
        self.servers = [Process(["-c", SERVE, str(port), str(workers)], self.environment) for port in self.ports]
        self.worker = Process(["-c", WORK], self.environment)
        wait_until(lambda: all(self.answers(port) for port in self.ports))

    def stop(self) -> None:
        for process in [*self.servers, self.worker]:
            process.kill()

    def complaints(self) -> str:
        """What its processes said with a traceback: what a storm may do to them is told in a line."""
        text = (self.folder / "log").read_text(errors="replace")
        return "\n".join(re.findall(r"(?m)^.*\nTraceback.*(?:\n(?!\d{4}-).*)*", text))

    def answers(self, port: int) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/om/", timeout=20) as page:
                return page.status == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill_database(self) -> None:
        """All at once, so that nothing has time to say goodbye, or to finish what it was at."""
        postmaster = self.cluster._server_pid()
        for pid in [postmaster, *children_of(postmaster)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_database(self) -> None:
        self.cluster._start()

    def count(self, question: str) -> int:
        with psycopg.connect(self.cluster.url) as connection:
            return connection.execute(question).fetchone()[0]

    def kill_connection(self) -> None:
        """One in the middle of a transaction, if there is one."""
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() ORDER BY xact_start IS NULL, random() LIMIT 1"
            )


@contextmanager
def portal(servers: int = 2, workers: int = 2) -> Iterator[Portal]:
    """Killed and removed, whatever happens."""
    forget_dead_storms()
    cluster = Cluster(f"{CLUSTER}{os.getpid()}")
    folder = Path(tempfile.mkdtemp(prefix="fardplan-storm-"))
    try:
        with cluster.running():
            with psycopg.connect(cluster.url) as connection:
                kept = [connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")]
            assert kept == ["on", "on"]
            started = Portal(cluster, folder)
            started.run("prepare")
            try:
                started.start(servers, workers)
                yield started
            finally:
                started.stop()
                started.office.close()
    finally:
        forget(cluster)
        shutil.rmtree(folder)


def forget_dead_storms() -> None:
    """The databases of runs that were killed themselves."""
    for data in Cluster(CLUSTER).place.glob(f"{CLUSTER}*/data"):
        pid = data.parent.name.removeprefix(CLUSTER)
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            forget(Cluster(data.parent.name))


def forget(cluster: Cluster) -> None:
    cluster.delete()
    for kind in ("lock", "users"):
        (cluster.place / f"{cluster.name}.{kind}").unlink(missing_ok=True)


def children_of(pid: int) -> list[int]:
    """On a system without /proc, the database's own processes notice by themselves that the first one is gone."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    ends_at = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends_at, "the portal does not come back"
        time.sleep(0.1)
