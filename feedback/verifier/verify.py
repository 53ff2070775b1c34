#!/usr/bin/env python3
"""
Checks what a register of Färdplan has published: exports of its events, signed heads, and proofs.

It needs Python 3.9 or newer and nothing else: no package, no network, no trust in the portal. The format is described
in FORMAT.md beside it, and vectors.json has examples that every checker should agree on.

    verify.py log EXPORT.jsonl --head HEAD [OLDER ...] --key KEY
    verify.py proof RECEIPT.tlog-proof [--leaf EVENT.json] --key KEY
    verify.py heads HEAD ... --key KEY [--proof PROOF ...]

It ends with 0 and one line that says what was proved, with 1 and the first thing that does not hold, with 2 if it was
asked in a way that it does not understand or a file can't be read, or with 3 if heads are signed, and nothing was given
to prove that the newest continues all others.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

LINE_LIMIT = 2**22
NOTE_LIMIT = 2**18
DEPTH_LIMIT = 16
HASHES_LIMIT = 63

MEMBERS = {"at", "by", "commitments", "entry", "facts", "format", "from", "kind", "sequence", "to"}

ENTRY = re.compile(r"(.+) ([0-9]{4})/([1-9][0-9]{0,8})", re.DOTALL)
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
HEX = re.compile(r"[0-9a-f]{64}")
WITHHELD = re.compile(rb'\{"format":1,"leaf":"([0-9a-f]{64})","sequence":(0|[1-9][0-9]{0,15})\}')
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")

# What Unicode calls White_Space
SPACES = frozenset(map(chr, [*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), *range(0x2028, 0x202A)]))
SPACES |= {"\u202f", "\u205f", "\u3000"}


class Refused(Exception):
    """Something does not hold."""


class Unproved(Exception):
    """All that was given holds, and it is not enough for what was asked: what was found."""


class Misused(Exception):
    """The question can't be understood, or a file can't be read."""


# --- Ed25519 (RFC 8032, section 5.1): points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(p: tuple, q: tuple) -> tuple:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p: tuple) -> tuple:
    a, b, c = p[0] * p[0] % P, p[1] * p[1] % P, 2 * p[2] * p[2] % P
    h = a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_point(data: bytes) -> tuple | None:
    """Section 5.1.3. None for what is no point, or not its one encoding."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x + u) % P == 0:
        x = x * ROOT_OF_MINUS_1 % P
    if (v * x * x - u) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode_point(p: tuple) -> bytes:
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """
    Section 5.1.7, without the cofactor: R has to be the very bytes that [S]B - [k]A is encoded as, which also refuses
    every other encoding of it. S has to be smaller than L, or there would be two signatures in one.
    """
    point = decode_point(public) if len(public) == 32 else None
    if point is None or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus = (P - point[0], point[1], 1, P - point[3])
    sums = [NEUTRAL, BASE, minus, add(BASE, minus)]
    result = NEUTRAL
    for place in range(252, -1, -1):
        result = double(result)
        chosen = (s >> place & 1) | (k >> place & 1) << 1
        if chosen:
            result = add(result, sums[chosen])
    return encode_point(result) == signature[:32]


# --- The tree (RFC 9162, section 2.1)


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """It keeps one root at most for every power of two, as a binary number keeps digits."""

    def __init__(self) -> None:
        self.levels: list[bytes | None] = []

    def add(self, leaf: bytes) -> None:
        for level, left in enumerate(self.levels):
            if left is None:
                self.levels[level] = leaf
                return
            self.levels[level] = None
            leaf = node_hash(left, leaf)
        self.levels.append(leaf)

    def root(self) -> bytes:
        right = None
        for left in self.levels:
            if left is not None:
                right = left if right is None else node_hash(left, right)
        return hashlib.sha256(b"").digest() if right is None else right


