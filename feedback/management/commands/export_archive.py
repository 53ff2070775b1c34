import sys
from argparse import ArgumentParser
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError, no_translations
from tqdm import tqdm

from feedback import archive


class Command(BaseCommand):
    help = "Writes the entries that were closed in a period to a ZIP for the e-archive (FGS Ärendehantering 1.0)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("first", metavar="FROM", type=date.fromisoformat, help="the first day, as 2026-01-01")
        parser.add_argument("last", metavar="TO", type=date.fromisoformat, help="the last day")
        parser.add_argument("file", metavar="FILE", type=Path, help="the ZIP to write; it may not be there yet")
        parser.add_argument("--by", metavar="NAME", help="the user name of who does it, for the register's log")

    @no_translations
    def handle(self, *, first: date, last: date, file: Path, by: str | None, **options: Any) -> None:
        if first > last:
            raise CommandError(f"{first} is after {last}.")
        bar = partial(tqdm, desc=file.name, unit=" entries", leave=False, disable=not sys.stderr.isatty())
        try:
            count = archive.export(
                first, last, file, by=person(by), progress=lambda entries, total: bar(entries, total=total)
            )
        except FileExistsError as error:
            raise CommandError(f"{error} is there already.") from error
        except OSError as error:
            raise CommandError(f"{error.filename or file}: {error.strerror}") from error
        self.stdout.write(f"{count} entries are in {file}. Secret texts are in it too: keep it where they may be.")


def person(name: str | None) -> AbstractBaseUser | None:
    if not name:
        return None
    model = get_user_model()
    found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if found is None:
        raise CommandError(f"There is no account {name!r}.")
    return found
