"""The history of one page: its changes, and any two of its editions compared."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from strategy import occasions
from strategy.dated import STOCKHOLM
from strategy.history import Chronicle, Event, What, between, read_documents
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint, in_address
from strategy.views.pages import blocked, not_public_then
from strategy.views.public import public_page

CHANGES_IN_LIST = 50
LONGEST_ID = 18
FROM, TO = "fran", "till"


@public_page
def changes(request: HttpRequest, viewpoint: Viewpoint, node_id: int) -> HttpResponse:
    around = Surroundings.at(viewpoint)
    chronicle = Chronicle(node_id, around.moment)
    if not chronicle.editions:
        if viewpoint.asked:
            return not_public_then(request, viewpoint, node_id)
        raise Http404
    if FROM in request.GET or TO in request.GET:
        return compared(request, around, chronicle, node_id)
    return listed(request, around, chronicle, node_id)


def listed(
    request: HttpRequest,
    around: Surroundings,
    chronicle: Chronicle,
    node_id: int,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """All that happened to a page. Two queries, one where something is blocked, and one for what occasioned it."""
    page_obj = Paginator(chronicle.events, CHANGES_IN_LIST).get_page(request.GET.get("page"))
    events = list(page_obj)
    times = times_of_day(event.at for event in chronicle.events)
    read_documents([chronicle.latest, *(edition for event in events for edition in (event.page, event.before))])
    occasioned = occasions.source().of(event.page.pk for event in events if event.page)
    context = {
        **context_of(request, around, chronicle, node_id),
        "changes": [
            {
                **described(event, around, chronicle),
                "time": times[event.at],
                "occasions": occasioned.get(event.page.pk, []) if event.page and event.is_publication else [],
            }
            for event in events
        ],
        "page_obj": page_obj,
        "problem": problem,
        "noindex": bool(problem),
    }
    return render(request, "strategy/changes.html", context, status=status)


def compared(request: HttpRequest, around: Surroundings, chronicle: Chronicle, node_id: int) -> HttpResponse:
    """Two editions, the older one first whatever way they were asked for."""
    asked = [request.GET.get(name, "") for name in (FROM, TO)]
    if not all(text.isascii() and text.isdigit() and len(text) <= LONGEST_ID for text in asked):
        problem = _("Choose two versions to compare.")
        return listed(request, around, chronicle, node_id, problem=problem, status=HTTPStatus.BAD_REQUEST)
    found = [chronicle.edition(int(text)) for text in asked]
    if None in found:
        problem = _("This page has no such version.")
        return listed(request, around, chronicle, node_id, problem=problem, status=HTTPStatus.NOT_FOUND)
    for page in found:
        if page.block_id:
            return blocked(request, around, page.block_id)
    before, after = sorted(found, key=lambda page: page.begins_at)
    times = times_of_day(page.begins_at for page in (*chronicle.choices, before, after))
    read_documents([chronicle.latest, before, after])
    context = {
        **context_of(request, around, chronicle, node_id),
        "versions": [
            {
                "at": page.begins_at,
                "time": times[page.begins_at],
                "url": then_url(page, page.begins_at, around),
            }
            for page in (before, after)
        ],
        "differences": between(before, after, around),
        "reasons": chronicle.reasons(before, after),
        "chosen": [chronicle.first_saying(page).pk for page in (before, after)],
        "noindex": True,
    }
    return render(request, "strategy/comparison.html", context)


def context_of(request: HttpRequest, around: Surroundings, chronicle: Chronicle, node_id: int) -> dict:
    """What both pages show. The documents must have been read."""
    latest = chronicle.latest
    choices = chronicle.choices
    times = times_of_day(page.begins_at for page in choices)
    is_public = latest is not None and around.moment in latest.valid
    return {
        **around.context(request.path),
        "node_id": node_id,
        "subject": around.read(latest) if latest else None,
        "page_url": around.viewpoint.url(latest.address) if is_public else "",
        "changes_url": around.viewpoint.to("changes", node_id=node_id),
        "choices": [{"pk": page.pk, "at": page.begins_at, "time": times[page.begins_at]} for page in choices],
        "chosen": [page.pk for page in choices[1::-1]],
    }


def described(event: Event, around: Surroundings, chronicle: Chronicle | None = None) -> dict:
    """An event in words and links, for parts/change.html."""
    page, before = event.page, event.before
    differences = event.differences(around)
    is_present = page is not None and around.moment in page.valid and event.what != What.WITHDRAWN
    shown_at = event.at - datetime.resolution if event.what == What.WITHDRAWN else event.at
    return {
        "event": event,
        "word": event.what.label,
        "sentences": differences.sentences if differences else [],
        "page_url": around.viewpoint.url(page.address) if is_present else "",
        "then_url": then_url(page, shown_at, around) if page and not is_present else "",
        "compare_url": comparison_url(before, page, around, chronicle) if differences else "",
    }


def then_url(page: Page, moment: datetime, around: Surroundings) -> str:
    """The page as it was at a moment that has passed."""
    return replace(around.viewpoint, moment=moment, asked=in_address(moment)).url(page.address)


def comparison_url(before: Page, after: Page, around: Surroundings, chronicle: Chronicle | None = None) -> str:
    first = chronicle.first_saying(before) if chronicle else before
    address = reverse("changes", kwargs={"node_id": after.node_id}, query={FROM: first.pk, TO: after.pk})
    return around.viewpoint.on_day(address)


def times_of_day(moments: Iterable[datetime]) -> dict[datetime, str]:
    """The time that tells a moment from the others of its day; none where it is the only one."""
    local = {moment: localtime(moment, STOCKHOLM) for moment in set(moments)}
    days = Counter(here.date() for here in local.values())
    minutes = Counter(here.replace(second=0, microsecond=0) for here in local.values())

    def form(here: datetime) -> str:
        return "H:i" if minutes[here.replace(second=0, microsecond=0)] == 1 else "H:i:s"

    return {
        moment: time_format(here.time(), form(here)) if days[here.date()] > 1 else "" for moment, here in local.items()
    }
