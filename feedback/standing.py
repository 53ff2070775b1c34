"""
What the events of an entry add up to. Facts of events, by kind:

    assigned       to (user id)
    noted          document (its running number)                                        passages: note
    answered       document, language                                                   passages: to, subject, text
    sent           document (1 is the report: its receipt), message_id
    not_sent       document, problem (of Letter.Problem), code (what the mail server said, in numbers)
    corrected      node, before, after (ids of editions)
    closed         closing, other_number (of another authority's register, or "")       passages: reason
    reopened                                                                            passages: reason
    described      sender (of Standing.Sender)                                          passages: sender, subject
    marked_secret  provision, decided_on, authority, sender_hidden, subject_hidden, protected
    unmarked                                                                            passages: reason
    read           what (the names of what was read)
    released       masks [{at, ground, review_on}]: of the gaps in the text that is released   passages: text, places
    proposed       rule, months, decision (its reference), due_on
    rejected                                        held, unheld                        passages: reason
    disposed       rule, months, decision, proposal (sequence)
    exported       what, from, to, entries, sha256 (of the file)

Facts of what concerns the register: feedback.heads (recovered, key_changed), feedback.inbox (searched).
Facts that an exported log may have to withhold have a `salt` where there is no text (feedback.withheld).
What is done once more in an older copy, after a disposal (feedback.disposal), has `again`: when it was first decided.
"""

from collections.abc import Iterable
from datetime import datetime

from feedback.due import due_after
from feedback.models import Entry, Event, Standing
from feedback.steps import Deed


def standing_of(entry: Entry, events: Iterable[Event]) -> Standing:
    """All of `events`, in order: the first is that of receipt."""
    standing = Standing(entry=entry)
    for event in events:
        follow(standing, event)
    return standing


def follow(standing: Standing, event: Event) -> None:
    """What one more event changes."""
    facts = event.facts
    standing.last = event
    standing.state = event.to_state
    match event.kind:
        case Deed.RECEIVED:
            standing.due_on = due_after(datetime.fromisoformat(facts["received_at"]))
            standing.wants_answer = "email" in event.commitments
        case Deed.ASSIGNED:
            standing.assigned_to_id = facts.get("to")
        case Deed.NOTED:
            standing.documents = facts.get("document", standing.documents)
        case Deed.ANSWERED:
            standing.documents = facts.get("document", standing.documents)
            standing.answered_at = event.at
        case Deed.CLOSED:
            standing.closing = facts.get("closing", "")
            standing.closed_at = event.at
        case Deed.REOPENED:
            standing.closing, standing.closed_at, standing.proposed = "", None, False
        case Deed.DESCRIBED:
            standing.sender = facts.get("sender", standing.sender)
            standing.described = event
        case Deed.MARKED_SECRET:
            standing.secret = True
            for name in ("sender_hidden", "subject_hidden", "protected"):
                setattr(standing, name, bool(facts.get(name)))
            # A text that is secret is public no longer; it takes a new decision to release it.
            standing.released = None
        case Deed.UNMARKED:
            standing.secret = standing.sender_hidden = standing.subject_hidden = standing.protected = False
        case Deed.RELEASED:
            standing.released = event
        case Deed.WITHDRAWN:
            standing.released = None
        case Deed.HELD | Deed.UNHELD:
            standing.held = event.kind == Deed.HELD
        case Deed.PROPOSED | Deed.REJECTED:
            standing.proposed = event.kind == Deed.PROPOSED
        case Deed.DISPOSED:
            standing.proposed = False
            standing.released = standing.described = standing.assigned_to = None
