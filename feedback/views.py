"""A report ends in a receipt, or in a page that says that nothing was received and has the text still there."""

import re
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import DataError, Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.log import log_response
from django.utils.timezone import localdate, now
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from feedback.forms import ReportForm
from feedback.heads import covering
from feedback.models import Entry
from feedback.progress import progress
from feedback.senders import network_of
from feedback.shown import claimed, shown_now, shown_then
from feedback.steps import Deed
from portal.away import RETRY_AFTER_SECONDS
from portal.methods import read_only
from strategy.dated import STOCKHOLM, end_of_day
from strategy.models import Page
from strategy.reading import Reading, Words
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint, in_address

CHUNK_BYTES = 64 * 1024
PATIENCE_BYTES = 50 * 1024 * 1024
LONGEST_MISSING = 200
ENTRY_ADDRESS = re.compile(r"(?:/[a-z]{2})?/diarium/([^/]+)/(\d{4})/(\d+)/")
TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


# The form is on pages that are cached and shared, so it has no token: see is_foreign().
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        asked = request.GET.get("sida", "")
        shown = shown_now(asked, request.path_info)
        message = asking_for(asked) if shown.address == asked else about_missing(asked)
        kind = request.GET.get("slag")
        initial = shown.values | {"message": message, "kind": kind if kind in Entry.Kind else Entry.Kind.ERROR}
        return show(request, ReportForm(initial=initial), around=surroundings(request))
    if (request.encoding or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise BadRequest("Forms of the portal are sent as UTF-8.")
    try:
        data = written(request)
    except TOO_LARGE:
        form = ReportForm(initial=shown_now(request.path_info).values)
        return show(
            request, form, problem="too_large", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, around=surroundings(request)
        )
    try:
        return receive(request, data)
    except Error as error:
        unsent = ReportForm.unsent(data)
        response = show(request, unsent, problem="unavailable", status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        # The first line alone: those after it can hold what was written.
        reason = next(iter(str(error).splitlines()), "")
        log_response(
            "A report was not received: %s: %s", type(error).__name__, reason, response=response, request=request
        )
        return response


def receive(request: HttpRequest, data: QueryDict) -> HttpResponse:
    unsent = ReportForm.unsent(data)
    if is_foreign(request):
        return show(request, unsent, problem="foreign", status=HTTPStatus.FORBIDDEN, around=surroundings(request))
    form = ReportForm(data)
    try:
        if not form.is_valid():
            form.renew(request.path_info)
            return show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY, around=surroundings(request))
        entry = form.save(sender=network_of(request.META.get("REMOTE_ADDR", "")))
    except DataError as error:
        # The database is there, and can't hold a value: a gap in what the form checks, so the operator hears of it.
        form = ReportForm.put_right(data, request.path_info)
        response = show(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY, around=surroundings(request))
        # Without the database's words, which quote the value.
        reason = type(error.__cause__ or error).__name__
        log_response("A report has what can't be stored: %s", reason, response=response, request=request, level="error")
        return response
    return HttpResponseRedirect(reverse("receipt", kwargs={"token": entry.token}), status=HTTPStatus.SEE_OTHER)


@read_only
def receipt(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the address may read it: it is in no link, no log of another site, and no cache."""
    entry = get_object_or_404(Entry, token=token)
    edition = Page.objects.with_block().filter(pk=entry.edition_id).first()
    context = {
        **surroundings(request),
        "entry": {
            "number": entry.designation,
            "received_at": entry.received_at,
            "kind": entry.get_kind_display(),
            "is_request": entry.kind == Entry.Kind.REQUEST,
            "is_other": entry.kind == Entry.Kind.OTHER,
            "message": entry.message,
            "email": entry.email,
            "address": entry.address,
            "shown_at": entry.shown_at,
        },
        "page": readable(edition),
        "back_url": address_shown(entry, edition),
        "progress": progress(entry),
        "diary_url": reverse("diary_entry", args=[entry.series, entry.year, entry.number]),
        "token": entry.token,
        "has_proof": covering(entry.events.get(kind=Deed.RECEIVED).pk) is not None,
    }
    response = render(request, "feedback/receipt.html", context)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def readable(edition: Page | None) -> Reading | None:
    """To be told by its title; None for what is blocked, and for a page without editions."""
    if edition is None or edition.block_id:
        return None
    language = get_language()
    return Reading(edition, Viewpoint(language), Words({}, language))


def address_shown(entry: Entry, edition: Page | None) -> str:
    """Of the page as its reader saw it: if that is not what it says now, as it was on the day or at the moment."""
    then = localdate(entry.shown_at, STOCKHOLM)
    if edition is None:
        is_shown_now = then == localdate(timezone=STOCKHOLM)
    else:
        is_shown_now = edition.ends_at is None or edition.ends_at > now()
    if is_shown_now:
        return entry.address
    asked = then.isoformat() if entry.shown_at == end_of_day(then) else in_address(entry.shown_at)
    return Viewpoint(get_language(), entry.shown_at, asked).on_day(entry.address)


def show(
    request: HttpRequest, form: ReportForm, *, problem: str = "", status: int = 200, around: dict | None = None
) -> HttpResponse:
    """The form on a page of its own. `problem` says why nothing was received: "foreign", "too_large" …"""
    context = {**(around or {}), "form": form, "problem": problem, "about": about(form, problem)}
    response = render(request, "feedback/report.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def about(form: ReportForm, problem: str) -> dict | None:
    """
    Which page, as it was when, a message that was refused is about, as its receipt would have said. Without the
    database by its address alone; of what was too large, nothing is known.
    """
    if problem == "too_large" or not (problem or form.errors):
        return None
    values = {name: form[name].value() or "" for name in ("address", "edition", "shown_at")}
    if problem == "unavailable":
        shown, edition = claimed(values), None
    else:
        shown = shown_then(values)
        edition = shown and Page.objects.with_block().filter(pk=shown.edition_id).first()
    return shown and {"page": readable(edition), "address": shown.address, "shown_at": shown.at}


def surroundings(request: HttpRequest) -> dict:
    return Surroundings.at(Viewpoint(request.LANGUAGE_CODE)).context(request.path)


def asking_for(address: str) -> str:
    """How a message from the page of an entry in the public register begins, where there is no e-mail to ask by."""
    entry = ENTRY_ADDRESS.fullmatch(address)
    return _("I ask for %(number)s.") % {"number": "{} {}/{}".format(*entry.groups())} if entry else ""


def about_missing(address: str) -> str:
    """How a message about an address without a page begins: with what may be one, for its writer to go on from."""
    is_path = address.startswith("/") and not address.startswith("//")
    return f"{address}: " if is_path and address.isprintable() and len(address) <= LONGEST_MISSING else ""


def is_foreign(request: HttpRequest) -> bool:
    """
    Whether a browser says that the form was on another site. What says nothing is no browser, or an old one.

    Pages with Referrer-Policy: no-referrer send the origin "null", which anybody can: then Sec-Fetch-Site must vouch.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site not in {None, "same-origin", "none"}:
        return True
    if origin is None:
        return False
    if origin == "null":
        return site != "same-origin"
    return _place(origin) != _place(f"{request.scheme}://{request.get_host()}")


def _place(origin: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(origin)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None


def written(request: HttpRequest) -> QueryDict:
    """The form takes no files, so that the limit is one for all of the body; Django's own leaves files out."""
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        # A browser that can't send to the end never sees the answer.
        for _chunk in range(min(size, PATIENCE_BYTES) // CHUNK_BYTES + 1):
            request.read(CHUNK_BYTES)
        raise RequestDataTooBig
    return request.POST
