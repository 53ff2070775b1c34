"""
The filters of the list of all that is promised: what an address asks for, and how much each choice would give.

Each filter is one question of PageQuerySet, which the pages of themes, boards and global goals count by too.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import PROMISES, NodeKind
from strategy.models import Node, Page
from strategy.models.page import PageQuerySet
from strategy.numbers import Numbers, Serving
from strategy.reading import Reading
from strategy.surroundings import Surroundings

ADDRESS = "/sok/"

# What is no promise: the vision, themes, boards, text pages …
OTHER = "page"

_LARGEST_ID = 2**63 - 1


def _number(text: str, largest: int) -> int | None:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    return int(text) if is_number and 0 < int(text) <= largest else None


# The names that addresses have, and how each is read; None for what can't be.
READERS: dict[str, Callable[[str], Any]] = {
    "slag": lambda text: text if text in {*PROMISES, OTHER} else None,
    "omrade": lambda text: _number(text, _LARGEST_ID),
    "tema": lambda text: _number(text, _LARGEST_ID),
    "namnd": lambda text: _number(text, _LARGEST_ID),
    "mal": lambda text: _number(text, len(GLOBAL_GOALS)),
    "skede": lambda text: text if text in Node.Stage.values else None,
}


@dataclass(frozen=True)
class Filters:
    """`chosen` are values by the names that addresses have; `unknown` the names whose values mean nothing."""

    chosen: dict[str, Any]
    unknown: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Self:
        """Never fails: what can't be filtered by is left out."""
        read = {name: READERS[name](parameters[name]) for name in READERS if parameters.get(name)}
        chosen = {name: value for name, value in read.items() if value is not None}
        return cls(chosen, tuple(name for name, value in read.items() if value is None))

    def __bool__(self) -> bool:
        return bool(self.chosen)

    def without(self, name: str) -> Self:
        return replace(self, chosen={other: value for other, value in self.chosen.items() if other != name})

    def toggled(self, name: str, value: Any) -> dict[str, Any]:
        """What is chosen once `value` is chosen too, or no longer."""
        rest = self.without(name).chosen
        return rest if self.chosen.get(name) == value else {**rest, name: value}

    def of_pages(self, pages: PageQuerySet, moment: datetime) -> PageQuerySet:
        """Those of `pages` that all filters let through. All but that of the kind look among promises."""
        if self.chosen.keys() - {"slag"}:
            pages = pages.promises()
        for name, value in self.chosen.items():
            pages = _let_through(pages, name, value, moment)
        return pages


def _let_through(pages: PageQuerySet, name: str, value: Any, moment: datetime) -> PageQuerySet:
    match name:
        case "slag" if value == OTHER:
            return pages.exclude(kind__in=PROMISES)
        case "slag":
            return pages.of_kind(value)
        case "omrade":
            return pages.below(value)
        case "tema":
            return pages.serving_theme(value, moment)
        case "namnd":
            return pages.of_board(value)
        case "mal":
            return pages.serving_global_goal(value, moment)
        case "skede":
            return pages.in_stage(value)


@dataclass(frozen=True)
class Choice:
    """A line of a filter. `url` is the list with it chosen, or without it where it is chosen already."""

    name: str
    language: str
    number_words: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class Group:
    title: str
    choices: list[Choice]

    @property
    def is_open(self) -> bool:
        return any(choice.chosen for choice in self.choices)


class _AmongOthers:
    """The numbers of what all filters but one let through: what choosing by that one would give."""

    def __init__(self, pages: PageQuerySet, let_through: PageQuerySet, filters: Filters, moment: datetime) -> None:
        self.pages = pages
        self.filters = filters
        self.moment = moment
        self.serving = Serving.at(moment)
        # Of what is not chosen by, all the others are all of them.
        self.by_all = Numbers(let_through, self.serving)

    def of(self, name: str) -> Numbers:
        if name not in self.filters.chosen:
            return self.by_all
        return Numbers(self.filters.without(name).of_pages(self.pages, self.moment), self.serving)


def groups(
    pages: PageQuerySet, let_through: PageQuerySet, filters: Filters, text: str, around: Surroundings
) -> list[Group]:
    """
    What else can be chosen among `pages`, of which `filters` let some through, and how many that would give; `text` is
    what is searched for. Four queries, and two more for each filter that is chosen.
    """
    named = Page.objects.at(around.moment).of_kind(NodeKind.AREA, NodeKind.BOARD).by_kind()
    readings = [around.read(page) for page in named]
    areas = [reading for reading in readings if reading.kind == NodeKind.AREA]
    boards = sorted((reading for reading in readings if reading.kind == NodeKind.BOARD), key=lambda board: board.title)
    language = get_language() or settings.LANGUAGE_CODE

    among_others = _AmongOthers(pages, let_through, filters, around.moment)

    def group(title: str, name: str, values: Iterable[tuple[Any, str, str]], numbers: Mapping[Any, int]) -> Group:
        return Group(
            title,
            [
                Choice(
                    words,
                    words_language,
                    number_format(numbers.get(value, 0), use_l10n=True, force_grouping=True),
                    address(around, text, filters.toggled(name, value)),
                    filters.chosen.get(name) == value,
                )
                for value, words, words_language in values
                if numbers.get(value) or filters.chosen.get(name) == value
            ],
        )

    def of_nodes(readings: Iterable[Reading]) -> list[tuple[int, str, str]]:
        return [(reading.node_id, reading.title, reading.language) for reading in readings]

    kinds = dict(among_others.of("slag").kinds)
    kinds[OTHER] = sum(number for kind, number in kinds.items() if kind not in PROMISES)
    kind_words = [(kind, around.words.many(kind), language) for kind in PROMISES]
    area_word, theme_word, board_word = (
        around.words.one(kind) for kind in (NodeKind.AREA, NodeKind.THEME, NodeKind.BOARD)
    )
    found = [
        group(_("Type of page"), "slag", [*kind_words, (OTHER, _("Other pages"), language)], kinds),
        group(area_word, "omrade", of_nodes(areas), _of_all_kinds(among_others.of("omrade").areas)),
        group(theme_word, "tema", of_nodes(around.themes), _of_all_kinds(among_others.of("tema").themes)),
        group(board_word, "namnd", of_nodes(boards), _of_all_kinds(among_others.of("namnd").boards)),
        group(
            _("Stage of efforts"),
            "skede",
            [(stage.value, str(stage.label), language) for stage in Node.Stage],
            _of_all_kinds(among_others.of("skede").stages),
        ),
        group(
            _("Global goal"),
            "mal",
            [(number, f"{number}. {name}", language) for number, name in GLOBAL_GOALS.items()],
            _of_all_kinds(among_others.of("mal").global_goals),
        ),
    ]
    return [replace(group, title=capfirst(group.title)) for group in found if group.choices]


def _of_all_kinds(numbers: Mapping[tuple[Any, str], int]) -> Counter[Any]:
    summed = Counter()
    for (value, _kind), number in numbers.items():
        summed[value] += number
    return summed


def address(around: Surroundings, text: str, chosen: Mapping[str, Any]) -> str:
    """Of the list, on the day that is shown."""
    query = urlencode({**({"q": text} if text else {}), **chosen})
    return around.viewpoint.url(f"{ADDRESS}?{query}" if query else ADDRESS)
