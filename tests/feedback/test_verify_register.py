"""Whoever changes the register, and be it the owner of the database, is found out, and where."""

import hashlib
import json
import secrets
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError

from feedback import heads, register
from feedback.models import Event, Head, Letter, Passage
from feedback.steps import Deed
from portal import worker
from tests.feedback.tampering import guard, sql, tamper, unguarded


@pytest.fixture
def people(django_user_model):
    return [django_user_model.objects.create(username=name) for name in ("anna", "bo")]


@pytest.fixture
def entries(receive, people):
    """Seven events of four entries, the first five under a head, all under another."""
    entries = [receive(f"Fel nummer {i}.", email="anna@example.com" if i == 1 else "") for i in range(3)]
    register.record(entries[0], Deed.ASSIGNED, by=people[0], facts={"to": people[0].pk})
    register.record(entries[0], Deed.NOTED, by=people[0], facts={"document": 2}, passages={"note": "Ringde."})
    heads.sign()
    entries.append(receive("Fel nummer 3."))
    register.record(entries[1], Deed.CLOSED, by=people[1], facts={"closing": "fixed"})
    heads.sign()
    guard()
    return entries


def verify() -> str:
    """What the command says; "" when the register holds."""
    try:
        call_command("verify_register", stdout=StringIO(), stderr=StringIO())
    except CommandError as problem:
        return str(problem)
    return ""


def test_register_that_holds_is_said_to(entries):
    said, progress = StringIO(), StringIO()
    call_command("verify_register", stdout=said, stderr=progress)
    assert said.getvalue() == "The register holds: 7 events, 4 entries, 2 signed heads.\n"
    assert "7/7" in progress.getvalue()


def test_empty_register_holds(db):
    guard()
    assert verify() == ""


# R1: each kind of byte. `feedback_` is left out, and {n} stands for FEL and the year.
CHANGES = [
    ("UPDATE event SET at = at + interval '1 microsecond' WHERE sequence = 1", "Event 1 ({n}/2) "),
    ("UPDATE event SET kind = 'described' WHERE sequence = 4", "Event 4 ({n}/1)"),
    ("UPDATE event SET kind = 'recovered' WHERE sequence = 4", "Event 4 tells of no recovery"),
    ("UPDATE event SET by_id = NULL WHERE sequence = 3", "Event 3 ({n}/1)"),
    ("UPDATE event SET to_state = 'received' WHERE sequence = 3", "Event 3 ({n}/1)"),
    ("UPDATE event SET from_state = 'received' WHERE sequence = 4", "Event 4 ({n}/1)"),
    ("UPDATE event SET facts = facts || '{\"document\": 3}' WHERE sequence = 4", "Event 4 ({n}/1)"),
    ("UPDATE event SET facts = facts || '{\"more\": 1.5}' WHERE sequence = 4", "Event 4 ({n}/1)"),
    ("UPDATE event SET commitments = '{}' WHERE sequence = 4", "Event 4 ({n}/1)"),
    ("UPDATE event SET leaf = set_byte(leaf, 31, 255 - get_byte(leaf, 31)) WHERE sequence = 2", "Event 2"),
    ("UPDATE passage SET text = text || ' ' WHERE event_id = 1 AND name = 'email'", "Event 1 ({n}/2)"),
    ("UPDATE passage SET salt = set_byte(salt, 0, 255 - get_byte(salt, 0)) WHERE event_id = 4", "Event 4"),
    ("UPDATE passage SET name = 'subject' WHERE event_id = 4", "Event 4 ({n}/1)"),
    ("DELETE FROM passage WHERE event_id = 5", "Event 5 ({n}/4)"),
    ("UPDATE entry SET number = 9 WHERE number = 3", "Event 2 ({n}/9)"),
    ("UPDATE entry SET series = 'LEF' WHERE number = 3", "Event 2 (LEF {y}/3)"),
    ("UPDATE entry SET address = '/annan/' WHERE number = 3", "{n}/3 is not what event 2 says: address"),
    ("UPDATE entry SET token = 'known' WHERE number = 1", "{n}/1 is not what event 0 says: receipt"),
    ("UPDATE entry SET kind = 'other' WHERE number = 4", "{n}/4 is not what event 5 says: kind"),
    ("UPDATE standing SET state = 'closed', closing = 'fixed' WHERE last_id = 2", "{n}/3 does not stand"),
    ("UPDATE head SET size = 6 WHERE size = 7", "The head of 6 events says something else"),
    ("UPDATE head SET root = sha256(root) WHERE size = 7", "The head of 7 events says something else"),
    ("UPDATE head SET text = replace(text, 'FEL', 'LEF') WHERE size = 5", "The head of 5 events is not signed"),
    ("DELETE FROM head WHERE size = 5", "1-000000000005.txt"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), CHANGES)
