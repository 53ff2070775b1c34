"""What gathers under a theme, a board and a goal of Agenda 2030, and that every number says what its list holds."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from strategy import publishing
from strategy.gathering import SHOWN
from strategy.global_goals import GLOBAL_GOALS
from strategy.models import Node, Page
from tests.outline import outline
from tests.tree import grow

GROWTH = "/vi-lyfter/tillvaxt/"
WORK = "/vi-lyfter/fardplan/arbete/"
INDICATOR = {
    "indicator": "Andel",
    "unit": "%",
    "direction": "higher",
    "baseline_value": 1,
    "baseline_year": 2020,
    "target_value": 2,
    "target_year": 2024,
}


@pytest.fixture
def served(tree):
    """
    The theme is served by the goal (and so by its result and effort), and by a result whose goal does not serve it. The
    area serves global goal 8. One result names two boards.
    """
    tree.culture = grow(tree.start, "board", "kfn", title="Kultur- och fritidsnämnden")
    tree.mission = grow(tree.vision, "core_mission", "grunduppdrag", title="Kommunstyrelsens grunduppdrag")
    tree.calm = grow(tree.safety, "goal", "lugn", title="Lugna kvällar", number="4.1")
    tree.evenings = grow(tree.calm, "result", "kvallar", title="Fler öppna gårdar", number="4.1.1", **INDICATOR)
    tree.mission.boards.add(tree.board)
    tree.evenings.boards.add(tree.board, tree.culture)
    tree.income.themes.add(tree.growth)
    tree.evenings.themes.add(tree.growth)
    for node in vars(tree).values():
        node.refresh_from_db()
    publishing.publish_branch(tree.start)
    return tree


def tallies(client, address: str) -> dict[str, int]:
    """The numbers that lead to lists: {address of the list: number}."""
    found = re.findall(r'class="tally__link" href="([^"]+)">\s*<span[^>]*>([^<]+)</span>', client.get(address).text)
    return {url.replace("&amp;", "&"): int(number) for url, number in found}


def test_theme_counts_what_serves_it_and_what_stands_below(served, client):
    theme = served.growth.pk
    assert tallies(client, GROWTH) == {
        f"/sok/?tema={theme}&slag=goal": 1,
        f"/sok/?tema={theme}&slag=result": 2,
        f"/sok/?tema={theme}&slag=effort": 1,
    }
    serving = Page.objects.at().promises().serving_theme(theme)
    assert sum(tallies(client, GROWTH).values()) == serving.count() == 4


def test_theme_lists_goals_and_what_serves_it_without_its_goal(served, client):
    page = outline(client, GROWTH)
    assert f"{WORK}inkomst/" in page.links
    assert "/vi-lyfter/fardplan/trygghet/lugn/kvallar/" in page.links
    # The goal stands for these.
    assert f"{WORK}inkomst/jobb/" not in page.links
    assert "/vi-lyfter/fardplan/trygghet/lugn/" not in page.links
    assert "2.1 Fler försörjer sig själva Arbetsmarknad" in page.text


def test_list_under_a_theme_says_which_roadmap_it_is_from_and_that_it_has_ended(served, client):
    text = outline(client, GROWTH).text
    assert "Strategisk färdplan 2021–2024 Den här färdplanen gällde till och med 2024." in text


def test_board_lists_by_kind_everything_that_names_it(served, client):
    board = served.board.pk
    page = outline(client, "/ks/")
    assert tallies(client, "/ks/") == {
        f"/sok/?namnd={board}&slag=core_mission": 1,
        f"/sok/?namnd={board}&slag=result": 2,
        f"/sok/?namnd={board}&slag=effort": 1,
    }
    assert "0 strategiska mål" in page.text
    for named in Page.objects.at().of_board(board):
        assert named.address in page.links
    assert page.text.index("Grunduppdrag Kommunstyrelsens") < page.text.index("Resultatmål 2.1.2")
    assert "/vi-lyfter/fardplan/trygghet/lugn/kvallar/" in outline(client, "/kfn/").links


def test_sum_over_boards_is_all_that_names_exactly_one_plus_each_further_name(served, client):
    """STEER-7: whatever a board answers for is on a board's page."""
    promised = Page.objects.at().promises()
    boards = Page.objects.at().of_kind("board")
    shown = sum(sum(tallies(client, board.address).values()) for board in boards)
    names = [len(page.document["boards"]) for page in promised]
    assert shown == sum(names)
    one_board = [page for page in promised if len(page.document["boards"]) == 1]
    only = {board.pk: 0 for board in boards}
    for page in one_board:
        only[boards.get(node=page.document["boards"][0]["node"]).pk] += 1
    assert sum(only.values()) == len(one_board) == 3


