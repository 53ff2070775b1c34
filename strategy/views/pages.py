"""The public pages. They read Page alone, at one moment by the database's clock: that of the first query."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from django.conf import settings
from django.db.models import Max, Min
from django.db.models.functions import Lower, Upper
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from portal.language import in_language
from portal.site import absolute
from strategy.dated import STOCKHOLM
from strategy.gathering import SERVING, Gathering, count_below
from strategy.history import earlier_values
from strategy.kinds import PYRAMID, NodeKind, children_of
from strategy.memento import History, announce
from strategy.models import Block, Illustration, Page
from strategy.reading import MEDIA_URL, Reading
from strategy.statement import Statement
from strategy.succession import Succession
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint, in_address
from strategy.views.public import public_page

TEMPLATES = {NodeKind.START: "strategy/start.html", NodeKind.STATEMENT: "strategy/statement.html"}


@public_page
def page(request: HttpRequest, viewpoint: Viewpoint, address: str) -> HttpResponse:
    response = answer(request, viewpoint, f"/{address}")
    announce(response, History(request, f"/{address}", viewpoint.language), viewpoint)
    return response


def answer(request: HttpRequest, viewpoint: Viewpoint, address: str) -> HttpResponse:
    found = Page.objects.holding(viewpoint.moment).filter(address=address).with_block().with_first().shown().first()
    if found is None:
        return not_there(request, viewpoint, address)
    return shown(request, viewpoint, found, show_page)


def shown(
    request: HttpRequest,
    viewpoint: Viewpoint,
    found: Page,
    show: Callable[[HttpRequest, Page, Surroundings], HttpResponse],
) -> HttpResponse:
    """
    What `show` makes of an edition (`with_block().shown()`), and all around it as it stood at that moment; why it may
    not be shown, if so.
    """
    around = Surroundings.at(replace(viewpoint, moment=viewpoint.moment or found.shown_at))
    if found.block_id:
        return blocked(request, around, found.block_id)
    return show(request, found, around)


def not_there(request: HttpRequest, viewpoint: Viewpoint, address: str, *, under: str = "") -> HttpResponse:
    """
    An address of an earlier or later edition leads to where that node's page is, or was on the day asked for. `under`
    is where something that goes with each page is: what comes before the page's own address.
    """
    former = Page.objects.begun().filter(address=address).order_by("valid").last()
    if former is None:
        raise Http404
    if viewpoint.asked:
        return elsewhere_then(request, viewpoint, former.node_id, under=under)
    return moved_or_gone(request, viewpoint, former.node_id, permanent=True, under=under)


def elsewhere_then(request: HttpRequest, viewpoint: Viewpoint, node_id: int, *, under: str = "") -> HttpResponse:
    """Where the node's page was at a moment that has passed; without one, when it was public."""
    then = Page.objects.holding(viewpoint.moment).filter(node=node_id).only("address").first()
    if then:
        return redirect(viewpoint.url(under + then.address))
    return not_public_then(request, viewpoint, node_id)


def not_public_then(request: HttpRequest, viewpoint: Viewpoint, node_id: int) -> HttpResponse:
    """When it was public instead; not found, if it never was."""
    public = Page.objects.begun().filter(node=node_id).aggregate(first_at=Min(Lower("valid")))
    if public["first_at"] is None:
        raise Http404
    context = {
        **Surroundings.at(viewpoint).context(request.path),
        "asked_at": viewpoint.moment,
        "first_at": public["first_at"] if viewpoint.moment < public["first_at"] else None,
        "first_url": f"{request.path}?den={in_address(public['first_at'])}",
        # Nothing is shown of how it stood.
        "not_then": True,
    }
    return render(request, "not_then.html", context, status=404)


