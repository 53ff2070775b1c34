"""
Why each field with personal data is kept, and for how long: what feedback/retention.json says, together with what the
municipality has decided (the file that RETENTION_FILE names). It is what the page on personal data prints, what
feedback.disposal applies, and what a system check compares with the models.
"""

import json
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from feedback.models import Entry, Standing
from feedback.steps import Deed
from strategy.dated import STOCKHOLM

HERE = Path(__file__).parent
FILE = HERE / "retention.json"
SCHEMA = HERE / "retention.schema.json"

# The rule of fields that go when their entry is disposed of: which one that is depends on the entry.
OF_THE_ENTRY = "entry"

# What a field of another type holds may be about somebody, until the file says that it isn't.
NOT_PERSONAL_BY_TYPE = (
    models.AutoField,
    models.BooleanField,
    models.DateField,
    models.DecimalField,
    models.DurationField,
    models.FloatField,
    models.IntegerField,
    models.TimeField,
)


class Unfit(Exception):
    """What is wrong with one of the files, in a sentence for whoever runs the portal."""


@dataclass(frozen=True)
class Decision:
    """`reference` leads to the decision itself. Without `months`, it is to keep for good."""

    reference: str
    months: int | None


@dataclass(frozen=True)
class Rule:
    name: str
    title: dict[str, str]
    # Of an entry, by what its kind and its closing are; None for what is no entry.
    entries: dict[str, list[str]] | None
    counted_from: dict[str, str]
    # What the program does by itself, in words: of rules that need no decision.
    term: dict[str, str] | None
    decision: Decision | None

    def __str__(self) -> str:
        return worded(self.title)

    def covers(self, standing: Standing) -> bool:
        facts = {"kind": standing.entry.kind, "closing": standing.closing}
        return self.entries is not None and all(facts[name] in values for name, values in self.entries.items())

    def due_on(self, closed_at: datetime) -> date | None:
        """The first day on which what was closed then may be disposed of; None without a decision on that."""
        if self.decision is None or self.decision.months is None:
            return None
        return months_after(closed_at.astimezone(STOCKHOLM).date(), self.decision.months)

    @property
    def how_long(self) -> str:
        if self.term:
            return worded(self.term)
        if self.decision is None:
            return _("Kept: nothing has been decided")
        if self.decision.months is None:
            return _("Kept for good")
        if self.decision.months == 0:
            return _("Until the case is closed")
        return _("%(term)s, counted from %(start)s") % {
            "term": term_in_words(self.decision.months),
            "start": worded(self.counted_from),
        }


@dataclass(frozen=True)
class Line:
    """Some personal data: the fields that hold it, why it is kept, and the name of the rule for how long."""

    what: dict[str, str]
    fields: tuple[str, ...]
    # Names of passages by kind of event; of the fields of Passage only.
    passages: dict[str, list[str]]
    purpose: dict[str, str]
    basis: str
    rule: str


@dataclass(frozen=True)
class Plan:
    rules: tuple[Rule, ...]
    bases: dict[str, dict[str, str]]
    lines: tuple[Line, ...]
    # By model: the lookup that leads from it to the entry that its rows go with.
    with_the_entry: dict[str, str]
    without_text: tuple[str, ...]
    not_personal: dict[str, str]

    def rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)

    def rule_of(self, standing: Standing) -> Rule:
        """The first that covers it. Its entry is loaded with it."""
        return next(rule for rule in self.of_entries if rule.covers(standing))

    @property
    def of_entries(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.entries is not None]

    @property
    def terms(self) -> list[int]:
        """In months, of the rules that let something be disposed of."""
        decisions = [rule.decision for rule in self.of_entries if rule.decision]
        return [decision.months for decision in decisions if decision.months is not None]


def worded(text: dict[str, str]) -> str:
    """In the language that is active, else in the portal's own."""
    return text.get(get_language() or "", text[settings.LANGUAGE_CODE])


