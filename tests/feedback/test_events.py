"""What was done is written down once and for all, and what is not in the table of steps is not done."""

import secrets
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction

from feedback import register
from feedback.models import Entry, Event, Passage
from feedback.steps import OF_THE_REGISTER, STEPS, Deed, State, possible

WAY_TO = {
    State.RECEIVED: [],
    State.IN_PROGRESS: [Deed.ASSIGNED],
    State.ANSWERED: [Deed.ANSWERED],
    State.CLOSED: [Deed.CLOSED],
    State.DISPOSED: [Deed.CLOSED, Deed.PROPOSED],
}


@pytest.fixture
def people(django_user_model):
    return [django_user_model.objects.create(username=name) for name in ("anna", "bo")]


@pytest.fixture
def entry(receive):
    return receive("Telefonnumret är fel.", email="anna@example.com")


def bring(entry: Entry, state: State, people: list) -> None:
    for deed in WAY_TO[state]:
        register.record(entry, deed, by=people[0])
    if state == State.DISPOSED:
        dispose(entry, people[1])


def sql(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_what_is_received_is_the_first_event_and_what_was_written_its_passages(entry):
    event = Event.objects.get()
    assert (event.sequence, event.entry, event.kind, event.by) == (0, entry, Deed.RECEIVED, None)
    assert (event.from_state, event.to_state, event.at) == ("", State.RECEIVED, entry.received_at)
    assert dict(Passage.objects.values_list("name", "text")) == {
        "message": "Telefonnumret är fel.",
        "email": "anna@example.com",
    }
    assert (entry.message, entry.email) == ("Telefonnumret är fel.", "anna@example.com")
    assert "anna" not in str(event.facts)


def test_what_was_not_written_is_no_passage(receive):
    receive("Utan adress.")
    assert set(Event.objects.get().commitments) == {"message"}


def test_each_passage_is_what_its_event_commits_to(entry):
    for passage in Passage.objects.select_related("event"):
        committed = sha256(bytes(passage.salt) + passage.text.encode()).hexdigest()
        assert passage.event.commitments[passage.name] == committed


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("deed", [deed for deed in Deed if deed not in OF_THE_REGISTER])
def test_only_the_steps_of_the_table_are_taken_and_the_database_takes_no_other(entry, people, state, deed):
    if (state, deed) == (State.CLOSED, Deed.DISPOSED):
        register.record(entry, Deed.CLOSED, by=people[0])
        register.record(entry, Deed.PROPOSED, by=people[0])
    else:
        bring(entry, state, people)
    after = STEPS[deed].get(state)
    if after:
        if deed == Deed.DISPOSED:
            dispose(entry, people[1])
        else:
            register.record(entry, deed, by=people[1])
        event = Event.objects.last()
        assert (event.kind, event.from_state, event.to_state) == (deed, state, after)
        return
    assert deed not in possible(state)
    with pytest.raises(register.Refused, match="FEL"):
        register.record(entry, deed, by=people[1])
    for claimed in {"", *State}:
        with pytest.raises(DatabaseError, match="does not lead from"):
            write(entry, kind=deed, from_state=state, to_state=claimed)


def write(entry: Entry | None, **changes: object) -> None:
    """An event as nobody but the database's owner could write it."""
    with transaction.atomic():
        Event.objects.create(
            **{
                "sequence": Event.objects.count(),
                "entry": entry,
                "kind": Deed.NOTED,
                "at": datetime(2026, 11, 23, tzinfo=UTC),
                "from_state": State.RECEIVED,
                "to_state": State.RECEIVED,
                "leaf": bytes(32),
                **changes,
            }
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sequence": 0}, "next event"),
        ({"sequence": 2}, "next event"),
        ({"from_state": State.CLOSED, "to_state": State.CLOSED}, "is in the state"),
        ({"kind": "invented"}, "does not lead"),
        ({"leaf": bytes(31)}, "32 bytes"),
        ({"kind": Deed.EXPORTED, "from_state": "", "to_state": ""}, "is in the state"),
    ],
)
def test_event_that_does_not_follow_is_refused_below(entry, changes, reason):
    with pytest.raises(DatabaseError, match=reason):
        write(entry, **changes)


