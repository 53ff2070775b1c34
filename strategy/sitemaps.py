"""
The sitemap: every page that may be read, in the languages that it has a text in, and the lists that lead to them.

Written row by row, so that fifty thousand pages take no more memory than fifty. (Django's sitemaps gather a whole file
before they send any of it, count pages and not addresses, and know of one host, that of the request.)
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, CharField, F, Func, IntegerField, Max, Sum
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from portal.language import in_language
from portal.machines import HOUR
from portal.methods import read_only
from portal.site import absolute
from strategy.global_goals import GLOBAL_GOALS
from strategy.history import happened
from strategy.kinds import LEVELS, PROMISES, NodeKind
from strategy.models import Page
from strategy.models.page import EASY_TO_READ, PageQuerySet
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import start_context
from strategy.views.tree import SLUGS

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


@read_only
def sitemap(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """
    All of it, or an index of its files when it is too much for one; with a number, that file. Each page has its file by
    its node, so that none falls between two when something is published while they are fetched.
    """
    around = Surroundings.at(Viewpoint(settings.LANGUAGE_CODE))
    lists, pages = lists_of(around), readable()
    languages = len(settings.LANGUAGES)
    room = URLS_IN_FILE - len(lists) * languages
    size = pages.aggregate(urls=Sum(Length("texts") + Length("easy_texts"), default=0))
    numbers = {1}
    if size["urls"] > room:
        # As many nodes as fit, should each have a text and an easy one in every language.
        pages = pages.annotate(file=Cast("node_id", BigIntegerField()) / max(room // (2 * languages), 1) + 1)
        numbers.update(pages.values_list("file", flat=True).distinct())
        if number is None:
            return written(index(request, sorted(numbers)))
    number = 1 if number is None else number
    if number not in numbers:
        raise Http404
    if len(numbers) > 1:
        pages = pages.filter(file=number)
    rows = pages.values_list("address", "texts", "easy_texts", "content_since").iterator(chunk_size=ROWS_AT_A_TIME)
    return written(file(request, lists if number == 1 else {}, rows, composed(around)))


def written(lines: Iterable[str]) -> StreamingHttpResponse:
    headers = {"Content-Type": "application/xml; charset=utf-8", "Cache-Control": HOUR}
    return StreamingHttpResponse(lines, headers=headers)


def readable() -> PageQuerySet:
    """What the sitemap lists, with the languages of its `texts` and `easy_texts`."""
    texts = {"texts": Keys(F("document__texts")), "easy_texts": Keys(F("document__easy_to_read"))}
    return Page.objects.at().order_by().annotate(**texts)


def lists_of(around: Surroundings) -> dict[str, datetime | None]:
    """
    The portal's own pages that search engines may list, and when what they list last changed; None where only reading
    all of it would tell: what serves a global goal. Two queries.
    """
    changed = defaultdict(list)
    for rows in happened(Page.objects.all(), around.moment):
        for kind, at in rows.order_by().values_list("kind").annotate(last=Max("at")).values_list("kind", "last"):
            changed[kind].append(at)

    def last(*kinds: str) -> datetime | None:
        return max((at for kind in kinds for at in changed[kind]), default=None)

    return {
        reverse("search"): last(*PROMISES),
        **{reverse("level", kwargs={"slug": level.slug}): last(level.kind) for level in LEVELS},
        reverse("tree"): last(NodeKind.ROADMAP, *SLUGS),
        reverse("global_goals"): None,
        **{reverse("global_goal", kwargs={"number": number}): None for number in GLOBAL_GOALS},
        reverse("latest"): last(*NodeKind),
    }


def composed(around: Surroundings) -> dict[str, datetime]:
    """When a page last changed whose texts are those of others: the start page. Two queries."""
    start = around.start
    return {start.page.address: start_context(start.page, around)["updated_at"]} if start else {}


def index(request: HttpRequest, numbers: Iterable[int]) -> Iterator[str]:
    yield f'{DECLARATION}<sitemapindex xmlns="{SCHEMA}">\n'
    for number in numbers:
        address = absolute(request, reverse("sitemap_file", kwargs={"number": number}))
        yield f"<sitemap><loc>{escape(address)}</loc></sitemap>\n"
    yield "</sitemapindex>\n"


def file(
    request: HttpRequest,
    lists: Mapping[str, datetime | None],
    rows: Iterable[tuple],
    changed: Mapping[str, datetime],
) -> Iterator[str]:
    """`changed` has the addresses of pages that are newer than their own texts."""
    yield f'{DECLARATION}<urlset xmlns="{SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n'
    all_languages = [code for code, _name in settings.LANGUAGES]
    for address, since in lists.items():
        yield from urls(request, address, all_languages, since)
    for address, texts, easy_texts, since in rows:
        yield from urls(request, address, texts, changed.get(address, since))
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
