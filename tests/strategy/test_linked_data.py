"""What a page tells machines and people about itself, in the order that municipal pages have."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.utils.timezone import now

from strategy import publishing
from strategy.dated import STOCKHOLM
from strategy.linked_data import Reader, as_script
from strategy.models import EasyText, Node, Page
from tests.outline import Outline
from tests.past import happened
from tests.strategy.test_pages import ADDRESSES, JOBS
from tests.strategy.test_sitemap import translate

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)

OTHERS = [
    "/hela-fardplanen/",
    "/globala-mal/",
    "/globala-mal/8/",
    "/det-senaste/",
    "/lattlast/vi-lyfter/fardplan/arbete/",
]


def told(client, address: str) -> dict[str, dict]:
    return read(client.get(address).text)


def read(html: str) -> dict[str, dict]:
    """What JSON-LD says, by type."""
    [script] = SCRIPT.findall(html)
    data = json.loads(script)
    assert data["@context"] == "https://schema.org"
    found = {each["@type"]: each for each in data["@graph"]}
    assert len(found) == len(data["@graph"])
    return found


class Breadcrumb(HTMLParser):
    """What people see: names, and where they lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.steps: list[list[str]] = []
        self.within = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "nav":
            self.within = attrs.get("class") == "breadcrumb"
        if self.within and tag == "li":
            self.steps.append(["", ""])
        if self.within and tag == "a":
            self.steps[-1][1] = attrs["href"]

    def handle_endtag(self, tag):
        self.within = self.within and tag != "nav"

    def handle_data(self, data):
        if self.within and self.steps:
            self.steps[-1][0] += data.strip()


@pytest.fixture
def easy(published):
    EasyText.objects.create(node=published.work, language="sv", title="Jobb & lön", body="<p>Kort text.</p>")
    published.work.lead = "Alla som kan ska <ha> ett arbete & en lön."
    published.work.save()
    publishing.publish(published.work)
    return published


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_machines_are_told_what_people_can_read(easy, client, prefix):
    for address in (*ADDRESSES, *OTHERS):
        compare(client.get(prefix + address).text, is_start=address == "/")


def compare(html: str, *, is_start: bool) -> None:
    seen, found = Outline(html), read(html)
    page = found["WebPage"]
    h1 = " ".join(unescape(re.sub("<[^>]+>", "", re.search(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)[1])).split())
    assert page["name"] == h1
    assert page.get("description", "") in seen.text
    assert page["url"] == re.search(r'<link rel="canonical" href="([^"]+)"', html)[1]
    steps = Breadcrumb(html).steps
    assert ("BreadcrumbList" in found) == bool(steps) == (not is_start)
    if steps:
        items = found["BreadcrumbList"]["itemListElement"]
        assert [item["position"] for item in items] == list(range(1, len(steps) + 1))
        assert [item["name"] for item in items] == [name for name, _path in steps]
        assert [item.get("item", "").removeprefix("http://testserver") for item in items] == [
            path for _name, path in steps
        ]
        assert steps[-1][1] == ""
        assert all(path for _name, path in steps[:-1])


def test_page_is_described(published, client):
    Node.objects.filter(pk=published.jobs.pk).update(lead="Fler ska ha ett arbete.")
    publishing.publish(published.jobs)
    first, changed = datetime(2022, 1, 10, tzinfo=UTC), datetime(2024, 5, 10, tzinfo=UTC)
    happened(first, changed)
    page = told(client, JOBS)["WebPage"]
    assert page["name"] == "Arbetslösheten ska minska"
    assert page["description"] == "Fler ska ha ett arbete."
    assert page["inLanguage"] == "sv"
    assert datetime.fromisoformat(page["datePublished"]) == first
    assert datetime.fromisoformat(page["dateModified"]) == changed


