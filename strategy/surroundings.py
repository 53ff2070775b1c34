"""What surrounds every page: the words of the levels, the menu, the links at the foot. One query."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from strategy.kinds import LEVELS, Level, NodeKind
from strategy.models import Page
from strategy.reading import Reading, Words


@dataclass(frozen=True)
class Surroundings:
    """The start page, the vision and its roadmap at a moment, in a language; each may be missing."""

    moment: datetime
    language: str
    words: Words
    start: Reading | None
    vision: Reading | None
    roadmap: Reading | None
    texts: list[Reading]

    @classmethod
    def at(cls, moment: datetime | None, language: str) -> "Surroundings":
        """Without a moment: now, by the database's clock, which is where reports and publishing read it."""
        around = (NodeKind.START, NodeKind.VISION, NodeKind.ROADMAP, NodeKind.TEXT)
        pages = list(Page.objects.at(moment).of_kind(*around).in_order().shown())
        moment = moment or (pages[0].shown_at if pages else timezone.now())
        start = next((page for page in pages if page.kind == NodeKind.START), None)
        words = Words(start.document["words"] if start else {}, language)
        readings = [Reading(page, language, words) for page in pages]

        def of(kind: str) -> list[Reading]:
            return [reading for reading in readings if reading.kind == kind]

        vision = next(iter(of(NodeKind.VISION)), None)
        roadmaps = [page for page in of(NodeKind.ROADMAP) if vision and page.page.parent_id == vision.node_id]
        return cls(
            moment=moment,
            language=language,
            words=words,
            start=next(iter(of(NodeKind.START)), None),
            vision=vision,
            roadmap=current_or_latest(roadmaps, localdate(moment)),
            texts=of(NodeKind.TEXT),
        )

    def level_word(self, level: Level) -> str:
        return level.title % {"one": self.words.one(level.kind), "many": self.words.many(level.kind)}

    def context(self, path: str) -> dict:
        """`nav`, `footer` and `moment` for a page at `path`."""
        items = [(page.kind_word, page.url) for page in (self.vision, self.roadmap) if page]
        boards = next(level for level in LEVELS if level.kind == NodeKind.BOARD)
        items.append((self.level_word(boards), reverse("level", kwargs={"slug": boards.slug})))
        under = [url for _title, url in items if path.startswith(url)]
        here = max(under, key=len, default=None)
        return {
            "moment": self.moment,
            "nav": [{"title": title, "url": url, "current": url == here} for title, url in items],
            "footer": [{"title": page.title, "url": page.url, "language": page.language} for page in self.texts],
        }


def current_or_latest(roadmaps: list[Reading], day: date) -> Reading | None:
    """The roadmap in force on `day`, else the one that ended last, else the one that begins first."""
    dated = [page for page in roadmaps if page.period]
    begun = [page for page in dated if page.period[0] <= day]
    if begun:
        return max(begun, key=lambda page: page.period)
    return min(dated, key=lambda page: page.period, default=None)


def ended_year(roadmap: Reading | None, day: date) -> int | None:
    """The year a roadmap ended with, if it has ended (STEER-3)."""
    return roadmap.period[1].year if roadmap and roadmap.period and roadmap.period[1] < day else None
