"""
The frozen document of an edition: how it is built from a node, and how an older shape becomes today's.

Shape 2, all keys always there:

    version         2
    texts           {language: {title, lead, body, by_portal}}, the default language always among them
    number          "2.1.2" or ""
    example         bool
    illustrations   [{drawing, file, width, height, alternative_text, caption, decorative, language}]
    related         [{title, address, file, bytes, year, language}]
    boards, themes  [{node, titles: {language: title}}], names as they were at publication
    global_goals    [8, 10]
    period          {start, end} as ISO dates, or null
    target_year     2030 or null
    decision        {body, on, paragraph, number} or null
    indicator       {name, unit, direction, decimals, baseline: {value, year}, target: {value, year}} or null;
                    values are decimal numbers as text, since JSON's are not exact
    stage           "started", or "" for all but efforts
    board           {code, email} or null
    words           {kind: {language: {one, many}}}, the start page's only
    easy_to_read    {language: {title, body}}
    reviewed_on     ISO date or null
    statement       {compliance, assessed_on, method, failures: [{situation, criterion, what, why, instead, language}],
                    exemptions: [{ground, what, why, language}]} or null, the accessibility statement's only

Shape 1 lacked the last three.

A shape that changes gets the next version, a function in UPGRADES from the one before, and a kept sample in the tests.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal

from django.conf import settings
from django.db.models.fields.files import FieldFile

from strategy.kinds import NodeKind
from strategy.models import Node
from strategy.rich_text import clean

VERSION = 2


def _from_1(document: dict) -> dict:
    return {**document, "version": 2, "easy_to_read": {}, "reviewed_on": None, "statement": None}


UPGRADES: dict[int, Callable[[dict], dict]] = {1: _from_1}


def upgrade(document: dict) -> dict:
    """`document` in today's shape. Raises ValueError for a shape that is newer than this code."""
    while (version := document["version"]) < VERSION:
        document = UPGRADES[version](document)
    if version > VERSION:
        raise ValueError(f"Document of shape {version}; this code knows {VERSION}.")
    return document


def build(node: Node, public_titles: Mapping[int, dict[str, str]] | None = None) -> dict:
    """
    The document of `node` as it stands in the working tree. Prefetch with `Node.objects.with_content()`.

    Boards and themes are named as in `public_titles` (by node id, then language), where they are found there: what is
    frozen may not give away a title that is still a draft.
    """
    public = public_titles or {}
    asked = set(node.asked_for)
    return {
        "version": VERSION,
        "texts": _texts(node),
        "number": node.number if "number" in asked else "",
        "example": node.example,
        "illustrations": [
            {
                "drawing": row.drawing,
                "file": row.image.name if row.image else "",
                "width": row.width,
                "height": row.height,
                "alternative_text": row.alternative_text,
                "caption": row.caption,
                "decorative": row.decorative,
                "language": row.language,
            }
            for row in node.illustrations.all()
        ],
        "related": [
            {
                "title": row.title,
                "address": row.address,
                "file": row.file.name if row.file else "",
                "bytes": _size(row.file),
                "year": row.year,
                "language": row.language,
            }
            for row in node.related_material.all()
        ],
        "boards": _named(node.boards.all(), public) if "boards" in asked else [],
        "themes": _named(node.themes.all(), public) if "themes" in asked else [],
        "global_goals": node.global_goals if "global_goals" in asked else [],
        "period": _period(node) if "period_start_on" in asked else None,
        "target_year": node.target_year if "target_year" in asked else None,
        "decision": _decision(node) if "decision_body" in asked else None,
        "indicator": _indicator(node) if "indicator" in asked else None,
        "stage": node.stage if "stage" in asked else "",
        "board": {"code": node.board_code, "email": node.board_email} if node.kind == NodeKind.BOARD else None,
        "words": _words(node) if "words" in asked else {},
        "easy_to_read": {row.language: {"title": row.title, "body": clean(row.body)} for row in node.easy_texts.all()},
        "reviewed_on": node.reviewed_on.isoformat() if node.reviewed_on else None,
        "statement": _statement(node) if node.kind == NodeKind.STATEMENT else None,
    }


def _texts(node: Node) -> dict:
    texts = {
        settings.LANGUAGE_CODE: {
            "title": node.title,
            "lead": node.lead,
            "body": clean(node.body),
            "by_portal": False,
        }
    }
    for row in node.translations.all():
        texts[row.language] = {
            "title": row.title,
            "lead": row.lead,
            "body": clean(row.body),
            "by_portal": row.by_portal,
        }
    return texts


def same_content(frozen: dict, document: dict) -> bool:
    """
    Whether a citizen reads in `document` what `frozen`, of whatever shape, says. Names of boards and themes don't
    count: pages show the present ones. Nor does the day when someone read the page and found it right (WEB-2).
    """
    return _without_names({**upgrade(frozen), "reviewed_on": None}) == _without_names({**document, "reviewed_on": None})


def unchanged(frozen: dict, document: dict) -> bool:
    """Whether publishing `document` would change nothing, the day of the last review included."""
    return same_content(frozen, document) and upgrade(frozen)["reviewed_on"] == document["reviewed_on"]


def _without_names(document: dict) -> dict:
    return {**document, **{key: [row["node"] for row in document[key]] for key in ("boards", "themes")}}


def titles(document: dict) -> dict[str, str]:
    """The title in each language."""
    return {language: text["title"] for language, text in document["texts"].items()}


def _named(nodes: list[Node], public_titles: Mapping[int, dict[str, str]]) -> list[dict]:
    return [
        {"node": node.pk, "titles": public_titles.get(node.pk) or titles({"texts": _texts(node)})} for node in nodes
    ]


def _size(file: FieldFile) -> int | None:
    """None also for a file that is lost, which publishing says (strategy.planning) and which no list may fail on."""
    return file.size if file and file.storage.exists(file.name) else None


def _period(node: Node) -> dict | None:
    if not (node.period_start_on and node.period_end_on):
        return None
    return {"start": node.period_start_on.isoformat(), "end": node.period_end_on.isoformat()}


def _decision(node: Node) -> dict | None:
    if not node.decision_body:
        return None
    return {
        "body": node.decision_body,
        "on": node.decided_on.isoformat() if node.decided_on else None,
        "paragraph": node.decision_paragraph,
        "number": node.decision_number,
    }


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _indicator(node: Node) -> dict | None:
    if not node.indicator:
        return None
    return {
        "name": node.indicator,
        "unit": node.unit,
        "direction": node.direction,
        "decimals": node.decimals,
        "baseline": {"value": _decimal(node.baseline_value), "year": node.baseline_year},
        "target": {"value": _decimal(node.target_value), "year": node.target_year},
    }


def _statement(node: Node) -> dict:
    return {
        "compliance": node.compliance,
        "assessed_on": node.assessed_on.isoformat() if node.assessed_on else None,
        "method": node.assessment_method,
        "failures": [
            {name: getattr(row, name) for name in ("situation", "criterion", "what", "why", "instead", "language")}
            for row in node.failures.all()
        ],
        "exemptions": [
            {name: getattr(row, name) for name in ("ground", "what", "why", "language")}
            for row in node.exemptions.all()
        ],
    }


def _words(node: Node) -> dict:
    words: dict[str, dict] = {}
    for row in node.words.all():
        words.setdefault(row.kind, {})[row.language] = {"one": row.one, "many": row.many}
    return words
