"""
A strategy file: read, and checked against all that can be known without the database.

The format is described in strategy/content/README.md and by the schema beside it. What may stand under what, and what
each kind is asked for, comes from strategy.kinds.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from strategy import rich_text
from strategy.kinds import KINDS, NodeKind, children_of, is_reserved, may_stand_under

SCHEMA = Path(__file__).parent / "content" / "strategy.schema.json"

# Where each field of a Node stands in the file. Those that one kind alone is asked for are refused for the others.
PLACES: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "lead": ("lead",),
    "body": ("body",),
    "example": ("example",),
    "number": ("number",),
    "boards": ("boards",),
    "themes": ("themes",),
    "global_goals": ("global_goals",),
    "period_start_on": ("period", "start"),
    "period_end_on": ("period", "end"),
    "target_year": ("target_year",),
    "decision_body": ("decision", "body"),
    "decided_on": ("decision", "on"),
    "decision_paragraph": ("decision", "paragraph"),
    "decision_number": ("decision", "number"),
    "indicator": ("indicator", "name"),
    "unit": ("indicator", "unit"),
    "direction": ("indicator", "direction"),
    "decimals": ("indicator", "decimals"),
    "baseline_value": ("indicator", "baseline", "value"),
    "baseline_year": ("indicator", "baseline", "year"),
    "target_value": ("indicator", "target", "value"),
    "stage": ("stage",),
    "board_code": ("board", "code"),
    "board_email": ("board", "email"),
    "compliance": ("statement", "compliance"),
    "assessed_on": ("statement", "assessed_on"),
    "assessment_method": ("statement", "method"),
}
# A result's target has its year with its value.
RESULT_PLACES = {**PLACES, "target_year": ("indicator", "target", "year")}

_TYPES = {
    "object": "an object { … }",
    "array": "a list [ … ]",
    "string": 'text in "…"',
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


@dataclass(frozen=True)
class Fault:
    """`place` is a path in the file such as strategy.children[2].slug, `message` what was expected there."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place else self.message


class StrategyFileError(Exception):
    """Everything that is wrong, at once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = list(dict.fromkeys(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, eq=False)
class Entry:
    """One node of the file: its `fields` as they stand there, and its place in the file and in the tree."""

    place: str
    fields: dict[str, Any]
    parent: "Entry | None"
    published_on: date

    @property
    def key(self) -> str:
        return self.fields["key"]

    @property
    def kind(self) -> str:
        return self.fields["kind"]

    @property
    def slug(self) -> str:
        return self.fields["slug"]

    @property
    def places(self) -> dict[str, tuple[str, ...]]:
        return RESULT_PLACES if self.kind == NodeKind.RESULT else PLACES

    def place_of(self, field: str) -> str:
        """The path in the file of a Node field."""
        return ".".join((self.place, *self.places.get(field, (field,) if field else ())))

    def values(self) -> dict[str, Any]:
        """What the file says, by Node field; what it leaves out is not there."""
        found = {}
        for field, steps in self.places.items():
            value: Any = self.fields
            for step in steps:
                value = value.get(step) if isinstance(value, dict) else None
            if value is not None:
                found[field] = value
        return found


@dataclass(frozen=True)
class StrategyFile:
    """`words` by kind and language; `entries` parents first, siblings in their order."""

    words: dict[str, dict[str, dict[str, str]]]
    entries: list[Entry]


def read(path: Path) -> StrategyFile:
    """Raises StrategyFileError with all that is wrong in the file."""
    try:
        return _checked(_parse(path))
    except RecursionError as error:
        raise StrategyFileError([Fault("", "The file is nested too deeply.")]) from error


def _checked(data: Any) -> StrategyFile:
    # The schema can't compare what is no number, so it is asked only about what can be kept.
    faults = [*_unstorable(data, "")] or _schema_faults(data)
    if faults:
        raise StrategyFileError(faults)
    entries = list(_entries(data["strategy"], "strategy", None, date.fromisoformat(data["published_on"])))
    faults = list(_faults(entries))
    if faults:
        raise StrategyFileError(faults)
    return StrategyFile(data.get("words", {}), entries)


# From bytes to data.


class _Object(dict):
    """A JSON object that remembers the names that stand twice in it."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _value in pairs]
        self.repeated = sorted({name for name in names if names.count(name) > 1}) if len(self) < len(pairs) else []


