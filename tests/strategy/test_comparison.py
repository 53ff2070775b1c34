"""Any two editions of a page compared: facts one by one, running text word by word."""

import random
import time

import pytest

from strategy import documents, publishing, redline
from strategy.differences import Differences
from strategy.models import Page
from strategy.running_text import Block, BlockKind, blocks_of_html, blocks_of_text
from tests.changed import block, change, changes_of
from tests.words import read

PARAGRAPH = BlockKind.PARAGRAPH


def compared(before: Page, after: Page, prefix: str = "") -> str:
    return f"{prefix}{changes_of(before.node)}?fran={before.pk}&till={after.pk}"


def marked(before: str, after: str) -> list[str]:
    """Each block with [what was taken out] and {what was put in}."""
    signs = {redline.REMOVED: "[%s]", redline.ADDED: "{%s}", redline.SAME: "%s"}
    passages = redline.compare(blocks_of_html(before), blocks_of_html(after))
    return [
        f"… {passage.count}"
        if passage.change == redline.SKIPPED
        else "".join(signs[piece.change] % piece.text for piece in passage.pieces)
        for passage in passages
    ]


@pytest.fixture
def edited(published) -> tuple[Page, Page, Page]:
    """Three editions of the result."""
    first = Page.objects.at().get(node=published.jobs)
    body = "<h2>Så gör vi</h2><p>Vi ska minska arbetslösheten i kommunen.</p><ul><li>En punkt</li></ul>"
    second = change(published.jobs, target_value="5", body=body)
    body = "<h2>Så gör vi</h2><p>Vi ska halvera arbetslösheten i kommunen.</p><ul><li>En punkt</li></ul><p>Nytt.</p>"
    published.jobs.themes.add(published.growth)
    return first, second, change(published.jobs, target_value="4", target_year=2026, body=body)


def test_facts_stand_one_by_one_with_before_and_after(edited, client):
    text = read(client, compared(edited[0], edited[2])).text
    assert "Målvärde Före 7,0 % Efter 4,0 %" in text
    assert "Målår Före 2024 Efter 2026" in text
    assert "Teman den bidrar till Tillagt Tillväxt" in text
    assert "Oförändrat: rubrik, nummer, utgångsvärde" in text


def test_running_text_is_compared_word_by_word_and_said_in_words_too(edited, client):
    page = read(client, compared(edited[1], edited[2]))
    assert "Vi ska borttaget: minska (slut) tillagt: halvera (slut) arbetslösheten i kommunen." in page.text
    assert '<del class="redline__removed"><span class="hidden">borttaget: </span>minska<' in page.html
    assert "Tillagt Nytt." in page.text
    assert "Mellanrubrik Så gör vi" in page.text


def test_why_it_was_changed_from_the_one_to_the_other_stands_there(edited, client, published):
    fourth = change(published.jobs, reason="Nytt beslut.", target_value="3")
    fifth = change(published.jobs, reason="Rättat.", target_value="2")
    assert "Nytt beslut." in read(client, compared(edited[0], fourth)).text
    assert "Rättat." not in read(client, compared(edited[0], fourth)).text
    text = read(client, compared(edited[2], fifth)).text
    assert text.index("Nytt beslut.") < text.index("Rättat.")
    assert "Nytt beslut." not in read(client, compared(fourth, fifth)).text
    sixth = change(published.jobs, reason="Rättat.", target_value="1")
    assert read(client, compared(fourth, sixth)).text.count("Rättat.") == 1


def test_the_older_one_is_always_the_first(edited, client):
    one, other = (read(client, compared(*pair)) for pair in ((edited[0], edited[2]), (edited[2], edited[0])))
    assert one.text == other.text


def test_a_page_is_the_same_as_itself(edited, client):
    assert "Inget av det som visas skiljer sig" in read(client, compared(edited[1], edited[1])).text


def test_english_readers_see_the_english_text_where_both_have_it(published, client):
    first = Page.objects.at().get(node=published.growth)
    published.growth.translations.create(language="en", title="Growth", body="<p>We grow slowly.</p>")
    second = publishing.publish(published.growth)
    published.growth.translations.update(body="<p>We grow fast.</p>")
    third = change(published.growth, body="<p>Vi växer.</p>")
    text = read(client, compared(second, third, "/en")).text
    assert "We grow removed: slowly (end) added: fast (end) ." in text.replace("fast (end).", "fast (end) .")
    assert "Swedish: changed text." in text
    assert "English: translation added." in read(client, compared(first, second, "/en")).text
    swedish = read(client, compared(second, third)).text
    assert "Vi växer." in swedish
    assert "Engelska: ändrat text." in swedish


