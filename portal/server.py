"""The portal's web server for one machine: granian, stopped by Ctrl-C or SIGTERM, leaving nothing behind."""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from granian import Granian
from granian._internal import load_target
from granian.constants import Interfaces
from granian.log import LogLevels

# Two workers keep the portal up while one is restarted; threads mostly wait for the database. The pool of a process is
# as large as its threads, so that none ever waits for a connection.
WORKERS = 2
THREADS = 8
BACKLOG = 1024
# What is still being answered after this long at a stop is cut off.
STOP_SECONDS = 5


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def serve(host: str, port: int, on_ready: Callable[[], None]) -> bool:
    """Serves until it is told to stop, and says whether it was: False means that it could not go on."""
    # Fresh processes, so that no worker inherits a connection or a lock of the process that prepared the database.
    multiprocessing.set_start_method("spawn", force=True)
    os.environ["DATABASE_POOL"] = str(THREADS)
    server = Granian(
        "portal.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        backlog=BACKLOG,
        websockets=False,
        log_level=LogLevels.error,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    threading.Thread(target=_tell_when_ready, args=(host, port, on_ready), daemon=True).start()
    _stop_on_interrupt(server)
    try:
        server.serve(target_loader=load_application)
    except SystemExit:  # granian's word for a worker that ended by itself, which one that is told to stop may do too
        return server.interrupt_signal
    return server.interrupt_signal


@contextmanager
def working(origin: str) -> Iterator[None]:
    """`manage.py worker` in a process of its own, for a portal at `origin`. It ends when this one does, in any way."""
    process = multiprocessing.get_context("spawn").Process(target=_work, args=(origin,), daemon=True)
    # Ctrl-C reaches every process of the terminal, and is for this one alone. What is blocked stays so in the other.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    process.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    try:
        yield
    finally:
        process.terminate()
        process.join(timeout=STOP_SECONDS)
        process.kill()


def _work(origin: str) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("SITE_URL", origin)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("worker", verbosity=0)


def load_application(target: str) -> Any:
    """Runs in each worker, which must not outlive the process that started it and would keep the port."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return load_target(target)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(1)


def _stop_on_interrupt(server: Any) -> None:
    """
    Ctrl-C reaches every process of the terminal. A worker in the middle of its imports would die of it with a
    traceback, so the signal is blocked, which workers inherit, and a thread takes it here. Another thread may get it
    instead (tqdm has one), so that whoever does says so through a pipe.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    told, teller = os.pipe()
    os.set_blocking(teller, False)
    signal.set_wakeup_fd(teller, warn_on_full_buffer=False)

    def wait() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        while signal.SIGINT not in os.read(told, 1):
            pass
        server.signal_handler_interrupt()

    threading.Thread(target=wait, daemon=True).start()


def _tell_when_ready(host: str, port: int, on_ready: Callable[[], None]) -> None:
    while True:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            on_ready()
            return