def _parse(path: Path) -> Any:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise StrategyFileError([Fault("", f"{path} can't be read: {error.strerror}.")]) from error
    except UnicodeDecodeError as error:
        raise StrategyFileError([Fault("", f"Byte {error.start} is not UTF-8. Save the file as UTF-8.")]) from error
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise StrategyFileError([Fault(place, f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}.")]) from error
    except (ValueError, InvalidOperation) as error:
        raise StrategyFileError([Fault("", "A number in the file is too large to be one.")]) from error


def _step(place: str, step: str | int) -> str:
    if isinstance(step, int):
        return f"{place}[{step}]"
    return f"{place}.{step}" if place else step


def _unstorable(value: Any, place: str) -> Iterator[Fault]:
    """What is JSON, and still can't be kept or was not meant."""
    match value:
        case _Object():
            yield from (Fault(_step(place, name), "stands twice here; expected once.") for name in value.repeated)
            for name, inner in value.items():
                yield from _unstorable(inner, _step(place, name))
        case list():
            for index, inner in enumerate(value):
                yield from _unstorable(inner, _step(place, index))
        case str() if "\0" in value or (
            not value.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in value)
        ):
            yield Fault(place, "holds a sign that is no text (\\u0000, or half of a pair).")
        case Decimal() if not value.is_finite():
            yield Fault(place, f"expected a number, found {value}.")


# What the schema says.


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text()), format_checker=FormatChecker(["date"]))


def _schema_faults(data: Any) -> list[Fault]:
    errors = sorted(_validator().iter_errors(data), key=lambda error: [str(step).zfill(9) for step in error.path])
    faults = []
    for error in errors:
        place = ""
        for step in error.absolute_path:
            place = _step(place, step)
        faults.append(Fault(place or "the file", _message(error)))
    return faults


def _message(error: ValidationError) -> str:
    found, rule = error.instance, error.validator_value
    match error.validator:
        case "required":
            return "expected also " + _listed(name for name in rule if name not in found) + "."
        case "additionalProperties":
            known = error.schema["properties"]
            return f"{_listed(sorted(found.keys() - known))} is not known here; expected {_listed(known)}."
        case "type":
            return f"expected {_TYPES[rule]}, found {_shown(found)}."
        case "enum":
            return f"expected one of {_listed(rule)}, found {_shown(found)}."
        case "const":
            return f"expected {rule}, found {_shown(found)}."
        case "format":
            return f"expected a day such as 2021-01-31, found {_shown(found)}."
        case "pattern" if error.schema.get("format") == "date":
            return f"expected a day such as 2021-01-31, found {_shown(found)}."
        case "pattern":
            return f"{_shown(found)} is not what was expected: {error.schema.get('description', rule)}"
        case "minLength":
            return "expected some text, found none."
        case "maxLength":
            return f"expected at most {rule} characters, found {len(found)}."
        case "minimum":
            return f"expected {rule} or more, found {_shown(found)}."
        case "maximum":
            return f"expected {rule} or less, found {_shown(found)}."
        case "uniqueItems":
            return "expected each only once."
    return f"{error.message}."


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in names)