def moved_or_gone(
    request: HttpRequest, viewpoint: Viewpoint, node_id: int, *, permanent: bool, under: str = ""
) -> HttpResponse:
    """Where the node's page is now; without one, since when it is gone."""
    present = Page.objects.holding().filter(node=node_id).only("address").first()
    if present:
        response = redirect(viewpoint.url(under + present.address), permanent=permanent)
        # A page can come back to an address that it had; a browser that kept the 301 would then go round in circles.
        response.headers["Cache-Control"] = "no-cache"
        return response
    withdrawn_at = Page.objects.begun().filter(node=node_id).aggregate(at=Max(Upper("valid")))["at"]
    if withdrawn_at is None:
        raise Http404
    last = in_address(withdrawn_at - datetime.resolution)
    context = {
        **Surroundings.at(viewpoint).context(request.path),
        "withdrawn_at": withdrawn_at,
        "last_url": f"{request.path}?den={last}",
    }
    return render(request, "410.html", context, status=410)


def blocked(request: HttpRequest, around: Surroundings, block_id: int) -> HttpResponse:
    """Why nobody may be shown the edition (RFC 7725), and who it is that does not show it."""
    found = Block.objects.only("ground", "reason", "decided_at", "page__node").select_related("page").get(pk=block_id)
    # Not “block”: that is what a template calls the part of it that it is in.
    context = {**around.context(request.path), "blocking": found, "noindex": True}
    response = render(request, "451.html", context, status=451)
    response.headers["Link"] = f'<{settings.SITE_HOMEPAGE or absolute(request, "/")}>; rel="blocked-by"'
    # It may end, and then the page is there again.
    response.headers["Cache-Control"] = "no-cache"
    return response


@public_page
def node(request: HttpRequest, viewpoint: Viewpoint, node_id: int) -> HttpResponse:
    """A short address that lasts, whatever the page's own address becomes."""
    if viewpoint.asked:
        return elsewhere_then(request, viewpoint, node_id)
    return moved_or_gone(request, viewpoint, node_id, permanent=False)


def show_page(
    request: HttpRequest, found: Page, around: Surroundings, *, media_url: str = MEDIA_URL, staff_note: str = ""
) -> HttpResponse:
    """
    Any page in the public templates. `staff_note` stands above what only staff see, a draft or an edition that has
    ended, which has no report form.
    """
    is_start = found.kind == NodeKind.START
    context = (start_context if is_start else page_context)(found, around, media_url)
    if found.kind == NodeKind.STATEMENT:
        context["statement"] = Statement(context["page"], absolute(request, ""))
    template = TEMPLATES.get(found.kind, "strategy/page.html")
    # The start page says what many pages say, and has no state of its own.
    if around.viewpoint.asked and not is_start:
        context["since"] = since_then(found, around)
    context |= {
        "languages": context["page"].languages,
        "first_at": getattr(found, "first_at", None),
        "staff_note": staff_note,
    }
    return render(request, template, context)


def since_then(found: Page, around: Surroundings) -> dict:
    """What has become of an old day's page since, and when it was entered, if that was after the day. One query."""
    present = Page.objects.holding().with_block().filter(node=found.node_id).defer("document").first()
    changed = present is not None and present.content_since != found.content_since
    compare_url = ""
    if changed and not present.block_id:
        two = reverse("changes", kwargs={"node_id": found.node_id}, query={"fran": found.pk, "till": present.pk})
        # Not of the day that is shown, when one of the two was not there.
        compare_url = Viewpoint(around.viewpoint.language).url(two)
    return {
        "entered_on": localdate(found.recorded_at, STOCKHOLM) if found.recorded_at > around.moment else None,
        "withdrawn": present is None,
        "changed": changed,
        "compare_url": compare_url,
    }


def start_context(found: Page, around: Surroundings, media_url: str = MEDIA_URL) -> dict:
    """The start page is composed: each text lives in its own node. Two queries: the areas, and what they hold."""
    roadmap = around.roadmap
    parts = Page.objects.at(around.moment).filter(parent=roadmap.node_id).in_order() if roadmap else []
    areas = [around.read(part) for part in parts]
    if areas:
        count_below(roadmap.node_id, areas, around)
    themes = [theme for theme in around.themes if around.vision and theme.page.parent_id == around.vision.node_id]
    start = around.read(found, media_url=media_url)
    composed = [page for page in (start, around.vision, roadmap, *themes, *areas) if page]
    drawn = [row for row in start.illustrations if row["drawing"] == Illustration.Drawing.PYRAMID]
    return {
        **around.context(in_language(found.address, around.viewpoint.language)),
        "edition": found.pk,
        "page": start,
        "updated_at": max(page.updated_at for page in composed),
        "partly_translated": start.translated and not all(page.translated for page in composed),
        "vision": around.vision,
        "themes": in_colour(themes, around),
        "roadmap": roadmap,
        "succession": Succession.of(roadmap.page, around) if roadmap else None,
        "areas": areas,
        "boards_word": around.words.many(NodeKind.BOARD),
        "pyramid": drawn[0] if drawn else None,
        "levels": [
            {"word": around.level_word(level), "url": around.viewpoint.to("level", slug=level.slug)}
            for level in PYRAMID
        ],
    }


