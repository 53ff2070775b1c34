"""The edit that fixed it: a report leads to the edition that came of it, and the page's history back to the report."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from feedback import register
from feedback.handling import turn
from feedback.inbox import SUSPECTED
from feedback.models import Entry, Event
from feedback.steps import OPEN, Deed
from strategy import publishing
from strategy.dated import STOCKHOLM
from strategy.models import Page
from strategy.models.page import PageQuerySet
from strategy.occasions import Occasion, Source

MOST_OFFERED = 50


def editions_since(entry: Entry) -> PageQuerySet:
    """What the page has said since what the reporter saw, newest first. None for a list, which has no editions."""
    if entry.edition is None:
        return Page.objects.none()
    later = Page.objects.begun().readable().changes().filter(node=entry.edition.node_id)
    return later.filter(valid__startswith__gt=entry.edition.begins_at).order_by("-valid")


def correct(entry: Entry, after: Page, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    """Raises register.Refused, or register.Changed if something has happened since `seen`."""
    with turn(entry, seen):
        if not editions_since(entry).filter(pk=after.pk).exists():
            raise register.Refused(_("Choose a version that the page has had since the report."))
        return _record(entry, after, by)


def _record(entry: Entry, after: Page, by: AbstractBaseUser) -> Event:
    if Event.objects.filter(entry=entry, kind=Deed.CORRECTED, facts__after=after.pk).exists():
        raise register.Refused(_("That version is already named as the correction."))
    earlier = Page.objects.readable().filter(node=after.node_id, valid__startswith__lt=after.begins_at)
    before = earlier.order_by("-valid").first()
    facts = {"node": after.node_id, "before": before.pk if before else None, "after": after.pk}
    return register.record(entry, Deed.CORRECTED, by=by, facts=facts)


# What the app that publishes is told (strategy.occasions): numbers, days and kinds, which everybody may read.


def offered(nodes: Iterable[int]) -> list[tuple[str, str]]:
    entries = Entry.objects.filter(edition__node__in=list(nodes), standing__state__in=OPEN)
    entries = entries.filter(standing__subject_hidden=False).exclude(SUSPECTED).order_by("-received_at")[:MOST_OFFERED]
    return [
        (
            str(entry.pk),
            f"{entry}, {date_format(localtime(entry.received_at, STOCKHOLM), 'j F Y')}: {entry.get_kind_display()}",
        )
        for entry in entries
    ]


def settle(chosen: Sequence[str], pages: Sequence[Page], by: AbstractBaseUser) -> None:
    published = {page.node_id: page for page in pages}
    for entry in Entry.objects.filter(pk__in=chosen).select_related("edition").order_by("pk"):
        page = published.get(entry.edition.node_id)
        if page is None:
            raise publishing.Refused(_("Nothing had changed on the page that %(number)s is about.") % {"number": entry})
        try:
            with turn(entry):
                _record(entry, page, by)
        except register.Refused as refused:
            raise publishing.Refused(str(refused)) from refused


def of(pages: Iterable[int]) -> dict[int, list[Occasion]]:
    """By edition. One query. Without those that can't be told of in public."""
    events = Event.objects.filter(kind=Deed.CORRECTED, facts__after__in=list(pages))
    events = events.filter(entry__standing__subject_hidden=False).select_related("entry").order_by("sequence")
    found = defaultdict(list)
    for event in events:
        entry = event.entry
        place = {"series": entry.series, "year": entry.year, "number": entry.number}
        found[event.facts["after"]].append(Occasion(entry.designation, reverse("diary_entry", kwargs=place)))
    return dict(found)


SOURCE = Source(offered=offered, settle=settle, of=of)
