"""The public pages. They read Page alone, at one moment by the database's clock: that of the first query."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.paginator import Paginator
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Upper
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from portal.language import in_language
from strategy import uploads
from strategy.kinds import LEVELS, PYRAMID, NodeKind
from strategy.models import Illustration, Page
from strategy.reading import MEDIA_URL, Reading
from strategy.surroundings import Surroundings, ended_year

PAGES_IN_LIST = 100


def one_snapshot(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """All queries of a view see the database as it was at the first: no page is torn by what is published meanwhile."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        if connection.in_atomic_block:
            return view(*args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return view(*args, **kwargs)

    return wrapped


@require_safe
@one_snapshot
def page(request: HttpRequest, address: str) -> HttpResponse:
    address = f"/{address}"
    found = Page.objects.at().filter(address=address).shown().first()
    if found is None:
        return former_page(request, address)
    around = Surroundings.at(found.shown_at, request.LANGUAGE_CODE)
    return show_page(request, found, around)


def former_page(request: HttpRequest, address: str) -> HttpResponse:
    """An address of an earlier edition leads to what has become of that node."""
    former = Page.objects.begun().filter(address=address).order_by("valid").last()
    if former is None:
        raise Http404
    return moved_or_gone(request, former.node_id, permanent=True)


def moved_or_gone(request: HttpRequest, node_id: int, *, permanent: bool) -> HttpResponse:
    """Where the node's page is now; without one, since when it is gone."""
    present = Page.objects.at().filter(node=node_id).only("address").first()
    if present:
        response = redirect(in_language(present.address, request.LANGUAGE_CODE), permanent=permanent)
        # A page can come back to an address that it had; a browser that kept the 301 would then go round in circles.
        response.headers["Cache-Control"] = "no-cache"
        return response
    withdrawn_at = Page.objects.begun().filter(node=node_id).aggregate(at=Max(Upper("valid")))["at"]
    if withdrawn_at is None:
        raise Http404
    return render(request, "410.html", {"withdrawn_at": withdrawn_at}, status=410)


@require_safe
def node(request: HttpRequest, node_id: int) -> HttpResponse:
    """A short address that lasts, whatever the page's own address becomes."""
    return moved_or_gone(request, node_id, permanent=False)


@require_safe
@one_snapshot
def level(request: HttpRequest, slug: str) -> HttpResponse:
    """All pages of one level of the steering model, or all boards."""
    found = next((level for level in LEVELS if level.slug == slug), None)
    if found is None:
        raise Http404
    around = Surroundings.at(None, request.LANGUAGE_CODE)
    pages = Page.objects.at(around.moment).of_kind(found.kind).by_number()
    page_obj = Paginator(pages, PAGES_IN_LIST).get_page(request.GET.get("page"))
    context = {
        **around.context(request.path),
        "word": around.level_word(found),
        "pages": [Reading(page, request.LANGUAGE_CODE, around.words) for page in page_obj],
        "page_obj": page_obj,
    }
    return render(request, "strategy/level.html", context)


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponse:
    """An uploaded file, once an edition that has begun shows it. Its name is its hash, so it never changes."""
    if not Page.objects.begun().showing(name).exists():
        raise Http404
    return file_response(name)


def file_response(name: str) -> FileResponse:
    extension = name.rpartition(".")[2]
    try:
        content = uploads.storage().open(name)
    except FileNotFoundError as error:
        raise Http404 from error
    response = FileResponse(content, content_type=uploads.TYPES[extension])
    response.headers["Content-Disposition"] = "attachment" if extension == "pdf" else "inline"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    # Nothing in an uploaded file may run, should a browser show it as a page of its own.
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def show_page(
    request: HttpRequest, found: Page, around: Surroundings, *, media_url: str = MEDIA_URL, staff_note: str = ""
) -> HttpResponse:
    """
    Any page in the public templates. `staff_note` stands above what only staff see, a draft or an edition that has
    ended, which has no report form.
    """
    is_start = found.kind == NodeKind.START
    context = (start_context if is_start else page_context)(found, around, media_url)
    template = "strategy/start.html" if is_start else "strategy/page.html"
    return render(request, template, {**context, "staff_note": staff_note})


def start_context(found: Page, around: Surroundings, media_url: str = MEDIA_URL) -> dict:
    """The start page is composed: each text lives in its own node. One query."""
    above = [page.node_id for page in (around.vision, around.roadmap) if page]
    parts = list(
        Page.objects.at(around.moment).filter(parent__in=above).of_kind(NodeKind.THEME, NodeKind.AREA).in_order()
    )
    readings = [Reading(part, around.language, around.words) for part in parts]
    start = Reading(found, around.language, around.words, media_url=media_url)
    composed = [page for page in (start, around.vision, around.roadmap, *readings) if page]
    drawn = [row for row in start.illustrations if row["drawing"] == Illustration.Drawing.PYRAMID]
    return {
        **around.context(start.url),
        "edition": found.pk,
        "page": start,
        "updated_at": max(page.updated_at for page in composed),
        "partly_translated": start.translated and not all(page.translated for page in composed),
        "vision": around.vision,
        "themes": [part for part in readings if part.kind == NodeKind.THEME],
        "roadmap": around.roadmap,
        "roadmap_ended": ended_year(around.roadmap, localdate(around.moment)),
        "areas": [part for part in readings if part.kind == NodeKind.AREA],
        "pyramid": drawn[0] if drawn else None,
        "levels": [
            {"word": around.level_word(level), "url": reverse("level", kwargs={"slug": level.slug})}
            for level in PYRAMID
        ],
    }


def page_context(found: Page, around: Surroundings, media_url: str = MEDIA_URL) -> dict:
    """Any page but the start page. Three queries: what it names, its children, its neighbours."""
    moment, language, words = around.moment, around.language, around.words
    named = [row["node"] for rows in ("boards", "themes") for row in found.document[rows]]
    others = {other.node_id: other for other in Page.objects.at(moment).filter(node__in=[*found.ancestor_ids, *named])}
    breadcrumb = [Reading(others[pk], language, words) for pk in found.ancestor_ids if pk in others]
    children = [
        Reading(child, language, words) for child in Page.objects.at(moment).filter(parent=found.node_id).in_order()
    ]
    above = next((page for page in breadcrumb if page.kind == NodeKind.ROADMAP), None)
    reading = Reading(found, language, words, others, media_url)
    roadmap = reading if reading.kind == NodeKind.ROADMAP else above
    return {
        **around.context(reading.url),
        "edition": found.pk,
        "page": reading,
        "updated_at": reading.updated_at,
        "partly_translated": reading.translated and not all(page.translated for page in children),
        "breadcrumb": breadcrumb,
        "children": children,
        "children_word": children_word(children, around),
        "roadmap_ended": ended_year(roadmap, localdate(moment)),
        **neighbours(found, around),
    }


def children_word(children: list[Reading], around: Surroundings) -> str:
    """The kinds of the children, each once: "Delområden", or "Teman, grunduppdrag och strategiska färdplaner"."""
    words = list(dict.fromkeys(around.words.many(child.kind) for child in children))
    return ", ".join([*words[:1], *(word[:1].lower() + word[1:] for word in words[1:])])


def neighbours(found: Page, around: Surroundings) -> dict[str, Reading | None]:
    """The siblings of the same kind beside a page, in one query."""
    siblings = Page.objects.at(around.moment).filter(parent=found.parent_id, kind=found.kind)
    before = siblings.filter(position__lt=found.position).order_by("-position")[:1]
    after = siblings.filter(position__gt=found.position).order_by("position")[:1]
    beside = {page.position < found.position: page for page in before.union(after)}
    return {
        name: Reading(beside[is_before], around.language, around.words) if is_before in beside else None
        for name, is_before in (("previous", True), ("next", False))
    }