def test_what_was_changed_is_named(entries, statement, named):
    tamper(statement.replace("UPDATE ", "UPDATE feedback_").replace("DELETE FROM ", "DELETE FROM feedback_"))
    assert named.replace("{n}", f"FEL {entries[0].year}").replace("{y}", str(entries[0].year)) in verify()


def remove(first: int, *, and_heads: bool) -> None:
    """The last events, with all that hangs on them, and nothing that would show it in the database."""
    with unguarded():
        sql("DELETE FROM feedback_recentreport")
        sql("DELETE FROM feedback_passage WHERE event_id >= %s", first)
        sql("DELETE FROM feedback_standing WHERE entry_id IN (SELECT entry_id FROM feedback_event WHERE sequence >= %s AND kind = 'received')", first)  # fmt: skip # noqa: E501
        gone = list(Event.objects.filter(sequence__gte=first, kind=Deed.RECEIVED).values_list("entry", flat=True))
        sql("UPDATE feedback_standing SET last_id = 1, state = 'received', closing = '', closed_at = NULL WHERE last_id >= %s", first)  # fmt: skip # noqa: E501
        sql("DELETE FROM feedback_event WHERE sequence >= %s", first)
        sql("DELETE FROM feedback_entry WHERE id = ANY(%s)", gone)
        if and_heads:
            sql("DELETE FROM feedback_head WHERE size > %s", first)


# R2
def test_last_events_that_were_removed_are_missed_by_the_heads(entries):
    remove(5, and_heads=False)
    assert "Event 5 is missing: a signed head says that there are 7" in verify()


def test_last_events_that_were_removed_with_their_heads_are_missed_by_the_heads_outside(entries):
    remove(5, and_heads=True)
    assert "1-000000000007.txt" in verify()


def rewrite(first: int) -> None:
    """All hashes of the events, made again."""
    for event in Event.objects.filter(sequence__gte=first).select_related("entry"):
        sql("UPDATE feedback_event SET leaf = %s WHERE sequence = %s", register.leaf_of(event), event.sequence)


def change_text(sequence: int, name: str, text: str) -> None:
    salt = secrets.token_bytes(32)
    committed = hashlib.sha256(salt + text.encode()).hexdigest()
    sql(
        "UPDATE feedback_passage SET salt = %s, text = %s WHERE event_id = %s AND name = %s", salt, text, sequence, name
    )
    sql("UPDATE feedback_event SET commitments = commitments || %s::jsonb WHERE sequence = %s", json.dumps({name: committed}), sequence)  # fmt: skip # noqa: E501


# R3
def test_rewritten_history_is_found_by_the_heads_and_between_which_of_them(entries):
    with unguarded():
        change_text(5, "message", "Inget är fel.")
        rewrite(0)
    assert f"One of the events from Event 5 (FEL {entries[3].year}/4) to event 6 is not what was signed" in verify()


def test_rewritten_history_with_heads_signed_anew_is_found_by_the_heads_outside(entries):
    with unguarded():
        change_text(5, "message", "Inget är fel.")
        rewrite(0)
        kept = {head.size: head.text for head in Head.objects.all()}
        sql("DELETE FROM feedback_head WHERE size = 7")
        assert heads.sign_what_is_there(heads.History.of_the_register()).text != kept[7]
    assert "The head of 7 events is another outside the database" in verify()


def write_event(values: str, of: int) -> None:
    columns = "sequence, entry_id, kind, at, by_id, from_state, to_state, facts, commitments, leaf"
    sql(f"INSERT INTO feedback_event ({columns}) SELECT {values} FROM feedback_event WHERE sequence = %s", of)
    rewrite(0)


# R4
def insert(entries):
    """An event in between, with all numbers after it moved and all hashes made again."""
    for sequence in range(6, 2, -1):
        sql("UPDATE feedback_event SET sequence = sequence + 1 WHERE sequence = %s", sequence)
        sql("UPDATE feedback_passage SET event_id = event_id + 1 WHERE event_id = %s", sequence)
        sql("UPDATE feedback_standing SET last_id = last_id + 1 WHERE last_id = %s", sequence)
    write_event("3, entry_id, 'described', at, by_id, 'received', 'received', '{}', '{}', leaf", of=0)


def swap(entries):
    for before, after in ((1, 100), (2, 1), (100, 2)):
        for table, column in (("passage", "event_id"), ("standing", "last_id"), ("event", "sequence")):
            sql(f"UPDATE feedback_{table} SET {column} = %s WHERE {column} = %s", after, before)
    rewrite(0)


def duplicate(entries):
    write_event("7, entry_id, kind, at, by_id, from_state, to_state, facts, commitments, leaf", of=6)


