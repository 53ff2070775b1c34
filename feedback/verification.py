"""
Whether the register holds: its events, read back from the database and hashed anew, are those of the signed heads.

Everything is read as a stream, and once, so that it takes no more memory for many events than for few. A stream is
closed by whoever reads it, also when something does not hold: left to the garbage collector, its cursor would be closed
in the midst of some other query, which waits for it for ever.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from feedback import published
from feedback.canonical import commitment, event_data, leaf_hash
from feedback.checkpoint import Key, encode, read_checkpoint
from feedback.guards import problems
from feedback.merkle import Tree
from feedback.models import Entry, Event, Head, Passage, Standing
from feedback.register import received_facts
from feedback.standing import follow
from feedback.steps import Deed, leads_to

type Shown = Callable[[Iterable[Any], int, str], Iterable[Any]]

# One query, so that an event and its texts are of one moment, whatever is disposed of meanwhile.
EVENTS = """
SELECT event.sequence, event.kind, event.at, event.by_id, event.from_state, event.to_state, event.facts,
    event.commitments, event.leaf, event.entry_id, entry.series, entry.year, entry.number, entry.received_at,
    entry.edition_id, entry.address, entry.shown_at, entry.language, entry.kind, entry.token,
    EXISTS (
        SELECT FROM feedback_event disposal WHERE disposal.entry_id = event.entry_id AND disposal.kind = 'disposed'
    ),
    passages.names, passages.salts, passages.texts
FROM feedback_event event
LEFT JOIN feedback_entry entry ON entry.id = event.entry_id
LEFT JOIN LATERAL (
    SELECT array_agg(name ORDER BY name) AS names, array_agg(salt ORDER BY name) AS salts,
        array_agg(text ORDER BY name) AS texts
    FROM feedback_passage WHERE event_id = event.sequence
) AS passages ON true
WHERE event.sequence < %s
ORDER BY event.sequence
"""
LOST_ANSWERS = """
SELECT answer.sequence FROM feedback_event answer
LEFT JOIN feedback_letter letter ON letter.event_id = answer.sequence AND letter.state IN ('waiting', 'trying')
WHERE answer.kind = 'answered' AND jsonb_exists(answer.commitments, 'to') AND letter.event_id IS NULL AND NOT EXISTS (
    SELECT FROM feedback_event told
    WHERE told.entry_id = answer.entry_id AND told.sequence > answer.sequence AND (
        told.kind = 'disposed'
        OR told.kind IN ('sent', 'not_sent') AND told.facts -> 'document' = answer.facts -> 'document'
    )
)
ORDER BY answer.sequence LIMIT 1
"""
AT_A_TIME = 500


class Broken(Exception):
    """Something of the register does not hold: what, and which event or entry."""


class Metadata(NamedTuple):
    """An entry, as it was read back: its columns by their names. (Models take too long to make for so many.)"""

    pk: int
    series: str
    year: int
    number: int
    received_at: datetime
    edition_id: int | None
    address: str
    shown_at: datetime
    language: str
    kind: str
    token: str

    def __str__(self) -> str:
        return self.designation

    @property
    def designation(self) -> str:
        return f"{self.series} {self.year}/{self.number}"


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it was read back. `data` is what its leaf is the hash of."""

    sequence: int
    kind: str
    at: datetime
    by_id: int | None
    from_state: str
    to_state: str
    facts: dict[str, Any]
    entry: Metadata | None
    passages: list[tuple[str, bytes, str]]
    data: bytes
    leaf: bytes

    def __str__(self) -> str:
        return f"Event {self.sequence} ({self.entry})" if self.entry else f"Event {self.sequence}"


def read_back(size: int) -> Iterator[Row]:
    """
    The first `size` events: each is where it belongs, what its leaf says, and has the texts that it commits to, or none
    where its entry is disposed of. Raises Broken at the first that is not so.
    """
    expected = 0
    with connection.chunked_cursor() as cursor:
        cursor.execute(EVENTS, [size])
        while rows := cursor.fetchmany(AT_A_TIME):
            for row in rows:
                if row[0] != expected:
                    raise Broken(f"Event {expected} is missing: the next one is {row[0]}.")
                expected += 1
                yield _checked(row)
    if expected != size:
        raise Broken(f"Event {expected} is missing: a signed head says that there are {size} or more.")


