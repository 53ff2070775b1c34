import sys
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management.base import BaseCommand, CommandError, no_translations
from tqdm import tqdm

from feedback import disposal
from feedback.register import Refused
from feedback.retention import plan
from strategy.dated import clock


class Command(BaseCommand):
    help = (
        "Proposes to dispose of what the municipality has decided that it no longer keeps. Nothing is destroyed until "
        "somebody else has approved it, in the admin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="show what is due, and propose nothing")
        parser.add_argument("--by", metavar="NAME", help="the user name of the person who proposes it")
        parser.add_argument(
            "--again",
            metavar="PROTOCOL.csv",
            type=Path,
            help="after an older copy of the database has been restored: dispose of what was disposed of since",
        )

    @no_translations
    def handle(self, *, dry_run: bool, by: str | None, again: Path | None, **options: Any) -> None:
        bar = partial(tqdm, unit=" entries", leave=False, disable=not sys.stderr.isatty())
        if again:
            self.do_again(again, bar, dry_run=dry_run)
        else:
            self.propose(by, bar, dry_run=dry_run)

    def propose(self, by: str | None, bar: partial, *, dry_run: bool) -> None:
        moment = clock()
        due = list(bar(disposal.due(moment), desc="what is due"))
        held = list(disposal.held(moment))
        for candidate in due:
            if dry_run:
                self.stdout.write(f"{candidate.entry}: {candidate.rule.name}, since {candidate.due_on}")
        for candidate in held:
            self.stdout.write(f"{candidate.entry} is on hold: {candidate.rule.name}, since {candidate.due_on}")
        if not due:
            self.stdout.write("0 due.")
        for rule in disposal.undecided(plan()):
            self.stdout.write(f"Nothing is decided on {rule.name}: no reference to a decision in RETENTION_FILE.")
        if dry_run or not due:
            return
        proposer = self.person(by)
        proposed = 0
        for candidate in bar(due, desc="proposing"):
            try:
                disposal.propose(candidate.entry, by=proposer, seen=candidate.standing.last_id)
            except Refused as refused:
                self.stderr.write(str(refused))
            else:
                proposed += 1
        self.stdout.write(f"{proposed} proposed. Somebody other than {by} has to approve, in the admin.")

    def do_again(self, file: Path, bar: partial, *, dry_run: bool) -> None:
        done = 0
        missed = []
        try:
            lines = disposal.read_protocol(file)
            for line in bar(lines, desc=file.name, disable=dry_run or None):
                if dry_run:
                    self.stdout.write(f"{line.number}: {line.rule}, {line.decision}")
                    continue
                try:
                    done += disposal.do_again(line)
                except (disposal.Mismatch, Refused) as problem:
                    missed.append(str(problem))
        except disposal.Mismatch as problem:
            raise CommandError(str(problem)) from problem
        if dry_run:
            return
        self.stdout.write(f"{done} disposed of again, {len(lines) - done - len(missed)} were already.")
        if missed:
            raise CommandError("\n".join(missed))

    def person(self, name: str | None) -> AbstractBaseUser:
        if not name:
            raise CommandError("Say who proposes it: --by NAME. Somebody else approves it.")
        model = get_user_model()
        person = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
        if person is None:
            raise CommandError(f"There is no account {name!r}.")
        return person
