"""What surrounds every page: the words of the levels, the menu, the links at the foot. One query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from portal.language import without_language
from strategy.dated import STOCKHOLM
from strategy.kinds import LEVELS, PYRAMID, Level, NodeKind
from strategy.models import Block, Page
from strategy.models.page import EASY_TO_READ
from strategy.reading import MEDIA_URL, Reading, Words
from strategy.viewpoint import Viewpoint

# The three Ts of the site's line: a stylesheet's names for them.
THEME_COLOURS = ("growth", "thought", "thriving")


# What is about the website itself.
SITE_TEXTS = (NodeKind.TEXT, NodeKind.STATEMENT)


def texts_of_today(viewpoint: Viewpoint, there: set[int]) -> list[Reading]:
    """
    On an old day, the pages about the website that did not exist then: whoever reads an old page is on today's website,
    and has a right to its accessibility statement. One query.
    """
    if not viewpoint.asked:
        return []
    today = replace(viewpoint, moment=None, asked="")
    pages = Page.objects.at().of_kind(*SITE_TEXTS).exclude(node__in=there).in_order()
    return [Reading(page, today, Words({}, viewpoint.language)) for page in pages]


@dataclass(frozen=True)
class Surroundings:
    """The start page, the vision and its roadmap at a moment, in a language; each may be missing."""

    moment: datetime
    viewpoint: Viewpoint
    words: Words
    start: Reading | None
    vision: Reading | None
    roadmap: Reading | None
    roadmaps: list[Reading]
    every_roadmap: list[Reading]
    themes: list[Reading]
    texts: list[Reading]
    # All of these, by node id.
    pages: dict[int, Page]
    # Ids of the nodes with an edition that may not be shown, by whatever name others knew them.
    unnamed: frozenset[int]

    @classmethod
    def at(cls, viewpoint: Viewpoint) -> Self:
        """Without a moment: now, by the database's clock, which is where reports and publishing read it."""
        around = (
            NodeKind.START,
            NodeKind.VISION,
            NodeKind.THEME,
            NodeKind.ROADMAP,
            NodeKind.TEXT,
            NodeKind.STATEMENT,
        )
        blocked = Block.objects.in_force().node_ids()
        pages = list(
            Page.objects.at(viewpoint.moment)
            .of_kind(*around)
            .in_order()
            .shown()
            .annotate(unnamed=ArraySubquery(blocked))
        )
        moment = viewpoint.moment or (pages[0].shown_at if pages else timezone.now())
        start = next((page for page in pages if page.kind == NodeKind.START), None)
        words = Words(start.document["words"] if start else {}, viewpoint.language)
        readings = [Reading(page, viewpoint, words) for page in pages]

        def of(*kinds: str) -> list[Reading]:
            return [reading for reading in readings if reading.kind in kinds]

        vision = next(iter(of(NodeKind.VISION)), None)
        every_roadmap = sorted(of(NodeKind.ROADMAP), key=lambda page: page.period or (date.max, date.max))
        roadmaps = [page for page in every_roadmap if vision and page.page.parent_id == vision.node_id]
        return cls(
            moment=moment,
            viewpoint=viewpoint,
            words=words,
            start=next(iter(of(NodeKind.START)), None),
            vision=vision,
            roadmap=current_or_latest(roadmaps, localdate(moment, STOCKHOLM)),
            roadmaps=roadmaps,
            every_roadmap=every_roadmap,
            themes=of(NodeKind.THEME),
            texts=[*of(*SITE_TEXTS), *texts_of_today(viewpoint, {page.node_id for page in readings})],
            pages={page.node_id: page for page in pages},
            unnamed=frozenset(pages[0].unnamed if pages else blocked.values_list("page__node", flat=True)),
        )

    def read(self, page: Page, others: Mapping[int, Page] | None = None, media_url: str = MEDIA_URL) -> Reading:
        return Reading(page, self.viewpoint, self.words, others, media_url, self.unnamed)

    @property
    def today(self) -> date:
        """The day that is shown, in Sweden."""
        return localdate(self.moment, STOCKHOLM)

    def named(self, node_ids: Iterable[int]) -> dict[int, Page]:
        """The pages of these nodes, where they are public at the moment. One query, where not all are known already."""
        wanted = set(node_ids)
        unknown = wanted - self.pages.keys()
        others = Page.objects.at(self.moment).filter(node__in=unknown) if unknown else []
        known = {pk: page for pk, page in self.pages.items() if pk in wanted}
        return known | {page.node_id: page for page in others}

    def roadmap_of(self, page: Page) -> Reading | None:
        """The roadmap that a page belongs to, or is."""
        line = {*page.ancestor_ids, page.node_id}
        return next((roadmap for roadmap in self.every_roadmap if roadmap.node_id in line), None)

    def theme_colour(self, node_id: int) -> str:
        """A theme's colour by its place in its vision; "" for a fourth and whatever comes after it."""
        vision = next((theme.page.parent_id for theme in self.themes if theme.node_id == node_id), None)
        beside = [theme.node_id for theme in self.themes if theme.page.parent_id == vision]
        colours = dict(zip(beside, THEME_COLOURS, strict=False))
        return colours.get(node_id, "")

    def level_context(self, kind: str) -> dict:
        """Where the kind stands in the steering model, from 1 for the vision, and the list of all pages of it."""
        level = next((level for level in LEVELS if level.kind == kind), None)
        return {
            "level_url": self.viewpoint.to("level", slug=level.slug) if level else "",
            "place_in_model": PYRAMID.index(level) + 1 if level in PYRAMID else 0,
        }

    def level_word(self, level: Level) -> str:
        return level.title % {"one": self.words.one(level.kind), "many": self.words.many(level.kind)}

    def context(self, path: str) -> dict:
        """What base.html shows on a page at `path`."""
        items = [(page.kind_word, page.page.address) for page in (self.vision, self.roadmap) if page]
        boards = next(level for level in LEVELS if level.kind == NodeKind.BOARD)
        items.append((self.level_word(boards), f"/nivaer/{boards.slug}/"))
        items.append((_("Latest changes"), "/det-senaste/"))
        under = [address for __, address in items if without_language(path).startswith(address)]
        here = max(under, key=len, default=None)
        return {
            "moment": self.moment,
            "viewpoint": self.viewpoint,
            "today_url": path,
            "nav": [
                {"title": title, "url": self.viewpoint.url(address), "current": address == here}
                for title, address in items
            ],
            "footer": [
                *(self._at_the_foot(page) for page in self.texts),
                *self._easy_to_read(),
            ],
        }

    def _at_the_foot(self, page: Reading) -> dict:
        if page.kind == NodeKind.STATEMENT:
            # The law has a word for it, whatever its page is called (A11Y-3).
            return {"title": page.page.get_kind_display(), "url": page.url, "language": self.viewpoint.language}
        return {"title": page.title, "url": page.url, "language": page.language}

    def _easy_to_read(self) -> list[dict]:
        """The link to the easy-to-read texts, where what every page knows of has one."""
        known = (self.start, self.vision, *self.roadmaps, *self.texts)
        languages = {page.easy_language for page in known if page} - {""}
        if not languages:
            return []
        title = _("Easy to read") if self.viewpoint.language in languages else _("Easy-to-read Swedish")
        return [{"title": title, "url": self.viewpoint.url(f"{EASY_TO_READ}/"), "language": ""}]


def current_or_latest(roadmaps: list[Reading], day: date) -> Reading | None:
    """The roadmap in force on `day`, else the one that ended last, else the one that begins first."""
    dated = [page for page in roadmaps if page.period]
    begun = [page for page in dated if page.period[0] <= day]
    if begun:
        return max(begun, key=lambda page: page.period)
    return min(dated, key=lambda page: page.period, default=None)
