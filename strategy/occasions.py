"""
What publications were occasioned by: a page was corrected after something that somebody reported, say. Whoever keeps
such things tells of them here (portal.apps); nothing in this app knows what they are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser

from strategy.models import Page


@dataclass(frozen=True)
class Occasion:
    """What it is called in public, and the address to read more at, in Swedish."""

    name: str
    address: str


@dataclass(frozen=True)
class Source:
    """
    `offered` are those that a publication of some nodes may settle, as choices of a form. `settle` says that the pages
    that were published settle them, and may raise publishing.Refused. `of` are those of some editions, by id.
    """

    offered: Callable[[Iterable[int]], list[tuple[str, str]]]
    settle: Callable[[Sequence[str], Sequence[Page], AbstractBaseUser], None]
    of: Callable[[Iterable[int]], dict[int, list[Occasion]]]


NONE = Source(offered=lambda nodes: [], settle=lambda chosen, pages, by: None, of=lambda pages: {})

_sources = [NONE]


def source() -> Source:
    return _sources[-1]


def register(source: Source) -> None:
    _sources[:] = [source]
