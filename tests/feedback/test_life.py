"""
Whatever people do with the register, in any order: it does, refuses, shows and forgets what the model in memory says
(tests/feedback/model.py). And after each run it holds, but not once anything in it is changed.

The clock is the database's own, but under our hand: a function of the same name stands before PostgreSQL's, so that
terms pass in no time.
"""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
from django.conf import settings as portal
from django.db import connection, transaction
from django.test import TestCase
from django.utils.translation import override
from django_tasks_db.models import DBTaskResult
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from feedback import (
    answers,
    closing,
    corrections,
    disposal,
    handling,
    heads,
    inbox,
    mail,
    masks,
    progress,
    public,
    register,
    release,
    secrecy,
)
from feedback.models import Entry, Event, Letter, Standing
from feedback.steps import Closing, Deed
from tests.feedback import any_row, model
from tests.feedback.desk import person
from tests.feedback.kept import decide
from tests.feedback.model import No, Person, Register, Report, Stale

EXAMPLES = int(os.environ.get("LIFE_EXAMPLES", "22"))
STEPS = int(os.environ.get("LIFE_STEPS", "35"))
TAMPERINGS = 2

# Two days before a year ends, when numbers begin again
DAY_ONE = datetime(2030, 12, 29, 11, tzinfo=UTC)
# In no time but that of a deed: less than what adds up to a minute
A_WHILE = timedelta(seconds=7)

PEOPLE = {
    who.name: who
    for who in (
        Person("rut", "Registrars"),
        Person("carl", "Case officers"),
        Person("arne", "Archivists"),
        Person("asta", "Archivists"),
        Person("sune"),
    )
}
DECIDED = (
    {},
    {
        "error_report": ("KS 2026/45 § 12", 0),
        "little_importance": ("KS 2026/45 § 12", 0),
        "accessibility_failure": ("KS 2026/45 § 12", 2),
        "accessibility_request": ("KS 2026/45 § 12", None),
    },
    {"error_report": ("KS 2027/9 § 3", 1), "little_importance": ("KS 2027/9 § 3", 0)},
)
TITLES = ("Om webbplatsen", "Om oss", "Om kommunen")
NUMBER = ("19121212", "1212")
TABLES = ("passage", "draft", "workingnote", "letter", "recentreport", "standing", "entry", "event")
TOKEN = re.compile(r"hemlig\d{4}")


