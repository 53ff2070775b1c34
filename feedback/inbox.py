"""What is in the register, as its list tells it to staff: nothing secret, and no protected person's address."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Case, CharField, Count, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Left
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import designations, register
from feedback.designations import Designation
from feedback.models import Entry, EntryQuerySet, Letter, Passage
from feedback.steps import OPEN, UNDECIDED, Deed, State

EXCERPT = 160
_PROTECTED, _SECRET = "protected", "secret"

# The questions that are asked all day: the name of each in counts(), what it is called, and how the list is asked it.
WAYS = (
    ("open", gettext_lazy("Open"), ""),
    ("overdue", gettext_lazy("Overdue"), "due=overdue"),
    ("today", gettext_lazy("Due today"), "due=today"),
    ("mine", gettext_lazy("Mine"), "assigned=me"),
    ("nobodys", gettext_lazy("Nobody's"), "assigned=nobody"),
    ("spam", gettext_lazy("Suspected spam"), "mark=spam"),
    ("stuck", gettext_lazy("Mail to see to"), "mark=mail"),
)
# What a program may have sent, until somebody takes it: then it is a person's judgement that holds.
SUSPECTED = Q(suspected_spam=True, standing__state=State.RECEIVED)
# About which there is mail that goes no further without a person.
STUCK = Q(pk__in=Letter.objects.needing_a_person().values("event__entry"))


def with_words(entries: EntryQuerySet) -> EntryQuerySet:
    """
    With `excerpt` of the message, none of what is secret; and `sender`, the address or what stands instead, in
    `sender_kept`.
    """
    received = Passage.objects.filter(event__entry=OuterRef("pk"), event__from_state="")
    excerpt = received.filter(name="message").values(start=Left("text", EXCERPT))[:1]
    hidden = Q(standing__protected=True) | Q(standing__sender_hidden=True)
    return entries.annotate(
        excerpt=Case(When(standing__secret=False, then=Subquery(excerpt)), default=None, output_field=CharField()),
        sender=Case(
            When(hidden, then=None),
            default=Subquery(received.filter(name="email").values("text")[:1]),
            output_field=CharField(),
        ),
        sender_kept=Case(
            When(standing__protected=True, then=Value(_PROTECTED)),
            When(standing__sender_hidden=True, then=Value(_SECRET)),
            default=Value(""),
        ),
    )


def sender_of(entry: Entry) -> str:
    """One of with_words()."""
    kept = {_PROTECTED: _("Protected"), _SECRET: _("Secret")}
    return kept.get(entry.sender_kept) or entry.sender or ""


def page_title(entry: Entry) -> str:
    """`is_hidden` tells whether the page is blocked for who asks."""
    return entry.edition.title if entry.edition and not entry.is_hidden else entry.address


def marks_of(entry: Entry) -> list[str]:
    standing = entry.standing
    waits = standing.wants_answer and standing.answered_at is None and standing.state in OPEN
    marks = {
        _("Secret"): standing.secret,
        _("Protected personal data"): standing.protected,
        _("Suspected spam"): entry.suspected_spam and standing.state == State.RECEIVED,
        _("Waits for an answer"): waits,
        _("On hold"): standing.held,
    }
    return [words for words, holds in marks.items() if holds]


def next_after(entry: Entry) -> Entry | None:
    """What to take next: the open entry that has waited longest and is nobody else's."""
    return (
        Entry.objects.open()
        .filter(standing__assigned_to=None)
        .exclude(pk=entry.pk)
        .order_by("standing__due_on", "received_at")
        .first()
    )


def counts(user: AbstractBaseUser, today: date) -> dict[str, int]:
    """How many there are to do, by what the inbox calls them. One query."""
    is_open, waits = Q(standing__state__in=OPEN), Q(standing__state__in=UNDECIDED)
    return Entry.objects.aggregate(
        open=Count("pk", filter=is_open),
        overdue=Count("pk", filter=waits & Q(standing__due_on__lt=today)),
        today=Count("pk", filter=waits & Q(standing__due_on=today)),
        mine=Count("pk", filter=is_open & Q(standing__assigned_to=user.pk)),
        nobodys=Count("pk", filter=is_open & Q(standing__assigned_to=None)),
        spam=Count("pk", filter=SUSPECTED),
        stuck=Count("pk", filter=STUCK),
        proposed=Count("pk", filter=Q(standing__state=State.CLOSED, standing__proposed=True)),
    )


def ways(found: Mapping[str, int]) -> list[dict[str, Any]]:
    """WAYS, with what counts() has found. Mail is told of only where there is some to see to."""
    return [
        {"label": label, "query": f"?{query}", "count": found[name], "is_late": name == "overdue" and found[name] > 0}
        for name, label, query in WAYS
        if name != "stuck" or found[name]
    ]


def designated(text: str) -> tuple[Designation | None, Entry | None, str]:
    """What number `text` is, and whose; or why it is nobody's, in words. Nothing of it all for what is no number."""
    if not text:
        return None, None, ""
    series = {settings.REPORT_SERIES, *Entry.objects.order_by().values_list("series", flat=True).distinct()}
    found, problem = designations.read(text, series)
    if found is None:
        return None, None, problem
    entries = Entry.objects.select_related("standing").numbered(found.series, found.year, found.number)
    entry = entries.first()
    if entry is None:
        return found, None, _("There is no %(number)s.") % {"number": found.entry}
    if found.running and found.running > entry.standing.documents:
        return (
            found,
            None,
            _("%(number)s has no document %(running)s.")
            % {
                "number": found.entry,
                "running": found.running,
            },
        )
    return found, entry, ""


def is_address(text: str) -> bool:
    try:
        validate_email(text.strip())
    except ValidationError:
        return False
    return True


def about_address(entries: QuerySet, address: str, *, by: AbstractBaseUser) -> QuerySet:
    """All that there is about an e-mail address. That somebody looked for a person is written down (REC-63)."""
    register.record(None, Deed.SEARCHED, by=by)
    address = address.strip()
    addresses = Q(name__in=("email", "to"))
    # A text that is secret is found by nothing that it says.
    mentioned = ~addresses & Q(text__icontains=address, event__entry__standing__secret=False)
    found = Passage.objects.filter(addresses & Q(text__iexact=address) | mentioned).values("event__entry")
    return entries.filter(pk__in=found)


def saying(entries: QuerySet, words: Iterable[str]) -> QuerySet:
    """Those whose message has all of the words, and is not secret."""
    messages = Passage.objects.filter(name="message", event__from_state="", event__entry__standing__secret=False)
    for word in words:
        messages = messages.filter(text__icontains=word)
    return entries.filter(pk__in=messages.values("event__entry"))
