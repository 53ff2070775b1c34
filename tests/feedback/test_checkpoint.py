"""Signed heads and proofs, read as strictly as they are written: by both implementations alike."""

import json
from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import merkle
from feedback.canonical import canonical, exported, leaf_hash
from feedback.checkpoint import Checkpoint, ConsistencyProof, InclusionProof, Key, SigningKey, read_checkpoint
from feedback.verifier import verify
from tests.feedback.vectors import cases, vectors

ORIGIN = "strategi.kommun.example/register/FEL"


def signing_key(number: int = 1, name: str = ORIGIN) -> SigningKey:
    return SigningKey(name, b64encode(sha256(bytes([number])).digest()).decode())


def leaf_of(event: str) -> bytes:
    """Of an event as it is exported, whose texts have to be what it commits to."""
    value = json.loads(event)
    passages = [(shown["name"], bytes.fromhex(shown["salt"]), shown["text"]) for shown in value.pop("passages", [])]
    data = canonical(value)
    exported(data, passages)
    return leaf_hash(data)


def event_data(event: str) -> bytes:
    """The same, for the verifier."""
    return verify.Event(event.removesuffix("\n").encode()).data


def known(case: dict) -> list[Key]:
    return [Key.parse(text) for text in case["keys"]]


def verifier_keys(case: dict) -> list[verify.Key]:
    return [verify.Key(text) for text in case["keys"]]


@pytest.mark.parametrize("case", **cases("heads"))
def test_a_head_that_a_known_key_has_signed_holds(case):
    head = read_checkpoint(case["note"].encode(), known(case))
    assert (head.origin, head.size, head.root.hex()) == (ORIGIN, case["size"], case["root"])
    other = verify.Head(case["note"].encode(), verifier_keys(case))
    assert (other.origin, other.size, other.root) == (head.origin, head.size, head.root)


@pytest.mark.parametrize("case", **cases("refused_heads"))
def test_a_head_with_anything_amiss_is_refused(case):
    with pytest.raises(ValueError, match=r"\w"):
        read_checkpoint(case["note"].encode(), known(case))
    with pytest.raises(verify.Refused):
        verify.Head(case["note"].encode(), verifier_keys(case))


@pytest.mark.parametrize("case", **cases("refused_keys"))
def test_a_key_with_anything_amiss_is_refused(case):
    with pytest.raises(ValueError, match=r"\w"):
        Key.parse(case["key"])
    with pytest.raises(verify.Refused):
        verify.Key(case["key"])


@pytest.mark.parametrize("case", **cases("proofs"))
def test_a_proof_shows_that_its_event_is_in_the_register(case):
    proof = InclusionProof.parse(case["proof"].encode())
    assert str(proof) == case["proof"]
    event = case["event"] or proof.extra.decode()
    assert proof.check(leaf_of(event), known(case)).origin == ORIGIN
    verify.InclusionProof(case["proof"].encode(), verifier_keys(case)).check(event_data(event))


@pytest.mark.parametrize("case", **cases("refused_proofs"))
def test_a_forged_proof_is_refused(case):
    with pytest.raises(ValueError, match=r"\w"):
        InclusionProof.parse(case["proof"].encode()).check(leaf_of(case["event"]), known(case))
    with pytest.raises(verify.Refused):
        verify.InclusionProof(case["proof"].encode(), verifier_keys(case)).check(event_data(case["event"]))


@pytest.mark.parametrize("what", ["a short hash", "64 hashes"])
def test_what_can_be_no_proof_is_not_even_read(what):
    case = next(case for case in vectors()["refused_proofs"] if case["what"] == what)
    with pytest.raises(ValueError, match="hash"):
        InclusionProof.parse(case["proof"].encode())
    with pytest.raises(verify.Refused, match="hash"):
        verify.InclusionProof(case["proof"].encode(), verifier_keys(case))


@pytest.mark.parametrize("case", **cases("continuations"))
def test_a_proof_shows_that_a_head_continues_an_older_one(case):
    older = read_checkpoint(case["older"].encode(), known(case))
    proof = ConsistencyProof.parse(case["proof"].encode())
    assert str(proof) == case["proof"]
    assert proof.check(older, known(case)).size >= older.size
    head = verify.Head(case["older"].encode(), verifier_keys(case))
    verify.ConsistencyProof(case["proof"].encode(), verifier_keys(case)).check(head)


