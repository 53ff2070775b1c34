"""How reports are numbered, whatever happens meanwhile."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from django.db import Error, OperationalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback import register
from feedback.models import Entry, RecentReport
from tests.feedback.written import read_form

fresh = count()


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        ("2026-12-31T22:59:59Z", 2026),
        ("2026-12-31T23:00:00Z", 2027),
        ("2026-06-30T22:00:00Z", 2026),
        ("2027-01-01T00:30:00+01:00", 2027),
    ],
)
def test_the_year_is_that_of_receipt_in_sweden(moment, year):
    assert register.year_of(datetime.fromisoformat(moment)) == year


def test_a_new_year_begins_with_one(receive, monkeypatch):
    moments = ["2026-12-31T22:59:58Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z", "2027-01-01T05:00:00Z"]
    clock = iter(map(datetime.fromisoformat, moments))
    monkeypatch.setattr(register, "clock", lambda: next(clock))
    entries = [receive(f"Fel nummer {i}") for i in range(4)]
    assert [entry.designation for entry in entries] == ["FEL 2026/1", "FEL 2026/2", "FEL 2027/1", "FEL 2027/2"]


def test_sent_twice_around_midnight_it_is_one_report(receive, monkeypatch):
    clock = iter(map(datetime.fromisoformat, ["2026-12-31T23:58:00Z", "2027-01-01T00:03:00Z", "2027-01-01T00:08:01Z"]))
    monkeypatch.setattr(register, "clock", lambda: next(clock))
    first, second, third = (receive("Fel") for _ in range(3))
    assert first == second
    assert third != first


def test_the_series_is_a_setting(receive, settings):
    settings.REPORT_SERIES = "KS"
    assert receive("Fel").designation.startswith("KS ")
    settings.REPORT_SERIES = "FEL"
    assert receive("Ett annat fel").number == 1


# Any sequence of reports, at any pace, some of which fail, compared with a model in memory.

reports = st.tuples(
    st.sampled_from(["a", "b"]),  # who sends
    st.sampled_from(["x", "y", "z"]),  # what
    st.sampled_from([0, 1, 59, 60, 599, 600, 86_400, 200 * 86_400]),  # seconds after the one before
    st.booleans(),  # whether it fails, last thing
)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(reports, max_size=12))
def test_numbering_is_that_of_the_model(receive, monkeypatch, settings, sent):
    settings.REPORT_SERIES = f"T{next(fresh)}"
    settings.REPORTS_PER_MINUTE = 2
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    monkeypatch.setattr(register, "clock", lambda: moment)
    RecentReport.objects.all().delete()
    highest: dict[int, int] = {}
    known: list[tuple[str, str, datetime, str]] = []
    for sender, text, seconds, fails in sent:
        moment += timedelta(seconds=seconds)
        same = [
            name
            for who, what, at, name in known
            if (who, what) == (sender, text) and at > moment - timedelta(minutes=10)
        ]
        lately = [at for who, _what, at, _name in known if who == sender and at > moment - timedelta(minutes=1)]
        if same:
            assert receive(text, sender=sender).designation == same[-1]
        elif fails:
            with (
                pytest.raises(OperationalError),
                connection.execute_wrapper(fail_at("feedback_recentreport", "INSERT")),
            ):
                receive(text, sender=sender)
        else:
            year = register.year_of(moment)
            highest[year] = highest.get(year, 0) + 1
            known.append((sender, text, moment, f"{settings.REPORT_SERIES} {year}/{highest[year]}"))
            entry = receive(text, sender=sender)
            assert (entry.designation, entry.suspected_spam) == (known[-1][3], len(lately) >= 2)
    entries = Entry.objects.filter(series=settings.REPORT_SERIES).order_by("received_at", "number")
    assert [entry.designation for entry in entries] == [name for *_, name in known]


def fail_at(*words: str) -> Callable:
    def wrapper(execute, sql, params, many, context):
        if all(word in sql for word in words):
            raise OperationalError("the connection is lost")
        return execute(sql, params, many, context)

    return wrapper


# Many at once.


def in_threads(work: Callable[[int], object], number: int) -> list:
    def run(i: int) -> object:
        try:
            return work(i)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.django_db(transaction=True)
def test_numbers_of_parallel_writers_have_no_gaps_whatever_is_rolled_back(receive, settings):
    settings.REPORTS_PER_MINUTE = 0
    dice = random.Random(2)
    failing = set(dice.sample(range(200), 40))

    def work(i: int) -> int | None:
        if i not in failing:
            return receive(f"Fel nummer {i}").number
        with pytest.raises(OperationalError), connection.execute_wrapper(fail_at("feedback_recentreport", "INSERT")):
            receive(f"Fel nummer {i}")
        return None

    shown = [number for number in in_threads(work, 200) if number is not None]
    entries = list(Entry.objects.order_by("number"))
    assert sorted(shown) == [entry.number for entry in entries] == list(range(1, 161))
    assert all(before.received_at < after.received_at for before, after in pairwise(entries))


@pytest.mark.django_db(transaction=True)
def test_sent_many_times_at_once_it_is_one_report(receive):
    assert len(set(in_threads(lambda i: receive("Fel").token, 32))) == 1
    assert Entry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_all_of_what_is_sent_at_once_is_received_and_what_is_too_much_marked(receive, settings):
    settings.REPORTS_PER_MINUTE = 5
    entries = in_threads(lambda i: receive(f"Fel nummer {i}"), 32)
    assert len({entry.pk for entry in entries}) == 32
    assert Entry.objects.filter(suspected_spam=False).count() == 5


# What breaks on the way.


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_error_at_any_database_call_leaves_all_or_nothing(about, client, done):
    form = read_form(client.get("/om/"))
    expected = 0
    for k in count(1):
        calls = count(1)

        def break_at_k(execute, sql, params, many, context, k=k, calls=calls):
            if next(calls) != k:
                return execute(sql, params, many, context)
            if done:
                execute(sql, params, many, context)
            raise OperationalError("the connection is lost")

        with connection.execute_wrapper(break_at_k):
            response = client.post(form.action, form.values | {"message": f"Fel vid anrop {k}"})
        if response.status_code == 303:
            break
        assert response.status_code == 503
        assert read_form(response).values["message"] == f"Fel vid anrop {k}"
        assert Entry.objects.count() == RecentReport.objects.count() == expected
        assert client.post(form.action, form.values | {"message": f"Fel efter {k}"}).status_code == 303
        expected += 1
        assert Entry.objects.latest("received_at").number == expected
    assert k > 8
    assert list(Entry.objects.order_by("number").values_list("number", flat=True)) == list(range(1, expected + 2))


@pytest.fixture
def lost_commit(monkeypatch):
    """Lose the connection at the next commit: before it is asked for, after it is done, or while it takes its time."""

    def lose(when: str) -> None:
        def lost() -> None:
            monkeypatch.undo()
            server = connection.connection
            connection.connection = None
            if when == "after":
                server.commit()
            if when == "meanwhile":
                threading.Thread(target=lambda: (time.sleep(0.5), server.commit(), server.close())).start()
            else:
                server.close()
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(connection, "_commit", lost)

    return lose


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("when", "status"), [("before", 503), ("after", 303), ("meanwhile", 303)])
def test_a_connection_that_is_lost_while_committing(about, client, lost_commit, when, status):
    form = read_form(client.get("/om/"))
    lost_commit(when)
    response = client.post(form.action, form.values | {"message": "Fel"})
    assert response.status_code == status
    assert Entry.objects.count() == RecentReport.objects.count() == (status == 303)
    if status == 303:
        assert response.url == f"/kvittens/{Entry.objects.get().token}/"
    again = client.post(form.action, form.values | {"message": "Fel"})
    assert again.status_code == 303
    assert Entry.objects.get().number == 1


@pytest.mark.django_db(transaction=True)
def test_who_stops_halfway_does_not_stop_the_others(receive, monkeypatch):
    monkeypatch.setattr(register, "IDLE_LIMIT", "500ms")
    halfway, ended = threading.Event(), threading.Event()

    def stop_halfway() -> None:
        try:
            with transaction.atomic():
                register.wait_for_turn()
                halfway.set()
                ended.wait(10)
                Entry.objects.exists()
        except Error:
            return
        finally:
            connection.close()

    thread = threading.Thread(target=stop_halfway)
    thread.start()
    halfway.wait(10)
    assert receive("Fel").number == 1
    ended.set()
    thread.join()


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_is_told(receive, monkeypatch):
    monkeypatch.setattr(register, "WAIT_LIMIT", "200ms")
    halfway, ended = threading.Event(), threading.Event()

    def take_long() -> None:
        with transaction.atomic():
            register.wait_for_turn()
            halfway.set()
            ended.wait(10)
        connection.close()

    thread = threading.Thread(target=take_long)
    thread.start()
    halfway.wait(10)
    with pytest.raises(OperationalError):
        receive("Fel")
    ended.set()
    thread.join()
    assert receive("Fel").number == 1