def test_language_is_that_of_the_text_and_not_of_what_is_around_it(published, client):
    assert told(client, f"/en{JOBS}")["WebPage"]["inLanguage"] == "sv"
    translate(published.jobs)
    page = told(client, f"/en{JOBS}")["WebPage"]
    assert (page["inLanguage"], page["name"]) == ("en", "Arbetslösheten ska minska in English")
    assert told(client, "/en/nivaer/resultatmal/")["WebPage"]["inLanguage"] == "en"


def test_easy_to_read_text_is_described_as_itself(easy, client):
    page = told(client, "/lattlast/vi-lyfter/fardplan/arbete/")["WebPage"]
    assert page["name"] == "Jobb & lön"
    assert "description" not in page


def test_who_is_behind_the_portal_and_how_to_search_it(published, client, settings):
    settings.SITE_URL = "https://strategi.example"
    settings.SITE_HOMEPAGE = "https://www.kommun.example/"
    settings.SITE_EMAIL, settings.SITE_PHONE = "kommun@kommun.example", "044-13 50 00"
    found = told(client, "/en/")
    assert found["GovernmentOrganization"] == {
        "@type": "GovernmentOrganization",
        "@id": "https://strategi.example/#organization",
        "name": "Kristianstads kommun",
        "url": "https://www.kommun.example/",
        "email": "kommun@kommun.example",
        "telephone": "044-13 50 00",
    }
    site = found["WebSite"]
    assert site["url"] == "https://strategi.example/"
    assert site["publisher"] == {"@id": found["GovernmentOrganization"]["@id"]}
    search = site["potentialAction"]
    assert search["@type"] == "SearchAction"
    assert search["target"]["urlTemplate"] == "https://strategi.example/en/sok/?q={search_term_string}"
    assert search["query-input"] == "required name=search_term_string"
    assert found["WebPage"]["isPartOf"] == {"@id": site["@id"]}


@pytest.mark.parametrize("address", [f"{JOBS}?den=2999-01-01", "/finns-inte/", "/meddela-fel/", "/ks/?den=x"])
def test_page_that_is_not_indexed_tells_machines_nothing(published, client, address):
    assert SCRIPT.findall(client.get(address).text) == []


def test_old_day_tells_machines_nothing(published, client):
    happened(datetime(2022, 1, 10, tzinfo=UTC))
    assert SCRIPT.findall(client.get(f"{JOBS}?den=2023-01-01").text) == []


def test_no_text_gets_out_of_the_data(published, client):
    title = "</script><script>alert(1)</script> <!-- <script> a & b ]]> ' \""
    Node.objects.filter(pk=published.about.pk).update(title=title, lead=title)
    publishing.publish(published.about)
    html = client.get("/om/").text
    assert told(client, "/om/")["WebPage"]["name"] == title
    assert told(client, "/om/")["WebPage"]["description"] == title
    assert not set("<>&") & set(SCRIPT.search(html)[1])
    assert "alert(1)</script><" not in html.replace(SCRIPT.search(html)[0], "")


def test_data_is_escaped_for_where_it_stands():
    assert as_script({"a": "</script> & <!--"}) == '{"a": "\\u003C/script\\u003E \\u0026 \\u003C!--"}'


def test_page_without_a_breadcrumb_has_none():
    assert Reader("<main><nav class='x'><li>y</li></nav></main>").steps == []


def test_browser_takes_the_data_for_what_it_is(published, live_server, page):
    """The fixture fails the test when the browser says that the content security policy was broken."""
    page.goto(live_server.url + JOBS)
    text = page.locator('script[type="application/ld+json"]').inner_text()
    assert json.loads(text)["@graph"][2]["name"] == "Arbetslösheten ska minska"


# What people are told, and where (WEB-1, WEB-2, WEB-30)

PARTS = [
    "<header>",
    'class="site-search"',
    'class="breadcrumb"',
    "<h1",
    'class="lead"',
    'class="prose"',
    'class="related"',
    'class="contact"',
    "Innehållsansvarig:",
    "Senast uppdaterad",
    'class="report"',
    "<footer",
]


