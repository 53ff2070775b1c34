"""
How many pages there are of each kind, in each area and stage, of each board, and serving each theme and each goal of
Agenda 2030: what PageQuerySet's questions find one by one, for all values at once.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Self

from django.db.models import Case, Count, Func, Q, When

from strategy.kinds import PROMISES
from strategy.models import Page
from strategy.models.page import PageQuerySet

# Where the area stands in a page's line: below start, vision and roadmap.
_AREA = 3


@dataclass(frozen=True)
class Serving:
    """The themes (by node) and the goals of Agenda 2030 that nodes say they serve, by node."""

    themes: dict[int, list[int]]
    global_goals: dict[int, list[int]]

    @classmethod
    def at(cls, moment: datetime | None = None) -> Self:
        """One query."""
        saying = Page.objects.at(moment).exclude(themes=[], global_goals=[])
        rows = list(saying.values_list("node", "themes", "global_goals"))
        return cls({node: themes for node, themes, _ in rows}, {node: goals for node, _, goals in rows})


class Numbers:
    """Of `pages`; all but those of kinds are numbers of promises, by a value and a kind. A query for each half."""

    def __init__(self, pages: PageQuerySet, serving: Serving) -> None:
        self.pages = pages.order_by()
        self.serving = serving

    @cached_property
    def kinds(self) -> Counter[str]:
        numbers = Counter()
        for kind, _line, number in self._lines:
            numbers[kind] += number
        return numbers

    @cached_property
    def areas(self) -> Counter[tuple[int, str]]:
        return _sum((line[_AREA : _AREA + 1], kind, number) for kind, line, number in self._lines)

    @cached_property
    def themes(self) -> Counter[tuple[int, str]]:
        return self._served(self.serving.themes)

    @cached_property
    def global_goals(self) -> Counter[tuple[int, str]]:
        return self._served(self.serving.global_goals)

    @cached_property
    def boards(self) -> Counter[tuple[int, str]]:
        return _sum((boards, kind, number) for kind, boards, _stage, number in self._named)

    @cached_property
    def stages(self) -> Counter[tuple[str, str]]:
        return _sum(([stage], kind, number) for kind, _boards, stage, number in self._named if stage)

    def _served(self, said: dict[int, list[int]]) -> Counter[tuple[int, str]]:
        return _sum(
            ({value for step in line if step in said for value in said[step]}, kind, number)
            for kind, line, number in self._lines
        )

    @cached_property
    def _lines(self) -> list[tuple[str, list[int], int]]:
        """By kind and line. What says nothing itself serves what is above it, and shares the line of its siblings."""
        above = Func("lineage", 1, function="trim_array", output_field=Page.lineage.field)
        line = Case(When(Q(themes=[], global_goals=[]), then=above), default="lineage")
        return list(self.pages.annotate(line=line).values_list("kind", "line").annotate(Count("pk")))

    @cached_property
    def _named(self) -> list[tuple[str, list[int], str, int]]:
        return list(self.pages.values_list("kind", "boards", "stage").annotate(Count("pk")))


def _sum[Value](rows: Iterable[tuple[Iterable[Value], str, int]]) -> Counter[tuple[Value, str]]:
    """Of rows of values, kind and number."""
    numbers = Counter()
    for values, kind, number in rows:
        if kind in PROMISES:
            for value in values:
                numbers[value, kind] += number
    return numbers