def split(size: int) -> int:
    """The largest power of two that is smaller."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def root_by_inclusion(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """What the root has to be: PATH of section 2.1.3.1, read backwards. The last of the hashes is nearest the root."""
    if size == 1:
        if hashes:
            raise Refused("the proof has more hashes than the tree has levels")
        return leaf
    if not hashes:
        raise Refused("the proof has fewer hashes than the tree has levels")
    left = split(size)
    if index < left:
        return node_hash(root_by_inclusion(leaf, index, left, hashes[:-1]), hashes[-1])
    return node_hash(hashes[-1], root_by_inclusion(leaf, index - left, size - left, hashes[:-1]))


def roots_by_consistency(first: int, second: int, hashes: list[bytes], whole: bytes | None) -> tuple[bytes, bytes]:
    """
    What both roots have to be: SUBPROOF of section 2.1.4.1, read backwards. `whole` is the root of the older tree for
    as long as this part of the newer one begins where the older does: the proof does not repeat it.
    """
    if first == second:
        if whole is not None and not hashes:
            return whole, whole
        if whole is None and len(hashes) == 1:
            return hashes[0], hashes[0]
        raise Refused("the proof does not have as many hashes as it should")
    if not hashes:
        raise Refused("the proof has fewer hashes than it should")
    left = split(second)
    if first <= left:
        old, new = roots_by_consistency(first, left, hashes[:-1], whole)
        return old, node_hash(new, hashes[-1])
    old, new = roots_by_consistency(first - left, second - left, hashes[:-1], None)
    return node_hash(hashes[-1], old), node_hash(hashes[-1], new)


# --- Events


def refuse_number(text: str) -> NoReturn:
    raise Refused("it has a number in it that is not a whole one")


def read_number(text: str) -> int:
    if len(text) > 17 or abs(int(text)) >= 2**53:
        raise Refused("it has a number of 2^53 or more in it")
    return int(text)


decode_json = json.JSONDecoder(parse_float=refuse_number, parse_constant=refuse_number, parse_int=read_number).decode
encode_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def look_through(value: Any, depth: int) -> None:
    """Refuses what JSON may hold, but an event may not."""
    if depth > DEPTH_LIMIT and isinstance(value, (list, dict)):
        raise Refused(f"lists and objects lie more than {DEPTH_LIMIT} deep in it")
    if isinstance(value, str):
        if "\0" in value:
            raise Refused("it has a null character in it")
    elif isinstance(value, list):
        for item in value:
            look_through(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            look_through(key, depth)
            look_through(item, depth + 1)


class Event:
    """An event as it was exported: what is in it, the data of its leaf, and how many of its texts were shown."""

    def __init__(self, line: bytes) -> None:
        try:
            value = decode_json(line.decode("utf-8"))
            look_through(value, 1)
            same = encode_json(value).encode("utf-8") == line
        except RecursionError:
            raise Refused("lists and objects lie too deep in it") from None
        except ValueError:
            raise Refused("it is not JSON in UTF-8") from None
        if not same:
            raise Refused("it is not in the canonical form")
        if not isinstance(value, dict):
            raise Refused("it is not an object")
        shown = "passages" in value
        passages = value.pop("passages", [])
        if set(value) != MEMBERS:
            raise Refused(f"it lacks or has too much: {', '.join(sorted(set(value) ^ MEMBERS))}")
        if type(value["format"]) is not int or value["format"] != 1:
            raise Refused("it is of a format that this program does not know")
        self.sequence = value["sequence"]
        if type(self.sequence) is not int or self.sequence < 0:
            raise Refused("its sequence is no place in a sequence")
        self.kind, self.entry, self.before, self.after = (value[name] for name in ("kind", "entry", "from", "to"))
        self.at = value["at"]
        if not all(isinstance(value[name], str) for name in ("at", "by", "entry", "from", "kind", "to")):
            raise Refused("something is not text that has to be")
        if not self.kind:
            raise Refused("it is of no kind")
        self.check_moment()
        self.number = self.read_entry()
        if not isinstance(value["facts"], dict):
            raise Refused("its facts are not an object")
        self.goes_on = self.read_recovery(value["facts"]) if self.kind == "recovered" else []
        self.commitments = value["commitments"]
        if not isinstance(self.commitments, dict) or not all(map(is_hash, self.commitments.values())):
            raise Refused("its commitments are not hashes by name")
        self.texts = self.check_passages(passages) if shown else 0
        self.data = encode_json(value).encode("utf-8") if shown else line
        self.leaf = leaf_hash(self.data)

    def check_moment(self) -> None:
        try:
            if not MOMENT.fullmatch(self.at):
                raise ValueError
            datetime.fromisoformat(self.at[:-1])
        except ValueError:
            raise Refused("its moment is not written as it has to be") from None

    def read_entry(self) -> tuple | None:
        """Series and year, and number; None for what concerns the whole register."""
        if not self.entry:
            if self.before or self.after:
                raise Refused("it concerns the whole register, and has a state")
            return None
        match = ENTRY.fullmatch(self.entry)
        if not match:
            raise Refused("its entry is not written as a series, a year and a number")
        if not self.after:
            raise Refused("it leaves its entry without a state")
        return (match[1], match[2]), int(match[3])

    def read_recovery(self, facts: dict) -> list[tuple]:
        """From which number each series and year goes on, after what was lost."""
        found = []
        numbers = facts.get("numbers")
        for item in numbers if isinstance(numbers, list) else [None]:
            if not isinstance(item, dict) or not isinstance(item.get("series"), str):
                raise Refused("it does not say from which numbers the register goes on")
            year, number = item.get("year"), item.get("next")
            if type(year) is not int or type(number) is not int or not (0 <= year < 10**4 and 0 < number < 10**9):
                raise Refused("it does not say from which numbers the register goes on")
            found.append(((item["series"], f"{year:04}"), number))
        return found

    def check_passages(self, passages: Any) -> int:
        """The texts that are shown are those that were committed to."""
        if not isinstance(passages, list) or not passages:
            raise Refused("its passages are not a list of some")
        last = None
        for passage in passages:
            if not isinstance(passage, dict) or set(passage) != {"name", "salt", "text"}:
                raise Refused("a passage is not a name, a salt and a text")
            name, salt, text = passage["name"], passage["salt"], passage["text"]
            if not isinstance(name, str) or not isinstance(text, str) or not is_hash(salt):
                raise Refused("a passage is not a name, a salt of 64 hexadecimal digits and a text")
            if last is not None and name <= last:
                raise Refused("its passages are not in order of name, each once")
            last = name
            if name not in self.commitments:
                raise Refused(f"it has a text that it does not commit to: {visible(name)}")
            if hashlib.sha256(bytes.fromhex(salt) + text.encode("utf-8")).hexdigest() != self.commitments[name]:
                raise Refused(f"this text is not what it commits to: {visible(name)}")
        return len(passages)

    def __str__(self) -> str:
        return f"event {self.sequence} ({self.entry or 'the whole register'})"


class Withheld:
    """An event of which the export has the hash alone. What it says is not shown."""

    texts, commitments = 0, {}

    def __init__(self, match: re.Match) -> None:
        self.leaf = bytes.fromhex(match[1].decode("ascii"))
        self.sequence = int(match[2])

    def __str__(self) -> str:
        return f"event {self.sequence} (not shown)"


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and HEX.fullmatch(value) is not None


# --- Heads and proofs (C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-witness)


def base64_bytes(text: str, what: str) -> bytes:
    """Base 64 in its one form."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{what} is not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise Refused(f"{what} is not base64 in its one form")
    return data


