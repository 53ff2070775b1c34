"""
The public register on the web: /diarium/. All of it is made from feedback.public, and templates are given nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import Any, Self
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Paginator
from django.db import OperationalError, connection
from django.db.models import F, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from psycopg.errors import QueryCanceled

from feedback import csv_rows, designations, public
from feedback.models import Entry
from feedback.public import PublicEntry
from feedback.steps import State
from portal.methods import read_only
from portal.site import absolute
from strategy.dated import STOCKHOLM, clock, end_of_day, start_of_day
from strategy.kinds import NodeKind
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.feeds import Feed, tag
from strategy.views.public import one_snapshot

ROWS_ON_PAGE = 50
ROWS_OF_FEED = 50
LONGEST_QUESTION = 100
MOST_WORDS = 8
LONGEST_MILLISECONDS = 5000

# By its name in addresses: a column, and what it is sorted by.
ORDERS = {
    "datum": ("received_at",),
    "nummer": ("series", "year", "number"),
    "riktning": ("is_answered",),
    "avsandare": ("sender_words",),
    "arende": ("subject_words",),
    "lage": ("public_state", "closing"),
}
USUAL_ORDER = "-datum"


def of_the_register(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    What is public can be so no longer tomorrow, so no cache and no archive keeps it (REC-55): the next reader asks the
    register again. A question that takes the database long is given up, since others wait.
    """

    @one_snapshot
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(LONGEST_MILLISECONDS)])
        return view(request, *args, **kwargs)

    @read_only
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = bounded(request, *args, **kwargs)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            response = render(request, "feedback/register_too_much.html", status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["X-Robots-Tag"] = "noindex, noarchive"
        response.headers["Cache-Control"] = "no-store"
        return response

    return wrapped


@dataclass(frozen=True)
class Question:
    """What a reader of the register asks for, as the address has it. What it can't be is left out, and told of."""

    text: str
    number: designations.Designation | None
    why_no_number: str
    first: date | None
    last: date | None
    kind: str
    state: str
    order: str
    wrong_dates: tuple[str, ...]

    @classmethod
    def of(cls, asked: QueryDict, today: date) -> Self:
        text = " ".join("".join(sign for sign in asked.get("q", "") if sign.isprintable()).split())[:LONGEST_QUESTION]
        number, why = designations.read(text, {settings.REPORT_SERIES}) if text else (None, "")
        written = {name: asked.get(name, "").strip() for name in ("fran", "till")}
        days = {name: _day(value) for name, value in written.items()}
        if not any(written.values()) and number is None:
            days["fran"] = today - timedelta(days=settings.REGISTER_DAYS)
        order = asked.get("ordning", "")
        return cls(
            text=text,
            number=number,
            why_no_number=why,
            first=days["fran"],
            last=days["till"],
            kind=asked.get("slag", "") if asked.get("slag") in Entry.Kind else "",
            state=asked.get("lage", "") if asked.get("lage") in State else "",
            order=order if order.removeprefix("-") in ORDERS else USUAL_ORDER,
            wrong_dates=tuple(
                value[:20] for name, value in written.items() if value and days[name] is None and value.isprintable()
            ),
        )

    def rows(self, language: str) -> QuerySet:
        rows = public.entries(language)
        if self.first:
            rows = rows.filter(received_at__gte=start_of_day(self.first))
        if self.last:
            rows = rows.filter(received_at__lte=end_of_day(self.last))
        if self.kind:
            rows = rows.filter(public_kind=self.kind)
        if self.state:
            rows = rows.filter(public_state=self.state)
        if self.number:
            return rows.filter(series=self.number.series, year=self.number.year, number=self.number.number)
        if self.why_no_number:
            return rows.none()
        return public.containing(rows, self.text.split()[:MOST_WORDS])

    def in_order(self, rows: QuerySet) -> QuerySet:
        fields = ORDERS[self.order.removeprefix("-")]
        if self.order.startswith("-"):
            return rows.order_by(*(F(field).desc() for field in fields), "-received_at", "-pk")
        return rows.order_by(*fields, "received_at", "pk")


@dataclass(frozen=True)
class Column:
    """`sorted` is for aria-sort, "" where the list is sorted by another; `url` sorts by this one, or turns it round."""

    name: str
    label: str
    url: str
    sorted: str


@of_the_register
def diary(request: HttpRequest) -> HttpResponse:
    """As many queries however many entries there are."""
    viewpoint = Viewpoint(request.LANGUAGE_CODE)
    around = Surroundings.at(viewpoint)
    question = Question.of(request.GET, around.today)
    rows = question.rows(viewpoint.language)
    page_obj = Paginator(question.in_order(rows), ROWS_ON_PAGE).get_page(request.GET.get("page"))
    total = page_obj.paginator.count
    context = {
        **around.context(request.path),
        "question": question,
        "kinds": Entry.Kind.choices,
        "states": State.choices,
        "columns": columns(request, question),
        "entries": [PublicEntry.of(row, viewpoint.language) for row in page_obj],
        "page_obj": page_obj,
        "total": total,
        "total_words": number_format(total, use_l10n=True, force_grouping=True),
        "days": settings.REGISTER_DAYS,
        "boards": [around.read(board) for board in Page.objects.at(around.moment).of_kind(NodeKind.BOARD).in_order()],
        "other_registers": settings.OTHER_REGISTERS,
        "series": settings.REPORT_SERIES,
        "csv_url": with_query(reverse("diary_csv"), request.GET),
        "ask": ways_to_ask(""),
        "noindex": True,
    }
    return render(request, "feedback/register.html", context)


@of_the_register
def diary_entry(request: HttpRequest, series: str, year: int, number: int) -> HttpResponse:
    viewpoint = Viewpoint(request.LANGUAGE_CODE)
    row = public.numbered(viewpoint.language, series, year, number)
    if row is None:
        raise Http404
    entry = PublicEntry.of(row, viewpoint.language)
    context = {
        **Surroundings.at(viewpoint).context(request.path),
        "entry": entry,
        "events": public.events(row),
        "ask": ways_to_ask(entry.designation),
        "noindex": True,
    }
    return render(request, "feedback/register_entry.html", context)


@of_the_register
def diary_csv(request: HttpRequest) -> HttpResponse:
    """What the list shows, on as many pages as it has (REC-58)."""
    question = Question.of(request.GET, localtime(clock(), STOCKHOLM).date())
    rows = question.in_order(question.rows(request.LANGUAGE_CODE))
    # In a file without a name: neither memory nor the database waits for a reader who is slow.
    file = TemporaryFile()  # noqa: SIM115 (who sends it closes it)
    file.writelines(csv_rows.stream(table(rows, request.LANGUAGE_CODE)))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="diarium.csv", content_type="text/csv; charset=utf-8")


