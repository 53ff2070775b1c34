"""
What a register of 100 000 closed entries takes: to sign a head, to verify all of it, and to export it to the e-archive.
For each, how long, the processor's time of the process, and the most memory that it had.

    uv run python tests/bench/register.py [entries]

In a database of its own, or in an empty one that DATABASE_URL names. Every other entry is answered, and every tenth has
the longest message there can be. To be run by hand: filling the database takes minutes.
"""

import os
import secrets
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from portal.postgres import Cluster

LIMIT_MB = 300
BATCH = 2000

COMMAND = """
import resource, sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
"""


def fill(entries: int) -> None:
    from django.db import connection, transaction
    from tqdm import tqdm

    from feedback import register
    from feedback.canonical import commitment
    from feedback.models import Entry, Event, Passage, Standing
    from feedback.standing import standing_of
    from feedback.steps import Deed, State
    from strategy.dated import clock

    start = clock()
    sequence = 0
    with tqdm(total=entries, unit=" entries") as bar:
        for first in range(1, entries + 1, BATCH):
            batch, events, passages, standings = [], [], [], []
            for number in range(first, min(first + BATCH, entries + 1)):
                at = start + timedelta(microseconds=number)
                entry = Entry(
                    series="FEL", year=register.year_of(at), number=number, received_at=at, address="/om/", shown_at=at,
                    language="sv", suspected_spam=False, token=secrets.token_urlsafe(24),
                )  # fmt: skip
                text = f"Telefonnumret på sidan är fel, nummer {number}. " * (100 if number % 10 == 0 else 5)
                told = [(Deed.RECEIVED, "", State.RECEIVED, register.received_facts(entry), {"message": text[:5000]})]
                if number % 2:
                    answer = {"subject": "Svar", "text": "Tack, nu är det rättat.\n" * 10}
                    told.append((Deed.ANSWERED, State.RECEIVED, State.ANSWERED, {"document": 2}, answer))
                facts = {"closing": "fixed", "other_number": ""}
                told.append((Deed.CLOSED, told[-1][2], State.CLOSED, facts, {"reason": "Rättat."}))
                own = []
                for kind, before, after, facts, texts in told:
                    salted = {name: (secrets.token_bytes(32), text) for name, text in texts.items()}
                    event = Event(
                        sequence=sequence, entry=entry, kind=kind, at=at, from_state=before, to_state=after,
                        facts=facts, commitments={name: commitment(*pair).hex() for name, pair in salted.items()},
                    )  # fmt: skip
                    event.leaf = register.leaf_of(event)
                    passages += [
                        Passage(event=event, name=name, salt=salt, text=text) for name, (salt, text) in salted.items()
                    ]
                    own.append(event)
                    sequence += 1
                batch.append(entry)
                events += own
                standings.append(standing_of(entry, own))
            with transaction.atomic():
                Entry.objects.bulk_create(batch)
                Event.objects.bulk_create(events)
                Passage.objects.bulk_create(passages)
                Standing.objects.bulk_create(standings)
            bar.update(len(batch))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def main(entries: int) -> None:
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            cluster = Cluster("postgres-bench-register")
            # What it was filled with the last time
            cluster.delete()
            stack.enter_context(cluster.running())
            os.environ["DATABASE_URL"] = cluster.url
        os.environ.setdefault("DEMO", "1")
        os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection
        from django.utils.timezone import localdate

        call_command("migrate", verbosity=0)
        fill(entries)
        connection.close()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["REGISTER_HEADS"] = str(folder / "heads")
        file = folder / "uttag.zip"
        day = localdate()
        measure("sign_heads")
        measure("verify_register")
        most = measure("export_archive", str(day), str(day + timedelta(days=1)), str(file))
        with zipfile.ZipFile(file) as package:
            print(f"{len(package.namelist())} files, {file.stat().st_size >> 20} MB")  # noqa: T201
        if most > LIMIT_MB:
            raise SystemExit(f"The export took more than {LIMIT_MB} MB of memory.")


def measure(*command: str) -> int:
    """The most memory that it had, in MB."""
    began = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, *command],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    took = time.monotonic() - began
    *_said, seconds, most = run.stdout.split()
    print(f"{command[0]}: {took:.1f} s, {float(seconds):.1f} s of the processor, {most} MB of memory")  # noqa: T201
    return int(most)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
