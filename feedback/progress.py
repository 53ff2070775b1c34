"""How far a report has come, for who sent it: never more than they sent, and were sent."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback import answers
from feedback.models import Entry, Event, Standing
from feedback.public import comparison
from feedback.steps import UNDECIDED, Closing, Deed, State

STATES = {
    State.RECEIVED: _("We have received it. Nobody has begun with it yet."),
    State.IN_PROGRESS: _("Somebody at the municipality is working on it."),
    State.ANSWERED: _("We have answered. The answer is below."),
    State.CLOSED: _("It is closed."),
    State.DISPOSED: _(
        "It has been disposed of, as the municipality has decided for reports of this kind. What you sent and what we "
        "answered is not kept any more. The number and the dates are."
    ),
}
REOPENED = _("It was closed, and is open again: somebody at the municipality is working on it.")
CLOSINGS = {
    Closing.FIXED: _("It is closed: what you reported has been fixed."),
    Closing.ANSWERED: _("It is closed: we have answered. The answer is below."),
    Closing.NO_ACTION: _("It is closed: there was nothing that we needed to do."),
    Closing.HANDED_OVER: _("It is closed: another authority has taken it over."),
    Closing.LITTLE_IMPORTANCE: _("It is closed: we have read it, and it led to nothing more."),
}


@dataclass(frozen=True)
class Answer:
    at: datetime
    language: str
    subject: str
    text: str


@dataclass(frozen=True)
class Progress:
    """`comparisons` are addresses of what was changed on the page. With `is_waiting`, there is more to come."""

    words: str | Promise
    is_waiting: bool
    is_disposed: bool
    answers: list[Answer]
    comparisons: list[str]


def progress(entry: Entry) -> Progress:
    """A handful of queries."""
    standing = Standing.objects.get(entry=entry)
    is_disposed = standing.state == State.DISPOSED
    told = Event.objects.filter(entry=entry, kind__in=(Deed.CORRECTED, Deed.REOPENED)).order_by("sequence")
    compared = dict.fromkeys(comparison(event.facts) for event in told if event.kind == Deed.CORRECTED)
    is_reopened = any(event.kind == Deed.REOPENED for event in told)
    return Progress(
        words=_words(standing, is_reopened=is_reopened),
        is_waiting=standing.state in UNDECIDED,
        is_disposed=is_disposed,
        answers=[] if is_disposed else [_shown(answer) for answer in answers.sent(entry)],
        comparisons=[address for address in compared if address],
    )


def _words(standing: Standing, *, is_reopened: bool) -> str | Promise:
    if standing.state == State.CLOSED and standing.closing in CLOSINGS:
        return CLOSINGS[standing.closing]
    return REOPENED if is_reopened and standing.state == State.IN_PROGRESS else STATES[State(standing.state)]


def _shown(answer: answers.Answer) -> Answer:
    return Answer(answer.at, answer.event.facts.get("language", ""), answer.subject, answer.text)
