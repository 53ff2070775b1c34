"""The portal's web server for one machine: granian, stopped by Ctrl-C or SIGTERM, leaving nothing behind."""

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
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
    traceback, so the signal is blocked, which workers inherit, and a thread waits for it here.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})

    def wait() -> None:
        signal.sigwait({signal.SIGINT})
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
