"""
From where the tree is read: in which language, and as it stood when.

`?den=2024-05-01` asks for a day, and shows what stood there at its end in Sweden; `?den=2024-05-01T12:00:00Z` asks for
a moment. Today, and without it, is now, by the database's clock. A day ahead shows what is public now, and says so.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from portal.language import in_language
from strategy.dated import STOCKHOLM, end_of_day

PARAMETER = "den"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# The plus of an offset arrives as a space when it was not escaped.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[-+ ]\d{2}:\d{2})?", re.ASCII)
LONGEST_SHOWN = 40


class BadDay(ValueError):
    """What was asked for is no day and no moment."""

    @property
    def readable(self) -> str:
        """What was asked for, as far as it can be shown."""
        return "".join(character for character in str(self)[:LONGEST_SHOWN] if character.isprintable())


@dataclass(frozen=True)
class Viewpoint:
    """
    `moment` is what to give to `at()`: None is now. `asked` is the day or moment as addresses have it, "" for now;
    `ahead` the day that was asked for and has not come.
    """

    language: str
    moment: datetime | None = None
    asked: str = ""
    ahead: date | None = None

    @classmethod
    def of(cls, request: HttpRequest, now: datetime | None = None) -> Self:
        """What the address of a request asks for. Raises BadDay."""
        text = request.GET.get(PARAMETER, "").strip()
        language = request.LANGUAGE_CODE
        if not text:
            return cls(language)
        now = now or timezone.now()
        if _DAY.fullmatch(text):
            day = _parsed(date.fromisoformat, text)
            if day > localdate(now, STOCKHOLM):
                return cls(language, ahead=day)
            return cls(language, end_of_day(day), text) if day < localdate(now, STOCKHOLM) else cls(language)
        if not _MOMENT.fullmatch(text):
            raise BadDay(text)
        moment = _parsed(datetime.fromisoformat, text.replace(" ", "+"))
        try:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)).astimezone(UTC)
        except OverflowError as error:
            raise BadDay(text) from error
        if moment > now:
            return cls(language, ahead=localdate(moment, STOCKHOLM))
        return cls(language, moment, in_address(moment))

    def url(self, address: str) -> str:
        """`address`, a path within the portal without language, in this language and on this day."""
        address = in_language(address, self.language)
        return self.on_day(address)

    def to(self, name: str, **kwargs: object) -> str:
        """The address of a view, in the active language and on this day."""
        return self.on_day(reverse(name, kwargs=kwargs))

    def on_day(self, address: str) -> str:
        if not self.asked:
            return address
        parts = urlsplit(address)
        pairs = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != PARAMETER]
        return urlunsplit(parts._replace(query=urlencode([*pairs, (PARAMETER, self.asked)], safe=":", quote_via=quote)))

    @property
    def is_day(self) -> bool:
        return _DAY.fullmatch(self.asked) is not None


def in_address(moment: datetime) -> str:
    """A moment as `den` has it: in UTC, with as many decimals of a second as it needs."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _parsed[Value: date](parse: type, text: str) -> Value:
    try:
        return parse(text)
    except ValueError as error:
        raise BadDay(text) from error
