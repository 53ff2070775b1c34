"""The whole roadmap on one page: what is in it, how far it stands open, and what it costs."""

import re
from html.parser import HTMLParser

from django.db import connection
from django.test.utils import CaptureQueriesContext

from strategy import publishing
from strategy.kinds import NodeKind
from strategy.models import Block, Page
from strategy.views import tree as tree_view
from tests.feedback.written import read_form
from tests.outline import outline
from tests.strategy.test_gathering import INDICATOR
from tests.strategy.test_size import plant
from tests.tree import grow

TREE = "/hela-fardplanen/"
WORK = "/vi-lyfter/fardplan/arbete/"
INCOME = f"{WORK}inkomst/"
JOBS = f"{INCOME}jobb/"
TRACK = f"{JOBS}jobbspar/"
BRANCH = [WORK, INCOME, JOBS, TRACK]


class Tree(HTMLParser):
    """The links of the tree's lists: how deep each stands, and whether a browser shows it before anything is opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.depths: dict[str, int] = {}
        self.visible: list[str] = []
        self.open: list[bool] = []
        self.lists = 0
        self.feed(html[html.index('class="tree"') : html.index("</main>")])

    def handle_starttag(self, tag, attrs):
        if tag == "ul":
            self.lists += 1
        if tag == "details":
            self.open.append("open" in dict(attrs))
        if tag == "a" and self.lists:
            address = dict(attrs)["href"]
            self.depths[address] = self.lists
            if all(self.open):
                self.visible.append(address)

    def handle_endtag(self, tag):
        if tag == "ul":
            self.lists -= 1
        if tag == "details":
            self.open.pop()


def read(client, address: str = TREE) -> Tree:
    response = client.get(address)
    assert response.status_code == 200, address
    return Tree(response.text)


def test_everything_in_the_roadmap_is_in_lists_within_lists(published, client):
    depths = read(client).depths
    assert [depths[address] for address in BRANCH] == [1, 2, 3, 4]
    inside = Page.objects.at().below(published.roadmap.pk).exclude(node=published.roadmap)
    assert set(depths) == set(inside.values_list("address", flat=True))


def test_address_says_how_deep_the_tree_stands_open(published, client):
    levels = {"delomraden": 1, "strategiska-mal": 2, "resultatmal": 3, "insatser": 4, "": 2, "nagot-annat": 2}
    for level, deep in levels.items():
        shown = read(client, f"{TREE}?niva={level}").visible
        assert [address for address in BRANCH if address in shown] == BRANCH[:deep], level


def test_tree_leads_to_each_level_and_says_which_one_is_open(published, client):
    html = client.get(f"{TREE}?niva=resultatmal").text
    links = re.findall(r'class="steps__link" href="([^"]+)"( aria-current="true")?', html)
    levels = ("delomraden", "strategiska-mal", "resultatmal", "insatser")
    assert [address for address, _current in links] == [f"{TREE}?niva={level}" for level in levels]
    assert [address for address, current in links if current] == [f"{TREE}?niva=resultatmal"]


def test_each_line_says_what_is_promised(published, client):
    text = outline(client, TREE).text
    assert "2.1.2 Arbetslösheten ska minska Från 9,8 (2020) till 7,0 (2024), %" in text
    assert "Starta jobbspår Påbörjad, februari 2021 – december 2024, Kommunstyrelsen" in text
    assert "2 delområden, 1 strategiskt mål, 1 resultatmål, 1 insats" in text


def test_renamed_board_has_its_present_name(published, client):
    published.board.title = "Styrelsen"
    published.board.save()
    publishing.publish(published.board)
    assert "december 2024, Styrelsen" in outline(client, TREE).text


def test_numbers_of_the_tree_are_those_of_the_pages(published, client):
    second = grow(published.income, "result", "fler", title="Fler företag", number="2.1.3", **INDICATOR)
    second.boards.add(published.board)
    publishing.publish(second)
    html = client.get(TREE).text
    summaries = re.findall(r"<summary[^>]*>([^<]+)", html[html.index("<main") :])
    assert summaries == [
        "1\xa0strategiskt mål, 2\xa0resultatmål, 1\xa0insats",
        "2\xa0resultatmål, 1\xa0insats",
        "1\xa0insats",
    ]
    for address, summary in zip(("/vi-lyfter/fardplan/", WORK, INCOME), summaries, strict=True):
        assert summary in client.get(address).text


def test_tree_has_headings_in_order_and_needs_no_script(published, client):
    page = outline(client, f"{TREE}?niva=insatser")
    html = client.get(TREE).text
    assert page.headings[:4] == [1, 2, 3, 4]
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert 'role="tree"' not in html
    assert "<script" not in html[html.index("<main") :]


def test_any_roadmap_has_its_tree_and_nothing_else_has(published, client):
    assert read(client, f"{TREE}{published.roadmap.pk}/").depths == read(client).depths
    for node in (published.work, published.vision, published.board):
        assert client.get(f"{TREE}{node.pk}/").status_code == 404
    assert client.get(f"{TREE}987654321/").status_code == 404
    assert client.get(f"{TREE}x/").status_code == 404


def test_tree_of_a_roadmap_that_is_not_public_is_not_found_and_of_a_withdrawn_one_gone(published, client):
    fields = {"period_start_on": "2090-01-01", "period_end_on": "2093-12-31"}
    coming = grow(published.vision, "roadmap", "nasta", title="Nästa färdplan", **fields)
    address = f"{TREE}{coming.pk}/"
    assert client.get(address).status_code == 404
    publishing.publish(coming)
    assert "Inget är publicerat" in outline(client, address).text
    publishing.withdraw(coming)
    assert client.get(address).status_code == 410


def test_tree_on_a_day_before_anything_was_public_says_so(published, client):
    assert "Inget är publicerat" in outline(client, f"{TREE}?den=2001-01-01").text
    assert client.get(f"{TREE}{published.roadmap.pk}/?den=2001-01-01").status_code == 404


def test_tree_of_a_day_shows_what_stood_there_and_its_links_stay(published, client):
    moment = Page.objects.at().get(node=published.jobs).begins_at
    publishing.withdraw(published.jobs)
    assert JOBS not in read(client).depths
    asked = f"den={moment.isoformat().replace('+00:00', 'Z')}"
    then = read(client, f"{TREE}?{asked}&niva=insatser")
    assert any(address.startswith(f"{JOBS}?den=") for address in then.visible)
    steps = re.findall(r'class="steps__link" href="([^"]+)"', client.get(f"{TREE}?{asked}").text)
    assert all("niva=" in step and "den=" in step for step in steps)


def test_what_stands_under_a_page_that_may_not_be_shown_stays_in_the_tree(published, client, django_user_model):
    one, other = (django_user_model.objects.create(username=name) for name in ("ett", "två"))
    page = Page.objects.at().get(node=published.income)
    block = Block.objects.create(page=page, ground=Block.Ground.COURT, reason="Enligt dom.", proposed_by=one)
    Block.objects.filter(pk=block.pk).update(approved=True, decided_by=other, decided_at=page.begins_at)
    depths = read(client).depths
    assert INCOME not in depths
    assert [depths[address] for address in (WORK, JOBS, TRACK)] == [1, 2, 3]
    assert "försörjer sig" not in outline(client, TREE).text


def test_english_tree_marks_what_is_swedish(published, client):
    html = client.get(f"/en{TREE}?niva=insatser").text
    assert "The whole roadmap" in html
    assert f'<a href="/en{JOBS}" lang="sv">' in html


def test_tree_is_linked_from_the_start_page_and_the_roadmap(published, client):
    address = f"{TREE}{published.roadmap.pk}/"
    assert address in outline(client, "/").links
    assert address in outline(client, "/vi-lyfter/fardplan/").links


def test_number_of_queries_does_not_grow(published, client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(client)
        return len(captured)

    before = queries()
    for number in range(6):
        result = grow(published.income, "result", f"mal-{number}", number=f"2.1.{number + 3}", **INDICATOR)
        result.boards.add(published.board)
    publishing.publish_branch(published.income)
    assert queries() == before <= 6


SHAPE = [(NodeKind.VISION, 1), (NodeKind.ROADMAP, 1), (NodeKind.AREA, 10), (NodeKind.GOAL, 10), (NodeKind.RESULT, 20)]


def test_tree_that_is_too_large_leaves_its_lower_levels_to_the_pages_and_says_so(db, client):
    assert plant(SHAPE) == 2 + 1 + 10 + 100 + 2000
    with CaptureQueriesContext(connection) as captured:
        found = read(client, f"{TREE}?niva=insatser")
    assert len(captured) <= 6
    assert len(found.depths) == len(found.visible) == 110 < tree_view.MOST_NODES
    page = outline(client, TREE)
    assert "för stor för en sida" in page.text
    assert "Det här är inte med: Resultatmål." in page.text
    assert "100 strategiska mål, 2 000 resultatmål" in page.text
    assert "20 resultatmål" in page.text
    assert f"{TREE}?niva=resultatmal" not in page.links


def test_faults_can_be_reported_on_every_list(published, client):
    for address in (TREE, f"{TREE}{published.roadmap.pk}/", "/globala-mal/", "/en/globala-mal/8/"):
        form = read_form(client.get(address))
        assert form.values["address"] == address
        sent = client.post(form.action, form.values | {"message": f"Fel på {address}"})
        assert sent.status_code == 303
        assert address in outline(client, sent.url).links
