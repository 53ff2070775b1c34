"""All pages of one level of the steering model, and all boards."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from strategy.gathering import in_turn, tally
from strategy.kinds import LEVELS
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.public import public_page

PAGES_IN_LIST = 100


@public_page
def level(request: HttpRequest, viewpoint: Viewpoint, slug: str) -> HttpResponse:
    found = next((level for level in LEVELS if level.slug == slug), None)
    if found is None:
        raise Http404
    around = Surroundings.at(viewpoint)
    turns = in_turn(around)
    pages = Page.objects.at(around.moment).of_kind(found.kind).by_number([roadmap.page.trail for roadmap in turns])
    page_obj = Paginator(pages, PAGES_IN_LIST).get_page(request.GET.get("page"))
    readings = [around.read(page) for page in page_obj]
    # Roadmaps number alike what they hold.
    if len(turns) > 1:
        for reading in readings:
            reading.above = around.roadmap_of(reading.page)
    context = {
        **around.context(request.path),
        **around.level_context(found.kind),
        "word": around.level_word(found),
        "about": found.about,
        "tally": tally(found.kind, page_obj.paginator.count, around.words),
        "pages": readings,
        "page_obj": page_obj,
    }
    return render(request, "strategy/level.html", context)
