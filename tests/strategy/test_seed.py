"""The start page is the seed: every sentence, whole, in its order."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.core.management import call_command

from strategy.models import Page

SEED = Path(__file__).parent / "seed-page.txt"
CONTENT = Path(__file__).parents[2] / "strategy" / "content" / "kristianstad.json"

# What the seed took from its surroundings: an English form on a Swedish text.
FORM = {
    "Report errors on page": "Meddela fel på sidan",
    "For other questions to the municipality, please use this form.": (
        "Har du någon annan fråga till kommunen skickar du in den här."
    ),
    "* Mandatory if you want a reply": "* Obligatoriskt om du vill få svar",
    "What you send to the municipality becomes common record.": "Det du skickar till kommunen blir allmän handling.",
}


class Words(HTMLParser):
    """All that a page says in order, alternative texts and names of pictures included, one white space between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(html)
        self.text = squeezed(" ".join(self.said))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "img":
            self.said.append(attributes.get("alt", ""))
        if tag == "figure":
            self.said.append(attributes.get("aria-label", ""))

    def handle_data(self, data):
        self.said.append(data)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def said(html: str) -> str:
    """The text without the spaces that mark-up puts before a full stop."""
    return re.sub(r" (?=[.,])", "", Words(html).text)


def sentences() -> list[str]:
    lines = [squeezed(line).removeprefix("• ") for line in SEED.read_text().splitlines()]
    return [part for line in lines if line for part in re.split(r"(?<=[.?!]) (?=[A-ZÅÄÖ])", line)]


@pytest.fixture
def kristianstad(db):
    call_command("load_strategy", CONTENT, with_examples=True, verbosity=0)


def test_every_sentence_of_the_seed_is_on_the_start_page_in_order(kristianstad, client):
    text = said(client.get("/").content.decode())
    place = 0
    for sentence in sentences():
        wanted = squeezed(FORM.get(sentence, sentence))
        found = text.find(wanted, place)
        assert found >= 0, f"{wanted!r} is not there, or not in its place"
        place = found + len(wanted)


def test_the_english_start_page_says_the_seeds_form_word_for_word(kristianstad, client):
    text = said(client.get("/en/").content.decode())
    for english in FORM:
        assert english in text


def test_what_is_promised_is_found_in_english(kristianstad, client):
    for words, promise in {
        "unemployment": "Unemployment is to fall",
        "school": "All pupils get through compulsory school",
        "climate": "The municipality reduces its impact on the climate",
        "housing": "More housing is to be built",
    }.items():
        assert promise in said(client.get("/en/sok/", {"q": words}).content.decode()), words


def test_example_data_is_marked_at_its_heading_and_facts_are_not(kristianstad, client):
    marked = '<span class="example">Exempeldata</span>'
    for page in Page.objects.at():
        assert (marked in client.get(page.address).content.decode()) is page.document["example"], page.address


def test_the_pyramid_has_the_models_levels_and_each_leads_to_its_pages(kristianstad, client):
    html = client.get("/").content.decode()
    pyramid = html[html.index('class="pyramid"') : html.index("</figure>", html.index('class="pyramid"'))]
    links = re.findall(r'href="(/nivaer/[^"]+)">([^<]+)', pyramid)
    assert [word for _url, word in links] == [
        "Vision",
        "Grunduppdrag",
        "Strategiska mål",
        "Resultatmål",
        "Insats och kompetens",
    ]
    for url, _word in links:
        assert '<li class="nodes__item">' in client.get(url).content.decode()
