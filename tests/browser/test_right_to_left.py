"""
A language that is read from right to left needs no code: a setting, and a catalogue of its own.

The Arabic here is no Arabic: a catalogue where every word of the interface is written in its letters, so that whatever
still has Latin ones is either marked as Swedish or was forgotten.
"""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings as portal_settings

from tests.browser.checks import faults
from tests.browser.pages import ERROR_PAGES, PAGES
from tests.outline import Outline

CATALOGUE = portal_settings.BASE_DIR / "portal" / "locale" / "sv" / "LC_MESSAGES" / "django.po"
# What stands for something in a text, and mark-up: neither is translated.
KEPT = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%|%|<[^>]+>|&\w+;|\d{4}-\d{2}-\d{2}|[\w.]+@[\w.]+|https?://\S*")
LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمني")


def in_arabic_letters(text: str) -> str:
    end, parts = 0, []
    for kept in [*KEPT.finditer(text), None]:
        parts.append(text[end : kept.start() if kept else None].lower().translate(LETTERS))
        if kept:
            parts.append(kept[0])
            end = kept.end()
    return "".join(parts)


@pytest.fixture
def arabic(settings, tmp_path):
    with CATALOGUE.open("rb") as file:
        swedish = read_po(file, locale="sv")
    catalogue = Catalog(locale="ar")
    for message in swedish:
        if message.id:
            words = message.id if isinstance(message.id, str) else message.id[1]
            plural = isinstance(message.id, tuple)
            said = in_arabic_letters(words)
            catalogue.add(message.id, (said,) * catalogue.num_plurals if plural else said, context=message.context)
    folder = tmp_path / "ar" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    settings.LOCALE_PATHS = [tmp_path, *settings.LOCALE_PATHS]
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    settings.LANGUAGES_BIDI = ["ar"]


@pytest.fixture
def arabic_pages(arabic, content) -> dict[str, str]:
    return {name: "/ar" + address.format(**content) for name, address in [*PAGES, *ERROR_PAGES]}


class Languages(HTMLParser):
    """Every text of a page that people see or hear, with the language and the direction that it is in."""

    VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str, str]] = [("", "", "")]
        self.texts: list[tuple[str, str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        _tag, language, direction = self.open[-1]
        language = attributes.get("lang", language)
        # What is written by people may be in any language, and bdi and auto leave the direction to the text.
        direction = attributes.get("dir", "auto" if tag == "bdi" else direction)
        for name in ("alt", "aria-label", "placeholder", "title"):
            if attributes.get(name) and tag != "link":
                self.texts.append((attributes[name], language, direction))
        if tag not in self.VOID:
            self.open.append((tag, language, direction))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if any(opened == tag for opened, *_ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data):
        if self.open[-1][0] not in ("script", "style", "title") and data.strip():
            self.texts.append((" ".join(data.split()), *self.open[-1][1:]))


def unmarked(html: str) -> list[str]:
    """Words in Latin letters that a page says in Arabic, or from right to left."""
    return [
        text
        for text, language, direction in Languages(html).texts
        if re.search(r"[A-Za-zÅÄÖåäö]{2}", text.replace(portal_settings.SITE_NAME, ""))
        if direction != "auto" and (language == "ar" or direction != "ltr")
    ]


def test_every_page_is_read_from_right_to_left_in_the_same_order(arabic_pages, client):
    client.raise_request_exception = False
    for name, address in arabic_pages.items():
        response = client.get(address)
        assert '<html lang="ar" dir="rtl">' in response.text, name
        assert response.status_code == 200 or (name, address.removeprefix("/ar")) in ERROR_PAGES, name
        page = Outline(response.text)
        assert page.headings[0] == 1, name
        assert page.headings.count(1) == 1, name
        assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), name
        assert {"header", "nav", "main", "footer"} <= set(page.landmarks), name


def test_every_passage_that_is_not_arabic_is_marked(arabic_pages, client):
    client.raise_request_exception = False
    found = {name: unmarked(client.get(address).text) for name, address in arabic_pages.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_links_stay_in_arabic(arabic_pages, client):
    client.raise_request_exception = False
    for name, address in arabic_pages.items():
        response = client.get(address)
        other = {link for link in Outline(response.text).links if re.match(r"/(?!(ar|en|media|feed)/)", link or "")}
        # The same page in Swedish, and the one that was reported
        here = urlsplit(address.removeprefix("/ar")).path
        assert {urlsplit(link).path for link in other} <= {here, "/om/", "/tillganglighet.json"}, name


def test_everyone_can_read_pages_from_right_to_left_on_a_phone(live_server, arabic_pages, page):
    page.set_viewport_size({"width": 320, "height": 800})
    found = {}
    for name in ("start", "result", "easy to read, a vision", "board", "receipt", "no easy text"):
        page.goto(live_server.url + arabic_pages[name])
        found[name] = faults(page)
        middle_of_name = page.evaluate("""() => {
            const box = document.querySelector(".site-name").getBoundingClientRect();
            return (box.left + box.right) / 2;
        }""")
        assert middle_of_name > 160, name
    assert {name: problems for name, problems in found.items() if problems} == {}