def _shown(value: Any) -> str:
    match value:
        case dict():
            return _TYPES["object"]
        case list():
            return _TYPES["array"]
        case Decimal():
            return str(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


# What the schema can't say.


def _entries(fields: dict, place: str, parent: Entry | None, published_on: date) -> Iterator[Entry]:
    if "published_on" in fields:
        published_on = date.fromisoformat(fields["published_on"])
    entry = Entry(place, fields, parent, published_on)
    yield entry
    for index, child in enumerate(fields.get("children", [])):
        yield from _entries(child, f"{place}.children[{index}]", entry, published_on)


def _faults(entries: list[Entry]) -> Iterator[Fault]:
    first: dict[str, Entry] = {}
    for entry in entries:
        same = first.setdefault(entry.key, entry)
        if same is not entry:
            yield Fault(f"{entry.place}.key", f"“{entry.key}” is the key of {same.place} already; expected another.")
    slugs: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        yield from _place_faults(entry)
        yield from _field_faults(entry)
        yield from _reference_faults(entry, first)
        if entry.parent:
            same = slugs.setdefault((entry.parent.place, entry.slug), entry)
            if same is not entry:
                text = f"“{entry.slug}” is the slug of {same.place} already; expected another."
                yield Fault(f"{entry.place}.slug", text)


def _place_faults(entry: Entry) -> Iterator[Fault]:
    parent = entry.parent
    if not may_stand_under(entry.kind, parent and parent.kind):
        expected = _listed(children_of(parent.kind)) if parent else NodeKind.START
        where = f"under a {parent.kind}" if parent else "as the first node"
        yield Fault(f"{entry.place}.kind", f"expected {expected or 'nothing'} {where}, found {entry.kind}.")
    if parent and not entry.slug:
        yield Fault(f"{entry.place}.slug", "expected a slug; only the start node has none.")
    if not parent and entry.slug:
        yield Fault(f"{entry.place}.slug", 'expected "", since the start page has no slug.')
    if parent and not parent.parent and is_reserved(entry.slug):
        yield Fault(f"{entry.place}.slug", f"“{entry.slug}” is an address of the portal itself; expected another.")
    if parent and entry.published_on < parent.published_on:
        text = f"expected {parent.published_on} or later, since {parent.place} is not public before; found {{}}."
        yield Fault(f"{entry.place}.published_on", text.format(entry.published_on))


def _field_faults(entry: Entry) -> Iterator[Fault]:
    fields = entry.fields
    asked = {entry.places[name][0] for name in KINDS[entry.kind].asks if name in entry.places}
    for name in sorted({steps[0] for steps in PLACES.values()} - {"title", "lead", "body", "example"} - asked):
        if name in fields:
            yield Fault(f"{entry.place}.{name}", f"not expected for the kind {entry.kind}.")
    period = fields.get("period")
    if period and period["end"] < period["start"]:
        text = f"expected {period['start']} or later, when it starts; found {period['end']}."
        yield Fault(f"{entry.place}.period.end", text)
    for index, row in enumerate(fields.get("related", [])):
        if not rich_text.is_link(row["url"]):
            text = "expected an address that begins with https://, http://, mailto:, tel: or /, found"
            yield Fault(f"{entry.place}.related[{index}].url", f"{text} {_shown(row['url'])}.")
    yield from _body_faults(fields.get("body", ""), f"{entry.place}.body")
    for language, text in fields.get("translations", {}).items():
        yield from _body_faults(text.get("body", ""), f"{entry.place}.translations.{language}.body")
    for language, text in fields.get("easy_to_read", {}).items():
        yield from _body_faults(text["body"], f"{entry.place}.easy_to_read.{language}.body")


def _reference_faults(entry: Entry, by_key: dict[str, Entry]) -> Iterator[Fault]:
    for name, kind in (("boards", NodeKind.BOARD), ("themes", NodeKind.THEME)):
        for index, key in enumerate(entry.fields.get(name, [])):
            if key not in by_key or by_key[key].kind != kind:
                yield Fault(
                    f"{entry.place}.{name}[{index}]", f"expected the key of a {kind} in this file, found “{key}”."
                )


# A start tag and its attributes, as a browser reads them, and whatever else is neither text nor an end tag. Possessive,
# and each begins where the one before ended, so that the work grows with the text alone, however odd that is.
_MARKUP = re.compile(r"<([a-zA-Z][^\t\n\f\r />]*+)|<[!?]")
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*+([^\t\n\f\r />][^\t\n\f\r />=]*+)"
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+("[^"]*+"?|'[^']*+'?|[^\t\n\f\r >]*+))?"""
)


def _body_faults(body: str, place: str) -> Iterator[Fault]:
    kept = rich_text.clean(body)
    # An empty paragraph is kept as empty text.
    staying = set(_marks(kept or "<p><br></p>"))
    lost = [mark for mark in dict.fromkeys(_marks(body)) if mark not in staying]
    if kept.count("\ufffd") > body.count("\ufffd"):
        lost.append("a character that does not exist (&#…;)")
    if lost:
        more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
        yield Fault(
            place,
            f"{_listed(lost[:10])}{more} can't be kept; expected paragraphs, headings h2 to h4, lists, "
            "links (https, http, mailto, tel or within the site), em, strong, quotes and tables.",
        )


def _marks(html: str) -> Iterator[str]:
    """What marks up some HTML, in words: its tags, their attributes, and the links that rich text would not keep."""
    end = 0
    while markup := _MARKUP.search(html, end):
        end = markup.end()
        if markup[1] is None:
            yield "a comment or declaration (<! or <?)"
            end = _after(html, "-->" if html.startswith("<!--", markup.start()) else ">", end)
            continue
        tag = f"<{_short(markup[1].lower())}>"
        yield tag
        while attribute := _ATTRIBUTE.match(html, end):
            end = attribute.end()
            name, value = attribute[1].lower(), attribute[2] or ""
            if (tag, name) != ("<a>", "href"):
                yield f"{_short(name)} in {tag}"
            elif not _is_kept_link(address := _unescaped(value)):
                yield f"the link {_shown(address)}"


def _after(text: str, sign: str, start: int) -> int:
    found = text.find(sign, start)
    return len(text) if found < 0 else found + len(sign)


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"


def _unescaped(value: str) -> str:
    if value[:1] in ("'", '"'):
        value = value[1:].removesuffix(value[0])
    try:
        return unescape(value)
    except ValueError:
        # A sign with a number of thousands of digits.
        return value


def _is_kept_link(address: str) -> bool:
    return rich_text.clean(f'<a href="{escape(address)}"></a>').startswith("<a href=")
