"""
What the public may know of the register: entries() decides it, in the database, and is the only source of every list,
page, search, count, feed and file. What is not public is not even read, so that nothing can be found, sorted or counted
by it either.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KT, KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.masks import Piece, pieces
from feedback.models import Entry, Event, Passage, Standing
from feedback.retention import plan
from feedback.steps import Closing, Deed, State
from portal.language import in_language, without_language
from strategy.models import Page

SUBJECT_IS_OPEN = Q(standing__subject_hidden=False)
SENDER_IS_OPEN = Q(standing__sender_hidden=False, standing__protected=False)
IS_KEPT = ~Q(standing__state=State.DISPOSED)
IS_RELEASED = Q(standing__released__isnull=False, standing__secret=False) & IS_KEPT
# Of a private person no name is public, whatever has been written.
IS_NAMED = Q(standing__sender__in=[Standing.Sender.ORGANISATION, Standing.Sender.ROLE])

# The rest is the municipality's own order of work, or tells of what is secret.
PUBLIC_DEEDS = (
    Deed.RECEIVED,
    Deed.ASSIGNED,
    Deed.NOTED,
    Deed.ANSWERED,
    Deed.CORRECTED,
    Deed.CLOSED,
    Deed.REOPENED,
    Deed.MARKED_SECRET,
    Deed.UNMARKED,
    Deed.RELEASED,
    Deed.WITHDRAWN,
    Deed.DISPOSED,
)
# What a tombstone keeps (REC-71)
DEEDS_OF_TOMBSTONE = (Deed.RECEIVED, Deed.CLOSED, Deed.DISPOSED)

COLUMNS = (
    "pk",
    "series",
    "year",
    "number",
    "received_at",
    "public_kind",
    "kind_words",
    "public_state",
    "closing",
    "is_answered",
    "public_sender",
    "sender_words",
    "described_as",
    "subject_words",
    "page_address",
    "page_title",
    "is_translated",
    "is_secret",
    "public_text",
    "text_language",
    "public_masks",
    "released_at",
    "disposed_at",
    "disposal_rule",
)


def secret_words() -> str:
    """What stands where something is not public (REC-42)."""
    return _("Confidential")


def entries(language: str) -> QuerySet:
    """
    The public register in a language: rows of COLUMNS, for PublicEntry.of(). One query; words to search and to sort by
    are in `subject_words`, `sender_words` and `searched`.
    """
    is_shown = SUBJECT_IS_OPEN & IS_KEPT & ~Q(is_blocked=True)
    disposal = Event.objects.filter(entry=OuterRef("pk"), kind=Deed.DISPOSED)
    own_title = KeyTextTransform("title", KeyTransform(language, KeyTransform("texts", "edition__document")))
    return (
        Entry.objects.annotate(
            is_blocked=Exists(Page.objects.blocked().filter(pk=OuterRef("edition"))),
            public_kind=only_if(SUBJECT_IS_OPEN, F("kind")),
            kind_words=only_if(SUBJECT_IS_OPEN, in_words("kind", Entry.Kind.choices)),
            public_state=F("standing__state"),
            closing=F("standing__closing"),
            is_answered=Q(standing__answered_at__isnull=False),
            page_address=only_if(is_shown, F("address")),
            is_translated=Q(is_shown, edition__document__texts__has_key=language),
            page_title=only_if(is_shown, Coalesce(own_title, F("edition__title"), Value(""), output_field=TextField())),
            described_as=only_if(SUBJECT_IS_OPEN & IS_KEPT, passage("standing__described", "subject")),
            public_sender=Case(
                When(IS_KEPT & SENDER_IS_OPEN, then=F("standing__sender")),
                When(IS_KEPT, then=Value("hidden")),
                default=Value(""),
                output_field=CharField(),
            ),
            sender_words=Case(
                When(IS_KEPT & SENDER_IS_OPEN & IS_NAMED, then=passage("standing__described", "sender")),
                When(IS_KEPT & SENDER_IS_OPEN, then=Value(str(Standing.Sender.PRIVATE.label))),
                When(IS_KEPT, then=Value(secret_words())),
                default=Value(""),
                output_field=TextField(),
            ),
            is_secret=F("standing__secret"),
            text_language=only_if(IS_RELEASED, F("language")),
            public_text=only_if(IS_RELEASED, passage("standing__released", "text")),
            public_masks=Case(
                When(IS_RELEASED, then=F("standing__released__facts__masks")), default=None, output_field=JSONField()
            ),
            released_at=Case(When(IS_RELEASED, then=F("standing__released__at")), default=None),
            disposed_at=Subquery(disposal.values("at")[:1]),
            # There is one for each kind.
            disposal_rule=only_if(SUBJECT_IS_OPEN, Subquery(disposal.values(rule=KT("facts__rule"))[:1])),
        )
        .annotate(
            subject_words=Case(
                When(~SUBJECT_IS_OPEN, then=Value(secret_words())),
                When(~Q(described_as=""), then=F("described_as")),
                When(~Q(page_title=""), then=joined("kind_words", Value(": "), "page_title")),
                When(~Q(page_address=""), then=joined("kind_words", Value(": "), "page_address")),
                default=F("kind_words"),
                output_field=TextField(),
            ),
        )
        .annotate(
            searched=joined(
                *(
                    part
                    for name in ("subject_words", "kind_words", "sender_words", "page_title", "page_address")
                    for part in (name, Value(" "))
                ),
                "public_text",
            )
        )
        .values(*COLUMNS)
    )


def only_if(condition: Q, value: Any) -> Case:
    return Case(When(condition, then=value), default=Value(""), output_field=TextField())


def joined(*parts: Any) -> Concat:
    texts = (Cast(part, TextField()) if isinstance(part, str) else part for part in parts)
    return Concat(*texts, output_field=TextField())


def in_words(name: str, choices: list[tuple[str, str]]) -> Case:
    whens = [When(**{name: code}, then=Value(str(label))) for code, label in choices]
    return Case(*whens, default=Value(""), output_field=TextField())


def passage(event: str, name: str) -> Coalesce:
    """The text of that name of the event that `event` leads to; "" without one."""
    found = Passage.objects.filter(event=OuterRef(event), name=name).values("text")[:1]
    return Coalesce(Subquery(found), Value(""), output_field=TextField())


@dataclass(frozen=True)
class PublicEntry:
    """
    An entry as everybody may know it, in one language. Texts are "" where there is nothing to tell, or where it is not
    public; `is_subject_hidden` and `is_sender_hidden` say that it is the latter.
    """

    series: str
    year: int
    number: int
    received_at: datetime
    kind: str
    kind_words: str
    state: str
    state_words: str
    closing_words: str
    is_answered: bool
    sender: str
    subject: str
    is_described: bool
    is_subject_hidden: bool
    is_sender_hidden: bool
    page_title: str
    page_url: str
    page_language: str
    is_secret: bool
    released: tuple[Piece, ...]
    text_language: str
    released_at: datetime | None
    disposed_at: datetime | None
    disposal_rule: str

    @classmethod
    def of(cls, row: Mapping[str, Any], language: str) -> Self:
        address = row["page_address"]
        return cls(
            series=row["series"],
            year=row["year"],
            number=row["number"],
            received_at=row["received_at"],
            kind=row["public_kind"],
            kind_words=row["kind_words"],
            state=row["public_state"],
            state_words=str(State(row["public_state"]).label),
            closing_words=str(Closing(row["closing"]).label) if row["closing"] else "",
            is_answered=row["is_answered"],
            sender=row["sender_words"],
            subject=row["subject_words"],
            is_described=bool(row["described_as"]),
            is_subject_hidden=not row["public_kind"],
            is_sender_hidden=row["public_sender"] == "hidden",
            page_title=row["page_title"],
            page_url=in_language(without_language(address), language) if address else "",
            page_language=language if row["is_translated"] else settings.LANGUAGE_CODE,
            is_secret=row["is_secret"],
            text_language=row["text_language"],
            released=tuple(pieces(row["public_text"], row["public_masks"] or [])),
            released_at=row["released_at"],
            disposed_at=row["disposed_at"],
            disposal_rule=str(plan().rule(row["disposal_rule"]) or row["disposal_rule"] or ""),
        )

    @property
    def designation(self) -> str:
        return f"{self.series} {self.year}/{self.number}"

    @property
    def url(self) -> str:
        kwargs = {"series": self.series, "year": self.year, "number": self.number}
        return reverse("diary_entry", kwargs=kwargs)

    @property
    def direction(self) -> str:
        """Whether its documents came in, or went out too (REC-51)."""
        return _("In and out") if self.is_answered else _("In")

    @property
    def gaps(self) -> list[Piece]:
        return [piece for piece in self.released if piece.ground]


@dataclass(frozen=True)
class PublicEvent:
    """Something that happened to an entry. Who did it is told by role, and `says` is what there is to add."""

    at: datetime
    what: str
    by: str
    says: str = ""
    compare_url: str = ""


def events(row: Mapping[str, Any]) -> list[PublicEvent]:
    """What happened to a row of entries(), oldest first. One query."""
    deeds = DEEDS_OF_TOMBSTONE if row["public_state"] == State.DISPOSED else PUBLIC_DEEDS
    happened = Event.objects.filter(entry=row["pk"], kind__in=deeds).order_by("sequence")
    groups = ArrayAgg("by__groups__name", filter=Q(by__groups__isnull=False), default=Value([]))
    designation = f"{row['series']} {row['year']}/{row['number']}"
    return [
        PublicEvent(
            at=event["at"],
            what=str(Deed(event["kind"]).label),
            by=role(event),
            says=said(event, designation, is_open=bool(row["public_kind"])),
            compare_url=comparison(event["facts"]) if event["kind"] == Deed.CORRECTED else "",
        )
        for event in happened.values("kind", "at", "facts", "by").annotate(roles=groups)
        # The page's history tells of its corrections, with their moments: that would tell what is hidden.
        if event["kind"] != Deed.CORRECTED or row["public_kind"]
    ]


def role(event: Mapping[str, Any]) -> str:
    if event["kind"] == Deed.RECEIVED:
        return _("The sender")
    if event["by"] is None:
        return _("The portal")
    roles = {"Case officers": _("Case officer"), "Registrars": _("Registrar"), "Archivists": _("Archivist")}
    order = reversed(roles) if event["kind"] in (Deed.DISPOSED, Deed.RELEASED, Deed.WITHDRAWN) else roles
    return next((roles[name] for name in order if name in event["roles"]), _("Staff"))


def said(event: Mapping[str, Any], designation: str, *, is_open: bool) -> str:
    """Where the subject is not open, nothing that tells of it: another register would, by the number there."""
    facts = event["facts"]
    match event["kind"]:
        case Deed.CLOSED if facts.get("closing") in Closing:
            other = facts.get("other_number") if is_open else ""
            return ". ".join(filter(None, (str(Closing(facts["closing"]).label), other)))
        case Deed.ANSWERED | Deed.NOTED if facts.get("document"):
            return _("Document %(number)s") % {"number": f"{designation}-{facts['document']}"}
        case Deed.MARKED_SECRET:
            day = date_format(date.fromisoformat(facts["decided_on"]), "j F Y")
            return ", ".join((facts["provision"], facts["authority"], day))
        case Deed.RELEASED:
            return _("Parts of it are masked") if facts.get("masks") else _("The whole text")
        case Deed.DISPOSED if is_open:
            return facts.get("rule") or ""
    return ""


def comparison(facts: Mapping[str, Any]) -> str:
    """Of the two editions, where the correction names them."""
    if not all(facts.get(name) for name in ("node", "before", "after")):
        return ""
    return reverse(
        "changes", kwargs={"node_id": facts["node"]}, query={"fran": facts["before"], "till": facts["after"]}
    )


def numbered(language: str, series: str, year: int, number: int) -> dict | None:
    named = Entry.objects.numbered(series, year, number)
    return entries(language).filter(pk__in=named.values("pk")).first()


def containing(rows: QuerySet, words: list[str]) -> QuerySet:
    """Rows of entries() that have all of the words, in any of what is public."""
    for word in words:
        rows = rows.filter(searched__icontains=word)
    return rows
