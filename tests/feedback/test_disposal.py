"""What is written is destroyed under a decision, when one proposed it and another approved it; and then it is gone."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from feedback import answers, disposal, handling, register
from feedback.models import Draft, Entry, Event, Letter, Passage, RecentReport, Standing, WorkingNote
from feedback.steps import Closing, Deed, State
from strategy.dated import clock
from tests.feedback.kept import decide, person

TOKEN = "hemligord7391"


@pytest.fixture
def proposer(django_user_model, db):
    return person(django_user_model, "rut", "Registrars")


@pytest.fixture
def approver(django_user_model, db):
    return person(django_user_model, "arne", "Archivists")


@pytest.fixture
def entry(receive, proposer):
    entry = receive(f"Fel: {TOKEN}", email=f"{TOKEN}@example.com")
    close(entry, proposer)
    return entry


def close(entry: Entry, by: object, closing: str = Closing.FIXED) -> None:
    facts = {"closing": str(closing), "other_number": ""}
    register.record(entry, Deed.CLOSED, by=by, facts=facts, passages={"reason": f"Rättat {TOKEN}"})


def dispose(entry: Entry, proposer: object, approver: object) -> Event:
    disposal.propose(entry, by=proposer)
    return disposal.approve(entry, by=approver)


def told(*arguments: str, **options: object) -> str:
    out = io.StringIO()
    call_command("dispose", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def everything() -> str:
    """All rows of all tables, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')
            rows += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_fresh_installation_disposes_of_nothing_and_says_why(entry, proposer):
    said = told(by="rut")
    assert "0 due." in said
    assert "Nothing is decided on error_report" in said
    with pytest.raises(register.Refused, match="Felanmälan och annat meddelande"):
        disposal.propose(entry, by=proposer)
    assert not Event.objects.filter(kind=Deed.PROPOSED).exists()


def test_only_what_has_a_decision_and_a_term_that_has_passed_is_due(receive, proposer, settings, tmp_path):
    entries = {}
    for kind in Entry.Kind.values:
        entries[kind] = receive(f"Om {kind}", kind=kind)
        close(entries[kind], proposer)
    entries["open"] = receive("Öppet")
    decide(settings, tmp_path)
    assert {candidate.entry for candidate in disposal.due(clock())} == {entries["error"], entries["other"]}
    in_five_years = datetime(clock().year + 5, 12, 31, tzinfo=UTC)
    assert {candidate.entry for candidate in disposal.due(in_five_years)} == {
        entries["error"],
        entries["other"],
        entries["failure"],
    }


def test_command_proposes_what_is_due_and_dry_run_does_not(entry, proposer, settings, tmp_path):
    decide(settings, tmp_path)
    assert "FEL" in told(dry_run=True)
    assert not Event.objects.filter(kind=Deed.PROPOSED).exists()
    with pytest.raises(CommandError, match="--by"):
        told()
    assert "1 proposed" in told(by="rut")
    event = Event.objects.get(kind=Deed.PROPOSED)
    assert (event.entry, event.by) == (entry, proposer)
    assert event.facts["decision"] == "KS 2026/45 § 12"
    assert "0 due." in told(by="rut")


def test_after_disposal_the_content_is_in_no_table_queue_or_file(
    entry, proposer, approver, settings, tmp_path, django_capture_on_commit_callbacks
):
    decide(settings, tmp_path)
    settings.MAIL_FOLDER = tmp_path / "mail"
    settings.MAIL_FOLDER.mkdir()
    mail = settings.MAIL_FOLDER / f"fel-{entry.year}-{entry.number}-1.eml"
    other_mail = settings.MAIL_FOLDER / f"fel-{entry.year}-{entry.number}1-1.eml"
    for file in (mail, other_mail):
        file.write_text("Hej")
    Draft.objects.create(entry=entry, by=proposer, subject=TOKEN, text=TOKEN, saved_at=clock())
    WorkingNote.objects.create(entry=entry, by=proposer, at=clock(), text=TOKEN)
    assert Letter.objects.exists()
    assert TOKEN in everything()

    with django_capture_on_commit_callbacks(execute=True):
        dispose(entry, proposer, approver)

    assert TOKEN not in everything()
    for model in (
        Passage,
        Draft,
        WorkingNote,
        Letter,
        RecentReport,
        apps.get_model("django_tasks_database.DBTaskResult"),
    ):
        assert not model.objects.exists()
    assert (mail.exists(), other_mail.exists()) == (False, True)
    for folder in (Path(settings.MEDIA_ROOT), tmp_path):
        assert not [file for file in folder.rglob("*") if file.is_file() and TOKEN.encode() in file.read_bytes()]
    assert not LogEntry.objects.exists()