def _checked(row: tuple) -> Row:
    sequence, kind, at, by_id, from_state, to_state, facts, commitments, leaf, entry_id = row[:10]
    facts, commitments = json.loads(facts), json.loads(commitments)
    is_disposed, names, salts, texts = row[20:]
    entry = None
    if entry_id is not None:
        entry = Metadata(entry_id, *row[10:20])
    try:
        data = event_data(
            sequence=sequence,
            entry=entry.designation if entry else "",
            kind=kind,
            at=at,
            by=str(by_id or ""),
            from_state=from_state,
            to_state=to_state,
            facts=facts,
            commitments=commitments,
        )
        written = [
            (name, bytes(salt), text) for name, salt, text in zip(names or [], salts or [], texts or [], strict=True)
        ]
        committed = {name: commitment(salt, text).hex() for name, salt, text in written}
    except ValueError as error:
        raise Broken(f"Event {sequence} ({entry}) can't be what was written: {error}") from error
    found = Row(sequence, kind, at, by_id, from_state, to_state, facts, entry, written, data, leaf_hash(data))
    if found.leaf != bytes(leaf):
        raise Broken(f"{found} is not what its hash says.")
    if is_disposed and written:
        raise Broken(f"{found} has texts, and its entry is disposed of.")
    if not is_disposed and committed != commitments:
        wrong = sorted(
            name for name in committed.keys() | commitments.keys() if committed.get(name) != commitments.get(name)
        )
        raise Broken(f"{found} does not have the texts that it commits to: {', '.join(wrong)}.")
    return found


@dataclass(frozen=True)
class History:
    """
    The epochs that the events tell of, and how many events each had when the next one began: heads of more than that,
    and of other epochs, are of a log whose end was lost.
    """

    ends: dict[int, int | None]

    @classmethod
    def of_the_register(cls) -> "History":
        ends: dict[int, int | None] = {1: None}
        recovered = Event.objects.filter(kind=Deed.RECOVERED).order_by("sequence").values_list("sequence", "facts")
        for sequence, facts in recovered:
            before, epoch = max(ends), facts.get("epoch")
            if not (isinstance(epoch, int) and epoch > before and _is_published(epoch - 1, facts.get("newest", {}))):
                raise Broken(f"Event {sequence} tells of no recovery: no head that was published is lost by it.")
            ends[before], ends[epoch] = sequence, None
        return cls(ends)

    @property
    def epoch(self) -> int:
        """The present one."""
        return max(self.ends)

    def has(self, epoch: int, size: int) -> bool:
        """Whether a head says something of the events that are here."""
        return epoch in self.ends and ((end := self.ends[epoch]) is None or size <= end)


def _is_published(epoch: int, head: dict[str, Any]) -> bool:
    """Whether the head that a recovery calls the newest is one of the register."""
    found = Head.objects.filter(epoch=epoch, size=head.get("size", 0)).first()
    told = {"origin": head.get("origin"), "root": head.get("root")}
    return found is not None and told == {"origin": published.origin_of(epoch), "root": encode(bytes(found.root))}


@dataclass(frozen=True)
class Found:
    """What holds, in numbers."""

    events: int
    entries: int
    heads: int
    lost: int


