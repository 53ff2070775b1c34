"""Searching all pages, and the filtered list of all that is promised: one page with one address for both."""

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format

from strategy.filters import Filters, address, groups
from strategy.gathering import with_areas
from strategy.models import Page
from strategy.models.page import PageQuerySet
from strategy.search import Found, Marker, Matches, Query, suggestion
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.public import public_page

HITS_ON_PAGE = 20


@public_page
def search(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """As many queries however much there is and is found; some more for each word where nothing is."""
    around = Surroundings.at(viewpoint)
    moment, language = around.moment, viewpoint.language
    query = Query.of(request.GET.get("q", ""))
    filters = Filters.of(request.GET)
    if query:
        found, pages = searched(query, filters, language, moment)
    else:
        found, pages = listed(query, filters, around)
    page_obj = Paginator(found, HITS_ON_PAGE).get_page(request.GET.get("page"))
    let_through = Page.objects.among(found.ids) if filters else pages
    choices = groups(pages, let_through, filters, query.text, around)
    total = page_obj.paginator.count
    context = {
        **around.context(request.path),
        "query": query,
        "filters": filters,
        "chosen": [choice for group in choices for choice in group.choices if choice.chosen],
        # Of a node that is not public, say.
        "nameless": len(filters.chosen) > sum(group.is_open for group in choices),
        "groups": choices,
        "results": results(list(page_obj), query, around),
        "page_obj": page_obj,
        "total": total,
        "only_some_words": bool(total and found.only_some_words),
        "total_words": number_format(total, use_l10n=True, force_grouping=True),
        "suggestion": suggested(query, filters, around) if query and (found.only_some_words or not total) else None,
        "clear_url": address(around, query.text, {}),
        "noindex": bool(query.text or filters or filters.unknown or page_obj.number > 1),
    }
    return render(request, "strategy/search.html", context)


def searched(query: Query, filters: Filters, language: str, moment: datetime) -> tuple[Found, PageQuerySet]:
    """What is found by words, with what filters let through; and all that is found by words."""
    found = Matches.of(query, language, moment) or Found.by_some_words(query, language, moment)
    pages = Page.objects.among(found.ids)
    return found.within(filters.of_pages(pages, moment)) if filters else found, pages


def listed(query: Query, filters: Filters, around: Surroundings) -> tuple[Found, PageQuerySet]:
    """Without words, what is promised, or what filters let through; and all pages. Of what has no word, nothing."""
    pages = Page.objects.none() if query.text else Page.objects.at(around.moment)
    shown = filters.of_pages(pages, around.moment) if filters else pages.promises()
    trails = [roadmap.page.trail for roadmap in reversed(around.every_roadmap)]
    return Found(list(shown.by_number(trails).values_list("pk", flat=True))), pages


def results(ids: list[int], query: Query, around: Surroundings) -> list[dict]:
    """Two queries: the pages that were found, and those above them."""
    by_id = Page.objects.in_bulk(ids)
    marker = Marker.of(query)
    shown = []
    for reading in with_areas([by_id[pk] for pk in ids], around):
        extract = marker.extract(reading.lead, reading.text["body"]) if query else marker.marked(reading.lead)
        shown.append({"page": reading, "title": marker.marked(reading.title), "extract": extract})
    return shown


def suggested(query: Query, filters: Filters, around: Surroundings) -> dict | None:
    """What may have been meant, where something is found by it."""
    text = suggestion(query, around.viewpoint.language, around.moment)
    return {"text": text, "url": address(around, text, filters.chosen)} if text else None
