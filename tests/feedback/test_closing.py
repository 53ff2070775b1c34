"""Each way of closing an entry takes what it takes, and working papers are decided first."""

from datetime import date

import pytest

from feedback import answers, closing, handling, register, secrecy
from feedback.models import Draft, Entry, Standing, WorkingNote
from feedback.register import Changed, Refused
from feedback.steps import Closing, Deed, State
from tests.feedback.desk import last, person


@pytest.fixture
def eva(db):
    return person("eva", "Registrars")


@pytest.fixture
def entry(receive) -> Entry:
    return receive("Telefonnumret är fel.")


def mark(entry, eva):
    secrecy.mark(entry, provision="21 kap. 1 § OSL", decided_on=date(2026, 11, 2), authority="Nämnden", by=eva)


def test_fixed_and_no_action_take_only_the_decision(receive, eva):
    for way in (Closing.FIXED, Closing.NO_ACTION):
        entry = receive(f"Fel: {way}")
        event = closing.close(entry, way, by=eva, reason="Rättat.")
        assert (event.kind, event.to_state, event.facts["closing"]) == (Deed.CLOSED, State.CLOSED, way)
        assert event.passages.get().text == "Rättat."


@pytest.mark.parametrize("way", ["", "deleted"])
def test_no_other_way_exists(entry, eva, way):
    with pytest.raises(Refused):
        closing.close(entry, way, by=eva)


def test_answered_takes_an_answer(entry, eva):
    with pytest.raises(Refused):
        closing.close(entry, Closing.ANSWERED, by=eva)
    register.record(entry, Deed.ANSWERED, by=eva, facts={"document": 2}, passages={"text": "Tack!"})
    assert closing.close(entry, Closing.ANSWERED, by=eva).facts["closing"] == "answered"


def test_what_is_secret_or_asks_for_an_answer_is_not_of_little_importance(receive, entry, eva):
    asking = receive("Svara mig.", email="anna@example.com")
    mark(entry, eva)
    for important in (asking, entry):
        with pytest.raises(Refused):
            closing.close(important, Closing.LITTLE_IMPORTANCE, by=eva)
        assert Closing.LITTLE_IMPORTANCE not in closing.offered(Standing.objects.get(entry=important))
    other = receive("Hej.")
    assert Closing.LITTLE_IMPORTANCE in closing.offered(Standing.objects.get(entry=other))
    closing.close(other, Closing.LITTLE_IMPORTANCE, by=eva)
    with pytest.raises(Refused):
        mark(other, eva)


@pytest.mark.parametrize("number", ["", "Anna Andersson", "mejla anna1@example.com", "640823-3234", "1" * 40])
def test_handed_over_takes_the_number_of_the_other_register_and_nothing_else(entry, eva, number):
    with pytest.raises(Refused):
        closing.close(entry, Closing.HANDED_OVER, by=eva, other_number=number)


@pytest.mark.parametrize("number", ["KS 2026/123", "BUN 2026-00123", "2026:4", "ÖN 2026/7-2"])
def test_handed_over_with_a_number(entry, eva, number):
    event = closing.close(entry, Closing.HANDED_OVER, by=eva, other_number=f" {number} ")
    assert (event.facts["closing"], event.facts["other_number"]) == ("handed_over", number)


def test_only_what_is_handed_over_has_another_number(entry, eva):
    with pytest.raises(Refused):
        closing.close(entry, Closing.FIXED, by=eva, other_number="KS 2026/123")


def test_nothing_is_closed_while_working_papers_are_left(entry, eva):
    handling.jot(entry, "Ring webbredaktionen.", by=eva)
    handling.jot(entry, "Numret byttes den 3 november.", by=eva)
    answers.save_draft(entry, eva, "Svar", "Tack!")
    first, second = WorkingNote.objects.all()
    with pytest.raises(Refused):
        closing.close(entry, Closing.FIXED, by=eva)
    handling.discard_note(entry, first.pk)
    handling.discard_draft(entry, Draft.objects.get().pk)
    with pytest.raises(Refused):
        closing.close(entry, Closing.FIXED, by=eva)
    kept = handling.keep(entry, second.pk, by=eva)
    assert (kept.facts["document"], kept.passages.get().text) == (2, "Numret byttes den 3 november.")
    closing.close(entry, Closing.FIXED, by=eva)
    with pytest.raises(Refused):
        handling.jot(entry, "För sent.", by=eva)
    assert not WorkingNote.objects.exists()


def test_working_notes_are_no_events_and_notes_are_numbered_documents(entry, eva):
    handling.jot(entry, "Ring webbredaktionen.", by=eva)
    assert last(entry).kind == Deed.RECEIVED
    assert [handling.note(entry, text, by=eva).facts["document"] for text in ("Ett.", "Två.")] == [2, 3]


def test_who_comes_second_is_told(entry, eva):
    seen = last(entry).sequence
    handling.assign(entry, eva, by=eva, seen=seen)
    with pytest.raises(Changed):
        closing.close(entry, Closing.FIXED, by=eva, seen=seen)
    assert Standing.objects.get(entry=entry).state == State.IN_PROGRESS


def test_that_somebody_read_it_stops_nobody(entry, eva):
    mark(entry, eva)
    seen = last(entry).sequence
    secrecy.show(entry, by=person("bo", "Case officers"))
    assert closing.close(entry, Closing.FIXED, by=eva, seen=seen).to_state == State.CLOSED


def test_reopening_and_holding_take_a_reason(entry, eva):
    closing.close(entry, Closing.FIXED, by=eva)
    for deed in (handling.reopen, handling.hold):
        with pytest.raises(Refused):
            deed(entry, " ", by=eva)
    assert handling.reopen(entry, "Det var fel igen.", by=eva).to_state == State.IN_PROGRESS
    handling.hold(entry, "Begärd ut.", by=eva)
    with pytest.raises(Refused):
        handling.hold(entry, "Begärd ut.", by=eva)
    handling.unhold(entry, "Utlämnad.", by=eva)
    with pytest.raises(Refused):
        handling.unhold(entry, "Utlämnad.", by=eva)
