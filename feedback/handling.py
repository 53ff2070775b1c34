"""
What is done with an entry at the desk: whose it is, what is noted about it, that it is taken up again or kept.

Each deed waits for the register's lock, so that what it is judged by stays as it is until it is written down.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from feedback import register
from feedback.models import Draft, Entry, Event, Standing, WorkingNote
from feedback.register import Changed, Refused
from feedback.steps import Deed, leads_to
from strategy.dated import clock

# That somebody read it, or that mail went off, is nothing that anybody would decide otherwise for.
_NO_NEWS = (Deed.READ, Deed.SENT)


def news(entry: Entry, seen: int) -> QuerySet[Event]:
    """What has happened to `entry` since its event `seen` that matters to who decides about it."""
    events = Event.objects.filter(entry=entry, sequence__gt=seen).exclude(kind__in=_NO_NEWS)
    return events.select_related("by").order_by("sequence")


@contextmanager
def turn(entry: Entry, seen: int | None = None) -> Iterator[Standing]:
    """
    A transaction in which nobody else does anything, and where the entry stands. `seen` is the last event that the
    person had before them: Changed if there are others since that matter.
    """
    with transaction.atomic():
        register.wait_for_turn()
        if seen is not None and news(entry, seen).exists():
            raise Changed(_("Something has happened with %(number)s meanwhile.") % {"number": entry})
        yield Standing.objects.get(entry=entry)


def assign(entry: Entry, to: AbstractBaseUser | None, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """None for nobody: it is then anybody's to take."""
    with turn(entry, seen) as standing:
        same = standing.assigned_to_id == (to.pk if to else None)
        if same and to:
            raise Refused(_("%(number)s is already with %(person)s.") % {"number": entry, "person": name_of(to)})
        if same:
            raise Refused(_("Choose who is to have it."))
        return register.record(entry, Deed.ASSIGNED, by=by, facts={"to": to.pk if to else None})


def note(entry: Entry, text: str, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """Adds facts to the matter, and so is a document with the next running number (REC-31)."""
    with turn(entry, seen):
        if not text.strip():
            raise Refused(_("Write the note."))
        facts = {"document": register.next_document(entry)}
        return register.record(entry, Deed.NOTED, by=by, facts=facts, passages={"note": text})


def reopen(entry: Entry, reason: str, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    with turn(entry, seen):
        return register.record(entry, Deed.REOPENED, by=by, passages={"reason": required(reason)})


def hold(entry: Entry, reason: str, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """It is not disposed of while somebody asks for it or disputes it (REC-72)."""
    with turn(entry, seen) as standing:
        if standing.held:
            raise Refused(_("%(number)s is already on hold.") % {"number": entry})
        return register.record(entry, Deed.HELD, by=by, passages={"reason": required(reason)})


def unhold(entry: Entry, reason: str, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    with turn(entry, seen) as standing:
        if not standing.held:
            raise Refused(_("%(number)s is not on hold.") % {"number": entry})
        return register.record(entry, Deed.UNHELD, by=by, passages={"reason": required(reason)})


# Working papers: no records, so that they leave no events.


def jot(entry: Entry, text: str, *, by: AbstractBaseUser) -> WorkingNote:
    with turn(entry) as standing:
        if leads_to(Deed.CLOSED, standing.state) is None:
            raise Refused(_("Nothing is jotted down about what is closed: it would be left there."))
        if not text.strip():
            raise Refused(_("Write the note."))
        return WorkingNote.objects.create(entry=entry, by=by, at=clock(), text=text)


def keep(entry: Entry, note_id: int, *, by: AbstractBaseUser) -> Event:
    """A working note becomes a document."""
    with turn(entry):
        paper = WorkingNote.objects.filter(entry=entry, pk=note_id).first()
        if paper is None:
            raise Refused(_("The note is no longer there."))
        event = note(entry, paper.text, by=by)
        paper.delete()
        return event


def discard_note(entry: Entry, note_id: int) -> None:
    with turn(entry):
        WorkingNote.objects.filter(entry=entry, pk=note_id).delete()


def discard_draft(entry: Entry, draft_id: int) -> None:
    with turn(entry):
        Draft.objects.filter(entry=entry, pk=draft_id).delete()


def name_of(user: AbstractBaseUser) -> str:
    return user.get_full_name() or user.get_username()


def required(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Write the reason."))
    return reason
