from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from feedback import heads, verification


class Command(BaseCommand):
    help = (
        "Reads the whole register back: events, texts, entries and where they stand, against the signed heads in the "
        "database and in REGISTER_HEADS. Names the first that does not hold, and ends with 1 then."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = heads.verify(self.shown)
            verification.guards()
        except verification.Broken as problem:
            raise CommandError(f"The register does not hold. {problem}") from problem
        lost = f", and {found.lost} heads of what was lost before a recovery" if found.lost else ""
        self.stdout.write(
            f"The register holds: {found.events} events, {found.entries} entries, {found.heads} signed heads{lost}."
        )

    def shown(self, items: Iterable[Any], total: int, what: str) -> Iterable[Any]:
        return tqdm(items, total=total, desc=what, file=self.stderr, mininterval=0.5)
