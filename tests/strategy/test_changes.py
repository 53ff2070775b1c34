"""A page's list of changes: what, when, why, and nothing of what may not be shown."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.utils.timezone import now

from strategy import publishing
from strategy.models import Node, Page
from tests.changed import block, change, changes_of
from tests.past import happened
from tests.words import read

JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"


def test_every_edition_is_there_with_its_day_what_changed_and_why(published, client):
    change(published.jobs, target_value="5", reason="Fullmäktige vill mer.")
    change(published.jobs, title="Arbetslösheten ska halveras", lead="Fler ska ha ett arbete.", target_year=2026)
    text = read(client, changes_of(published.jobs)).text
    assert "Målvärde: från 7,0 % till 5,0 %." in text
    assert "Varför: Fullmäktige vill mer." in text
    assert "Rubrik: från ”Arbetslösheten ska minska” till ”Arbetslösheten ska halveras”." in text
    assert "Målår: från 2024 till 2026." in text
    assert "Tillagt: ingress." in text
    assert text.index("ska halveras”.") < text.index("från 7,0 %") < text.index("Publicerad")


def test_values_that_are_rounded_to_the_same_words_are_told_apart(published, client):
    change(published.jobs, target_value="7.04")
    assert "Målvärde: från 7,00 % till 7,04 %." in read(client, changes_of(published.jobs)).text


def test_boards_and_periods_and_stages_are_told_in_words(published, client):
    schools = publishing.publish(
        Node.objects.add_child(published.start, create_kwargs={"kind": "board", "slug": "bun", "title": "Barnnämnden"})
    )
    published.track.boards.set([schools.node])
    change(published.track, period_end_on="2025-06-30", stage=Node.Stage.DELAYED)
    text = read(client, changes_of(published.track)).text
    assert "Ansvarig nämnd: Barnnämnden har lagts till; Kommunstyrelsen har tagits bort." in text
    assert "Periodens slut: från 31 december 2024 till 30 juni 2025." in text
    assert "Läge: från Påbörjad till Försenad." in text


def test_a_translation_is_told_by_name(published, client):
    published.growth.translations.create(language="en", title="Growth")
    publishing.publish(published.growth)
    published.growth.translations.update(title="Growing")
    publishing.publish(published.growth)
    text = read(client, changes_of(published.growth)).text
    assert "Engelska: översättning tillagd." in text
    assert "Engelska: ändrat rubrik." in text
    assert "Title: from “Growth” to “Growing”." in read(client, f"/en{changes_of(published.growth)}").text


def test_who_published_is_a_role_and_never_a_name(published, client):
    person = get_user_model().objects.create(username="kim", first_name="Kim", last_name="Ek", email="kim@example.org")
    Node.objects.filter(pk=published.about.pk).update(lead="Ny ingress")
    published.about.refresh_from_db()
    publishing.publish(published.about, by=person)
    page = read(client, changes_of(published.about))
    assert "Publicerat av en medarbetare med rätt att publicera." in page.text
    assert not any(word in page.html for word in ("kim", "Kim", "Ek<"))


def test_a_move_is_a_new_address_and_no_change(published, client):
    publishing.rename(published.work, "jobb")
    page = read(client, changes_of(published.jobs))
    assert "Sidans adress blev /vi-lyfter/fardplan/jobb/inkomst/jobb/." in page.text
    assert "Ändrad" not in page.text


def test_a_page_that_was_withdrawn_and_came_back_says_both(published, client):
    publishing.withdraw(published.about)
    assert "Borttagen" in read(client, changes_of(published.about)).text
    change(published.about, lead="Tillbaka")
    text = read(client, changes_of(published.about)).text
    assert text.index("Publicerad igen") < text.index("Borttagen")
    assert "Tillagt: ingress." in text


def test_what_was_entered_afterwards_says_so(tree, client):
    publishing.enter_history({tree.start.pk: now() - timedelta(days=900), tree.board.pk: now() - timedelta(days=800)})
    change(tree.board, lead="Ny")
    text = read(client, changes_of(tree.board)).text
    assert text.count("Infört i efterhand") == 1


def test_links_lead_to_the_page_as_it_was_then_and_to_the_comparison(published, client):
    change(published.about, title="Om oss")
    change(published.about, title="Om portalen")
    links = read(client, changes_of(published.about)).links
    then = [link for link in links if link.startswith("/om/?den=")]
    assert ["Om webbplatsen" in read(client, link).text for link in then] == [False, True]
    assert "Om oss" in read(client, then[0]).text
    compared = [link for link in links if "fran=" in link]
    assert len(compared) == 2
    assert all(client.get(link).status_code == 200 for link in compared)


def test_a_day_ends_the_list(published, client):
    before = now()
    change(published.about, title="Om oss")
    page = read(client, f"{changes_of(published.about)}?den={before:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert "Om oss" not in page.html
    assert "Publicerad" in page.text
    dated = [link for link in page.links if link.startswith(("/om/", "/vi-lyfter/"))]
    assert dated
    assert all("den=" in link for link in dated)


def test_before_the_first_edition_there_is_no_list(published, client):
    response = client.get(f"{changes_of(published.about)}?den=2020-01-01")
    assert response.status_code == 404
    assert "Sidan var inte publicerad då" in response.text


def test_what_is_not_public_has_no_list(tree, client):
    for node_id in (tree.jobs.pk, 999_999, 10**30):
        assert client.get(f"/n/{node_id}/andringar/").status_code == 404


def test_what_is_scheduled_is_not_in_the_list(published, client):
    Node.objects.filter(pk=published.about.pk).update(title="Hemligt senare")
    published.about.refresh_from_db()
    publishing.publish(published.about, at=now() + timedelta(days=1), reason="Hemligt skäl")
    publishing.withdraw(published.about, at=now() + timedelta(days=2))
    page = read(client, changes_of(published.about))
    assert "Hemligt" not in page.html
    assert "Borttagen" not in page.text


def test_a_blocked_edition_is_a_day_and_a_ground(published, client):
    change(published.about, title="Ada Personnamn", lead="Ada Ingress", slug="om", reason="Ada Skäl")
    blocked = Page.objects.get(node=published.about, title="Ada Personnamn")
    change(published.about, title="Om oss", lead="Ny ingress", reason="Rättat")
    block(blocked)
    for prefix in ("", "/en"):
        page = read(client, prefix + changes_of(published.about))
        assert "Ada" not in page.html
    text = read(client, changes_of(published.about)).text
    assert "Grund: Personuppgifter som inte får visas." in text
    assert "går det inte heller att visa vad som ändrades" in text
    assert not [link for link in page.links if f"={blocked.pk}" in link]


def test_a_page_with_nothing_that_may_be_shown_has_a_list_without_words_of_it(published, client):
    block(Page.objects.get(node=published.about))
    publishing.withdraw(published.about)
    page = read(client, changes_of(published.about))
    assert "Om webbplatsen" not in page.html
    assert "Grund: Personuppgifter" in page.text


def test_the_name_of_a_board_that_may_not_be_shown_is_in_no_difference(published, client):
    published.income.boards.add(published.board)
    publishing.publish(published.income)
    change(published.board, title="Nämnden")
    block(Page.objects.get(node=published.board, title="Kommunstyrelsen"))
    page = read(client, changes_of(published.income))
    assert "Ansvarig nämnd: Får inte visas har lagts till." in page.text
    assert "Kommunstyrelsen" not in page.html


def test_an_earlier_target_stands_where_the_target_is_with_its_last_day(published, client):
    change(published.jobs, target_value="5")
    change(published.jobs, target_value="4.5", target_year=2026)
    happened(*(datetime(year, 3, 4, 10, tzinfo=UTC) for year in (2021, 2023, 2024)))
    page = read(client, JOBS)
    assert (
        "Målet var 5,0 % (2024) till och med 3 mars 2024. Målet var 7,0 % (2024) till och med 3 mars 2023." in page.text
    )
    assert '<time datetime="2023-03-03">3 mars 2023</time>' in page.html
    english = read(client, f"/en{JOBS}").text
    assert "The target was 7.0 % (2024) up to and including 3 March 2023." in english
    on_an_old_day = read(client, f"{JOBS}?den=2023-06-01").text
    assert "Målet var 7,0 % till och med 3 mars 2023." in on_an_old_day
    promise = client.get(f"{JOBS}?den=2023-06-01").text.partition("promise__earlier")[2].partition("</section>")[0]
    assert f'href="{changes_of(published.jobs)}?den=2023-06-01">Ändringar</a>' in promise
    assert "Målet var 5,0" not in on_an_old_day
    assert "Målet var" not in read(client, f"{JOBS}?den=2022-06-01").text


def test_a_target_that_no_day_ended_with_was_the_target_for_a_part_of_one(published, client):
    change(published.jobs, target_value="5", baseline_value="9")
    happened(*(datetime(2023, 3, 4, hour, tzinfo=UTC) for hour in (8, 9)))
    text = read(client, JOBS).text
    assert "Målet var 7,0 % en del av dagen 4 mars 2023." in text
    assert "Utgångsvärdet angavs till 9,8 % en del av dagen 4 mars 2023." in text


def test_a_blocked_edition_gives_no_earlier_target(published, client):
    change(published.jobs, target_value="6.66")
    block(Page.objects.at().get(node=published.jobs))
    change(published.jobs, target_value="5")
    text = read(client, JOBS).text
    assert "Målet var 7,0 %" in text
    assert "6,7" not in text


def test_a_target_that_did_not_move_is_not_mentioned(published, client):
    change(published.jobs, lead="Bara text")
    publishing.rename(published.work, "jobb")
    text = read(client, "/vi-lyfter/fardplan/jobb/inkomst/jobb/").text
    assert "Målet var" not in text
    assert "Utgångsvärdet angavs" not in text


def test_a_page_leads_to_its_changes(published, client):
    for address, node in ((JOBS, published.jobs), ("/", published.start)):
        assert changes_of(node) in read(client, address).links


def test_the_list_takes_as_many_queries_for_many_changes(published, client, django_assert_max_num_queries):
    for number in range(12):
        change(published.about, lead=f"Ingress {number}")
        if number % 3 == 0:
            block(Page.objects.at().get(node=published.about))
    with django_assert_max_num_queries(5):
        client.get(changes_of(published.about))


def test_a_report_can_be_sent_from_the_list(published, client):
    from tests.feedback.written import read_form

    form = read_form(client.get(changes_of(published.about)))
    assert client.post(form.action, form.values | {"message": "Datumet är fel."}).status_code == 303
