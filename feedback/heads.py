"""
Heads of the register, signed: by them, whoever has one can find every later change of what it covers.

A head is signed when everything that it covers was read back from the database and holds, and when what was signed
before is the beginning of it. It is then in the database, and after that in a folder outside (feedback.published).
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils.timezone import now

from feedback import published, register
from feedback.checkpoint import Checkpoint, ConsistencyProof, InclusionProof, Key, SigningKey, read_checkpoint
from feedback.merkle import Tree, consistency_proof, inclusion_proof
from feedback.models import Event, Head
from feedback.published import origin_of, place_of
from feedback.steps import Deed
from feedback.verification import Broken, Found, History, Shown, check_head, check_root, guards, leaves, read_back
from feedback.verification import verify as verify_all
from strategy.dated import clock

# Between what was given for certain and where a recovered register goes on: what came after the newest head.
SKIPPED = 100
# Nobody gives one entry as many documents as this between two copies, and designations have four digits for them.
MOST_DOCUMENTS = 1000

logger = logging.getLogger("feedback.heads")


class NotRecovered(Exception):
    """Why the register can't be recovered as it was asked for."""


def signing_key(epoch: int) -> SigningKey:
    return SigningKey(origin_of(epoch), settings.REGISTER_KEY)


def keys(epoch: int) -> list[Key]:
    """What heads of an epoch may be signed with: the key of today first. The key is the same one under each name."""
    own = signing_key(epoch).key
    old = [Key(own.name, key.public) for key in settings.REGISTER_OLD_KEYS]
    return [own, *(key for key in old if key != own)]


def size_now() -> int:
    highest = Event.objects.aggregate(highest=Max("sequence"))["highest"]
    return 0 if highest is None else highest + 1


def verify(shown: Shown | None = None) -> Found:
    """Everything there is in the register. Raises verification.Broken."""
    return verify_all(keys, *([shown] if shown else []))


def watch() -> None:
    """Verify all of it and what guards it; an error in the program's log tells what does not hold."""
    try:
        verify()
        guards()
    except Broken as problem:
        logger.error("The register does not hold. %s", problem)


def sign() -> Head | None:
    """
    Sign what happened since the last head, and keep the head outside too; None if nothing happened. Whatever stopped
    halfway last time, the next call does the rest of it.

    Raises verification.Broken when something does not hold, OlderThanPublished when the register is an older copy:
    nothing is signed then. May not be called inside a transaction; a register of 100 000 events takes some seconds.
    """
    with _turn():
        published.refuse_if_older()
        published.keep_outside()
        history = History.of_the_register()
        _announce(history)
    with _turn():
        head = sign_what_is_there(History.of_the_register())
    published.keep_outside()
    return head


def sign_what_is_there(history: History) -> Head | None:
    """The turn is ours."""
    size = size_now()
    last = last_head(history)
    if size == 0 or (last and last.size == size and last.epoch == history.epoch):
        return None
    tree = Tree()
    with closing(read_back(size)) as rows:
        for row in rows:
            tree.add(row.leaf)
            if last and last.size == tree.size:
                check_root(tree, last, 0)
    if last and last.size > size:
        raise Broken(f"Event {size} is missing: a signed head says that there are {last.size}.")
    checkpoint = Checkpoint(origin_of(history.epoch), size, tree.root())
    text = checkpoint.signed(signing_key(history.epoch))
    return Head.objects.create(epoch=history.epoch, size=size, root=checkpoint.root, text=text, signed_at=clock())


def last_head(history: History) -> Head | None:
    """The newest that says something of the events that are here."""
    for epoch in sorted(history.ends, reverse=True):
        heads = Head.objects.filter(epoch=epoch)
        if history.ends[epoch] is not None:
            heads = heads.filter(size__lte=history.ends[epoch])
        if last := heads.order_by("-size").first():
            return last
    return None


def _announce(history: History) -> None:
    """That the key is another one than the last head was signed with: an event, which the next head covers."""
    last = last_head(history)
    if last is None:
        return
    check_head(last, keys(last.epoch), f"The head of {last.size} events")
    signer = next(key for key in keys(last.epoch) if _is_signed_by(last.text, key))
    own = signing_key(history.epoch).key
    if signer.public == own.public:
        return
    since = Event.objects.filter(sequence__gte=last.size, kind=Deed.KEY_CHANGED)
    if not since.filter(facts__new=str(own)).exists():
        register.record(None, Deed.KEY_CHANGED, facts={"old": str(signer), "new": str(own)})


def _is_signed_by(text: str, key: Key) -> bool:
    try:
        read_checkpoint(text.encode(), [key])
    except ValueError:
        return False
    return True