def gap(entries):
    sql("DELETE FROM feedback_passage WHERE event_id = 4")
    sql("UPDATE feedback_standing SET last_id = 3 WHERE last_id = 4")
    sql("DELETE FROM feedback_event WHERE sequence = 4")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (insert, "Event 0 (FEL"),  # the first head says only that it is one of five
        (swap, "Event 1 (FEL"),
        (duplicate, "Event 7 (FEL"),
        (gap, "Event 4 is missing: the next one is 5"),
    ],
)
def test_events_inserted_swapped_doubled_or_left_out_are_found(entries, change, named):
    with unguarded():
        change(entries)
    assert named in verify()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (["'noted', at, by_id, 'closed', 'received', '{}'"], "is no step that there is"),
        (
            ["'disposed', at, by_id, 'closed', 'disposed', '{}'"],
            "was not proposed by one person",
        ),
        (
            [
                "'proposed', at, by_id, 'closed', 'closed', '{}'",
                "'disposed', at, by_id, 'closed', 'disposed', '{\"proposal\": 7}'",
            ],
            "was not proposed by one person",
        ),
        (
            [
                "'proposed', at, NULL, 'closed', 'closed', '{}'",
                "'disposed', at, by_id, 'closed', 'disposed', '{\"proposal\": 7}'",
            ],
            "was not proposed by one person",
        ),
    ],
)
def test_what_the_guards_would_have_refused_is_found_before_any_head_is_signed(entries, values, named):
    with unguarded():
        for sequence, value in enumerate(values, 7):
            write_event(f"{sequence}, entry_id, {value}, '{{}}', leaf", of=6)
        if "disposed" in values[-1]:
            sql("DELETE FROM feedback_passage WHERE event_id = 1")
    assert named in verify()


def test_recovery_that_never_was_hides_no_head(entries):
    with unguarded():
        facts = '{"epoch": 0, "numbers": [], "documents": 0}'
        sql("DELETE FROM feedback_passage WHERE event_id = 5")
        sql("DELETE FROM feedback_event WHERE sequence > 4")
        write_event(f"5, NULL, 'recovered', at, NULL, '', '', '{facts}', '{{}}', leaf", of=4)
    assert "Event 5 tells of no recovery" in verify()
    with pytest.raises(heads.Broken, match="tells of no recovery"):
        heads.sign()


def test_answer_that_no_mail_goes_with_is_found(entries, people):
    passages = {"to": "anna@example.com", "subject": "Svar", "text": "Nu är det rätt.\n"}
    event = register.record(entries[2], Deed.ANSWERED, by=people[0], facts={"document": 2}, passages=passages)
    assert f"Event 7 (FEL {entries[2].year}/3) is an answer" in verify()
    Letter.objects.create(event=event, next_at=event.at)
    assert verify() == ""
    Letter.objects.update(state=Letter.State.SENT)
    assert "is an answer" in verify()
    register.record(entries[2], Deed.SENT, facts={"document": 2})
    assert verify() == ""


def test_number_that_is_missing_is_found_before_any_head_is_signed(receive):
    entry = receive("Ett fel.")
    receive("Ett annat.")
    with unguarded():
        sql("UPDATE feedback_entry SET number = 3 WHERE id <> %s", entry.pk)
        rewrite(0)
    assert "has the number 3, and the next one is 2" in verify()


def test_entry_without_events_is_found(entries):
    columns = "year, received_at, edition_id, address, shown_at, language, kind, suspected_spam, token"
    tamper(f"INSERT INTO feedback_entry (series, number, {columns}) SELECT 'XX', 1, {columns} || 'x' FROM feedback_entry WHERE number = 1")  # fmt: skip # noqa: E501
    assert f"XX {entries[0].year}/1 is in no event" in verify()


@pytest.mark.parametrize("entry_id", [0, 1_000_000])
def test_standing_of_no_entry_is_found(entries, entry_id):
    tamper(
        "INSERT INTO feedback_standing SELECT (jsonb_populate_record(standing, jsonb_build_object('entry_id', %s))).*"
        " FROM feedback_standing AS standing WHERE last_id = 2",
        entry_id,
    )
    assert f"An entry {entry_id} that is not there stands somewhere" in verify()


# R5
@pytest.mark.parametrize("trigger", ["event_kept", "entry_kept", "passage_kept", "head_kept", "event_no_truncate"])
def test_guard_that_is_disabled_is_found(entries, trigger):
    table = f"feedback_{trigger.partition('_')[0]}"
    sql(f"ALTER TABLE {table} DISABLE TRIGGER feedback_{trigger}")
    assert f"feedback_{trigger} of {table} is disabled" in verify()
    sql(f"ALTER TABLE {table} ENABLE TRIGGER feedback_{trigger}")
    assert ("is disabled" in verify()) == (not trigger.endswith("truncate"))
    sql(f"DROP TRIGGER feedback_{trigger} ON {table}")
    assert "is missing" in verify()


