"""The days that a promise ends with: of a roadmap, an effort, a target year."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import DateField, Func, IntegerField, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce, Upper
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone

from strategy.kinds import NodeKind
from strategy.models import Node
from strategy.models.page import PageQuerySet
from strategy.reading import Reading
from strategy.surroundings import Surroundings

# A calendar holds no more; what ends last goes first.
MOST = 1000

# What ends with its period, and what with its target year.
_ENDING = (NodeKind.ROADMAP, NodeKind.EFFORT)
_MEASURED = (NodeKind.VISION, NodeKind.RESULT)
_REFRESHED = timedelta(hours=12)


@dataclass(frozen=True)
class Deadline:
    page: Reading
    on: date

    @property
    def words(self) -> str:
        page = self.page
        title = f"{page.number} {page.title}".lstrip()
        if page.kind in _ENDING:
            return _("{kind} ends: {title}").format(kind=page.kind_word, title=title)
        return _("{kind}, target year {year}: {title}").format(kind=page.kind_word, year=self.on.year, title=title)


def deadlines_of(pages: PageQuerySet, around: Surroundings) -> list[Deadline]:
    """Of what `pages` hold at the moment of `around`, soonest first. One query."""
    year = Cast(Coalesce(KT("document__indicator__target__year"), KT("document__target_year")), IntegerField())
    # A period ends before its upper bound.
    ends = Coalesce(Upper("period"), Func(year + 1, 1, 1, function="make_date"), output_field=DateField())
    # Nobody waits for the end of an effort that is over.
    over = Q(document__contains={"stage": Node.Stage.DONE}) | Q(document__contains={"stage": Node.Stage.DROPPED})
    waited_for = pages.at(around.moment).of_kind(*_ENDING, *_MEASURED).exclude(over)
    last = waited_for.annotate(ends=ends).exclude(ends=None).order_by("-ends", "-pk")[:MOST]
    return [Deadline(around.read(page), page.ends - timedelta(days=1)) for page in reversed(last)]


def calendar_of(deadlines: Iterable[Deadline], *, name: str, origin: str, language: str) -> bytes:
    """As RFC 5545 has it: the same bytes for the same deadlines. `origin` is what the pages' addresses begin with."""
    calendar = Calendar()
    calendar.add("prodid", f"-//{settings.SITE_NAME}//Färdplan//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # The one is of RFC 7986, the other older and read by more.
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _REFRESHED, parameters={"VALUE": "DURATION"})
    for deadline in deadlines:
        calendar.add_component(_event(deadline, origin))
    if not calendar.subcomponents:
        # A calendar has to hold something (section 3.6): this, which shows nowhere, until there is an event.
        calendar.add_component(Timezone.from_tzid("Etc/UTC"))
    return calendar.to_ical()


def _event(deadline: Deadline, origin: str) -> Event:
    page = deadline.page
    event = Event()
    event.add("uid", f"{page.node_id}-{page.kind}@{urlsplit(origin).hostname}")
    event.add("dtstamp", page.updated_at)
    event.add("last-modified", page.updated_at)
    event.add("dtstart", deadline.on)
    event.add("dtend", deadline.on + timedelta(days=1))
    event.add("summary", deadline.words)
    event.add("url", f"{origin}{page.short_url}")
    event.add("categories", [page.kind_word, *([_("Example data")] if page.example else [])])
    # To know of; it keeps nobody busy.
    event.add("transp", "TRANSPARENT")
    if page.lead:
        event.add("description", page.lead)
    return event
