"""Pages in easy-to-read language (lättläst, WEB-12): a text of its own for a node, beside its ordinary page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.language import in_language
from strategy.kinds import NodeKind
from strategy.models import Page
from strategy.models.page import EASY_TO_READ
from strategy.reading import Reading
from strategy.succession import Succession
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import not_there, shown
from strategy.views.public import public_page


@public_page
def easy(request: HttpRequest, viewpoint: Viewpoint, address: str) -> HttpResponse:
    """The easy-to-read text of the page at `address`. With that of the start page is the list of all others."""
    address = f"/{address}"
    found = Page.objects.holding(viewpoint.moment).filter(address=address).with_block().shown().first()
    if found is None:
        return not_there(request, viewpoint, address, under=EASY_TO_READ)
    return shown(request, viewpoint, found, show_easy)


def show_easy(request: HttpRequest, found: Page, around: Surroundings, *, staff_note: str = "") -> HttpResponse:
    """`staff_note` stands above what only staff see, as in show_page()."""
    reading = around.read(found)
    text = reading.easy_to_read
    context = {
        **around.context(in_language(found.easy_address, around.viewpoint.language)),
        "page": reading,
        # Without a text it is a list, which has no editions.
        "edition": found.pk if text else None,
        "languages": text and [code for code, _name in settings.LANGUAGES if code in reading.document["easy_to_read"]],
        "easy": text,
        "updated_at": reading.updated_at,
        "succession": Succession.of(found, around),
        "staff_note": staff_note,
    }
    if found.kind == NodeKind.START:
        context["others"] = other_texts(around)
    if not text and not context.get("others"):
        return render(request, "strategy/no_easy_text.html", {**context, "noindex": True}, status=404)
    return render(request, "strategy/easy.html", context)


def other_texts(around: Surroundings) -> list[Reading]:
    """All but that of the start page, in one query. They are written one by one, so that there are not too many."""
    pages = Page.objects.at(around.moment).easy_to_read(around.viewpoint.language, settings.LANGUAGE_CODE)
    return [around.read(page) for page in pages.exclude(kind=NodeKind.START).by_kind()]