# R17
def test_worker_verifies_every_day_and_an_error_names_what_does_not_hold(entries, caplog):
    [job] = [job for job in worker.jobs() if job.name == "verification"]
    assert job.every == 24 * 60 * 60
    worker.do(job)
    assert caplog.records == []
    sql("ALTER TABLE feedback_event DISABLE TRIGGER feedback_event_kept")
    worker.do(job)
    guard()
    tamper("UPDATE feedback_event SET leaf = sha256(leaf) WHERE sequence = 2")
    worker.do(job)
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]
    assert "feedback_event_kept of feedback_event is disabled" in caplog.text
    assert f"The register does not hold. Event 2 (FEL {entries[2].year}/3)" in caplog.text


FUNCTION = "CREATE OR REPLACE FUNCTION {} LANGUAGE {} AS '{}'"


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            FUNCTION.format("feedback_event_guard() RETURNS trigger", "plpgsql", "BEGIN RETURN NEW; END"),
            "The function feedback_event_guard is not",
        ),
        (
            FUNCTION.format("refuse_truncate() RETURNS trigger", "plpgsql", "BEGIN RETURN NULL; END"),
            "The function refuse_truncate is not",
        ),
        (
            FUNCTION.format("feedback_is_disposed(event bigint) RETURNS boolean", "sql STABLE", "SELECT true"),
            "The function feedback_is_disposed is not",
        ),
        ("ALTER FUNCTION feedback_event_guard() SET search_path = pg_temp", "The function feedback_event_guard is not"),
        (
            "CREATE SCHEMA postgres; CREATE FUNCTION postgres.feedback_is_disposed(event bigint) RETURNS boolean"
            " LANGUAGE sql AS 'SELECT true'",
            "There are 2 functions feedback_is_disposed",
        ),
        (
            "DROP TRIGGER feedback_event_kept ON feedback_event; CREATE TRIGGER feedback_event_kept"
            " BEFORE INSERT ON feedback_event FOR EACH ROW EXECUTE FUNCTION feedback_event_guard();"
            " ALTER TABLE feedback_event ENABLE ALWAYS TRIGGER feedback_event_kept",
            "The trigger feedback_event_kept of feedback_event is not",
        ),
        (
            "DROP TRIGGER feedback_head_kept ON feedback_head; CREATE TRIGGER feedback_head_kept"
            " BEFORE INSERT OR UPDATE OR DELETE ON feedback_head FOR EACH ROW WHEN (false)"
            " EXECUTE FUNCTION feedback_head_guard();"
            " ALTER TABLE feedback_head ENABLE ALWAYS TRIGGER feedback_head_kept",
            "The trigger feedback_head_kept of feedback_head is not",
        ),
    ],
)
def test_guard_that_was_replaced_is_found(db, statement, named):
    guard()
    assert verify() == ""
    sql(statement)
    assert named in verify()


def test_guards_are_looked_at_by_check_and_by_migrate(db):
    guard()
    call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())
    sql("ALTER TABLE feedback_head DISABLE TRIGGER feedback_head_kept")
    with pytest.raises(SystemCheckError, match="feedback_head_kept of feedback_head is disabled"):
        call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())
    # Before it is migrated there is nothing to look at, and nothing to stop the migration for.
    sql("DELETE FROM django_migrations WHERE app = 'feedback' AND name >= '0006'")
    call_command("check", databases=["default"], stdout=StringIO(), stderr=StringIO())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE feedback_head SET text = text",
        "DELETE FROM feedback_head",
        "SET LOCAL session_replication_role = replica; DELETE FROM feedback_head",
        "TRUNCATE feedback_head",
        "INSERT INTO feedback_head (epoch, size, root, text, signed_at) SELECT 1, 6, root, text, signed_at FROM feedback_head WHERE size = 7",  # noqa: E501
    ],
)
def test_signed_heads_are_only_ever_added(entries, statement):
    with pytest.raises(DatabaseError, match=r"never|after one of"):
        sql(statement)
    assert Head.objects.count() == 2


# R9, of what is verified
def test_disposal_leaves_the_register_whole_and_old_proofs_true(entries, people):
    event = Event.objects.get(sequence=1)
    proof = heads.proof_of(event, heads.covering(1))
    proposal = register.record(entries[1], Deed.PROPOSED, by=people[0])
    register.record(entries[1], Deed.DISPOSED, by=people[1], facts={"proposal": proposal.sequence})
    Passage.objects.filter(event__entry=entries[1]).delete()
    heads.sign()
    assert verify() == ""
    assert proof.check(register.leaf_of(event), heads.keys(1)).size == 5
    tamper('UPDATE feedback_event SET commitments = commitments || \'{"email": "00"}\' WHERE sequence = 1')
    assert "Event 1" in verify()