@contextmanager
def snapshot() -> Iterator[None]:
    """All queries see the register as it was at the first."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _unshown(items: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    return items


def verify(keys_of: Callable[[int], list[Key]], shown: Shown = _unshown) -> Found:
    """
    Everything in the register. `keys_of` gives the keys that heads of an epoch may be signed with; `shown` is called
    with what is gone through, how much it is, and what it is called. Raises Broken.
    """
    with snapshot():
        heads, lost = _signatures(keys_of, shown)
        events, entries = _events(shown)
        _standings(shown)
        _letters()
    return Found(events, entries, heads, lost)


def guards() -> None:
    """Raises Broken for a trigger or a function that would not refuse what it is there to refuse."""
    if problem := next(problems(), None):
        raise Broken(problem)


def _signatures(keys_of: Callable[[int], list[Key]], shown: Shown) -> tuple[int, int]:
    """Every head is signed, and is the same outside the database. How many are of what is here, and of what is lost."""
    # Before the first query: what is published from now on may not be in what the queries see.
    outside = published.names()
    older = _is_older()
    history = History.of_the_register()
    changed = Event.objects.filter(kind=Deed.KEY_CHANGED).order_by("sequence").values_list("sequence", "facts__new")
    changes = [(sequence, str(new).rpartition("+")[2]) for sequence, new in changed]
    counts = {True: 0, False: 0}
    with closing(Head.objects.order_by("epoch", "size").iterator(AT_A_TIME)) as rows:
        for head in shown(rows, Head.objects.count(), "heads"):
            named = f"The head of {head.size} events" + (f" in epoch {head.epoch}" if head.epoch > 1 else "")
            is_here = history.has(head.epoch, head.size)
            check_head(
                head, in_force(keys_of(head.epoch), changes, head.size) if is_here else keys_of(head.epoch), named
            )
            name = published.name_of(head.epoch, head.size)
            try:
                if published.read(name) != head.text:
                    raise Broken(f"{named} is another outside the database ({name}).")
            except FileNotFoundError as error:
                raise Broken(f"{named} is not outside the database ({name}).") from error
            outside.discard(name)
            counts[is_here] += 1
    if outside:
        raise Broken(f"A head that was published is not in the database: {min(outside)}.")
    if older:
        raise Broken(older)
    return counts[True], counts[False]


def in_force(keys: list[Key], changes: list[tuple[int, str]], size: int) -> list[Key]:
    """Those that a head of so many events may be signed with: a key that was replaced before it is somebody else's."""
    last = next((new for sequence, new in reversed(changes) if sequence < size), None)
    return [key for key in keys if last is None or str(key).rpartition("+")[2] == last]


def _is_older() -> str:
    """Why the register is taken for an older copy; "" if it isn't."""
    try:
        published.refuse_if_older()
    except published.OlderThanPublished as error:
        return str(error)
    return ""


def check_head(head: Head, keys: list[Key], named: str) -> None:
    try:
        checkpoint = read_checkpoint(head.text.encode(), keys)
    except ValueError as error:
        raise Broken(f"{named} is not signed as it has to be: {error}") from error
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (
        published.origin_of(head.epoch),
        head.size,
        bytes(head.root),
    ):
        raise Broken(f"{named} says something else than its row.")


def _events(shown: Shown) -> tuple[int, int]:
    """The events are those of the heads, follow each other, and are what the entries say. How many of both."""
    size = Event.objects.count()
    history = History.of_the_register()
    proved = 0
    tree = Tree()
    states: dict[int, str] = {}
    proposals: dict[int, Row] = {}
    held: set[int] = set()
    numbers: dict[tuple[str, int], int] = {}
    entries = 0
    with closing(read_back(size)) as rows, closing(_heads_of(history)) as heads:
        head = next(heads, None)
        for row in shown(rows, size, "events"):
            _check_step(row, states)
            _check_disposal(row, proposals, held)
            if row.kind == Deed.RECEIVED:
                entries += 1
                _check_entry(row, numbers)
            if row.kind == Deed.RECOVERED:
                for goes_on in row.facts["numbers"]:
                    place = goes_on["series"], goes_on["year"]
                    numbers[place] = max(numbers.get(place, 0), goes_on["next"] - 1)
            tree.add(row.leaf)
            while head and head.size == tree.size:
                check_root(tree, head, proved)
                proved, head = tree.size, next(heads, None)
    if head:
        raise Broken(f"Event {size} is missing: a signed head says that there are {head.size}.")
    if entries != Entry.objects.count():
        received = Event.objects.filter(entry=OuterRef("pk"), kind=Deed.RECEIVED)
        raise Broken(f"{Entry.objects.filter(~Exists(received)).order_by('pk').first()} is in no event.")
    return size, entries


def _heads_of(history: History) -> Iterator[Head]:
    """Those of what is here, by size."""
    for head in Head.objects.order_by("size", "epoch").iterator(AT_A_TIME):
        if history.has(head.epoch, head.size):
            yield head


def check_root(tree: Tree, head: Head, proved: int) -> None:
    """`proved` is how many events the last head has that held."""
    if tree.root() == bytes(head.root):
        return
    first = Event.objects.filter(sequence=proved).select_related("entry").first()
    named = f"Event {proved}" + (f" ({first.entry})" if first and first.entry else "")
    which = named if head.size == proved + 1 else f"One of the events from {named} to event {head.size - 1}"
    raise Broken(f"{which} is not what was signed in the head of {head.size} events ({encode(bytes(head.root))}).")


