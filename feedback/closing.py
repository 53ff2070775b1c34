"""How an entry is closed: what each way of closing it takes, beside the table of feedback.steps."""

import re

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from feedback import register
from feedback.answers import drafts_about
from feedback.handling import turn
from feedback.models import Draft, Entry, Event, Standing, WorkingNote
from feedback.personal_data import suspected
from feedback.register import Refused
from feedback.steps import Closing, Deed

# It is public in the register's log: a number, and nothing that anybody could tell a story in.
OTHER_NUMBER = re.compile(r"[A-ZÅÄÖa-zåäö. ]{0,20}\d[\dA-ZÅÄÖa-zåäö /:.\-]{0,29}")


def refusal(standing: Standing, closing: str, other_number: str = "") -> str:
    """Why the entry can't be closed so; "" where it can."""
    if closing == Closing.ANSWERED and standing.answered_at is None:
        return _("No answer has been sent.")
    if closing == Closing.LITTLE_IMPORTANCE and standing.secret:
        return _("What is marked as secret is not of little importance (OSL 5:1).")
    if closing == Closing.LITTLE_IMPORTANCE and standing.wants_answer:
        return _("Somebody who asks for an answer is not of little importance: answer, or close it in another way.")
    if closing != Closing.HANDED_OVER:
        return _("Only what is handed over has a number in another register.") if other_number else ""
    if not other_number:
        return _("Write its number in the register of the other authority.")
    if not OTHER_NUMBER.fullmatch(other_number) or suspected(other_number):
        return _("Write the number alone, as in KS 2026/123: everybody can read it.")
    return ""


def offered(standing: Standing) -> list[Closing]:
    """The ways to close it that it takes no more than a decision for."""
    return [closing for closing in Closing if closing != Closing.HANDED_OVER and not refusal(standing, closing)]


def undecided(entry: Entry) -> list[Draft | WorkingNote]:
    """The working papers that are left: each is kept or discarded before the entry is closed (REC-32)."""
    return [*drafts_about(entry), *WorkingNote.objects.filter(entry=entry).select_related("by")]


def close(
    entry: Entry,
    closing: str,
    *,
    by: AbstractBaseUser,
    other_number: str = "",
    reason: str = "",
    seen: int | None = None,
) -> Event:
    """Refused says why not; `other_number` is that of what was handed over, in the register it was handed over to."""
    other_number = other_number.strip()
    with turn(entry, seen) as standing:
        if closing not in Closing:
            raise Refused(_("Choose how it is closed."))
        if problem := refusal(standing, closing, other_number):
            raise Refused(problem)
        if undecided(entry):
            raise Refused(_("There are working papers left. Keep or discard each of them first."))
        facts = {"closing": Closing(closing).value, "other_number": other_number}
        return register.record(entry, Deed.CLOSED, by=by, facts=facts, passages={"reason": reason})
