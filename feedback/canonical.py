"""
The one form in bytes of an event, which its leaf in the register's tree is the hash of, and the commitments to what
people wrote. The format is described in feedback/verifier/FORMAT.md: what is written in it once is written so for ever.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

FORMAT = 1

SALT_SIZE = 32

# JSON of other programs may hold numbers as floats of 64 bits, which are exact below this (RFC 8259, section 6).
NUMBER_LIMIT = 2**53

# How many lists and objects may lie in one another, the event itself being the first.
DEPTH_LIMIT = 16

# Series, year and number, as Entry.designation has them
_DESIGNATION = re.compile(r".+ [0-9]{4}/[1-9][0-9]{0,8}", re.DOTALL)

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def event_data(
    *,
    sequence: int,
    entry: str,
    kind: str,
    at: datetime,
    by: str,
    from_state: str,
    to_state: str,
    facts: dict[str, Any],
    commitments: dict[str, str],
) -> bytes:
    """
    An event as the data of its leaf. `entry` and `by` are "" where there is none, and `commitments` are in hex.

    ValueError tells what may not be in it: nothing that JSON or the database would give back as something else.
    """
    if at.utcoffset() is None:
        raise ValueError("The moment of an event needs a time zone.")
    for name, value in (("entry", entry), ("kind", kind), ("by", by), ("from", from_state), ("to", to_state)):
        if not isinstance(value, str):
            raise ValueError(f"{name} is not text but {type(value).__name__}.")
    if not kind:
        raise ValueError("An event is of some kind.")
    if entry and not (to_state and _DESIGNATION.fullmatch(entry)):
        raise ValueError(f"An entry is called FEL 2026/17, say, and has a state: not {entry!r} and {to_state!r}.")
    if not entry and (from_state or to_state):
        raise ValueError("What concerns the whole register has no state.")
    if type(sequence) is not int or sequence < 0:
        raise ValueError(f"{sequence!r} is no place in a sequence.")
    if not isinstance(facts, dict) or not isinstance(commitments, dict):
        raise ValueError("Facts and commitments are objects.")
    for name, value in commitments.items():
        if not _is_hash(value):
            raise ValueError(f"The commitment {name!r} is not 64 hexadecimal digits in lower case.")
    return canonical(
        {
            "at": at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
            "by": by,
            "commitments": commitments,
            "entry": entry,
            "facts": facts,
            "format": FORMAT,
            "from": from_state,
            "kind": kind,
            "sequence": sequence,
            "to": to_state,
        }
    )


def canonical(value: Any) -> bytes:
    """JSON in UTF-8 of which there is only one: keys by code point, no space, no escape that JSON doesn't require."""
    _check(value, "the event", 1)
    return _encode(value).encode()


def exported(data: bytes, passages: Iterable[tuple[str, bytes, str]] = ()) -> bytes:
    """
    A line of an export: the data of an event's leaf, with those of its passages (name, salt, text) that may be shown.
    """
    passages = sorted(passages)
    if not passages:
        return data + b"\n"
    event = json.loads(data)
    for name, salt, text in passages:
        if event["commitments"].get(name) != commitment(salt, text).hex():
            raise ValueError(f"Event {event['sequence']} does not commit to this passage: {name!r}.")
    shown = [{"name": name, "salt": salt.hex(), "text": text} for name, salt, text in passages]
    return canonical(event | {"passages": shown}) + b"\n"


def withheld(leaf: bytes, sequence: int) -> bytes:
    """A line of an export for an event of which nothing is shown but the hash: the tree can be checked all the same."""
    if len(leaf) != sha256().digest_size:
        raise ValueError(f"A leaf has {sha256().digest_size} bytes, and not {len(leaf)}.")
    return canonical({"format": FORMAT, "leaf": leaf.hex(), "sequence": sequence}) + b"\n"


def commitment(salt: bytes, text: str) -> bytes:
    """
    What proves that `text` was this, to whom is shown it and its salt, and tells nothing to anyone else. The salt is
    random and of a size of its own, so that no two pairs are the same bytes, and a short text can't be guessed.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"A salt has {SALT_SIZE} bytes, and not {len(salt)}.")
    _check(text, "the passage", 1)
    if not isinstance(text, str):
        raise ValueError("The passage is not text.")
    return sha256(bytes(salt) + text.encode()).digest()


def leaf_hash(data: bytes) -> bytes:
    """RFC 9162, section 2.1.1: the hash of a list with one entry."""
    return sha256(b"\x00" + data).digest()


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and not value.strip("0123456789abcdef")


def _check(value: Any, where: str, depth: int) -> None:
    """ValueError for what isn't the same after a journey through JSON and a database."""
    if depth > DEPTH_LIMIT and isinstance(value, list | dict):
        raise ValueError(f"In {where}, lists and objects lie more than {DEPTH_LIMIT} deep.")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(f"In {where} is a null character, which the database can't hold.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError(f"In {where} is half of a surrogate pair, which is no character.") from None
    elif isinstance(value, int):
        if abs(value) >= NUMBER_LIMIT:
            raise ValueError(f"In {where} is a number of 2^53 or more, which not every program reads exactly.")
    elif isinstance(value, list):
        for item in value:
            _check(item, where, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"In {where} is a key that is not text but {type(key).__name__}.")
            _check(key, where, depth)
            _check(item, where, depth + 1)
    else:
        raise ValueError(f"In {where} is a {type(value).__name__}: only text, whole numbers, true, false and null may.")
