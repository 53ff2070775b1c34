"""
The register's signed heads, as C2SP tlog-checkpoints (a signed-note with Ed25519), and what is proved by one: that an
event is in the register (C2SP tlog-proof), and that an older head is the beginning of it (the body of add-checkpoint in
C2SP tlog-witness).

Reading is strict: of all that is read there is one form in bytes. ValueError tells what doesn't hold.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from feedback.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency, verify_inclusion

PROOF_HEADER = "c2sp.org/tlog-proof@v1"

# signed-note, "Signature types": Ed25519 over the text of the note.
ED25519 = b"\x01"

# Of the specifications: a tree has at most 63 levels below its root. A note has room for many witnesses.
SIZE_LIMIT = 2**63
HASHES_LIMIT = 63
NOTE_LIMIT = 2**18
PROOF_LIMIT = 2**25

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class Key:
    """A key that signatures are checked by. As text (str), its verifier key: what is published, and kept by others."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public) != 32:
            raise ValueError("A public key has 32 bytes.")

    @classmethod
    def parse(cls, text: str) -> Self:
        name, _, rest = text.partition("+")
        hex_id, _, encoded = rest.partition("+")
        data = decode(encoded, "The verifier key")
        if data[:1] != ED25519:
            raise ValueError("The verifier key is not one for Ed25519.")
        key = cls(name, data[1:])
        if hex_id != key.id.hex():
            raise ValueError("The verifier key's id is not that of its name and key.")
        return key

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode(ED25519 + self.public)}"

    def holds(self, signature: bytes, text: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The key that heads are signed with: its name, which is the log's too, and a secret seed of 32 bytes (base64)."""

    def __init__(self, name: str, seed: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(decode(seed, "The seed of the signing key"))
        self.key = Key(name, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"<SigningKey {self.key}>"

    def signature_line(self, text: str) -> str:
        return f"— {self.key.name} {encode(self.key.id + self._private.sign(text.encode()))}\n"


@dataclass(frozen=True)
class Checkpoint:
    """The head of a tree: whose it is, of how many leaves, and its root."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_name(self.origin)
        if not 0 <= self.size < SIZE_LIMIT:
            raise ValueError(f"A tree can't have {self.size} leaves.")
        if len(self.root) != HASH_SIZE:
            raise ValueError(f"A root has {HASH_SIZE} bytes.")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise ValueError("The root of an empty tree can't be this.")

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"

    def signed(self, *keys: SigningKey) -> str:
        """The note. The first key is the log's own; a second one is the next one's, where keys are changed."""
        if not keys or keys[0].key.name != self.origin:
            raise ValueError("A head is signed with the key whose name is its origin.")
        return f"{self.text}\n{''.join(key.signature_line(self.text) for key in keys)}"


def read_checkpoint(note: bytes, known: Iterable[Key]) -> Checkpoint:
    """
    The head that a note is, signed by a known key of its log. Lines of keys that are not known mean nothing; every
    line of one that is has to hold, and there is no more than one.
    """
    text, lines = _read_note(note)
    keys = {}
    for key in known:
        if keys.setdefault((key.name, key.id), key) != key:
            raise ValueError("Two known keys have the same name and id.")
    signers = set()
    for name, data in lines:
        key = keys.get((name, data[:4]))
        if key is None:
            continue
        if key in signers:
            raise ValueError(f"The key of {name} has signed the head twice.")
        if not key.holds(data[4:], text.encode()):
            raise ValueError(f"The signature of {name} does not hold.")
        signers.add(key)
    checkpoint = _read_text(text)
    if not any(key.name == checkpoint.origin for key in signers):
        raise ValueError(f"No known key has signed this head of {checkpoint.origin}.")
    return checkpoint


@dataclass(frozen=True)
class InclusionProof:
    """
    That a leaf has this index in the tree of a head, which is included as it was signed. `extra` is proved by nothing:
    what is in it has to be hashed to the leaf by whoever reads it.
    """

    index: int
    hashes: list[bytes]
    note: str
    extra: bytes = b""

    def __str__(self) -> str:
        extra = f"extra {encode(self.extra)}\n" if self.extra else ""
        return f"{PROOF_HEADER}\n{extra}index {self.index}\n{_hash_lines(self.hashes)}\n{self.note}"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        head, note = _parts(data)
        if head.pop(0) != PROOF_HEADER:
            raise ValueError(f"The proof does not begin with {PROOF_HEADER}.")
        extra = b""
        if head and head[0].startswith("extra "):
            extra = decode(head.pop(0).removeprefix("extra "), "What is extra")
            if not extra:
                raise ValueError("What is extra is empty.")
        index = _numbered(head, "index")
        return cls(index, _read_hashes(head), note, extra)

    def check(self, leaf: bytes, known: Iterable[Key]) -> Checkpoint:
        """The head by which the leaf is in the register."""
        checkpoint = read_checkpoint(self.note.encode(), known)
        if not verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root):
            raise ValueError(f"It is not proved that this is event {self.index} of {checkpoint.size}.")
        return checkpoint


@dataclass(frozen=True)
class ConsistencyProof:
    """That the tree of a head, included as it was signed, begins with all of an older tree of `old` leaves."""

    old: int
    hashes: list[bytes]
    note: str

    def __str__(self) -> str:
        return f"old {self.old}\n{_hash_lines(self.hashes)}\n{self.note}"

    @classmethod
    def parse(cls, data: bytes) -> Self:
        head, note = _parts(data)
        old = _numbered(head, "old")
        return cls(old, _read_hashes(head), note)

    def check(self, older: Checkpoint, known: Iterable[Key]) -> Checkpoint:
        """The head that continues the older one."""
        checkpoint = read_checkpoint(self.note.encode(), known)
        if checkpoint.origin != older.origin:
            raise ValueError(f"These are heads of two logs: {older.origin} and {checkpoint.origin}.")
        if older.size != self.old:
            raise ValueError(f"The proof is of a head of {self.old}, and not of {older.size}.")
        if not verify_consistency(older.size, checkpoint.size, older.root, checkpoint.root, self.hashes):
            raise ValueError(f"It is not proved that the head of {checkpoint.size} continues that of {older.size}.")
        return checkpoint


def encode(data: bytes) -> str:
    return b64encode(data).decode()


def decode(text: str, what: str) -> bytes:
    """Base 64 of RFC 4648, section 4, in its one form: with padding, and nothing in the bits that are left over."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or encode(data) != text:
        raise ValueError(f"{what} is not base64 as it has to be.")
    return data


def check_name(name: str) -> None:
    """signed-note, "Format": what a key can be called. Here, the log is called the same."""
    if not name or "+" in name or min(name) < " " or any(map(str.isspace, name)):
        raise ValueError("The name of a key is one word, without +.")


def _read_note(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """The text that is signed, and the signature lines (name, id and signature): signed-note, "Format"."""
    if len(note) > NOTE_LIMIT:
        raise ValueError("The note is too long.")
    text = _text(note)
    if not text.endswith("\n"):
        raise ValueError("The note does not end with a line end.")
    body, blank, signatures = text.rpartition("\n\n")
    if not blank or not signatures:
        raise ValueError("The note has no signatures.")
    lines = []
    for line in signatures[:-1].split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "—":
            raise ValueError("A signature line is not a dash, a name and a signature.")
        _, name, encoded = words
        check_name(name)
        data = decode(encoded, "A signature")
        if len(data) < 5:
            raise ValueError("A signature is too short.")
        lines.append((name, data))
    return f"{body}\n", lines


def _read_text(text: str) -> Checkpoint:
    """tlog-checkpoint, "Note text". There are no extension lines in the heads of this register."""
    lines = text[:-1].split("\n")
    if len(lines) != 3:
        raise ValueError("The head is not three lines: origin, size and root.")
    return Checkpoint(lines[0], _number(lines[1], "The size"), decode(lines[2], "The root"))


def _parts(data: bytes) -> tuple[list[str], str]:
    """The lines before the first empty one, and the note after it."""
    if len(data) > PROOF_LIMIT:
        raise ValueError("The proof is too long.")
    head, blank, note = _text(data).partition("\n\n")
    if not blank:
        raise ValueError("There is no head in the proof.")
    return head.split("\n"), note


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("It is not text in UTF-8.") from None
    if _CONTROL.search(text):
        raise ValueError("It has control characters in it.")
    return text


def _number(text: str, what: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) >= SIZE_LIMIT:
        raise ValueError(f"{what} is not a number as it has to be.")
    return int(text)


def _numbered(lines: list[str], word: str) -> int:
    """The number after a word, in the first of the lines, which it takes away."""
    if not lines or not lines[0].startswith(f"{word} "):
        raise ValueError(f"The proof has no line with {word}.")
    return _number(lines.pop(0).removeprefix(f"{word} "), word)


def _hash_lines(hashes: list[bytes]) -> str:
    return "".join(f"{encode(value)}\n" for value in hashes)


def _read_hashes(lines: list[str]) -> list[bytes]:
    if len(lines) > HASHES_LIMIT:
        raise ValueError("The proof has more hashes than any tree.")
    hashes = [decode(line, "A hash") for line in lines]
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ValueError(f"A hash has {HASH_SIZE} bytes.")
    return hashes
