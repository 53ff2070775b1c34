"""
The sitemap: every page that may be read, in the languages that it has a text in, and the lists that lead to them.

Written row by row, so that fifty thousand pages take no more memory than fifty. (Django's sitemaps gather a whole file
before they send any of it, count pages and not addresses, and know of one host, that of the request.)
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import ceil
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, Count, F, Func, IntegerField, Sum
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_safe

from portal.language import in_language
from portal.machines import HOUR
from portal.site import absolute
from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import LEVELS
from strategy.models import Page
from strategy.models.page import EASY_TO_READ, PageQuerySet

# What search engines take in one file (sitemaps.org)
URLS_IN_FILE = 50_000
ROWS_AT_A_TIME = 2_000

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


class Keys(Func):
    """Of an object in JSON."""

    template = "ARRAY(SELECT jsonb_object_keys(%(expressions)s))"
    output_field = ArrayField(CharField())


class Length(Func):
    function = "cardinality"
    output_field = IntegerField()


@require_safe
def sitemap(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """All of it, or an index of its files when it is too much for one; with a number, that file."""
    pages = readable()
    size = pages.aggregate(pages=Count("pk"), urls=Sum(Length("texts") + Length("easy_texts"), default=0))
    languages, lists = len(settings.LANGUAGES), list_addresses()
    # As many as fit, should each have a text and an easy one in every language.
    in_file = max((URLS_IN_FILE - len(lists) * languages) // (2 * languages), 1)
    files = 1 if size["urls"] + len(lists) * languages <= URLS_IN_FILE else ceil(size["pages"] / in_file)
    if number is None and files > 1:
        return written(index(request, files))
    place = 0 if number is None else number - 1
    if not 0 <= place < files:
        raise Http404
    if files > 1:
        pages = pages.order_by("node_id")[place * in_file : (place + 1) * in_file]
    rows = pages.values_list("address", "texts", "easy_texts", "content_since").iterator(chunk_size=ROWS_AT_A_TIME)
    return written(file(request, lists if place == 0 else [], rows))


def written(lines: Iterable[str]) -> StreamingHttpResponse:
    headers = {"Content-Type": "application/xml; charset=utf-8", "Cache-Control": HOUR}
    return StreamingHttpResponse(lines, headers=headers)


def readable() -> PageQuerySet:
    """What the sitemap lists, with the languages of its `texts` and `easy_texts`."""
    texts = {"texts": Keys(F("document__texts")), "easy_texts": Keys(F("document__easy_to_read"))}
    return Page.objects.at().order_by().annotate(**texts)


def list_addresses() -> list[str]:
    """The portal's own pages that search engines may list."""
    return [
        *(reverse("level", kwargs={"slug": level.slug}) for level in LEVELS),
        reverse("tree"),
        reverse("global_goals"),
        *(reverse("global_goal", kwargs={"number": number}) for number in GLOBAL_GOALS),
        reverse("latest"),
    ]


def index(request: HttpRequest, files: int) -> Iterator[str]:
    yield f'{DECLARATION}<sitemapindex xmlns="{SCHEMA}">\n'
    for number in range(1, files + 1):
        address = absolute(request, reverse("sitemap_file", kwargs={"number": number}))
        yield f"<sitemap><loc>{escape(address)}</loc></sitemap>\n"
    yield "</sitemapindex>\n"


def file(request: HttpRequest, lists: Iterable[str], rows: Iterable[tuple]) -> Iterator[str]:
    yield f'{DECLARATION}<urlset xmlns="{SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    all_languages = [code for code, _name in settings.LANGUAGES]
    for address in lists:
        yield from urls(request, address, all_languages, None)
    for address, texts, easy_texts, since in rows:
        yield from urls(request, address, texts, since)
        yield from urls(request, EASY_TO_READ + address, easy_texts, since)
    yield "</urlset>\n"


def urls(request: HttpRequest, address: str, texts: list[str], since: datetime | None) -> Iterator[str]:
    """A page in each of its languages, each naming all of them."""
    found = {
        code: absolute(request, iri_to_uri(in_language(address, code)))
        for code, _name in settings.LANGUAGES
        if code in texts
    }
    if not found:
        return
    changed = f"<lastmod>{since.isoformat(timespec='seconds')}</lastmod>" if since else ""
    others = [*found.items(), ("x-default", next(iter(found.values())))]
    links = "".join(f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(url)}/>' for code, url in others)
    for url in found.values():
        yield f"<url><loc>{escape(url)}</loc>{changed}{links}</url>\n"
