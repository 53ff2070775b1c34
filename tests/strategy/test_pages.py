import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now

import feedback.urls
import strategy.urls
from strategy import publishing, uploads
from strategy.kinds import is_reserved
from strategy.models import Node, Page
from tests.outline import Outline, outline

JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"


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


@pytest.fixture
def filled(published):
    """The goal and the result with all that they may have, public."""
    goal, result = published.income, published.jobs
    goal.decision_body, goal.decision_paragraph, goal.decision_number = "Kommunfullmäktige", "12", "KS 2020/99"
    goal.decided_on = "2020-11-10"
    goal.save()
    result.themes.add(published.growth)
    result.global_goals = [8]
    result.lead, result.body = "Fler ska ha ett arbete.", "<h2>Så gör vi</h2><p>Läs <a href='/om/'>mer</a>.</p>"
    result.example = True
    result.save()
    result.illustrations.create(
        image=uploads.picture(png()), alternative_text="Två personer i en verkstad", caption="I verkstan"
    )
    result.illustrations.create(image=uploads.picture(png("blue")), decorative=True, alternative_text="syns inte")
    result.related_material.create(title="Budget", file=uploads.document(pdf()), year=2024)
    result.related_material.create(title="Statistik", address="https://example.org/arbete")
    publishing.publish_together([goal, result])
    return published


def png(colour: str = "red"):
    from io import BytesIO

    from django.core.files.base import ContentFile
    from PIL import Image

    drawn = BytesIO()
    Image.new("RGB", (40, 30), colour).save(drawn, "PNG")
    return ContentFile(drawn.getvalue(), name="bild.png")


def test_page_shows_all_that_its_node_has(filled, client):
    html = client.get(JOBS).content.decode()
    page = Outline(html)
    for words in (
        "Exempeldata",
        "Fler ska ha ett arbete.",
        "Så gör vi",
        "Lägre är bättre",
        "Kommunstyrelsen",
        "Tillväxt",
        "8. Anständiga arbetsvillkor och ekonomisk tillväxt",
        "I verkstan",
        "Relaterat material",
        "Budget",
        "(2024, pdf,",
        "Senast uppdaterad",
    ):
        assert words in page.text, words
    assert 'alt="Två personer i en verkstad"' in html
    assert 'alt=""' in html
    assert "syns inte" not in html
    assert 'download="Budget.pdf"' in html
    assert "https://example.org/arbete" in page.links
    assert {"/om/", "/ks/", "/vi-lyfter/tillvaxt/"} <= set(page.links)
    picture = re.search(r'src="(/media/[^"]+\.png)" width="40" height="30"', html)[1]
    response = client.get(picture)
    assert response.headers["Content-Type"] == "image/png"
    assert b"".join(response.streaming_content).startswith(b"\x89PNG")


def test_lists_mark_example_data_too(filled, client):
    for address in ("/vi-lyfter/fardplan/arbete/inkomst/", "/nivaer/resultatmal/"):
        assert outline(client, address).text.count("Exempeldata") == 1


def test_no_page_can_take_an_address_of_the_portal_itself():
    patterns = [str(found.pattern) for found in (*strategy.urls.urlpatterns, *feedback.urls.urlpatterns)]
    first = {found[1] for pattern in patterns if (found := re.match(r"\^?([-a-z]+)/", pattern))}
    assert {"n", "nivaer", "lattlast", "media", "meddela-fel", "kvittens"} <= first
    assert all(is_reserved(slug) for slug in (*first, "admin", "static", "en", "sv"))


def test_goal_shows_its_decision(filled, client):
    text = outline(client, "/vi-lyfter/fardplan/arbete/inkomst/").text
    for words in ("Kommunfullmäktige", "10 november 2020", "§ 12", "KS 2020/99"):
        assert words in text


def test_swedish_words_on_an_english_page_are_marked_one_by_one(filled, client):
    html = client.get(f"/en{JOBS}").content.decode()
    for marked in (
        '<div class="prose" lang="sv">',
        '<li lang="sv"><a class="facts__link" href="/en/ks/">Kommunstyrelsen',
        '<p class="lead" lang="sv">',
        '<figure lang="sv">',
        'href="/en/om/" lang="sv">Om webbplatsen',
    ):
        assert marked in html, marked
    children = client.get("/en/vi-lyfter/fardplan/arbete/").content.decode()
    assert re.search(r'<a href="/en/vi-lyfter/fardplan/arbete/inkomst/" lang="sv">', children)


