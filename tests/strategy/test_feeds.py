"""Atom feeds: of the portal, of a page with what is under it, of a board."""

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from strategy import publishing
from strategy.models import Node, Page
from tests.changed import block, change, changes_of, publish_many
from tests.past import happened
from tests.words import read

ATOM = "{http://www.w3.org/2005/Atom}"
ALL = "/feed/alla.atom"


def feed(client, address: str) -> ElementTree.Element:
    response = client.get(address)
    assert response.status_code == 200, address
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def texts(found: ElementTree.Element, path: str) -> list[str]:
    return [element.text for element in found.findall("/".join(f"{ATOM}{step}" for step in path.split("/")))]


def test_the_feed_of_the_portal_tells_what_changed_in_words(published, client):
    change(published.jobs, target_value="5", reason="Nytt beslut.")
    publishing.withdraw(published.about)
    found = feed(client, ALL)
    assert texts(found, "entry/title")[:2] == ["Borttagen: Om webbplatsen", "Ändrad: 2.1.2 Arbetslösheten ska minska"]
    summary = texts(found, "entry/summary")[0]
    assert "Målvärde: från <bdi>7,0\xa0%</bdi> till <bdi>5,0\xa0%</bdi>" in summary
    assert "<p>Varför: <span>Nytt beslut.</span></p>" in summary
    assert '<p>Why: <span lang="sv">Nytt beslut.</span></p>' in texts(feed(client, f"/en{ALL}"), "entry/summary")[0]
    assert len(texts(found, "entry/title")) == 13


def test_a_feed_has_what_rfc_4287_asks_for(published, client):
    happened(datetime(2024, 1, 10, 12, tzinfo=UTC))
    found = feed(client, f"/en{ALL}")
    assert found.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert texts(found, "author/name") == ["Kristianstads kommun"]
    assert texts(found, "updated") == ["2024-01-10T12:00:00+00:00"]
    links = {link.get("rel"): link.get("href") for link in found.findall(f"{ATOM}link")}
    assert links == {"self": f"http://testserver/en{ALL}", "alternate": "http://testserver/en/det-senaste/"}
    for entry in found.findall(f"{ATOM}entry"):
        assert {child.tag for child in entry} >= {f"{ATOM}{name}" for name in ("id", "title", "updated", "link")}
        assert entry.find(f"{ATOM}category").get("term")
        assert entry.find(f"{ATOM}link").get("href").startswith("http://testserver/en/")


def test_an_entry_without_words_has_no_summary(published, client):
    change(published.board, lead="Styrelsen styr.")
    change(published.about, lead="Ny")
    publishing.withdraw(published.about)
    publishing.publish(published.growth)
    for prefix in ("", "/en"):
        found = feed(client, f"{prefix}{ALL}")
        summaries = texts(found, "entry/summary")
        assert all(summaries)
        assert 0 < len(summaries) < len(texts(found, "entry/title"))


def test_the_names_of_entries_are_their_own_and_stay(published, client):
    change(published.about, lead="Ny")
    names = {language: texts(feed(client, f"{language}{ALL}"), "entry/id") for language in ("", "/en")}
    assert len({*names[""], *names["/en"]}) == 2 * len(names[""])
    publishing.rename(published.about, "om-oss")
    change(published.about, lead="Nyare")
    assert texts(feed(client, ALL), "entry/id")[1:] == names[""]
    assert all(name.startswith("tag:testserver,2026:") for name in names[""])


def test_the_feed_of_a_page_has_what_is_under_it_and_nothing_else(published, client):
    change(published.track, lead="Ny")
    change(published.about, lead="Ny")
    titles = texts(feed(client, f"/feed/{published.income.pk}.atom"), "entry/title")
    assert titles[0] == "Ändrad: Starta jobbspår"
    assert sorted(titles[1:]) == [
        "Publicerad: 2.1 Fler försörjer sig själva",
        "Publicerad: 2.1.2 Arbetslösheten ska minska",
        "Publicerad: Starta jobbspår",
    ]


def test_the_feed_of_a_board_has_what_names_it(published, client):
    titles = texts(feed(client, f"/feed/{published.board.pk}.atom"), "entry/title")
    assert sorted(titles) == [
        "Publicerad: 2.1.2 Arbetslösheten ska minska",
        "Publicerad: Kommunstyrelsen",
        "Publicerad: Starta jobbspår",
    ]


