"""Search: what is found by which words, in which order, in which language, on which day; and what nobody may find."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy import publishing
from strategy.models import Node, SearchText
from strategy.search import STEMMERS, Query


@pytest.fixture
def filled(tree):
    """The tree, published, with words that tell its pages apart."""
    Node.objects.filter(pk=tree.work.pk).update(lead="Vi bygger bibliotek för alla.", body="<p>Om <em>vatten</em>.</p>")
    Node.objects.filter(pk=tree.safety.pk).update(lead="En trygg kommun.", body="<p>Mer om biblioteket & parken.</p>")
    Node.objects.filter(pk=tree.about.pk).update(title="Bibliotek <script>", body="<p>Öppet varje dag.</p>")
    tree.about.translations.create(language="en", title="Libraries", body="<p>Opened every day.</p>")
    publishing.publish_branch(tree.start)
    return tree


def found(client, words: str, prefix: str = "", **more: str) -> list[str]:
    """The addresses of the hits, best first."""
    html = client.get(f"{prefix}/sok/", {"q": words, **more}).content.decode()
    return re.findall(r'<h3 class="hit__title"><a href="([^"?]+)', html)


def test_title_comes_before_lead_and_lead_before_body(filled, client):
    assert found(client, "bibliotek") == ["/om/", "/vi-lyfter/fardplan/arbete/", "/vi-lyfter/fardplan/trygghet/"]


@pytest.mark.parametrize(
    "words",
    [
        "färdplan",
        "fardplan",
        "FÄRDPLANEN",
        "strategiska färdplaner",
        "färdpl",
        "fa\u0308rdplan",
        '"strategisk färdplan"',
    ],
)
def test_roadmap_is_found_however_it_is_written(filled, client, words):
    assert "/vi-lyfter/fardplan/" in found(client, words)


@pytest.mark.parametrize(
    "words", ["arbetslös", "arbetslöshet", "arbetslösheten", "arbetsloshet", "2.1.2", "befolkning"]
)
def test_result_is_found_by_the_beginning_of_a_word_its_number_and_its_indicator(filled, client, words):
    assert "/vi-lyfter/fardplan/arbete/inkomst/jobb/" in found(client, words)


def test_every_word_must_be_there_and_none_with_a_minus(filled, client):
    assert found(client, "bibliotek parken") == ["/vi-lyfter/fardplan/trygghet/"]
    assert "/vi-lyfter/fardplan/trygghet/" not in found(client, "bibliotek -parken")
    assert found(client, "-parken") == []
    assert found(client, "och -parken") == []


def test_question_of_which_no_page_has_all_the_words_finds_those_that_have_the_rarest(filled, client):
    html = client.get("/sok/", {"q": "vem ansvarar för biblioteket med parken på torget"}).content.decode()
    assert "Ingen sida har alla orden" in html
    hits = found(client, "vem ansvarar för biblioteket med parken på torget")
    assert hits[0] == "/vi-lyfter/fardplan/trygghet/"
    assert set(hits) >= {"/om/", "/vi-lyfter/fardplan/arbete/"}
    assert "/vi-lyfter/fardplan/trygghet/" not in found(client, "biblioteket torget -parken")
    assert "Ingen sida har alla orden" not in client.get("/sok/", {"q": "biblioteket parken"}).content.decode()


def test_signs_without_width_part_no_words(filled, client):
    assert found(client, "biblio\u00adteket par\u200bken") == ["/vi-lyfter/fardplan/trygghet/"]


def test_phrase_that_is_too_long_is_searched_for_by_its_beginning(filled, client):
    assert Query.of(f'"{"en " * 20}"').terms[0].words == ("en",) * 12


def test_words_of_a_phrase_stand_beside_each_other(filled, client):
    assert found(client, '"trygg kommun"') == ["/vi-lyfter/fardplan/trygghet/"]
    assert found(client, '"kommun trygg"') == []


def test_a_reader_of_english_finds_english_texts_and_swedish_ones_where_there_are_no_others(filled, client):
    assert found(client, "opens library", "/en") == ["/en/om/"]
    assert found(client, "öppet", "/en") == []
    assert found(client, "öppet") == ["/om/"]
    assert "/en/vi-lyfter/fardplan/" in found(client, "färdplanen", "/en")


def test_hits_are_marked_and_nothing_else_is_html(filled, client):
    html = client.get("/sok/?q=bibliotek+<b>").content.decode()
    assert "<script>" not in html.partition("<body")[2]
    html = client.get("/sok/?q=bibliotek").content.decode()
    assert "<mark>Bibliotek</mark> &lt;script&gt;" in html
    assert "om <mark>biblioteket</mark> &amp; parken" in html


@pytest.mark.parametrize("words", ["ungdom", "barn/ungdom", "förskola", "2024", "2021-2024", "exempel.se"])
def test_words_that_a_sign_joins_are_found_by_themselves(filled, client, words):
    Node.objects.filter(pk=filled.safety.pk).update(lead="Barn/ungdom, skola/förskola 2021-2024. Se exempel.se.")
    publishing.publish(filled.safety)
    assert "/vi-lyfter/fardplan/trygghet/" in found(client, words)


def test_untranslated_page_stands_where_its_title_puts_it(filled, client):
    Node.objects.filter(pk=filled.safety.pk).update(title="Biblioteken i stan")
    publishing.publish(filled.safety)
    assert found(client, "biblioteken", "/en")[0] == "/en/vi-lyfter/fardplan/trygghet/"


def test_word_of_a_cancelled_edition_hides_no_suggestion(filled, client):
    Node.objects.filter(pk=filled.about.pk).update(title="Arbetslöshtena")
    publishing.publish(filled.about, at=timezone.now() + timedelta(days=1))
    publishing.cancel(filled.about)
    assert ">arbetslösheten<" in client.get("/sok/?q=arbetslöshten").content.decode()


def test_the_database_has_the_stemmers_that_queries_use():
    migration = import_module("strategy.migrations.0004_search")
    assert migration.STEMMERS == STEMMERS


def test_misspelt_word_leads_to_what_may_have_been_meant(filled, client):
    html = client.get("/sok/?q=arbetslöshten").content.decode()
    assert re.search(r'Menade du <a href="/sok/\?q=arbetsl%C3%B6sheten"><bdi>arbetslösheten</bdi></a>', html)
    assert 'href="/en/sok/?q=arbetsl' in client.get("/en/sok/?q=arbetslöshten").content.decode()
    assert "Menade du" not in client.get("/sok/?q=qqqqqqqq").content.decode()


def test_words_of_what_is_not_public_are_never_suggested(filled, client):
    Node.objects.filter(pk=filled.about.pk).update(title="Hemlighetsmakeri", body="")
    filled.about.translations.all().delete()
    publishing.publish(filled.about, at=timezone.now() + timedelta(days=1))
    assert found(client, "hemlighetsmakeri") == []
    assert "Menade du" not in client.get("/sok/?q=hemlighetsmakri").content.decode()
    publishing.cancel(filled.about)
    assert not SearchText.objects.filter(page__title="Hemlighetsmakeri").exists()


def test_search_stands_as_it_stood_on_the_day(filled, client):
    before = timezone.now()
    Node.objects.filter(pk=filled.safety.pk).update(title="Lugn", lead="", body="")
    publishing.publish(filled.safety)
    den = before.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert found(client, "parken") == []
    assert found(client, "parken", den=den) == ["/vi-lyfter/fardplan/trygghet/"]
    html = client.get(f"/sok/?q=parken&den={den}").content.decode()
    assert re.search(rf'<h3 class="hit__title"><a href="[^"]+den={re.escape(den)}"', html)


def test_withdrawn_page_is_not_found(filled, client):
    publishing.withdraw(filled.about)
    assert "/om/" not in found(client, "bibliotek")


def test_nothing_found_says_what_to_do(filled, client):
    html = client.get("/sok/?q=qqqqqqqq").content.decode()
    for words in ("0 sidor", "Se över stavningen", "/hela-fardplanen/", "Meddela fel på sidan"):
        assert words in html


@pytest.mark.parametrize(
    "words",
    ["", " ", "!!!", "'", '"', "''", "& | !", "a & | b", "<->", "foo:*A", ":*", "\\", "%", "_", "\0", "a\0b", "-", "--",
     "och", "x" * 10_000, "ord " * 2_500, "\u202e", "🦄", "a' OR '1'='1", "fat & (rat", '"öppen', "-\"a b\""],
)  # fmt: skip
def test_hostile_words_get_an_ordinary_answer(filled, client, words):
    assert client.get("/sok/", {"q": words}).status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=60))
def test_any_text_at_all_can_be_searched_for(filled, client, words):
    assert client.get("/sok/", {"q": words}).status_code == 200
    query = Query.of(words)
    assert Query.of(query.text) == query


def test_too_much_is_cut_in_words_and_says_so(filled, client):
    assert "Sökningen gäller bara början" in client.get("/sok/", {"q": "ord " * 100}).content.decode()
    assert "Sökningen gäller bara början" not in client.get("/sok/", {"q": "ord"}).content.decode()


def test_results_are_not_indexed_and_the_search_page_is(filled, client):
    assert 'content="noindex"' in client.get("/sok/?q=bibliotek").content.decode()
    assert 'content="noindex"' not in client.get("/sok/").content.decode()


def test_number_of_queries_does_not_grow_with_what_is_found(filled, client, django_assert_max_num_queries):
    for number in range(30):
        Node.objects.add_child(
            Node.objects.get(pk=filled.work.pk),
            create_kwargs={
                "kind": "goal",
                "slug": f"mal-{number}",
                "title": f"Bibliotek {number}",
                "number": str(number),
            },
        )
    publishing.publish_branch(Node.objects.get(pk=filled.work.pk))
    day = timezone.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for address in ("/sok/?q=bibliotek", "/sok/", "/en/sok/?q=bibliotek&slag=goal", f"/sok/?q=bibliotek&den={day}"):
        with django_assert_max_num_queries(16):
            html = client.get(address).content.decode()
        assert html.count('class="hit"') >= 20, address
    assert "Sida 1 av 2" in client.get("/sok/?q=bibliotek").content.decode()
    assert client.get("/sok/?q=bibliotek&page=2").status_code == 200
    assert client.get("/sok/?q=bibliotek&page=x").status_code == 200
