"""
The closed entries of a period as one ZIP for the e-archive (REC-80): what was written as files, and what is known of it
as FGS Ärendehantering 1.0 (FGS-ERMS), which the mapping FGS below is the whole of.

Everything is written as it is read, so that it takes no more memory for many entries than for few. What is in the ZIP
is not for everybody: it has all that is secret too, marked as that.
"""

import os
import re
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from xml.etree import ElementTree

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import translation
from django.utils.timezone import localtime

from feedback import csv_rows, register
from feedback.designations import Designation
from feedback.handling import name_of
from feedback.models import Entry, Event, Passage
from feedback.retention import Plan, plan
from feedback.steps import Deed, State
from strategy.dated import STOCKHOLM, clock, start_of_day
from strategy.views.public import one_snapshot

NAMESPACE = "http://xml.ra.se/e-arkiv/FGS-ERMS"
FILES, METADATA, REGISTER, MANIFEST, README = (
    "Content/1/",
    "Content/2/arende.xml",
    "register.csv",
    "manifest-sha256.txt",
    "README.txt",
)
# How many entries are in memory at a time
CHUNK = 200

# XML 1.0, section 2.2. A text of the database holds neither NUL nor half of a surrogate pair.
NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

type Value = str | dict[str, str | None] | list[dict[str, str | None]] | None


@dataclass(frozen=True)
class Document:
    """What came in, was sent or was noted, as a file. `data` is None once it is disposed of."""

    case: "Case"
    running: int
    event: Event
    data: bytes | None

    @property
    def designation(self) -> Designation:
        return Designation(self.case.entry.series, self.case.entry.year, self.case.entry.number, self.running)

    @property
    def kind(self) -> str:
        return self.event.kind

    @property
    def name(self) -> str:
        return re.sub(r"[^\w]+", "-", str(self.designation)) + ".txt"

    @property
    def file(self) -> str:
        return FILES + self.name


@dataclass(frozen=True)
class Case:
    """A closed entry and its events in order, their passages with them."""

    entry: Entry
    plan: Plan

    @cached_property
    def standing(self) -> Any:
        return self.entry.standing

    @cached_property
    def events(self) -> list[Event]:
        return list(self.entry.events.all())

    @property
    def designation(self) -> Designation:
        return Designation(self.entry.series, self.entry.year, self.entry.number)

    @property
    def is_disposed(self) -> bool:
        return self.standing.state == State.DISPOSED

    def last(self, *kinds: str) -> Event | None:
        return next((event for event in reversed(self.events) if event.kind in kinds), None)

    @cached_property
    def documents(self) -> list[Document]:
        """Those with a running number: the report, answers, and notes that add to the matter (REC-24, REC-31)."""
        texts = {Deed.RECEIVED: "message", Deed.ANSWERED: "text", Deed.NOTED: "note"}
        found = []
        for event in self.events:
            running = 1 if event.kind == Deed.RECEIVED else event.facts.get("document")
            if event.kind in texts and running:
                text = said(event).get(texts[event.kind])
                found.append(Document(self, running, event, None if text is None else text.encode()))
        return found

    @cached_property
    def subject(self) -> str:
        """The words of the registrar, else the kind and the page: never those of who wrote (REC-52)."""
        described = said(self.last(Deed.DESCRIBED)).get("subject")
        page = self.entry.edition.title if self.entry.edition else self.entry.address
        return described or f"{self.entry.get_kind_display()}: {page}"

    @cached_property
    def other_party(self) -> str:
        """ "-" for nobody who is known: the element is required."""
        return said(self.last(Deed.DESCRIBED)).get("sender") or said(self.events[0]).get("email") or "-"

    @cached_property
    def secrecy(self) -> str:
        """The marking in words; "" without one."""
        marking = self.last(Deed.MARKED_SECRET)
        if not (self.standing.secret and marking):
            return ""
        facts = [str(marking.facts.get(name, "")) for name in ("provision", "decided_on", "authority")]
        words = ", ".join(filter(None, facts))
        return f"Sekretessmarkering: {words}. Sekretessen prövas varje gång någon begär ut handlingen."

    @cached_property
    def is_to_be_disposed_of(self) -> bool:
        decision = self.plan.rule_of(self.standing).decision
        return self.is_disposed or (decision is not None and decision.months is not None)

    @property
    def closing_words(self) -> str:
        """How it was closed, and why."""
        reason = said(self.last(Deed.CLOSED)).get("reason", "")
        other = (self.last(Deed.CLOSED) or self.events[-1]).facts.get("other_number", "")
        return ". ".join(filter(None, (self.standing.get_closing_display(), other, reason)))


