"""Numbers in the register, as they are written here and as people write them (REC-28)."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

# The example of every text about numbers.
_YEAR, _EXAMPLE_NUMBER = 2026, 17
_MOST, _MOST_RUNNING = 999_999, 9_999
# Nobody's way of writing a number is as long.
_LONGEST = 100

_WORD = r"(?:dnr|änr|diarienummer|diarienr|nr)[.:]?\s*"
_PREFIX = re.compile(rf"\A{_WORD}", re.IGNORECASE)
_NUMBER = re.compile(r"[\s/]*([0-9]+)\s*[/:\-]\s*([0-9]+)(?:\s*[-:/.]\s*([0-9]+))?")
_HALF = re.compile(r"[\s/]*[0-9]+[\s/:\-]*")
# What is written as a number though it has no series that is known. A date is not.
_OTHER = re.compile(
    rf"(?:{_WORD})?(?:([^\W\d_][^\W_]{{1,5}}?)[\s/]*)?"
    r"(?:19|20)[0-9]{2}\s*[/:\-]\s*[0-9]+(?:\s*[-:/.]\s*[0-9]+)?",
    re.IGNORECASE,
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_AROUND = " \t\r\n\"'”’()[]#.,;"
_SIGNS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-")
    | dict.fromkeys("\u2044\u2215\uff0f", "/")
    # Those that are not seen, and come along when text is copied.
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)


@dataclass(frozen=True)
class Designation:
    """An entry's number; with `running`, that of one of its documents."""

    series: str
    year: int
    number: int
    running: int | None = None

    def __str__(self) -> str:
        entry = f"{self.series} {self.year}/{self.number}"
        return entry if self.running is None else f"{entry}-{self.running}"

    @property
    def padded(self) -> str:
        """For archives: as text, these are in the order of the numbers."""
        entry = f"{self.series} {self.year}/{self.number:05}"
        return entry if self.running is None else f"{entry}-{self.running:04}"

    @property
    def entry(self) -> Self:
        return type(self)(self.series, self.year, self.number)


def read(text: str, series: Collection[str]) -> tuple[Designation | None, str]:
    """
    What `text` as a whole designates among `series`, those that there are; or None and the reason, for people, why it
    is none. The reason is empty when the text doesn't look like a number: then there is nothing to say about one.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        return None, ""
    text = unicodedata.normalize("NFC", text).translate(_SIGNS).strip(_AROUND)
    example = Designation(min(series, default="FEL"), _YEAR, _EXAMPLE_NUMBER)
    for name, rest in _after_series(text, series):
        if found := _NUMBER.fullmatch(rest):
            return _judged(name, *found.groups(), example=example)
        if _HALF.fullmatch(rest):
            return None, _("Write both year and number, as in %(example)s.") % {"example": example}
    return None, _why_not(text, series, example)


def _after_series(text: str, series: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each of `series` that `text` can be said to begin with, and what comes after it."""
    for start in dict.fromkeys((text, _PREFIX.sub("", text))):
        for name in sorted(series, key=len, reverse=True):
            written = unicodedata.normalize("NFC", name)
            if start[: len(written)].casefold() == written.casefold():
                yield name, start[len(written) :]


def _judged(
    series: str, year: str, number: str, running: str | None, *, example: Designation
) -> tuple[Designation | None, str]:
    if len(year) != len(str(_YEAR)):
        return None, _("Write the year with four digits, as in %(example)s.") % {"example": example}
    if year[:2] not in ("19", "20"):
        return None, _("There are no numbers of the year %(year)s.") % {"year": year}
    found = Designation(series, int(year), int(number), None if running is None else int(running))
    if found.number == 0 or found.running == 0:
        return None, _("Numbers begin with 1.")
    if found.number > _MOST or (found.running or 0) > _MOST_RUNNING:
        return None, _("There is no number that high.")
    return found, ""


def _why_not(text: str, series: Collection[str], example: Designation) -> str:
    other = None if _DATE.fullmatch(text) else _OTHER.fullmatch(text)
    if other is None:
        return ""
    if other[1] is None:
        return _("Write what the number begins with too, as in %(example)s.") % {"example": example}
    names = {"series": other[1].upper(), "known": ", ".join(sorted(series))}
    return _("No number begins with %(series)s here, only with %(known)s.") % names
