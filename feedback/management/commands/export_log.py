import os
from argparse import ArgumentParser
from contextlib import closing
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from tqdm import tqdm

from feedback import heads, register
from feedback.canonical import exported, withheld
from feedback.models import Standing
from feedback.steps import Deed
from feedback.verification import Broken, Row, read_back, snapshot
from feedback.withheld import is_withheld


class Command(BaseCommand):
    help = (
        "Writes all events of the register to a file, one a line, as feedback/verifier/FORMAT.md says: what the signed "
        "heads can be checked by, without this portal. Without --with-passages, no personal data is in it, and what "
        "the public register hides of an entry is there by its hash alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--with-passages",
            action="store_true",
            help="all that is kept: what people wrote, and what is secret; that it was exported is an event of its own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with_passages = options["with_passages"]
        if with_passages:
            register.record(None, Deed.EXPORTED, facts={"what": "log"})
        not_shown = 0
        try:
            with open(options["file"], "xb", opener=_private) as file, snapshot():
                size = heads.size_now()
                hidden = {} if with_passages else _hidden()
                with closing(read_back(size)) as rows:
                    for row in tqdm(rows, total=size, desc="events", file=self.stderr, mininterval=0.5):
                        if _is_hidden(row, hidden):
                            not_shown += 1
                            file.write(withheld(row.leaf, row.sequence))
                        else:
                            file.write(exported(row.data, row.passages if with_passages else ()))
        except (OSError, Broken) as problem:
            raise CommandError(f"The log was not exported. {problem}") from problem
        told = f", {not_shown} of them by their hash alone" if not_shown else ""
        self.stdout.write(f"{size} events are in {options['file']}{told}.")


def _hidden() -> dict[int, Standing]:
    """Entries of which the public register hides something."""
    something = Q(subject_hidden=True) | Q(sender_hidden=True) | Q(protected=True)
    return {standing.pk: standing for standing in Standing.objects.filter(something)}


def _is_hidden(row: Row, hidden: dict[int, Standing]) -> bool:
    standing = hidden.get(row.entry.pk) if row.entry else None
    return standing is not None and is_withheld(row.kind, row.facts, standing)


def _private(path: str, flags: int) -> int:
    """Nobody else on the machine may read it."""
    return os.open(path, flags, 0o600)