def _check_step(row: Row, states: dict[int, str]) -> None:
    if leads_to(row.kind, row.from_state) != row.to_state:
        raise Broken(f"{row} is no step that there is: “{row.kind}” from “{row.from_state}” to “{row.to_state}”.")
    if row.entry is None:
        return
    before = states.get(row.entry.pk, "")
    if row.from_state != before or (row.kind == Deed.RECEIVED) != (before == ""):
        raise Broken(f"{row} does not follow: the entry was in the state “{before}”, not “{row.from_state}”.")
    states[row.entry.pk] = row.to_state


def _check_disposal(row: Row, proposals: dict[int, Row], held: set[int]) -> None:
    """REC-72: somebody else has proposed it, and nobody holds it."""
    match row.kind:
        case Deed.PROPOSED:
            proposals[row.entry.pk] = row
        case Deed.REJECTED | Deed.REOPENED:
            proposals.pop(row.entry.pk, None)
        case Deed.HELD:
            held.add(row.entry.pk)
        case Deed.UNHELD:
            held.discard(row.entry.pk)
        case Deed.DISPOSED:
            proposal = proposals.pop(row.entry.pk, None)
            proposed_by = proposal.by_id if proposal and proposal.sequence == row.facts.get("proposal") else None
            if None in (proposed_by, row.by_id) or proposed_by == row.by_id:
                raise Broken(f"{row} was not proposed by one person and approved by another.")
            if row.entry.pk in held:
                raise Broken(f"{row} was on hold.")


def _check_entry(row: Row, numbers: dict[tuple[str, int], int]) -> None:
    entry = row.entry
    place = entry.series, entry.year
    expected = numbers.get(place, 0) + 1
    if entry.number != expected:
        raise Broken(f"{row} has the number {entry.number}, and the next one is {expected}.")
    numbers[place] = entry.number
    if row.at != entry.received_at:
        raise Broken(f"{row} is of another moment than the entry was received at.")
    if received_facts(entry) != row.facts:
        facts = received_facts(entry)
        wrong = [name for name in sorted(facts) if facts[name] != row.facts.get(name)] or sorted(row.facts)
        raise Broken(f"{entry} is not what event {row.sequence} says: {', '.join(wrong)}.")


def _standings(shown: Shown) -> None:
    """Where entries stand is what their events add up to. And no text is without its event."""
    names = [field.attname for field in Standing._meta.concrete_fields]
    of_entries = Event.objects.filter(entry__isnull=False).order_by("entry_id", "sequence")
    total = of_entries.count()
    with (
        closing(Standing.objects.order_by("entry_id").values_list(*names).iterator(AT_A_TIME)) as kept,
        closing(of_entries.iterator(AT_A_TIME)) as events,
    ):
        for entry_id, own in groupby(shown(events, total, "entries"), lambda event: event.entry_id):
            made = Standing(entry_id=entry_id)
            for event in own:
                follow(made, event)
            found = next(kept, None)
            if found and found[0] < entry_id:
                raise Broken(_without_events(found[0]))
            said = tuple(getattr(made, name) for name in names)
            if said != found:
                found = found or (None,) * len(names)
                wrong = [name for name, one, other in zip(names, said, found, strict=True) if one != other]
                raise Broken(f"{Entry.objects.get(pk=entry_id)} does not stand as its events say: {', '.join(wrong)}.")
        if found := next(kept, None):
            raise Broken(_without_events(found[0]))
    text = Passage.objects.filter(~Exists(Event.objects.filter(pk=OuterRef("event_id")))).first()
    if text:
        raise Broken(f"A text belongs to no event: {text}.")


def _without_events(entry_id: int) -> str:
    entry = Entry.objects.filter(pk=entry_id).first() or f"An entry {entry_id} that is not there"
    return f"{entry} stands somewhere, and has no events."


def _letters() -> None:
    """What becomes of an answer by mail is told, or is still to come."""
    with connection.cursor() as cursor:
        cursor.execute(LOST_ANSWERS)
        if lost := cursor.fetchone():
            event = Event.objects.select_related("entry").get(pk=lost[0])
            raise Broken(f"Event {event.pk} ({event.entry}) is an answer that no mail is on its way with, or was sent.")


def leaves(size: int) -> Iterator[bytes]:
    """As they are stored."""
    stored = Event.objects.filter(sequence__lt=size).order_by("sequence").values_list("leaf", flat=True)
    return (bytes(leaf) for leaf in stored.iterator(AT_A_TIME))
