"""
Disposal (gallring): what is written in an entry is destroyed under a decision, when one person has proposed it and
another has approved it. Its number, its days, its kind and what was done with it stay in the register (REC-70 to 72).

What may be disposed of, and when, is said by feedback.retention. Nothing else in the program deletes a passage.
"""

import csv
import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from feedback import csv_rows, register
from feedback.handling import required, turn
from feedback.models import Entry, Event, Letter, Standing
from feedback.register import Refused
from feedback.retention import Plan, Rule, plan
from feedback.roles import may
from feedback.steps import Closing, Deed, State
from feedback.tasks import send_letter
from strategy.dated import STOCKHOLM, clock

# No month is shorter: what was closed later than so many of them ago is not due.
SHORTEST_MONTH = timedelta(days=28)


@dataclass(frozen=True)
class Candidate:
    """A closed entry whose term has passed."""

    standing: Standing
    rule: Rule
    due_on: date

    @property
    def entry(self) -> Entry:
        return self.standing.entry


# What is due


def due(moment: datetime) -> Iterator[Candidate]:
    """What can be proposed now. One query."""
    return _due(Standing.objects.filter(held=False, proposed=False), moment)


def held(moment: datetime) -> Iterator[Candidate]:
    """What would be due, if nobody held it. One query."""
    return _due(Standing.objects.filter(held=True), moment)


def undecided(found: Plan) -> list[Rule]:
    """The rules for entries that nothing is disposed of by, for want of a decision."""
    return [rule for rule in found.of_entries if rule.decision is None]


def _due(standings: QuerySet[Standing], moment: datetime) -> Iterator[Candidate]:
    found = plan()
    if not found.terms:
        return
    closed_before = moment - min(found.terms) * SHORTEST_MONTH
    closed = standings.filter(state=State.CLOSED, closed_at__lte=closed_before).select_related("entry", "last")
    for standing in closed.order_by("closed_at", "pk").iterator(chunk_size=1000):
        candidate = _candidate(found, standing, moment)
        if candidate:
            yield candidate


def _candidate(found: Plan, standing: Standing, moment: datetime) -> Candidate | None:
    rule = found.rule_of(standing)
    due_on = rule.due_on(standing.closed_at)
    if due_on is None or due_on > moment.astimezone(STOCKHOLM).date():
        return None
    return Candidate(standing, rule, due_on)


# What people do


