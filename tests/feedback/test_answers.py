"""Answers: drafts are working papers, what is sent is a document, and nobody's writing is lost."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils.timezone import now
from django_tasks_db.models import DBTaskResult

from feedback import answers, corrections, handling, register
from feedback.models import Draft, Event, Letter, Passage
from feedback.steps import Deed, State
from strategy import publishing
from strategy.models import Node, Page

TEXT = "Hej!\n\nNu är det rättat.\n"


def staff(name: str, group: str = "Registrars") -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def entry(send):
    send(message="Telefonnumret är fel.", email="anna@example.com")
    entry = Event.objects.get(kind=Deed.RECEIVED).entry
    Letter.objects.all().delete()
    DBTaskResult.objects.all().delete()
    return entry


@pytest.fixture
def registrar(entry, client):
    user = staff("anna")
    client.force_login(user)
    return user


def screen(entry, part: str = "answer") -> str:
    return f"/admin/feedback/entry/{entry.pk}/{part}/"


def said(**changes) -> dict:
    return {"do": "send", "subject": "Svar", "text": TEXT, "seen": Event.objects.last().pk, **changes}


@pytest.mark.django_db(transaction=True)
class TestTogether:
    """In one transaction."""

    def test_answer_its_document_its_mail_and_the_end_of_its_draft(self, entry, registrar):
        answers.save_draft(entry, registrar, "Svar", "Påbörjat")
        event = answers.send(entry, registrar, "Svar", TEXT)
        assert (event.kind, event.by, event.to_state) == (Deed.ANSWERED, registrar, State.ANSWERED)
        assert event.facts == {"document": 2, "language": "sv"}
        texts = dict(Passage.objects.filter(event=event).values_list("name", "text"))
        assert texts == {"to": "anna@example.com", "subject": "Svar", "text": TEXT}
        assert Letter.objects.get().event == event
        assert DBTaskResult.objects.get().args_kwargs == {"args": [event.pk], "kwargs": {}}
        assert not Draft.objects.exists()
        assert answers.send(entry, registrar, "Igen", TEXT).facts["document"] == 3

    def test_none_of_it_when_the_transaction_fails(self, entry, registrar):
        answers.save_draft(entry, registrar, "Svar", "Påbörjat")
        with suppress(ZeroDivisionError), transaction.atomic():
            answers.send(entry, registrar, "Svar", TEXT)
            raise ZeroDivisionError
        assert (Event.objects.count(), Letter.objects.count(), DBTaskResult.objects.count()) == (1, 0, 0)
        assert Draft.objects.get().text == "Påbörjat\n"


def test_draft_is_each_persons_own_and_nothing_that_happened(entry, registrar):
    other = staff("bo", "Case officers")
    answers.save_draft(entry, registrar, "Ett", "Annas text")
    answers.save_draft(entry, other, "Två", "Bos text")
    answers.save_draft(entry, registrar, "Ett", "Annas nya text")
    assert {draft.text for draft in Draft.objects.all()} == {"Annas nya text\n", "Bos text\n"}
    assert Event.objects.count() == 1


def test_no_draft_is_left_about_what_is_closed_or_disposed_of(entry, registrar):
    """A window that stood open would put it where nobody looks for it again."""
    answers.save_draft(entry, registrar, "Svar", "Påbörjat")
    answers.discard_draft(entry, registrar)
    register.record(entry, Deed.CLOSED, by=registrar, facts={"closing": "fixed", "other_number": ""})
    with pytest.raises(register.Refused):
        answers.save_draft(entry, registrar, "Svar", "Påbörjat")
    assert not Draft.objects.exists()


def test_text_is_kept_as_it_is_mailed(entry, registrar):
    event = answers.send(entry, registrar, "En\r\nBcc: alla@example.com", "\r\nHej!\r\n.\r\n  Indrag \r\n\r\n")
    texts = dict(event.passages.values_list("name", "text"))
    assert texts["text"] == "Hej!\n.\n  Indrag\n"
    assert texts["subject"] == "En Bcc: alla@example.com"


def test_without_an_address_the_answer_is_on_the_receipt_alone(receive):
    entry = receive("Fel.")
    answers.send(entry, staff("anna"), "Svar", TEXT)
    assert not Letter.objects.exists()
    assert answers.sent(entry)[0].text == TEXT


@pytest.mark.parametrize(("subject", "text"), [("", TEXT), ("Svar", " \n")])
def test_empty_answer_is_refused(entry, registrar, subject, text):
    with pytest.raises(register.Refused):
        answers.send(entry, registrar, subject, text)


def test_closed_entry_is_reopened_before_it_is_answered(entry, registrar, client):
    register.record(entry, Deed.CLOSED, by=registrar, facts={"closing": "fixed", "other_number": ""})
    with pytest.raises(register.Refused):
        answers.send(entry, registrar, "Svar", TEXT)
    assert "<textarea" not in client.get(screen(entry)).content.decode()


def test_screen_begins_an_answer_keeps_a_draft_and_sends_it(entry, registrar, client):
    page = client.get(screen(entry)).content.decode()
    for words in ("Telefonnumret är fel.", "anna@example.com", entry.designation, "autofocus"):
        assert words in page
    client.post(screen(entry), said(do="draft", text="Halvfärdigt"))
    assert "Halvfärdigt" in client.get(screen(entry)).content.decode()
    response = client.post(screen(entry), said())
    assert response.headers["Location"] == screen(entry, "change")
    assert Event.objects.last().kind == Deed.ANSWERED
    client.post(screen(entry), said(do="draft"))
    client.post(screen(entry), said(do="discard"))
    assert not Draft.objects.exists()


def test_answer_and_close_at_once(entry, registrar, client):
    client.post(screen(entry), said(do="send_and_close"))
    kinds = Event.objects.order_by("sequence").values_list("kind", flat=True)
    assert list(kinds) == [Deed.RECEIVED, Deed.ANSWERED, Deed.CLOSED]


def test_what_was_written_is_kept_when_something_happened_meanwhile(entry, registrar, client):
    seen = said(text="Mitt långa svar.")
    handling.assign(entry, registrar, by=staff("bo", "Case officers"))
    response = client.post(screen(entry), seen)
    page = response.content.decode()
    assert "Mitt långa svar." in page
    assert "bo</li>" in page
    assert not Letter.objects.exists()
    again = seen | {"seen": Event.objects.last().pk}
    assert f'value="{again["seen"]}"' in page
    assert client.post(screen(entry), again).status_code == 302
    assert Letter.objects.count() == 1


@pytest.mark.parametrize("group", ["Publishers", "Archivists", "Administrators"])
def test_others_do_not_answer(entry, client, group):
    client.force_login(staff("olle", group))
    for part in ("answer", "correct"):
        assert client.get(screen(entry, part)).status_code == 403
        assert client.post(screen(entry, part), said()).status_code == 403


def test_secret_message_is_not_on_the_screen(entry, registrar, client):
    marking = {"provision": "21 kap. 1 § OSL", "decided_on": "2026-11-24", "authority": "KS", "sender_hidden": True}
    register.record(entry, Deed.MARKED_SECRET, by=registrar, facts=marking)
    page = client.get(screen(entry)).content.decode()
    assert "Telefonnumret" not in page
    assert "anna@example.com" not in page


def test_desk_tells_of_mail_that_is_not_sent_and_a_person_decides(entry, registrar, client):
    event = answers.send(entry, registrar, "Svar", TEXT)
    Letter.objects.update(state="uncertain", problem="uncertain")
    page = client.get(screen(entry)).content.decode()
    assert f"/letter/{event.pk}/" in page
    client.post(f"/admin/feedback/entry/{entry.pk}/letter/{event.pk}/", {"do": "again"})
    assert Letter.objects.get().state == "waiting"
    Letter.objects.update(state="uncertain")
    client.post(f"/admin/feedback/entry/{entry.pk}/letter/{event.pk}/", {"do": "arrived"})
    assert (Letter.objects.get().state, Event.objects.last().kind) == ("sent", Deed.SENT)


# The edit that fixed it.


def fix(about: Page, title: str) -> Page:
    Node.objects.filter(pk=about.node_id).update(title=title)
    return publishing.publish(about.node)


def test_correction_leads_to_the_comparison_and_the_history_back(entry, registrar, client, about):
    assert '<input type="radio"' not in client.get(screen(entry, "correct")).content.decode()
    after = fix(about, "Om oss")
    fix(about, "Om oss alla")
    assert [page.title for page in corrections.editions_since(entry)] == ["Om oss alla", "Om oss"]
    answer = client.post(screen(entry, "correct"), {"after": after.pk, "seen": Event.objects.last().pk})
    assert answer.status_code == 302
    facts = Event.objects.last().facts
    assert len(facts.pop("salt")) == 32
    assert facts == {"node": about.node_id, "before": about.pk, "after": after.pk}
    compared = f"/n/{about.node_id}/andringar/?fran={about.pk}&amp;till={after.pk}"
    assert compared in client.get(f"/kvittens/{entry.token}/").content.decode()
    assert client.get(compared.replace("&amp;", "&")).status_code == 200
    history = client.get(f"/en/n/{about.node_id}/andringar/").content.decode()
    assert f'href="/en/diarium/FEL/{entry.year}/{entry.number}/"' in history
    assert history.count(entry.designation) == 1
    with pytest.raises(register.Refused):
        corrections.correct(entry, after, by=registrar)


def test_publication_names_what_it_settles(entry, client, about):
    client.force_login(staff("utgivare", "Publishers"))
    Node.objects.filter(pk=about.node_id).update(title="Om oss")
    address = f"/admin/strategy/node/publishing/?node={about.node_id}"
    page = client.get(address).content.decode()
    assert entry.designation in page
    assert "Telefonnumret" not in page
    later = now() + timedelta(days=1)
    asked = {"deed": "publish", "settles": [entry.pk]}
    scheduled = asked | {"at_0": f"{later:%Y-%m-%d}", "at_1": "12:00"}
    assert client.post(address, scheduled).status_code == 200
    assert client.post(address, asked).status_code == 302
    event = Event.objects.get(kind=Deed.CORRECTED)
    assert event.facts["before"] == about.pk
    assert entry.designation in client.get(f"/n/{about.node_id}/andringar/").content.decode()
    # Nothing is published by it, so nothing is settled.
    assert client.post(address, asked).status_code == 200
    assert Event.objects.filter(kind=Deed.CORRECTED).count() == 1


def test_history_does_not_name_a_report_whose_subject_is_secret(entry, registrar, client, about):
    corrections.correct(entry, fix(about, "Om oss"), by=registrar)
    register.record(entry, Deed.MARKED_SECRET, by=registrar, facts={"subject_hidden": True})
    assert entry.designation not in client.get(f"/n/{about.node_id}/andringar/").content.decode()
