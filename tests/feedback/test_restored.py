"""The drill: a dump of the register is restored into an empty database, and is then what it was, or known as older."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from feedback import handling, heads, published
from feedback.guards import GUARDS
from feedback.models import Entry
from portal.postgres import Cluster
from strategy.models import Page
from tests.feedback.tampering import sql


def run(program: str, *arguments: str) -> None:
    """A client program of PostgreSQL, asked of the server that the tests have."""
    found = shutil.which(program, path=os.pathsep.join([str(Cluster().programs), os.environ["PATH"]]))
    server = connection.settings_dict
    variables = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    asked = {name: str(server[key]) for name, key in variables.items() if server[key]}
    done = subprocess.run(
        [found, *arguments], env=os.environ | asked | {"LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    # An older server does not know this one setting of a newer program.
    assert not [line for line in done.stderr.splitlines() if "error:" in line and "transaction_timeout" not in line]


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    before = _connect(name)
    try:
        yield
    finally:
        _connect(before)


def _connect(name: str) -> str:
    """Returns what was connected to before."""
    connection.close()
    before, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], name
    return before


@pytest.fixture
def restored(transactional_db) -> Iterator[str]:
    """The name of an empty database."""
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield name
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def verified() -> str:
    said = StringIO()
    call_command("verify_register", stdout=said, stderr=StringIO())
    return said.getvalue()


# D8
def test_dump_is_restored_whole_and_writes_nothing_once_it_is_the_older(
    restored, receive, django_user_model, tmp_path: Path
):
    entry = receive("Telefonnumret är fel.", email="anna@example.com")
    handling.note(entry, "Ringde växeln.", by=django_user_model.objects.create(username="anna"))
    heads.sign()
    pages = Page.objects.count()
    run("pg_dump", "-Fc", "-f", str(tmp_path / "dump"), connection.settings_dict["NAME"])
    run("pg_restore", "--no-owner", "-d", restored, str(tmp_path / "dump"))
    with connected_to(restored):
        for (table, trigger), enabled in GUARDS.items():
            if enabled == "O":
                # Against TRUNCATE: the tests' own set-up has lifted it, and it was restored as it was.
                sql(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        call_command("migrate", check_unapplied=True, stdout=StringIO())
        assert verified() == "The register holds: 2 events, 1 entries, 1 signed heads.\n"
        assert (Entry.objects.get().message, Page.objects.count()) == ("Telefonnumret är fel.", pages)
    receive("Ett fel som kom efter kopian.")
    heads.sign()
    with connected_to(restored):
        with pytest.raises(published.OlderThanPublished):
            receive("Ett fel till.")
        with pytest.raises(CommandError, match=r"1-000000000003\.txt"):
            verified()
        assert Entry.objects.count() == 1