def sql(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def unit() -> transaction.Atomic:
    """A transaction in which others may be that have to be the outermost: as the tests' own is."""
    unit = transaction.atomic()
    unit._from_testcase = True
    return unit


def set_clock(now: datetime) -> None:
    sql("SELECT set_config('fake.clock', %s, true)", now.isoformat())


@pytest.fixture
def world(db, settings, tmp_path, django_user_model):
    """People, a page in three editions, and three files of decisions."""
    sql("""
        CREATE SCHEMA fake;
        CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
            $$ SELECT current_setting('fake.clock')::timestamptz $$;
        CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS
            $$ SELECT current_setting('fake.clock')::timestamptz $$;
        CREATE FUNCTION fake.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
            $$ SELECT current_setting('fake.clock')::timestamptz $$;
        SET LOCAL search_path = fake, public, pg_catalog;
    """)
    from strategy import publishing
    from strategy.models import Node, Page

    set_clock(DAY_ONE - timedelta(days=10))
    start = Node.objects.add_root(create_kwargs={"kind": "start", "title": "Start"})
    publishing.publish(start)
    node = Node.objects.add_child(start, create_kwargs={"kind": "text", "slug": "om", "title": "Om"})
    for number, title in enumerate(TITLES):
        set_clock(DAY_ONE - timedelta(days=9 - number))
        Node.objects.filter(pk=node.pk).update(title=title)
        publishing.publish(Node.objects.get(pk=node.pk))
    settings.REPORTS_PER_MINUTE = model.LIMIT
    settings.MAIL_FROM = settings.MAIL_REPLY_TO = "fardplan@kommun.example"
    settings.MAIL_HOST = ""
    files = []
    for decided in DECIDED:
        decisions = {rule: {"decision": reference, "months": months} for rule, (reference, months) in decided.items()}
        decide(settings, tmp_path, decisions)
        files.append(settings.RETENTION_FILE)
    Life.world = SimpleNamespace(
        people={who.name: person(who.name, who.role, is_superuser=not who.role) for who in PEOPLE.values()},
        editions=list(Page.objects.filter(node=node).order_by("valid")),
        decisions=files,
        public={},
    )
    return settings


class Life(RuleBasedStateMachine):
    world: SimpleNamespace
    which = st.integers(0, 3)
    people = st.sampled_from(list(PEOPLE.values()))
    # The last event that a person had before them: none is asked about, the newest one, or one of those before it
    seen = st.sampled_from((None, None, None, 0, 0, 0, 1, 2))
    reasons = st.sampled_from(("Därför", "Därför", "Därför", "  "))

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fardplan-life-"))
        portal.REGISTER_HEADS = self.folder / "heads"
        self.transaction = unit()
        self.transaction.__enter__()
        self.model = Register()
        self.entries: list[int] = []
        self.tokens = 0
        self.papers: dict[int, int] = {}
        self.touched = 0
        # Since it was last compared
        self.is_changed = False
        self.steps = 0
        self.random = Random(0)
        self.choose_decisions(0)
        portal.MAIL_FOLDER = self.folder / "mail"
        self.set_clock(DAY_ONE)

    def teardown(self) -> None:
        try:
            if self.steps:
                self.check_everything()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)
            shutil.rmtree(self.folder)

    def set_clock(self, now: datetime) -> None:
        self.model.now = now
        set_clock(now)

    def token(self) -> str:
        self.tokens += 1
        return f"hemlig{self.tokens:04}"

    def said(self, text: str) -> str:
        return f"{text} {self.token()}" if text.strip() else text

    def both(self, which: int, real: Callable, pretended: Callable, seen: int | None = None) -> None:
        """Do it to a report in both; what one refuses the other must refuse, and nothing has happened then."""
        self.touched = which = which % len(self.entries)
        report = self.model.reports[which]
        if seen is not None:
            events = self.model.of(report)
            seen = events[max(len(events) - 1 - seen, 0)].number
        tried = deepcopy(self.model)
        try:
            pretended(tried, tried.reports[which])
            expected = Stale if self.model.news(report, seen) else None
        except No:
            expected = No
        found, said = None, ""
        with TestCase.captureOnCommitCallbacks(execute=True):
            try:
                with unit():
                    real(Entry.objects.get(pk=self.entries[which]), seen)
                    sql("SET CONSTRAINTS ALL IMMEDIATE")
            except register.Changed as changed:
                found, said = Stale, str(changed)
            except register.Refused as refused:
                found, said = No, str(refused)
        sql("SET CONSTRAINTS ALL DEFERRED")
        if expected is No and found is Stale:
            # There are two reasons against it, and either will do.
            assert self.model.news(report, seen)
        else:
            assert found is expected, f"{found} ({said}), and should be {expected}"
        if expected is None:
            self.model, self.is_changed = tried, True
        self.set_clock(self.model.now + A_WHILE)

    def who(self, by: Person) -> object:
        return self.world.people[by.name]

    # The world around

    @initialize(seed=st.integers(0, 2**32), decisions=st.sampled_from((0, 1, 1, 1)))
    def begin(self, seed: int, decisions: int) -> None:
        self.random = Random(seed)
        self.choose_decisions(decisions)

    @initialize(reports=st.lists(st.tuples(st.sampled_from(Entry.Kind.values), st.booleans()), min_size=1, max_size=3))
    def begin_with(self, reports: list[tuple[str, bool]]) -> None:
        for number, (kind, with_address) in enumerate(reports):
            email = "good" if with_address else ""
            self.receive("192.0.2.1", kind, "sv", email, 0, False, with_number=number == 0)
            self.wait(timedelta(hours=1))
        self.mail_is_tried(0, True)

    @rule(hours=st.sampled_from((0.1, 2, 24, 24, 24 * 35)))
    def time_passes(self, hours: float) -> None:
        self.wait(timedelta(hours=hours))

    def wait(self, long: timedelta) -> None:
        self.set_clock(self.model.now + long)
        self.is_changed = True

    @rule(which=st.sampled_from((0, 1, 1, 2)))
    def choose_decisions(self, which: int) -> None:
        portal.RETENTION_FILE = self.world.decisions[which]
        self.model.decided = DECIDED[which]

    @rule()
    def sign(self) -> None:
        heads.sign()
        self.model.sign()

    # Receipt

    @precondition(lambda self: len(self.entries) < 4)
    @rule(
        sender=st.sampled_from(("192.0.2.1", "192.0.2.2")),
        kind=st.sampled_from(Entry.Kind.values),
        language=st.sampled_from(("sv", "en")),
        email=st.sampled_from(("", "good", "good", "bad")),
        edition=st.sampled_from((None, 0, 1, 2)),
        spam=st.sampled_from((False, False, True)),
        with_number=st.booleans(),
    )
    def receive(self, sender, kind, language, email, edition, spam, with_number) -> None:
        parts = (self.token(), self.token(), *(NUMBER if with_number else ()))
        hosts = {"good": "example.com", "bad": f"{'x' * 70}.se"}
        address = f"{self.token()}@{hosts[email]}" if email else ""
        self.last = (sender, kind, language, parts, address, edition, spam)
        self.last_shown_at = self.model.now
        self.enter(*self.last, self.last_shown_at)

    @precondition(lambda self: self.entries)
    @rule(page_is_the_same=st.booleans())
    def receive_the_same_again(self, page_is_the_same) -> None:
        self.enter(*self.last, self.last_shown_at if page_is_the_same else self.model.now)

    def enter(self, sender, kind, language, parts, email, edition, spam, shown_at) -> None:
        report = self.model.receive(sender, kind, language, parts, email, edition, spam, shown_at)
        entry = register.receive(
            sender=sender,
            address="/sok/" if edition is None else "/om/",
            edition_id=None if edition is None else self.world.editions[edition].pk,
            shown_at=shown_at,
            language=language,
            message=report.message,
            email=email,
            suspected_spam=spam,
            kind=kind,
        )
        sql("SET CONSTRAINTS ALL IMMEDIATE")
        sql("SET CONSTRAINTS ALL DEFERRED")
        self.touched, self.is_changed = self.model.reports.index(report), True
        if self.touched == len(self.entries):
            self.entries.append(entry.pk)
        assert (entry.pk, entry.year, entry.number) == (self.entries[self.touched], report.year, report.number)
        self.set_clock(self.model.now + A_WHILE)

    # At the desk

    @rule(which=which, to=st.sampled_from(("", "rut", "carl")), by=people, seen=seen)
    def assign(self, which, to, by, seen) -> None:
        self.both(
            which,
            lambda entry, seen: handling.assign(entry, self.world.people.get(to), by=self.who(by), seen=seen),
            lambda model, report: model.assign(report, to, by),
            seen,
        )

    @rule(which=which, text=st.sampled_from(("Ringde", "Ringde", " ")), by=people, seen=seen)
    def note(self, which, text, by, seen) -> None:
        text = self.said(text)
        self.both(
            which,
            lambda entry, seen: handling.note(entry, text, by=self.who(by), seen=seen),
            lambda model, report: model.note(report, text, by),
            seen,
        )

    @rule(which=which, text=st.sampled_from(("Tänkte", " ")), by=people)
    def jot(self, which, text, by) -> None:
        text, key = self.said(text), len(self.papers)

        def jot(entry: Entry, seen: None) -> None:
            self.papers[key] = handling.jot(entry, text, by=self.who(by)).pk

        self.papers[key] = 0
        self.both(which, jot, lambda model, report: model.jot(report, key, text))

    @precondition(lambda self: self.papers)
    @rule(which=which, key=st.integers(0, 9), by=people, discard=st.booleans())
    def decide_on_paper(self, which, key, by, discard) -> None:
        """One of this report, of another, or one that is gone."""
        key %= len(self.papers)
        if discard:
            self.both(
                which,
                lambda entry, seen: handling.discard_note(entry, self.papers[key]),
                lambda model, report: report.papers.pop(key, None),
            )
        else:
            self.both(
                which,
                lambda entry, seen: handling.keep(entry, self.papers[key], by=self.who(by)),
                lambda model, report: model.keep(report, key, by),
            )

    @rule(which=which, by=people)
    def draft(self, which, by) -> None:
        subject, text = self.said("Utkast"), self.said("Kanske")
        self.both(
            which,
            lambda entry, seen: answers.save_draft(entry, self.who(by), subject, text),
            lambda model, report: model.draft(report, subject, f"{text}\n", by),
        )

    @rule(which=which, by=people)
    def discard_draft(self, which, by) -> None:
        self.both(
            which,
            lambda entry, seen: answers.discard_draft(entry, self.who(by)),
            lambda model, report: report.drafts.pop(by.name, None),
        )

    @rule(which=which, text=st.sampled_from(("Hej!", "Hej!", "\n")), by=people, seen=seen)
    def answer(self, which, text, by, seen) -> None:
        subject, text = self.said("Svar"), self.said(text)
        self.both(
            which,
            lambda entry, seen: answers.send(entry, self.who(by), subject, text, seen),
            lambda model, report: model.answer(report, subject, text, by),
            seen,
        )

    @rule(which=which, by=people, seen=seen)
    def answer_and_close(self, which, by, seen) -> None:
        subject, text = self.said("Svar"), self.said("Hej då!")

        def real(entry: Entry, seen: int | None) -> None:
            answers.send(entry, self.who(by), subject, text, seen)
            closing.close(entry, Closing.ANSWERED, by=self.who(by))

        def pretended(model: Register, report: Report) -> None:
            model.answer(report, subject, text, by)
            model.close(report, "answered", "", "", by)

        self.both(which, real, pretended, seen)

    def letter(self, number: int) -> tuple[int, int] | None:
        """Of which report, and of which event."""
        letters = [(n, event) for n, report in enumerate(self.model.reports) for event in report.letters]
        return letters[number % len(letters)] if letters else None

    @rule(number=st.integers(0, 9), is_server_there=st.sampled_from((True, True, False)))
    def mail_is_tried(self, number, is_server_there) -> None:
        def real(entry: Entry, seen: None) -> None:
            portal.MAIL_FOLDER = self.folder / "mail" if is_server_there else None
            mail.send(event)
            portal.MAIL_FOLDER = self.folder / "mail"

        if found := self.letter(number):
            which, event = found
            self.both(which, real, lambda model, report: model.mail(report, event, is_server_there))

    @rule(number=st.integers(0, 9), by=people, arrived=st.booleans())
    def decide_on_letter(self, number, by, arrived) -> None:
        if found := self.letter(number):
            which, event = found
            done = answers.arrived if arrived else answers.send_again

            def pretended(model: Register, report: Report) -> None:
                letter = report.letters[event]
                model.arrived(report, letter, by) if arrived else model.send_again(letter, by)

            self.both(which, lambda entry, seen: done(Letter.objects.get(pk=event), self.who(by)), pretended)

    @rule(
        which=which,
        how=st.sampled_from((*Closing.values, "fixed", "no_action")),
        other_number=st.sampled_from(("", "", "", "KS 2026/12", "ring Anna")),
        reason=st.sampled_from(("", "Klart")),
        by=people,
        seen=seen,
    )
    def close(self, which, how, other_number, reason, by, seen) -> None:
        reason = self.said(reason)
        other_number = other_number or ("KS 2026/12" if how == "handed_over" else "")
        self.both(
            which,
            lambda entry, seen: closing.close(
                entry, how, by=self.who(by), other_number=other_number, reason=reason, seen=seen
            ),
            lambda model, report: model.close(report, how, other_number, reason, by),
            seen,
        )

    @rule(which=which, reason=reasons, by=people, seen=seen)
    def reopen(self, which, reason, by, seen) -> None:
        reason = self.said(reason)
        self.both(
            which,
            lambda entry, seen: handling.reopen(entry, reason, by=self.who(by), seen=seen),
            lambda model, report: model.reopen(report, reason, by),
            seen,
        )

    @rule(which=which, after=st.integers(0, 2), by=people, seen=seen)
    def correct(self, which, after, by, seen) -> None:
        self.both(
            which,
            lambda entry, seen: corrections.correct(entry, self.world.editions[after], by=self.who(by), seen=seen),
            lambda model, report: model.correct(report, after, by),
            seen,
        )

    @rule(address=st.integers(0, 9), by=people)
    def search_for_a_person(self, address, by) -> None:
        address = f"hemlig{address:04}@example.com"
        found = inbox.about_address(Entry.objects.all(), address, by=self.who(by))
        expected = {self.entries[self.model.reports.index(report)] for report in self.model.search(address, by)}
        assert {entry.pk for entry in found} == expected

    # Secrecy

    @rule(
        which=which,
        wrong=st.sampled_from(("", "", "", "", "provision", "day", "future", "authority")),
        flags=st.sets(st.sampled_from(("sender_hidden", "subject_hidden", "protected"))),
        by=people,
        seen=seen,
    )
    def mark(self, which, wrong, flags, by, seen) -> None:
        provision = "OSL" if wrong == "provision" else "21 kap. 1 § OSL"
        authority = "" if wrong == "authority" else "Kommunstyrelsen"
        days = {"day": None, "future": 1}.get(wrong, 0)
        on = None if days is None else self.model.today + timedelta(days=days)
        self.both(
            which,
            lambda entry, seen: secrecy.mark(
                entry,
                provision=provision,
                decided_on=on,
                authority=authority,
                by=self.who(by),
                seen=seen,
                **dict.fromkeys(flags, True),
            ),
            lambda model, report: model.mark(report, provision, on, authority, flags, by),
            seen,
        )

    @rule(which=which, reason=reasons, by=people, seen=seen)
    def unmark(self, which, reason, by, seen) -> None:
        reason = self.said(reason)
        self.both(
            which,
            lambda entry, seen: secrecy.unmark(entry, reason, by=self.who(by), seen=seen),
            lambda model, report: model.unmark(report, reason, by),
            seen,
        )

    @rule(which=which, by=people)
    def show(self, which, by) -> None:
        def real(entry: Entry, seen: None) -> None:
            assert secrecy.show(entry, by=self.who(by)) == self.model.reports[self.touched].texts

        self.both(which, real, lambda model, report: model.show(report, by))

    # The public register

    @rule(
        which=which,
        sender=st.sampled_from(Standing.Sender.values),
        name=st.sampled_from(("", "Byalaget", "Byalaget", "Eva 19121212-1212")),
        subject=st.sampled_from(("", "Lekplatsen", "Lekplatsen", "Om 121212-1212")),
        by=people,
        seen=seen,
    )
    def describe(self, which, sender, name, subject, by, seen) -> None:
        name, subject = self.said(name), self.said(subject)
        self.both(
            which,
            lambda entry, seen: release.describe(
                entry, sender=sender, sender_name=name, subject=subject, by=self.who(by), seen=seen
            ),
            lambda model, report: model.describe(report, sender, name, subject, by),
            seen,
        )

    @rule(
        which=which,
        spans=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=3),
        with_number=st.sampled_from((True, True, False)),
        by=people,
        seen=seen,
    )
    def release(self, which, spans, with_number, by, seen) -> None:
        """What is masked are runs of the parts of the message."""
        report = self.model.reports[which % len(self.entries)]
        parts = [re.search(re.escape(part), report.message) for part in report.parts[:2]]
        parts += [re.search(f"{part}(?!.*{part})", report.message) for part in report.parts[2:]]
        spans = [(first % len(parts), last % len(parts)) for first, last in spans]
        if with_number and len(parts) == 4:
            spans.append((2, 3))
        grounds, review_on = list(masks.Ground), self.model.today + timedelta(days=365)
        chosen = [
            masks.Mask(parts[first].start(), parts[last].end(), grounds[n], review_on)
            for n, (first, last) in enumerate(spans)
            if first <= last
        ]
        plain = [(mask.start, mask.end, mask.ground.value, mask.review_on.isoformat()) for mask in chosen]
        self.both(
            which,
            lambda entry, seen: release.release(entry, chosen, by=self.who(by), seen=seen),
            lambda model, report: model.release(report, plain, by),
            seen,
        )

    @rule(which=which, by=people, seen=seen)
    def withdraw(self, which, by, seen) -> None:
        self.both(
            which,
            lambda entry, seen: release.withdraw(entry, by=self.who(by), seen=seen),
            lambda model, report: model.withdraw(report, by),
            seen,
        )

    # Disposal

    @rule(which=which, reason=reasons, by=people, seen=seen, end=st.booleans())
    def hold(self, which, reason, by, seen, end) -> None:
        reason = self.said(reason)
        self.both(
            which,
            lambda entry, seen: (handling.unhold if end else handling.hold)(entry, reason, by=self.who(by), seen=seen),
            lambda model, report: (model.unhold if end else model.hold)(report, reason, by),
            seen,
        )

    @rule(which=which, by=people, seen=seen)
    def propose(self, which, by, seen) -> None:
        self.both(
            which,
            lambda entry, seen: disposal.propose(entry, by=self.who(by), seen=seen),
            lambda model, report: model.propose(report, by),
            seen,
        )

    @rule(which=which, reason=reasons, by=people, seen=seen)
    def reject(self, which, reason, by, seen) -> None:
        reason = self.said(reason)
        self.both(
            which,
            lambda entry, seen: disposal.reject(entry, by=self.who(by), reason=reason, seen=seen),
            lambda model, report: model.reject(report, reason, by),
            seen,
        )

    @rule(which=which, by=people, seen=seen)
    def approve(self, which, by, seen) -> None:
        self.both(
            which,
            lambda entry, seen: disposal.approve(entry, by=self.who(by), seen=seen),
            lambda model, report: model.approve(report, by),
            seen,
        )

    # What chance alone seldom goes to the end of

    @rule(
        which=which,
        by=st.sampled_from([PEOPLE[name] for name in ("rut", "arne")]),
        approver=st.sampled_from([PEOPLE[name] for name in ("asta", "asta", "arne")]),
        meanwhile=st.sampled_from(("", "", "", "held", "reopened", "decided")),
    )
    def close_and_dispose(self, which, by, approver, meanwhile) -> None:
        self.close(which, "fixed", "", "Klart", by, None)
        self.propose(which, by, None)
        match meanwhile:
            case "held":
                self.hold(which, "Begärd", by, None, False)
            case "reopened":
                self.reopen(which, "Därför", by, None)
                self.close(which, "fixed", "", "Klart", by, None)
            case "decided":
                self.choose_decisions(2)
        self.approve(which, approver, None)

    @rule(which=which, by=people, then=st.sampled_from(("mark", "withdraw", "release")))
    def release_and_then(self, which, by, then) -> None:
        self.release(which, [(0, 0)], True, by, None)
        match then:
            case "mark":
                self.mark(which, "", set(), by, 0)
            case "withdraw":
                self.withdraw(which, by, 0)
            case "release":
                self.release(which, [(1, 1)], False, by, 1)

    @rule(which=which, by=people, meanwhile=st.sampled_from(("note", "show", "mail")))
    def two_at_once(self, which, by, meanwhile) -> None:
        """What the other one did is news, or not."""
        match meanwhile:
            case "note":
                self.note(which, "Ringde", by, None)
            case "show":
                self.show(which, by)
            case "mail":
                self.mail_is_tried(which, True)
        self.describe(which, "role", "Byalaget", "Lekplatsen", by, 1)

    # What is compared

    @invariant()
    def they_agree(self) -> None:
        if not self.entries:
            return
        self.steps += 1
        self.check_events()
        self.check_standings()
        self.check_what_is_kept()
        language = ("sv", "en")[self.steps % 2]
        self.check_public(language, self.public_rows(language))
        if self.is_changed:
            self.check_inbox()
            self.check_what_is_found()
            self.check_receipt(self.touched)
            self.is_changed = False

    def number_of(self, report: Report | None) -> int | None:
        return self.entries[self.model.reports.index(report)] if report else None

    def check_events(self) -> None:
        names = "sequence", "entry", "kind", "from_state", "to_state", "at", "by__username"
        rows = Event.objects.order_by("sequence").values_list(*names, "facts", "commitments")
        for row, told in zip(rows, self.model.events, strict=True):
            number, report = told.number, self.number_of(told.report)
            assert row[:7] == (number, report, told.kind, told.before, told.after, told.at, told.by or None)
            assert {name: row[7].get(name) for name in told.facts} == told.facts
            assert tuple(sorted(row[8])) == told.texts

    def check_standings(self) -> None:
        """But when it is due, which has vectors of its own (REC-21)."""
        names = "entry state documents wants_answer answered_at closing closed_at assigned_to__username sender secret"
        names = f"{names} sender_hidden subject_hidden protected described released held proposed last"
        rows = Standing.objects.order_by("entry").values_list(*names.split())
        assert list(rows) == [
            (
                self.number_of(report),
                report.state,
                report.documents,
                bool(report.email),
                report.answered_at,
                report.closing,
                report.closed_at,
                report.assigned or None,
                report.sender,
                report.secret,
                report.sender_hidden,
                report.subject_hidden,
                report.protected,
                report.described,
                report.released,
                report.held,
                report.proposal is not None,
                self.model.of(report)[-1].number,
            )
            for report in self.model.reports
        ]

    def check_what_is_kept(self) -> None:
        """What people wrote is where it has to be, and nowhere once it is disposed of."""
        rows = sql(" UNION ALL ".join(f"SELECT t::text FROM feedback_{table} AS t" for table in TABLES))
        assert set(TOKEN.findall(str(rows))) == set(TOKEN.findall(" ".join(self.model.stored())))
        letters = {number: letter for report in self.model.reports for number, letter in report.letters.items()}
        found = Letter.objects.values_list("pk", "state", "attempts", "next_at")
        assert {row[0]: row[1:] for row in found} == {
            number: (letter.state, letter.tries, letter.next_at) for number, letter in letters.items()
        }
        queued = {args["args"][0] for args in DBTaskResult.objects.values_list("args_kwargs", flat=True)}
        assert queued == letters.keys()
        assert {file.name for file in (self.folder / "mail").glob("*")} == self.model.files

    def public_rows(self, language: str) -> list[dict]:
        """By Django's own SQL, made once for each language: to make it takes longer than all the rest."""
        if language not in self.world.public:
            with override(language):
                self.world.public[language] = public.entries(language).order_by("pk").query.sql_with_params()
        statement, values = self.world.public[language]
        rows = [dict(zip(public.COLUMNS, row, strict=True)) for row in sql(statement, *values)]
        return [row | {"public_masks": json.loads(row["public_masks"] or "null")} for row in rows]

    def check_public(self, language: str, rows: list[dict]) -> None:
        with override(language):
            assert len(rows) == len(self.model.reports)
            for row, report in zip(rows, self.model.reports, strict=True):
                assert self.told(row) == self.expected(report)
            happened = []
            if self.is_changed:
                happened = public.events(rows[self.touched])
                told = self.model.told(self.model.reports[self.touched])
                assert [event.what for event in happened] == [str(Deed(kind).label) for kind in told]
            shown = set(TOKEN.findall(f"{rows} {happened}"))
        assert shown == set(TOKEN.findall(" ".join(self.model.public())))

    def told(self, row: dict) -> dict:
        names = "year number received_at public_kind public_state closing is_answered public_sender sender_words"
        names = f"{names} subject_words public_text public_masks"
        return {name: row[name] for name in names.split()} | {"disposal_rule": row["disposal_rule"] or ""}

    def expected(self, report: Report) -> dict:
        """In the language that is active."""
        kind, kept = str(Entry.Kind(report.kind).label), not report.is_disposed
        events = self.model.of(report)
        page = "/sok/" if report.edition is None else TITLES[report.edition]
        subject = report.subject or (f"{kind}: {page}" if kept else kind)
        sender = report.name if report.sender != "private" else str(Standing.Sender.PRIVATE.label)
        return {
            "year": report.year,
            "number": report.number,
            "received_at": events[0].at,
            "public_kind": "" if report.subject_hidden else report.kind,
            "public_state": report.state,
            "closing": report.closing,
            "is_answered": report.answered_at is not None,
            "public_sender": ("hidden" if report.sender_hidden else report.sender) if kept else "",
            "sender_words": (str(public.secret_words()) if report.sender_hidden else sender) if kept else "",
            "subject_words": str(public.secret_words()) if report.subject_hidden else subject,
            "public_text": report.copy,
            "public_masks": report.masks if report.released is not None else None,
            "disposal_rule": "" if kept or report.subject_hidden else self.model.rule(report),
        }

    def check_inbox(self) -> None:
        """What the list of staff shows."""
        reports = self.model.reports
        with override("en"):
            for entry, report in zip(
                inbox.with_words(Entry.objects.select_related("standing")).order_by("pk"), reports, strict=True
            ):
                kept = not report.is_disposed
                sender = report.email if kept else ""
                if report.sender_hidden:
                    sender = "Protected" if report.protected else "Secret"
                assert inbox.sender_of(entry) == sender
                assert entry.excerpt == (report.message if kept and not report.secret else None)
                waits = report.email and report.answered_at is None and report.state in model.OPEN
                marks = {
                    "Secret": report.secret,
                    "Protected personal data": report.protected,
                    "Suspected spam": report.spam and report.state == "received",
                    "Waits for an answer": waits,
                    "On hold": report.held,
                }
                assert inbox.marks_of(entry) == [words for words, holds in marks.items() if holds]

    def check_what_is_found(self) -> None:
        """By counting, by words, and by what is due."""
        reports = self.model.reports
        is_open = [report for report in reports if report.state in model.OPEN]
        counts = inbox.counts(self.world.people["rut"], self.model.today)
        assert [counts[name] for name in ("open", "mine", "nobodys", "spam", "stuck", "proposed")] == [
            len(is_open),
            sum(report.assigned == "rut" for report in is_open),
            sum(not report.assigned for report in is_open),
            sum(report.spam and report.state == "received" for report in is_open),
            sum(any(letter.state == "refused" for letter in report.letters.values()) for report in reports),
            sum(report.proposal is not None for report in reports),
        ]
        word = reports[self.touched].parts[0]
        found = {entry.pk for entry in inbox.saying(Entry.objects.all(), [word])}
        open_to_staff = (one for one in reports if word in one.parts and not one.secret and not one.is_disposed)
        assert found == {self.number_of(one) for one in open_to_staff}
        due = {candidate.standing.pk for candidate in disposal.due(self.model.now)}
        assert due == {self.number_of(one) for one in reports if self.model.is_over(one) and not one.proposal}

    def check_receipt(self, which: int) -> None:
        """Whoever wrote sees how far it has come, and what they were answered; the desk what it may without a trace."""
        entry, report = Entry.objects.get(pk=self.entries[which]), self.model.reports[which]
        shown = progress.progress(entry)
        assert [(answer.subject, answer.text) for answer in shown.answers] == report.answers
        words = progress.CLOSINGS[report.closing] if report.state == "closed" else progress.STATES[report.state]
        if report.state == "in_progress" and "reopened" in self.model.told(report):
            words = progress.REOPENED
        assert (str(shown.words), shown.is_disposed) == (str(words), report.is_disposed)
        assert shown.is_waiting == (report.state in ("received", "in_progress"))
        assert len(shown.comparisons) == len(report.corrections)
        assert (entry.message, entry.email) == (("", "") if report.is_disposed else (report.message, report.email))
        assert secrecy.readable(entry, entry.standing) == {
            place: text for place, text in report.texts.items() if not report.is_secret(place[1])
        }

    def check_everything(self) -> None:
        self.is_changed = True
        for language in ("sv", "en"):
            with override(language):
                rows = list(public.entries(language).order_by("pk"))
            self.check_public(language, rows)
        for which in range(len(self.entries)):
            self.check_receipt(which)
        self.check_no_table_has_what_is_gone()
        found = heads.verify()
        assert (found.events, found.entries, found.heads) == (
            len(self.model.events),
            len(self.entries),
            len(self.model.heads),
        )
        self.sign()
        for _time in range(TAMPERINGS):
            any_row.tamper_with_one(self.random)

    def check_no_table_has_what_is_gone(self) -> None:
        kept = set(TOKEN.findall(" ".join(self.model.stored())))
        tables = [name for (name,) in sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        rows = sql(" UNION ALL ".join(f'SELECT t::text FROM "{table}" AS t' for table in tables))
        assert set(TOKEN.findall(str(rows))) == kept


def test_register_does_refuses_shows_and_forgets_what_the_model_says(world):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            derandomize="LIFE_EXAMPLES" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_each_column_that_is_changed_and_each_row_that_is_removed_or_forged_is_named(world):
    life, (rut, __, arne, asta, __) = Life(), PEOPLE.values()
    life.begin(1, 1)
    try:
        for _one in range(4):
            life.receive("192.0.2.1", "error", "sv", "good", 1, False, True)
        life.describe(0, "organisation", "Byalaget", "Lekplatsen", rut, None)
        for with_number in (False, True):
            life.release(0, [], with_number, rut, None)
        life.answer(0, "Hej!", rut, None)
        life.mail_is_tried(4, True)
        life.sign()
        life.mark(1, "", {"protected"}, rut, None)
        life.assign(1, "carl", rut, None)
        life.hold(1, "Därför", rut, None, False)
        life.search_for_a_person(3, rut)
        life.close_and_dispose(2, arne, asta, "held")
        life.hold(2, "Utlämnad", rut, None, True)
        for approver in (rut, arne, asta):
            life.approve(2, approver, None)
        life.sign()
        life.they_agree()
        assert "disposed" in {report.state for report in life.model.reports}
        random = Random(1)
        for way, *place in any_row.ways():
            way(random, *place)
    finally:
        life.teardown()
