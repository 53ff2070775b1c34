"""
What the registrar makes public of an entry: words for the public register, and a masked copy of what was written. The
original stays as it is.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from feedback import register
from feedback.handling import turn
from feedback.masks import Ground, Mask, apart, facts_of, masked
from feedback.models import Entry, Event, Passage, Standing
from feedback.personal_data import Kind, Span, holds_personal_number, suspected
from feedback.steps import Deed

NEVER_PUBLIC = (Kind.PERSONAL_NUMBER, Kind.COORDINATION_NUMBER)
LONGEST_SUBJECT = 200
SHORTEST_WITHIN = 3

GROUNDS = {
    Kind.PERSONAL_NUMBER: Ground.PERSONAL_NUMBER,
    Kind.COORDINATION_NUMBER: Ground.PERSONAL_NUMBER,
}


def usual_ground(kind: str) -> Ground:
    return GROUNDS.get(kind, Ground.PERSONAL_DATA)


def release(
    entry: Entry, masks: Iterable[Mask], *, by: AbstractBaseUser | None = None, seen: int | None = None
) -> Event:
    """
    Show what was written to everybody, but what is masked. Raises Refused for what is secret or disposed of, and for a
    personal identity number that is left, which nobody may let through (REC-54).
    """
    masks = apart(masks)
    with turn(entry, seen) as standing:
        if standing.secret:
            text = _("%(number)s is marked as secret, and nothing of it is released.")
            raise register.Refused(text % {"number": entry})
        if not entry.message:
            raise register.Refused(_("There is no text of %(number)s to release.") % {"number": entry})
        if numbers_left(entry.message, masks):
            raise register.Refused(_("A personal identity number is left in the text. It has to be masked."))
        return register.record(
            entry,
            Deed.RELEASED,
            by=by,
            facts={"masks": facts_of(masks)},
            passages={"text": masked(entry.message, masks), "places": places_in_words(masks)},
        )


def withdraw(entry: Entry, *, by: AbstractBaseUser | None = None, seen: int | None = None) -> Event:
    """Take the text back from the public register, where every page is made anew for each reader."""
    with turn(entry, seen) as standing:
        if standing.released_id is None:
            raise register.Refused(_("The text of %(number)s is not public.") % {"number": entry})
        return register.record(entry, Deed.WITHDRAWN, by=by)


def describe(
    entry: Entry,
    *,
    sender: str,
    sender_name: str = "",
    subject: str = "",
    by: AbstractBaseUser | None = None,
    seen: int | None = None,
) -> Event:
    """
    What the public register says of who wrote (Standing.Sender; a private person is not named), and of what about;
    without a subject, the usual words (REC-52).
    """
    sender_name = "" if sender == Standing.Sender.PRIVATE else sender_name.strip()
    if sender != Standing.Sender.PRIVATE and not sender_name:
        raise register.Refused(_("Write the name of the sender, or choose “Private person”."))
    if any(holds_personal_number(text) for text in (sender_name, subject)):
        raise register.Refused(_("A personal identity number can't be in the public register."))
    facts = {"sender": Standing.Sender(sender).value}
    with turn(entry, seen):
        return register.record(
            entry, Deed.DESCRIBED, by=by, facts=facts, passages={"sender": sender_name, "subject": subject.strip()}
        )


def last_masks(entry: Entry) -> list[Mask] | None:
    """Those of the text as it was last released, if it has been taken back since too; None before the first time."""
    event = Event.objects.filter(entry=entry, kind=Deed.RELEASED).order_by("-sequence").first()
    if event is None:
        return None
    places = Passage.objects.filter(event=event, name="places").values_list("text", flat=True).first() or ""
    ends = [tuple(map(int, place.split("-"))) for place in places.split()]
    return [
        Mask(start, end, fact["ground"], date.fromisoformat(fact["review_on"]))
        for (start, end), fact in zip(ends, event.facts["masks"], strict=True)
    ]


def places_in_words(masks: Iterable[Mask]) -> str:
    """Where they are in what was written, which tells how long it is, and so is in no fact: `4-24 40-52`."""
    return " ".join(f"{mask.start}-{mask.end}" for mask in masks)


def numbers_left(text: str, masks: Iterable[Mask]) -> bool:
    """Whether any sign of a personal identity number is left: the half of one would help to find the rest."""
    masks = apart(masks)
    hidden = {place for mask in masks for place in range(mask.start, mask.end)}
    digits = (
        place
        for start, end, kind in suspected(text)
        if kind in NEVER_PUBLIC
        for place in range(start, end)
        if text[place].isdigit()
    )
    return not hidden.issuperset(digits) or holds_personal_number(masked(text, masks))


def still_suspected(text: str, masks: Iterable[Mask]) -> list[Span]:
    """What is suspected in what would be public: spans of the masked copy."""
    return suspected(masked(text, apart(masks)))


def places_of(words: str, text: str) -> Iterator[tuple[int, int]]:
    """
    Wherever `words` stand in a text, whatever the case. Where they do so only within longer words, there: but not a
    letter or two, which would leave nothing to read.
    """
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    if not pattern:
        return
    whole = [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)]
    if not whole and words.strip().isalnum() and len(words.strip()) < SHORTEST_WITHIN:
        return
    yield from whole or [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