@contextmanager
def _turn() -> Iterator[None]:
    """One signs at a time. Whoever holds this may wait for the register's turn, and not the other way round."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('feedback.heads'))")
        yield


# An older copy, and how to go on from it.


def is_older() -> bool:
    try:
        published.refuse_if_older()
    except published.OlderThanPublished:
        return True
    return False


def recover(size: int, *, skip: int | None = None) -> Event:
    """
    Go on from an older copy: as a log of another name, with numbers that were not given before. The heads of what was
    lost stay. `size` is that of the newest head outside, from whoever answers for this; `skip` is how many numbers
    are left out in each series, and of documents in each entry (by default, what was lost and SKIPPED; as much again
    for each recovery that was lost itself).

    Raises NotRecovered, and Broken where the register is not older but another one.
    """
    with _turn():
        if not is_older():
            raise NotRecovered("The register has all heads that were published: there is nothing to recover from.")
        text = published.newest() or ""
        epoch, newest_size = place_of(text)
        if size != newest_size:
            raise NotRecovered(f"The newest head that was published is of {newest_size} events, not of {size}.")
        history = History.of_the_register()
        last_event = Event.objects.order_by("sequence").last()
        here = size_now()
        _check_heads(history, here)
        lost = _lost(history.epoch, epoch, here)
        skip = lost + SKIPPED * (epoch - history.epoch + 1) if skip is None else skip
        if skip < lost:
            raise NotRecovered(f"{lost} events at least are lost: as many numbers may have been given.")
        _take_in()
        facts = {
            "epoch": epoch + 1,
            "origin": origin_of(epoch + 1),
            "newest": {"origin": origin_of(epoch), "size": newest_size, "root": text.split("\n")[2]},
            "numbers": _go_on_from(skip, last_event.at if last_event else None),
            "documents": min(skip, MOST_DOCUMENTS),
        }
        return register.record(None, Deed.RECOVERED, facts=facts)


def _lost(here_epoch: int, epoch: int, here: int) -> int:
    """How many events at least: of the log that this is an older copy of, and of each that went on from it since."""
    sizes = dict.fromkeys(range(here_epoch, epoch + 1), 0)
    for place in map(place_of, published.everything()):
        if place[0] in sizes:
            sizes[place[0]] = max(sizes[place[0]], place[1])
    return sum(max(size - here, 0) for size in sizes.values())


def _check_heads(history: History, here: int) -> None:
    """The heads outside are signed, and those of what is here hold."""
    sizes: dict[int, list[Head]] = {}
    for text in published.everything():
        head = _head_of(text)
        check_head(head, keys(head.epoch), f"The head of {head.size} events outside the database")
        if head.size <= here and history.has(head.epoch, head.size):
            sizes.setdefault(head.size, []).append(head)
    tree, proved = Tree(), 0
    with closing(read_back(here)) as rows:
        for row in rows:
            tree.add(row.leaf)
            for head in sizes.get(tree.size, []):
                check_root(tree, head, proved)
                proved = tree.size


def _head_of(text: str) -> Head:
    try:
        epoch, size = place_of(text)
        checkpoint = read_checkpoint(text.encode(), keys(epoch))
    except ValueError as error:
        raise Broken(f"A head in {settings.REGISTER_HEADS} does not hold: {error}") from error
    return Head(epoch=epoch, size=size, root=checkpoint.root, text=text, signed_at=now())


def _take_in() -> None:
    """The heads that the register doesn't have any more, so that all that were published stay public."""
    for text in published.everything():
        head = _head_of(text)
        if not Head.objects.filter(epoch=head.epoch, size=head.size).exists():
            head.save(force_insert=True)


def _go_on_from(skip: int, last: datetime | None) -> list[dict[str, Any]]:
    """From which number each series goes on, in each year that numbers may have been lost in."""
    this_year = register.year_of(clock())
    years = range(register.year_of(last) if last else this_year, this_year + 1)
    known = register.Entry.objects.filter(year__in=years).order_by("series").values_list("series", flat=True)
    series = sorted({settings.REPORT_SERIES, *known.distinct()})
    return [
        {"series": name, "year": year, "next": register.next_number(name, year) + skip}
        for name in series
        for year in years
    ]


# Proofs.


def continuation(older: Head, newer: Head) -> ConsistencyProof:
    """That a head continues an older one of its epoch. Raises Broken rather than prove what does not hold."""
    proof = ConsistencyProof(older.size, consistency_proof(leaves(newer.size), older.size, newer.size), newer.text)
    known = keys(newer.epoch)
    try:
        proof.check(read_checkpoint(older.text.encode(), known), known)
    except ValueError as error:
        raise Broken(f"The head of {newer.size} events does not continue that of {older.size}: {error}") from error
    return proof


def covering(sequence: int) -> Head | None:
    """The first head that covers an event; None before it is signed."""
    history = History.of_the_register()
    for epoch, end in sorted(history.ends.items()):
        heads = Head.objects.filter(epoch=epoch, size__gt=sequence)
        if end is not None:
            heads = heads.filter(size__lte=end)
        if first := heads.order_by("size").first():
            return first
    return None


def proof_of(event: Event, head: Head) -> InclusionProof:
    """That an event is covered by a head. Raises Broken rather than prove what does not hold."""
    proof = InclusionProof(event.sequence, inclusion_proof(leaves(head.size), event.sequence, head.size), head.text)
    try:
        proof.check(register.leaf_of(event), keys(head.epoch))
    except ValueError as error:
        raise Broken(f"Event {event.sequence} does not hold: {error}") from error
    return proof