def test_global_goals_are_17_with_what_serves_each(served, client):
    page = outline(client, "/globala-mal/")
    assert len(re.findall(r"/globala-mal/\d+/", " ".join(page.links))) == 17
    assert "8 Anständiga arbetsvillkor och ekonomisk tillväxt 1 strategiskt mål, 1 resultatmål, 1 insats 9" in page.text
    assert "9 Hållbar industri, innovationer och infrastruktur Inget" in page.text


def test_numbers_of_the_list_of_global_goals_are_those_of_each_goals_page(served, client):
    served.evenings.global_goals = [3, 8]
    served.evenings.save()
    publishing.publish(served.evenings)
    listed = dict(
        re.findall(
            r'href="/globala-mal/(\d+)/".*?<p class="goal__line">([^<]*)</p>',
            client.get("/globala-mal/").text,
            re.DOTALL,
        )
    )
    assert len(listed) == 17
    for number in GLOBAL_GOALS:
        count = Page.objects.at().promises().serving_global_goal(number).count()
        assert sum(map(int, re.findall(r"\d+", listed[str(number)]))) == count
        if number in (3, 8, 14):
            assert sum(tallies(client, f"/globala-mal/{number}/").values()) == count
    assert listed["8"].startswith("1\xa0strategiskt mål, 2\xa0resultatmål")


def test_global_goal_gathers_what_stands_below_the_area_that_names_it(served, client):
    page = outline(client, "/globala-mal/8/")
    assert "Globalt mål 8" in page.text
    assert f"{WORK}inkomst/" in page.links
    assert tallies(client, "/globala-mal/8/") == {
        "/sok/?mal=8&slag=goal": 1,
        "/sok/?mal=8&slag=result": 1,
        "/sok/?mal=8&slag=effort": 1,
    }
    assert "anger det här målet" in outline(client, "/globala-mal/14/").text
    assert outline(client, "/en/globala-mal/8/").links.count(f"/en{WORK}inkomst/") == 1


def test_there_are_no_other_global_goals(db, client):
    for address in ("/globala-mal/0/", "/globala-mal/18/", "/en/globala-mal/x/"):
        assert client.get(address).status_code == 404


def test_pages_lead_to_the_global_goals_that_they_name(served, client):
    assert "/globala-mal/8/" in outline(client, WORK).links
    assert "/globala-mal/" in outline(client, "/").links


def test_what_is_withdrawn_is_in_no_number_and_no_list(served, client):
    publishing.withdraw(served.jobs)
    assert tallies(client, "/ks/") == {
        f"/sok/?namnd={served.board.pk}&slag=core_mission": 1,
        f"/sok/?namnd={served.board.pk}&slag=result": 1,
    }
    assert tallies(client, GROWTH)[f"/sok/?tema={served.growth.pk}&slag=result"] == 1
    assert "jobb" not in " ".join(outline(client, "/ks/").links)


def test_only_so_many_of_a_kind_are_listed_and_the_rest_is_one_link_away(served, client):
    board = served.board.pk
    assert f"/sok/?namnd={board}" not in outline(client, "/ks/").links
    for number in range(SHOWN):
        effort = grow(
            served.jobs,
            "effort",
            f"insats-{number}",
            number=f"2.1.2-{number}",
            period_start_on="2021-01-01",
            period_end_on="2024-12-31",
            stage="started",
        )
        effort.boards.add(served.board)
    publishing.publish_branch(served.jobs)
    page = outline(client, "/ks/")
    efforts = [link for link in page.links if link.startswith(f"{WORK}inkomst/jobb/") and link.count("/") == 7]
    assert len(efforts) == SHOWN
    assert f"Här visas de första {SHOWN} av varje slag." in page.text
    assert f"/sok/?namnd={board}" in page.links
    assert tallies(client, "/ks/")[f"/sok/?namnd={board}&slag=effort"] == SHOWN + 1


