"""Easy-to-read texts: at an address of their own, linked both ways (WEB-12); editors see how readable a text is."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.utils.timezone import now

from feedback.models import Entry
from strategy import publishing
from strategy.models import Node, Page
from tests.feedback.written import read_form
from tests.outline import outline
from tests.strategy.test_admin import EMPTY_INLINES

VISION = "/vi-lyfter/"
EASY_VISION = "/lattlast/vi-lyfter/"
WORK = "/vi-lyfter/fardplan/arbete/"


@pytest.fixture
def easy(published):
    """The start page, the vision and an area in easy Swedish, the area in easy English too; public since just now."""
    for node, title, body in (
        (published.start, "Så vill vi att det ska bli", "<p>Vi har en vision.<br>En vision är en dröm.</p>"),
        (published.vision, "Vår vision", "<h2>Vad är det?</h2><p>Alla ska ha det bra.</p>"),
        (published.work, "Fler ska ha ett arbete", "<p>Fler ska ha ett arbete.</p>"),
    ):
        node.easy_texts.create(language="sv", title=title, body=body)
    published.work.easy_texts.create(language="en", title="Work for more people", body="<p>More people work.</p>")
    publishing.publish_together([published.start, published.vision, published.work])
    return published


def test_page_and_its_easy_text_lead_to_each_other(easy, client):
    for ordinary, there in (("/", "/lattlast/"), (VISION, EASY_VISION), (f"/en{WORK}", f"/en/lattlast{WORK}")):
        assert there in outline(client, ordinary).links
        assert ordinary in outline(client, there).links


def test_easy_page_has_the_text_and_nothing_of_the_ordinary_one(easy, client):
    page = outline(client, EASY_VISION)
    assert page.headings[:2] == [1, 2]
    for words in ("Vår vision", "Vad är det? Alla ska ha det bra.", "Senast uppdaterad"):
        assert words in page.text
    html = client.get(EASY_VISION).text
    assert "<title>Vår vision – Kristianstads kommun</title>" in html
    assert f'<link rel="canonical" href="http://testserver{EASY_VISION}">' in html


def test_first_easy_page_lists_the_others_in_the_order_of_the_levels(easy, client):
    page = outline(client, "/lattlast/")
    assert "En vision är en dröm." in page.text
    listed = page.text[page.text.index("Mer på lättläst") :]
    assert listed.index("Vår vision") < listed.index("Fler ska ha ett arbete")
    assert {EASY_VISION, f"/lattlast{WORK}"} <= set(page.links)
    assert "Mer på lättläst" not in outline(client, EASY_VISION).text


def test_list_is_there_without_a_text_for_the_start_page(easy, client):
    easy.start.easy_texts.all().delete()
    publishing.publish(easy.start)
    page = outline(client, "/lattlast/")
    assert page.headings.count(1) == 1
    assert EASY_VISION in page.links
    assert read_form(client.get("/lattlast/")).values["edition"] == ""


def test_every_page_leads_to_the_easy_texts_once_there_are_any(easy, client):
    for address in ("/", f"{WORK}inkomst/", "/nivaer/resultatmal/", EASY_VISION, "/meddela-fel/"):
        assert "/lattlast/" in outline(client, address).links, address


def test_no_page_leads_to_easy_texts_where_there_are_none(published, client):
    assert "/lattlast" not in client.get("/").text
    assert client.get("/lattlast/").status_code == 404


def test_page_without_an_easy_text_leads_to_the_ordinary_one(easy, client):
    response = client.get("/lattlast/ks/")
    assert response.status_code == 404
    assert 'href="/ks/"' in response.text
    assert "Det finns ingen lättläst text här" in response.text
    assert "noindex" in response.text
    assert client.get("/lattlast/finns-inte/").status_code == 404
    assert "/lattlast/ks/" not in client.get("/ks/").text


def test_swedish_text_on_an_english_page_is_marked_and_said(easy, client):
    html = client.get(f"/en{EASY_VISION}").text
    assert '<html lang="en">' in html
    assert re.search(r'<h1[^>]* lang="sv">Vår vision', html)
    assert '<div class="prose easy" lang="sv">' in html
    assert "The easy-to-read text is in Swedish only." in html
    assert "Easy-to-read Swedish" in client.get(f"/en{VISION}").text


def test_english_page_shows_its_own_easy_text(easy, client):
    page = outline(client, f"/en/lattlast{WORK}")
    assert "More people work." in page.text
    assert "in Swedish only" not in page.text


def test_draft_of_an_easy_text_is_not_shown(easy, client):
    easy.vision.easy_texts.update(body="<p>Hemligt</p>")
    for address in (EASY_VISION, "/lattlast/"):
        assert "Hemligt" not in client.get(address).text


def test_easy_page_is_read_as_it_stood(easy, client):
    before = Page.objects.at().get(node=easy.vision).begins_at
    easy.vision.easy_texts.update(body="<p>Nu är det annorlunda.</p>")
    publishing.publish(easy.vision)
    asked = f"?den={before:%Y-%m-%dT%H:%M:%S.%fZ}"
    response = client.get(f"{EASY_VISION}{asked}")
    assert "Alla ska ha det bra." in response.text
    assert "annorlunda" not in response.text
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert f'href="{VISION}{asked}"' in response.text


def test_old_address_leads_to_the_new_one_and_withdrawn_is_gone(easy, client):
    publishing.rename(easy.vision, "visionen")
    response = client.get(f"/en{EASY_VISION}")
    assert response.status_code == 301
    assert response.headers["Location"] == "/en/lattlast/visionen/"
    publishing.withdraw(easy.work)
    assert client.get("/lattlast/visionen/fardplan/arbete/").status_code == 410
    assert "arbete" not in client.get("/lattlast/").text


def test_text_of_an_ended_roadmap_says_so(easy, client):
    assert "gällde till och med 2024" in client.get(f"/lattlast{WORK}").text
    assert "gällde till och med 2024" not in client.get(EASY_VISION).text


def test_example_data_is_marked_here_too(easy, client):
    Node.objects.filter(pk=easy.vision.pk).update(example=True)
    publishing.publish(easy.vision)
    assert "Exempeldata" in client.get(EASY_VISION).text


def test_report_from_an_easy_page_is_bound_to_the_edition_and_the_address(easy, client):
    form = read_form(client.get(EASY_VISION))
    edition = Page.objects.at().get(node=easy.vision)
    assert form.values["edition"] == str(edition.pk)
    response = client.post(form.action, form.values | {"message": "Ett ord är svårt."})
    assert response.status_code == 303
    entry = Entry.objects.get()
    assert (entry.address, entry.edition_id) == (EASY_VISION, edition.pk)
    assert EASY_VISION in outline(client, response.headers["Location"]).links


def test_report_about_an_easy_page_that_is_not_there_is_not_taken_for_it(easy, client):
    edition = Page.objects.at().get(node=easy.board)
    form = read_form(client.get("/ks/"))
    forged = form.values | {"address": "/lattlast/ks/", "edition": str(edition.pk), "message": "Ett ord är svårt."}
    assert client.post(form.action, forged).status_code == 422


def test_easy_page_costs_no_more_queries_as_there_are_more_texts(easy, client):
    def queries(address: str) -> int:
        with connection.execute_wrapper(counted := Counter()):
            client.get(address)
        return counted.number

    before = queries("/lattlast/"), queries(EASY_VISION)
    nodes = [easy.safety, easy.income, easy.jobs, easy.growth, easy.about]
    for node in nodes:
        node.easy_texts.create(title=f"Lätt om {node.slug}", body="<p>Kort.</p>")
    publishing.publish_together(nodes)
    assert (queries("/lattlast/"), queries(EASY_VISION)) == before
    assert max(before) <= 6


class Counter:
    number = 0

    def __call__(self, execute, sql, params, many, context):
        self.number += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("title", "body", "message"),
    [
        ("Vår vision", "<h4>Vad?</h4>", "En rubriknivå är överhoppad i den lättlästa texten (sv)."),
        ("Vår vision", "", "Den lättlästa texten (sv) är tom."),
        (" ", "<p>Kort.</p>", "Den lättlästa texten (sv) har ingen rubrik."),
    ],
)
def test_what_an_easy_text_lacks_keeps_its_page_from_being_published(tree, title, body, message):
    tree.vision.easy_texts.create(title=title, body=body)
    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish_branch(tree.start)
    assert [problem.message for problem in refused.value.problems] == [message]


@pytest.fixture
def editor(client, db):
    user = User.objects.create(username="redaktor", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    client.force_login(user)
    return user


def test_editor_writes_an_easy_text_and_is_told_how_readable_it_is(published, client, editor):
    about = published.about
    form = f"/admin/strategy/node/{about.pk}/change/"
    assert client.get(form).text.count("LIX") == 3  # the body, and the empty rows of the two inlines
    sent = EMPTY_INLINES | {
        "title": about.title,
        "body": "<p>Kommunfullmäktiges måldokument konkretiseras genom nämndernas verksamhetsplaner.</p>",
        "slug": "om",
        "parent": published.start.pk,
        "easy_texts-TOTAL_FORMS": 1,
        "easy_texts-0-language": "sv",
        "easy_texts-0-title": "Om sidan",
        "easy_texts-0-body": "<p>Här kan du läsa.<br>Du kan läsa om vad kommunen vill.</p>",
    }
    assert client.post(form, sent).status_code == 302
    html = client.get(form).text
    assert "89: mycket svår" in html
    assert "15: mycket lätt" in html
    preview = f"/admin/strategy/node/{about.pk}/preview/lattlast/"
    assert preview in html
    assert "Du kan läsa om vad kommunen vill." in client.get(preview).text
    assert client.get("/lattlast/om/").status_code == 404


def test_scheduled_easy_text_is_not_public_before_its_time(published, client):
    published.about.easy_texts.create(title="Om sidan", body="<p>Hemligt.</p>")
    publishing.publish(published.about, at=now() + timedelta(days=1))
    assert client.get("/lattlast/om/").status_code == 404
