"""
What a document says, field by field, for whoever compares two: the value, and the words of the active language for it.

Boards and themes are named as the document froze them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import KINDS
from strategy.models import AccessibilityExemption, AccessibilityFailure, Illustration, Node
from strategy.reading import number_words
from strategy.running_text import HEADING, POINT, Block, blocks_of_html, blocks_of_text
from strategy.wcag import CRITERIA


class Form(Enum):
    """What a field's values are shown as: some words, a list of names by key, or running text."""

    WORDS = "words"
    NAMES = "names"
    TEXT = "text"


@dataclass(frozen=True)
class Amount:
    """A number with its unit; the same amount is the same number."""

    value: str
    decimals: int = attribute(compare=False)
    unit: str = attribute(compare=False)

    def words(self, other: object = None) -> str:
        """As pages show it; with all its decimals where `other` would else be rounded to the same words."""
        decimals = self.decimals
        if isinstance(other, Amount) and self._number(decimals) == other._number(other.decimals):
            decimals = max(-Decimal(amount.value).as_tuple().exponent for amount in (self, other))
        # No line ends between a number and its unit.
        return "\xa0".join(filter(None, (self._number(decimals), self.unit)))

    def _number(self, decimals: int) -> str:
        return number_words(self.value, decimals)


@dataclass(frozen=True)
class Name:
    """`language` is empty for the reader's own; `node` is the id of the node that is called so, if it is one's name."""

    words: str
    language: str = ""
    node: int | None = None


class Said:
    """A document, read in one language that it may lack."""

    def __init__(self, document: dict, language: str) -> None:
        self.document = document
        self.language = language

    def text(self, name: str) -> Any:
        return self.document["texts"].get(self.language, {}).get(name, "")

    def easy(self, name: str) -> str:
        return self.document["easy_to_read"].get(self.language, {}).get(name, "")

    def rows(self, *names: str) -> list[dict]:
        """Of a list whose rows have a language each."""
        return [row for row in self.part(*names) or [] if row["language"] == self.language]

    def part(self, *names: str) -> Any:
        part = self.document
        for name in names:
            part = part and part[name]
        return part

    def amount(self, name: str) -> Amount | None:
        indicator = self.document["indicator"]
        if not indicator or indicator[name]["value"] is None:
            return None
        return Amount(indicator[name]["value"], indicator["decimals"], indicator["unit"])


@dataclass(frozen=True)
class Field:
    """
    `value` is what is compared, `shown` makes the words, names or blocks of it. `own`: each language has its own;
    `untranslated`: staff write it in the default language. `quoted`: words that are a sentence of their own.
    """

    word: str | Promise
    value: Callable[[Said], Any]
    shown: Callable[[Any], Any] = str
    form: Form = Form.WORDS
    own: bool = False
    untranslated: bool = False
    quoted: bool = False


def _day(value: str) -> str:
    return date_format(date.fromisoformat(value), "j F Y")


def _decision(decision: dict) -> str:
    paragraph = f"§\xa0{decision['paragraph']}" if decision["paragraph"] else ""
    day = _day(decision["on"]) if decision["on"] else ""
    return ", ".join(filter(None, (decision["body"], day, paragraph, decision["number"])))


def _names(rows: list[dict]) -> dict[int, Name]:
    return {row["node"]: _name(row) for row in rows}


def _name(row: dict) -> Name:
    asked = get_language()
    language = asked if asked in row["titles"] else settings.LANGUAGE_CODE
    return Name(row["titles"][language], language, row["node"])


def _goals(numbers: list[int]) -> dict[int, Name]:
    return {number: Name(f"{number}. {GLOBAL_GOALS[number]}") for number in numbers}


def _lines(name: str, text: str) -> list[Block]:
    return [Block(POINT, f"{name}: {block.text}") for block in blocks_of_text(text)]


def _illustrations(rows: list[dict]) -> list[Block]:
    return [
        block
        for row in rows
        for block in (
            *_lines(_("Picture"), str(Illustration.Drawing(row["drawing"]).label) if row["drawing"] else row["file"]),
            *_lines(_("What it shows"), "" if row["decorative"] else row["alternative_text"]),
            *_lines(_("Caption"), row["caption"]),
        )
    ]


def _related(rows: list[dict]) -> list[Block]:
    return [
        Block(
            POINT, ", ".join(str(part) for part in (row["title"], row["year"], row["address"] or row["file"]) if part)
        )
        for row in rows
    ]


def _words(words: dict[str, dict]) -> list[Block]:
    return [Block(POINT, f"{KINDS[kind].one}: {word['one']}, {word['many']}") for kind, word in words.items()]