def propose(entry: Entry, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """Raises Refused, in words for who asked; so do the others below."""
    _refuse_without_right(by, "propose_disposal", "approve_disposal")
    with turn(entry, seen) as standing:
        candidate = _due_now(entry, standing)
        if candidate.standing.proposed:
            raise Refused(_("Disposal of %(number)s is proposed already.") % {"number": entry})
        facts = {"due_on": candidate.due_on.isoformat(), **_rule_facts(candidate.rule)}
        return register.record(entry, Deed.PROPOSED, by=by, facts=facts)


def approve(entry: Entry, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """Destroys what is written in the entry, in the transaction that tells of it."""
    _refuse_without_right(by, "approve_disposal")
    with turn(entry, seen) as standing:
        candidate = _due_now(entry, standing)
        if not candidate.standing.proposed:
            raise Refused(_("Nobody has proposed to dispose of %(number)s.") % {"number": entry})
        proposal = _proposal(entry)
        if proposal.by_id == by.pk:
            raise Refused(_("You have proposed this yourself: somebody else has to approve it."))
        if proposal.facts.get("decision") != candidate.rule.decision.reference:
            text = _(
                "What is decided on %(number)s has changed since this was proposed: reject it, and propose it again."
            )
            raise Refused(text % {"number": entry})
        facts = {"proposal": proposal.sequence, **_rule_facts(candidate.rule)}
        return _dispose(entry, by=by, facts=facts)


def reject(entry: Entry, *, by: AbstractBaseUser, reason: str, seen: int | None = None) -> Event:
    _refuse_without_right(by, "approve_disposal", "propose_disposal")
    with turn(entry, seen) as standing:
        if not standing.proposed:
            raise Refused(_("Nobody has proposed to dispose of %(number)s.") % {"number": entry})
        return register.record(entry, Deed.REJECTED, by=by, passages={"reason": required(reason)})


def _due_now(entry: Entry, standing: Standing) -> Candidate:
    # That it covers the entry is asked of it as it was loaded: what was received never changes.
    standing.entry = entry
    if standing.state != State.CLOSED:
        raise Refused(_("%(number)s is not closed.") % {"number": entry})
    if standing.held:
        raise Refused(_("%(number)s is on hold, and is not disposed of.") % {"number": entry})
    if _answers_on_their_way(entry).exists():
        raise Refused(_("An answer in %(number)s has not been sent yet.") % {"number": entry})
    found = plan()
    rule = found.rule_of(standing)
    if rule.decision is None:
        raise Refused(_("Nothing has been decided on how long this is kept: %(rule)s.") % {"rule": rule})
    candidate = _candidate(found, standing, clock())
    if candidate is None:
        text = _("%(number)s is not to be disposed of yet: %(term)s.")
        raise Refused(text % {"number": entry, "term": rule.how_long})
    return candidate


def _answers_on_their_way(entry: Entry) -> QuerySet[Letter]:
    letters = Letter.objects.filter(event__entry=entry, event__kind=Deed.ANSWERED)
    return letters.filter(state__in=(Letter.State.WAITING, Letter.State.TRYING))


def _proposal(entry: Entry) -> Event:
    return Event.objects.filter(entry=entry, kind=Deed.PROPOSED).latest("sequence")


def _rule_facts(rule: Rule) -> dict[str, Any]:
    return {"rule": rule.name, "months": rule.decision.months, "decision": rule.decision.reference}


def _refuse_without_right(user: AbstractBaseUser, *codenames: str) -> None:
    if not may(user, *codenames):
        raise Refused(_("Your role does not let you do this."))


# What is destroyed


def _dispose(entry: Entry, *, by: AbstractBaseUser, facts: dict[str, Any]) -> Event:
    event = register.record(entry, Deed.DISPOSED, by=by, facts=facts)
    _destroy(entry)
    return event


def _destroy(entry: Entry) -> None:
    """Every row that goes with the entry, and what stands in the queue of mail about it."""
    of_mail = DBTaskResult.objects.filter(task_path=send_letter.module_path)
    events = list(Event.objects.filter(entry=entry).values_list("sequence", flat=True))
    of_mail.filter(args_kwargs__args__0__in=events).delete()
    for label, lookup in plan().with_the_entry.items():
        apps.get_model(label)._base_manager.filter(**{lookup: entry}).delete()
    # Not before: a file that is gone doesn't come back if the transaction does not hold.
    transaction.on_commit(partial(_remove_mail, entry))


def _remove_mail(entry: Entry) -> None:
    """The demo's mail, which is in files (feedback.mail)."""
    if settings.MAIL_FOLDER:
        name = glob.escape(f"{quote(entry.series.lower())}-{entry.year}-{entry.number}")
        for file in Path(settings.MAIL_FOLDER).glob(f"{name}-*.eml"):
            file.unlink(missing_ok=True)


# The protocol


@dataclass(frozen=True)
class Disposed:
    """A line of the protocol: nothing in it is about whoever wrote, and it is public."""

    number: str
    kind: str
    received_at: str
    closed_at: str
    closing: str
    texts: str
    rule: str
    months: str
    decision: str
    proposed_by: str
    proposed_at: str
    approved_by: str
    approved_at: str


COLUMNS = [field.name for field in fields(Disposed)]


def disposals() -> QuerySet[Event]:
    return Event.objects.filter(kind=Deed.DISPOSED).select_related("entry__standing", "by").order_by("sequence")


def protocol(events: QuerySet[Event]) -> Iterator[Disposed]:
    """The lines for some of disposals(), in chunks of three queries."""
    chunk: list[Event] = []
    for event in events.iterator(chunk_size=500):
        chunk.append(event)
        if len(chunk) == 500:
            yield from lines(chunk)
            chunk = []
    yield from lines(chunk)


def lines(events: Sequence[Event]) -> list[Disposed]:
    """Two queries."""
    proposals = Event.objects.select_related("by").in_bulk([event.facts["proposal"] for event in events])
    written: dict[int, list[str]] = {}
    for entry_id, kind, commitments in (
        Event.objects.filter(entry__in={event.entry_id for event in events})
        .exclude(commitments={})
        .values_list("entry", "kind", "commitments")
    ):
        written.setdefault(entry_id, []).extend(f"{kind}.{name}" for name in sorted(commitments))
    return [_line(event, proposals[event.facts["proposal"]], written.get(event.entry_id, [])) for event in events]


def _line(event: Event, proposal: Event, texts: list[str]) -> Disposed:
    standing = event.entry.standing
    return Disposed(
        number=event.entry.designation,
        kind=event.entry.kind,
        received_at=_moment(event.entry.received_at),
        closed_at=_moment(standing.closed_at),
        closing=standing.closing,
        texts=" ".join(texts),
        rule=event.facts["rule"],
        months=str(event.facts["months"]),
        decision=event.facts["decision"],
        proposed_by=proposal.by.get_username(),
        proposed_at=_moment(proposal.at),
        approved_by=event.by.get_username(),
        # Done again in an older copy: the day of the decision is what counts.
        approved_at=event.facts.get("again", _moment(event.at)),
    )


def _moment(at: datetime) -> str:
    return at.astimezone(STOCKHOLM).isoformat(timespec="seconds")


def protocol_file(events: QuerySet[Event]) -> Iterator[bytes]:
    rows = (asdict(line).values() for line in protocol(events))
    return csv_rows.stream(_with_header(rows))


def _with_header(rows: Iterable[Iterable[str]]) -> Iterator[Iterable[str]]:
    yield COLUMNS
    yield from rows


# After an older copy of the database has been restored (REC-73)


class Mismatch(Exception):
    """What in a protocol can't be done again here, in a sentence for whoever runs the portal."""


def read_protocol(path: Path) -> list[Disposed]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.removeprefix(csv_rows.GUARD) for cell in row] for row in csv.reader(file, delimiter=";")]
    except (OSError, ValueError, csv.Error) as problem:
        raise Mismatch(f"{path} can't be read: {problem}") from problem
    if not rows or rows[0] != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise Mismatch(f"{path} is no protocol of disposal: its columns are {', '.join(COLUMNS)}.")
    return [Disposed(*row) for row in rows[1:]]


