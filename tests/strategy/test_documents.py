"""The frozen document: always the same keys, only what its kind is asked for, readable for as long as it is kept."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from strategy import documents, publishing
from strategy.kinds import KINDS, NodeKind
from strategy.models import Node, Page

SAMPLES = Path(__file__).parent / "samples"
KEYS = {
    "version", "texts", "number", "example", "illustrations", "related", "boards", "themes", "global_goals", "period",
    "target_year", "decision", "indicator", "stage", "board", "words", "easy_to_read", "reviewed_on", "statement",
}  # fmt: skip
# What the document says of a kind that is not asked for it.
NOTHING = {
    "number": "", "boards": [], "themes": [], "global_goals": [], "period": None, "target_year": None, "decision": None,
    "indicator": None, "stage": "", "board": None, "words": {}, "statement": None,
}  # fmt: skip
# The column that decides whether a kind is asked for each.
ASKED_BY = {
    "number": "number", "boards": "boards", "themes": "themes", "global_goals": "global_goals",
    "period": "period_start_on", "target_year": "target_year", "decision": "decision_body", "indicator": "indicator",
    "stage": "stage", "board": "board_code", "words": "words", "statement": "compliance",
}  # fmt: skip


def example_of(kind: str) -> Node:
    """The node of this kind in the tree that every test knows, or a new one."""
    parent = KINDS[kind].under
    found = Node.objects.of_kind(kind).first()
    if found:
        return found
    above = Node.objects.of_kind(*parent).first()
    return Node.objects.add_child(above, create_kwargs={"kind": kind, "slug": "ny", "title": "Ny"})


def fill(node: Node, tree, tmp_path=None) -> Node:
    """Give `node` everything a node can have, whatever its kind is asked for."""
    Node.objects.filter(pk=node.pk).update(
        number="2.1.2",
        lead="En ingress.",
        body="<h2>Rubrik</h2><p>Text.</p>",
        example=True,
        global_goals=[8, 10],
        period_start_on="2021-01-01",
        period_end_on="2024-12-31",
        target_year=2024,
        decision_body="Kommunfullmäktige",
        decided_on="2020-11-24",
        decision_paragraph="§ 251",
        decision_number="KS 2020/1234",
        indicator="Arbetslöshet",
        unit="%",
        direction="lower",
        decimals=1,
        baseline_value="9.800000",
        baseline_year=2020,
        target_value="7",
        stage="started",
        board_code="KS",
        board_email="ks@example.se",
        reviewed_on="2024-05-01",
        compliance="partial",
        assessed_on="2024-04-30",
        assessment_method="own",
    )
    node = Node.objects.get(pk=node.pk)
    node.boards.set([tree.board])
    node.themes.set([tree.growth])
    node.words.create(kind="result", language="sv", one="Resultatmål", many="Resultatmål")
    node.words.create(kind="result", language="en", one="Result target", many="Result targets")
    node.translations.create(language="en", title="Title", lead="A lead.", body="<p>Text.</p>", by_portal=True)
    node.illustrations.create(drawing="town", alternative_text="En stad.", caption="Staden")
    node.related_material.create(title="Kommunens sida", address="https://www.kristianstad.se/", year=2021)
    node.easy_texts.create(language="sv", title="Fler ska få jobb", body="<p>Fler ska få jobb.</p>")
    node.failures.create(situation="no_sight", criterion="1.1.1", what="En bild saknar text.", why="Den är ny.")
    node.exemptions.create(ground="outside", what="Kartor.", why="De är inte för att hitta vägen.")
    return Node.objects.with_content().get(pk=node.pk)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_every_key_even_when_nothing_is_filled_in(tree, kind):
    assert set(documents.build(example_of(kind))) == KEYS


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_a_kind_is_asked_for_is_frozen(tree, kind):
    document = documents.build(fill(example_of(kind), tree))
    assert set(document) == KEYS
    for key, column in ASKED_BY.items():
        if column in KINDS[kind].asks:
            assert document[key] != NOTHING[key], key
        else:
            assert document[key] == NOTHING[key], key
    assert document["version"] == documents.VERSION == 2
    assert document["example"] is True
    assert set(document["texts"]) == {"sv", "en"}


def test_every_key_but_the_common_ones_is_tried_above():
    common = {"version", "texts", "example", "illustrations", "related", "easy_to_read", "reviewed_on"}
    assert set(ASKED_BY) == set(NOTHING) == KEYS - common


def test_a_result_says_everything_it_says(tree, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    node = fill(tree.jobs, tree)
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF")
    row = node.related_material.model(node=node, title="Beslutet", file=file, language="sv", order=1)
    row.full_clean()
    row.save()
    node = Node.objects.with_content().get(pk=node.pk)
    assert documents.build(node) == {
        "version": 2,
        "texts": {
            "sv": {
                "title": "Arbetslösheten ska minska",
                "lead": "En ingress.",
                "body": "<h2>Rubrik</h2><p>Text.</p>",
                "by_portal": False,
            },
            "en": {"title": "Title", "lead": "A lead.", "body": "<p>Text.</p>", "by_portal": True},
        },
        "number": "2.1.2",
        "example": True,
        "illustrations": [
            {
                "drawing": "town",
                "file": "",
                "width": None,
                "height": None,
                "alternative_text": "En stad.",
                "caption": "Staden",
                "decorative": False,
                "language": "sv",
            }
        ],
        "related": [
            {
                "title": "Kommunens sida",
                "address": "https://www.kristianstad.se/",
                "file": "",
                "bytes": None,
                "year": 2021,
                "language": "sv",
            },
            {"title": "Beslutet", "address": "", "file": row.file.name, "bytes": 14, "year": None, "language": "sv"},
        ],
        "boards": [{"node": tree.board.pk, "titles": {"sv": "Kommunstyrelsen"}}],
        "themes": [{"node": tree.growth.pk, "titles": {"sv": "Tillväxt"}}],
        "global_goals": [8, 10],
        "period": None,
        "target_year": 2024,
        "decision": None,
        "indicator": {
            "name": "Arbetslöshet",
            "unit": "%",
            "direction": "lower",
            "decimals": 1,
            "baseline": {"value": "9.8", "year": 2020},
            "target": {"value": "7", "year": 2024},
        },
        "stage": "",
        "board": None,
        "words": {},
        "easy_to_read": {"sv": {"title": "Fler ska få jobb", "body": "<p>Fler ska få jobb.</p>"}},
        "reviewed_on": "2024-05-01",
        "statement": None,
    }


def test_a_statement_says_everything_it_says(tree):
    node = fill(example_of(NodeKind.STATEMENT), tree)
    assert documents.build(node)["statement"] == {
        "compliance": "partial",
        "assessed_on": "2024-04-30",
        "method": "own",
        "failures": [
            {
                "situation": "no_sight",
                "criterion": "1.1.1",
                "what": "En bild saknar text.",
                "why": "Den är ny.",
                "instead": "",
                "language": "sv",
            }
        ],
        "exemptions": [
            {"ground": "outside", "what": "Kartor.", "why": "De är inte för att hitta vägen.", "language": "sv"}
        ],
    }


def test_a_review_alone_is_a_new_edition_with_the_content_of_the_old_one(published):
    """WEB-2: the day of a review can be set without changing when the page was last updated."""
    before = Page.objects.at().get(node=published.jobs)
    Node.objects.filter(pk=published.jobs.pk).update(reviewed_on="2024-05-01")
    after = publishing.publish(published.jobs)
    assert after.document["reviewed_on"] == "2024-05-01"
    assert after.content_since == before.content_since
    assert publishing.publish(published.jobs) is None


def test_names_are_those_that_are_public(tree):
    public = {tree.board.pk: {"sv": "Kommunstyrelsen (publik)", "en": "The board"}}
    document = documents.build(fill(tree.jobs, tree), public)
    assert document["boards"] == [{"node": tree.board.pk, "titles": public[tree.board.pk]}]
    assert document["themes"] == [{"node": tree.growth.pk, "titles": {"sv": "Tillväxt"}}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "0"),
        ("-0.000000", "0"),
        ("0.1", "0.1"),
        ("100", "100"),
        ("1000000.000000", "1000000"),
        ("12345678901234.123456", "12345678901234.123456"),
        ("-3.50", "-3.5"),
        ("0.000001", "0.000001"),
    ],
)
def test_a_figure_is_the_shortest_text_of_its_exact_value(tree, value, text):
    Node.objects.filter(pk=tree.jobs.pk).update(baseline_value=value, target_value=value)
    node = Node.objects.get(pk=tree.jobs.pk)
    indicator = documents.build(node)["indicator"]
    assert indicator["baseline"]["value"] == indicator["target"]["value"] == text
    assert Decimal(text) == node.target_value


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_database_gives_back_is_what_was_frozen(tree, kind):
    node = fill(example_of(kind), tree)
    document = documents.build(node)
    assert json.loads(json.dumps(document)) == document
    publishing.publish_branch(tree.start)
    page = Page.objects.get(node=node)
    assert page.document == document
    assert documents.upgrade(page.document) == document
    page.refresh_from_db()
    assert page.document == document
    assert publishing.publish(node) is None


# Shapes of the past


def samples() -> list[Path]:
    return sorted(SAMPLES.glob("document-*.json"))


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_there_is_a_sample_of_every_shape():
    assert [read(path)["version"] for path in samples()] == list(range(1, documents.VERSION + 1))


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_sample_of_an_older_shape_is_read_in_todays(path):
    document = documents.upgrade(read(path))
    assert document["version"] == documents.VERSION
    assert set(document) == KEYS
    assert documents.titles(document) == {"sv": "Arbetslösheten ska minska", "en": "Unemployment is to fall"}


def test_sample_of_todays_shape_is_not_changed():
    sample = read(SAMPLES / f"document-{documents.VERSION}.json")
    assert documents.upgrade(sample) == read(SAMPLES / f"document-{documents.VERSION}.json")


def test_sample_leaves_nothing_out():
    sample = read(SAMPLES / f"document-{documents.VERSION}.json")
    assert set(sample) == KEYS
    assert all(sample[key] not in (None, "", [], {}) for key in KEYS)
    assert set(sample["words"]) == set(NodeKind.values)


def test_older_shapes_are_upgraded_one_step_at_a_time(monkeypatch):
    monkeypatch.setattr(documents, "VERSION", 3)
    monkeypatch.setitem(documents.UPGRADES, 1, lambda document: {**document, "version": 2, "steps": ["one"]})
    monkeypatch.setitem(
        documents.UPGRADES, 2, lambda document: {**document, "version": 3, "steps": [*document["steps"], "two"]}
    )
    sample = read(SAMPLES / "document-1.json")
    assert documents.upgrade(sample)["steps"] == ["one", "two"]
    assert sample == read(SAMPLES / "document-1.json")


def test_newer_shape_is_refused():
    sample = read(SAMPLES / "document-1.json")
    with pytest.raises(ValueError, match="shape 3; this code knows 2"):
        documents.upgrade({**sample, "version": documents.VERSION + 1})
