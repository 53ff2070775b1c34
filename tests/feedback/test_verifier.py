"""The checker that stands alone: what it takes, what it refuses and how it says so, and that nothing brings it down."""

import ast
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from feedback import merkle
from feedback.canonical import event_data, leaf_hash, withheld
from feedback.checkpoint import Checkpoint, InclusionProof, SigningKey
from feedback.verifier import verify
from tests.feedback.test_checkpoint import mangled
from tests.feedback.vectors import cases, vectors

PROGRAM = Path(verify.__file__)
LOG = vectors()["log"]
EXPORT = LOG["export"]
ORIGIN = "strategi.kommun.example/register/FEL"
MOMENT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def ask(tmp_path, capsys):
    """Its status and what it said. In place of names of files, their contents are given."""

    def ask(command: str, *arguments: object, keys: list[str] = LOG["keys"]) -> tuple[int, str]:
        words = []
        for number, argument in enumerate(arguments):
            if isinstance(argument, str) and argument.startswith("--"):
                words.append(argument)
                continue
            path = tmp_path / str(number)
            path.write_bytes(argument.encode() if isinstance(argument, str) else argument)
            words.append(str(path))
        status = verify.main([command, *words, *(f"--key={key}" for key in keys)])
        said = capsys.readouterr()
        assert (said.err if status == 2 else said.out).count("\n") == 1
        return status, said.out + said.err

    return ask


def head_of(size: int) -> str:
    return next(note for note in LOG["heads"] if note.split("\n")[1] == str(size))


def test_an_export_holds_by_its_heads(ask):
    status, said = ask("log", EXPORT, "--head", *LOG["heads"])
    assert (status, said[:3]) == (0, "OK:")
    for fact in ("9 events", ORIGIN, "5 signed heads", "3 entries", "2 texts", "3 more not in the export"):
        assert fact in said


def test_what_no_head_covers_is_said(ask):
    status, said = ask("log", EXPORT, "--head", head_of(5))
    assert status == 0
    assert "NOT covered by any head: the last 4 events" in said


@pytest.mark.parametrize("case", **cases("withheld_logs"))
def test_an_export_holds_without_what_is_not_shown_and_says_so(ask, case):
    status, said = ask("log", case["export"], "--head", *LOG["heads"])
    assert (status, said[:3]) == (0, "OK:")
    assert re.search(rf"NOT shown: {case['not_shown']} events?, of which the export has the hash alone", said)


def test_an_export_that_shows_all_is_not_said_to_lack_any(ask):
    assert "NOT shown" not in ask("log", EXPORT, "--head", *LOG["heads"])[1]


@pytest.mark.parametrize("case", **cases("refused_logs"))
def test_an_export_that_was_tampered_with_does_not_hold(ask, case):
    status, said = ask("log", case["export"], "--head", *LOG["heads"])
    assert (status, said[:15]) == (1, "DOES NOT HOLD: ")


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("a text changed", "event 2 should be: this text is not what it commits to: message"),
        ("a salt changed", "event 2 should be: this text"),
        ("a fact changed", "from event 0 (FEL 2026/1) to event 2 (FEL 2026/2)"),
        ("who did it changed", "from event 3 (FEL 2026/1) to event 4 (the whole register)"),
        ("an event taken away", "event 5 (FEL 2027/1) stands where event 4 should be: events are missing"),
        ("an event twice", "event 4 (the whole register) stands where event 5 should be"),
        ("two events swapped", "event 2 (FEL 2026/2) stands where event 1 should be"),
        ("the last event taken away", "ends after 8 events"),
        ("the last line cut", "line 9, where event 8 should be: it is cut off"),
        ("a number left out", "event 2 (FEL 2026/3): the register has no number 2"),
        ("a number used again", "event 2 (FEL 2026/1): it goes from the state ''"),
        ("a series that does not begin at 1", "event 5 (FEL 2027/2): the register has no number 1"),
        ("a step from a state that it was not in", "event 3 (FEL 2026/1): it goes from the state 'received'"),
        ("the hash of another event", "from event 3 (not shown) to event 4 (the whole register)"),
        ("an event not shown, out of its place", "event 1 (not shown) stands where event 0 should be"),
        ("more numbers left out than events not shown", "event 2 (FEL 2026/3): the register has no number 2"),
        ("more entries begun than events not shown", "event 2 (FEL 2026/2): it goes from the state 'received'"),
        ("an entry begun again after an event not shown", "event 2 (FEL 2026/1): it goes from the state ''"),
        ("a step that nothing in between explains", "event 3 (FEL 2026/1): it goes from the state 'received'"),
    ],
)
def test_what_does_not_hold_first_is_named(ask, what, named):
    case = next(case for case in vectors()["refused_logs"] if case["what"] == what)
    assert named in ask("log", case["export"], "--head", *LOG["heads"])[1]


