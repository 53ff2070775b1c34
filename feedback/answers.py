"""
Answers to those who report. A draft is a working paper; what is sent is a document of the register with the next
running number, and the exact text that goes by mail (REC-33).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import override

from feedback import mail, outbox, register
from feedback.handling import turn
from feedback.models import Draft, Entry, Event, Letter
from feedback.steps import Deed, leads_to
from strategy.dated import clock


@dataclass(frozen=True)
class Answer:
    """One that was sent. `letter` tells how far it has come; None where there was no address to mail it to."""

    event: Event
    document: int
    at: datetime
    subject: str
    text: str
    to: str
    letter: Letter | None


def may_answer(entry: Entry) -> bool:
    """Whether its state allows it."""
    return leads_to(Deed.ANSWERED, entry.standing.state) is not None


def begun(entry: Entry) -> dict[str, str]:
    """How an answer begins, in the language of the report: subject and text."""
    with override(entry.language):
        number = {"number": entry.designation, "name": settings.SITE_NAME}
        return {
            "subject": _("Reply to your message %(number)s") % number,
            "text": _(
                "Hello,\n\nThank you for your message.\n\n\n\nKind regards,\n%(name)s\n\nOur number: %(number)s\n"
            )
            % number,
        }


def draft_of(entry: Entry, by: AbstractBaseUser) -> Draft | None:
    return Draft.objects.filter(entry=entry, by=by).first()


def save_draft(entry: Entry, by: AbstractBaseUser, subject: str, text: str) -> Draft:
    """Each person has their own, so that nobody writes over another's. Raises register.Refused."""
    written = {"subject": as_one_line(subject), "text": as_sent(text) if text.strip() else "", "saved_at": clock()}
    with turn(entry) as standing:
        # Who closed it has looked for drafts already (REC-32), and who disposes of it destroys those that are there.
        if leads_to(Deed.ANSWERED, standing.state) is None:
            raise register.Refused(_("No answer is written to what is closed: the draft would be left there."))
        return Draft.objects.update_or_create(entry=entry, by=by, defaults=written)[0]


def discard_draft(entry: Entry, by: AbstractBaseUser) -> None:
    Draft.objects.filter(entry=entry, by=by).delete()


def send(entry: Entry, by: AbstractBaseUser, subject: str, text: str, seen: int | None = None) -> Event:
    """
    The answer is in the register once this returns, on the receipt's page, and on its way if there is an address to
    mail it to. `seen` is the last event of the entry that the writer had before them.

    Raises register.Refused, or register.Changed if something has happened since: then nothing is sent, and the draft is
    as it was.
    """
    subject, text = as_one_line(subject), as_sent(text)
    if not (subject and text.strip()):
        raise register.Refused(_("Write a subject and an answer."))
    with turn(entry, seen):
        passages = {"to": entry.email, "subject": subject, "text": text}
        facts = {"document": register.next_document(entry), "language": entry.language}
        event = register.record(entry, Deed.ANSWERED, by=by, facts=facts, passages=passages)
        discard_draft(entry, by)
        if passages["to"]:
            outbox.order(event)
    return event


def sent(entry: Entry) -> list[Answer]:
    """Oldest first. Three queries. Without those whose text is disposed of."""
    events = Event.objects.filter(entry=entry, kind=Deed.ANSWERED).select_related("letter").prefetch_related("passages")
    answers = (_answer(event) for event in events)
    return [answer for answer in answers if answer.text]


def _answer(event: Event) -> Answer:
    said = {passage.name: passage.text for passage in event.passages.all()}
    letter = getattr(event, "letter", None)
    document = event.facts.get("document", 0)
    return Answer(event, document, event.at, said.get("subject", ""), said.get("text", ""), said.get("to", ""), letter)


def letters(entry: Entry) -> list[Letter]:
    """Those of its mail that are not sent, which somebody may have to see to."""
    unsent = Letter.objects.filter(event__entry=entry).exclude(state=Letter.State.SENT)
    return list(unsent.select_related("event").order_by("pk"))


def send_again(letter: Letter, by: AbstractBaseUser) -> None:
    """A person's decision on what was refused, or may have arrived already. Raises register.Refused."""
    if not outbox.send_again(letter, clock(), by):
        raise register.Refused(_("Somebody has dealt with this meanwhile."))


def arrived(letter: Letter, by: AbstractBaseUser) -> None:
    """Somebody knows that what was perhaps sent has arrived. Raises register.Refused."""
    if not mail.settle_as_sent(letter, by):
        raise register.Refused(_("Somebody has dealt with this meanwhile."))


def drafts_about(entry: Entry) -> Iterable[Draft]:
    """Those that somebody has to do away with before the entry is closed (REC-32)."""
    return Draft.objects.filter(entry=entry).select_related("by").order_by("saved_at")


def as_one_line(subject: str) -> str:
    return " ".join(subject.split())


def as_sent(text: str) -> str:
    """As mail carries it, to the byte: one sort of line end, and the last line has one too."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip() + "\n"
