from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback import heads, register
from feedback.canonical import exported
from feedback.steps import Deed
from feedback.verification import Broken, read_back, snapshot


class Command(BaseCommand):
    help = (
        "Writes all events of the register to a file, one a line, as feedback/verifier/FORMAT.md says: what the signed "
        "heads can be checked by, without this portal. No personal data is in it without --with-passages."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--with-passages",
            action="store_true",
            help="what people wrote as well, secret texts too; that it was exported is then an event of its own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with_passages = options["with_passages"]
        if with_passages:
            register.record(None, Deed.EXPORTED, facts={"what": "log"})
        try:
            with options["file"].open("xb") as file, snapshot():
                size = heads.size_now()
                for row in tqdm(read_back(size), total=size, desc="events", file=self.stderr, mininterval=0.5):
                    file.write(exported(row.data, row.passages if with_passages else ()))
        except (OSError, Broken) as problem:
            raise CommandError(f"The log was not exported. {problem}") from problem
        self.stdout.write(f"{size} events are in {options['file']}.")