def test_a_board_that_no_longer_answers_for_something_is_told_so(published, client):
    other = publishing.publish(
        Node.objects.add_child(published.start, create_kwargs={"kind": "board", "slug": "bun", "title": "Barnnämnden"})
    )
    published.jobs.boards.set([other.node])
    publishing.publish(published.jobs)
    found = feed(client, f"/feed/{published.board.pk}.atom")
    assert texts(found, "entry/title")[0] == "Ändrad: 2.1.2 Arbetslösheten ska minska"
    assert "har tagits bort" in texts(found, "entry/summary")[0]


def test_a_feed_has_the_newest_alone(published, client):
    publish_many(published.start, 55)
    titles = texts(feed(client, ALL), "entry/title")
    assert len(titles) == 50
    assert all(title.startswith("Publicerad: Sida") for title in titles)


@pytest.mark.parametrize("kind", ["atom", "ics"])
def test_what_is_not_public_is_in_no_feed(published, client, kind):
    for node in (published.jobs, published.track):
        Node.objects.filter(pk=node.pk).update(title="Hemligt utkast", lead="Hemligt", period_end_on=None)
    draft = Node.objects.add_child(
        published.start, create_kwargs={"kind": "text", "slug": "x", "title": "Hemligt nytt"}
    )
    published.about.title = "Hemligt senare"
    published.about.save()
    publishing.publish(published.about, at=now() + timedelta(days=1))
    for address in (f"/feed/alla.{kind}", f"/feed/{published.work.pk}.{kind}", f"/feed/{published.about.pk}.{kind}"):
        assert "Hemligt" not in client.get(address).text
    assert client.get(f"/feed/{draft.pk}.{kind}").status_code == 404
    assert client.get(f"/feed/{10**30}.{kind}").status_code == 404


@pytest.mark.parametrize("kind", ["atom", "ics"])
def test_what_may_not_be_shown_is_in_no_feed(published, client, kind):
    blocked = change(published.jobs, title="Ada Personnamn", lead="Ada", target_year=2035)
    block(blocked)
    for address in (f"/feed/alla.{kind}", f"/feed/{published.jobs.pk}.{kind}", f"/feed/{published.board.pk}.{kind}"):
        for prefix in ("", "/en"):
            response = client.get(prefix + address)
            assert response.status_code == 200
            assert "Ada" not in response.text
            assert "2035" not in response.text
    change(published.jobs, title="Rättad", lead="Rättad")
    assert "Ada" not in client.get(f"/feed/alla.{kind}").text


def test_a_node_of_which_nothing_may_be_shown_has_an_empty_feed(published, client):
    block(Page.objects.get(node=published.about))
    found = feed(client, f"/feed/{published.about.pk}.atom")
    assert texts(found, "entry/title") == []
    assert texts(found, "title") == ["Det senaste – Kristianstads kommun"]


@pytest.mark.parametrize("address", [ALL, "/feed/alla.ics"])
def test_a_feed_that_has_not_changed_is_not_sent_again(published, client, address):
    first = client.get(address)
    tag = first.headers["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(address).content == first.content
    change(published.jobs, lead="Ny", target_year=2030)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200
    assert "Last-Modified" not in first.headers


@pytest.mark.parametrize("address", [ALL, "/feed/alla.ics"])
def test_a_feed_has_no_other_day_than_today(published, client, address):
    assert client.get(f"{address}?den=2024-01-01").status_code == 400
    assert client.post(address).status_code == 405


def test_signs_that_xml_can_not_hold_are_left_out(published, client):
    change(published.about, title="Om\x0bsidan", lead="A\x01 & <b>", reason="Därför\x1f & <i>")
    found = feed(client, ALL)
    assert texts(found, "entry/title")[0] == "Ändrad: Omsidan"
    assert "Därför &amp; &lt;i&gt;" in texts(found, "entry/summary")[0]


def test_pages_lead_to_their_feeds_and_old_days_do_not(published, client):
    for address, node in (
        ("/", "alla"),
        ("/om/", published.about.pk),
        (changes_of(published.about), published.about.pk),
    ):
        html = client.get(address).text
        assert '<link rel="alternate" type="application/atom+xml" title=' in html
        assert f'href="/feed/{node}.atom"' in html
        assert f"/feed/{node}.atom" in read(client, address).links
        moment = f"{now():%Y-%m-%dT%H:%M:%S.%fZ}"
        assert "/feed/" not in client.get(f"{address}?den={moment}").text


def test_feeds_take_as_many_queries_however_much_has_changed(published, client, django_assert_max_num_queries):
    for number in range(6):
        change(published.jobs, lead=f"Ingress {number}")
        change(published.about, lead=f"Ingress {number}")
    with django_assert_max_num_queries(5):
        client.get(ALL)
    with django_assert_max_num_queries(7):
        client.get(f"/feed/{published.board.pk}.atom")