def test_swedish_words_on_an_english_comparison_are_marked(edited, client):
    html = read(client, compared(edited[1], edited[2], "/en")).html
    assert '<div class="redline" lang="sv">' in html
    assert '<span class="hidden" lang="en">removed: </span>' in html


def test_what_looks_like_markup_is_shown_as_it_is_written(published, client):
    first = change(published.about, title="Ett <b>fett</b> & ord", lead="<script>x()</script>")
    second = change(published.about, title="Två <i>ord</i>", lead="<script>y()</script>")
    page = read(client, compared(first, second))
    assert "<script>" not in page.html
    assert "<i>ord" not in page.html
    assert "Ett <b>fett</b> & ord" in page.text


def test_a_comparison_is_not_indexed_and_leads_back(edited, client, published):
    response = client.get(compared(edited[0], edited[2]))
    assert '<meta name="robots" content="noindex">' in response.text
    assert changes_of(published.jobs) in read(client, compared(edited[0], edited[2])).links


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("fran=x&till=y", 400, "Välj två versioner att jämföra."),
        ("fran=1", 400, "Välj två versioner att jämföra."),
        ("fran=%C2%B2&till=-1", 400, "Välj två versioner att jämföra."),
        (f"fran={10**30}&till=1", 400, "Välj två versioner att jämföra."),
        ("fran=999999999&till=999999998", 404, "Sidan har ingen sådan version."),
    ],
)
def test_what_is_no_edition_is_refused_in_words_with_the_list_below(published, client, query, status, words):
    page = read(client, f"{changes_of(published.about)}?{query}", status)
    assert words in page.text
    assert "Publicerad" in page.text


def test_an_edition_of_another_page_or_of_a_later_day_is_none(published, client):
    other = Page.objects.at().get(node=published.board)
    own = Page.objects.at().get(node=published.about)
    assert client.get(compared(own, other)).status_code == 404
    later = change(published.about, title="Senare")
    moment = f"{own.begins_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert client.get(f"{compared(own, later)}&den={moment}").status_code == 404
    assert client.get(f"{compared(own, own)}&den={moment}").status_code == 200


def test_nothing_is_compared_with_what_may_not_be_shown(edited, client):
    block(edited[1])
    for pair in ((edited[0], edited[1]), (edited[1], edited[2])):
        response = client.get(compared(*pair))
        assert response.status_code == 451
        assert "minska arbetslösheten" not in response.text
    text = read(client, compared(edited[0], edited[2])).text
    assert "minska" not in text.replace("Arbetslösheten ska minska", "")


OTHERWISE = {
    "texts": {"sv": {"title": "Annan", "lead": "", "body": "", "by_portal": False}},
    "number": "9",
    "example": True,
    "illustrations": [
        {
            "drawing": "town",
            "alternative_text": "Stad",
            "caption": "",
            "decorative": False,
            "language": "sv",
            "file": "",
        }
    ],
    "related": [{"title": "Budget", "address": "/x/", "file": "", "bytes": None, "year": 2024, "language": "sv"}],
    "boards": [],
    "themes": [{"node": 1, "titles": {"sv": "Tema"}}],
    "global_goals": [4],
    "period": {"start": "2021-01-01", "end": "2022-01-01"},
    "target_year": 2031,
    "decision": {"body": "KF", "on": None, "paragraph": "1", "number": ""},
    "indicator": None,
    "stage": "done",
    "board": {"code": "X", "email": "x@example.org"},
    "words": {"goal": {"sv": {"one": "mål", "many": "mål"}}},
    "easy_to_read": {"sv": {"title": "Lätt", "body": "<p>Lätt.</p>"}},
    "statement": {"compliance": "full", "assessed_on": None, "method": "own", "failures": [], "exemptions": []},
}


def test_no_part_of_a_document_is_forgotten(published):
    document = documents.build(published.jobs)
    # The shape is nobody's news, and to read a page and find it right changes nothing.
    assert OTHERWISE.keys() | {"version", "reviewed_on"} == document.keys()
    for name, value in OTHERWISE.items():
        before = document if name == "indicator" else {**document, "indicator": None}
        assert Differences(before, {**before, name: value}, "sv").sentences, name
        assert not Differences(before, before, "sv"), name