def test_what_concerns_the_register_has_no_entry(entry, people):
    event = register.record(None, Deed.EXPORTED, by=people[0])
    assert (event.entry, event.to_state, event.sequence) == (None, "", 1)
    with pytest.raises(register.Refused):
        register.record(entry, Deed.EXPORTED)
    with pytest.raises(register.Refused):
        register.record(None, Deed.NOTED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE feedback_event SET facts = '{}'",
        "UPDATE feedback_event SET leaf = leaf",
        "DELETE FROM feedback_event",
        "SET LOCAL session_replication_role = replica; DELETE FROM feedback_event",
        "UPDATE feedback_passage SET text = 'Inget är fel.'",
        "DELETE FROM feedback_passage",
        "SET LOCAL session_replication_role = replica; DELETE FROM feedback_passage",
        "TRUNCATE feedback_passage",
        "TRUNCATE feedback_event CASCADE",
    ],
)
def test_nobody_changes_or_removes_what_happened_or_was_written(entry, statement):
    for table in ("event", "passage"):
        # The tests' own set-up has it disabled, to empty the tables between them.
        sql(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE feedback_{table} ENABLE TRIGGER feedback_{table}_no_truncate")
    with pytest.raises(DatabaseError, match=r"never|permission denied"):
        sql(statement)
    assert Event.objects.count() == 1
    assert Passage.objects.count() == 2


def test_text_that_its_event_does_not_commit_to_is_refused(entry):
    for name, text in (("message", "Ett annat."), ("other", "Telefonnumret är fel.")):
        with pytest.raises(DatabaseError, match="does not commit"), transaction.atomic():
            Passage.objects.create(event_id=0, name=name, salt=secrets.token_bytes(32), text=text)


def test_event_without_a_text_that_it_commits_to_is_refused(entry):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="commits to 1 texts and has 0"):
        write(entry, commitments={"note": "00" * 32})


def test_entry_without_an_event_is_refused(entry):
    entry.pk, entry.token, entry.number = None, "another", entry.number + 1
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="without an event"), transaction.atomic():
        entry.save(force_insert=True)


def test_two_people_never_overwrite_each_other(entry, people):
    seen = Event.objects.get().sequence
    register.record(entry, Deed.ASSIGNED, by=people[0], seen=seen)
    with pytest.raises(register.Changed, match="under tiden"):
        register.record(entry, Deed.CLOSED, by=people[1], seen=seen)
    assert Event.objects.last().kind == Deed.ASSIGNED


# Disposal takes two, and takes all.


def dispose(entry: Entry, by: object, **only: object) -> None:
    with transaction.atomic():
        register.record(entry, Deed.DISPOSED, by=by)
        Passage.objects.filter(event__entry=entry, **only).delete()
        sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def test_disposal_that_another_proposed_removes_what_was_written_and_nothing_else(entry, people, receive):
    other = receive("Ett annat fel.")
    register.record(entry, Deed.CLOSED, by=people[0])
    register.record(entry, Deed.PROPOSED, by=people[0])
    before = list(Event.objects.values_list("sequence", "leaf"))
    dispose(entry, people[1])
    assert list(Event.objects.values_list("sequence", "leaf"))[:-1] == before
    assert Passage.objects.get().text == other.message
    assert Entry.objects.get(pk=entry.pk).message == ""


@pytest.mark.parametrize(
    "deeds",
    [
        [Deed.CLOSED],
        [Deed.CLOSED, Deed.PROPOSED, Deed.REJECTED],
        [Deed.CLOSED, Deed.PROPOSED, Deed.HELD],
        [Deed.CLOSED, Deed.PROPOSED, Deed.REOPENED, Deed.CLOSED],
    ],
)
def test_what_is_not_proposed_or_is_held_is_not_disposed_of(entry, people, deeds):
    for deed in deeds:
        register.record(entry, deed, by=people[0])
    with pytest.raises(DatabaseError, match="somebody else has proposed"):
        dispose(entry, people[1])
    assert Passage.objects.count() == 2


def test_nobody_approves_what_they_proposed_themselves(entry, people):
    for deed in (Deed.CLOSED, Deed.PROPOSED):
        register.record(entry, deed, by=people[0])
    for approver in (people[0], None):
        with pytest.raises(DatabaseError, match="somebody else has proposed"):
            dispose(entry, approver)


def test_disposal_that_leaves_something_is_undone(entry, people):
    for deed in (Deed.CLOSED, Deed.PROPOSED):
        register.record(entry, deed, by=people[0])
    with pytest.raises(DatabaseError, match="still there"):
        dispose(entry, people[1], name="email")
    assert Passage.objects.count() == 2
