"""
How a report gets its number, and how what happens to it is written down.

One transaction, one after the other: it waits for the register's lock, reads the moment after that, and takes the
number after the highest there is. So order of number is order of time, a rollback leaves no gap, and there is no
counter that could differ from the register. The same holds for events.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import Error, connection, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from feedback import outbox
from feedback.canonical import commitment, event_data, leaf_hash
from feedback.models import Entry, Event, Passage, RecentReport, Standing
from feedback.published import OlderThanPublished, refuse_if_older
from feedback.senders import hashes
from feedback.standing import follow
from feedback.steps import Deed, State, leads_to
from feedback.withheld import blinded
from strategy.dated import STOCKHOLM, clock

SAME_REPORT = timedelta(minutes=10)
# To one address, in a day
MOST_RECEIPTS = 10

# A process that stops halfway, with a machine that is lost say, holds the lock no longer than the first of these; who
# waits for it waits longer than that, and so learns what became of it.
IDLE_LIMIT = "10s"
WAIT_LIMIT = "15s"


class Refused(Exception):
    """What was asked for can't be done with the entry, and why, in words for who asked."""


class Changed(Refused):
    """Something happened to the entry after what the person who asks had before them."""


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

    Raises the database's error (django.db.Error): then it is not in the register. `sender` is kept as a short-lived
    hash only: whoever sends more than REPORTS_PER_MINUTE is suspected of spam, and received all the same (REC-11). May
    not be called inside a transaction.
    """
    entry = Entry(
        series=settings.REPORT_SERIES,
        address=address,
        edition_id=edition_id,
        shown_at=shown_at,
        language=language,
        kind=kind,
        suspected_spam=suspected_spam,
        token=secrets.token_urlsafe(24),
    )
    try:
        with transaction.atomic(durable=True):
            wait_for_turn()
            entry = _enter(entry, {"message": message, "email": email}, sender, clock())
    except OlderThanPublished:
        raise
    except Error:
        # When the connection is lost while committing, the database may have done it, and only its answer was lost.
        connection.close()
        found = _look_for(entry) if entry.pk else None
        if found is None:
            raise
        return found
    return entry


def record(
    entry: Entry | None,
    deed: Deed,
    *,
    by: AbstractBaseUser | None = None,
    facts: Mapping[str, Any] | None = None,
    passages: Mapping[str, str] | None = None,
    seen: int | None = None,
) -> Event:
    """
    Write down that something was done with an entry, or with the register (None). `facts` may hold nothing personal:
    that belongs in `passages`, texts by name, of which empty ones are left out. `seen` is the last event of the entry
    that the person had before them.

    Raises Changed if there are others since, and Refused if the step is not in the table of feedback.steps. Part of
    the transaction that it is called in.
    """
    with transaction.atomic():
        wait_for_turn()
        last = Event.objects.filter(entry=entry).order_by("-sequence").first() if entry else None
        if seen is not None and last and last.sequence != seen:
            raise Changed(_("Something has happened with %(number)s meanwhile.") % {"number": entry})
        return _append(entry, deed, last.to_state if last else "", by, clock(), facts or {}, passages or {})


def _append(
    entry: Entry | None,
    deed: Deed,
    state: str,
    by: AbstractBaseUser | None,
    moment: datetime,
    facts: Mapping[str, Any],
    passages: Mapping[str, str],
) -> Event:
    """The register's lock is held."""
    to_state = leads_to(deed, state)
    if to_state is None:
        text = _("“%(deed)s” can't be done with %(number)s, which is in the state “%(state)s”.")
        raise Refused(text % {"deed": deed.label, "number": entry, "state": State(state).label if state else "–"})
    highest = Event.objects.aggregate(highest=Max("sequence"))["highest"]
    written = {name: (secrets.token_bytes(32), text) for name, text in passages.items() if text}
    event = Event(
        sequence=0 if highest is None else highest + 1,
        entry=entry,
        kind=deed,
        at=moment,
        by=by,
        from_state=state,
        to_state=to_state,
        facts=blinded(deed, facts, has_texts=bool(written)),
        commitments={name: commitment(salt, text).hex() for name, (salt, text) in written.items()},
    )
    event.leaf = leaf_of(event)
    event.save(force_insert=True)
    Passage.objects.bulk_create(
        Passage(event=event, name=name, salt=salt, text=text) for name, (salt, text) in written.items()
    )
    if entry:
        standing = Standing.objects.filter(entry=entry).first() or Standing(entry=entry)
        follow(standing, event)
        standing.save()
    return event


def leaf_of(event: Event) -> bytes:
    """The hash that the signed heads are made of (feedback.canonical)."""
    return leaf_hash(data_of(event))


