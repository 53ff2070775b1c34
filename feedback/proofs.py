"""What anybody can check the register by: its signed heads, and the proof that a report is in it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from feedback import heads, register
from feedback.canonical import exported
from feedback.checkpoint import encode
from feedback.models import Entry, Event, Head
from feedback.published import origin_of
from feedback.steps import Deed
from feedback.verification import History
from portal.methods import read_only
from portal.site import absolute
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.feeds import Feed, followed, tag

VERIFIER = Path(__file__).parent / "verifier" / "verify.py"
ON_PAGE = 50
IN_FEED = 100


@read_only
def signed_heads(request: HttpRequest) -> HttpResponse:
    """All heads, newest first, and what they prove. Six queries and those of every page."""
    viewpoint = Viewpoint(request.LANGUAGE_CODE)
    page = Paginator(Head.objects.newest_first(), ON_PAGE).get_page(request.GET.get("page"))
    newest = Head.objects.newest_first().first()
    epochs = list(Head.objects.order_by("epoch").values_list("epoch", flat=True).distinct()) or [1]
    context = {
        **Surroundings.at(viewpoint).context(request.path),
        "pages": page,
        "heads": [shown(head, newest) for head in page],
        "origin": origin_of(epochs[-1]),
        "keys": [str(key) for epoch in reversed(epochs) for key in heads.keys(epoch)],
        "recoveries": Event.objects.filter(kind=Deed.RECOVERED).order_by("-sequence"),
    }
    return render(request, "feedback/heads.html", context)


def shown(head: Head, newest: Head) -> dict[str, Any]:
    is_continued = head.epoch == newest.epoch and head.size < newest.size
    return {
        "size": head.size,
        "epoch": head.epoch,
        "root": encode(bytes(head.root)),
        "signed_at": head.signed_at,
        "url": address_of(head),
        "continued_url": in_epoch("continuation", head.epoch, older=head.size, newer=newest.size)
        if is_continued
        else "",
    }


def address_of(head: Head) -> str:
    return in_epoch("head", head.epoch, size=head.size)


def in_epoch(name: str, epoch: int, **place: int) -> str:
    return reverse(name, kwargs=place if epoch == 1 else {"epoch": epoch, **place})


@read_only
def head(request: HttpRequest, size: int, epoch: int = 1) -> HttpResponse:
    """As it was signed, to the byte."""
    found = get_object_or_404(Head, epoch=epoch, size=size)
    return HttpResponse(found.text, content_type="text/plain; charset=utf-8")


@read_only
def continuation(request: HttpRequest, older: int, newer: int, epoch: int = 1) -> HttpResponse:
    """That one head continues another: C2SP tlog-checkpoint with a consistency proof, as the verifier reads it."""
    if not 0 < older < newer:
        raise Http404
    first, second = (get_object_or_404(Head, epoch=epoch, size=size) for size in (older, newer))
    if not History.of_the_register().has(epoch, newer):
        # Of a log whose end was lost, there is nothing left to prove it by.
        raise Http404
    response = HttpResponse(str(heads.continuation(first, second)), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@read_only
def verifier(request: HttpRequest) -> HttpResponse:
    """The program that checks heads and proofs without this portal."""
    response = HttpResponse(VERIFIER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="verify.py"'
    return response


@followed
def heads_feed(request: HttpRequest, viewpoint: Viewpoint) -> HttpResponse:
    """One query."""
    newest = list(Head.objects.newest_first()[:IN_FEED])
    atom = Feed(
        title=f"{_('Signed heads of the register')} – {settings.SITE_NAME}",
        description="",
        link=absolute(request, reverse("heads")),
        feed_url=absolute(request, request.path),
        feed_guid=tag(request, f"heads:{viewpoint.language}"),
        language=viewpoint.language,
        author_name=settings.SITE_NAME,
        updated=newest[0].signed_at if newest else datetime.fromtimestamp(0, UTC),
    )
    for found in newest:
        atom.add_item(
            title=_("The first %(size)d events") % {"size": found.size},
            link=absolute(request, address_of(found)),
            description=found.text,
            unique_id=tag(request, f"head:{viewpoint.language}:{found.epoch}:{found.size}"),
            pubdate=found.signed_at,
            updateddate=found.signed_at,
        )
    return HttpResponse(atom.writeString("utf-8"), content_type=atom.content_type)


@read_only
def receipt_proof(request: HttpRequest, token: str) -> HttpResponse:
    """That the report is in the register, for whoever has its receipt: C2SP tlog-proof."""
    event = received(token)
    covering = heads.covering(event.sequence)
    if covering is None:
        raise Http404
    return downloaded(str(heads.proof_of(event, covering)).encode(), "text/plain; charset=utf-8", "bevis.tlog-proof")


@read_only
def receipt_event(request: HttpRequest, token: str) -> HttpResponse:
    """What the proof is of: the event, with what was sent, as long as it is kept."""
    event = received(token)
    if heads.covering(event.sequence) is None:
        raise Http404
    passages = [(passage.name, bytes(passage.salt), passage.text) for passage in event.passages.all()]
    return downloaded(exported(register.data_of(event), passages), "application/json", "bevis.json")


def received(token: str) -> Event:
    entry = get_object_or_404(Entry, token=token)
    return Event.objects.select_related("entry").get(entry=entry, kind=Deed.RECEIVED)


def downloaded(content: bytes, content_type: str, name: str) -> HttpResponse:
    """For whoever has the address of the receipt, like the receipt itself."""
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