def said(event: Event | None) -> dict[str, str]:
    return {passage.name: passage.text for passage in event.passages.all()} if event else {}


# The mapping


def identifier(designation: Designation) -> str:
    """The same in each export, so that an archive sees what it has already."""
    place = settings.SITE_URL or settings.SITE_NAME
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{place}#{designation}"))


def moment(at: datetime | None) -> str | None:
    return localtime(at, STOCKHOLM).isoformat(timespec="seconds") if at else None


def agents(case: Case) -> list[dict[str, str | None]]:
    closed = case.last(Deed.CLOSED)
    people = [("Handläggare", case.standing.assigned_to), ("Registrator", closed.by if closed else None)]
    return [
        {
            "Roll": role,
            "Namn": name_of(person),
            "Organisationsnamn": settings.SITE_NAME,
            "Enhetsnamn": settings.CONTENT_OWNER,
        }
        for role, person in people
        if person
    ]


def restriction(case: Case) -> Value:
    return {"@Typ": "Sekretess", "ForklarandeText": case.secrecy} if case.secrecy else None


def attachment(document: Document) -> Value:
    if document.data is None:
        return None
    return {
        "@Namn": document.name,
        "@Lank": document.file,
        "@Storlek": str(len(document.data)),
        "@Mimetyp": "text/plain",
        "@Checksumma": sha256(document.data).hexdigest(),
        "@ChecksummaMetod": "SHA-256",
    }


def disposal(case: Case) -> Value:
    return {"@Gallras": "true" if case.is_to_be_disposed_of else "false"}


# The words that archives expect, which are Swedish in every language of the portal
KINDS = {Deed.RECEIVED: "Inkommen", Deed.ANSWERED: "Expedierad", Deed.NOTED: "Upprättad"}
TYPES = {Deed.RECEIVED: "Meddelande", Deed.ANSWERED: "Svar", Deed.NOTED: "Tjänsteanteckning"}
CASE, DOCUMENT = "ArkivobjektArende", "ArkivobjektHandling"


@dataclass(frozen=True)
class Row:
    """What of ours is which element (or attribute) of a case or a document. A value of None is left out."""

    ours: str
    of: str
    element: str
    value: Callable[[Any], Value]


def when(*kinds: str) -> Callable[[Document], str | None]:
    return lambda document: moment(document.event.at) if document.kind in kinds else None


# In the order of the elements, as deliveries that archives have taken have them. Attributes begin with @.
FGS = (
    Row("case", CASE, "@Systemidentifierare", lambda case: identifier(case.designation)),
    Row("dnr", CASE, "ArkivobjektID", lambda case: str(case.designation)),
    Row("dnr, padded", CASE, "ExtraID", lambda case: {"@ExtraIDTyp": "Utfyllt", "": case.designation.padded}),
    Row("case type", CASE, "ArendeTyp", lambda case: case.entry.get_kind_display()),
    Row("closed", CASE, "Avslutat", lambda case: moment(case.standing.closed_at)),
    Row(
        "subject, closing",
        CASE,
        "Beskrivning",
        lambda case: ". ".join(filter(None, (case.subject, case.closing_words))),
    ),
    Row("disposal", CASE, "Gallring", disposal),
    Row("officer, registrar", CASE, "Agent", agents),
    Row("plan class", CASE, "Klass", lambda case: str(case.plan.rule_of(case.standing))),
    Row("secrecy", CASE, "Restriktion", restriction),
    Row("other party", CASE, "Motpart", lambda case: {"Namn": case.other_party}),
    Row("last change", CASE, "SistaAnvandandetidpunkt", lambda case: moment(case.events[-1].at)),
    Row("created", CASE, "Skapad", lambda case: moment(case.events[0].at)),
    Row("received", CASE, "Inkommen", lambda case: moment(case.entry.received_at)),
    Row("state", CASE, "StatusArande", lambda case: "Gallrat" if case.is_disposed else "Avslutat"),
    Row("subject", CASE, "Arendemening", lambda case: case.subject),
    Row("document", DOCUMENT, "@Systemidentifierare", lambda document: identifier(document.designation)),
    Row("its number", DOCUMENT, "ArkivobjektID", lambda document: str(document.designation)),
    Row("type", DOCUMENT, "Handlingstyp", lambda document: TYPES[document.kind]),
    Row(
        "sender",
        DOCUMENT,
        "Avsandare",
        lambda document: {"Namn": document.case.other_party} if document.kind == Deed.RECEIVED else None,
    ),
    Row("sent", DOCUMENT, "Expedierad", when(Deed.ANSWERED)),
    Row("disposal of a document", DOCUMENT, "Gallring", lambda document: disposal(document.case)),
    Row("received, of a document", DOCUMENT, "Inkommen", when(Deed.RECEIVED)),
    Row("running number", DOCUMENT, "Lopnummer", lambda document: str(document.running)),
    Row(
        "recipient",
        DOCUMENT,
        "Mottagare",
        lambda document: (
            {"Namn": said(document.event).get("to") or document.case.other_party}
            if document.kind == Deed.ANSWERED
            else None
        ),
    ),
    Row("subject of a document", DOCUMENT, "Rubrik", lambda document: said(document.event).get("subject")),
    Row("created, of a document", DOCUMENT, "Skapad", lambda document: moment(document.event.at)),
    Row("in/out", DOCUMENT, "StatusHandling", lambda document: KINDS[document.kind]),
    Row("made", DOCUMENT, "Upprattad", when(Deed.NOTED)),
    Row("secrecy of a document", DOCUMENT, "Restriktion", lambda document: restriction(document.case)),
    Row("file", DOCUMENT, "Bilaga", attachment),
)


