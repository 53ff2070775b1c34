"""
Dated facts: rows that were true from one moment to another, and stay.

What a dated table may never do is guarded by the database (the function `dated_guard()` of the migrations), because
an import, a shell or a mistake goes around Python: a row that has begun is never deleted and keeps every value; its end
moves only while both the old end and the new one lie ahead; nothing is dated back once its subject has a row.
"""

from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import connection, models
from django.db.models.functions import Now
from django.utils.timezone import is_aware

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def clock() -> datetime:
    """Now, by the database's clock, which is the one that what is public goes by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def start_of_day(day: date) -> datetime:
    """The first moment of `day` in Sweden."""
    return datetime.combine(day, time(), STOCKHOLM)


def end_of_day(day: date) -> datetime:
    """The last moment of `day` in Sweden: what holds then is what stood there that day."""
    return start_of_day(day + timedelta(days=1)) - datetime.resolution


class DatedQuerySet(models.QuerySet):
    def at(self, moment: datetime | None = None) -> Self:
        """The rows that hold at `moment` (aware); without one, now by the database's clock."""
        if moment is not None and not is_aware(moment):
            raise ValueError("A moment has a time zone.")
        return self.filter(valid__contains=Now() if moment is None else moment)

    def from_now(self, moment: datetime | None = None) -> Self:
        """The rows that hold at `moment` (without one: now) or lie ahead of it."""
        moment = Now() if moment is None else moment
        return self.filter(models.Q(valid__endswith__gt=moment) | models.Q(valid__upper_inf=True))

    def ahead(self, moment: datetime) -> Self:
        """The rows that have not begun at `moment`."""
        return self.filter(valid__startswith__gt=moment)


class Dated(models.Model):
    """`valid` is when the fact holds, [from, to) with an open end as None; `recorded_at` is set by the database."""

    valid = DateTimeRangeField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid__isempty=False) & models.Q(valid__startswith__isnull=False),
                name="%(app_label)s_%(class)s_valid_has_a_beginning_and_is_not_empty",
            ),
        ]

    @property
    def begins_at(self) -> datetime:
        return self.valid.lower

    @property
    def ends_at(self) -> datetime | None:
        return self.valid.upper
