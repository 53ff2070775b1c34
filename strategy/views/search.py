"""Searching all pages, and the filtered list of all that is promised: one page with one address for both."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format

from strategy.filters import Filters, address, groups
from strategy.gathering import with_areas
from strategy.models import Page
from strategy.search import Found, Marker, Query, suggestion
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
    every = Page.objects.at(moment)
    if query:
        found = Found.of(query, language, moment)
        if not found and len(query.terms) > 1:
            found = Found.of_some(query, language, moment)
        pages = Page.objects.among(found.ids)
        if filters:
            found = found.within(filters.of_pages(pages, moment))
    else:
        # Without words, a list of what is promised; of what is written and has no word, nothing.
        pages = every.none() if query.text else every
        listed = filters.of_pages(pages, moment) if filters else pages.promises()
        trails = [roadmap.page.trail for roadmap in reversed(around.every_roadmap)]
        found = list(listed.by_number(trails).values_list("pk", flat=True))
    page_obj = Paginator(found, HITS_ON_PAGE).get_page(request.GET.get("page"))
    let_through = Page.objects.among(found.ids if query else found) if filters else pages
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
        "only_some_words": bool(query and total and found.in_order),
        "total_words": number_format(total, use_l10n=True, force_grouping=True),
        "suggestion": suggested(query, filters, around) if query and (found.in_order or not total) else None,
        "clear_url": address(around, query.text, {}),
        "noindex": bool(query.text or filters or filters.unknown or page_obj.number > 1),
    }
    return render(request, "strategy/search.html", context)


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
