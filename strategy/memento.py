"""
The Memento protocol (RFC 7089): from the address of a page to the states that it has had, each with its own address.

An address's states are those of the page that stood there; at times when none did, those of the page that stands there
now, or stood there last, wherever it was. A state begins when what the page shows changes: its own edition, or one of
those it lists. What is blocked has no state.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, Upper
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django.utils.http import http_date

from portal.language import in_language
from portal.site import absolute
from strategy.kinds import NodeKind, children_of
from strategy.models import Page
from strategy.viewpoint import PARAMETER, Viewpoint, in_address

LINK_FORMAT = "application/link-format"

# What the start page is composed of
PARTS_OF_START = (NodeKind.VISION, NodeKind.ROADMAP, NodeKind.THEME, NodeKind.AREA)

# RFC 7089, figure 1. The day of the week is not compared with the date: the RFC's own examples have it wrong.
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(rf"(?:{_DAYS}), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)


class BadDatetime(ValueError):
    """Accept-Datetime is not of the form that RFC 7089 asks for."""


def read_datetime(header: str) -> datetime:
    """The last moment of the second that Accept-Datetime names: headers say no more of a moment than its second."""
    match = _DATE.fullmatch(header)
    if match is None:
        raise BadDatetime(header)
    day, month, year, *time = match.groups()
    try:
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, time), 999_999, tzinfo=UTC)
    except ValueError as error:
        raise BadDatetime(header) from error


@dataclass(frozen=True)
class State:
    """`address`, without language, is where the page was."""

    at: datetime
    address: str


class History:
    """The states of what has `address` (a path without language), in one language."""

    def __init__(self, request: HttpRequest, address: str, language: str) -> None:
        self.request = request
        self.address = address
        self.language = language

    @cached_property
    def states(self) -> list[State]:
        """In order of time. Two queries."""
        here = Page.objects.begun().filter(address=self.address).values("node")
        own = Page.objects.begun().filter(node__in=here).with_block().shown().defer("document").order_by("valid")
        own = list(own)
        if not own:
            return []
        last = [page for page in own if page.address == self.address][-1].node_id
        states = []
        for moment in sorted(moments_of(own)):
            page = page_at(moment, own, self.address, last)
            if page and not page.block_id:
                states.append(State(moment, page.address))
        return states

    def at(self, moment: datetime) -> State:
        """The state in force at `moment`, else the last one before it, else the first (section 4.5.3)."""
        return self.states[max(bisect_right(self.states, moment, key=lambda state: state.at) - 1, 0)]

    @property
    def original(self) -> str:
        """URI-R."""
        return self._absolute(in_language(self.address, self.language))

    @property
    def timegate(self) -> str:
        """URI-G."""
        return absolute(self.request, f"/timegate/{self.original}")

    def timemap(self, number: int = 1) -> str:
        """URI-T, of the first or another part of the map."""
        return absolute(self.request, f"/timemap/link/{f'{number}/' if number > 1 else ''}{self.original}")

    def memento(self, state: State) -> str:
        """URI-M."""
        return self._absolute(Viewpoint(self.language, state.at, in_address(state.at)).url(state.address))

    def ways(self) -> list[str]:
        """The links from an original resource to its states. No query."""
        return [link(self.timegate, "timegate"), link(self.timemap(), "timemap", type=LINK_FORMAT)]

    def ways_back(self) -> list[str]:
        """The links from a state to its original, and from there. No query."""
        return [link(self.original, "original"), *self.ways()]

    def ways_from(self, chosen: State) -> list[str]:
        """The links from the choice of a state: home, to all states, and to those of most use from here."""
        span = span_of(self.states)
        return [
            link(self.original, "original"),
            link(self.timegate, "timegate"),
            link(self.timemap(), "timemap", type=LINK_FORMAT, **span),
            *self.mementos(chosen),
        ]

    def mementos(self, chosen: State) -> list[str]:
        """Links to the first state and the last, to `chosen`, and to those beside it: one link for each state."""
        place, end = self.states.index(chosen), len(self.states) - 1
        relations = defaultdict(list)
        for relation, at in (("first", 0), ("prev", place - 1), ("", place), ("next", place + 1), ("last", end)):
            if 0 <= at <= end:
                relations[at].append(relation)
        return [self.memento_link(self.states[at], *relations[at]) for at in sorted(relations)]

    def memento_link(self, state: State, *relations: str) -> str:
        words = " ".join(filter(None, (*relations, "memento")))
        return link(self.memento(state), words, datetime=header_date(state.at))

    def _absolute(self, path: str) -> str:
        return absolute(self.request, iri_to_uri(path))


def announce(response: HttpResponse, history: History, viewpoint: Viewpoint) -> None:
    """
    The headers by which archives find their way from the page of `history`, whatever the answer is: gone and moved
    pages have states too (section 4.5.2), and what leads to a state at another address names the way (4.5.7). Which
    states lie beside the one that is shown is for the TimeGate to say, and optional (2.2.4): no page waits for that.
    """
    links = history.ways_back() if viewpoint.asked else history.ways()
    # An answer may have links of its own: who has it blocked.
    response.headers["Link"] = ", ".join([*filter(None, [response.headers.get("Link")]), *links])


def mark(request: HttpRequest, response: HttpResponse, viewpoint: Viewpoint) -> None:
    """Say that the answer is a state (section 2.1.1), and of what, if it is a list: those have no TimeGate (4.4)."""
    if response.status_code != HTTPStatus.OK:
        return
    response.headers["Memento-Datetime"] = header_date(viewpoint.moment)
    if "Link" not in response.headers:
        query = request.GET.copy()
        del query[PARAMETER]
        path = iri_to_uri(request.path) + (f"?{query.urlencode()}" if query else "")
        response.headers["Link"] = link(absolute(request, path), "original")


def moments_of(own: list[Page]) -> set[datetime]:
    """When something changed on a page, given its editions (with `shown_at`). One query."""
    listed = Page.objects.begun().readable().filter(listed_by(own)).order_by()
    begins = listed.annotate(at=Lower("valid")).values_list("at")
    ends = listed.exclude(valid__upper_inf=True).annotate(at=Upper("valid")).values_list("at")
    counts = [moments for page in {page.node_id: page for page in own}.values() for moments in changes_of_count(page)]
    changes = {moment for (moment,) in begins.union(ends, *counts)}
    edges = {page.begins_at for page in own} | {page.ends_at for page in own if page.ends_at}
    return {moment for moment in changes | edges if moment <= own[0].shown_at}


def listed_by(own: list[Page]) -> Q:
    """The editions that a page lists or is composed of, given its own."""
    listed = Q(parent__in={page.node_id for page in own if page.kind != NodeKind.START})
    for kind, node_id in {(page.kind, page.node_id) for page in own}:
        if kind == NodeKind.START:
            listed |= Q(kind__in=PARTS_OF_START)
        if kind == NodeKind.BOARD:
            listed |= Q(boards__contains=[node_id])
        if kind == NodeKind.THEME:
            serving = Page.objects.begun().filter(themes__contains=[node_id]).values("node")
            below = Page.objects.filter(lineage__overlap=ArraySubquery(serving))
            listed |= Q(pk__in=below.values("pk"))
    return listed


def changes_of_count(page: Page) -> list[QuerySet]:
    """When a promise came to stand below a page, or no longer did: pages say how many there are."""
    if not children_of(page.kind):
        return []
    counted = Page.objects.begun().readable().promises().below(page.node_id).order_by()
    same = counted.filter(node=OuterRef("node"))
    came = counted.annotate(at=Lower("valid")).exclude(Exists(same.filter(valid__endswith=OuterRef("at"))))
    went = counted.annotate(at=Upper("valid")).exclude(Exists(same.filter(valid__startswith=OuterRef("at"))))
    return [came.values_list("at"), went.exclude(at=None).values_list("at")]


def page_at(moment: datetime, own: list[Page], address: str, last: int) -> Page | None:
    """The edition that stood at `address` then, else that of the node `last`."""
    holding = [page for page in own if moment in page.valid]
    here = (page for page in holding if page.address == address)
    return next(here, None) or next((page for page in holding if page.node_id == last), None)


def span_of(states: list[State]) -> dict[str, str]:
    return {"from": header_date(states[0].at), "until": header_date(states[-1].at)}


def link(target: str, relation: str, **attributes: str) -> str:
    """One link of a Link header or a TimeMap (RFC 8288)."""
    words = "".join(f'; {name}="{value}"' for name, value in attributes.items())
    return f'<{target}>; rel="{relation}"{words}'


def header_date(moment: datetime) -> str:
    return http_date(moment.replace(microsecond=0).timestamp())