def term_in_words(months: int) -> str:
    if months and months % 12 == 0:
        return ngettext("%(count)d year", "%(count)d years", months // 12) % {"count": months // 12}
    return ngettext("%(count)d month", "%(count)d months", months) % {"count": months}


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or the last one of that month: 31 August and six months are 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def plan() -> Plan:
    """What holds for this portal. Raises Unfit. Like settings, a changed file is read at the next start."""
    return _read(settings.RETENTION_FILE)


@cache
def _read(own: str) -> Plan:
    schema = json.loads(SCHEMA.read_text())
    content = _checked(FILE, schema)
    decided = _checked(Path(own), schema["$defs"]["own"])["decisions"] if own else {}
    rules = tuple(
        Rule(
            name=rule["name"],
            title=rule["title"],
            entries=rule.get("entries"),
            counted_from=rule["counted_from"],
            term=rule.get("term"),
            decision=_decision(decided.get(rule["name"])),
        )
        for rule in content["rules"]
    )
    unknown = decided.keys() - {rule.name for rule in rules if rule.entries is not None}
    if unknown:
        raise Unfit(f"{own} decides on {', '.join(sorted(unknown))}, and there is no rule for entries with that name.")
    lines = tuple(
        Line(
            what=line["what"],
            fields=tuple(line["fields"]),
            passages=line.get("passages", {}),
            purpose=line["purpose"],
            basis=line["basis"],
            rule=line["rule"],
        )
        for line in content["personal"]
    )
    return Plan(
        rules=rules,
        bases=content["bases"],
        lines=lines,
        with_the_entry=content["with_the_entry"],
        without_text=tuple(content["events_without_text"]),
        not_personal=content["not_personal"],
    )


def _checked(path: Path, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        jsonschema.validate(content, schema)
    except (OSError, ValueError) as problem:
        raise Unfit(f"{path} can't be read: {problem}") from problem
    except jsonschema.ValidationError as problem:
        raise Unfit(f"{path}, at {problem.json_path}: {problem.message}") from problem
    return content


def _decision(decided: dict[str, Any] | None) -> Decision | None:
    return Decision(decided["decision"], decided["months"]) if decided else None


# The system check


def check_retention(app_configs: Sequence[AppConfig] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """A field that may hold personal data, and for which nothing is said, stops the start."""
    try:
        found = plan()
    except Unfit as problem:
        return [Error(str(problem), id="feedback.E001")]
    problems = chain(_fields_without_a_rule(found), _lines_that_are_wrong(found), _entries_without_a_rule(found))
    return [Error(problem, id="feedback.E002", obj=FILE.name) for problem in problems]


def may_be_personal(field: models.Field) -> bool:
    """Text and the like may say anything, and a key to an account says who."""
    if field.remote_field:
        return field.related_model is apps.get_model(settings.AUTH_USER_MODEL)
    return not isinstance(field, NOT_PERSONAL_BY_TYPE)


def _fields_without_a_rule(found: Plan) -> Iterator[str]:
    named = {field for line in found.lines for field in line.fields} | found.not_personal.keys()
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        # Of what belongs to the register, each field is spoken of by its own name.
        whole = set() if model._meta.app_label == "feedback" else {model._meta.app_label, label}
        for field in model._meta.concrete_fields:
            name = f"{label}.{field.name}"
            if may_be_personal(field) and not ({name} | whole) & named:
                yield f"{name} may hold personal data: say why it is kept and how long, or why it is not personal."


def _lines_that_are_wrong(found: Plan) -> Iterator[str]:
    rules = {rule.name for rule in found.rules} | {OF_THE_ENTRY}
    for line in found.lines:
        if line.rule not in rules:
            yield f"There is no rule {line.rule}."
        if line.basis not in found.bases:
            yield f"There is no legal basis {line.basis}."
        for name in line.fields:
            label, __, field = name.rpartition(".")
            try:
                apps.get_model(label)._meta.get_field(field)
            except (LookupError, ValueError, FieldDoesNotExist):
                yield f"There is no field {name}."
            if line.rule == OF_THE_ENTRY and label not in found.with_the_entry:
                yield f"{name} goes with its entry, and nothing is said of how {label} leads to that."
    told = {kind for line in found.lines for kind in line.passages} | set(found.without_text)
    for kind in sorted(told.symmetric_difference(Deed.values)):
        yield f"What is written in events of the kind {kind} is not told, or there is no such kind."


def _entries_without_a_rule(found: Plan) -> Iterator[str]:
    for kind in Entry.Kind.values:
        for closing in Standing._meta.get_field("closing").choices:
            standing = Standing(entry=Entry(kind=kind), closing=closing[0])
            if not any(rule.covers(standing) for rule in found.of_entries):
                yield f"No rule covers an entry of the kind {kind} that is closed as {closing[0]}."