def data_of(event: Event) -> bytes:
    """What its leaf is the hash of."""
    return event_data(
        sequence=event.sequence,
        entry=event.entry.designation if event.entry else "",
        kind=event.kind,
        at=event.at,
        by=str(event.by_id or ""),
        from_state=event.from_state,
        to_state=event.to_state,
        facts=event.facts,
        commitments=event.commitments,
    )


def forget(moment: datetime) -> int:
    """Senders of more than ten minutes ago; returns how many."""
    return RecentReport.objects.filter(at__lte=moment - SAME_REPORT).delete()[0]


def year_of(moment: datetime) -> int:
    return moment.astimezone(STOCKHOLM).year


def wait_for_turn() -> None:
    """
    The lock goes with the transaction, and only once what it did is there for all to see.

    Raises OlderThanPublished (a django.db.Error) when the register is an older copy: nothing is written in it then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true), set_config('lock_timeout', %s, true)",
            [IDLE_LIMIT, WAIT_LIMIT],
        )
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('feedback.register'))")
    refuse_if_older()


def _enter(entry: Entry, passages: dict[str, str], sender: str, moment: datetime) -> Entry:
    forget(moment)
    senders = hashes(moment, sender)
    # Sent again as something else, it says something else: nobody's correction of that is to be lost. And when two of a
    # school say the same, they have not been shown the page at the same moment.
    shown = [entry.address, entry.shown_at.isoformat(), entry.kind]
    contents = hashes(moment, sender, *shown, *passages.values())
    same = RecentReport.objects.filter(content__in=contents).select_related("entry").first()
    if same:
        return same.entry
    in_a_minute = RecentReport.objects.filter(sender__in=senders, at__gt=moment - timedelta(minutes=1)).count()
    # Many people can share one address, as in a library: they are received like anybody.
    entry.suspected_spam |= 0 < settings.REPORTS_PER_MINUTE <= in_a_minute
    entry.received_at = moment
    entry.year = year_of(moment)
    entry.number = next_number(entry.series, entry.year)
    entry.save(force_insert=True)
    event = _append(entry, Deed.RECEIVED, "", None, moment, received_facts(entry), passages)
    # Nobody is to be mailed by what programs fill in (REC-11), nor buried in what others send in their name.
    if passages["email"] and not entry.suspected_spam and _named_today(passages["email"], moment) <= MOST_RECEIPTS:
        outbox.order(event)
    RecentReport.objects.create(sender=senders[0], content=contents[0], entry=entry, at=moment)
    return entry


def _named_today(email: str, moment: datetime) -> int:
    """How many reports of the last day want their answer at this address."""
    recent = Passage.objects.filter(event__entry__received_at__gt=moment - timedelta(days=1), event__from_state="")
    return recent.filter(name="email", text__iexact=email).count()


def received_facts(entry: Entry) -> dict[str, Any]:
    """
    What the register says of a report, and the first event with it: nothing that tells who sent it, and nothing that
    the sender may not read. `receipt` is the SHA-256 of the receipt's secret, which nobody can come by through it.
    """
    return {
        "address": entry.address,
        "edition": entry.edition_id,
        "kind": entry.kind,
        "language": entry.language,
        "receipt": sha256(entry.token.encode()).hexdigest(),
        "received_at": in_utc(entry.received_at),
        "shown_at": in_utc(entry.shown_at),
    }


def in_utc(moment: datetime) -> str:
    """As it stands in facts."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def next_number(series: str, year: int) -> int:
    """One more than the highest there is, or what a register that was recovered goes on from (migration 0005)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT feedback_next_number(%s, %s)", [series, year])
        return cursor.fetchone()[0]


def next_document(entry: Entry) -> int:
    """
    The running number for the entry's next document. As those of entries, it leaves out what may have been given in the
    time that a recovered register does not know of. Two queries.
    """
    numbered = Q(kind=Deed.RECEIVED) | Q(kind__in=(Deed.ANSWERED, Deed.NOTED), facts__has_key="document")
    last = Event.objects.filter(numbered, entry=entry).order_by("-sequence").first()
    since = Event.objects.filter(kind=Deed.RECOVERED, sequence__gt=last.sequence).values_list("facts", flat=True)
    # The report is the first (REC-24).
    return last.facts.get("document", 1) + 1 + sum(facts["documents"] for facts in since)


def _look_for(entry: Entry) -> Entry | None:
    """Over another connection, and after the transaction that may have entered it has ended one way or the other."""
    with transaction.atomic():
        wait_for_turn()
        return Entry.objects.filter(token=entry.token).first()
