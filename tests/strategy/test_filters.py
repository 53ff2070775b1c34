"""Filters: plain links that combine, and numbers that say what a list holds wherever they stand."""

import re
from html import unescape

import pytest

from strategy import publishing
from strategy.models import Node, Page
from tests.tree import grow


@pytest.fixture
def served(tree):
    """The tree, published, with a theme and a global goal that the goal serves, and efforts in two stages."""
    tree.income.themes.add(tree.growth)
    grow(
        Node.objects.get(pk=tree.jobs.pk), "effort", "plan", title="En plan för unga", period_start_on="2021-01-01",
        period_end_on="2024-12-31", stage=Node.Stage.DONE,
    ).boards.add(tree.board)  # fmt: skip
    publishing.publish_branch(tree.start)
    return tree


def total(client, address: str) -> int:
    html = client.get(address).content.decode()
    return int(re.search(r'id="found">\s*(\d+) sid', html)[1])


def choices(client, address: str) -> dict[str, int]:
    """The number that each filter's link promises, by its address."""
    html = client.get(address).content.decode()
    link = r'class="filter__choice" href="([^"]+)".*?class="filter__number">.*?</span>(\d+)<'
    found = re.findall(link, html, re.DOTALL)
    return {unescape(url): int(number) for url, number in found}


@pytest.mark.parametrize("address", ["/sok/", "/sok/?slag=effort", "/sok/?skede=done", "/sok/?q=plan", "/sok/?mal=8"])
def test_each_link_leads_to_as_many_as_it_says(served, client, address):
    links = choices(client, address)
    assert len(links) >= 4
    for url, number in links.items():
        chosen = set(re.findall(r"[a-z]+=[^&]+", url))
        if chosen > set(re.findall(r"[a-z]+=[^&]+", address)) or address == "/sok/":
            assert total(client, url) == number, url


def test_numbers_are_those_of_the_pages_that_gather(served, client):
    for page, parameter in (
        ("/vi-lyfter/tillvaxt/", f"tema={served.growth.pk}"),
        ("/ks/", f"namnd={served.board.pk}"),
        ("/globala-mal/8/", "mal=8"),
    ):
        html = unescape(client.get(page).content.decode())
        tallies = re.findall(rf'href="(/sok/\?{parameter}&slag=[a-z_]+)"><span class="tally__number">(\d+)<', html)
        assert tallies, page
        for url, number in tallies:
            assert total(client, url) == int(number), url


def test_filters_combine(served, client):
    board = served.board.pk
    area = served.work.pk
    assert total(client, f"/sok/?namnd={board}&slag=effort") == 2
    assert total(client, f"/sok/?namnd={board}&slag=effort&skede=started") == 1
    assert total(client, f"/sok/?omrade={area}&tema={served.growth.pk}") == 4
    assert total(client, f"/sok/?omrade={served.safety.pk}") == 0
    assert total(client, f"/sok/?q=unga&namnd={board}") == 1


def test_filters_look_among_promises_and_the_rest_is_a_choice_of_its_own(served, client):
    promises = Page.objects.at().promises().count()
    assert total(client, "/sok/") == promises
    assert total(client, "/sok/?slag=page") == Page.objects.at().count() - promises


def test_what_is_chosen_can_be_taken_away_and_is_kept_by_the_form(served, client):
    html = client.get(f"/sok/?q=plan&skede=done&namnd={served.board.pk}").content.decode()
    assert f'<input type="hidden" name="namnd" value="{served.board.pk}">' in html
    taken_away = re.findall(r'class="chosen__link" href="([^"]+)"', html)
    assert {unescape(url) for url in taken_away} == {
        f"/sok/?q=plan&namnd={served.board.pk}",
        "/sok/?q=plan&skede=done",
        "/sok/?q=plan",
    }


@pytest.mark.parametrize(
    "query", ["mal=0", "mal=18", "mal=x", "skede=borta", "slag=vision", "tema=-1", f"namnd={'9' * 400}", "omrade=²"]
)
def test_filter_that_means_nothing_is_left_out_in_words(served, client, query):
    response = client.get(f"/sok/?{query}")
    assert response.status_code == 200
    assert query.partition("=")[0] in re.search(r"Ett filter i adressen[^<]+", response.content.decode())[0]


def test_filter_by_a_node_that_is_none_finds_nothing(served, client):
    assert total(client, "/sok/?namnd=987654321") == 0


def test_filters_stay_in_the_day(served, client):
    moment = Page.objects.at().get(node=served.start).begins_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    links = choices(client, f"/sok/?den={moment}")
    assert links
    assert all(f"den={moment}" in url for url in links)
    assert "0 pages" in client.get("/en/sok/?den=2020-05-01").content.decode()


def test_chosen_node_that_is_not_public_can_be_taken_away(served, client):
    assert 'class="chosen__link" href="/sok/"' in client.get("/sok/?namnd=987654321").content.decode()
