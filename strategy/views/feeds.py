"""To follow the portal, a page with what is under it, or a board, without an account: Atom and iCalendar."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import conditional_page

from portal.methods import read_only
from portal.site import absolute
from strategy.deadlines import calendar_of, deadlines_of
from strategy.history import Event, What, newest, read_documents
from strategy.models import Page
from strategy.reading import Reading
from strategy.surroundings import Surroundings
from strategy.templatetags.reading import lang
from strategy.viewpoint import PARAMETER, Viewpoint
from strategy.views.changes import described
from strategy.views.public import one_snapshot

ENTRIES = 50

# Part of every entry's name: a reader that met another would take all entries for new.
YEAR_OF_TAGS = 2026

# What XML can't hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def followed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    A view of what is new: asked for a day, it answers 400. Its only validator is the hash of what is sent, so that what
    was blocked since is never taken for unchanged.
    """

    @read_only
    @conditional_page
    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if PARAMETER in request.GET:
            raise BadRequest("A feed tells what is new today.")
        return one_snapshot(view)(request, Viewpoint(request.LANGUAGE_CODE), **kwargs)

    return wrapped


@followed
def feed(request: HttpRequest, viewpoint: Viewpoint, node_id: int | None = None) -> HttpResponse:
    """What changed lately on the portal, or on what concerns a node. Four queries, and one for the node."""
    around = Surroundings.at(viewpoint)
    reading = latest_of(node_id, around)
    pages = Page.objects.all() if node_id is None else Page.objects.news_of(node_id)
    events = newest(pages, around.moment, 0, ENTRIES)
    atom = Feed(
        title=_printable(_named(reading.title if reading else _("Latest changes"))),
        subtitle=_("What is new, changed and withdrawn."),
        description="",
        link=absolute(request, reverse("changes", kwargs={"node_id": node_id}) if node_id else reverse("latest")),
        feed_url=absolute(request, request.path),
        feed_guid=tag(request, f"feed:{viewpoint.language}:{node_id or 'all'}"),
        language=viewpoint.language,
        author_name=settings.SITE_NAME,
        # Nothing has happened to a node whose only edition may not be shown.
        updated=events[0].at if events else datetime.fromtimestamp(0, around.moment.tzinfo),
    )
    for event in events:
        atom.add_item(**entry(request, event, around))
    return HttpResponse(atom.writeString("utf-8"), content_type=atom.content_type)


@followed
def calendar(request: HttpRequest, viewpoint: Viewpoint, node_id: int | None = None) -> HttpResponse:
    """When what is promised is to be there: of all, or of what concerns a node. Two queries, and one for the node."""
    around = Surroundings.at(viewpoint)
    reading = latest_of(node_id, around)
    pages = Page.objects.all() if node_id is None else Page.objects.concerning(node_id)
    content = calendar_of(
        deadlines_of(pages, around),
        name=_printable(_named(reading.title if reading else _("Deadlines"))),
        origin=absolute(request, ""),
        language=viewpoint.language,
    )
    return HttpResponse(content, content_type="text/calendar; charset=utf-8")


class Feed(Atom1Feed):
    """As new as the newest that it tells of; without anything to tell of, not as new as the request."""

    def latest_post_date(self) -> datetime:
        return self.feed["updated"]


def latest_of(node_id: int | None, around: Surroundings) -> Reading | None:
    """What the node says, or said last; None for the whole portal, and where nothing of it may be shown."""
    if node_id is None:
        return None
    editions = Page.objects.begun_by(around.moment).filter(node=node_id).with_block().order_by("-valid")
    found = list(editions.defer("document"))
    if not found:
        raise Http404
    shown = next((page for page in found if not page.block_id), None)
    read_documents([shown])
    return around.read(shown) if shown else None


def entry(request: HttpRequest, event: Event, around: Surroundings) -> dict[str, Any]:
    page = around.read(event.page)
    told = described(event, around)
    own_url = reverse("changes" if event.what == What.WITHDRAWN else "node", kwargs={"node_id": page.node_id})
    return {
        "title": _printable(f"{told['word']}: {f'{page.number} {page.title}'.lstrip()}"),
        "link": absolute(request, told["compare_url"] or own_url),
        # Without words, no summary.
        "description": _printable(summary(event, page, told["sentences"])) or None,
        "unique_id": tag(request, f"{event.what}:{around.viewpoint.language}:{event.page.pk}"),
        "pubdate": event.at,
        "updateddate": event.at,
        "categories": [page.kind_word],
    }


def summary(event: Event, page: Reading, sentences: list[str]) -> SafeString:
    """What is new, in HTML: of what was not there before its lead, of all else how it differs; and why."""
    lines = [(lang(page.language), page.lead)] if event.what == What.NEW and page.lead else []
    if event.is_change:
        lines = [("", sentence) for sentence in sentences]
    if event.is_publication and event.page.reason:
        # Staff write it in the default language.
        reason = format_html("{}: <span{}>{}</span>", _("Why"), lang(settings.LANGUAGE_CODE), event.page.reason)
        lines.append(("", reason))
    return format_html_join("", "<p{}>{}</p>", lines)


def tag(request: HttpRequest, name: str) -> str:
    """A name for good (RFC 4151), in the year's name of the host of SITE_URL."""
    return f"tag:{urlsplit(absolute(request, '')).hostname},{YEAR_OF_TAGS}:{name}"


def _named(title: str) -> str:
    return f"{title} – {settings.SITE_NAME}" if settings.SITE_NAME else title


def _printable(text: str) -> str:
    return _CONTROL.sub("", text)