def _failures(rows: list[dict]) -> list[Block]:
    return [
        block
        for row in rows
        for block in (
            Block(HEADING, str(AccessibilityFailure.Situation(row["situation"]).label)),
            *_lines(_("WCAG criterion"), str(CRITERIA.get(row["criterion"], row["criterion"]))),
            *(block for name in ("what", "why", "instead") for block in blocks_of_text(row[name])),
        )
    ]


def _exemptions(rows: list[dict]) -> list[Block]:
    return [
        block
        for row in rows
        for block in (
            Block(HEADING, str(AccessibilityExemption.Ground(row["ground"]).label)),
            *(block for name in ("what", "why") for block in blocks_of_text(row[name])),
        )
    ]


def _own_words(said: Said) -> dict[str, dict]:
    words = said.document["words"]
    return {kind: words[kind][said.language] for kind in KINDS if said.language in words.get(kind, {})}


def _yes_or_no(value: bool) -> str:
    return _("yes") if value else _("no")


def _of(*names: str) -> Callable[[Said], Any]:
    return lambda said: said.part(*names)


def _label(choices: type[TextChoices]) -> Callable[[str], str]:
    return lambda value: str(choices(value).label)


# In the order of a comparison. `reviewed_on` is not among them: to read a page and find it right changes nothing.
FIELDS = (
    Field(gettext_lazy("title"), lambda said: said.text("title"), own=True, quoted=True),
    Field(gettext_lazy("number"), _of("number")),
    Field(gettext_lazy("target"), lambda said: said.amount("target"), untranslated=True),
    Field(
        gettext_lazy("target year"), lambda said: said.part("indicator", "target", "year") or said.part("target_year")
    ),
    Field(gettext_lazy("baseline"), lambda said: said.amount("baseline"), untranslated=True),
    Field(gettext_lazy("baseline year"), _of("indicator", "baseline", "year")),
    Field(gettext_lazy("indicator"), _of("indicator", "name"), untranslated=True, quoted=True),
    Field(gettext_lazy("unit"), _of("indicator", "unit"), untranslated=True),
    Field(gettext_lazy("direction"), _of("indicator", "direction"), _label(Node.Direction)),
    Field(gettext_lazy("decimals shown"), _of("indicator", "decimals")),
    Field(gettext_lazy("stage"), _of("stage"), _label(Node.Stage)),
    Field(gettext_lazy("start of the period"), _of("period", "start"), _day),
    Field(gettext_lazy("end of the period"), _of("period", "end"), _day),
    Field(gettext_lazy("responsible board"), _of("boards"), _names, Form.NAMES),
    Field(gettext_lazy("themes it contributes to"), _of("themes"), _names, Form.NAMES),
    Field(gettext_lazy("global goals"), _of("global_goals"), _goals, Form.NAMES),
    Field(gettext_lazy("decision"), _of("decision"), _decision, untranslated=True),
    Field(gettext_lazy("code"), _of("board", "code")),
    Field(gettext_lazy("e-mail"), _of("board", "email")),
    Field(gettext_lazy("compliance"), _of("statement", "compliance"), _label(Node.Compliance)),
    Field(gettext_lazy("assessed on"), _of("statement", "assessed_on"), _day),
    Field(gettext_lazy("method of assessment"), _of("statement", "method"), _label(Node.AssessmentMethod)),
    Field(gettext_lazy("example data"), _of("example"), _yes_or_no),
    Field(gettext_lazy("the portal's own translation"), lambda said: said.text("by_portal"), _yes_or_no, own=True),
    Field(gettext_lazy("introduction"), lambda said: said.text("lead"), blocks_of_text, Form.TEXT, own=True),
    Field(gettext_lazy("text"), lambda said: said.text("body"), blocks_of_html, Form.TEXT, own=True),
    Field(
        gettext_lazy("accessibility failures"),
        lambda said: said.rows("statement", "failures"),
        _failures,
        Form.TEXT,
        own=True,
    ),
    Field(
        gettext_lazy("exempt content"),
        lambda said: said.rows("statement", "exemptions"),
        _exemptions,
        Form.TEXT,
        own=True,
    ),
    Field(gettext_lazy("title of the easy-to-read text"), lambda said: said.easy("title"), own=True, quoted=True),
    Field(gettext_lazy("easy-to-read text"), lambda said: said.easy("body"), blocks_of_html, Form.TEXT, own=True),
    Field(gettext_lazy("illustrations"), lambda said: said.rows("illustrations"), _illustrations, Form.TEXT, own=True),
    Field(gettext_lazy("related material"), lambda said: said.rows("related"), _related, Form.TEXT, own=True),
    Field(gettext_lazy("words for the levels"), _own_words, _words, Form.TEXT, own=True),
)
