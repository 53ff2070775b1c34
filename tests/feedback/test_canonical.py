"""The bytes of an event: the same for ever, and the same for everyone."""

import json
from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.canonical import canonical, commitment, event_data, exported, leaf_hash, withheld
from feedback.verifier import verify
from tests.feedback.vectors import cases, vectors

SALT = bytes(range(32))

# What a JSON column of PostgreSQL takes, and gives back as it was
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
numbers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def data(**changes) -> bytes:
    event = {
        "sequence": 0,
        "entry": "FEL 2026/1",
        "kind": "received",
        "at": datetime(2026, 11, 24, 1, 2, 3, 123456, UTC),
        "by": "",
        "from_state": "",
        "to_state": "received",
        "facts": {},
        "commitments": {},
    }
    return event_data(**(event | changes))


@pytest.mark.parametrize("case", **cases("events"))
def test_an_event_has_the_bytes_that_were_once_agreed_on(case):
    event = case["event"]
    found = event_data(
        sequence=event["sequence"],
        entry=event["entry"],
        kind=event["kind"],
        at=datetime.fromisoformat(event["at"]),
        by=event["by"],
        from_state=event["from"],
        to_state=event["to"],
        facts=event["facts"],
        commitments=event["commitments"],
    )
    assert found == case["data"].encode()
    assert leaf_hash(found).hex() == case["leaf"]
    assert verify.Event(found).data == found
    assert verify.leaf_hash(found).hex() == case["leaf"]


@pytest.mark.parametrize("case", **cases("refused_events"))
def test_what_is_not_the_one_form_of_an_event_is_refused(case):
    with pytest.raises(verify.Refused):
        verify.Event(case["line"].encode())


@pytest.mark.parametrize("case", **cases("commitments"))
def test_a_commitment_is_that_of_its_salt_and_its_text_as_they_are(case):
    text = case["text"] * case["times"]
    assert commitment(bytes.fromhex(case["salt"]), text).hex() == case["commitment"]


def test_texts_that_only_look_the_same_are_not():
    forms = ["å", "a\u030a", "one\r\ntwo", "one\ntwo", "", " "]
    assert len({commitment(SALT, text) for text in forms}) == len(forms)
    assert len({data(facts={"text": text}) for text in forms} | {data(), data(facts={"text": None})}) == len(forms) + 2


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"a": 1.0}, "float"),
        ({"a": float("nan")}, "float"),
        ({"a": "\0"}, "null character"),
        ({"\0": 1}, "null character"),
        ({"a": "\ud83d"}, "half of a surrogate"),
        ({"\udc00": 1}, "half of a surrogate"),
        ({"a": [{"b": 2**53}]}, "2\\^53"),
        ({"a": -(2**53)}, "2\\^53"),
        ({1: "a"}, "key"),
        ({None: "a"}, "key"),
        ({"a": (1, 2)}, "tuple"),
        ({"a": b"bytes"}, "bytes"),
        ({"a": datetime(2026, 11, 24, tzinfo=UTC)}, "datetime"),
        (json.loads('{"a":' * 15 + "[]" + "}" * 15), "deep"),
        ([], "objects"),
    ],
)
def test_what_would_not_come_back_as_it_was_is_refused_with_the_reason(facts, reason):
    with pytest.raises(ValueError, match=reason):
        data(facts=facts)


def test_what_holds_itself_is_refused():
    facts = {}
    facts["itself"] = facts
    with pytest.raises(ValueError, match="deep"):
        data(facts=facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 11, 24)},  # noqa: DTZ001
        {"sequence": -1},
        {"sequence": True},
        {"sequence": 2**53},
        {"kind": ""},
        {"by": 12},
        {"entry": "FEL 2026/01"},
        {"entry": "", "from_state": "", "to_state": "received"},
        {"to_state": ""},
        {"commitments": {"message": "AB" * 32}},
        {"commitments": {"message": b"ab"}},
        {"commitments": {"message": "ab" * 31}},
    ],
)
def test_an_event_that_no_checker_would_take_is_not_made(changes):
    with pytest.raises(ValueError, match=r"\w"):
        data(**changes)


def test_a_word_of_an_enumeration_is_the_word():
    class Kind(StrEnum):
        RECEIVED = "received"

    assert data(kind=Kind.RECEIVED, facts={"kind": Kind.RECEIVED}) == data(facts={"kind": "received"})


@pytest.mark.parametrize(
    ("salt", "text"), [(b"", "a"), (bytes(31), "a"), (bytes(33), "a"), (SALT, "\0"), (SALT, "\ud83d")]
)
def test_a_commitment_to_what_can_not_be_kept_is_not_made(salt, text):
    with pytest.raises(ValueError, match=r"\w"):
        commitment(salt, text)


def test_a_salt_is_not_mistaken_for_text():
    assert commitment(SALT, "ab") != commitment(SALT[1:] + b"a", "b")


@given(st.dictionaries(texts, values, max_size=4))
def test_both_implementations_write_the_same_bytes_and_read_them_back(facts):
    line = data(facts=facts)
    assert json.loads(line)["facts"] == facts
    assert verify.Event(line).data == line


@given(st.dictionaries(texts, values, max_size=4), st.randoms(use_true_random=False))
def test_the_order_in_which_an_object_was_made_does_not_matter(facts, random):
    names = list(facts)
    random.shuffle(names)
    assert canonical({name: facts[name] for name in names}) == canonical(facts)


@given(st.dictionaries(texts, texts, min_size=1, max_size=4))
def test_an_exported_event_shows_its_texts_and_keeps_its_bytes(written):
    committed = {name: commitment(SALT, text).hex() for name, text in written.items()}
    line = data(commitments=committed)
    event = verify.Event(exported(line, [(name, SALT, text) for name, text in written.items()])[:-1])
    assert (event.data, event.texts) == (line, len(written))
    assert exported(line) == line + b"\n"


def test_an_event_that_is_not_shown_is_written_as_the_checker_reads_it():
    lines = next(case["export"] for case in vectors()["withheld_logs"] if case["what"] == "every event").splitlines()
    for sequence, line in enumerate(lines):
        assert withheld(bytes.fromhex(json.loads(line)["leaf"]), sequence) == line.encode() + b"\n"
    with pytest.raises(ValueError, match="32 bytes"):
        withheld(bytes(31), 0)


def test_a_text_that_the_event_does_not_commit_to_is_not_exported():
    line = data(commitments={"message": commitment(SALT, "yes").hex()})
    for passage in (("message", SALT, "no"), ("message", bytes(32), "yes"), ("email", SALT, "yes")):
        with pytest.raises(ValueError, match="commit"):
            exported(line, [passage])
