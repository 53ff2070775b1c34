"""What holds whoever asks: the register is never changed, and knows nobody's whereabouts."""

import hashlib
import re
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.utils.timezone import now

from feedback.models import Entry, RecentReport
from portal import worker


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE feedback_entry SET address = '/annan/'",
        "UPDATE feedback_entry SET address = address",
        "UPDATE feedback_entry SET suspected_spam = true",
        "DELETE FROM feedback_entry",
        "SET LOCAL session_replication_role = replica; DELETE FROM feedback_entry",
        "INSERT INTO feedback_entry SELECT * FROM feedback_entry ON CONFLICT (token) DO UPDATE SET address = ''",
    ],
)
def test_what_was_received_stays_as_it_is(receive, sql):
    receive("Telefonnumret är fel.")
    with (
        pytest.raises(DatabaseError, match=r"feedback_entry_guard|never changed|permission denied"),
        transaction.atomic(),
    ):
        connection.cursor().execute(sql)
    assert Entry.objects.get().message == "Telefonnumret är fel."


def test_through_django_too(receive):
    entry = receive("Telefonnumret är fel.")
    RecentReport.objects.all().delete()
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        entry.save()
    for delete in (entry.delete, Entry.objects.all().delete):
        with pytest.raises(ProtectedError), transaction.atomic():
            delete()


@pytest.mark.parametrize("table", ["feedback_entry", "strategy_page"])
def test_the_register_is_never_emptied(receive, table):
    receive("Telefonnumret är fel.")
    with connection.cursor() as cursor:
        # The tests' own set-up has it disabled, to empty the tables between them.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE feedback_entry ENABLE TRIGGER feedback_entry_no_truncate")
        with pytest.raises(DatabaseError, match="feedback_entry is never emptied"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")
    assert Entry.objects.exists()


@pytest.mark.parametrize("number", [0, 1, 3, 100])
def test_a_number_that_is_not_the_next_is_refused(receive, number):
    entry = receive("Telefonnumret är fel.")
    entry.pk, entry.token, entry.number = None, "another", number
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save(force_insert=True)


def test_a_year_that_is_not_that_of_receipt_is_refused(receive):
    entry = receive("Telefonnumret är fel.")
    entry.pk, entry.token, entry.number, entry.year = None, "another", 1, entry.year - 1
    with pytest.raises(DatabaseError, match="year_is_that_of_receipt"), transaction.atomic():
        entry.save(force_insert=True)


def dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        rows = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


@pytest.mark.parametrize("address", ["203.0.113.77", "2001:db8:aaaa:bbbb::77"])
def test_no_address_of_the_sender_and_no_user_agent_is_stored(send, address):
    connection = {"REMOTE_ADDR": address, "HTTP_USER_AGENT": "Curious/1.0", "HTTP_COOKIE": "tracked=yes-indeed"}
    assert send(connection=connection).status_code == 303
    stored = dump()
    assert "Telefonnumret är fel." in stored
    for trace in (address, address.rpartition(".")[0] or "2001:db8:aaaa:bbbb", "aaaabbbb", "Curious", "yes-indeed"):
        assert trace not in stored
    for algorithm in ("md5", "sha1", "sha256"):
        assert hashlib.new(algorithm, address.encode()).hexdigest() not in stored


def test_the_next_report_forgets_senders_of_more_than_ten_minutes_ago(receive):
    receive("Ett fel")
    first = RecentReport.objects.get()
    RecentReport.objects.update(at=now() - timedelta(minutes=10))
    receive("Ett annat fel", sender="192.0.2.9")
    assert first not in RecentReport.objects.all()
    assert RecentReport.objects.count() == 1


def test_senders_are_forgotten_without_a_next_report(receive, capsys):
    receive("Ett fel")
    call_command("forget_senders")
    assert RecentReport.objects.count() == 1
    RecentReport.objects.update(at=now() - timedelta(minutes=10))
    call_command("forget_senders")
    assert not RecentReport.objects.exists()
    assert Entry.objects.count() == 1
    assert re.findall(r"\d", capsys.readouterr().out) == ["0", "1"]


@pytest.mark.django_db(transaction=True)
def test_the_worker_forgets_senders_whatever_becomes_of_the_database_meanwhile(receive, monkeypatch):
    """REC-7, where nobody has set up a job."""
    [job] = [job for job in worker.jobs() if job.name == "senders"]
    assert job.is_due(time.monotonic())
    receive("Ett fel")
    RecentReport.objects.update(at=now() - timedelta(minutes=10))
    with monkeypatch.context() as away:
        connection.close()
        away.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        away.setitem(connection.settings_dict, "PORT", "1")
        worker.do(job)
    assert RecentReport.objects.exists()
    assert job.is_due(time.monotonic() + worker.PAUSE)
    worker.do(job)
    assert not RecentReport.objects.exists()
    assert not job.is_due(time.monotonic() + worker.PAUSE)