def decimal(text: str, what: str) -> int:
    if not NUMBER.fullmatch(text) or int(text) >= 2**63:
        raise Refused(f"{what} is not a number without leading zeroes")
    return int(text)


def plain_text(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except ValueError:
        raise Refused("it is not text in UTF-8") from None
    if any(character < " " and character != "\n" for character in text):
        raise Refused("it has control characters in it")
    return text


def is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not SPACES & set(text) and min(text) >= " "


class Key:
    """A verifier key: NAME+ID+KEY, as it is published."""

    def __init__(self, text: str) -> None:
        parts = text.split("+", 2)
        if len(parts) != 3 or not is_name(parts[0]):
            raise Refused("it is not NAME+ID+KEY")
        self.name = parts[0]
        data = base64_bytes(parts[2], "its last part")
        if len(data) != 33 or data[0] != 1:
            raise Refused("it is not for Ed25519")
        self.public = data[1:]
        if decode_point(self.public) is None:
            raise Refused("it is no point on the curve")
        self.id = hashlib.sha256(self.name.encode("utf-8") + b"\n" + data).digest()[:4]
        if parts[1] != self.id.hex():
            raise Refused("its id is not that of its name and key")


class Head:
    """A signed head that holds by the keys that are known."""

    def __init__(self, note: bytes, keys: list[Key]) -> None:
        if len(note) > NOTE_LIMIT:
            raise Refused("it is too long to be a head")
        lines = plain_text(note).split("\n")
        if lines.pop() != "":
            raise Refused("its last line has no end")
        if "" not in lines:
            raise Refused("it has no empty line before its signatures")
        blank = len(lines) - 1 - lines[::-1].index("")
        signed, signatures = lines[:blank], lines[blank + 1 :]
        if not signatures:
            raise Refused("it has no signatures")
        message = "".join(line + "\n" for line in signed).encode("utf-8")
        signers = self.signers(signatures, message, keys)
        if len(signed) != 3:
            raise Refused("it is not three lines that are signed: origin, size and root")
        self.origin = signed[0]
        self.size = decimal(signed[1], "its size")
        self.root = base64_bytes(signed[2], "its root")
        if not is_name(self.origin):
            raise Refused("its origin is not one word without +")
        if len(self.root) != 32:
            raise Refused("its root does not have 32 bytes")
        if self.size == 0 and self.root != Tree().root():
            raise Refused("it is of nothing, and its root is not that of nothing")
        if self.origin not in {key.name for key in signers}:
            raise Refused(f"it is not signed by a key of {visible(self.origin)} that was given")

    @staticmethod
    def signers(lines: list[str], message: bytes, keys: list[Key]) -> list[Key]:
        signers = []
        for line in lines:
            words = line.split(" ")
            if len(words) != 3 or words[0] != "\u2014" or not is_name(words[1]):
                raise Refused("a line after the empty one is not a signature")
            data = base64_bytes(words[2], "a signature")
            if len(data) < 5:
                raise Refused("a signature is too short")
            for key in keys:
                if (key.name, key.id) != (words[1], data[:4]):
                    continue
                if key in signers:
                    raise Refused("it is signed twice by one key")
                if not signature_holds(key.public, data[4:], message):
                    raise Refused(f"the signature of {visible(key.name)} does not hold")
                signers.append(key)
        return signers


class Proof:
    """A number after a word, hashes, and a head."""

    word = ""

    def __init__(self, data: bytes, keys: list[Key]) -> None:
        if len(data) > LINE_LIMIT:
            raise Refused("it is too long to be a proof")
        head, blank, note = data.partition(b"\n\n")
        if not blank:
            raise Refused("it has no head after an empty line")
        self.extra = b""
        number, *hashes = self.from_number(plain_text(head).split("\n"))
        if not number.startswith(self.word):
            raise Refused(f"it has no line that begins with {self.word.strip()}")
        self.number = decimal(number[len(self.word) :], self.word.strip())
        if len(hashes) > HASHES_LIMIT:
            raise Refused("it has more hashes than any tree has levels")
        self.hashes = [base64_bytes(line, "a hash") for line in hashes]
        if any(len(value) != 32 for value in self.hashes):
            raise Refused("a hash does not have 32 bytes")
        try:
            self.head = Head(note, keys)
        except Refused as reason:
            raise Refused(f"the head in it: {reason}") from None

    def from_number(self, lines: list[str]) -> list[str]:
        return lines


class InclusionProof(Proof):
    word = "index "

    def from_number(self, lines: list[str]) -> list[str]:
        """Reads what is before the number, and gives the rest."""
        if lines[0] != "c2sp.org/tlog-proof@v1":
            raise Refused("it does not begin with c2sp.org/tlog-proof@v1")
        if len(lines) > 1 and lines[1].startswith("extra "):
            self.extra = base64_bytes(lines[1][6:], "what is extra")
            if not self.extra:
                raise Refused("what is extra is empty")
            del lines[1]
        return lines[1:] or [""]

    def check(self, data: bytes) -> None:
        if self.number >= self.head.size:
            raise Refused(f"there is no event {self.number} in a register of {self.head.size}")
        if root_by_inclusion(leaf_hash(data), self.number, self.head.size, self.hashes) != self.head.root:
            raise Refused(f"this is not event {self.number} of the register, or not as it was signed")


class ConsistencyProof(Proof):
    word = "old "

    def check(self, older: Head) -> None:
        first, second = self.number, self.head.size
        if first > second:
            raise Refused(f"a head of {second} can't continue one of {first}")
        if first == 0:
            raise Refused("nothing is proved of a head of 0")
        roots = roots_by_consistency(first, second, self.hashes, older.root)
        if roots != (older.root, self.head.root):
            raise Refused(f"the head of {second} does not continue that of {first}: the register was rewritten")


# --- What is asked


def check_log(export: str, heads: list[str], keys: list[Key]) -> str:
    signed = sorted(((read_head(name, keys), name) for name in heads), key=lambda pair: pair[0].size)
    check_origins(signed)
    waiting = [pair for pair in signed if pair[0].size]
    register = Register()
    tree, count, entries, texts, unseen = Tree(), 0, 0, 0, 0
    begun = None
    with open_file(export) as file:
        while line := file.readline(LINE_LIMIT + 1):
            event = read_line(line, count)
            entries += register.follow(event, count)
            texts, unseen = texts + event.texts, unseen + len(event.commitments) - event.texts
            tree.add(event.leaf)
            count += 1
            begun = begun or event
            while waiting and waiting[0][0].size == count:
                head, name = waiting.pop(0)
                if tree.root() != head.root:
                    where = f"in {shown(event)}" if begun is event else f"from {shown(begun)} to {shown(event)}"
                    raise Refused(
                        f"the head of {counted(count, 'event')} ({visible(name)}) is not of these: "
                        f"something {where} was changed, put in or taken away"
                    )
                if not waiting or waiting[0][0].size > count:
                    begun = None
    if waiting:
        head, name = waiting[0]
        raise Refused(f"the export ends after {counted(count, 'event')}, and {visible(name)} is a head of {head.size}")
    newest = signed[-1][0]
    said = [
        f"{counted(newest.size, 'event')} of {visible(newest.origin)} as in {counted(len(signed), 'signed head')}",
        f"{counted(entries, 'entry', 'entries')} numbered without gaps",
        f"{counted(texts, 'text')} as committed to, {unseen} more not in the export",
    ]
    if register.withheld:
        said.append(f"NOT shown: {counted(register.withheld, 'event')}, of which the export has the hash alone")
    if count > newest.size:
        said.append(f"NOT covered by any head: the last {counted(count - newest.size, 'event')}")
    return "; ".join(said)


def read_line(line: bytes, count: int) -> Event | Withheld:
    try:
        if not line.endswith(b"\n"):
            raise Refused("it is too long" if len(line) > LINE_LIMIT else "it is cut off: its line has no end")
        withheld = WITHHELD.fullmatch(line, 0, len(line) - 1)
        event = Withheld(withheld) if withheld else Event(line[:-1])
    except Refused as reason:
        raise Refused(f"line {count + 1}, where event {count} should be: {reason}") from None
    return event


class Numbers:
    """Of a series and year: the number that comes next, those before it that were not shown, and the states."""

    def __init__(self) -> None:
        self.next = 1
        self.states: dict[int, str] = {}
        # By entry, how many events were not shown before its last one; the numbers that such events must have begun.
        self.withheld: dict[int, int] = {}
        self.passed: set[int] = set()


class Register:
    """
    What the events add up to so far. One that is not shown may be of any entry: it may have begun one, or have changed
    the state of one, but only one.
    """

    def __init__(self) -> None:
        self.series: dict[tuple, Numbers] = {}
        self.withheld = 0
        self.begun_by_withheld = 0

    def follow(self, event: Event | Withheld, count: int) -> int:
        """1 if it is the first that is shown of its entry, else 0; refused if it does not continue what is there."""
        if event.sequence != count:
            what = "events are missing" if event.sequence > count else "it is there twice, or not in its place"
            raise Refused(f"{shown(event)} stands where event {count} should be: {what}")
        if isinstance(event, Withheld):
            self.withheld += 1
            return 0
        if event.number is None:
            for series, number in event.goes_on:
                known = self.series.setdefault(series, Numbers())
                known.next = max(known.next, number)
            return 0
        series, number = event.number
        known = self.series.setdefault(series, Numbers())
        is_new = number not in known.states
        if is_new:
            self.begin(event, known, number)
        else:
            self.check_step(event, known, number)
        # One string for each state there is, and not one for each event.
        known.states[number] = sys.intern(event.after)
        if self.withheld:
            known.withheld[number] = self.withheld
        return int(is_new)

    def begin(self, event: Event, known: Numbers, number: int) -> None:
        """Every number before it was begun, by events that are shown or by as many that are not; so was it."""
        if number < known.next and not event.before:
            raise Refused(f"{shown(event)}: the register had gone on from {known.next} in that series and year")
        if number in known.passed:
            known.passed.remove(number)
            return
        missing = max(number - known.next, 0)
        needed = missing + bool(event.before)
        if self.begun_by_withheld + needed > self.withheld:
            if missing:
                raise Refused(
                    f"{shown(event)}: the register has no number {known.next} before it in that series and year"
                )
            raise self.no_step(event, "")
        self.begun_by_withheld += needed
        if number >= known.next:
            known.passed.update(range(known.next, number))
            known.next = number + 1

    def check_step(self, event: Event, known: Numbers, number: int) -> None:
        before = known.states[number]
        may_have_changed = event.before and self.withheld > known.withheld.get(number, 0)
        if event.before != before and not may_have_changed:
            raise self.no_step(event, before)

    @staticmethod
    def no_step(event: Event, before: str) -> Refused:
        states_told = f"the state '{visible(event.before)}', and the entry was in '{visible(before)}'"
        return Refused(f"{shown(event)}: it goes from {states_told}")


def check_proof(name: str, leaf: str | None, keys: list[Key]) -> str:
    proof = InclusionProof(read_file(name, LINE_LIMIT), keys)
    if leaf is None and not proof.extra:
        raise Misused("The proof does not have the event in it: give it with --leaf.")
    line = proof.extra if leaf is None else read_file(leaf, LINE_LIMIT)
    try:
        event = Event(line[:-1] if line.endswith(b"\n") else line)
    except Refused as reason:
        raise Refused(f"the event: {reason}") from None
    if event.sequence != proof.number:
        raise Refused(f"the proof is of event {proof.number}, and this is {shown(event)}")
    proof.check(event.data)
    unseen = len(event.commitments) - event.texts
    said = [
        f"{shown(event)}, {visible(event.kind)} at {event.at}, is in {visible(proof.head.origin)}",
        f"so says its signed head of {counted(proof.head.size, 'event')}",
        f"{counted(event.texts, 'text')} as committed to, {unseen} more not in the file",
    ]
    return "; ".join(said)


def check_heads(heads: list[str], proofs: list[str], keys: list[Key]) -> str:
    signed = [(read_head(name, keys), name) for name in heads]
    read = []
    for name in proofs:
        try:
            read.append((ConsistencyProof(read_file(name, LINE_LIMIT), keys), name))
        except Refused as reason:
            raise Refused(f"{visible(name)}: {reason}") from None
    signed += [(proof.head, name) for proof, name in read]
    signed.sort(key=lambda pair: pair[0].size)
    check_origins(signed)
    by_size = {head.size: head for head, _ in signed}
    continued: dict[int, set[int]] = {}
    for proof, name in read:
        if proof.number not in by_size:
            raise Refused(f"{visible(name)}: it is about a head of {proof.number}, which was not given")
        try:
            proof.check(by_size[proof.number])
        except Refused as reason:
            raise Refused(f"{visible(name)}: {reason}") from None
        continued.setdefault(proof.head.size, set()).add(proof.number)
    sizes = sorted(by_size)
    # What the newest head is proved to continue, be it by way of others; an empty register is the beginning of all.
    reached, reading = {0, sizes[-1]}, [sizes[-1]]
    while reading:
        more = continued.get(reading.pop(), set()) - reached
        reached |= more
        reading += more
    said = [f"{counted(len(signed), 'signed head')} of {visible(signed[0][0].origin)}, of {listed(sizes)}"]
    proved, unproved = [size for size in sizes[:-1] if size in reached], [size for size in sizes if size not in reached]
    if proved:
        said.append(f"the head of {sizes[-1]} continues those of {listed(proved)}")
    if unproved:
        said.append(f"nothing was given to prove that it continues those of {listed(unproved)}")
        raise Unproved("; ".join(said))
    return "; ".join(said)


def check_origins(signed: list[tuple]) -> None:
    """Of one register, and at every size the same; `signed` (head, file) in order of size."""
    if len({head.origin for head, _ in signed}) > 1:
        raise Refused(f"these are heads of several registers: {listed(sorted({head.origin for head, _ in signed}))}")
    known: dict[int, tuple] = {}
    for head, name in signed:
        other, other_name = known.setdefault(head.size, (head, name))
        if other.root != head.root:
            raise Refused(
                f"{visible(other_name)} and {visible(name)} are two different heads of {counted(head.size, 'event')}: "
                "the register has shown two histories"
            )


def read_head(name: str, keys: list[Key]) -> Head:
    try:
        return Head(read_file(name, NOTE_LIMIT), keys)
    except Refused as reason:
        raise Refused(f"{visible(name)}: {reason}") from None


def open_file(name: str) -> Any:
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as problem:
        raise Misused(f"Can't read {visible(name)}: {problem}") from None


def read_file(name: str, limit: int) -> bytes:
    """One byte more than the limit, at most: that is then too long."""
    with open_file(name) as file:
        return file.read(limit + 1)


def read_keys(texts: list[str]) -> list[Key]:
    keys: dict[tuple, Key] = {}
    for text in texts:
        try:
            key = Key(text)
        except (Refused, UnicodeEncodeError) as reason:
            raise Misused(f"The key {visible(text)} can't be used: {reason}") from None
        if keys.setdefault((key.name, key.id), key).public != key.public:
            raise Misused("Two keys have the same name and id.")
    return list(keys.values())


def shown(event: Event | Withheld) -> str:
    return visible(str(event))


def visible(text: str) -> str:
    """For a terminal, to which what was read may not give orders."""
    text = text if len(text) <= 200 else f"{text[:200]}..."
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def listed(values: list) -> str:
    texts = [visible(str(value)) for value in values]
    return ", ".join(texts if len(texts) <= 20 else [*texts[:10], "...", *texts[-10:]])


def counted(number: int, word: str, plural: str = "") -> str:
    return f"{number} {word if number == 1 else plural or word + 's'}"


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    log = commands.add_parser("log", help="an export of all events, by one or more signed heads")
    log.add_argument("export", metavar="EXPORT.jsonl")
    log.add_argument("--head", metavar="HEAD", nargs="+", action="extend", required=True)
    proof = commands.add_parser("proof", help="that an event is in the register")
    proof.add_argument("proof", metavar="FILE.tlog-proof")
    proof.add_argument("--leaf", metavar="EVENT.json", help="the event, if the proof does not have it in itself")
    heads = commands.add_parser("heads", help="signed heads, and that newer ones continue older ones")
    heads.add_argument("heads", metavar="HEAD", nargs="+")
    heads.add_argument("--proof", metavar="PROOF", nargs="+", action="extend", default=[])
    for command in (log, proof, heads):
        command.add_argument("--key", action="append", required=True, help="NAME+ID+KEY; once more for an older key")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    asked = parse(arguments)
    try:
        keys = read_keys(asked.key)
        if asked.command == "log":
            said = check_log(asked.export, asked.head, keys)
        elif asked.command == "proof":
            said = check_proof(asked.proof, asked.leaf, keys)
        else:
            said = check_heads(asked.heads, asked.proof, keys)
    except Refused as reason:
        return say(sys.stdout, f"DOES NOT HOLD: {reason}.", 1)
    except Unproved as said:
        return say(sys.stdout, f"NOT PROVED: {said}.", 3)
    except Misused as reason:
        return say(sys.stderr, str(reason), 2)
    except OSError as problem:
        return say(sys.stderr, f"Can't read: {problem}", 2)
    return say(sys.stdout, f"OK: {said}.", 0)


def say(stream: Any, text: str, status: int) -> int:
    encoding = getattr(stream, "encoding", None) or "ascii"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
