"""The editions of a node, one after the other."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from psycopg.types.range import Range

from strategy.models import Page


def editions_of(node_ids: Iterable[int]) -> dict[int, list[Page]]:
    editions: dict[int, list[Page]] = defaultdict(list)
    for page in Page.objects.filter(node__in=set(node_ids)).order_by("valid"):
        editions[page.node_id].append(page)
    return editions


def holding(editions: list[Page], at: datetime) -> Page | None:
    return next((page for page in editions if at in page.valid), None)


def reach_of(editions: list[Page], at: datetime) -> datetime | None:
    """How long these editions, one after the other, hold without a gap from `at` on; None: without end."""
    reach = at
    for page in editions:
        if reach is not None and reach in page.valid:
            reach = page.ends_at
    return reach


def covers(editions: list[Page], page: Page, moment: datetime) -> bool:
    """Whether these editions, one after the other, hold as long as `page` does from `moment` on."""
    reach = reach_of(editions, max(page.begins_at, moment))
    return reach is None or (page.ends_at is not None and page.ends_at <= reach)


def overlap(one: Range, other: Range) -> bool:
    first, second = sorted((one, other), key=lambda span: span.lower)
    return first.upper is None or second.lower < first.upper
