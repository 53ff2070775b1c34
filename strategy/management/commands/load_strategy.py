import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError
from tqdm import tqdm

from strategy import loading, strategy_file


class Command(BaseCommand):
    help = "Read a whole strategy from a file (strategy/content/README.md) and publish it: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
        parser.add_argument(
            "--with-examples",
            action="store_true",
            help="load nodes marked as examples too, which only the demo does without being told",
        )

    @no_translations
    def handle(self, *, file: Path, dry_run: bool, with_examples: bool, verbosity: int, **options: Any) -> None:
        try:
            strategy = strategy_file.read(file)
            if not (settings.DEMO or with_examples):
                refuse_examples(strategy, file.name)
            outcome = loading.load(
                strategy,
                dry_run=dry_run,
                progress=partial(tqdm, desc=file.name, unit=" nodes", leave=False, disable=not sys.stderr.isatty()),
            )
        except strategy_file.StrategyFileError as error:
            raise CommandError(f"{file.name} was not loaded, and nothing has changed.\n{error}") from error
        except DatabaseError as error:
            reason = str(error).strip().partition("\n")[0]
            text = f"{file.name} was not loaded, and nothing has changed. The database says: {reason}"
            raise CommandError(text) from error
        self.tell(outcome, file.name, dry_run=dry_run, titles=dry_run or verbosity > 1)

    def tell(self, outcome: loading.Outcome, name: str, *, dry_run: bool, titles: bool) -> None:
        deeds = {
            "made": outcome.made,
            "changed": outcome.changed,
            "moved": outcome.moved,
            "published": outcome.published,
            "left withdrawn": outcome.left_withdrawn,
        }
        for deed, nodes in deeds.items():
            if titles and nodes:
                self.stdout.write(f"{deed.capitalize()}:")
                self.stdout.writelines(f"  {node}\n" for node in nodes)
        counts = ", ".join(f"{len(nodes)} {deed}" for deed, nodes in deeds.items() if nodes)
        if not outcome:
            self.stdout.write(f"Nothing to do: the portal says what {name} says.")
        elif dry_run:
            self.stdout.write(f"{name} would do this: {counts}. Nothing has changed (--dry-run).")
        else:
            self.stdout.write(f"{name} is loaded: {counts}.")


def refuse_examples(strategy: strategy_file.StrategyFile, name: str) -> None:
    """What is made up must not come among a municipality's own decisions by mistake (STEER-30)."""
    count = sum(entry.fields.get("example", False) for entry in strategy.entries)
    if count:
        raise CommandError(
            f"{name} was not loaded, and nothing has changed.\n"
            f'{count} of its {len(strategy.entries)} nodes are made up ("example": true), and this portal is '
            "not a demo. Take them out of the file, or load them all the same with --with-examples."
        )
