"""What only staff see, through the public templates: a node before it is published, an edition that has ended."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now

from strategy import documents
from strategy.models import Node, Page
from strategy.surroundings import Surroundings
from strategy.views import show_page


def show(request: HttpRequest, page: Page, moment: datetime, note: str) -> HttpResponse:
    """`note` says above the page what staff look at. There is no report form on it."""
    around = Surroundings.at(moment, request.LANGUAGE_CODE)
    media_url = reverse("admin:strategy_node_changelist") + "media/"
    response = show_page(request, page, around, media_url=media_url, staff_note=note)
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
        position=Page.objects.at().filter(node=node).values_list("position", flat=True).first() or 0,
        kind=node.kind,
        address="".join(f"/{slug}" for slug in slugs) + "/",
        title=node.title,
        document=documents.build(node),
        content_since=now(),
    )
