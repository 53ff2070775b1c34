from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.catalogues import compile_catalogues


class Command(BaseCommand):
    help = "Compiles the translations of this project. Instead of Django's command, which needs GNU gettext."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in settings.LOCALE_PATHS:
            for target in compile_catalogues(Path(folder)):
                self.stdout.write(f"Compiled {target}")