def page_context(found: Page, around: Surroundings, media_url: str = MEDIA_URL) -> dict:
    """
    Any page but the start page. Four queries at most: what it names, its neighbours, its children and what they hold;
    five for a theme or a board, which has what gathers under it. A result has one more, for what it promised before.
    """
    moment = around.moment
    named = [row["node"] for rows in ("boards", "themes") for row in found.document[rows]]
    others = around.named([*found.ancestor_ids, *named])
    breadcrumb = [around.read(others[pk]) for pk in found.ancestor_ids if pk in others]
    reading = around.read(found, others, media_url)
    groups = children_by_kind(found, around)
    gathering = Gathering.under(found, moment)
    gathered = gathering and gathering.context(around)
    shown = [page for pages in groups.values() for page in pages] or (gathered["pages"] if gathered else [])
    measured_in_it = not reading.indicator or reading.indicator["language"] == reading.language
    return {
        **around.context(in_language(found.address, around.viewpoint.language)),
        "edition": found.pk,
        "page": reading,
        "updated_at": reading.updated_at,
        "partly_translated": reading.translated and not (measured_in_it and all(page.translated for page in shown)),
        "breadcrumb": breadcrumb,
        "children": [{"kind": kind, "word": around.words.many(kind), "pages": pages} for kind, pages in groups.items()],
        "child_themes": in_colour(groups.get(NodeKind.THEME, []), around),
        "part_of": breadcrumb[-1] if found.kind in SERVING and len(breadcrumb) > 1 else None,
        "themes": [
            {**theme, "colour": around.theme_colour(row["node"])}
            for theme, row in zip(reading.themes, reading.document["themes"], strict=True)
        ],
        "colour": around.theme_colour(found.node_id),
        "succession": Succession.of(found, around),
        "gathered": gathered,
        "earlier": earlier_values(found, moment) if reading.indicator else [],
        **around.level_context(found.kind),
        **neighbours(found, around),
    }


def children_by_kind(found: Page, around: Surroundings) -> dict[str, list[Reading]]:
    """Siblings as staff put them, but roadmaps the newest first. Two queries, where something can stand below."""
    if not children_of(found.kind):
        return {}
    groups: dict[str, list[Reading]] = {}
    for child in Page.objects.at(around.moment).filter(parent=found.node_id).in_order():
        groups.setdefault(child.kind, []).append(around.read(child))
    if NodeKind.ROADMAP in groups:
        groups[NodeKind.ROADMAP].sort(key=lambda roadmap: roadmap.period or (date.min, date.min), reverse=True)
    if any(children_of(kind) for kind in groups):
        count_below(found.node_id, [page for pages in groups.values() for page in pages], around)
    return groups


def in_colour(themes: list[Reading], around: Surroundings) -> list[dict]:
    return [{"page": theme, "colour": around.theme_colour(theme.node_id)} for theme in themes]


def neighbours(found: Page, around: Surroundings) -> dict[str, Reading | None]:
    """The siblings of the same kind beside a page, in one query. Roadmaps come one after the other in time instead."""
    if found.kind == NodeKind.ROADMAP:
        return {"previous": None, "next": None}
    siblings = Page.objects.at(around.moment).filter(parent=found.parent_id, kind=found.kind)
    before = siblings.filter(position__lt=found.position).order_by("-position")[:1]
    after = siblings.filter(position__gt=found.position).order_by("position")[:1]
    beside = {page.position < found.position: page for page in before.union(after)}
    return {
        name: around.read(beside[is_before]) if is_before in beside else None
        for name, is_before in (("previous", True), ("next", False))
    }
