"""What is mailed is mailed once, whatever the mail server, the worker or the database does meanwhile."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now
from django_tasks_db.models import DBTaskResult
from psycopg.conninfo import make_conninfo

from feedback import answers, mail, register
from feedback.models import Event, Letter
from feedback.steps import Deed
from tests.feedback.post_office import PostOffice

ROOT = Path(__file__).resolve().parents[2]
TEXT = "Hej!\n\nDu har rätt: numret är 044-13 50 00.\n.\n.. och så vidare  \n\nHälsningar\nKommunen\n"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office(settings):
    office = PostOffice()
    for name, value in vars(office.settings()).items():
        setattr(settings, name, value)
    office.open()
    yield office
    office.close()


@pytest.fixture
def registrar(django_user_model):
    return django_user_model.objects.create(username="registrator")


@pytest.fixture
def entry(receive):
    return receive("Telefonnumret är fel.", email="anna@example.com")


@pytest.fixture
def letter(entry, registrar) -> Letter:
    """An answer on its way; the receipt has been seen to."""
    Letter.objects.all().delete()
    DBTaskResult.objects.all().delete()
    event = answers.send(entry, registrar, "Svar", TEXT)
    return Letter.objects.get(event=event)


def work() -> None:
    """All that the queue has for now."""
    call_command("db_worker", batch=True, startup_delay=False, reload=False, verbosity=0)


def deeds() -> list[str]:
    return list(Event.objects.filter(kind__in=(Deed.SENT, Deed.NOT_SENT)).values_list("kind", flat=True))


def hurry() -> None:
    """Let the pause before the next try be over."""
    Letter.objects.waiting().update(next_at=now())
    DBTaskResult.objects.update(run_after=now() - timedelta(seconds=1))


def test_text_that_is_mailed_is_the_text_that_is_stored_to_the_byte(letter, office):
    work()
    (message,) = office.taken
    stored = letter.event.passages.get(name="text").text
    assert stored == TEXT
    assert message.get_content().replace("\r\n", "\n").encode() == stored.encode()
    assert str(message["From"]) == "Kristianstads kommun <fardplan@kommun.example>"
    assert message["Reply-To"].addresses[0].addr_spec == "kontakt@kommun.example"
    assert message["Subject"] == "Svar"
    assert message["Content-Language"] == "sv"
    assert office.reader.recipients == ["anna@example.com"]
    sent = Event.objects.get(kind=Deed.SENT)
    entry = letter.event.entry
    name = f"<fel-{entry.year}-{entry.number}-2@kommun.example>"
    assert sent.facts == {"document": 2, "message_id": name}
    assert message["Message-ID"] == name


def test_receipt_is_mailed_in_the_language_of_the_report(receive, office):
    entry = receive("The number is wrong.", email="anna@example.com", language="en")
    work()
    (message,) = office.taken
    text = message.get_content()
    for words in (
        entry.designation,
        "https://strategi.example/om/",
        f"https://strategi.example/en/kvittens/{entry.token}/",
    ):
        assert words in text
    # Somebody may have given the address of another.
    assert "The number is wrong." not in text
    assert "We have received" in message["Subject"]
    assert message["Auto-Submitted"] == "auto-replied"
    assert Event.objects.get(kind=Deed.SENT).facts["document"] == 1


@pytest.mark.parametrize("changes", [{"email": ""}, {"email": "anna@example.com", "suspected_spam": True}])
def test_no_receipt_without_an_address_or_for_what_programs_send(receive, office, changes):
    receive("Fel.", **changes)
    work()
    assert (Letter.objects.count(), office.taken) == (0, [])


def test_nobody_is_buried_in_receipts_that_others_ask_for(receive, office, monkeypatch):
    monkeypatch.setattr(register, "MOST_RECEIPTS", 2)
    for sender in range(4):
        receive("Fel.", email="Anna@example.com" if sender % 2 else "anna@example.com", sender=f"192.0.2.{sender}")
    receive("Fel.", email="bo@example.com")
    assert Letter.objects.count() == 3


@pytest.mark.parametrize("email", ["anna@straße.de", "anna@[127.0.0.1]", '""@example.com'])
def test_no_mail_to_an_address_that_would_be_another(receive, office, email):
    receive("Fel.", email=email)
    work()
    assert (Letter.objects.get().problem, office.taken) == ("no_address", [])


def test_server_that_is_down_delays_with_growing_pauses_and_loses_nothing(letter, office):
    office.close()
    pauses = []
    for attempt in range(1, 4):
        work()
        work()  # it is not due
        letter.refresh_from_db()
        assert (letter.state, letter.problem, letter.attempts) == ("waiting", "unreachable", attempt)
        pauses.append(letter.next_at - now())
        hurry()
    assert timedelta(seconds=50) < pauses[0] < pauses[1] < pauses[2]
    assert deeds() == []
    office.open()
    work()
    assert (len(office.taken), deeds()) == (1, ["sent"])


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("says", ["451 4.7.1 Come back", "421 Closing"])
def test_server_that_asks_to_wait_is_asked_again(letter, office, command, says):
    office.reader.says[command] = says
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.problem, letter.code) == ("waiting", "later", says[:9] if "4.7.1" in says else "421")
    office.reader.says.clear()
    hurry()
    work()
    assert (len(office.taken), deeds()) == (1, ["sent"])


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_what_is_refused_is_told_and_not_tried_again(letter, office, command):
    office.reader.says[command] = "550 5.1.1 <anna@example.com> is unknown here"
    work()
    hurry()
    work()
    mail.tidy(now() + timedelta(days=1))
    work()
    event = Event.objects.get(kind=Deed.NOT_SENT)
    assert event.facts == {"document": 2, "problem": "refused", "code": "550 5.1.1"}
    assert office.reader.tries == 1
    assert not office.taken


def test_server_that_will_not_have_the_portal_is_no_fault_of_the_letter(letter, office):
    office.reader.says["MAIL"] = "553 5.7.1 Who are you?"
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.problem) == ("waiting", "not_let_in")


@pytest.mark.parametrize("says", ["die", "hang"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_server_that_breaks_off_before_the_text_is_asked_again(letter, office, command, says):
    office.reader.says[command] = says
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.problem) == ("waiting", "unreachable")


@pytest.mark.parametrize("says", ["die", "hang"])
def test_when_the_servers_word_is_lost_a_person_decides(letter, office, registrar, says, monkeypatch):
    monkeypatch.setattr(mail, "PATIENCE_FOR_TEXT", 1)
    office.reader.says["DATA"] = says
    work()
    hurry()
    mail.tidy(now() + timedelta(days=1))
    work()
    letter.refresh_from_db()
    assert (letter.state, deeds(), len(office.taken)) == ("uncertain", ["not_sent"], 1)
    office.reader.says.clear()
    answers.send_again(letter, registrar)
    work()
    assert [message["Message-ID"] for message in office.taken] == [office.taken[0]["Message-ID"]] * 2
    assert deeds() == ["not_sent", "sent"]
    assert Event.objects.last().by == registrar
    with pytest.raises(register.Refused):
        answers.send_again(letter, registrar)


def test_somebody_who_knows_that_it_arrived_says_so(letter, office, registrar, monkeypatch):
    office.reader.says["DATA"] = "die"
    work()
    answers.arrived(letter, registrar)
    letter.refresh_from_db()
    assert (letter.state, deeds(), Event.objects.last().by) == ("sent", ["not_sent", "sent"], registrar)


def test_same_task_many_times_is_one_letter(letter, office):
    threads = [threading.Thread(target=lambda: (mail.send(letter.pk), connection.close())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()
    assert (len(office.taken), deeds()) == (1, ["sent"])


def test_nothing_that_is_in_a_letter_stays_in_the_queue(letter, office):
    office.reader.says["RCPT"] = "550 <anna@example.com> is unknown"
    work()
    office.close()
    kept = str(list(DBTaskResult.objects.values()))
    assert "send_letter" in kept
    for words in ("anna", "numret", "Svar"):
        assert words not in kept


def test_address_that_no_mail_can_go_to_is_told(receive, office):
    receive("Fel.", email="anna@" + "å" * 70 + ".example")
    work()
    assert Event.objects.get(kind=Deed.NOT_SENT).facts == {"document": 1, "problem": "no_address"}


def test_without_a_mail_server_it_waits(letter, office, settings):
    settings.MAIL_HOST = ""
    work()
    letter.refresh_from_db()
    assert (letter.state, letter.problem) == ("waiting", "no_server")


def test_the_demo_sends_nothing_and_writes_a_file(letter, office, settings, tmp_path):
    settings.MAIL_FOLDER = tmp_path / "mail"
    work()
    (file,) = settings.MAIL_FOLDER.iterdir()
    assert b"To: anna@example.com" in file.read_bytes()
    assert (office.reader.tries, deeds()) == (0, ["sent"])


def test_letter_that_is_in_no_queue_is_put_back(letter, office):
    DBTaskResult.objects.all().delete()
    work()
    assert not office.taken
    mail.tidy(now())
    mail.tidy(now())
    assert DBTaskResult.objects.count() == 1
    work()
    assert len(office.taken) == 1


def test_what_an_older_copy_of_the_register_holds_may_have_been_sent(letter, office, registrar):
    register.record(None, Deed.RECOVERED)
    work()
    letter.refresh_from_db()
    assert (letter.state, office.reader.tries, deeds()) == ("uncertain", 0, ["not_sent"])
    answers.send_again(letter, registrar)
    work()
    assert (len(office.taken), deeds()) == (1, ["not_sent", "sent"])


# The worker, killed.


@pytest.fixture
def start_worker(office, tmp_path):
    """A process as `manage.py worker` is, with the mail server that stands here."""
    started = []

    def start() -> subprocess.Popen:
        database = connection.get_connection_params()
        names = ("dbname", "user", "password", "host", "port")
        url = make_conninfo(**{name: database[name] for name in names if database.get(name)})
        wanted = vars(office.settings()) | {"MAIL_TIMEOUT": 20}
        variables = {name: str(value) for name, value in wanted.items()}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--interval", "0.1"],
            cwd=ROOT,
            env=os.environ | variables | {"DATABASE_URL": url, "REGISTER_HEADS": str(tmp_path / "heads")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition, patience: float = 20) -> None:
    ends_at = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_worker_killed_before_the_text_lets_the_next_one_send_it(letter, office, start_worker):
    office.reader.says["RCPT"] = "hang"
    worker = start_worker()
    wait_for(lambda: office.reader.tries)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    office.reader.says.clear()
    mail.tidy(now() + timedelta(minutes=1))
    assert Letter.objects.get().state == "trying"
    mail.tidy(now() + Letter.LONGEST_TRY)
    hurry()
    start_worker()
    wait_for(lambda: deeds() == ["sent"])
    assert len(office.taken) == 1


def test_worker_killed_after_the_text_leaves_it_to_a_person(letter, office, start_worker):
    office.reader.says["DATA"] = "hang"
    worker = start_worker()
    wait_for(lambda: office.taken)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    office.reader.says.clear()
    mail.tidy(now() + Letter.LONGEST_TRY)
    start_worker()
    wait_for(lambda: deeds() == ["not_sent"])
    hurry()
    time.sleep(0.5)
    assert Event.objects.get(kind=Deed.NOT_SENT).facts["problem"] == "uncertain"
    assert len(office.taken) == 1


def test_worker_outlives_its_database_connection_and_stops_when_told(letter, office, start_worker, entry, registrar):
    worker = start_worker()
    wait_for(lambda: deeds() == ["sent"])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    answers.send(entry, registrar, "En sak till", "Hej igen.\n")
    wait_for(lambda: deeds() == ["sent", "sent"])
    assert [message["Subject"] for message in office.taken] == ["Svar", "En sak till"]
    worker.terminate()
    assert worker.wait(timeout=10) == 0
