import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.utils.timezone import now

from strategy import publishing, uploads
from strategy.models import Node, Page

JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"


class Outline(HTMLParser):
    """What a screen reader makes of a page: its headings, landmarks, languages and visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.landmarks: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("header", "nav", "main", "footer"):
            self.landmarks.append(tag)
        if tag == "a":
            self.links.append(dict(attrs).get("href"))

    def handle_data(self, data):
        self.text = " ".join(f"{self.text} {data}".split())


def outline(client, address: str, status: int = 200) -> Outline:
    response = client.get(address)
    assert response.status_code == status, address
    return Outline(response.content.decode())


ADDRESSES = [
    "/",
    "/vi-lyfter/",
    "/vi-lyfter/tillvaxt/",
    "/vi-lyfter/fardplan/",
    "/vi-lyfter/fardplan/arbete/",
    "/vi-lyfter/fardplan/arbete/inkomst/",
    JOBS,
    f"{JOBS}jobbspar/",
    "/ks/",
    "/om/",
    "/nivaer/vision/",
    "/nivaer/grunduppdrag/",
    "/nivaer/strategiska-mal/",
    "/nivaer/resultatmal/",
    "/nivaer/insatser/",
    "/nivaer/namnder/",
]


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_has_one_title_no_skipped_heading_and_its_landmarks(published, client, prefix, address):
    page = outline(client, prefix + address)
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert {"header", "nav", "main", "footer"} <= set(page.landmarks)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_sets_a_cookie_or_varies_by_one(published, client, address):
    response = client.get(address)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_page_takes_more_than_six_queries(published, client, address, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        client.get(address)


def test_nothing_is_shown_before_it_is_published(tree, client):
    for address in ("/", "/vi-lyfter/", JOBS, f"/n/{tree.jobs.pk}/"):
        assert client.get(address).status_code == 404
    assert "Kommunstyrelsen" not in client.get("/nivaer/namnder/").content.decode()


def test_a_draft_change_is_not_shown(published, client):
    Node.objects.filter(pk=published.jobs.pk).update(title="Hemligt utkast", lead="Hemligt utkast")
    for address in ADDRESSES:
        assert "Hemligt" not in client.get(address).content.decode()


def test_result_says_what_is_promised_and_by_whom(published, client):
    text = outline(client, JOBS).text
    for words in (
        "Resultatmål 2.1.2",
        "Arbetslösheten ska minska",
        "9,8 %",
        "2020",
        "7,0 %",
        "2024",
        "Kommunstyrelsen",
    ):
        assert words in text


def test_effort_says_its_stage_and_period(published, client):
    text = outline(client, f"{JOBS}jobbspar/").text
    assert "Påbörjad" in text
    assert "februari 2021 – december 2024" in text


def test_page_leads_up_down_and_sideways(published, client):
    page = outline(client, "/vi-lyfter/fardplan/arbete/")
    for address in (
        "/",
        "/vi-lyfter/fardplan/",
        "/vi-lyfter/fardplan/arbete/inkomst/",
        "/vi-lyfter/fardplan/trygghet/",
    ):
        assert address in page.links


def test_roadmap_that_has_ended_says_so(published, client):
    assert "2024" in outline(client, "/vi-lyfter/fardplan/").text
    assert "gällde till och med 2024" in outline(client, JOBS).text


def test_english_page_shows_swedish_text_marked_as_such(published, client):
    html = client.get(f"/en{JOBS}").content.decode()
    assert '<html lang="en">' in html
    assert "This page is only available in Swedish" in html
    assert re.search(r'<h1[^>]*lang="sv"', html)
    assert "Result target" in html


def test_english_page_shows_its_translation(published, client):
    published.growth.translations.create(language="en", title="Growth", by_portal=True)
    publishing.publish(published.growth)
    page = outline(client, "/en/vi-lyfter/tillvaxt/")
    assert "Growth" in page.text
    assert "portal's own translation" in page.text
    assert "only available in Swedish" not in page.text


def test_links_on_an_english_page_stay_in_english(published, client):
    published.growth.body = '<p><a href="/om/">Om</a> <a href="https://example.org/">ut</a></p>'
    published.growth.save()
    publishing.publish(published.growth)
    links = outline(client, "/en/vi-lyfter/tillvaxt/").links
    assert "/en/om/" in links
    assert "https://example.org/" in links


def test_words_for_the_levels_are_the_municipalitys_own(published, client):
    published.start.words.create(kind="goal", language="sv", one="Inriktningsmål", many="Inriktningsmål")
    publishing.publish(published.start)
    assert "Inriktningsmål 2.1" in outline(client, "/vi-lyfter/fardplan/arbete/inkomst/").text


def test_short_address_leads_to_the_page_wherever_it_is(published, client):
    assert f"/n/{published.jobs.pk}/" in outline(client, JOBS).links
    assert client.get(f"/n/{published.jobs.pk}/").headers["Location"] == JOBS
    publishing.rename(published.work, "jobb")
    assert client.get(f"/en/n/{published.jobs.pk}/").headers["Location"] == "/en/vi-lyfter/fardplan/jobb/inkomst/jobb/"


def test_old_addresses_lead_to_the_present_one_in_one_hop(published, client):
    publishing.rename(published.work, "en-gang")
    publishing.rename(published.work, "tva-ganger")
    for old in ("arbete", "en-gang"):
        response = client.get(f"/vi-lyfter/fardplan/{old}/inkomst/")
        assert response.status_code == 301
        assert response.headers["Location"] == "/vi-lyfter/fardplan/tva-ganger/inkomst/"
    assert client.get("/en/vi-lyfter/fardplan/arbete/").headers["Location"] == "/en/vi-lyfter/fardplan/tva-ganger/"


def test_withdrawn_page_answers_gone_and_since_when(published, client):
    publishing.withdraw(published.income)
    page = outline(client, JOBS, 410)
    assert str(now().year) in page.text
    assert outline(client, f"/en{JOBS}", 410).headings == [1]
    assert client.get(f"/n/{published.jobs.pk}/").status_code == 410


def test_old_address_of_a_withdrawn_page_answers_gone(published, client):
    publishing.rename(published.income, "nytt")
    publishing.withdraw(published.income)
    assert client.get(JOBS).status_code == 410


def test_page_that_never_existed_is_not_found_in_both_languages(published, client):
    assert "finns inte" in outline(client, "/nagot-annat/", 404).text
    assert "does not exist" in outline(client, "/en/nagot-annat/", 404).text


def test_address_of_a_scheduled_page_is_not_found_before_its_moment(published, client):
    node = Node.objects.add_child(published.start, create_kwargs={"kind": "text", "slug": "sedan", "title": "Sedan"})
    publishing.publish(node, at=now() + timedelta(days=1))
    assert client.get("/sedan/").status_code == 404
    assert client.get(f"/n/{node.pk}/").status_code == 404


def test_missing_slash_is_added(published, client):
    assert client.get("/vi-lyfter").headers["Location"] == "/vi-lyfter/"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_are_only_read(published, client, method):
    assert getattr(client, method)("/vi-lyfter/").status_code == 405


def test_last_updated_is_when_the_content_changed_not_when_the_page_moved(published, client):
    published_at = Page.objects.at().get(node=published.jobs).content_since
    publishing.rename(published.work, "jobb")
    page = Page.objects.at().get(node=published.jobs)
    html = client.get(page.address).content.decode()
    assert page.begins_at > published_at
    assert f'datetime="{published_at.astimezone(publishing_zone()):%Y-%m-%d}' in html


def publishing_zone():
    from strategy.dated import STOCKHOLM

    return STOCKHOLM


def test_uploaded_file_is_served_once_a_public_page_shows_it(published, client):
    content = uploads.document(pdf())
    published.about.related_material.create(title="Årsredovisning", file=content, year=2024)
    name = published.about.related_material.get().file.name
    assert client.get(f"/media/{name}").status_code == 404
    publishing.publish(published.about)
    response = client.get(f"/media/{name}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert b"".join(response.streaming_content) == b"%PDF-1.4\n%%EOF"


def pdf():
    from django.core.files.base import ContentFile

    return ContentFile(b"%PDF-1.4\n%%EOF", name="../../rapport.pdf")


def test_previous_and_next_are_siblings_in_staff_order(published, client):
    assert 'rel="next"' in client.get("/vi-lyfter/fardplan/arbete/").content.decode()
    publishing.move(published.safety, published.work, "left")
    html = client.get("/vi-lyfter/fardplan/arbete/").content.decode()
    assert 'rel="prev"' in html
    assert 'rel="next"' not in html


def test_lists_of_a_level_are_in_the_order_of_their_numbers(published, client):
    for number in ("2.10", "2.9"):
        fields = {"kind": "goal", "slug": f"mal-{number[2:]}", "title": f"Mål {number}", "number": number}
        publishing.publish(Node.objects.add_child(published.work, create_kwargs=fields))
    text = outline(client, "/nivaer/strategiska-mal/").text
    assert text.index("2.1 ") < text.index("2.9") < text.index("2.10")
