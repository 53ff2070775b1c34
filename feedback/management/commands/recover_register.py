from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from feedback import heads, published
from feedback.verification import Broken


class Command(BaseCommand):
    help = (
        "For a register that was restored from an older copy, and refuses to write because newer heads of it were "
        "published. Look for a newer copy first: what is lost, is lost to all who were given a number. This goes on "
        "with what there is, as a log of a new name, with numbers that were not given before; it is in the log, and "
        "public."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", type=int, help="how many events the newest published head has")
        parser.add_argument(
            "--skip",
            type=int,
            help="how many numbers to leave out in each series, if more may have been given than the events that were "
            f"lost and {heads.SKIPPED}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not heads.is_older():
            raise CommandError("The register has all heads that were published: there is nothing to recover from.")
        self.stdout.write(f"The newest head that was published:\n\n{published.newest()}")
        self.stdout.write(f"The register has {heads.size_now()} events. What came after them is lost.")
        size = options["size"] if options["size"] is not None else self.asked()
        try:
            event = heads.recover(size, skip=options["skip"])
            head = heads.sign()
        except (heads.NotRecovered, Broken, published.OlderThanPublished) as problem:
            raise CommandError(f"Nothing was recovered. {problem}") from problem
        for numbers in event.facts["numbers"]:
            self.stdout.write("{series} {year} goes on from {next}.".format(**numbers))
        self.stdout.write(f"The register goes on as {event.facts['origin']}, with the head of {head.size} events.")

    def asked(self) -> int:
        try:
            return int(input("To go on without it, write how many events the newest published head has: "))
        except (EOFError, ValueError) as error:
            raise CommandError("Nothing was recovered.") from error
