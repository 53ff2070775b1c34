"""
The register in memory, by its rules as people would tell them: what may be done with a report, by whom and when, who is
then shown what, and what is left of it. It knows nothing of the database, and asks the program nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

GAP = "█████"
SWEDEN = ZoneInfo("Europe/Stockholm")
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]
LIMIT = 2  # reports from one sender in a minute

OPEN = ("received", "in_progress", "answered")
KEPT = (*OPEN, "closed")
# Where it can be done
STEPS = {
    "received": ("",),
    "assigned": OPEN,
    "noted": KEPT,
    "answered": OPEN,
    "sent": KEPT,
    "not_sent": KEPT,
    "corrected": KEPT,
    "closed": OPEN,
    "reopened": ("closed",),
    "described": KEPT,
    "marked_secret": KEPT,
    "unmarked": KEPT,
    "read": KEPT,
    "released": KEPT,
    "withdrawn": KEPT,
    "held": KEPT,
    "unheld": KEPT,
    "proposed": ("closed",),
    "rejected": ("closed",),
    "disposed": ("closed",),
}
# Where it leads; all else to where it was, but that what is given to somebody is in progress.
LEADS_TO = {
    "received": "received",
    "answered": "answered",
    "closed": "closed",
    "reopened": "in_progress",
    "disposed": "disposed",
}
# What nobody would decide otherwise for
NO_NEWS = ("read", "sent")
NOT_TOLD = ("sent", "not_sent", "described", "read", "held", "unheld", "proposed", "rejected")
TOMBSTONE = ("received", "closed", "disposed")

OF_THE_SENDER = ("email", "to", "sender")
MAY_PROPOSE = ("Registrars", "Archivists")
MAY_APPROVE = ("Archivists",)


class No(Exception):
    """It is refused."""


class Stale(No):
    """It would be done, had nothing happened meanwhile."""


@dataclass(frozen=True)
class Person:
    name: str
    role: str = ""


@dataclass(frozen=True)
class Happening:
    number: int
    report: "Report | None"
    kind: str
    before: str
    after: str
    at: datetime
    by: str
    facts: dict
    texts: tuple[str, ...]


@dataclass
class Letter:
    """`tries` since somebody last decided that it is sent."""

    to: str
    document: int
    next_at: datetime
    state: str = "waiting"
    tries: int = 0
    by: str = ""


@dataclass(eq=False)
class Report:
    """`parts` make up the message; the last two of four are a personal identity number."""

    year: int
    number: int
    kind: str
    language: str
    parts: tuple[str, ...]
    email: str
    edition: int | None
    spam: bool
    state: str = ""
    documents: int = 1
    assigned: str = ""
    closing: str = ""
    closed_at: datetime | None = None
    answered_at: datetime | None = None
    answers: list[tuple[str, str]] = field(default_factory=list)
    sender: str = "private"
    described: int | None = None
    name: str = ""
    subject: str = ""
    secret: bool = False
    sender_hidden: bool = False
    subject_hidden: bool = False
    protected: bool = False
    released: int | None = None
    copy: str = ""
    masks: list[dict] = field(default_factory=list)
    held: bool = False
    proposal: Happening | None = None
    corrections: list[int] = field(default_factory=list)
    drafts: dict[str, tuple[str, str]] = field(default_factory=dict)
    papers: dict[int, str] = field(default_factory=dict)
    letters: dict[int, Letter] = field(default_factory=dict)
    texts: dict[tuple[int, str], str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        return message_of(self.parts)

    @property
    def is_disposed(self) -> bool:
        return self.state == "disposed"

    def is_secret(self, name: str) -> bool:
        if name in OF_THE_SENDER:
            return self.sender_hidden
        return self.subject_hidden if name == "subject" else self.secret


def message_of(parts: tuple[str, ...]) -> str:
    """Hej <a>, <b>. Jag är <half of a number>-<the other half>."""
    text = f"Hej {parts[0]}, {parts[1]}."
    return f"{text} Jag är {parts[2]}-{parts[3]}." if len(parts) == 4 else text


def masked(text: str, masks: list[tuple]) -> tuple[str, list[dict], str]:
    """
    With a gap for each mask; where they are in it; and where the masks are in the text: a place that two of them cover
    is of the one that begins first.
    """
    of: list[tuple | None] = [None] * len(text)
    for mask in sorted(masks):
        for place in range(mask[0], mask[1]):
            of[place] = of[place] or mask
    copy, gaps, places = "", [], []
    for mask, run in groupby(range(len(text)), key=lambda place: of[place]):
        run = list(run)
        first, end = run[0], run[-1] + 1
        if mask:
            gaps.append({"at": len(copy), "ground": mask[2], "review_on": mask[3]})
            places.append(f"{first}-{end}")
        copy += GAP if mask else text[first:end]
    return copy, gaps, " ".join(places)


def months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 0, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def refuse_if(*reasons: object) -> None:
    if any(reasons):
        raise No


@dataclass
class Register:
    """`decided`: by rule, the decision and after how many months; None is for good."""

    events: list[Happening] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    recent: list[tuple] = field(default_factory=list)
    decided: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    heads: list[int] = field(default_factory=list)
    now: datetime | None = None

    # What is asked of it

    @property
    def today(self) -> date:
        return self.now.astimezone(SWEDEN).date()

    def of(self, report: Report) -> list[Happening]:
        return [event for event in self.events if event.report is report]

    def news(self, report: Report, seen: int | None) -> bool:
        if seen is None:
            return False
        return any(event.number > seen and event.kind not in NO_NEWS for event in self.of(report))

    def told(self, report: Report) -> list[str]:
        """What happened, as everybody may know it. The page's own history tells which page was corrected when."""
        hidden = (*NOT_TOLD, "corrected") if report.subject_hidden else NOT_TOLD
        kinds = [event.kind for event in self.of(report) if event.kind not in hidden]
        return [kind for kind in kinds if kind in TOMBSTONE] if report.is_disposed else kinds

    def is_over(self, report: Report) -> bool:
        """Whether its term has passed, and nobody holds it."""
        __, months = self.decided.get(self.rule(report), ("", None))
        if report.state != "closed" or report.held or months is None:
            return False
        return months_after(report.closed_at.astimezone(SWEDEN).date(), months) <= self.today

    def is_due(self, report: Report) -> bool:
        waits = any(letter.state == "waiting" and letter.document > 1 for letter in report.letters.values())
        return self.is_over(report) and not waits

    def rule(self, report: Report) -> str:
        if report.closing == "little_importance":
            return "little_importance"
        kinds = {"failure": "accessibility_failure", "request": "accessibility_request"}
        return kinds.get(report.kind, "error_report")

    def stored(self) -> Iterator[str]:
        """Everything that somebody wrote and that is still kept."""
        for report in self.reports:
            yield from report.texts.values()
            yield from report.papers.values()
            for draft in report.drafts.values():
                yield from draft

    def public(self) -> Iterator[str]:
        """What of that everybody may read."""
        for report in self.reports:
            if report.is_disposed:
                continue
            if not report.secret:
                yield report.copy
            if not report.subject_hidden:
                yield report.subject
            if not report.sender_hidden:
                yield report.name

    # What is done

    def record(self, report: Report | None, kind: str, by: str, texts: dict | None = None, **facts: object) -> None:
        before = after = report.state if report else ""
        if report:
            refuse_if(before not in STEPS[kind])
            given = "in_progress" if (kind, before) == ("assigned", "received") else before
            report.state = after = LEADS_TO.get(kind, given)
        number = len(self.events)
        texts = {name: text for name, text in (texts or {}).items() if text}
        self.events.append(Happening(number, report, kind, before, after, self.now, by, facts, tuple(sorted(texts))))
        if report:
            report.texts |= {(number, name): text for name, text in texts.items()}

    def receive(
        self,
        sender: str,
        kind: str,
        language: str,
        parts: tuple[str, ...],
        email: str,
        edition: int | None,
        spam: bool,
        shown_at: datetime,
    ) -> Report:
        """
        The same again within ten minutes, from the page as it was shown, is the same report. Nobody gets a receipt of
        what may be spam.
        """
        self.recent = [row for row in self.recent if row[0] > self.now - timedelta(minutes=10)]
        content = (sender, kind, parts, email, edition is None, shown_at)
        for __, theirs, report in self.recent:
            if theirs == content:
                return report
        theirs = [at for at, said, __ in self.recent if said[0] == sender and at > self.now - timedelta(minutes=1)]
        year = self.today.year
        number = 1 + sum(report.year == year for report in self.reports)
        report = Report(year, number, kind, language, parts, email, edition, spam or len(theirs) >= LIMIT)
        self.reports.append(report)
        self.recent.append((self.now, content, report))
        self.record(report, "received", "", {"message": report.message, "email": email})
        if email and not report.spam:
            report.letters[self.events[-1].number] = Letter(email, 1, self.now)
        return report

    def assign(self, report: Report, to: str, by: Person) -> None:
        refuse_if(report.assigned == to)
        self.record(report, "assigned", by.name)
        report.assigned = to

    def note(self, report: Report, text: str, by: Person) -> None:
        refuse_if(not text.strip())
        self.record(report, "noted", by.name, {"note": text}, document=report.documents + 1)
        report.documents += 1

    def jot(self, report: Report, key: int, text: str) -> None:
        """Nothing is left about what is closed."""
        refuse_if(not text.strip(), report.state not in OPEN)
        report.papers[key] = text

    def keep(self, report: Report, key: int, by: Person) -> None:
        refuse_if(key not in report.papers)
        self.note(report, report.papers[key], by)
        del report.papers[key]

    def draft(self, report: Report, subject: str, text: str, by: Person) -> None:
        """Nor this."""
        refuse_if(report.state not in OPEN)
        report.drafts[by.name] = (subject, text)

    def answer(self, report: Report, subject: str, text: str, by: Person) -> None:
        refuse_if(not subject.strip(), not text.strip())
        text = f"{text.strip()}\n"
        texts = {"to": report.email, "subject": subject, "text": text}
        self.record(report, "answered", by.name, texts, document=report.documents + 1, language=report.language)
        report.documents += 1
        report.answered_at = self.now
        report.answers.append((subject, text))
        report.drafts.pop(by.name, None)
        if report.email:
            report.letters[self.events[-1].number] = Letter(report.email, report.documents, self.now)

    def mail(self, report: Report, number: int, is_server_there: bool) -> None:
        """One try. Without a server it is put off, each time for longer."""
        letter = report.letters[number]
        if letter.state != "waiting" or letter.next_at > self.now:
            return
        letter.tries += 1
        if "@xxx" in letter.to:
            letter.state = "refused"
            self.record(report, "not_sent", letter.by, document=letter.document, problem="no_address")
        elif is_server_there:
            letter.state = "sent"
            self.files.add(f"fel-{report.year}-{report.number}-{letter.document}.eml")
            self.record(report, "sent", letter.by, document=letter.document)
        else:
            letter.next_at = self.now + PAUSES[min(letter.tries, len(PAUSES)) - 1]

    def send_again(self, letter: Letter, by: Person) -> None:
        refuse_if(letter.state != "refused")
        letter.state, letter.tries, letter.by, letter.next_at = "waiting", 0, by.name, self.now

    def arrived(self, report: Report, letter: Letter, by: Person) -> None:
        refuse_if(letter.state != "refused")
        letter.state, letter.by = "sent", by.name
        self.record(report, "sent", by.name, document=letter.document)

    def close(self, report: Report, closing: str, other_number: str, reason: str, by: Person) -> None:
        refuse_if(
            closing == "answered" and report.answered_at is None,
            closing == "little_importance" and (report.secret or report.email),
            (closing == "handed_over") != (other_number != ""),
            other_number and not other_number.startswith("KS "),
            report.drafts,
            report.papers,
        )
        self.record(report, "closed", by.name, {"reason": reason}, closing=closing, other_number=other_number)
        report.closing, report.closed_at = closing, self.now

    def reopen(self, report: Report, reason: str, by: Person) -> None:
        refuse_if(not reason.strip())
        self.record(report, "reopened", by.name, {"reason": reason})
        report.closing, report.closed_at, report.proposal = "", None, None

    def mark(
        self, report: Report, provision: str, on: date | None, authority: str, flags: set[str], by: Person
    ) -> None:
        """A marking has all three, and takes what was released back."""
        refuse_if(
            "kap." not in provision,
            on is None or on > self.today,
            not authority,
            report.closing == "little_importance",
        )
        hidden = {
            "sender_hidden": bool(flags & {"sender_hidden", "protected"}),
            "subject_hidden": "subject_hidden" in flags,
            "protected": "protected" in flags,
        }
        facts = {"provision": provision, "decided_on": on.isoformat(), "authority": authority, **hidden}
        self.record(report, "marked_secret", by.name, **facts)
        vars(report).update(hidden, secret=True)
        self.take_back(report)

    def take_back(self, report: Report) -> None:
        report.released, report.copy, report.masks = None, "", []

    def unmark(self, report: Report, reason: str, by: Person) -> None:
        refuse_if(not report.secret, not reason.strip())
        self.record(report, "unmarked", by.name, {"reason": reason})
        report.secret = report.sender_hidden = report.subject_hidden = report.protected = False

    def show(self, report: Report, by: Person) -> None:
        """To read what is secret is written down."""
        if what := sorted({name for __, name in report.texts if report.is_secret(name)}):
            self.record(report, "read", by.name, what=what)

    def describe(self, report: Report, sender: str, name: str, subject: str, by: Person) -> None:
        """A private person is not named."""
        name = "" if sender == "private" else name
        refuse_if(sender != "private" and not name, "1212-1212" in subject + name)
        self.record(report, "described", by.name, {"sender": name, "subject": subject}, sender=sender)
        report.sender, report.name, report.subject = sender, name, subject
        report.described = self.events[-1].number

    def release(self, report: Report, masks: list[tuple], by: Person) -> None:
        """Not a digit of a personal identity number is let through."""
        text = report.message
        refuse_if(report.secret, report.is_disposed)
        for part in report.parts[2:]:
            start = text.rindex(part)
            covered = {place for mask in masks for place in range(mask[0], mask[1])}
            refuse_if(not covered.issuperset(range(start, start + len(part))))
        copy, gaps, places = masked(text, masks)
        self.record(report, "released", by.name, {"text": copy, "places": places}, masks=gaps)
        report.released, report.copy, report.masks = self.events[-1].number, copy, gaps

    def withdraw(self, report: Report, by: Person) -> None:
        refuse_if(report.released is None)
        self.record(report, "withdrawn", by.name)
        self.take_back(report)

    def correct(self, report: Report, after: int, by: Person) -> None:
        """By an edition that came after the one that was reported on, once."""
        refuse_if(report.edition is None or after <= report.edition, after in report.corrections)
        self.record(report, "corrected", by.name)
        report.corrections.append(after)

    def hold(self, report: Report, reason: str, by: Person) -> None:
        refuse_if(report.held, not reason.strip())
        self.record(report, "held", by.name, {"reason": reason})
        report.held = True

    def unhold(self, report: Report, reason: str, by: Person) -> None:
        refuse_if(not report.held, not reason.strip())
        self.record(report, "unheld", by.name, {"reason": reason})
        report.held = False

    def propose(self, report: Report, by: Person) -> None:
        refuse_if(by.role not in MAY_PROPOSE, report.proposal, not self.is_due(report))
        rule = self.rule(report)
        self.record(report, "proposed", by.name, rule=rule, decision=self.decided[rule][0])
        report.proposal = self.events[-1]

    def reject(self, report: Report, reason: str, by: Person) -> None:
        refuse_if(by.role not in MAY_PROPOSE, not report.proposal, not reason.strip())
        self.record(report, "rejected", by.name, {"reason": reason})
        report.proposal = None

    def approve(self, report: Report, by: Person) -> None:
        """By another person, under the decision that it was proposed under; and nothing is left of what was written."""
        refuse_if(by.role not in MAY_APPROVE, not report.proposal, not self.is_due(report))
        rule = self.rule(report)
        reference, months = self.decided[rule]
        refuse_if(report.proposal.by == by.name, report.proposal.facts["decision"] != reference)
        facts = {"rule": rule, "months": months, "decision": reference, "proposal": report.proposal.number}
        self.record(report, "disposed", by.name, **facts)
        self.take_back(report)
        report.proposal = report.described = None
        report.assigned = report.name = report.subject = ""
        for kept in (report.answers, report.drafts, report.papers, report.letters, report.texts):
            kept.clear()
        self.recent = [row for row in self.recent if row[2] is not report]
        self.files = {name for name in self.files if not name.startswith(f"fel-{report.year}-{report.number}-")}

    def search(self, address: str, by: Person) -> list[Report]:
        """That somebody looked for a person is written down; a secret text is found by nothing that it says."""
        self.record(None, "searched", by.name)
        return [
            report
            for report in self.reports
            if any(
                text == address if name in ("email", "to") else address in text and not report.secret
                for (__, name), text in report.texts.items()
            )
        ]

    def sign(self) -> None:
        if not self.heads or self.heads[-1] != len(self.events):
            self.heads.append(len(self.events))
