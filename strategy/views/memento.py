"""TimeGates and TimeMaps (RFC 7089). No page links to them; web archives and their tools know the way by headers."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from portal.language import language_of, without_language
from portal.methods import read_only
from strategy.memento import LINK_FORMAT, BadDatetime, History, link, read_datetime, span_of
from strategy.views.public import one_snapshot

STATES_IN_MAP = 1000

# An address in full, or a path. A proxy may have made one slash of two.
_ADDRESS = re.compile(r"(?:https?:/+([^/?#]+))?/*([^?#]*)[?#]?.*", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(r"/(?:[-\w]+/)*")
_USUAL_PORT = re.compile(r":(?:80|443)$")


@read_only
@one_snapshot
def timegate(request: HttpRequest, uri: str) -> HttpResponse:
    """To the state that Accept-Datetime asks for; without it, to the latest (sections 4.2.1 and 4.5.3)."""
    history = history_of(request, uri)
    asked = request.headers.get("Accept-Datetime", "").strip()
    try:
        state = history.at(read_datetime(asked)) if asked else history.states[-1]
    except BadDatetime:
        text = "Accept-Datetime is written like this: Thu, 31 May 2007 20:35:00 GMT (RFC 7089, section 2.1.1).\n"
        response = HttpResponse(text, status=HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")
        links = history.ways_back()
    else:
        response = HttpResponse(status=HTTPStatus.FOUND, headers={"Location": history.memento(state)})
        links = history.ways_from(state)
    response.headers["Link"] = ", ".join(links)
    patch_vary_headers(response, ["accept-datetime"])
    return for_archives(response)


@read_only
@one_snapshot
def timemap(request: HttpRequest, uri: str, number: str | None = None) -> HttpResponse:
    """All states, in parts when there are many (sections 5 and 5.1.1)."""
    history = history_of(request, uri)
    parts = Paginator(history.states, STATES_IN_MAP)
    try:
        part = parts.page(number or 1)
    except EmptyPage as error:
        raise Http404 from error
    links = [link(history.original, "original"), link(history.timegate, "timegate")]
    for other in parts:
        relation = "self" if other.number == part.number else "timemap"
        links.append(link(history.timemap(other.number), relation, type=LINK_FORMAT, **span_of(other.object_list)))
    first, last = history.states[0], history.states[-1]
    for state in part:
        ends = ("first" if state == first else "", "last" if state == last else "")
        links.append(history.memento_link(state, *ends))
    return for_archives(HttpResponse(",\n".join(links) + "\n", content_type=LINK_FORMAT))


def for_archives(response: HttpResponse) -> HttpResponse:
    """States come as the page changes, and go when an edition is blocked: no cache answers for them by itself."""
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def history_of(request: HttpRequest, uri: str) -> History:
    """Of the page at `uri`, an address of this portal with any query, or a path. Http404 where none was ever public."""
    host, path = _ADDRESS.fullmatch(uri).groups()
    if host and _place(host) not in {_place(request.get_host()), _place(urlsplit(settings.SITE_URL).netloc)}:
        raise Http404
    path = f"/{path}" if path.endswith("/") or not path else f"/{path}/"
    history = History(request, without_language(path), language_of(path))
    if not (_PAGE.fullmatch(path) and history.states):
        raise Http404
    return history


def _place(host: str) -> str:
    return _USUAL_PORT.sub("", host.lower())
