import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.db import DatabaseError
from tqdm import tqdm

from strategy import loading, strategy_file


class Command(BaseCommand):
    help = "Read a whole strategy from a file (strategy/content/README.md) and publish it: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")

    @no_translations
    def handle(self, *, file: Path, dry_run: bool, verbosity: int, **options: Any) -> None:
        try:
            outcome = loading.load(
                strategy_file.read(file),
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