def recovered(*numbers: tuple[int, int], sequence: int) -> bytes:
    """An event after which the series FEL goes on from a number in a year."""
    facts = {"numbers": [{"series": "FEL", "year": year, "next": number} for year, number in numbers]}
    return event_data(
        sequence=sequence, entry="", kind="recovered", at=MOMENT, by="", from_state="", to_state="", facts=facts,
        commitments={},
    )  # fmt: skip


def received(number: int, sequence: int, *, before: str = "") -> bytes:
    return event_data(
        sequence=sequence, entry=f"FEL 2026/{number}", kind="closed" if before else "received", at=MOMENT, by="",
        from_state=before, to_state="closed" if before else "received", facts={}, commitments={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("events", "refused"),
    [
        # The first is not shown: it may have begun number 1, before the numbers that a recovery has left out.
        ([received(1, 0), recovered((2026, 9), sequence=1), received(1, 2, before="received"), received(9, 3)], ""),
        ([received(1, 0), recovered((2026, 9), sequence=1), received(9, 2), received(2, 3, before="received")], ""),
        ([received(1, 0), received(2, 1), received(1, 2, before="received"), received(3, 3)], ""),
        (
            [received(1, 0), recovered((2026, 9), sequence=1), *(received(n, n, before="received") for n in (2, 3))],
            "event 3 (FEL 2026/3): it goes from",
        ),
        ([received(1, 0), recovered((2026, 9), sequence=1), received(1, 2)], "had gone on from 9"),
        ([received(1, 0), received(2, 1), received(1, 2)], "had gone on from 3"),
    ],
)
def test_an_event_that_is_not_shown_may_have_begun_one_entry(ask, events, refused):
    tree = list(map(leaf_hash, events))
    head = Checkpoint(ORIGIN, len(events), merkle.root(tree)).signed(SigningKey(ORIGIN, vectors()["seeds"]["first"]))
    export = withheld(tree[0], 0) + b"".join(event + b"\n" for event in events[1:])
    status, said = ask("log", export, "--head", head)
    assert (status, refused in said) == (1 if refused else 0, True), said


def test_a_log_that_was_rewritten_whole_does_not_hold_by_a_head_that_was_kept(ask):
    """With all its hashes anew, and newer heads, signed with the right key."""
    events = [exported_data(line) for line in EXPORT.encode().replace(b"/om/", b"/en/").splitlines()]
    key = SigningKey(ORIGIN, vectors()["seeds"]["second"])
    newest = Checkpoint(ORIGIN, len(events), merkle.root(map(leaf_hash, events))).signed(key)
    export = b"".join(event + b"\n" for event in events)
    assert ask("log", export, "--head", newest)[0] == 0
    status, said = ask("log", export, "--head", newest, head_of(3))
    assert status == 1
    assert "the head of 3 events" in said
    status, said = ask("heads", newest, head_of(9))
    assert status == 1
    assert "two different heads of 9 events" in said


def exported_data(line: bytes) -> bytes:
    value = json.loads(line)
    value.pop("passages", None)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_every_byte_of_an_export_counts(ask):
    """One bit of every 13th, so that every sort of value is among them."""
    data = EXPORT.encode()
    assert ask("log", data, "--head", head_of(9))[0] == 0
    for place in range(0, len(data), 13):
        turned = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert ask("log", turned, "--head", head_of(9))[0] == 1, place


@pytest.mark.parametrize("case", **cases("refused_heads"))
def test_an_export_does_not_hold_by_a_head_that_does_not(ask, case):
    assert ask("log", EXPORT, "--head", case["note"], keys=case["keys"])[0] == 1


@pytest.mark.parametrize("case", **cases("proofs"))
def test_a_receipt_holds_with_its_event(ask, case):
    leaf = ["--leaf", case["event"]] if case["event"] else []
    status, said = ask("proof", case["proof"], *leaf, keys=case["keys"])
    assert (status, said[:9]) == (0, "OK: event")
    assert "FEL 202" in said


@pytest.mark.parametrize("case", **cases("refused_proofs"))
def test_a_forged_receipt_does_not_hold(ask, case):
    assert ask("proof", case["proof"], "--leaf", case["event"], keys=case["keys"])[0] == 1


def test_an_event_that_is_not_in_its_place_has_no_receipt(ask):
    """Not even in a register that has signed it so."""
    key = SigningKey(ORIGIN, vectors()["seeds"]["first"])
    misplaced = LINES[5]
    leaf = leaf_hash(exported_data(misplaced))
    proof = InclusionProof(0, [], Checkpoint(ORIGIN, 1, merkle.root([leaf])).signed(key))
    status, said = ask("proof", str(proof), "--leaf", misplaced)
    assert status == 1
    assert "the proof is of event 0, and this is event 5" in said


def test_a_receipt_without_its_event_can_not_be_checked(ask):
    assert ask("proof", vectors()["proofs"][0]["proof"])[0] == 2


@pytest.mark.parametrize("case", **cases("continuations"))
def test_heads_are_proved_to_continue_each_other(ask, case):
    status, said = ask("heads", case["older"], "--proof", case["proof"])
    assert status == 0
    assert "NOT" not in said


@pytest.mark.parametrize("case", **cases("refused_continuations"))
def test_heads_that_do_not_continue_each_other_are_found(ask, case):
    assert ask("heads", case["older"], "--proof", case["proof"], keys=case["keys"])[0] == 1


def test_what_is_not_proved_of_heads_is_said(ask):
    status, said = ask("heads", *LOG["heads"])
    assert (status, said.startswith("NOT PROVED: ")) == (3, True)
    assert "nothing was given to prove that it continues those of 3, 5, 8" in said
    by_steps = {case["what"]: case["proof"] for case in vectors()["continuations"]}
    status, said = ask("heads", *LOG["heads"], "--proof", by_steps["5 to 8"], by_steps["8 to 9"])
    assert (status, "the head of 9 continues those of 0, 5, 8; nothing was given" in said) == (3, True)


def test_heads_of_two_registers_are_not_taken_for_one(ask):
    other = SigningKey("annan.example/register/FEL", vectors()["seeds"]["first"])
    note = Checkpoint(other.key.name, 9, bytes(32)).signed(other)
    keys = [*LOG["keys"], str(other.key)]
    for arguments in (["heads", note, head_of(9)], ["log", EXPORT, "--head", note, head_of(9)]):
        status, said = ask(*arguments, keys=keys)
        assert status == 1
        assert "several registers" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["log"],
        ["log", "nowhere", "--head", "nowhere"],
        ["log", "nowhere", "--key", LOG["keys"][0]],
        ["log", "nowhere", "--head", "nowhere", "--key", LOG["keys"][0]],
        ["log", str(PROGRAM), "--head", str(PROGRAM.parent), "--key", LOG["keys"][0]],
        ["proof", "\0", "--key", LOG["keys"][0]],
        ["heads", str(PROGRAM), "--key", "no key"],
        ["heads", str(PROGRAM), "--key", "\udcff+3b067056+" + LOG["keys"][0].split("+", 2)[2]],
        ["else"],
    ],
)
def test_what_is_asked_amiss_ends_with_2_and_says_why(arguments, capsys):
    try:
        status = verify.main(arguments)
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err


