"""Closed entries of a period as one ZIP for the e-archive (REC-80): each once, whole, with the right checksums."""

import csv
import io
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from feedback import answers, archive, disposal, register
from feedback.models import Entry, Event
from feedback.steps import Closing, Deed
from strategy.dated import STOCKHOLM, clock
from tests.feedback.kept import decide, person

FGS = "{http://xml.ra.se/e-arkiv/FGS-ERMS}"

# What of ours has to be in the delivery, by the element that it is (the field map of the requirements).
OF_A_CASE = {
    "ArkivobjektID", "ExtraID", "ArendeTyp", "Klass", "Arendemening", "Beskrivning", "Inkommen", "Skapad", "Avslutat",
    "SistaAnvandandetidpunkt", "StatusArande", "Agent", "Motpart", "Gallring", "Restriktion",
    "ArkivobjektListaHandlingar",
}  # fmt: skip
OF_DOCUMENTS = {
    "ArkivobjektID", "Lopnummer", "Handlingstyp", "StatusHandling", "Avsandare", "Mottagare", "Inkommen", "Expedierad",
    "Upprattad", "Skapad", "Bilaga",
}  # fmt: skip

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


@pytest.fixture
def staff(django_user_model, db):
    return person(django_user_model, "rut", "Registrars")


def close(entry: Entry, by: object, reason: str = "") -> None:
    facts = {"closing": str(Closing.FIXED), "other_number": ""}
    register.record(entry, Deed.CLOSED, by=by, facts=facts, passages={"reason": reason})


def export(folder: Path, first: int = 0, last: int = 0) -> zipfile.ZipFile:
    """The closed ones from `first` to `last` days from today."""
    today = localdate(clock(), STOCKHOLM)
    target = folder / f"uttag-{len(list(folder.iterdir()))}.zip"
    archive.export(today + timedelta(days=first), today + timedelta(days=last), target, by=None)
    return zipfile.ZipFile(target)


def cases(package: zipfile.ZipFile) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(package.read("Content/2/arende.xml"))
    assert root.tag == f"{FGS}Leveransobjekt"
    return root.findall(f"{FGS}ArkivobjektListaArenden/{FGS}ArkivobjektArende")


def names(elements: list[ElementTree.Element]) -> set[str]:
    return {part.tag.removeprefix(FGS) for element in elements for part in element}


def rows(package: zipfile.ZipFile) -> list[list[str]]:
    text = package.read("register.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_each_closed_entry_of_the_period_is_there_once_and_no_other(receive, staff, tmp_path):
    closed = [receive(f"Fel {number}") for number in range(archive.CHUNK + 5)]
    for entry in closed:
        close(entry, staff)
    receive("Öppet")
    opened = receive("Öppnat igen")
    close(opened, staff)
    register.record(opened, Deed.REOPENED, by=staff)
    with export(tmp_path) as package:
        numbers = [case.findtext(f"{FGS}ArkivobjektID") for case in cases(package)]
        assert numbers == [entry.designation for entry in closed]
        assert [row[0] for row in rows(package)[1:]] == numbers
    for first, last in ((-9, -1), (1, 9)):
        with export(tmp_path, first, last) as package:
            assert cases(package) == []


def test_every_row_of_the_field_map_is_in_the_delivery(receive, staff, tmp_path):
    entry = receive("Fel på sidan.", email="anna@example.com")
    register.record(entry, Deed.ASSIGNED, by=staff, facts={"to": staff.pk})
    register.record(entry, Deed.DESCRIBED, by=staff, facts={"sender": "private"}, passages={"subject": "Fel nummer"})
    register.record(entry, Deed.NOTED, by=staff, facts={"document": 2}, passages={"note": "Ringde växeln."})
    answers.send(entry, staff, "Svar", "Tack, nu är det rättat.")
    register.record(
        entry,
        Deed.MARKED_SECRET,
        by=staff,
        facts={"provision": "21 kap. 1 § OSL", "decided_on": "2026-11-24", "authority": "Kommunstyrelsen"},
    )
    close(entry, staff, "Numret är bytt.")
    with export(tmp_path) as package:
        (case,) = cases(package)
        documents = case.findall(f"{FGS}ArkivobjektListaHandlingar/{FGS}ArkivobjektHandling")
        assert names([case]) == OF_A_CASE
        assert names(documents) >= OF_DOCUMENTS
        assert {row.element for row in archive.FGS if row.of == archive.DOCUMENT} - {"@Systemidentifierare"} == names(
            documents
        )
        assert case.findtext(f"{FGS}Arendemening") == "Fel nummer"
        assert "Numret är bytt." in case.findtext(f"{FGS}Beskrivning")
        assert case.findtext(f"{FGS}ExtraID") == f"FEL {entry.year}/{entry.number:05}"
        assert [agent.findtext(f"{FGS}Roll") for agent in case.findall(f"{FGS}Agent")] == ["Handläggare", "Registrator"]
        assert [document.findtext(f"{FGS}StatusHandling") for document in documents] == [
            "Inkommen",
            "Upprättad",
            "Expedierad",
        ]
        secrecy = case.find(f"{FGS}Restriktion")
        assert secrecy.get("Typ") == "Sekretess"
        assert "21 kap. 1 § OSL, 2026-11-24, Kommunstyrelsen" in secrecy.findtext(f"{FGS}ForklarandeText")
        assert all(document.find(f"{FGS}Restriktion") is not None for document in documents)
        attached = [document.find(f"{FGS}Bilaga") for document in documents]
        texts = [package.read(one.get("Lank")) for one in attached]
        assert texts == ["Fel på sidan.".encode(), "Ringde växeln.".encode(), "Tack, nu är det rättat.\n".encode()]
        assert [one.get("Checksumma") for one in attached] == [sha256(text).hexdigest() for text in texts]
        assert [one.get("Storlek") for one in attached] == [str(len(text)) for text in texts]


def test_manifest_has_the_checksum_of_every_other_file(receive, staff, tmp_path):
    close(receive("Ett"), staff)
    with export(tmp_path) as package:
        listed = dict(line.split("  ", 1)[::-1] for line in package.read("manifest-sha256.txt").decode().splitlines())
        assert set(listed) == set(package.namelist()) - {"manifest-sha256.txt"}
        for name, checksum in listed.items():
            assert sha256(package.read(name)).hexdigest() == checksum
        assert package.testzip() is None


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, subject=TEXTS)
def test_any_text_survives_the_export(receive, staff, tmp_path, text, subject):
    entry = receive(text, sender=f"{Entry.objects.count()}")
    register.record(entry, Deed.DESCRIBED, by=staff, facts={}, passages={"subject": subject})
    close(entry, staff)
    with export(tmp_path) as package:
        case = cases(package)[-1]
        link = case.find(f".//{FGS}Bilaga").get("Lank")
        assert package.read(link).decode() == text
        assert case.findtext(f"{FGS}Arendemening") == archive.in_xml(subject)
        assert rows(package)[-1][3].removeprefix("'") == subject


