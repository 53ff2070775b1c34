"""Signed heads: what is signed, when it isn't, where it is kept, and how a register goes on from an older copy."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils.timezone import now

from feedback import answers, handling, heads, published, register
from feedback.canonical import commitment, event_data, leaf_hash
from feedback.checkpoint import InclusionProof, Key, read_checkpoint
from feedback.merkle import root
from feedback.models import Entry, Event, Head, Passage
from feedback.standing import standing_of
from feedback.steps import Deed
from feedback.verification import Broken, leaves
from tests.feedback.tampering import sql, tamper, unguarded

VERIFIER = Path(register.__file__).parent / "verifier" / "verify.py"
KEPT = Path(__file__).parent / "register-1.jsonl"
ANOTHER_SEED = "YW5vdGhlciBzZWVkIG9mIHRoaXJ0eS10d28gYnl0ZXM="


@pytest.fixture
def entry(receive):
    return receive("Telefonnumret är fel.", email="anna@example.com")


def outside(folder: Path) -> dict[str, str]:
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


@contextmanager
def lost():
    """What happens meanwhile is not in the database afterwards: an older copy of it was restored."""
    before = transaction.savepoint_create()
    yield
    transaction.savepoint_rollback(before)


def refused(*arguments: str) -> str:
    """What the stand-alone verifier finds; "" when it holds."""
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout + done.stderr if done.returncode else ""


# Signing


def test_head_is_the_root_of_all_events_signed_and_kept_outside(entry, receive, heads_folder):
    receive("Ett annat fel.")
    head = heads.sign()
    checkpoint = read_checkpoint(head.text.encode(), heads.keys(1))
    assert (checkpoint.origin, checkpoint.size) == ("testserver/register/FEL", 2)
    assert checkpoint.root == root(leaves(2)) == bytes(head.root)
    assert outside(heads_folder) == {"1-000000000002.txt": head.text, "newest.txt": head.text}


def test_nothing_is_signed_when_nothing_happened(db, receive, heads_folder):
    assert heads.sign() is None
    receive("Ett fel.")
    assert heads.sign().size == 1
    assert heads.sign() is None
    assert Head.objects.count() == 1


# R12
@pytest.mark.parametrize(
    "statement",
    [
        'UPDATE feedback_event SET facts = facts || \'{"kind": "other"}\'',
        "UPDATE feedback_event SET leaf = sha256(leaf)",
        "UPDATE feedback_passage SET text = text || '.' WHERE name = 'message'",
        "DELETE FROM feedback_passage WHERE name = 'email'",
    ],
)
def test_events_are_read_back_and_nothing_is_signed_that_does_not_hold(entry, heads_folder, statement):
    tamper(statement)
    with pytest.raises(Broken, match=r"Event 0 \(FEL"):
        heads.sign()
    with pytest.raises(CommandError, match=r"No head was signed.*Event 0"):
        call_command("sign_heads")
    assert not Head.objects.exists()
    assert not published.names()


# R13
def test_head_that_does_not_continue_the_last_one_is_not_signed(entry, receive):
    heads.sign()
    receive("Ett annat fel.")
    with unguarded():
        sql("UPDATE feedback_event SET at = at + interval '1 second' WHERE sequence = 0")
        sql("UPDATE feedback_event SET leaf = %s WHERE sequence = 0", register.leaf_of(Event.objects.get(sequence=0)))
    with pytest.raises(Broken, match=r"Event 0 \(FEL.* was signed"):
        heads.sign()
    assert Head.objects.count() == 1


def test_machine_that_stops_between_signing_and_publishing_publishes_the_same_head(entry, receive, heads_folder):
    with heads._turn():
        head = heads.sign_what_is_there(heads.History.of_the_register())
    receive("Det går att skriva under tiden.")
    assert heads.sign().size == 2
    assert outside(heads_folder)["1-000000000001.txt"] == head.text
    (heads_folder / "newest.txt").write_text(head.text)
    (heads_folder / "1-000000000002.txt").unlink()
    assert heads.sign() is None
    assert outside(heads_folder)["newest.txt"] == Head.objects.get(size=2).text


# R8
@pytest.mark.django_db(transaction=True)
def test_two_that_sign_at_once_sign_one_head(entry):
    def sign() -> Head | None:
        try:
            return heads.sign()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        signed = [task.result() for task in [pool.submit(sign) for _ in range(4)]]
    assert len([head for head in signed if head]) == 1
    assert Head.objects.count() == 1


def test_clock_that_goes_backwards_and_summer_time_that_ends_change_nothing_in_the_order(entry):
    heads.sign()
    moments = [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # both are half past two in Sweden
        datetime(2026, 10, 24, tzinfo=UTC),
    ]
    for moment in moments:
        with transaction.atomic():
            register.wait_for_turn()
            register._append(entry, Deed.NOTED, "received", None, moment, {}, {})
    assert heads.sign().size == 4
    assert heads.verify().events == 4


# R16
def test_new_key_is_announced_in_the_log_and_old_heads_hold_by_the_old_one(entry, settings):
    before = heads.sign()
    old = heads.signing_key(1).key
    settings.REGISTER_KEY, settings.REGISTER_OLD_KEYS = ANOTHER_SEED, [old]
    after = heads.sign()
    assert after.size == 2
    announced = Event.objects.get(kind=Deed.KEY_CHANGED)
    new = heads.signing_key(1).key
    assert announced.facts == {"old": str(old), "new": str(new)}
    assert read_checkpoint(before.text.encode(), [old]).size == 1
    assert read_checkpoint(after.text.encode(), [new]).size == 2
    assert heads.sign() is None
    assert heads.verify().heads == 2


def test_key_that_was_replaced_signs_no_more(entry, receive, settings):
    heads.sign()
    own, old = settings.REGISTER_KEY, heads.signing_key(1).key
    settings.REGISTER_KEY, settings.REGISTER_OLD_KEYS = ANOTHER_SEED, [old]
    heads.sign()
    settings.REGISTER_OLD_KEYS = [old, heads.signing_key(1).key]
    settings.REGISTER_KEY = own
    receive("Ett annat fel.")
    with heads._turn():
        heads.sign_what_is_there(heads.History.of_the_register())
    published.keep_outside()
    with pytest.raises(Broken, match="The head of 3 events is not signed as it has to be"):
        heads.verify()


def test_new_key_without_the_old_one_signs_nothing(entry, settings):
    heads.sign()
    settings.REGISTER_KEY = ANOTHER_SEED
    with pytest.raises(Broken, match="not signed as it has to be"):
        heads.sign()
    with pytest.raises(Broken, match="not signed as it has to be"):
        heads.verify()


# R7


@pytest.fixture
def older(entry, receive, heads_folder):
    """A register of two events, as it was restored: heads of four were published."""
    receive("Ett andra fel.")
    heads.sign()
    with lost():
        receive("Ett tredje fel.")
        receive("Ett fjärde fel.")
        heads.sign()
    assert Entry.objects.count() == 2
    return heads_folder


def test_older_copy_receives_nothing_and_says_so(older, send, caplog):
    before = Event.objects.count()
    response = send(message="Ett fel till.")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Ett fel till." in response.text
    assert "recover_register" in caplog.text
    with pytest.raises(published.OlderThanPublished):
        register.record(Entry.objects.first(), Deed.ASSIGNED)
    with pytest.raises(published.OlderThanPublished):
        heads.sign()
    with pytest.raises(Broken, match=r"1-000000000004\.txt"):
        heads.verify()
    assert Event.objects.count() == before


def test_head_that_another_machine_publishes_meanwhile_is_no_sign_of_an_older_copy(entry, receive, heads_folder):
    heads.sign()
    before = outside(heads_folder)
    with lost():
        receive("Ett annat fel.")
        heads.sign()
        after = outside(heads_folder)

    def publish(files: dict[str, str]) -> None:
        for path in heads_folder.iterdir():
            path.unlink()
        for name, text in files.items():
            (heads_folder / name).write_text(text)

    def shown(items: list, total: int, what: str) -> list:
        publish(after)
        return items

    publish(before)
    assert heads.verify(shown).heads == 1
    with pytest.raises(Broken, match=r"1-000000000002\.txt"):
        heads.verify()


def test_head_outside_that_can_not_be_read_stops_the_register_too(entry, receive, heads_folder):
    heads.sign()
    (heads_folder / "newest.txt").write_text("Något annat")
    with pytest.raises(published.OlderThanPublished, match="can't be read"):
        receive("Ett annat fel.")


@pytest.mark.parametrize("gone", ["newest.txt", "*.txt"])
def test_register_without_the_folder_of_its_heads_stops_until_somebody_begins_another(receive, heads_folder, gone):
    texts = []
    for number in range(2):
        receive(f"Fel {number}")
        texts.append(heads.sign().text)
    for path in heads_folder.glob(gone):
        path.unlink()
    with pytest.raises(published.OlderThanPublished, match="--new-folder"):
        receive("Ett annat fel.")
    with pytest.raises(CommandError, match="--new-folder"):
        call_command("sign_heads")
    call_command("sign_heads", "--new-folder", stdout=StringIO())
    receive("Ett annat fel.")
    texts.append(heads.sign().text)
    assert set(outside(heads_folder).values()) == set(texts)


def test_folder_with_heads_that_the_register_has_not_is_no_new_one(older):
    (older / "newest.txt").unlink()
    with pytest.raises(CommandError, match="has no head 1-000000000004"):
        call_command("sign_heads", "--new-folder")


def test_machine_that_stops_before_the_first_head_is_kept_goes_on(entry, receive, heads_folder):
    with heads._turn():
        heads.sign_what_is_there(heads.History.of_the_register())
    receive("Ett annat fel.")
    assert heads.sign().size == 2


def recover(*arguments: str) -> str:
    said = StringIO()
    call_command("recover_register", *arguments, stdout=said)
    return said.getvalue()


def test_older_copy_goes_on_once_somebody_has_seen_to_it(older, receive, client):
    with pytest.raises(CommandError, match="of 4 events, not of 2"):
        recover("--size=2")
    with pytest.raises(CommandError, match="2 events at least are lost"):
        recover("--size=4", "--skip=1")
    year = Entry.objects.first().year
    assert f"FEL {year} goes on from 105." in recover("--size=4")
    event = Event.objects.last()
    assert (event.kind, event.facts["epoch"], event.facts["newest"]["size"]) == (Deed.RECOVERED, 2, 4)
    # No number that may have been given is given again, and the database would not take one.
    assert receive("Ett nytt fel.").number == 105
    assert receive("Ett till.").number == 106
    head = heads.sign()
    assert (head.epoch, head.size) == (2, 5)
    assert head.text.startswith("testserver/register/FEL/2\n5\n")
    found = heads.verify()
    assert (found.events, found.heads, found.lost) == (5, 3, 1)
    # What was published stays so.
    assert client.get("/diarium/huvuden/4.txt").content == (older / "1-000000000004.txt").read_bytes()
    assert client.get("/diarium/huvuden/2/5.txt").text == head.text
    assert re.search(rf"FEL {year}\D+105", client.get("/diarium/huvuden/").text)
    with pytest.raises(CommandError, match="nothing to recover"):
        recover("--size=4")


def test_document_numbers_of_the_lost_time_are_not_given_again(entry, receive, heads_folder, django_user_model):
    by = django_user_model.objects.create(username="anna")
    quiet = receive("Ett annat fel.")
    handling.note(entry, "Ringde.", by=by)
    heads.sign()
    with lost():
        handling.note(entry, "Ringde igen.", by=by)
        answers.send(entry, by, "Svar", "Det är rättat.")
        heads.sign()
    recover("--size=5")
    assert Event.objects.last().facts["documents"] == 102
    assert handling.note(entry, "Ringde en gång till.", by=by).facts["document"] == 105
    assert handling.note(entry, "Nu svarade de.", by=by).facts["document"] == 106
    assert handling.note(quiet, "Ringde.", by=by).facts["document"] == 104
    assert handling.note(receive("Ett nytt fel."), "Ringde.", by=by).facts["document"] == 2


def test_number_before_the_one_that_a_recovered_register_goes_on_from_is_refused_below(older, receive):
    recover("--size=4")
    entry = receive("Ett nytt fel.")
    entry.pk, entry.token, entry.number = None, "another", 3
    with pytest.raises(Exception, match="the next number of FEL"), transaction.atomic():
        entry.save(force_insert=True)


def test_copy_older_than_a_recovery_is_recovered_from_once_more(older, receive):
    with lost():
        recover("--size=4")
        last = receive("Ett nytt fel.")
        heads.sign()
    with pytest.raises(published.OlderThanPublished):
        receive("Ett fel.")
    recover("--size=4")
    # Both times left out some: those of the second time are past all that the first had.
    assert receive("Ett fel.").number == 207 > last.number
    assert heads.sign().epoch == 3
    assert heads.verify().lost == 3


def test_register_that_was_changed_is_not_taken_for_an_older_one(older):
    with unguarded():
        sql("UPDATE feedback_event SET at = at + interval '1 second' WHERE sequence = 0")
        sql("UPDATE feedback_event SET leaf = %s WHERE sequence = 0", register.leaf_of(Event.objects.get(sequence=0)))
    with pytest.raises(CommandError, match=r"Nothing was recovered.*One of the events from Event 0"):
        recover("--size=4")
    assert not Event.objects.filter(kind=Deed.RECOVERED).exists()


# What anybody can check


def test_page_of_heads_says_what_they_prove_and_has_each_as_text(entry, client, receive):
    assert client.get("/diarium/huvuden/").status_code == 200
    text = heads.sign().text
    receive("Ett annat fel.")
    heads.sign()
    for prefix in ("", "/en"):
        page = client.get(f"{prefix}/diarium/huvuden/")
        links = re.findall(rf'href="({prefix}/diarium/huvuden/\d+\.txt)"', page.text)
        assert links == [f"{prefix}/diarium/huvuden/2.txt", f"{prefix}/diarium/huvuden/1.txt"]
        assert str(heads.signing_key(1).key) in page.text.replace("&#x2B;", "+")
        response = client.get(links[1])
        assert (response.text, response.headers["Content-Type"]) == (text, "text/plain; charset=utf-8")
    assert client.get("/diarium/huvuden/3.txt").status_code == 404


def test_heads_can_be_followed(entry, client):
    head = heads.sign()
    feed = ElementTree.fromstring(client.get("/diarium/huvuden/huvuden.atom").content)
    atom = "{http://www.w3.org/2005/Atom}"
    (item,) = feed.findall(f"{atom}entry")
    assert item.find(f"{atom}summary").text == head.text
    assert item.find(f"{atom}link").attrib["href"] == "http://testserver/diarium/huvuden/1.txt"


def test_receipt_is_proved_once_a_head_covers_it(entry, receive, client, tmp_path):
    address = f"/kvittens/{entry.token}/"
    for name in ("bevis.tlog-proof", "bevis.json"):
        assert f"{address}{name}" not in client.get(address).text
        assert client.get(f"{address}{name}").status_code == 404
    for number in range(4):
        receive(f"Ett annat fel: {number}")
    heads.sign()
    receive("Ett fel efter det.")
    heads.sign()
    for name in ("bevis.tlog-proof", "bevis.json"):
        assert f'href="{address}{name}"' in client.get(address).text
        response = client.get(f"{address}{name}")
        assert response.headers["Cache-Control"] == "no-store"
        (tmp_path / name).write_bytes(response.content)
    proof = InclusionProof.parse((tmp_path / "bevis.tlog-proof").read_bytes())
    event = json.loads((tmp_path / "bevis.json").read_bytes())
    assert {passage["name"]: passage["text"] for passage in event["passages"]} == {
        "message": entry.message,
        "email": entry.email,
    }
    assert proof.check(register.leaf_of(Event.objects.get(sequence=0)), heads.keys(1)).size == 5
    arguments = ["proof", str(tmp_path / "bevis.tlog-proof"), "--leaf", str(tmp_path / "bevis.json")]
    assert refused(*arguments, "--key", str(heads.signing_key(1).key)) == ""
    (tmp_path / "bevis.json").write_bytes(client.get(f"{address}bevis.json").content.replace(b"fel", b"gul"))
    assert refused(*arguments, "--key", str(heads.signing_key(1).key))


def test_proof_of_what_does_not_hold_is_not_given(entry, receive):
    receive("Ett annat fel.")
    head = heads.sign()
    tamper("UPDATE feedback_event SET leaf = sha256(leaf) WHERE sequence = 1")
    with pytest.raises(Broken, match="Event 0"):
        heads.proof_of(Event.objects.get(sequence=0), head)


@pytest.mark.parametrize("options", [[], ["--with-passages"]])
def test_exported_log_is_what_the_verifier_checks(older, receive, tmp_path, options):
    recover("--size=4")
    receive("Ett nytt fel.")
    call_command("export_log", tmp_path / "log.jsonl", *options, stdout=StringIO(), stderr=StringIO())
    heads.sign()
    exported = (tmp_path / "log.jsonl").read_text()
    assert ("Telefonnumret" in exported) == bool(options)
    for name, epoch, newest in (("1-000000000002.txt", 1, 2), ("2-000000000003.txt", 2, 3)):
        arguments = ["log", str(tmp_path / "log.jsonl"), "--head", str(older / name)]
        assert refused(*arguments, "--key", str(heads.signing_key(epoch).key)) == "", newest
    with pytest.raises(CommandError, match="exists"):
        call_command("export_log", tmp_path / "log.jsonl", stdout=StringIO(), stderr=StringIO())


# R14: made once, by the first version, and never again.

KEPT_KEY = "kept.example/register/FEL+611f8500+AfFDI0pCELLIgX4yfl3t48AIt72qxTCJU8Kk3xHKoQLZ"


def kept_events() -> list[dict]:
    return [json.loads(line) for line in KEPT.read_bytes().splitlines()]


def test_register_of_the_first_version_holds(tmp_path):
    head = read_checkpoint(KEPT.with_suffix(".head.txt").read_bytes(), [Key.parse(KEPT_KEY)])
    made = []
    for event in kept_events():
        data = event_data(
            **{name: event[name] for name in ("sequence", "entry", "kind", "by", "facts", "commitments")},
            at=datetime.fromisoformat(event["at"]),
            from_state=event["from"],
            to_state=event["to"],
        )
        for passage in event.get("passages", []):
            assert (
                commitment(bytes.fromhex(passage["salt"]), passage["text"]).hex()
                == event["commitments"][passage["name"]]
            )
        made.append(leaf_hash(data))
    assert (len(made), root(made)) == (head.size, head.root)
    assert refused("log", str(KEPT), "--head", str(KEPT.with_suffix(".head.txt")), "--key", KEPT_KEY) == ""


def test_register_of_the_first_version_can_be_taken_in_and_verified(db, django_user_model, settings):
    """As a database that was upgraded has it."""
    settings.REGISTER_NAME = KEPT_KEY.partition("+")[0]
    settings.REGISTER_OLD_KEYS = [Key.parse(KEPT_KEY)]
    people = {event["by"] for event in kept_events()} - {""}
    people |= {str(event["facts"]["to"]) for event in kept_events() if event["kind"] == Deed.ASSIGNED}
    for number in people:
        django_user_model.objects.create(pk=int(number), username=number)
    disposed = {event["entry"] for event in kept_events() if event["kind"] == Deed.DISPOSED}
    for event in kept_events():
        take_in(event)
    for entry in Entry.objects.all():
        standing_of(entry, entry.events.order_by("sequence")).save(force_insert=True)
    assert disposed
    text = KEPT.with_suffix(".head.txt").read_bytes().decode()
    note = read_checkpoint(text.encode(), heads.keys(1))
    Head.objects.create(size=note.size, root=note.root, text=text, signed_at=now())
    published.keep_outside()
    assert heads.verify().heads == 1
    # And it goes on, with another key.
    assert heads.sign().size == note.size + 1
    assert heads.verify().heads == 2


def take_in(row: dict) -> None:
    entry = None
    if row["entry"]:
        series, year, number = re.fullmatch(r"(.+) (\d{4})/(\d+)", row["entry"]).groups()
        entry = Entry.objects.numbered(series, int(year), int(number)).first()
        if entry is None:
            facts = dict(row["facts"])
            del facts["receipt"]
            edition = facts.pop("edition")
            entry = Entry(series=series, year=int(year), number=int(number), token=row["entry"], edition_id=edition)
            entry.suspected_spam = False
            for name, value in facts.items():
                setattr(entry, name, datetime.fromisoformat(value) if name.endswith("_at") else value)
            entry.save(force_insert=True)
    event = Event(
        **{name: row[name] for name in ("sequence", "kind", "facts", "commitments")},
        entry=entry,
        at=datetime.fromisoformat(row["at"]),
        by_id=int(row["by"]) if row["by"] else None,
        from_state=row["from"],
        to_state=row["to"],
    )
    event.leaf = register.leaf_of(event)
    event.save(force_insert=True)
    for passage in row.get("passages", []):
        Passage.objects.create(
            event=event, name=passage["name"], salt=bytes.fromhex(passage["salt"]), text=passage["text"]
        )
