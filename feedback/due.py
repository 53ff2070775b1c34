"""When an entry is to be dealt with: by the end of the next working day after it came in, in Sweden (REC-21)."""

from datetime import date, datetime, timedelta
from functools import cache

from django.utils.timezone import localdate
from holidays import DE_FACTO, PUBLIC, country_holidays

from strategy.dated import STOCKHOLM

_SATURDAY = 5


def is_working_day(day: date) -> bool:
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def due_on(received_on: date) -> date:
    """The last day to deal with what came in on `received_on`."""
    day = received_on + timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def due_after(received_at: datetime) -> date:
    """The last day to deal with what came in at `received_at` (aware): it is the day in Sweden that counts."""
    return due_on(localdate(received_at, STOCKHOLM))


# An instance for each year: one that is shared fills itself while it is asked, and a thread may find it half full.
@cache
def _holidays(year: int) -> frozenset[date]:
    """With the three eves that semesterlagen 7 § puts on a par with them. The package knows the years to 2100."""
    return frozenset(country_holidays("SE", years=year, categories=(PUBLIC, DE_FACTO)))