@pytest.mark.parametrize("case", **cases("refused_continuations"))
def test_a_forged_continuation_is_refused(case):
    older = read_checkpoint(case["older"].encode(), [Key.parse(key) for key in vectors()["log"]["keys"]])
    with pytest.raises(ValueError, match=r"\w"):
        ConsistencyProof.parse(case["proof"].encode()).check(older, known(case))


def test_a_head_is_written_as_it_was_once_agreed_on():
    first, second = (SigningKey(ORIGIN, vectors()["seeds"][which]) for which in ("first", "second"))
    assert [str(first.key), str(second.key)] == vectors()["log"]["keys"]
    by_both = next(case for case in vectors()["heads"] if case["what"] == "by both keys, with both known")
    assert Checkpoint(ORIGIN, 5, bytes.fromhex(by_both["root"])).signed(first, second) == by_both["note"]


def test_heads_outlive_the_key_that_signed_them():
    first, second, third = map(signing_key, (1, 2, 3))
    head = Checkpoint(ORIGIN, 3, bytes(32))
    keys = [first.key, second.key]
    for signed_by in ([first], [second], [first, second]):
        assert read_checkpoint(head.signed(*signed_by).encode(), keys) == head
    with pytest.raises(ValueError, match="No known key"):
        read_checkpoint(head.signed(third).encode(), keys)


def test_a_head_is_signed_by_its_own_log():
    with pytest.raises(ValueError, match="origin"):
        Checkpoint(ORIGIN, 3, bytes(32)).signed(signing_key(name="annan.example/register/FEL"))
    with pytest.raises(ValueError, match="origin"):
        Checkpoint(ORIGIN, 3, bytes(32)).signed()


@pytest.mark.parametrize(
    ("name", "seed"),
    [
        (ORIGIN, ""),
        (ORIGIN, "AAAA"),
        (ORIGIN, b64encode(bytes(31)).decode()),
        (ORIGIN, b64encode(bytes(33)).decode()),
        (ORIGIN, b64encode(bytes(32)).decode().rstrip("=")),
        (ORIGIN, b64encode(bytes(32)).decode() + "\n"),
        (ORIGIN, "å" * 44),
        ("", b64encode(bytes(32)).decode()),
        ("two words", b64encode(bytes(32)).decode()),
        ("two\u3000words", b64encode(bytes(32)).decode()),
        ("a+b", b64encode(bytes(32)).decode()),
        ("a\x01b", b64encode(bytes(32)).decode()),
    ],
)
def test_a_signing_key_that_is_not_one_is_refused_without_telling_it(name, seed):
    with pytest.raises(ValueError, match=r"\w") as refusal:
        SigningKey(name, seed)
    assert not seed or seed not in str(refusal.value)


def test_a_signing_key_does_not_show_itself():
    key = signing_key()
    assert b64encode(sha256(b"\x01").digest()).decode() not in f"{key!r} {key} {key.key!r}"


def test_two_known_keys_that_can_not_be_told_apart_are_refused():
    class Twin(Key):
        @property
        def id(self) -> bytes:
            return b"same"

    keys = [Twin(ORIGIN, signing_key(number).key.public) for number in (1, 2)]
    with pytest.raises(ValueError, match="same name and id"):
        read_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)).signed(signing_key()).encode(), keys)


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100), st.data())
def test_the_verifier_knows_the_signatures_that_the_library_makes(seed, message, data):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert verify.signature_holds(public, signature, message)
    place = data.draw(st.integers(0, 511))
    turned = bytearray(signature)
    turned[place // 8] ^= 1 << place % 8
    assert not verify.signature_holds(public, bytes(turned), message)
    assert not verify.signature_holds(public, signature, message + b"\0")


L = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19


@pytest.mark.parametrize(
    ("public", "signature"),
    [
        pytest.param((P + 1).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32), id="a point of y ≥ p"),
        pytest.param((1 | 1 << 255).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32), id="minus zero"),
        pytest.param((2).to_bytes(32, "little"), bytes(64), id="no point"),
        pytest.param(bytes(31), bytes(64), id="short key"),
        pytest.param((1).to_bytes(32, "little"), (P + 1).to_bytes(32, "little") + bytes(32), id="R of y ≥ p"),
        pytest.param(
            (1).to_bytes(32, "little"), (1 | 1 << 255).to_bytes(32, "little") + bytes(32), id="R of minus zero"
        ),
        pytest.param((1).to_bytes(32, "little"), (1).to_bytes(32, "little") + L.to_bytes(32, "little"), id="S = L"),
        pytest.param((1).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(31), id="short signature"),
    ],
)
def test_the_verifier_takes_one_form_of_a_signature_only(public, signature):
    """Each of these would hold if its numbers were taken for what they are the same as."""
    assert verify.signature_holds((1).to_bytes(32, "little"), (1).to_bytes(32, "little") + bytes(32), b"any")
    assert not verify.signature_holds(public, signature, b"any")