def test_what_xml_cannot_hold_is_named(receive, staff, tmp_path):
    entry = receive("Klipp\x08ut")
    register.record(entry, Deed.DESCRIBED, by=staff, facts={}, passages={"subject": "A\x08B\ufffeC\rD\tE"})
    close(entry, staff)
    with export(tmp_path) as package:
        (case,) = cases(package)
        assert case.findtext(f"{FGS}Arendemening") == "A[U+0008]B[U+FFFE]C\rD\tE"
        assert "[U+0008]" in package.read("README.txt").decode()


def test_what_is_disposed_of_is_there_without_its_texts(
    receive, staff, django_user_model, settings, tmp_path_factory, tmp_path
):
    entry = receive("hemligord7391")
    close(entry, staff)
    decide(settings, tmp_path_factory.mktemp("beslut"))
    with export(tmp_path) as package:
        assert cases(package)[0].find(f"{FGS}Gallring").get("Gallras") == "true"
    disposal.propose(entry, by=staff)
    disposal.approve(entry, by=person(django_user_model, "arne", "Archivists"))
    with export(tmp_path) as package:
        (case,) = cases(package)
        assert case.findtext(f"{FGS}StatusArande") == "Gallrat"
        assert case.find(f".//{FGS}Bilaga") is None
        assert not [name for name in package.namelist() if b"hemligord7391" in package.read(name)]


def test_export_is_an_event_with_the_checksum_of_the_file(receive, staff, tmp_path):
    close(receive("Ett"), staff)
    today = localdate(clock(), STOCKHOLM)
    file = tmp_path / "uttag.zip"
    call_command("export_archive", str(today), str(today), str(file), by="rut")
    event = Event.objects.get(kind=Deed.EXPORTED)
    assert (event.by, event.facts["entries"]) == (staff, 1)
    assert event.facts["sha256"] == sha256(file.read_bytes()).hexdigest()
    assert file.stat().st_mode & 0o077 == 0
    before = file.read_bytes()
    with pytest.raises(CommandError, match="already"):
        call_command("export_archive", str(today), str(today), str(file))
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["uttag.zip"]


def test_export_that_fails_leaves_no_file_and_no_event(receive, staff, tmp_path):
    close(receive("Ett"), staff)
    today = localdate(clock(), STOCKHOLM)

    def fail(entries: object, total: int) -> object:
        yield from entries
        raise RuntimeError

    with pytest.raises(RuntimeError):
        archive.export(today, today, tmp_path / "uttag.zip", by=None, progress=fail)
    assert list(tmp_path.iterdir()) == []
    assert not Event.objects.filter(kind=Deed.EXPORTED).exists()
