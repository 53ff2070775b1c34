"""Roadmaps come after each other: each page of one says when it applied, and which one to look at instead (STEER-3)."""

from datetime import UTC, datetime

import pytest

from strategy import publishing
from tests.outline import outline
from tests.tree import grow

OLD = "/vi-lyfter/fardplan/"
NOW = "/vi-lyfter/nu/"
COMING = "/vi-lyfter/sedan/"
JOBS = f"{OLD}arbete/inkomst/jobb/"
ENDED = "Den här färdplanen gällde till och med 2024."


@pytest.fixture
def three(tree):
    """2021–2024 as the tree has it, one in force since 2026 and one to come; all of them public since 2020."""
    tree.now = grow(
        tree.vision,
        "roadmap",
        "nu",
        title="Nuvarande färdplan",
        period_start_on="2026-01-01",
        period_end_on="2089-06-30",
    )
    tree.today = grow(tree.now, "area", "idag", title="Område idag", number="1")
    tree.coming = grow(
        tree.vision,
        "roadmap",
        "sedan",
        title="Kommande färdplan",
        period_start_on="2089-07-01",
        period_end_on="2093-12-31",
    )
    tree.later = grow(tree.coming, "area", "sen", title="Område sedan", number="1")
    since = datetime(2020, 1, 1, tzinfo=UTC)
    publishing.enter_history({node.pk: since for node in vars(tree).values()})
    return tree


def test_each_page_of_a_roadmap_that_has_ended_says_so_and_leads_to_the_one_in_force(three, client):
    work = f"{OLD}arbete/"
    tree = f"/hela-fardplanen/{three.roadmap.pk}/"
    for address in (OLD, work, f"{work}inkomst/", JOBS, f"{JOBS}jobbspar/", tree):
        page = outline(client, address)
        assert f"{ENDED} Nu gäller Nuvarande färdplan" in page.text
        assert NOW in page.links


def test_page_of_the_roadmap_in_force_or_of_none_says_nothing_of_the_kind(three, client):
    for address in (NOW, f"{NOW}idag/", "/hela-fardplanen/", "/vi-lyfter/", "/om/"):
        text = outline(client, address).text
        assert "gällde till" not in text
        assert "gäller inte än" not in text


def test_page_of_a_roadmap_that_has_not_begun_says_when_it_does(three, client):
    for address in (COMING, f"{COMING}sen/"):
        page = outline(client, address)
        assert "Den här färdplanen gäller inte än. Den börjar gälla den 1 juli 2089. Nu gäller Nuvarande" in page.text
        assert NOW in page.links


def test_everything_is_by_the_day_that_is_shown(three, client):
    assert "gällde till" not in outline(client, f"{JOBS}?den=2022-05-01").text
    ahead = outline(client, f"{NOW}idag/?den=2022-05-01")
    assert "Den börjar gälla den 1 januari 2026. Nu gäller Strategisk färdplan 2021–2024" in ahead.text
    assert f"{OLD}?den=2022-05-01" in ahead.links
    between = outline(client, f"{JOBS}?den=2025-05-01").text
    assert f"{ENDED} Den följs av Nuvarande färdplan" in between
    assert ENDED not in outline(client, f"{JOBS}?den=2024-12-31").text
    assert ENDED in outline(client, f"{JOBS}?den=2025-01-01").text


def test_roadmaps_of_one_vision_lead_to_each_other(three, client):
    text = outline(client, NOW).text
    assert "Tidigare Strategisk färdplan 2021–2024 Den här Nuvarande färdplan" in text
    assert "Senare Kommande färdplan juli 2089 – december 2093" in text
    assert {OLD, COMING} <= set(outline(client, NOW).links)
    assert {NOW, COMING} <= set(outline(client, OLD).links)
    assert "Tidigare Strategisk färdplan" in outline(client, f"/hela-fardplanen/{three.coming.pk}/").text


def test_roadmap_of_another_vision_is_not_among_them(three, client):
    vision = grow(three.start, "vision", "en-annan", title="En annan vision")
    fields = {"period_start_on": "2011-01-01", "period_end_on": "2014-12-31"}
    other = grow(vision, "roadmap", "gammal", title="En annans färdplan", **fields)
    publishing.publish_branch(vision)
    text = outline(client, "/en-annan/gammal/").text
    assert "Den här färdplanen gällde till och med 2014." in text
    assert "Nu gäller" not in text
    assert "En annans" not in outline(client, OLD).text
    assert "gällde till och med 2014" in outline(client, f"/hela-fardplanen/{other.pk}/").text


def test_one_roadmap_alone_has_none_before_or_after_it(published, client):
    assert "Tidigare" not in outline(client, OLD).text


def test_start_page_shows_the_roadmap_in_force(three, client):
    page = outline(client, "/")
    assert "Område idag" in page.text
    assert "Arbetsmarknad" not in page.text
    assert "ingen färdplan" not in page.text


def test_start_page_says_that_none_is_in_force_and_shows_the_latest(published, client):
    text = outline(client, "/").text
    assert "Just nu gäller ingen färdplan. Den senaste gällde till och med 2024." in text
    assert "Arbetsmarknad" in text


def test_start_page_between_two_roadmaps_leads_to_the_next_one(three, client):
    page = outline(client, "/?den=2025-05-01")
    assert "Ingen färdplan gällde den här dagen. Den senaste gällde till och med 2024." in page.text
    assert "Den följs av Nuvarande färdplan" in page.text
    assert "Arbetsmarknad" in page.text


def test_start_page_before_the_first_roadmap_begins_shows_that_one(three, client):
    page = outline(client, "/?den=2020-05-01")
    assert "Ingen färdplan gällde den här dagen. Nästa börjar gälla den 1 januari 2021." in page.text
    assert "Arbetsmarknad" in page.text


def test_start_page_without_any_roadmap_says_that_none_is_in_force(published, client):
    publishing.withdraw(published.roadmap)
    page = outline(client, "/")
    assert "Just nu gäller ingen färdplan." in page.text
    assert page.headings[0] == 1
    assert "/hela-fardplanen/" not in " ".join(page.links)


def test_roadmap_that_ends_within_a_year_says_which_day(three, client):
    text = outline(client, f"{NOW}?den=2022-05-01").text
    assert "gäller inte än" in text
    fields = {"period_start_on": "2011-01-01", "period_end_on": "2014-06-15"}
    publishing.publish(grow(three.vision, "roadmap", "forst", title="Den första", **fields))
    assert "gällde till och med 15 juni 2014." in outline(client, "/vi-lyfter/forst/").text


def test_pyramid_leads_to_each_level(published, client):
    published.start.illustrations.create(drawing="pyramid", alternative_text="En pyramid", language="sv")
    publishing.publish(published.start)
    levels = ("vision", "grunduppdrag", "strategiska-mal", "resultatmal", "insatser")
    assert {f"/nivaer/{level}/" for level in levels} <= set(outline(client, "/").links)
    assert "/nivaer/resultatmal/" in outline(client, JOBS).links


def test_vision_lists_its_roadmaps_the_newest_first(three, client):
    text = outline(client, "/vi-lyfter/").text
    places = [text.index(words) for words in ("Kommande färdplan juli 2089", "Nuvarande färdplan", "2021–2024")]
    assert places == sorted(places)
