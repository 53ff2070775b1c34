"""
What is done later, and what is done again and again: the queue of Django's tasks, and beside it a thread that tidies.
A database that is away is waited for.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from django.core.management import call_command
from django.db import Error, connection
from django_tasks_db.management.commands.db_worker import Worker

from feedback import heads, mail, register
from strategy.dated import clock

# Before another try, when the database is away
PAUSE = 5
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

logger = logging.getLogger("portal.worker")


@dataclass
class Job:
    name: str
    do: Callable[[], object]
    every: int
    next_at: float = 0

    def is_due(self, moment: float) -> bool:
        return moment >= self.next_at


def jobs() -> Iterator[Job]:
    """What is done at the start, and then every so many seconds."""
    yield Job("mail", lambda: mail.tidy(clock()), MINUTE)
    # REC-7: none of them outlives a day, when no report comes either.
    yield Job("senders", lambda: register.forget(clock()), HOUR)
    yield Job("done tasks", lambda: call_command("prune_db_task_results", min_age_days=1, verbosity=0), HOUR)
    yield Job("heads", heads.sign, HOUR)
    yield Job("verification", heads.watch, DAY)


def run(interval: float = 1) -> None:
    """Until this process is told to stop. One that is told so twice, or killed, leaves nothing half done."""
    threading.Thread(target=_do_jobs, args=(list(jobs()), interval), daemon=True).start()
    worker = _worker(interval)
    worker.configure_signals()
    while worker.running:
        try:
            worker.run()
        except Error as error:
            logger.warning("The database is away: %s", type(error).__name__)
            connection.close()
            time.sleep(interval)


def _worker(interval: float) -> Worker:
    return Worker(
        queue_names=["*"],
        interval=interval,
        batch=False,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id=uuid4().hex,
        excluded_queue_names=[],
    )


def _do_jobs(jobs: list[Job], interval: float) -> None:
    while True:
        for job in jobs:
            if job.is_due(time.monotonic()):
                do(job)
        connection.close()
        time.sleep(interval)


def do(job: Job) -> None:
    """Soon again, if the database is away."""
    try:
        job.do()
    except Error as error:
        # Its words may be those of a row.
        logger.warning("%s: the database fails (%s)", job.name, type(error).__name__)
        connection.close()
        job.next_at = time.monotonic() + PAUSE
        return
    except Exception:
        logger.exception("%s failed", job.name)
    job.next_at = time.monotonic() + job.every