def test_what_is_left_says_number_days_kind_and_rule(entry, proposer, approver, settings, tmp_path):
    decide(settings, tmp_path)
    event = dispose(entry, proposer, approver)
    left = Entry.objects.get()
    assert (left.designation, left.kind, left.message, left.email) == (entry.designation, "error", "", "")
    assert Standing.objects.get().state == State.DISPOSED
    assert event.facts["rule"] == "error_report"
    (line,) = disposal.protocol(disposal.disposals())
    assert (line.number, line.rule, line.decision) == (entry.designation, "error_report", "KS 2026/45 § 12")
    assert (line.proposed_by, line.approved_by) == ("rut", "arne")
    assert line.texts == "received.email received.message closed.reason"


def test_other_entries_keep_theirs(entry, receive, proposer, approver, settings, tmp_path):
    other = receive("Ett annat.")
    decide(settings, tmp_path)
    dispose(entry, proposer, approver)
    assert Entry.objects.get(pk=other.pk).message == "Ett annat."
    assert RecentReport.objects.get().entry == other


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry, proposer, approver: disposal.approve(entry, by=proposer),
        lambda entry, proposer, approver: disposal.approve(entry, by=approver, seen=0),
        lambda entry, proposer, approver: [
            handling.hold(entry, "Någon har begärt ut den.", by=proposer),
            disposal.approve(entry, by=approver),
        ],
        lambda entry, proposer, approver: [
            disposal.reject(entry, by=approver, reason="Behövs."),
            disposal.approve(entry, by=approver),
        ],
        lambda entry, proposer, approver: disposal.reject(entry, by=approver, reason=" "),
        lambda entry, proposer, approver: disposal.propose(entry, by=approver),
    ],
    ids=["own or without right", "not seen", "held", "rejected", "no reason", "twice"],
)
def test_what_is_refused_changes_nothing(entry, proposer, approver, settings, tmp_path, spoil):
    decide(settings, tmp_path)
    disposal.propose(entry, by=proposer)
    with pytest.raises(register.Refused):
        spoil(entry, proposer, approver)
    assert Entry.objects.get().message.endswith(TOKEN)


def test_an_archivist_does_not_approve_what_they_proposed_themselves(entry, approver, settings, tmp_path):
    decide(settings, tmp_path)
    disposal.propose(entry, by=approver)
    with pytest.raises(register.Refused):
        disposal.approve(entry, by=approver)


def test_a_registrar_approves_nothing(entry, proposer, approver, settings, tmp_path):
    decide(settings, tmp_path)
    disposal.propose(entry, by=approver)
    with pytest.raises(register.Refused):
        disposal.approve(entry, by=proposer)


def test_what_was_decided_anew_meanwhile_is_not_disposed_of(entry, proposer, approver, settings, tmp_path):
    decide(settings, tmp_path)
    disposal.propose(entry, by=proposer)
    for changed in ({"decision": "KS 2027/1 § 1", "months": 0}, {"decision": "KS 2027/1 § 1", "months": 6}):
        decide(settings, tmp_path, {"error_report": changed})
        with pytest.raises(register.Refused):
            disposal.approve(entry, by=approver)


def test_what_is_held_is_listed_as_held_and_not_proposed(entry, proposer, settings, tmp_path):
    decide(settings, tmp_path)
    handling.hold(entry, "Tvist.", by=proposer)
    assert "is on hold" in told(by="rut")
    assert [candidate.entry for candidate in disposal.held(clock())] == [entry]
    assert list(disposal.due(clock())) == []
    assert not Event.objects.filter(kind=Deed.PROPOSED).exists()
    handling.unhold(entry, "Den är utlämnad.", by=proposer)
    assert "1 proposed" in told(by="rut")


def test_answer_that_is_not_sent_yet_is_not_disposed_of(receive, proposer, settings, tmp_path):
    decide(settings, tmp_path)
    entry = receive("Svara mig.", email="anna@example.com")
    answers.send(entry, proposer, "Svar", "Tack.")
    close(entry, proposer)
    with pytest.raises(register.Refused):
        disposal.propose(entry, by=proposer)
    Letter.objects.update(state=Letter.State.SENT)
    disposal.propose(entry, by=proposer)


# After an older copy has been restored


def protocol_file(folder: Path) -> Path:
    file = folder / "gallringsprotokoll.csv"
    file.write_bytes(b"".join(disposal.protocol_file(disposal.disposals())))
    return file