@of_the_register
def diary_feed(request: HttpRequest) -> HttpResponse:
    """The newest entries. Their texts stay here: a reader of feeds keeps what it has read."""
    language = request.LANGUAGE_CODE
    moment = clock()
    rows = Question.of(QueryDict(), localtime(moment, STOCKHOLM).date()).rows(language).order_by("-received_at", "-pk")
    entries = [PublicEntry.of(row, language) for row in rows[:ROWS_OF_FEED]]
    title = _("Public register")
    atom = Feed(
        title=f"{title} – {settings.SITE_NAME}" if settings.SITE_NAME else title,
        subtitle=_("What has been reported on this website, newest first."),
        description="",
        link=absolute(request, reverse("diary")),
        feed_url=absolute(request, request.path),
        feed_guid=tag(request, f"diary:{language}"),
        language=language,
        author_name=settings.SITE_NAME,
        updated=entries[0].received_at if entries else datetime.fromtimestamp(0, moment.tzinfo),
    )
    for entry in entries:
        atom.add_item(
            title=printable(f"{entry.designation}: {entry.subject}"),
            link=absolute(request, entry.url),
            description=None,
            unique_id=tag(request, f"diary:{language}:{entry.series}/{entry.year}/{entry.number}"),
            pubdate=entry.received_at,
            updateddate=entry.received_at,
            categories=[entry.kind_words] if entry.kind_words else (),
        )
    return HttpResponse(atom.writeString("utf-8"), content_type=atom.content_type)


def columns(request: HttpRequest, question: Question) -> list[Column]:
    labels = {
        "datum": _("Date"),
        "nummer": _("Number"),
        "riktning": _("In or out"),
        "avsandare": _("Sender"),
        "arende": _("What it is about"),
        "lage": _("State"),
    }
    directions = {"": "ascending", "-": "descending"}
    shown = []
    for name, label in labels.items():
        here = directions.get(question.order.removesuffix(name), "")
        # What is newest is asked for first; of all else, what begins with A.
        other = f"-{name}" if here == "ascending" or (not here and name in {"datum", "nummer"}) else name
        asked = request.GET.copy()
        asked.pop("page", None)
        asked["ordning"] = other
        shown.append(Column(name, label, with_query(reverse("diary"), asked), here))
    return shown


def ways_to_ask(designation: str) -> dict[str, str]:
    """How to ask for a document, or for one of the entry's (REC-57). `url` carries its number."""
    email = settings.REGISTER_EMAIL or settings.SITE_EMAIL
    subject = _("Request for public documents")
    subject = f"{subject}: {designation}" if designation else subject
    if email:
        url = f"mailto:{email}?subject={quote(subject)}"
    else:
        path = f"/diarium/{designation.replace(' ', '/')}/" if designation else "/diarium/"
        url = f"{reverse('report')}?sida={quote(path)}&slag={Entry.Kind.OTHER}"
    return {"url": url, "email": email, "designation": designation}


def table(rows: QuerySet, language: str) -> Iterator[list[str]]:
    yield [
        _("Date"),
        _("Number"),
        _("In or out"),
        _("Sender"),
        _("What it is about"),
        _("Type of message"),
        _("Page"),
        _("State"),
        _("Closed as"),
        _("Released text"),
        _("Disposed of"),
    ]
    for row in rows.iterator(chunk_size=1000):
        entry = PublicEntry.of(row, language)
        yield [
            date_of(entry.received_at),
            entry.designation,
            entry.direction,
            entry.sender,
            entry.subject,
            entry.kind_words,
            entry.page_title or entry.page_url,
            entry.state_words,
            entry.closing_words,
            "".join(piece.text for piece in entry.released),
            date_of(entry.disposed_at),
        ]


def date_of(moment: datetime | None) -> str:
    return date_format(localtime(moment, STOCKHOLM), "Y-m-d") if moment else ""


def with_query(address: str, asked: QueryDict) -> str:
    query = asked.urlencode()
    return f"{address}?{query}" if query else address


def printable(text: str) -> str:
    """Without what XML can't hold."""
    return "".join(sign for sign in text if sign.isprintable() or sign == " ")


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # What the database can compare with, a day's length from either end of time
    return day if 1900 <= day.year <= 9000 else None
