from datetime import timedelta

import pytest
from django.utils import translation
from django.utils.timezone import now

from strategy import places, publishing
from strategy.models import Node, Page

pytestmark = pytest.mark.usefixtures("in_english")

JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"


@pytest.fixture
def in_english():
    """Refusals are read here as they stand in the code."""
    with translation.override("en"):
        yield


def addresses(moment=None) -> list[str]:
    return sorted(Page.objects.at(moment).values_list("address", flat=True))


def page_of(node: Node, moment=None) -> Page | None:
    return Page.objects.at(moment).filter(node=node).first()


def in_days(days: int):
    return now() + timedelta(days=days)


def retitle(node: Node, title: str) -> None:
    Node.objects.filter(pk=node.pk).update(title=title)


def test_nothing_is_public_before_it_is_published(tree):
    assert addresses() == []


def test_publish_branch_publishes_all_below_at_their_addresses(published):
    assert addresses() == [
        "/",
        "/ks/",
        "/om/",
        "/vi-lyfter/",
        "/vi-lyfter/fardplan/",
        "/vi-lyfter/fardplan/arbete/",
        "/vi-lyfter/fardplan/arbete/inkomst/",
        JOBS,
        JOBS + "jobbspar/",
        "/vi-lyfter/fardplan/trygghet/",
        "/vi-lyfter/tillvaxt/",
    ]


def test_siblings_keep_their_order(published):
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Arbetsmarknad", "Trygghet"]


def test_publishing_again_without_a_change_changes_nothing(published):
    assert publishing.publish_branch(published.start) == []
    assert publishing.publish(published.jobs) is None
    assert Page.objects.count() == 11


def test_a_change_is_public_only_when_published(published):
    retitle(published.jobs, "Nytt mål")
    assert page_of(published.jobs).title == "Arbetslösheten ska minska"
    before = now()
    publishing.publish(published.jobs)
    assert page_of(published.jobs).title == "Nytt mål"
    assert page_of(published.jobs, before).title == "Arbetslösheten ska minska"


def test_scheduled_edition_waits_for_its_moment(published):
    retitle(published.jobs, "Nytt mål")
    publishing.publish(published.jobs, at=in_days(2))
    assert page_of(published.jobs).title == "Arbetslösheten ska minska"
    assert page_of(published.jobs, in_days(3)).title == "Nytt mål"


def test_publishing_now_keeps_what_is_scheduled(published):
    retitle(published.jobs, "Sedan")
    publishing.publish(published.jobs, at=in_days(2))
    retitle(published.jobs, "Nu")
    publishing.publish(published.jobs)
    assert [page_of(published.jobs, at).title for at in (None, in_days(3))] == ["Nu", "Sedan"]


def test_scheduling_again_replaces_the_schedule(published):
    retitle(published.jobs, "Första")
    publishing.publish(published.jobs, at=in_days(2))
    retitle(published.jobs, "Andra")
    publishing.publish(published.jobs, at=in_days(5))
    titles = [page_of(published.jobs, at).title for at in (in_days(3), in_days(6))]
    assert titles == ["Arbetslösheten ska minska", "Andra"]


def test_cancelling_a_schedule_lets_the_present_edition_go_on(published):
    retitle(published.jobs, "Sedan")
    publishing.publish(published.jobs, at=in_days(2))
    publishing.cancel(published.jobs)
    assert page_of(published.jobs, in_days(3)).title == "Arbetslösheten ska minska"
    with pytest.raises(publishing.Refused):
        publishing.cancel(published.jobs)


def test_a_moment_that_has_passed_is_refused(published):
    with pytest.raises(publishing.Refused, match="passed"):
        publishing.publish(published.jobs, at=in_days(-1))


def test_withdrawing_closes_everything_below(published):
    assert publishing.withdraw(published.income) == 3
    assert JOBS not in addresses()
    assert "/vi-lyfter/fardplan/arbete/" in addresses()


def test_scheduled_withdrawal_can_be_cancelled_for_the_whole_branch(published):
    publishing.withdraw(published.income, at=in_days(2))
    assert JOBS in addresses()
    assert JOBS not in addresses(in_days(3))
    publishing.cancel(published.income)
    assert JOBS in addresses(in_days(3))


def test_page_published_under_one_that_is_to_be_withdrawn_goes_with_it(published):
    publishing.withdraw(published.income, at=in_days(2))
    retitle(published.jobs, "Nytt mål")
    publishing.publish(published.jobs)
    assert page_of(published.jobs).title == "Nytt mål"
    assert page_of(published.jobs, in_days(3)) is None


def test_child_of_a_page_that_is_not_public_is_refused(tree):
    publishing.publish(tree.start)
    with pytest.raises(publishing.NotPublishable, match="above it is not public"):
        publishing.publish(tree.roadmap)


def test_everything_that_is_missing_is_said_at_once(tree):
    Node.objects.filter(pk=tree.jobs.pk).update(indicator="", baseline_value=None, target_value=None)
    tree.jobs.boards.clear()
    tree.track.body = "<h2>Ett</h2><h4>Tre</h4>"
    tree.track.save()
    tree.vision.illustrations.create(drawing="town")
    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish_branch(tree.start)
    assert [(problem.node, problem.field) for problem in refused.value.problems] == [
        (tree.vision, "illustrations"),
        (tree.jobs, "indicator"),
        (tree.jobs, "baseline_value"),
        (tree.jobs, "target_value"),
        (tree.jobs, "boards"),
        (tree.track, "body"),
    ]
    assert addresses() == []


