"""What happened to an entry, and its documents, in words for staff. What is secret is folded away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.handling import name_of
from feedback.models import Entry, Event, Standing
from feedback.public import comparison
from feedback.retention import plan
from feedback.secrecy import is_secret
from feedback.steps import Closing, Deed, State

NAMES = {
    "message": gettext_lazy("Message"),
    "email": gettext_lazy("E-mail"),
    "note": gettext_lazy("Note"),
    "to": gettext_lazy("To"),
    "subject": gettext_lazy("Subject"),
    "text": gettext_lazy("Text"),
    "reason": gettext_lazy("Reason"),
    "sender": gettext_lazy("Sender"),
}
# Of what is masked in a text (feedback.release), for the program
_UNREAD = frozenset({"places"})
# In which they are read: a subject before its text.
_ORDER = {name: place for place, name in enumerate(NAMES)}


@dataclass(frozen=True)
class Text:
    """Somebody's words: `said` is "" when they are gone, and `is_folded` when they are secret and not shown."""

    name: str
    label: str
    said: str
    is_folded: bool


@dataclass(frozen=True)
class Happening:
    """`document` is the running number of the entry's document that it made, and `direction` whether in or out."""

    sequence: int
    kind: str
    at: datetime
    what: str
    by: str
    words: list[str]
    texts: list[Text]
    document: int | None = None
    direction: str = ""
    compare_url: str = ""


def happenings(entry: Entry, standing: Standing, texts: Mapping[tuple[int, str], str]) -> list[Happening]:
    """Oldest first. `texts` are those that may be shown, by event and name. Two queries."""
    events = list(Event.objects.filter(entry=entry).select_related("by").order_by("sequence"))
    given = {event.facts.get("to") for event in events if event.kind == Deed.ASSIGNED} - {None}
    people = User.objects.in_bulk(given) if given else {}
    return [
        Happening(
            sequence=event.sequence,
            kind=event.kind,
            at=event.at,
            what=event.get_kind_display(),
            by=_who(event),
            words=_words(event, people),
            texts=_texts(event, standing, texts),
            document=_document(event),
            direction=_direction(event.kind),
            compare_url=comparison(event.facts) if event.kind == Deed.CORRECTED else "",
        )
        for event in events
    ]


def documents(happened: list[Happening]) -> list[Happening]:
    """Those that made a document (REC-24)."""
    return [happening for happening in happened if happening.document and happening.direction]


def _document(event: Event) -> int | None:
    return 1 if event.kind == Deed.RECEIVED else event.facts.get("document")


def _direction(kind: str) -> str:
    match kind:
        case Deed.RECEIVED:
            return _("In")
        case Deed.ANSWERED:
            return _("Out")
        case Deed.NOTED:
            return _("Made here")
    return ""


def _who(event: Event) -> str:
    if event.by:
        return name_of(event.by)
    return _("The sender") if event.kind == Deed.RECEIVED else _("The portal")


def _texts(event: Event, standing: Standing, texts: Mapping[tuple[int, str], str]) -> list[Text]:
    return [
        Text(
            name=name,
            label=NAMES.get(name, name),
            said=texts.get((event.sequence, name), ""),
            is_folded=(event.sequence, name) not in texts and is_secret(standing, name),
        )
        for name in sorted(event.commitments.keys() - _UNREAD, key=lambda name: _ORDER.get(name, len(_ORDER)))
    ]


def _words(event: Event, people: Mapping[int, User]) -> list[str]:
    """What the facts of the event add to what it is called."""
    words = []
    if event.from_state and event.from_state != event.to_state:
        states = {"before": event.get_from_state_display(), "after": event.get_to_state_display()}
        words.append(_("From “%(before)s” to “%(after)s”") % states)
    return words + _facts(event.kind, event.facts, people)


def _facts(kind: str, facts: Mapping[str, Any], people: Mapping[int, User]) -> list[str]:
    match kind:
        case Deed.ASSIGNED:
            to = people.get(facts.get("to"))
            return [_("To %(person)s") % {"person": name_of(to)} if to else _("To nobody")]
        case Deed.NOTED | Deed.ANSWERED | Deed.SENT | Deed.NOT_SENT if facts.get("document"):
            return [_("Document %(number)s") % {"number": facts["document"]}]
        case Deed.CLOSED:
            closing = facts.get("closing", "")
            return [str(Closing(closing).label) if closing in Closing else closing, facts.get("other_number", "")]
        case Deed.MARKED_SECRET:
            flags = {
                "sender_hidden": _("the sender too"),
                "subject_hidden": _("the subject too"),
                "protected": _("protected personal data"),
            }
            return [
                facts.get("provision", ""),
                facts.get("authority", ""),
                _day(facts.get("decided_on")),
                *(words for name, words in flags.items() if facts.get(name)),
            ]
        case Deed.READ:
            return [str(NAMES.get(name, name)) for name in facts.get("what", []) if name not in _UNREAD]
        case Deed.DESCRIBED:
            return [str(dict(Standing.Sender.choices).get(facts.get("sender"), ""))]
        case Deed.RELEASED:
            return [_("Parts of it are masked") if facts.get("masks") else _("The whole text")]
        case Deed.PROPOSED | Deed.DISPOSED:
            name = facts.get("rule", "")
            return [str(plan().rule(name) or name), facts.get("decision", "")]
    return []


def _day(written: str | None) -> str:
    return date_format(date.fromisoformat(written), "j F Y") if written else ""


def due_mark(standing: Standing, today: date) -> tuple[str, str]:
    """In words, and which of "overdue", "today", "later" it is: "" for what nobody waits for any more."""
    if standing.state not in (State.RECEIVED, State.IN_PROGRESS):
        return "", ""
    day = date_format(standing.due_on, "j F Y" if standing.due_on.year != today.year else "j F")
    if standing.due_on < today:
        return _("Overdue since %(day)s") % {"day": day}, "overdue"
    if standing.due_on == today:
        return _("Due today"), "today"
    return _("Due %(day)s") % {"day": day}, "later"
