"""
What can be done with an entry, and in which states: one table, which the interface offers by, feedback.register refuses
by, and the database's trigger guards by (migration 0004).
"""

from collections.abc import Iterator

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    RECEIVED = "received", _("Received")
    IN_PROGRESS = "in_progress", _("In progress")
    ANSWERED = "answered", _("Answered")
    CLOSED = "closed", _("Closed")
    DISPOSED = "disposed", _("Disposed of")


class Deed(TextChoices):
    """What an event tells of. The last four concern the register, and no entry."""

    RECEIVED = "received", _("Received")
    ASSIGNED = "assigned", _("Assigned")
    NOTED = "noted", _("Note added")
    ANSWERED = "answered", _("Answered")
    SENT = "sent", _("E-mail sent")
    NOT_SENT = "not_sent", _("E-mail not sent")
    CORRECTED = "corrected", _("Page corrected")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")
    DESCRIBED = "described", _("Described for the public register")
    MARKED_SECRET = "marked_secret", _("Marked as secret")
    UNMARKED = "unmarked", _("Marking of secrecy removed")
    READ = "read", _("Secret text read")
    RELEASED = "released", _("Released to the public register")
    WITHDRAWN = "withdrawn", _("Taken back from the public register")
    HELD = "held", _("Disposal put on hold")
    UNHELD = "unheld", _("Hold ended")
    PROPOSED = "proposed", _("Disposal proposed")
    REJECTED = "rejected", _("Proposed disposal rejected")
    DISPOSED = "disposed", _("Disposed of")
    KEY_CHANGED = "key_changed", _("Signing key changed")
    RECOVERED = "recovered", _("Recovered from an older copy")
    SEARCHED = "searched", _("Searched for a person")
    EXPORTED = "exported", _("Exported")


class Closing(TextChoices):
    """Why an entry is closed."""

    FIXED = "fixed", _("Fixed")
    ANSWERED = "answered", _("Answered")
    NO_ACTION = "no_action", _("No action needed")
    HANDED_OVER = "handed_over", _("Handed over to another authority")
    LITTLE_IMPORTANCE = "little_importance", _("Of little importance")


# Those that nobody has decided anything about yet, and those that are not closed.
UNDECIDED = (State.RECEIVED, State.IN_PROGRESS)
OPEN = (*UNDECIDED, State.ANSWERED)
_KEPT = (*OPEN, State.CLOSED)


def _staying(states: tuple[State, ...]) -> dict[str, str]:
    return {state.value: state.value for state in states}


# By deed: the state that it leads to, by the one that it is done in. "" is that of what is not in the register yet, and
# of the register itself.
STEPS: dict[Deed, dict[str, str]] = {
    Deed.RECEIVED: {"": State.RECEIVED.value},
    Deed.ASSIGNED: {**_staying(OPEN), State.RECEIVED.value: State.IN_PROGRESS.value},
    Deed.NOTED: _staying(_KEPT),
    Deed.ANSWERED: {state.value: State.ANSWERED.value for state in OPEN},
    Deed.SENT: _staying(_KEPT),
    Deed.NOT_SENT: _staying(_KEPT),
    Deed.CORRECTED: _staying(_KEPT),
    Deed.CLOSED: {state.value: State.CLOSED.value for state in OPEN},
    Deed.REOPENED: {State.CLOSED.value: State.IN_PROGRESS.value},
    Deed.DESCRIBED: _staying(_KEPT),
    Deed.MARKED_SECRET: _staying(_KEPT),
    Deed.UNMARKED: _staying(_KEPT),
    Deed.READ: _staying(_KEPT),
    Deed.RELEASED: _staying(_KEPT),
    Deed.WITHDRAWN: _staying(_KEPT),
    Deed.HELD: _staying(_KEPT),
    Deed.UNHELD: _staying(_KEPT),
    Deed.PROPOSED: _staying((State.CLOSED,)),
    Deed.REJECTED: _staying((State.CLOSED,)),
    Deed.DISPOSED: {State.CLOSED.value: State.DISPOSED.value},
    Deed.KEY_CHANGED: {"": ""},
    Deed.RECOVERED: {"": ""},
    Deed.SEARCHED: {"": ""},
    Deed.EXPORTED: {"": ""},
}

OF_THE_REGISTER = frozenset({Deed.KEY_CHANGED, Deed.RECOVERED, Deed.SEARCHED, Deed.EXPORTED})


def leads_to(deed: str, state: str) -> str | None:
    """The state that a deed leads to from `state`; None where it can't be done."""
    return STEPS[Deed(deed)].get(state)


def possible(state: str) -> list[Deed]:
    """What can be done with an entry in `state`."""
    return [deed for deed, steps in STEPS.items() if state and state in steps]


def rows() -> Iterator[tuple[str, str, str]]:
    """Every step there is: deed, from, to."""
    for deed, steps in STEPS.items():
        for before, after in steps.items():
            yield deed.value, before, after
