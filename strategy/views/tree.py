"""The whole of a roadmap on one page: nested lists that open and close, and that an address can open to any level."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from strategy.gathering import SERVING, count_below, tally, tally_words
from strategy.kinds import LEVELS, NodeKind
from strategy.models import Page
from strategy.reading import Reading, Words
from strategy.succession import Succession
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import elsewhere_then, moved_or_gone
from strategy.views.public import public_page

PARAMETER = "niva"

# What stands in a roadmap, from the top, and what addresses call it.
SLUGS: dict[str, str] = {
    NodeKind.AREA: "delomraden",
    **{level.kind: level.slug for level in LEVELS if level.kind in SERVING},
}
DEPTHS = {kind: depth for depth, kind in enumerate(SLUGS)}

# How deep the tree stands open when the address does not say.
OPEN_TO = NodeKind.GOAL

# A page that loads on a phone and can be read. What is deeper is left to the pages of what is shown.
MOST_NODES = 1000


@dataclass
class Branch:
    """A page of the tree and what stands under it; `below` says in words how much that is in all."""

    page: Reading
    children: list["Branch"] = field(default_factory=list)
    below: str = ""
    tag: str = ""
    is_open: bool = False

    def within(self) -> Iterator["Branch"]:
        for child in self.children:
            yield child
            yield from child.within()


@public_page
def tree(request: HttpRequest, viewpoint: Viewpoint, node_id: int | None = None) -> HttpResponse:
    """A roadmap, by its id, or the one that the portal shows. Five queries at most, however large it is."""
    around = Surroundings.at(viewpoint)
    roadmap = around.roadmap
    if node_id is not None:
        roadmap = next((each for each in around.every_roadmap if each.node_id == node_id), None)
        if roadmap is None:
            return not_shown(request, viewpoint, node_id)
    context = {**around.context(request.path), "roadmap": roadmap}
    if roadmap is around.roadmap:
        context["canonical_path"] = reverse("tree")
    if roadmap:
        asked = request.GET.get(PARAMETER)
        open_to = next((kind for kind, slug in SLUGS.items() if slug == asked), OPEN_TO)
        context |= contents(request.path, roadmap, open_to, around)
    return render(request, "strategy/tree.html", context)


def not_shown(request: HttpRequest, viewpoint: Viewpoint, node_id: int) -> HttpResponse:
    """A roadmap that was or will be public at another moment is answered for as its own page is."""
    if not Page.objects.begun().of_kind(NodeKind.ROADMAP).filter(node=node_id).exists():
        raise Http404
    if viewpoint.asked:
        return elsewhere_then(request, viewpoint, node_id)
    return moved_or_gone(request, viewpoint, node_id, permanent=False)


def contents(path: str, roadmap: Reading, open_to: str, around: Surroundings) -> dict:
    """Three queries: how much there is, what is shown of it, the boards; and a fourth when something is left out."""
    inside = Page.objects.at(around.moment).below(roadmap.node_id).of_kind(*SLUGS)
    counted = inside.order_by().values("kind").annotate(number=Count("pk"))
    numbers = {row["kind"]: row["number"] for row in counted}
    kinds = [kind for kind in SLUGS if kind in numbers]
    shown = kinds_shown(kinds, numbers)
    boards = {board.node_id: board for board in Page.objects.at(around.moment).of_kind(NodeKind.BOARD)}
    branches = {page.node_id: Branch(around.read(page, boards)) for page in inside.of_kind(*shown).in_order()}
    top = grown(branches)
    settle(top, open_to, around.words)
    if shown != kinds:
        count_below(
            roadmap.node_id, [branch.page for branch in branches.values() if branch.page.kind == shown[-1]], around
        )
    return {
        "branches": top,
        "totals": [tally(kind, numbers[kind], around.words) for kind in kinds],
        "left_out": [around.words.many(kind) for kind in kinds if kind not in shown],
        "has_examples": any(branch.page.example for branch in branches.values()),
        "succession": Succession.of(roadmap.page, around),
        "steps": [
            {
                "word": around.words.many(kind),
                "url": around.viewpoint.on_day(f"{path}?{urlencode({PARAMETER: SLUGS[kind]})}"),
                "current": kind == min(open_to, shown[-1], key=DEPTHS.__getitem__),
            }
            for kind in shown
        ],
    }


def kinds_shown(kinds: list[str], numbers: dict[str, int]) -> list[str]:
    """As deep as the page can hold; the first level always."""
    held = [sum(numbers[kind] for kind in kinds[: depth + 1]) <= MOST_NODES for depth in range(len(kinds))]
    return kinds[: max(sum(held), 1)]


def grown(branches: dict[int, Branch]) -> list[Branch]:
    """The branches on top, the others put under them: each under the nearest page above it that may be shown."""
    top = []
    for branch in branches.values():
        above = next((branches[pk] for pk in reversed(branch.page.page.ancestor_ids) if pk in branches), None)
        (above.children if above else top).append(branch)
    return top


def settle(branches: list[Branch], open_to: str, words: Words, depth: int = 2) -> None:
    """What each branch is headed with, how much it holds, and whether it is open. The page's own heading is an h1."""
    for branch in branches:
        settle(branch.children, open_to, words, depth + 1)
        kinds = Counter(inner.page.kind for inner in branch.within())
        branch.below = tally_words({kind: kinds[kind] for kind in SLUGS if kind in kinds}, words)
        branch.tag = f"h{depth}" if branch.page.kind != NodeKind.EFFORT else "p"
        branch.is_open = DEPTHS[branch.page.kind] < DEPTHS[open_to]
