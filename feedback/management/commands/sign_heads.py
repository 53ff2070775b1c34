from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback import heads, published
from feedback.published import OlderThanPublished
from feedback.verification import Broken


class Command(BaseCommand):
    help = (
        "Signs what happened in the register since the last signed head, after reading all of it back, and keeps the "
        "head in the database and in REGISTER_HEADS. Run it every hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--new-folder",
            action="store_true",
            help="REGISTER_HEADS is lost: begin it again from the database, which nothing then can be measured by",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["new_folder"]:
                published.begin_folder()
            head = heads.sign()
        except (Broken, OlderThanPublished, OSError) as problem:
            raise CommandError(f"No head was signed, or it could not be kept outside. {problem}") from problem
        self.stdout.write(f"Signed: the head of {head.size} events." if head else "Nothing has happened since.")