def test_translated_page_says_when_parts_of_it_are_swedish(published, client):
    published.work.translations.create(language="en", title="Labour market")
    publishing.publish(published.work)
    text = outline(client, "/en/vi-lyfter/fardplan/arbete/").text
    assert "Parts of this page are only available in Swedish." in text
    assert "Parts of this page" not in outline(client, "/vi-lyfter/fardplan/arbete/").text


def test_page_leads_to_its_counterpart_in_the_other_language(published, client):
    for prefix, other in (("", "/en"), ("/en", "")):
        html = client.get(prefix + JOBS).content.decode()
        assert f'href="{other}{JOBS}"' in html


def test_breadcrumb_leads_all_the_way_up(published, client):
    html = client.get(JOBS).content.decode()
    trail = html[html.index('class="breadcrumb"') : html.index("</nav>", html.index('class="breadcrumb"'))]
    assert re.findall(r'href="([^"]+)"', trail) == [
        "/",
        "/vi-lyfter/",
        "/vi-lyfter/fardplan/",
        "/vi-lyfter/fardplan/arbete/",
        "/vi-lyfter/fardplan/arbete/inkomst/",
    ]
    assert 'aria-current="page"' in trail


def test_what_is_shown_is_cleaned_even_if_the_edition_is_not(published, client):
    page = Page.objects.at().get(node=published.about)
    page.document["texts"]["sv"]["body"] = '<p onclick="x()">Hej<script>x()</script></p>'
    unguard()
    page.save()
    html = client.get("/om/").content.decode()
    assert "<p>Hej</p>" in html
    assert "onclick" not in html


def test_start_page_shows_the_roadmap_in_force(published, client):
    fields = {"period_start_on": "2025-01-01", "period_end_on": "2099-12-31", "target_year": 2099}
    node = Node(kind="roadmap", slug="ny", title="Nästa färdplan", **fields)
    publishing.publish(Node.objects.add_child(published.vision, instance=node))
    text = outline(client, "/").text
    assert "Nästa färdplan" in text
    assert "gällde till och med" not in text
    assert "Arbetsmarknad" not in text


def test_start_page_leads_to_its_themes_and_areas(published, client):
    links = outline(client, "/").links
    assert {"/vi-lyfter/tillvaxt/", "/vi-lyfter/fardplan/arbete/", "/vi-lyfter/fardplan/trygghet/"} <= set(links)


def test_start_page_was_last_updated_when_any_text_of_it_was(published, client):
    day = now() - timedelta(days=400)
    unguard()
    Page.objects.update(content_since=day)
    Page.objects.filter(node=published.growth).update(content_since=day + timedelta(days=100))
    html = client.get("/").content.decode()
    assert f'datetime="{(day + timedelta(days=100)).astimezone(publishing_zone()):%Y-%m-%d}' in html


def test_renamed_board_does_not_make_news_of_what_it_answers_for(published):
    Node.objects.filter(pk=published.board.pk).update(title="Styrelsen")
    publishing.publish(published.board)
    assert publishing.publish(published.jobs) is None


def test_a_title_that_is_scheduled_does_not_leak_through_what_refers_to_it(published):
    Node.objects.filter(pk=published.board.pk).update(title="Hemligt senare namn")
    publishing.publish(published.board, at=now() + timedelta(days=30))
    Node.objects.filter(pk=published.jobs.pk).update(title="Nytt mål")
    assert "Hemligt" not in str(publishing.publish(published.jobs).document)


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


def test_no_browser_keeps_a_redirect_since_a_page_can_come_back(published, client):
    publishing.rename(published.work, "jobb")
    assert client.get("/vi-lyfter/fardplan/arbete/").headers["Cache-Control"] == "no-cache"
    publishing.rename(published.work, "arbete")
    assert client.get("/vi-lyfter/fardplan/arbete/").status_code == 200


def test_short_address_of_a_withdrawn_page_never_leads_to_its_successor_at_the_address(published, client):
    publishing.rename(published.about, "om-oss")
    publishing.withdraw(published.about)
    fields = {"kind": "text", "slug": "om-oss", "title": "En annan"}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strategy_node SET slug = 'bort' WHERE id = %s", [published.about.pk])
    publishing.publish(Node.objects.add_child(published.start, create_kwargs=fields))
    assert client.get("/om-oss/").status_code == 200
    assert client.get(f"/n/{published.about.pk}/").status_code == 410
    assert client.get("/om/").status_code == 410


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


def unguard() -> None:
    """Until the rollback, editions can be changed as only the owner of the database could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE strategy_page DISABLE TRIGGER strategy_page_dated")


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