KNOWN = vectors()["log"]["keys"]
NOTES = [case["note"].encode() for case in vectors()["heads"]]
PROOFS = [case["proof"].encode() for case in vectors()["proofs"] + vectors()["continuations"]]


@st.composite
def mangled(draw, originals: list[bytes]) -> bytes:
    """Something that was right once, or never."""
    data = draw(st.sampled_from(originals) | st.binary(max_size=200))
    for _ in range(draw(st.integers(0, 3))):
        start, end = sorted(draw(st.tuples(*2 * [st.integers(0, len(data))])))
        data = data[:start] + draw(st.binary(max_size=4) | st.just(data[start:end] * 2)) + data[end:]
    return data


@settings(max_examples=100, deadline=None)
@given(mangled(NOTES))
def test_both_implementations_take_the_same_heads_whatever_they_are_given(note):
    try:
        head = read_checkpoint(note, map(Key.parse, KNOWN))
    except ValueError:
        with pytest.raises(verify.Refused):
            verify.Head(note, list(map(verify.Key, KNOWN)))
    else:
        assert verify.Head(note, list(map(verify.Key, KNOWN))).root == head.root


@settings(max_examples=100, deadline=None)
@given(
    mangled(PROOFS),
    st.sampled_from([(InclusionProof, verify.InclusionProof), (ConsistencyProof, verify.ConsistencyProof)]),
)
def test_both_implementations_take_the_same_proofs_whatever_they_are_given(data, kinds):
    ours, theirs = kinds
    try:
        proof = ours.parse(data)
        read_checkpoint(proof.note.encode(), map(Key.parse, KNOWN))
    except ValueError:
        with pytest.raises(verify.Refused):
            theirs(data, list(map(verify.Key, KNOWN)))
    else:
        assert str(proof).encode() == data
        assert theirs(data, list(map(verify.Key, KNOWN))).hashes == proof.hashes


@given(st.text(max_size=60) | st.sampled_from(KNOWN).flatmap(lambda key: st.integers(0, 80).map(lambda end: key[:end])))
def test_both_implementations_take_the_same_keys_whatever_they_are_given(text):
    try:
        key = Key.parse(text)
    except ValueError:
        with pytest.raises(verify.Refused):
            verify.Key(text)
    else:
        assert str(key) == text
        assert verify.Key(text).id == key.id


@settings(max_examples=20, deadline=None)
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.binary(max_size=30), st.data())
def test_what_is_written_can_be_read_and_holds(contents, extra, data):
    leaves = [leaf_hash(content) for content in contents]
    key, size = signing_key(), len(leaves)
    note = Checkpoint(ORIGIN, size, merkle.root(leaves)).signed(key)
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    receipt = str(InclusionProof(index, merkle.inclusion_proof(leaves, index, size), note, extra)).encode()
    assert InclusionProof.parse(receipt).check(leaves[index], [key.key]).size == size
    verify.InclusionProof(receipt, [verify.Key(str(key.key))]).check(contents[index])
    older = Checkpoint(ORIGIN, first, merkle.root(leaves[:first]))
    proof = str(ConsistencyProof(first, merkle.consistency_proof(leaves, first, size), note)).encode()
    assert ConsistencyProof.parse(proof).check(older, [key.key]).size == size
