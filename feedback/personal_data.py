"""
What in a text is suspected to be personal data, for whoever decides what is released (REC-54) and to ask a sender about
(REC-62). A suspicion, never a judgement: rather one too many than one too few.

Takes time in proportion to the length of the text, whatever it says: in the expressions below, what repeats within
another repetition has a most, and what repeats without one is possessive and over one class of characters.
"""

import re
from collections.abc import Iterator
from datetime import date
from itertools import batched, chain, cycle
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """The gravest first."""

    PERSONAL_NUMBER = "personal_number", _("personal identity number")
    COORDINATION_NUMBER = "coordination_number", _("coordination number")
    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("phone number")


class Span(NamedTuple):
    """Of a text, from `start` up to `end`, in code points (a script in a browser counts in others, UTF-16)."""

    start: int
    end: int
    kind: Kind


_GRAVITY = list(Kind)
_CENTURIES = (18, 19, 20)
# What is added to the day in a samordningsnummer
_COORDINATION = 60

# Not seen, and within what was copied from a web page or a letter.
_UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"
_DASHES = r"\-\u2010-\u2015\u2212\ufe63\uff0d"

# Six or eight digits, and four. Looked for ahead, so that one that fails hides none that begins within it.
_WITHIN = rf"[ \u00a0\u2009\u202f{_DASHES}{_UNSEEN}]{{0,2}}"
_NUMBERS = (
    re.compile(
        r"(?<!\d)"
        rf"(?=((?:\d\d)?\d\d([./\s{_DASHES}]?)\d\d\2\d\d[\s+./:,_(){_DASHES}{_UNSEEN}]{{0,4}}\d{{4}})(?!\d))"
    ),
    # And taken apart anywhere, as they are read out.
    re.compile(rf"(?<!\d)(?=((?:\d{_WITHIN}){{11}}\d)(?!\d))"),
    re.compile(rf"(?<!\d)(?=((?:\d{_WITHIN}){{9}}\d)(?!\d))"),
)

# With the marks that an å is made of on some machines.
_OF_WORDS = rf"\w.\-\u0300-\u036f{_UNSEEN}"
_OF_NAMES = rf"{_OF_WORDS}!#$%&'*+^`{{|}}~"
_EMAIL = re.compile(
    rf"(?<![{_OF_NAMES}])[{_OF_NAMES}]++(?:[@＠]|\s[@＠]\s|\s?[(\[]\s?(?:at|a|snabel-?a)\s?[)\]]\s?)(?=([{_OF_WORDS}]++))",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"\.[^\W_]*[^\W\d_]")
_AFTER_SENTENCE = ".-_"

# Between the digits of a phone number. A number never goes on in the next line.
_BETWEEN = rf"[ \t\u00a0\u2000-\u200a\u202f)./{_DASHES}{_UNSEEN}]{{0,3}}"
_YEAR = r"(?:19|20)\d\d"
# What could be taken for a phone number is passed by first: numbers of a register and dates, numbers in the shape of a
# personal one, hours, amounts.
_PHONE = re.compile(
    rf"""
    (?<!\d)
    (?:
        {_YEAR}[-/:]\d{{1,6}}(?:[-:/.]\d{{1,4}})?
      | \d{{1,2}}([-./])\d{{1,2}}\1{_YEAR}
      | [1-9]\d{{5}}(?:\d\d)?[+{_DASHES}]\d{{4}}
      | [0-2]?\d[.:][0-5]\d\s?[{_DASHES}]\s?[0-2]?\d[.:][0-5]\d(?![\s.]?\d)
      | [0-2]\d[0-5]\d[{_DASHES}][0-2]\d[0-5]\d(?![\s.]?\d)
      | [1-9]\d{{0,2}}(?:[\s.]\d{{3}}){{3,4}}(?![\s.]?\d)
      | (?P<phone>
            (?:[+＋]|00)46{_BETWEEN}(?:\(?0\)?{_BETWEEN})?\(?[1-9](?:{_BETWEEN}\d){{6,8}}
          | \(?0(?:\)\s?)?(?:8(?:{_BETWEEN}\d){{6,8}}|[1-9]\d(?:{_BETWEEN}\d){{5,7}})
        )
    )
    (?!\d)
    """,
    re.VERBOSE,
)


def suspected(text: str) -> list[Span]:
    """In order, and none over another: those that would be are one, of the graver kind of the two."""
    spans: list[Span] = []
    for found in sorted([*_numbers(text), *_emails(text), *_phones(text)]):
        if spans and found.start < spans[-1].end:
            last = spans.pop()
            kind = min(last.kind, found.kind, key=_GRAVITY.index)
            found = Span(last.start, max(last.end, found.end), kind)
        spans.append(found)
    return spans


def holds_personal_number(text: str) -> bool:
    """Whether a personnummer or a samordningsnummer is in it."""
    return next(_numbers(text), None) is not None


def _numbers(text: str) -> Iterator[Span]:
    for match in chain.from_iterable(pattern.finditer(text) for pattern in _NUMBERS):
        kind = _kind([int(sign) for sign in match[1] if sign.isdecimal()])
        if kind:
            yield Span(*match.span(1), kind)


def _kind(digits: list[int]) -> Kind | None:
    """What a number is by its date and its last digit. Without a century, a leap day of any century will do."""
    century, year, month, day = (10 * tens + ones for tens, ones in batched([2, 0, *digits][-12:-4], 2))
    if century not in _CENTURIES:
        return None
    try:
        date(100 * century + year, month, day % _COORDINATION)
    except ValueError:
        return None
    if sum(sum(divmod(digit * weight, 10)) for digit, weight in zip(digits[-10:], cycle((2, 1)), strict=False)) % 10:
        return None
    return Kind.COORDINATION_NUMBER if day > _COORDINATION else Kind.PERSONAL_NUMBER


def _emails(text: str) -> Iterator[Span]:
    for match in _EMAIL.finditer(text):
        host = match[1].rstrip(_AFTER_SENTENCE)
        if _DOMAIN.search(host):
            yield Span(match.start(), match.start(1) + len(host), Kind.EMAIL)


def _phones(text: str) -> Iterator[Span]:
    return (Span(*match.span(), Kind.PHONE) for match in _PHONE.finditer(text) if match["phone"])