def test_it_runs_by_itself_with_nothing_but_its_file(tmp_path):
    program = tmp_path / "verify.py"
    program.write_bytes(PROGRAM.read_bytes())
    (tmp_path / "export").write_text(EXPORT)
    (tmp_path / "head").write_text(head_of(9))
    asked = ["log", "export", "--head", "head", *(f"--key={key}" for key in LOG["keys"])]
    command = [sys.executable, "-I", "-X", "utf8=0", "verify.py", *asked]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"LC_ALL": "C"}, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("OK: 9 events")


def test_what_it_says_can_be_shown_by_any_terminal(tmp_path):
    (tmp_path / "huvud-å").write_text("no head")
    command = [sys.executable, PROGRAM, "heads", "huvud-å", "--key", LOG["keys"][0]]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"}, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"huvud-\\xe5" in done.stdout


def test_it_needs_nothing_that_is_not_in_python_3_9():
    tree = ast.parse(PROGRAM.read_text(), feature_version=(3, 9))
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    assert names <= sys.stdlib_module_names


def test_what_was_read_gives_no_orders_to_a_terminal(ask):
    export = EXPORT.replace("FEL 2026/2", "\\u001b[2JFEL 2026/2", 1)
    status, said = ask("log", export, "--head", *LOG["heads"])
    assert status == 1
    assert "\\x1b[2JFEL" in said


LINES = EXPORT.encode().splitlines(keepends=True)
HEADS = [head.encode() for head in LOG["heads"]]
CHECK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@CHECK
@given(mangled([EXPORT.encode(), b"".join(LINES[:3])]), mangled(HEADS))
def test_nothing_in_a_log_brings_it_down(ask, export, head):
    assert ask("log", export, "--head", head, head_of(3))[0] < 2


@CHECK
@given(mangled([case["proof"].encode() for case in vectors()["proofs"]]), mangled(LINES))
def test_nothing_in_a_receipt_brings_it_down(ask, proof, leaf):
    assert ask("proof", proof, "--leaf", leaf)[0] < 2


@CHECK
@given(mangled(HEADS), mangled([case["proof"].encode() for case in vectors()["continuations"]]))
def test_nothing_in_heads_brings_it_down(ask, head, proof):
    assert ask("heads", head, "--proof", proof)[0] < 2


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000 + b"\n",
        b'{"a":' * 100_000 + b"\n",
        b"9" * 100_000 + b"\n",
        b"-" + b"9" * 5_000 + b"\n",
        b'"' + b"a" * 100_000,
        b"\xff\xfe\n",
        b"null\n",
        b'"\\ud800"\n',
        b"\n",
    ],
)
def test_a_line_that_is_made_to_bring_it_down_is_refused(ask, line):
    assert ask("log", line, "--head", head_of(3))[0] == 1
    assert ask("proof", vectors()["proofs"][0]["proof"], "--leaf", line)[0] == 1
