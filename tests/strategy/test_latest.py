"""What has changed on the portal, newest first."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.paginator import Paginator
from django.utils.timezone import now

from strategy import publishing
from strategy.models import Node, Page
from tests.changed import block, change, changes_of, publish_many
from tests.past import happened
from tests.words import read

LATEST = "/det-senaste/"


def test_new_changed_and_withdrawn_pages_are_told_by_day_newest_first(published, client):
    change(published.jobs, target_value="5", reason="Nytt beslut.")
    publishing.withdraw(published.about)
    happened(*(datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3, 5)))
    text = read(client, LATEST).text
    days = [text.index(day) for day in ("10 maj 2024", "10 mars 2024", "10 januari 2024")]
    assert days == sorted(days)
    assert "10 maj 2024 Borttagen Om webbplatsen" in text
    assert (
        "Ändrad Arbetslösheten ska minska Resultatmål 2.1.2 Målvärde: från 7,0 % till 5,0 %. Varför: Nytt beslut."
        in text
    )
    assert "Publicerad Arbetslösheten ska minska" in text


def test_it_leads_to_where_pages_are_now_and_to_the_history_of_what_is_nowhere(published, client):
    change(published.jobs, title="Färre utan arbete")
    publishing.rename(published.work, "jobb")
    publishing.withdraw(published.about)
    links = read(client, LATEST).links
    assert "/vi-lyfter/fardplan/jobb/inkomst/jobb/" in links
    assert changes_of(published.about) in links
    assert "/om/" not in links
    assert all(client.get(link).status_code == 200 for link in {link for link in links if link.startswith("/")})


def test_a_move_is_no_news(published, client):
    before = read(client, LATEST).text.count("Arbetslösheten")
    publishing.rename(published.work, "jobb")
    assert read(client, LATEST).text.count("Arbetslösheten") == before


def test_drafts_and_what_lies_ahead_are_not_there(published, client):
    Node.objects.filter(pk=published.about.pk).update(title="Hemligt")
    published.about.refresh_from_db()
    assert "Hemligt" not in client.get(LATEST).text
    publishing.publish(published.about, at=now() + timedelta(days=1))
    publishing.withdraw(published.board, at=now() + timedelta(days=1))
    page = read(client, LATEST)
    assert "Hemligt" not in page.html
    assert "Borttagen" not in page.text


def test_what_may_not_be_shown_is_not_there_and_neither_is_how_it_differs(published, client):
    blocked = change(published.about, title="Ada Personnamn", lead="Ada bor här.")
    change(published.about, title="Om oss", lead="Vi finns här.")
    block(blocked)
    for prefix in ("", "/en"):
        assert "Ada" not in client.get(prefix + LATEST).text
    text = read(client, LATEST).text
    assert "Ändrad Om oss" in text
    assert "går det inte heller att visa vad som ändrades" in text
    publishing.withdraw(published.about)
    block(Page.objects.get(node=published.about, title="Om oss"))
    text = read(client, LATEST).text
    assert "Om oss" not in text
    assert "Borttagen" not in text


def test_what_was_entered_afterwards_says_so(tree, client):
    publishing.enter_history({tree.start.pk: now() - timedelta(days=900)})
    assert "infördes i efterhand" in read(client, LATEST).text


def test_what_was_entered_together_says_so_once(tree, client):
    then = now() - timedelta(days=900)
    publishing.enter_history({tree.start.pk: then, tree.vision.pk: then, tree.about.pk: then})
    text = read(client, LATEST).text
    assert text.count("Allt det här infördes i efterhand") == 1
    assert "Infört i efterhand" not in text


def test_a_day_ends_it_and_its_links_stay_in_that_day(published, client):
    change(published.about, title="Om oss")
    happened(*(datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3)))
    page = read(client, f"{LATEST}?den=2024-02-01")
    assert "Om oss" not in page.text
    assert "Publicerad Om webbplatsen" in page.text
    assert "/om/?den=2024-02-01" in page.links


def test_english_readers_get_it_in_english(published, client):
    change(published.about, title="Om oss")
    text = read(client, f"/en{LATEST}").text
    assert "Changed Om oss" in text
    assert "Title: from “Om webbplatsen” to “Om oss”." in text


def test_older_changes_are_on_further_pages(published, client):
    publish_many(published.start, 45)
    first = read(client, LATEST)
    assert first.html.count('<li class="change">') == 50
    assert "?page=2" in first.links
    second = read(client, f"{LATEST}?page=2")
    assert second.html.count('<li class="change">') == 6
    assert "?page=1" in second.links
    assert "?page=3" not in second.links


def test_an_empty_portal_says_so(db, client):
    assert "Inget har publicerats än." in read(client, LATEST).text


def test_it_takes_as_many_queries_however_much_has_changed(published, client, django_assert_max_num_queries):
    publish_many(published.start, 20)
    for node in (published.jobs, published.about, published.board):
        change(node, lead="Ny")
    publishing.withdraw(published.about)
    with django_assert_max_num_queries(6):
        client.get(LATEST)


@pytest.mark.parametrize(
    ("page", "shown"),
    [("3", 2), ("999", 2), ("1001", 2), ("1" * 40, 2), ("0", 2), ("-1", 2), ("x", 1), ("9" * 5000, 1)],
)
def test_page_that_is_none_is_another_as_in_every_list(published, client, page, shown):
    publish_many(published.start, 45)
    assert read(client, f"{LATEST}?page={page}").html.count('<li class="change">') == {1: 50, 2: 6}[shown]
    assert Paginator(range(56), 50).get_page(page).number == shown


def test_last_page_that_there_can_be_leads_no_further(published, client, monkeypatch):
    monkeypatch.setattr("strategy.views.latest.EVENTS_ON_PAGE", 2)
    monkeypatch.setattr("strategy.views.latest.LAST_PAGE", 3)
    page = read(client, f"{LATEST}?page=4")
    assert "?page=2" in page.links
    assert "?page=4" not in page.links