def test_protocol_disposes_of_the_same_once_more_in_an_older_copy(
    entry, receive, proposer, approver, settings, tmp_path
):
    decide(settings, tmp_path)
    open_then = receive(f"Var öppet: {TOKEN}")
    file = tmp_path / "p.csv"
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT copy")
        close(open_then, proposer)
        for one in (entry, open_then):
            dispose(one, proposer, approver)
        file.write_bytes(b"".join(disposal.protocol_file(disposal.disposals())))
        lines = disposal.read_protocol(file)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; ROLLBACK TO copy")
    handling.hold(entry, "Sedan avslutat.", by=proposer)
    assert TOKEN in everything()

    assert "2 disposed of again, 0 were already" in told("--again", str(file))
    assert TOKEN not in everything()
    assert [event.facts["again"] for event in disposal.disposals()] == [line.approved_at for line in lines]
    assert [line.approved_at for line in disposal.protocol(disposal.disposals())] == [
        line.approved_at for line in lines
    ]
    assert "0 disposed of again, 2 were already" in told("--again", str(file))


def test_protocol_of_another_register_is_refused_in_words(entry, receive, proposer, approver, settings, tmp_path):
    decide(settings, tmp_path)
    other = receive("Kvar")
    dispose(entry, proposer, approver)
    file = protocol_file(tmp_path)
    text = file.read_text(encoding="utf-8-sig")
    for wrong, reason in (
        (text.replace(entry.designation, "FEL 2026/99"), "not in this register"),
        (text.replace(";arne;", ";nobody;").replace(entry.designation, other.designation), "no account"),
        ("a;b\r\n", "columns"),
    ):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(CommandError, match=reason):
            told("--again", str(file))


# In the admin


@pytest.fixture
def desk(client):
    def desk(user: object) -> object:
        client.force_login(user)
        return client

    return desk


def test_two_people_dispose_of_it_in_the_admin_and_the_screens_never_show_what_is_written(
    entry, proposer, approver, settings, tmp_path, desk
):
    decide(settings, tmp_path)
    address = reverse("admin:feedback_entry_disposals")
    chosen = f"{entry.pk}-{Event.objects.last().sequence}"
    seen = desk(proposer).get(address).content.decode()
    assert entry.designation in seen
    desk(proposer).post(address, {"deed": "propose", "entry": chosen})
    chosen = f"{entry.pk}-{Event.objects.last().sequence}"
    desk(proposer).post(address, {"deed": "approve", "entry": chosen})
    assert Standing.objects.get().state == State.CLOSED
    seen += desk(approver).get(address).content.decode()
    seen += desk(approver).get(reverse("admin:feedback_entry_disposal", args=[entry.pk])).content.decode()
    assert TOKEN not in seen
    desk(approver).post(address, {"deed": "approve", "entry": chosen})
    assert Standing.objects.get().state == State.DISPOSED
    protocol = desk(approver).get(reverse("admin:feedback_entry_disposal_protocol")).content.decode()
    assert entry.designation in protocol
    assert "KS 2026/45 § 12" in protocol
    file = desk(approver).get(reverse("admin:feedback_entry_disposal_file"))
    rows = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert rows[1][0] == entry.designation
    assert not LogEntry.objects.exists()


def test_one_entry_is_held_rejected_and_proposed_on_its_own_page(entry, proposer, settings, tmp_path, desk):
    decide(settings, tmp_path)
    address = reverse("admin:feedback_entry_disposal", args=[entry.pk])

    def do(deed: str, reason: str = "") -> object:
        return desk(proposer).post(
            address, {"deed": deed, "reason": reason, "seen": Event.objects.last().sequence}, follow=True
        )

    assert "errorlist" in do("hold").content.decode()
    do("hold", "Begärd.")
    assert Standing.objects.get().held
    do("unhold", "Utlämnad.")
    do("propose")
    assert Standing.objects.get().proposed
    do("reject", "Nej.")
    assert not Standing.objects.get().proposed


def test_others_are_kept_out(entry, django_user_model, desk):
    outsiders = [
        person(django_user_model, "hanna", "Case officers"),
        person(django_user_model, "adam", "Administrators"),
        django_user_model.objects.create_superuser("root"),
    ]
    for user in outsiders:
        for name, arguments in (
            ("disposals", []),
            ("disposal_protocol", []),
            ("disposal_file", []),
            ("disposal", [entry.pk]),
        ):
            assert desk(user).get(reverse(f"admin:feedback_entry_{name}", args=arguments)).status_code == 403
