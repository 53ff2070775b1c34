"""
What the registrar makes public of an entry: words for the public register, and a masked copy of what was written. The
original stays as it is.
"""

import re
from collections.abc import Iterable, Iterator

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from feedback import register
from feedback.masks import Ground, Mask, apart, masked
from feedback.models import Entry, Event, Standing
from feedback.personal_data import Kind, Span, holds_personal_number, suspected
from feedback.steps import Deed, State

NEVER_PUBLIC = (Kind.PERSONAL_NUMBER, Kind.COORDINATION_NUMBER)
LONGEST_SUBJECT = 200

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
    with transaction.atomic():
        register.wait_for_turn()
        if is_secret(entry):
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
            facts={"masks": [mask.facts for mask in masks]},
            passages={"text": masked(entry.message, masks)},
            seen=seen,
        )


def withdraw(entry: Entry, *, by: AbstractBaseUser | None = None, seen: int | None = None) -> Event:
    """Take the text back from the public register, where every page is made anew for each reader."""
    with transaction.atomic():
        register.wait_for_turn()
        if not Standing.objects.filter(entry=entry, released__isnull=False).exists():
            raise register.Refused(_("The text of %(number)s is not public.") % {"number": entry})
        return register.record(entry, Deed.WITHDRAWN, by=by, seen=seen)


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
    return register.record(
        entry,
        Deed.DESCRIBED,
        by=by,
        facts={"sender": Standing.Sender(sender).value},
        passages={"sender": sender_name, "subject": subject.strip()},
        seen=seen,
    )


def is_secret(entry: Entry) -> bool:
    return Standing.objects.filter(entry=entry, secret=True).exists()


def can_be_released(entry: Entry) -> bool:
    return Standing.objects.filter(entry=entry, secret=False).exclude(state=State.DISPOSED).exists()


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
    """Wherever `words` stand in a text, whatever the case; as part of longer words only where they do nowhere else."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    if not pattern:
        return
    whole = [match.span() for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)]
    yield from whole or [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)]
