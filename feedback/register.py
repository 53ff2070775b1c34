"""
How a report gets its number.

One transaction, one after the other: it waits for the register's lock, reads the moment after that, and takes the
number after the highest there is. So order of number is order of time, a rollback leaves no gap, and there is no
counter that could differ from the register.
"""

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Max

from feedback.models import Entry, RecentReport
from feedback.senders import hashes
from strategy.dated import STOCKHOLM, clock

SAME_REPORT = timedelta(minutes=10)

# A process that stops halfway, with a machine that is lost say, holds the lock no longer than the first of these; who
# waits for it waits longer than that, and so learns what became of it.
IDLE_LIMIT = "10s"
WAIT_LIMIT = "15s"


class TooMany(Exception):
    """The sender has sent as many as REPORTS_PER_MINUTE allows, and this one was not received."""


def receive(
    *,
    sender: str,
    address: str,
    edition_id: int | None,
    shown_at: datetime,
    language: str,
    message: str,
    email: str,
    suspected_spam: bool,
    kind: str = Entry.Kind.ERROR,
) -> Entry:
    """
    Enter a report, and return its entry once it is durable; sent again within ten minutes, the entry it has.

    Raises TooMany, or the database's error (django.db.Error): then it is not in the register. `sender` is kept as a
    short-lived hash only. May not be called inside a transaction.
    """
    entry = Entry(
        series=settings.REPORT_SERIES,
        address=address,
        edition_id=edition_id,
        shown_at=shown_at,
        language=language,
        kind=kind,
        message=message,
        email=email,
        suspected_spam=suspected_spam,
        token=secrets.token_urlsafe(24),
    )
    try:
        with transaction.atomic(durable=True):
            wait_for_turn()
            entry = _enter(entry, sender, clock())
    except Error:
        # When the connection is lost while committing, the database may have done it, and only its answer was lost.
        connection.close()
        found = _look_for(entry) if entry.pk else None
        if found is None:
            raise
        return found
    return entry


def forget(moment: datetime) -> int:
    """Senders of more than ten minutes ago; returns how many."""
    return RecentReport.objects.filter(at__lte=moment - SAME_REPORT).delete()[0]


def year_of(moment: datetime) -> int:
    return moment.astimezone(STOCKHOLM).year


def wait_for_turn() -> None:
    """The lock goes with the transaction, and only once what it did is there for all to see."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [IDLE_LIMIT, WAIT_LIMIT],
        )
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('feedback.register'))")


def _enter(entry: Entry, sender: str, moment: datetime) -> Entry:
    forget(moment)
    senders = hashes(moment, sender)
    # Sent again as something else, it says something else: nobody's correction of that is to be lost.
    contents = hashes(moment, sender, entry.address, entry.kind, entry.message, entry.email)
    same = RecentReport.objects.filter(content__in=contents).select_related("entry").first()
    if same:
        return same.entry
    in_a_minute = RecentReport.objects.filter(sender__in=senders, at__gt=moment - timedelta(minutes=1)).count()
    if 0 < settings.REPORTS_PER_MINUTE <= in_a_minute:
        raise TooMany
    entry.received_at = moment
    entry.year = year_of(moment)
    entry.number = _highest_number(entry.series, entry.year) + 1
    entry.save(force_insert=True)
    RecentReport.objects.create(sender=senders[0], content=contents[0], entry=entry, at=moment)
    return entry


def _highest_number(series: str, year: int) -> int:
    return Entry.objects.filter(series=series, year=year).aggregate(highest=Max("number"))["highest"] or 0


def _look_for(entry: Entry) -> Entry | None:
    """Over another connection, and after the transaction that may have entered it has ended one way or the other."""
    with transaction.atomic():
        wait_for_turn()
        return Entry.objects.filter(token=entry.token).first()
