"""The editions of a node, one after the other."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

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
