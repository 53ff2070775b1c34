"""
Editions as what happened: a page was published, changed, moved, withdrawn, published again.

A blocked edition is in it with its day and its ground, and with nothing of what it says, what it is called or how it
differs from others. An edition that only re-issues what was said before is no change.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import groupby, islice, pairwise

from django.conf import settings
from django.db.models import F, OuterRef, Subquery, TextChoices, Value
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategy import documents
from strategy.dated import STOCKHOLM
from strategy.differences import Differences
from strategy.fields import Amount, Said
from strategy.models import Block, Page
from strategy.models.page import PageQuerySet
from strategy.surroundings import Surroundings
from strategy.templatetags.reading import lang

# What is recorded this much later than it holds was entered afterwards (strategy.publishing.enter_history).
_AFTERWARDS = timedelta(days=1)


class What(TextChoices):
    NEW = "new", gettext_lazy("Published")
    CHANGED = "changed", gettext_lazy("Changed")
    RETURNED = "returned", gettext_lazy("Published again")
    MOVED = "moved", gettext_lazy("New address")
    WITHDRAWN = "withdrawn", gettext_lazy("No longer public")
    BLOCKED = "blocked", gettext_lazy("May not be shown")


@dataclass(frozen=True)
class Event:
    """
    `page` is the edition that began `at` a moment, or that ended then (WITHDRAWN); None for one that is BLOCKED.
    `before` is the one that the public read until then, if it may be shown.
    """

    what: What
    at: datetime
    page: Page | None = None
    before: Page | None = None
    ground: str = ""

    @property
    def is_change(self) -> bool:
        """Whether something else was said from then on."""
        return self.what in (What.CHANGED, What.RETURNED)

    @property
    def is_publication(self) -> bool:
        """Whether somebody published `page` then."""
        return self.what in (What.NEW, What.CHANGED, What.RETURNED)

    @property
    def entered_on(self) -> date | None:
        """When it was recorded, if that was afterwards."""
        if not self.is_publication or self.page.recorded_at - self.at < _AFTERWARDS:
            return None
        return localdate(self.page.recorded_at, STOCKHOLM)

    def differences(self, around: Surroundings) -> Differences | None:
        """None where there is nothing that it could be compared with. The documents must have been read."""
        if not (self.is_change and self.before):
            return None
        return between(self.before, self.page, around)


def between(before: Page, after: Page, around: Surroundings) -> Differences:
    return Differences(before.document, after.document, around.viewpoint.language, around.unnamed)


class Chronicle:
    """All editions of a node that had begun by a moment. One query; documents are read for those that are shown."""

    def __init__(self, node_id: int, moment: datetime) -> None:
        self.moment = moment
        editions = Page.objects.begun_by(moment).filter(node=node_id).order_by("valid")
        self.editions = list(editions.with_block().defer("document", "title"))

    @property
    def latest(self) -> Page | None:
        """Of what may be shown."""
        return next((page for page in reversed(self.editions) if not page.block_id), None)

    @cached_property
    def choices(self) -> list[Page]:
        """What can be compared: each content once, newest first."""
        return [page for page in reversed(self.editions) if not page.block_id and self._says_something_new(page)]

    def edition(self, pk: int) -> Page | None:
        return next((page for page in self.editions if page.pk == pk), None)

    def reasons(self, before: Page, after: Page) -> list[str]:
        """Why it was changed from the one to the other, oldest first, where somebody said so; each once."""
        between = (page for page in self.choices if before.begins_at < page.content_since <= after.begins_at)
        return list(dict.fromkeys(page.reason for page in reversed(list(between)) if page.reason))

    def first_saying(self, page: Page) -> Page:
        """The edition that `page` is a re-issue of, or itself."""
        return next((other for other in self.choices if other.content_since == page.content_since), page)

    @cached_property
    def events(self) -> list[Event]:
        """Newest first. One query more where something is blocked."""
        blocks = Block.objects.in_bulk({page.block_id for page in self.editions} - {None})
        events = [
            event for before, page in pairwise([None, *self.editions]) for event in self._events(before, page, blocks)
        ]
        last = self.editions[-1]
        if last.ends_at and last.ends_at <= self.moment:
            events.append(Event(What.WITHDRAWN, last.ends_at, _shown(last)))
        return events[::-1]

    def _events(self, before: Page | None, page: Page, blocks: dict[int, Block]) -> Iterator[Event]:
        gap = before is not None and before.ends_at < page.begins_at
        if gap:
            yield Event(What.WITHDRAWN, before.ends_at, _shown(before))
        if page.block_id:
            if self._says_something_new(page):
                yield Event(What.BLOCKED, page.begins_at, ground=blocks[page.block_id].get_ground_display())
        elif before is None:
            yield Event(What.NEW, page.begins_at, page)
        elif self._says_something_new(page):
            yield Event(What.RETURNED if gap else What.CHANGED, page.begins_at, page, _shown(before))
        elif page.address != before.address:
            yield Event(What.MOVED, page.begins_at, page, _shown(before))

    def _says_something_new(self, page: Page) -> bool:
        return page.content_since == page.begins_at or page == self.editions[0]


def _shown(page: Page) -> Page | None:
    return None if page.block_id else page


def read_documents(pages: Iterable[Page | None]) -> None:
    """Those of `pages` that may be shown, in one query."""
    pages = [page for page in pages if page]
    readable = Page.objects.readable().filter(pk__in={page.pk for page in pages})
    documents = dict(readable.values_list("pk", "document"))
    for page in pages:
        page.document = documents[page.pk]


def happened(pages: PageQuerySet, moment: datetime) -> tuple[PageQuerySet, PageQuerySet]:
    """
    The editions of `pages` that said something new by a moment, and those with which something was withdrawn, each with
    `at`: when. Moves and what is blocked are left out.
    """
    began = pages.begun_by(moment).readable().changes().annotate(at=F("content_since"), ended=Value(0))
    ended = pages.withdrawn_by(moment).readable().annotate(at=F("valid__endswith"), ended=Value(1))
    return began, ended


def newest(pages: PageQuerySet, moment: datetime, start: int, stop: int) -> list[Event]:
    """
    A slice of what had happened to `pages` by a moment, newest first. Four queries, documents included. Two lists are
    merged, since each has an index and their union would have none.
    """
    newest_of_both = [
        rows.order_by("-at", "-pk").values_list("at", "pk", "ended")[:stop] for rows in happened(pages, moment)
    ]
    chosen = [*islice(merge(*newest_of_both, reverse=True), start, stop)]
    earlier = Page.objects.filter(node=OuterRef("node"), valid__startswith__lt=OuterRef("valid__startswith"))
    found = (
        Page.objects.filter(pk__in={pk for _at, pk, _ended in chosen})
        .annotate(earlier_id=Subquery(earlier.order_by("-valid").values("pk")[:1]))
        .in_bulk()
    )
    before = Page.objects.with_block().in_bulk({page.earlier_id for page in found.values()} - {None})
    return [
        Event(What.WITHDRAWN, at, found[pk]) if ended else _began(found[pk], before.get(found[pk].earlier_id))
        for at, pk, ended in chosen
    ]


def _began(page: Page, before: Page | None) -> Event:
    if before is None:
        return Event(What.NEW, page.begins_at, page)
    what = What.RETURNED if before.ends_at < page.begins_at else What.CHANGED
    return Event(what, page.begins_at, page, _shown(before))


@dataclass(frozen=True)
class Earlier:
    """A target or a baseline that a page gave from one moment to another, and that is not the one it gives."""

    is_target: bool
    amount: Amount
    # Where that was another too
    year: int | None
    since: datetime
    until: datetime

    @property
    def sentence(self) -> SafeString:
        amount = format_html("<bdi{}>{}</bdi>", lang(settings.LANGUAGE_CODE), self.amount.words())
        if self.year:
            amount = format_html("{} ({})", amount, self.year)
        # A day is what stood at its end.
        last = localdate(self.until, STOCKHOLM) - timedelta(days=1)
        if last < localdate(self.since, STOCKHOLM):
            last += timedelta(days=1)
            words = (
                _("The target was {amount} for part of {day}.")
                if self.is_target
                else _("The baseline was given as {amount} for part of {day}.")
            )
        else:
            words = (
                _("The target was {amount} up to and including {day}.")
                if self.is_target
                else _("The baseline was given as {amount} up to and including {day}.")
            )
        day = format_html('<time datetime="{}">{}</time>', last.isoformat(), date_format(last, "j F Y"))
        return format_html(words, amount=amount, day=day)


def earlier_values(page: Page, moment: datetime) -> list[Earlier]:
    """
    The targets that a result had before `page`, newest first, and its baselines, each for as long as it stood. One
    query.
    """
    editions = Page.objects.readable().begun_by(moment).filter(node=page.node_id).exclude(pk=page.pk)
    editions = [*editions.order_by("valid").only("valid", "document"), page]
    return [earlier for name in ("target", "baseline") for earlier in _earlier(name, editions)]


def _earlier(name: str, editions: list[Page]) -> Iterator[Earlier]:
    def value(page: Page) -> tuple[Amount | None, int | None]:
        said = Said(documents.upgrade(page.document), settings.LANGUAGE_CODE)
        return said.amount(name), said.part("indicator", name, "year")

    *runs, ((_amount, present_year), _pages) = [(key, list(pages)) for key, pages in groupby(editions, value)]
    for (amount, year), pages in reversed(runs):
        if amount:
            other_year = year if year != present_year else None
            yield Earlier(name == "target", amount, other_year, pages[0].begins_at, pages[-1].ends_at)