def element(of: str, thing: Case | Document) -> ElementTree.Element:
    made = ElementTree.Element(of)
    for row in FGS:
        if row.of == of:
            value = row.value(thing)
            for item in value if isinstance(value, list) else [value]:
                _put(made, row.element, item)
    return made


def _put(parent: ElementTree.Element, name: str, value: str | dict[str, str | None] | None) -> None:
    if value is None:
        return
    if name.startswith("@"):
        parent.set(name[1:], in_xml(value))
        return
    child = parent if not name else ElementTree.SubElement(parent, name)
    if isinstance(value, str):
        child.text = in_xml(value)
        return
    for part, inner in value.items():
        _put(child, part, inner)


def in_xml(text: str) -> str:
    """What XML has no way to write is named instead: [U+0008]. The files have it as it was."""
    return NOT_IN_XML.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def as_text(case: Case) -> str:
    made = element(CASE, case)
    if case.documents:
        listed = ElementTree.SubElement(made, "ArkivobjektListaHandlingar")
        listed.extend(element(DOCUMENT, document) for document in case.documents)
    # What reads XML takes a bare carriage return for a line feed (section 2.11).
    return ElementTree.tostring(made, encoding="unicode").replace("\r", "&#13;")


# The export


def closed(first: date, last: date) -> QuerySet[Entry]:
    """Those that were closed from the one day to the other, both with it, and are not open again."""
    return Entry.objects.filter(
        standing__state__in=(State.CLOSED, State.DISPOSED),
        standing__closed_at__gte=start_of_day(first),
        standing__closed_at__lt=start_of_day(last + timedelta(days=1)),
    )


def export(
    first: date,
    last: date,
    target: Path,
    *,
    by: AbstractBaseUser | None,
    progress: Callable[[Iterable[Entry], int], Iterable[Entry]] = lambda entries, total: entries,
) -> int:
    """
    Writes the file, tells the register of it, and returns how many entries are in it. FileExistsError if it is there.

    `progress` is given the entries and how many they are, and passes them on. The file is there when all of it is.
    """
    if target.exists():
        raise FileExistsError(target)
    part = target.with_name(f"{target.name}.part")
    try:
        # Nobody else on the machine may read it.
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with translation.override(settings.LANGUAGE_CODE):
                count = _write(file, target.parent, first, last, progress)
            file.seek(0)
            digest = sha256()
            while block := file.read(1 << 20):
                digest.update(block)
            os.fsync(file.fileno())
        facts = {
            "what": "archive",
            "from": first.isoformat(),
            "to": last.isoformat(),
            "entries": count,
            "sha256": digest.hexdigest(),
        }
        with transaction.atomic():
            register.record(None, Deed.EXPORTED, by=by, facts=facts)
            part.rename(target)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise
    return count


