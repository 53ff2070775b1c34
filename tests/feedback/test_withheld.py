"""What the public register hides of an entry is not in an exported log either, which can be checked all the same."""

import json
import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from feedback import heads, register, release
from feedback.masks import Ground, Mask
from feedback.models import Entry, Event, Passage, Standing
from feedback.retention import plan
from feedback.steps import Deed
from feedback.verifier import verify

MARKING = {"provision": "21 kap. 1 § OSL", "decided_on": "2026-11-24", "authority": "KS", "protected": False}
OF_THE_SUBJECT = ["/visioner/", '"request"', "98765431", "social", "SN 2026/99", "accessibility_request"]
OF_THE_SENDER = ["organisation"]


@pytest.fixture
def entry(receive, django_user_model):
    """Everything has happened to it that tells what it is about, and the same to another, which is open."""
    people = [django_user_model.objects.create(username=name) for name in "ab"]
    entry = receive("Ring Bo.", address="/visioner/", edition_id=None, kind=Entry.Kind.REQUEST)
    receive("Ett fel.")
    release.release(entry, [Mask(5, 7, Ground.SOCIAL, date(2090, 1, 1))])
    register.record(entry, Deed.DESCRIBED, facts={"sender": "organisation"})
    register.record(entry, Deed.CORRECTED, facts={"node": 98765431, "before": None, "after": 98765432})
    register.record(entry, Deed.CLOSED, facts={"closing": "handed_over", "other_number": "SN 2026/99"})
    register.record(entry, Deed.PROPOSED, by=people[0], facts={"rule": "accessibility_request"})
    return entry


def mark(entry: Entry, **hidden: bool) -> None:
    facts = {**MARKING, "sender_hidden": False, "subject_hidden": False, **hidden}
    register.record(entry, Deed.MARKED_SECRET, facts=facts)


def export(folder: Path, *options: str) -> tuple[str, str]:
    """The log, which the verifier has taken, and what that said."""
    file = folder / f"log-{len(list(folder.iterdir()))}.jsonl"
    heads.sign()
    call_command("export_log", file, *options, stdout=StringIO(), stderr=StringIO())
    assert file.stat().st_mode & 0o077 == 0
    newest = folder.parent / "head.txt"
    newest.write_text(heads.Head.objects.order_by("size").last().text)
    said = StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", said)
        status = verify.main(["log", str(file), "--head", str(newest), "--key", str(heads.signing_key(1).key)])
    assert status == 0, said.getvalue()
    return file.read_text(), said.getvalue()


def not_shown(said: str) -> int:
    found = re.search(r"NOT shown: (\d+) event", said)
    return int(found[1]) if found else 0


def test_log_tells_nothing_of_a_subject_that_is_hidden(entry, tmp_path):
    log, said = export(tmp_path)
    assert not_shown(said) == 0
    for token in OF_THE_SUBJECT + OF_THE_SENDER:
        assert token in log
    mark(entry, subject_hidden=True)
    log, said = export(tmp_path)
    assert not_shown(said) == 5
    for token in OF_THE_SUBJECT:
        assert token not in log
    for shown in (*OF_THE_SENDER, "21 kap. 1 § OSL", "/om/"):
        assert shown in log
    # Once the marking is removed, nothing is hidden any more, here and in the public register.
    register.record(entry, Deed.UNMARKED)
    assert not_shown(export(tmp_path)[1]) == 0


@pytest.mark.parametrize("flag", ["sender_hidden", "protected"])
def test_log_tells_nothing_of_a_sender_who_is_hidden(entry, tmp_path, flag):
    mark(entry, **{flag: True})
    log, said = export(tmp_path)
    assert not_shown(said) == 1
    assert "organisation" not in log
    assert "/visioner/" in log


def test_export_of_everything_has_it_and_is_written_down(entry, tmp_path):
    mark(entry, subject_hidden=True, sender_hidden=True)
    log, said = export(tmp_path, "--with-passages")
    assert not_shown(said) == 0
    for token in (*OF_THE_SUBJECT, *OF_THE_SENDER, "Ring Bo."):
        assert token in log
    assert Event.objects.last().kind == Deed.EXPORTED


def test_what_is_withheld_can_not_be_found_by_trying(entry, tmp_path):
    """Who dealt with it, when, and all pages there are can be known: something in each has to be nobody's guess."""
    mark(entry, subject_hidden=True, sender_hidden=True)
    lines = [json.loads(line) for line in export(tmp_path)[0].splitlines()]
    withheld = [Event.objects.get(sequence=line["sequence"]) for line in lines if "leaf" in line]
    assert {event.kind for event in withheld} == {
        Deed.RECEIVED,
        Deed.RELEASED,
        Deed.DESCRIBED,
        Deed.CORRECTED,
        Deed.CLOSED,
        Deed.PROPOSED,
    }
    salts = [event.facts["salt"] for event in withheld if not event.commitments]
    assert len(set(salts)) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", salt) for salt in salts)


def test_public_register_tells_no_more_than_the_log(entry, client):
    place = f"/diarium/FEL/{entry.year}/{entry.number}/"
    assert "SN 2026/99" in client.get(place).text
    mark(entry, subject_hidden=True)
    assert "SN 2026/99" not in client.get(place).text


def test_kind_is_not_told_by_the_rule_of_a_disposal(entry, client, django_user_model, tmp_path):
    mark(entry, subject_hidden=True)
    other = django_user_model.objects.get(username="b")
    register.record(entry, Deed.DISPOSED, by=other, facts={"rule": "accessibility_request"})
    Passage.objects.filter(event__entry=entry).delete()
    rule, place = str(plan().rule("accessibility_request")), f"/diarium/FEL/{entry.year}/{entry.number}/"
    text = client.get(place).text
    assert "Gallra" in text
    assert rule not in text
    log, said = export(tmp_path)
    assert not_shown(said) == 6
    for told in (text, log):
        assert "accessibility_request" not in told
    Standing.objects.filter(entry=entry).update(subject_hidden=False)
    assert rule in client.get(place).text
