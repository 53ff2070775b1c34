"""The accessibility statement as data."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from portal.site import absolute
from strategy.kinds import NodeKind
from strategy.models import Page
from strategy.statement import Statement
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import shown
from strategy.views.public import public_page


@public_page
def statement(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """That in force (A11Y-7), with the ids of its page."""
    statements = Page.objects.holding(viewpoint.moment).of_kind(NodeKind.STATEMENT)
    found = statements.with_block().shown().in_order().first()
    if found is None:
        raise Http404
    return shown(request, viewpoint, found, show_data)


def show_data(request: HttpRequest, found: Page, around: Surroundings) -> HttpResponse:
    items = Statement(around.read(found), absolute(request, "")).items()
    return JsonResponse(items, json_dumps_params={"ensure_ascii": False, "indent": 2})