@pytest.fixture
def whole(published):
    """A page, the start page and an easy-to-read text that have every part."""
    for node in (published.start, published.work):
        node.lead, node.body = "Det här är viktigt.", "<p>Så gör vi.</p>"
        node.save()
        node.related_material.create(title="Statistik", address="https://example.org/arbete")
    EasyText.objects.create(node=published.work, language="sv", title="Jobb", body="<p>Kort text.</p>")
    publishing.publish_together([published.start, published.work])
    return published


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ("/vi-lyfter/fardplan/arbete/", set()),
        ("/", {'class="breadcrumb"'}),
        ("/lattlast/vi-lyfter/fardplan/arbete/", {'class="lead"', 'class="related"', 'class="contact"'}),
    ],
)
def test_parts_of_a_page_come_in_the_order_that_municipalities_have(whole, client, address, missing):
    html = client.get(address).text
    body = html[html.index("<body") :]
    parts = [part for part in PARTS if part not in missing]
    found = [re.search(re.escape(part).replace('class="prose"', 'class="prose[^"]*"'), body) for part in parts]
    assert all(found), [part for part, match in zip(parts, found, strict=True) if not match]
    places = [match.start() for match in found]
    assert places == sorted(places)


def test_every_page_says_who_answers_for_it(published, client, settings):
    settings.CONTENT_OWNER = "Kommunledningskontoret"
    for address in (address for address in ADDRESSES if not address.startswith("/nivaer/")):
        owner = "Kommunstyrelsen" if address.startswith(JOBS) else "Kommunledningskontoret"
        assert f"Innehållsansvarig: {owner}" in Outline(client.get(address).text).text
        assert f"Responsible for the content: {owner}" in Outline(client.get(f"/en{address}").text).text


def test_page_that_several_boards_answer_for_names_them_all(published, client):
    other = Node.objects.add_child(
        Node.objects.get(pk=published.start.pk), create_kwargs={"kind": "board", "slug": "bn", "title": "Bildning"}
    )
    published.jobs.boards.add(other)
    publishing.publish_together([other, published.jobs])
    html = client.get(JOBS).text
    names = re.search("Innehållsansvarig: (.*?) Senast uppdaterad", Outline(html).text)[1]
    assert {name.strip() for name in names.split(",")} == {"Kommunstyrelsen", "Bildning"}
    assert '<a class="updated__link" href="/bn/">Bildning</a>' in html


def test_review_is_told_apart_from_a_change(published, client):
    before = Page.objects.at().get(node=published.about).content_since
    assert "Granskad" not in client.get("/om/").text
    day = (now().astimezone(STOCKHOLM) + timedelta(days=1)).date()
    Node.objects.filter(pk=published.about.pk).update(reviewed_on=day)
    assert "Granskad" not in client.get("/om/").text
    publishing.publish(published.about)
    html = client.get("/om/").text
    assert f'Granskad <time datetime="{day.isoformat()}">' in html
    assert f'Senast uppdaterad <time datetime="{before.astimezone(STOCKHOLM):%Y-%m-%dT%H:%M:%S%z}">' in html


def test_draft_changes_neither_day(published, client):
    before = client.get("/om/").text
    Node.objects.filter(pk=published.about.pk).update(title="Utkast", reviewed_on=date(2099, 1, 1))
    assert client.get("/om/").text.partition('class="updated"')[2][:400] == before.partition('class="updated"')[2][:400]


def test_contact_is_what_is_set_and_nothing_when_nothing_is(published, client, settings):
    settings.SITE_PHONE, settings.SITE_EMAIL, settings.OTHER_QUESTIONS_URL = "044-13 50 00", "", ""
    html = client.get("/om/").text
    assert '<a class="contact__way" href="tel:044135000" dir="ltr">044-13 50 00</a>' in html
    assert "E-post:" not in html
    settings.SITE_PHONE = ""
    assert 'class="contact"' not in client.get("/om/").text