def test_words_are_told_apart_and_phrases_are_not_torn_to_crumbs():
    assert marked("<p>Målet är 45 % före 2024.</p>", "<p>Målet är 40 % före 2026.</p>") == [
        "Målet är [45] {40} % före [2024] {2026}."
    ]
    assert marked("<p>a b c d</p>", "<p>a b c d e</p>") == ["a b c d {e}"]
    assert marked(
        "<p>Vi ser att barn och unga i stan mår bra.</p>", "<p>Vi vill att fler och äldre i byn mår bra.</p>"
    ) == ["Vi [ser att barn och unga i stan] {vill att fler och äldre i byn} mår bra."]


def test_blocks_keep_their_kind_and_what_is_far_from_a_change_is_summed_up():
    paragraphs = [f"<p>Stycke nummer {number} är som det var.</p>" for number in range(9)]
    changed = [*paragraphs[:4], "<h2>Stycke nummer 4 är inte som det var.</h2>", *paragraphs[5:]]
    assert marked("".join(paragraphs), "".join(changed)) == [
        "… 3",
        "Stycke nummer 3 är som det var.",
        "Stycke nummer 4 är {inte} som det var.",
        "Stycke nummer 5 är som det var.",
        "… 3",
    ]
    passage = redline.compare(blocks_of_html(paragraphs[4]), blocks_of_html(changed[4]))[0]
    assert (passage.kind, passage.was) == (BlockKind.HEADING, BlockKind.PARAGRAPH)


def test_where_a_link_leads_is_a_part_of_the_text():
    assert marked('<p>Läs <a href="/om/">mer</a> här.</p>', '<p>Läs <a href="/ks/">mer</a> här.</p>') == [
        "Läs mer (/[om] {ks}/) här."
    ]


def test_a_text_that_is_only_set_otherwise_says_so(published, client):
    first = change(published.about, body="<p>Ett <strong>ord</strong></p>")
    second = change(published.about, body="<p>Ett <em>ord</em></p>")
    assert "Bara formateringen är ändrad." in read(client, compared(first, second)).text


def test_a_new_text_and_a_removed_one_are_whole():
    assert marked("", "<p>Nytt</p>") == ["{Nytt}"]
    assert marked("<p>Gammalt</p>", "") == ["[Gammalt]"]
    assert redline.compare([], []) == []


random.seed(7)
VOCABULARY = [f"ord{number}" for number in range(3000)]


def text(words: int, vocabulary: list[str]) -> str:
    return " ".join(random.choices(vocabulary, k=words))


LONG = {
    "one paragraph rewritten": ([text(15_000, VOCABULARY)], [text(15_000, VOCABULARY)]),
    "two words in turn": ([text(25_000, ["a", "b"])], [text(25_000, ["a", "b"])]),
    "one word": (["a " * 50_000], ["b a " * 25_000]),
    "paragraphs of a letter": (random.choices("ab", k=12_000), random.choices("ab", k=12_000)),
    "paragraphs rewritten": ([text(50, VOCABULARY) for _ in range(300)], [text(50, VOCABULARY) for _ in range(300)]),
    "paragraphs of few words": (
        [text(495, ["a", "b", "c"]) for _ in range(40)],
        [text(495, ["a", "b", "c"]) for _ in range(40)],
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_texts_of_100_kb_are_compared_in_a_moment(name):
    before, after = ([Block(PARAGRAPH, text) for text in texts] for texts in LONG[name])
    started = time.process_time()
    passages = redline.compare(before, after)
    assert time.process_time() - started < 5
    # Whatever is left out, the pieces still make up both texts.
    assert "".join(piece.text for passage in passages for piece in passage.pieces if piece.change != redline.REMOVED)


@pytest.mark.parametrize("seed", range(20))
def test_the_pieces_make_up_both_texts(seed):
    chance = random.Random(seed)
    before, after = (
        [" ".join(chance.choices("abcdef.,", k=chance.randrange(1, 40))) for _ in range(4)] for _ in range(2)
    )
    passages = redline.compare(blocks_of_text("\n".join(before)), blocks_of_text("\n".join(after)))
    for texts, left_out in ((before, redline.ADDED), (after, redline.REMOVED)):
        pieces = [piece.text for passage in passages for piece in passage.pieces if piece.change != left_out]
        if all(passage.change != redline.SKIPPED for passage in passages):
            assert "".join("".join(pieces).split()) == "".join("".join(texts).split())


def test_comparing_takes_as_many_queries_for_many_editions(edited, client, published, django_assert_max_num_queries):
    for number in range(8):
        change(published.jobs, lead=f"Ingress {number}")
    with django_assert_max_num_queries(4):
        client.get(compared(edited[0], edited[2]))
