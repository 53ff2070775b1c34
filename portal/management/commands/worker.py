import logging
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from portal import worker


class Command(BaseCommand):
    help = (
        "Does what is done later: sends mail, signs the register's heads, forgets senders, and tidies. One such "
        "process runs beside the web server; more do no harm."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1, help="seconds between looks at the queue")

    def handle(self, *args: Any, **options: Any) -> None:
        level = logging.ERROR if options["verbosity"] == 0 else logging.INFO
        for name in ("django.tasks", "django_tasks_db"):
            logging.getLogger(name).setLevel(level)
        worker.run(options["interval"])
