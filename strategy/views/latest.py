"""What has changed on the portal, newest first."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from math import ceil

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from strategy.dated import STOCKHOLM
from strategy.history import Event, happened, newest
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.changes import described
from strategy.views.public import public_page

EVENTS_ON_PAGE = 50
LAST_PAGE = 1000


@public_page
def latest(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """
    Six queries, however much has changed: one event more than is shown is read, and how many there are is counted only
    for a page that is none. It gives the last one instead, as in every list of the portal (Paginator.get_page).
    """
    around = Surroundings.at(viewpoint)
    number = page_number(request.GET.get("page", ""))
    events = events_of(number, around.moment)
    if not events and number != 1:
        number = last_page(around.moment)
        events = events_of(number, around.moment)
    shown = events[:EVENTS_ON_PAGE]
    present = Page.objects.at(around.moment).filter(node__in={event.page.node_id for event in shown})
    addresses = dict(present.values_list("node", "address"))
    rows = [{**described(event, around), **whereabouts(event.page, addresses, around)} for event in shown]
    context = {
        **around.context(request.path),
        "days": [
            {"day": day, "changes": changes, "entered_on": entered_together(changes)} for day, changes in by_day(rows)
        ],
        "number": number,
        "has_more": len(events) > len(shown) and number < LAST_PAGE,
    }
    return render(request, "strategy/latest.html", context)


def by_day(rows: list[dict]) -> Iterator[tuple[date, list[dict]]]:
    for day, changes in groupby(rows, lambda row: localdate(row["event"].at, STOCKHOLM)):
        yield day, list(changes)


def entered_together(changes: list[dict]) -> date | None:
    """When all of a day's changes were entered, if that was later and on one day: then it is said once."""
    days = {change["event"].entered_on for change in changes}
    return days.pop() if len(days) == 1 else None


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
    try:
        return int(text)
    except ValueError:
        return 1


def events_of(number: int, moment: datetime) -> list[Event]:
    """What a page of the list shows, and one more; nothing of a page that is none. Four queries."""
    if not 0 < number <= LAST_PAGE:
        return []
    start = (number - 1) * EVENTS_ON_PAGE
    return newest(Page.objects.all(), moment, start, start + EVENTS_ON_PAGE + 1)


def last_page(moment: datetime) -> int:
    """Two queries."""
    total = sum(events.count() for events in happened(Page.objects.all(), moment))
    return min(max(ceil(total / EVENTS_ON_PAGE), 1), LAST_PAGE)
