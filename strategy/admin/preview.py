"""What only staff see, through the public templates: a node before it is published, an edition that has ended."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now

from strategy import documents
from strategy.models import Node, Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.easy import show_easy
from strategy.views.pages import show_page


def show(request: HttpRequest, page: Page, moment: datetime, note: str) -> HttpResponse:
    """`note` says above the page what staff look at. There is no report form on it."""
    around = Surroundings.at(Viewpoint(request.LANGUAGE_CODE, moment))
    media_url = reverse("admin:strategy_node_changelist") + "media/"
    return _for_staff(show_page(request, page, around, media_url=media_url, staff_note=note))


def show_easy_text(request: HttpRequest, page: Page, moment: datetime, note: str) -> HttpResponse:
    """The easy-to-read text of `page`, in the same way."""
    around = Surroundings.at(Viewpoint(request.LANGUAGE_CODE, moment))
    return _for_staff(show_easy(request, page, around, staff_note=note))


def _for_staff(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def draft(node: Node) -> Page:
    """`node` as the edition it would be if it were published now; not saved."""
    ancestors = list(Node.objects.get_ancestors(node))
    slugs = [step.slug for step in (*ancestors, node) if step.slug]
    return Page(
        node=node,
        parent_id=ancestors[-1].pk if ancestors else None,
        trail="".join(f"/{step.pk}" for step in (*ancestors, node)) + "/",
        position=Page.objects.holding().filter(node=node).values_list("position", flat=True).first() or 0,
        kind=node.kind,
        address="".join(f"/{slug}" for slug in slugs) + "/",
        title=node.title,
        document=documents.build(node),
        content_since=now(),
    )
