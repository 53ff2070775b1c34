"""What has changed on the portal, newest first."""

from itertools import groupby

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from strategy.dated import STOCKHOLM
from strategy.history import newest
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.changes import described
from strategy.views.public import public_page

EVENTS_ON_PAGE = 50
LAST_PAGE = 1000


@public_page
def latest(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """Six queries, however much has changed: no total is counted, and one event more than is shown is read."""
    around = Surroundings.at(viewpoint)
    number = page_number(request.GET.get("page", ""))
    start = (number - 1) * EVENTS_ON_PAGE
    events = newest(Page.objects.all(), around.moment, start, start + EVENTS_ON_PAGE + 1)
    if not events and number > 1:
        raise Http404
    shown = events[:EVENTS_ON_PAGE]
    present = Page.objects.at(around.moment).filter(node__in={event.page.node_id for event in shown})
    addresses = dict(present.values_list("node", "address"))
    rows = [{**described(event, around), **whereabouts(event.page, addresses, around)} for event in shown]
    context = {
        **around.context(request.path),
        "days": [
            {"day": day, "changes": list(changes)}
            for day, changes in groupby(rows, lambda row: localdate(row["event"].at, STOCKHOLM))
        ],
        "number": number,
        "has_more": len(events) > len(shown),
    }
    return render(request, "strategy/latest.html", context)


def whereabouts(page: Page, addresses: dict[int, str], around: Surroundings) -> dict:
    """What a page was called, and where it is now; if it is nowhere, its history."""
    changes_url = around.viewpoint.to("changes", node_id=page.node_id)
    address = addresses.get(page.node_id)
    return {
        "page": around.read(page),
        "url": around.viewpoint.url(address) if address else changes_url,
        "changes_url": changes_url,
    }


def page_number(text: str) -> int:
    if not text:
        return 1
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PAGE))
    if not (is_number and 0 < int(text) <= LAST_PAGE):
        raise Http404
    return int(text)