def test_what_the_newest_roadmap_holds_is_listed_first(served, client):
    fields = {"period_start_on": "2025-01-01", "period_end_on": "2099-12-31"}
    newer = grow(served.vision, "roadmap", "ny", title="Nästa färdplan", **fields)
    area = grow(newer, "area", "omrade", title="Område", number="1")
    goal = grow(area, "goal", "mal", title="Ett nytt mål", number="9.1")
    goal.boards.add(served.board)
    publishing.publish_branch(newer)
    text = outline(client, "/ks/").text
    assert text.index("Ett nytt mål") < text.index("Arbetslösheten ska minska")
    assert "Nästa färdplan 2025–2099 Strategiska mål" in text
    text = outline(client, "/nivaer/strategiska-mal/").text
    assert text.index("9.1 Ett nytt mål Nästa färdplan 2025–2099") < text.index("2.1 Fler försörjer sig själva")


def test_lists_say_how_much_stands_below_each_page(served, client):
    below = "1 strategiskt mål, 1 resultatmål, 1 insats"
    for address in ("/", "/vi-lyfter/fardplan/"):
        assert f"Arbetsmarknad {below}" in outline(client, address).text
    assert "2 strategiska mål, 2 resultatmål, 1 insats" in outline(client, "/vi-lyfter/").text


def test_numbers_below_are_those_of_the_branch(served, client):
    text = outline(client, WORK).text
    below = Page.objects.at().promises().below(served.income.pk).exclude(node=served.income)
    assert below.count() == 2
    assert "2.1 Fler försörjer sig själva 1 resultatmål, 1 insats" in text


def test_numbers_are_in_the_municipalitys_own_words(served, client):
    served.start.words.create(kind="goal", language="sv", one="Inriktningsmål", many="Inriktningsmål")
    served.start.words.create(kind="result", language="sv", one="KPI-mål", many="KPI-mål")
    publishing.publish(served.start)
    assert "1 inriktningsmål, 1 KPI-mål, 1 insats" in outline(client, "/").text


def test_list_of_a_level_says_what_it_is_and_how_many_there_are(served, client):
    text = outline(client, "/nivaer/resultatmal/").text
    assert "från vilket värde" in text
    assert "2 resultatmål" in text
    assert "2 nämnder" in outline(client, "/nivaer/namnder/").text


def test_links_stay_in_the_day_that_is_shown(served, client):
    moment = Page.objects.at().get(node=served.board).begins_at.isoformat()
    asked = {"den": moment}
    links = outline(client, f"/ks/?{urlencode(asked)}").links
    listed = [link for link in links if link.startswith("/sok/?namnd=")]
    assert len(listed) == 3
    assert all("den=" in link for link in listed)


def test_number_of_queries_does_not_grow(served, client):
    def queries() -> list[int]:
        counted = []
        for address in (GROWTH, "/ks/", "/globala-mal/", "/globala-mal/8/", "/", WORK):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counted.append(len(captured))
        return counted

    before = queries()
    for number in range(5):
        goal = grow(served.work, "goal", f"mal-{number}", number=f"2.{number + 2}", global_goals=[8])
        result = grow(goal, "result", "resultat", number=f"2.{number + 2}.1", **INDICATOR)
        goal.themes.add(served.growth)
        result.boards.add(served.board)
        publishing.publish_branch(Node.objects.get(pk=goal.pk))
    assert queries() == before
    assert max(before) <= 6


def test_theme_has_its_colour_by_its_place_and_a_fourth_has_none(served, client):
    for slug in ("tanke", "trivsel", "fler"):
        publishing.publish(grow(served.vision, "theme", slug))
    colours = ["growth", "thought", "thriving", None]
    for slug, colour in zip(("tillvaxt", "tanke", "trivsel", "fler"), colours, strict=True):
        article = re.search(r"<article[^>]*>", client.get(f"/vi-lyfter/{slug}/").text)[0]
        assert re.findall(r"coloured--(\w+)", article) == ([colour] if colour else [])
