"""Places among siblings: numbers with room between them, so that one page can be put between two without moving any."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from strategy.models import Node, Page

GAP = 2**20


class NoRoomError(Exception):
    """The places of two siblings have grown together."""

    def __init__(self, parent_id: int) -> None:
        self.parent_id = parent_id


class Places:
    """The places of live siblings, and one for a newcomer between those that stand beside it in the working tree."""

    def __init__(self, parent_ids: Iterable[int], node_ids: Iterable[int], moment: datetime) -> None:
        live = Page.objects.from_now(moment).filter(parent__in=list(parent_ids)).order_by("valid")
        self.taken: dict[int, dict[int, int]] = defaultdict(dict)
        for parent_id, node_id, position in live.values_list("parent", "node", "position"):
            self.taken[parent_id][node_id] = position
        known = {node_id for places in self.taken.values() for node_id in places}
        self.paths = dict(Node.objects.filter(pk__in={*known, *node_ids}).values_list("pk", "path"))

    def of(self, node: Node, parent_id: int) -> int:
        """The place `node` has if it stands right among its siblings, else one between its neighbours."""
        places = self.taken[parent_id]
        path = self.paths[node.pk]
        before = [place for pk, place in places.items() if pk != node.pk and self.paths[pk] < path]
        after = [place for pk, place in places.items() if pk != node.pk and self.paths[pk] > path]
        low = max(before) if before else None
        high = min(after) if after else None
        own = places.get(node.pk)
        if own is not None and (low is None or low < own) and (high is None or own < high):
            return own
        if low is None and high is None:
            places[node.pk] = 0
        elif high is None:
            places[node.pk] = low + GAP
        elif low is None:
            places[node.pk] = high - GAP
        elif high - low > 1:
            places[node.pk] = (low + high) // 2
        else:
            raise NoRoomError(parent_id)
        return places[node.pk]


def spaced_out(node_ids: Iterable[int]) -> dict[int, int]:
    """New places for these siblings, in the working tree's order, with room between them."""
    in_order = Node.objects.filter(pk__in=node_ids).order_by("path").values_list("pk", flat=True)
    return {pk: place * GAP for place, pk in enumerate(in_order)}
