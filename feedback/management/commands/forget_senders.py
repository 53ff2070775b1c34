from typing import Any

from django.core.management.base import BaseCommand

from feedback import register


class Command(BaseCommand):
    help = (
        "Deletes the hashes by which senders of reports are recognised for ten minutes. Each new report does that as "
        "well; run this every hour, so that none outlives a day when no new report comes (REC-7)."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        forgotten = register.forget(register.clock())
        self.stdout.write(f"{forgotten} forgotten.")