def test_board_that_is_not_public_is_missing(tree):
    publishing.publish_together([tree.start, tree.vision, tree.roadmap, tree.work, tree.income])
    with pytest.raises(publishing.NotPublishable, match="refers to"):
        publishing.publish(tree.jobs)


def test_a_draft_title_of_a_board_does_not_leak_through_what_refers_to_it(published):
    retitle(published.board, "Hemligt nytt namn")
    retitle(published.jobs, "Nytt mål")
    page = publishing.publish(published.jobs)
    assert "Hemligt" not in str(page.document)


def test_renaming_moves_everything_below_and_keeps_the_content(published):
    updated = page_of(published.jobs).content_since
    publishing.rename(published.work, "jobb-och-foretag")
    page = page_of(published.jobs)
    assert page.address == "/vi-lyfter/fardplan/jobb-och-foretag/inkomst/jobb/"
    assert page.content_since == updated
    assert page.begins_at > updated


def test_renaming_takes_scheduled_editions_along(published):
    retitle(published.jobs, "Sedan")
    publishing.publish(published.jobs, at=in_days(2))
    publishing.rename(published.work, "nytt")
    assert page_of(published.jobs, in_days(3)).address == "/vi-lyfter/fardplan/nytt/inkomst/jobb/"
    assert page_of(published.jobs, in_days(3)).title == "Sedan"


def test_slug_of_a_sibling_is_refused(published):
    with pytest.raises(publishing.Refused, match="trygghet"):
        publishing.rename(published.work, "trygghet")


def test_reserved_slug_is_refused_at_the_top_only(published):
    with pytest.raises(publishing.Refused, match="portal itself"):
        publishing.rename(published.about, "admin")
    publishing.rename(published.work, "admin")


def test_moving_a_public_goal_to_another_area_moves_its_pages(published):
    publishing.move(published.income, published.safety, "last-child")
    assert page_of(published.jobs).address == "/vi-lyfter/fardplan/trygghet/inkomst/jobb/"
    assert page_of(published.jobs).trail.startswith(page_of(published.safety).trail)


def test_moving_under_a_kind_that_may_not_have_it_is_refused(published):
    with pytest.raises(publishing.Refused, match="be placed under"):
        publishing.move(published.income, published.roadmap, "last-child")


def test_a_public_page_can_not_be_moved_under_one_that_is_not(published):
    publishing.withdraw(published.safety)
    with pytest.raises(publishing.Refused, match="under a page that is not"):
        publishing.move(published.income, published.safety, "last-child")


def test_reordering_reissues_only_the_page_that_moved(published):
    pages = Page.objects.count()
    publishing.move(published.safety, published.work, "left")
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Trygghet", "Arbetsmarknad"]
    assert Page.objects.count() == pages + 1


def test_siblings_are_spaced_out_when_there_is_no_place_left(published, monkeypatch):
    monkeypatch.setattr(places, "GAP", 1)
    others = [
        Node.objects.add_child(published.roadmap, create_kwargs={"kind": "area", "slug": f"o{n}", "title": f"O{n}"})
        for n in range(4)
    ]
    for node in others:
        publishing.publish(node)
        publishing.move(node, published.safety, "left")
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Arbetsmarknad", "O0", "O1", "O2", "O3", "Trygghet"]


def test_a_new_page_gets_its_place_between_its_neighbours(published):
    node = Node.objects.add_child(published.roadmap, create_kwargs={"kind": "area", "slug": "mitt", "title": "Mitt"})
    publishing.move(node, published.safety, "left")
    publishing.publish(node)
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Arbetsmarknad", "Mitt", "Trygghet"]


def test_two_current_roadmaps_under_one_vision_are_refused(published):
    fields = {
        "kind": "roadmap",
        "slug": "ny",
        "title": "Ny",
        "period_start_on": "2024-06-01",
        "period_end_on": "2028-12-31",
    }
    node = Node.objects.add_child(published.vision, create_kwargs=fields)
    with pytest.raises(publishing.NotPublishable, match="overlaps"):
        publishing.publish(node)
    Node.objects.filter(pk=node.pk).update(period_start_on="2025-01-01")
    assert publishing.publish(node)


def test_withdrawal_of_a_roadmap_is_not_cancelled_over_its_successor(published):
    publishing.withdraw(published.roadmap, at=in_days(1))
    node = Node(kind="roadmap", slug="ny", title="Ny", period_start_on="2024-06-01", period_end_on="2028-12-31")
    publishing.publish(Node.objects.add_child(published.vision, instance=node), at=in_days(2))
    with pytest.raises(publishing.Refused, match="overlaps"):
        publishing.cancel(published.roadmap)


def test_history_is_dated_back_only_for_what_was_never_public(tree):
    long_ago = in_days(-1000)
    publishing.enter_history({tree.start.pk: long_ago, tree.vision.pk: long_ago})
    assert addresses(in_days(-500)) == ["/", "/vi-lyfter/"]
    assert page_of(tree.vision).recorded_at > in_days(-1)
    with pytest.raises(publishing.Refused, match="never been public"):
        publishing.enter_history({tree.vision.pk: in_days(-2000)})


def test_address_of_a_withdrawn_page_can_be_used_by_another(published):
    publishing.withdraw(published.about)
    Node.objects.filter(pk=published.about.pk).update(slug="gammal")
    node = Node.objects.add_child(published.start, create_kwargs={"kind": "text", "slug": "om", "title": "Ny om"})
    publishing.publish(node)
    assert page_of(node).address == "/om/"
