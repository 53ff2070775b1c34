"""400 reports by 16 senders, while servers and their database connections are killed: what was shown is there."""

import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from feedback.models import Entry
from tests.feedback.written import read_form

REPORTS = 400
SENDERS = 16
PATIENCE = 120

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """One granian with a worker, on loopback. Killed with all its processes, and started again."""

    def __init__(self, heads: Path) -> None:
        self.heads = heads
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        database = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        environment = os.environ | {
            "DATABASE_URL": make_conninfo(**{name: database[name] for name in names if database.get(name)}),
            "DATABASE_POOL": "4",
            "REPORTS_PER_MINUTE": "0",
            "DJANGO_SETTINGS_MODULE": "tests.feedback.served",
            "REGISTER_HEADS": str(self.heads),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port)]
        options = ["--blocking-threads", "4", "--log-level", "critical", "portal.wsgi:application"]
        self.process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """It leads a group of its own, in which there is nothing but it and its worker."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def servers(heads_folder):
    servers = [Server(heads_folder), Server(heads_folder)]
    yield servers
    for server in servers:
        server.kill()


def ask(server: Server, method: str, address: str, data: dict | None = None) -> tuple[int, str, str]:
    """Status, where it leads, and the text; 0 when there was no answer."""
    asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
        asked.request(method, address, urlencode(data) if data else None, headers)
        response = asked.getresponse()
        return response.status, response.headers.get("Location", ""), response.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, "", ""
    finally:
        asked.close()


def kill_a_connection(spared: int) -> None:
    """One in the middle of a transaction, if there is one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid NOT IN (pg_backend_pid(), %s) ORDER BY xact_start IS NULL, random() LIMIT 1",
            [spared],
        )


@pytest.mark.django_db(transaction=True)
def test_every_number_that_was_shown_is_in_the_register(about, client, servers):
    values = read_form(client.get("/om/")).values
    ends_at = time.monotonic() + PATIENCE
    shown: dict[str, str] = {}
    broken: Counter[int] = Counter()
    done = threading.Event()
    spared = connection.connection.info.backend_pid

    def insist(server: Server, *request) -> tuple[int, str, str]:
        while time.monotonic() < ends_at:
            answer = ask(server, *request)
            if answer[0] not in (0, 503):
                return answer
            broken[answer[0]] += 1
            time.sleep(0.05)
            server = random.choice(servers)
        pytest.fail("the servers did not answer any more")

    def report(i: int) -> None:
        text = f"Fel nummer {i}"
        status, receipt, _text = insist(servers[i % 2], "POST", "/meddela-fel/", values | {"message": text})
        assert status == 303
        status, _location, page = insist(servers[i % 2], "GET", receipt)
        assert status == 200
        assert text in page
        shown[text] = re.search(r"FEL \d{4}/\d+", page)[0]

    def kill() -> int:
        kills = 0
        while not done.wait(0.3):
            kill_a_connection(spared)
            if all(ask(server, "GET", "/om/")[0] == 200 for server in servers):
                servers[kills % 2].kill()
                servers[kills % 2].start()
                kills += 1
        connection.close()
        return kills

    insist(servers[0], "GET", "/om/")
    insist(servers[1], "GET", "/om/")
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        killer = pool.submit(kill)
        reports = [pool.submit(report, i) for i in range(REPORTS)]
        for reported in reports:
            reported.result()
        done.set()
        kills = killer.result()

    print(f"{kills} servers killed; no answer (0) or not received (503): {dict(broken)}")  # noqa: T201 if it fails
    assert kills >= 2
    assert broken[0]
    entries = {entry.message: entry.designation for entry in Entry.objects.all()}
    assert shown == entries
    numbers = Entry.objects.order_by("received_at").values_list("number", flat=True)
    assert list(numbers) == list(range(1, REPORTS + 1))