def do_again(line: Disposed) -> bool:
    """
    What was disposed of after the copy was made is disposed of in it, in the names of those who decided; what has to
    come before that is written down with it. False where it is done already. Raises Mismatch, and Refused.
    """
    series, __, number = line.number.rpartition(" ")
    year, __, number = number.partition("/")
    if not (year.isdigit() and number.isdigit()):
        raise Mismatch(f"{line.number!r} is no number in the register.")
    entry = Entry.objects.numbered(series, int(year), int(number)).first()
    if entry is None:
        raise Mismatch(f"{line.number} is not in this register.")
    proposer, approver = _person(line.proposed_by), _person(line.approved_by)
    again = {"again": line.approved_at}
    rule = {"rule": line.rule, "months": int(line.months), "decision": line.decision}
    with turn(entry) as standing:
        if standing.state == State.DISPOSED:
            return False
        if standing.held:
            register.record(entry, Deed.UNHELD, by=proposer, facts=again)
        if standing.state != State.CLOSED:
            closing = line.closing if line.closing in Closing.values else ""
            register.record(entry, Deed.CLOSED, by=proposer, facts={"closing": closing, "other_number": "", **again})
        proposal = register.record(entry, Deed.PROPOSED, by=proposer, facts={**rule, **again})
        _dispose(entry, by=approver, facts={"proposal": proposal.sequence, **rule, **again})
    return True


def _person(name: str) -> AbstractBaseUser:
    model = get_user_model()
    person = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if person is None:
        raise Mismatch(f"There is no account {name!r} here: make it first, since the register says who decided.")
    return person