class _Package:
    """A ZIP whose files are written one after the other, and a manifest of them."""

    def __init__(self, archive: zipfile.ZipFile, manifest: IO[bytes], at: datetime) -> None:
        self.zip, self.manifest = archive, manifest
        # One object for all files: the archive remembers each of them until the end.
        self.at = localtime(at, STOCKHOLM).timetuple()[:6]

    def add(self, name: str, content: bytes | IO[bytes]) -> None:
        digest = sha256()
        info = zipfile.ZipInfo(name, self.at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self.zip.open(info, "w", force_zip64=not isinstance(content, bytes)) as file:
            for block in [content] if isinstance(content, bytes) else _blocks(content):
                digest.update(block)
                file.write(block)
        self.manifest.write(f"{digest.hexdigest()}  {name}\n".encode())

    def finish(self) -> None:
        """The manifest can't hold its own checksum."""
        with self.zip.open(zipfile.ZipInfo(MANIFEST, self.at), "w", force_zip64=True) as file:
            for block in _blocks(self.manifest):
                file.write(block)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(1 << 16):
        yield block


@one_snapshot
def _write(
    file: IO[bytes],
    folder: Path,
    first: date,
    last: date,
    progress: Callable[[Iterable[Entry], int], Iterable[Entry]],
) -> int:
    """All of it is the register as it stood at one moment."""
    count = 0
    found = plan()
    with ExitStack() as stack:
        at = clock()
        # Files without a name: a ZIP takes one file after the other, and these grow together.
        metadata, table, manifest = (stack.enter_context(TemporaryFile(dir=folder)) for _number in range(3))
        package = _Package(stack.enter_context(zipfile.ZipFile(file, "w")), manifest, at)
        metadata.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Leveransobjekt xmlns="{NAMESPACE}">\n'.encode())
        metadata.write(b"<ArkivobjektListaArenden>\n")
        table.write(b"".join(csv_rows.stream([COLUMNS])))
        entries = closed(first, last)
        for entry in progress(_with_events(entries), entries.count()):
            case = Case(entry, found)
            for document in case.documents:
                if document.data is not None:
                    package.add(document.file, document.data)
            metadata.write(as_text(case).encode() + b"\n")
            _mark, line = csv_rows.stream([line_of(case)])
            table.write(line)
            count += 1
        metadata.write(b"</ArkivobjektListaArenden>\n</Leveransobjekt>\n")
        package.add(METADATA, metadata)
        package.add(REGISTER, table)
        package.add(README, readme(first, last, at, count).encode())
        package.finish()
    return count


def _with_events(entries: QuerySet[Entry]) -> Iterator[Entry]:
    """Three queries for each chunk."""
    passages = Prefetch("passages", Passage.objects.only("event", "name", "text"))
    events = Event.objects.order_by("sequence").select_related("by").defer("leaf", "commitments")
    return (
        entries.select_related("standing__assigned_to", "edition")
        .defer("edition__document")
        .prefetch_related(Prefetch("events", events.prefetch_related(passages)))
        .order_by("received_at", "pk")
        .iterator(chunk_size=CHUNK)
    )


COLUMNS = [
    "Diarienummer",
    "Inkom",
    "Slag",
    "Ärendemening",
    "Motpart",
    "Sida",
    "Språk",
    "Handlingar",
    "Läge",
    "Avslutat",
    "Avslutat som",
    "Sekretess",
    "Gallras",
]


def line_of(case: Case) -> list[str | None]:
    return [
        str(case.designation),
        moment(case.entry.received_at),
        case.entry.get_kind_display(),
        case.subject,
        case.other_party,
        case.entry.address,
        case.entry.language,
        str(len(case.documents)),
        case.standing.get_state_display(),
        moment(case.standing.closed_at),
        case.closing_words,
        case.secrecy,
        "ja" if case.is_to_be_disposed_of else "nej",
    ]


def readme(first: date, last: date, at: datetime, count: int) -> str:
    return f"""Ärenden ur registret {settings.REPORT_SERIES}, {settings.SITE_NAME}

Ärenden som avslutades från och med {first} till och med {last}: {count} stycken.
Uttaget gjordes {moment(at)}.

{FILES}                 Handlingarnas text, en fil för varje, i UTF-8 och precis som den kom in eller skickades.
{METADATA}      Ärenden och handlingar enligt FGS Ärendehantering 1.0 ({NAMESPACE}).
{REGISTER}              Samma ärenden som tabell: UTF-8 med BOM, semikolon, RFC 4180. En cell som börjar med
                          = + - @ eller en apostrof har en apostrof framför sig, så att inget kalkylprogram
                          tar den för en formel.
{MANIFEST}       SHA-256 för varje fil i paketet utom den själv (sha256sum -c {MANIFEST}).

Bilagornas namn är handlingens beteckning: FEL-2026-17-1.txt är handling 1 i ärende FEL 2026/17.
Ett ärende som är gallrat har kvar nummer, datum, slag och beslut men inga filer (Gallring, StatusArande).
Sekretessmarkerade ärenden och handlingar har elementet Restriktion. Markeringen är en varning: sekretessen
prövas varje gång någon begär ut handlingen.
Tecken som XML 1.0 inte kan innehålla (styrtecken) är utskrivna med sitt nummer, till exempel [U+0008].
I filerna står de kvar som de var.
"""
