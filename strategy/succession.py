"""Which roadmap a page belongs to, whether it is in force on a day, and which come before and after it (STEER-3)."""

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.utils.formats import date_format

from strategy.kinds import NodeKind
from strategy.models import Page
from strategy.reading import Reading
from strategy.surroundings import Surroundings


@dataclass(frozen=True)
class Succession:
    """`beside` are all roadmaps under the same vision that have a period, in its order; `day` the day that is shown."""

    roadmap: Reading
    beside: list[Reading]
    day: date

    @classmethod
    def of(cls, page: Page, around: Surroundings) -> Self | None:
        """For a page that is a roadmap or belongs to one."""
        # A draft of a roadmap, which staff look at, stands in for the one that is public.
        roadmap = around.read(page) if page.kind == NodeKind.ROADMAP else around.roadmap_of(page)
        if roadmap is None or roadmap.period is None:
            return None
        vision = roadmap.page.parent_id
        beside = [other for other in around.every_roadmap if other.page.parent_id == vision and other.period]
        others = [other for other in beside if other.node_id != roadmap.node_id]
        return cls(roadmap, sorted([*others, roadmap], key=lambda each: each.period), around.today)

    @property
    def ended(self) -> bool:
        return self.roadmap.period[1] < self.day

    @property
    def ahead(self) -> bool:
        return self.roadmap.period[0] > self.day

    @property
    def is_in_force(self) -> bool:
        return not self.ended and not self.ahead

    @property
    def until(self) -> str:
        """The end of the period in words: "2024", or "30 juni 2024"."""
        return until_words(self.roadmap.period[1])

    @property
    def begins_on(self) -> date:
        return self.roadmap.period[0]

    @property
    def earlier(self) -> list[Reading]:
        return self.beside[: self._place]

    @property
    def later(self) -> list[Reading]:
        return self.beside[self._place + 1 :]

    @property
    def in_force(self) -> Reading | None:
        return next((other for other in self.beside if other.period[0] <= self.day <= other.period[1]), None)

    @property
    def following(self) -> Reading | None:
        """The next one, which may not have begun."""
        return next(iter(self.later), None)

    @property
    def _place(self) -> int:
        return self.beside.index(self.roadmap)


def until_words(day: date) -> str:
    """The last day of something, as short as it can be said."""
    if (day.month, day.day) == (12, 31):
        return str(day.year)
    is_last_of_month = day.day == calendar.monthrange(day.year, day.month)[1]
    return date_format(day, "F Y" if is_last_of_month else "j F Y")
