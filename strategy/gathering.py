"""
What gathers under a theme, a board or a goal of Agenda 2030, and how much stands below a page.

Counts and lists ask the same questions of PageQuerySet as the filtered list that they lead to: there is one definition
of each number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Self
from urllib.parse import urlencode

from django.db.models import Count, F
from django.utils.formats import number_format

from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import PROMISES, NodeKind
from strategy.models import Page
from strategy.models.page import PageQuerySet
from strategy.numbers import Numbers, Serving
from strategy.reading import Reading, Words
from strategy.succession import Succession
from strategy.surroundings import Surroundings

# Of each kind; what is left is in the filtered list.
SHOWN = 25

# Those that stand in a roadmap, and so can serve a theme or a goal of Agenda 2030.
SERVING = tuple(kind for kind in PROMISES if kind != NodeKind.CORE_MISSION)


@dataclass(frozen=True)
class Tally:
    """A number of pages of a kind, "12 resultatmål", and where they are listed."""

    number: int
    number_words: str
    word: str
    url: str = ""

    def __str__(self) -> str:
        return f"{self.number_words}\N{NO-BREAK SPACE}{self.word}"


@dataclass(frozen=True)
class Group:
    title: str
    pages: list[Reading]


@dataclass(frozen=True)
class Section:
    """What is gathered from one roadmap, or from none: core missions stand beside the roadmaps."""

    succession: Succession | None
    groups: list[Group]


@dataclass(frozen=True)
class Gathering:
    """`parameter` and `value` are what the address of the filtered list has, `pages` all that gathers at a moment."""

    parameter: str
    value: int
    pages: PageQuerySet
    kinds: tuple[str, ...] = SERVING

    @classmethod
    def under(cls, page: Page, moment: datetime) -> Self | None:
        """For the page of a theme or a board; None for any other."""
        promises = Page.objects.at(moment).promises()
        if page.kind == NodeKind.THEME:
            return cls("tema", page.node_id, promises.serving_theme(page.node_id, moment))
        if page.kind == NodeKind.BOARD:
            return cls("namnd", page.node_id, promises.of_board(page.node_id), PROMISES)
        return None

    @classmethod
    def under_global_goal(cls, number: int, moment: datetime) -> Self:
        return cls("mal", number, Page.objects.at(moment).promises().serving_global_goal(number, moment))

    def tallies(self, around: Surroundings) -> list[Tally]:
        """How many of each kind. One query."""
        counted = self.pages.order_by().values("kind").annotate(number=Count("pk"))
        numbers = {row["kind"]: row["number"] for row in counted}
        return [
            tally(kind, numbers.get(kind, 0), around.words, self.url(around, slag=kind) if kind in numbers else "")
            for kind in self.kinds
        ]

    def url(self, around: Surroundings, **more: str) -> str:
        """Of the filtered list."""
        return around.viewpoint.url(f"/sok/?{urlencode({self.parameter: self.value, **more})}")

    def first(self, around: Surroundings) -> tuple[list[Page], bool]:
        """
        The first of each kind, those of the roadmap in force before others, and whether that leaves any out. One query.

        Where serving goes down the tree, what serves because the page above it does is left to that page.
        """
        listed = self.pages
        if self.kinds == SERVING:
            listed = listed.exclude(parent__in=self.pages.order_by().values("node"))
        pages = list(listed.first_of_each_kind(SHOWN + 1, [roadmap.page.trail for roadmap in in_turn(around)]))
        kept = [page for page in pages if page.place <= SHOWN]
        return kept, len(kept) < len(pages)

    def context(self, around: Surroundings) -> dict:
        """For parts/gathered.html. Three queries."""
        pages, is_cut = self.first(around)
        readings = with_areas(pages, around)
        return {
            "tallies": self.tallies(around),
            "pages": readings,
            "sections": sections(readings, around),
            "shown": SHOWN,
            "more_url": self.url(around) if is_cut else "",
        }


def with_areas(pages: list[Page], around: Surroundings) -> list[Reading]:
    """Each page and, in `above`, the area that it belongs to. One query."""
    steps = {step for page in pages for step in page.ancestor_ids}
    areas = {
        area.node_id: area for area in Page.objects.at(around.moment).of_kind(NodeKind.AREA).filter(node__in=steps)
    }
    readings = [around.read(page) for page in pages]
    for reading in readings:
        area = next((areas[step] for step in reading.page.ancestor_ids if step in areas), None)
        reading.above = area and around.read(area)
    return readings


def sections(readings: list[Reading], around: Surroundings) -> list[Section]:
    """Pages in the order of kinds under their roadmaps, each kind by itself."""
    found = []
    for roadmap in (None, *in_turn(around)):
        own = [reading for reading in readings if around.roadmap_of(reading.page) is roadmap]
        groups = [Group(around.words.many(kind), list(of_kind)) for kind, of_kind in groupby(own, lambda own: own.kind)]
        if groups:
            found.append(Section(roadmap and Succession.of(roadmap.page, around), groups))
    return found


def in_turn(around: Surroundings) -> list[Reading]:
    """All roadmaps: the one that the portal shows first, then the newest."""
    newest = reversed(around.every_roadmap)
    return sorted(newest, key=lambda roadmap: around.roadmap is None or roadmap.node_id != around.roadmap.node_id)


def global_goal_tallies(around: Surroundings) -> dict[int, list[Tally]]:
    """What serves each of the 17, kinds that nothing is of left out. Two queries."""
    numbers = Numbers(Page.objects.at(around.moment).promises(), Serving.at(around.moment)).global_goals
    return {
        goal: [tally(kind, numbers[goal, kind], around.words) for kind in SERVING if (goal, kind) in numbers]
        for goal in GLOBAL_GOALS
    }


def count_below(node_id: int, pages: list[Reading], around: Surroundings) -> None:
    """Say in each of `pages`, which stand equally deep below a node, how much stands below it. One query."""
    depth = len(pages[0].page.ancestor_ids)
    counted = (
        Page.objects.at(around.moment)
        .below(node_id)
        .promises()
        .exclude(node__in=[page.node_id for page in pages])
        .order_by()
        .values("kind", above=F(f"lineage__{depth}"))
        .annotate(number=Count("pk"))
    )
    numbers = {(row["above"], row["kind"]): row["number"] for row in counted}
    for page in pages:
        own = {kind: numbers[page.node_id, kind] for kind in SERVING if (page.node_id, kind) in numbers}
        page.below = tally_words(own, around.words)


def tally_words(numbers: Mapping[str, int], words: Words) -> str:
    """ "3 strategiska mål, 5 resultatmål, 7 insatser" """
    return ", ".join(str(tally(kind, number, words)) for kind, number in numbers.items())


def tally(kind: str, number: int, words: Words, url: str = "") -> Tally:
    word = words.one(kind) if number == 1 else words.many(kind)
    return Tally(number, number_format(number, use_l10n=True, force_grouping=True), in_sentence(word), url)


def in_sentence(word: str) -> str:
    """A word as it is within a sentence; one that begins with more than one capital is an abbreviation."""
    return word if word[1:2].isupper() else word[:1].lower() + word[1:]
