"""The register of what was reported. Written by feedback.register alone."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models.functions import ExtractYear
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from feedback.models.event import Passage
from feedback.steps import OPEN, UNDECIDED
from strategy.dated import STOCKHOLM
from strategy.models import Page


class EntryQuerySet(models.QuerySet):
    def numbered(self, series: str, year: int, number: int) -> Self:
        if "\0" in series:
            return self.none()
        return self.filter(series=series, year=year, number=number)

    def open(self) -> Self:
        return self.filter(standing__state__in=OPEN)

    def waiting(self) -> Self:
        """Those that somebody has neither answered nor closed: what has a last day (REC-21)."""
        return self.filter(standing__state__in=UNDECIDED)

    def overdue(self, day: date) -> Self:
        return self.waiting().filter(standing__due_on__lt=day)

    def due(self, day: date) -> Self:
        return self.waiting().filter(standing__due_on=day)


class Entry(models.Model):
    """
    That a report was received, when, and about what. What it says is in the passages of its first event, and all that
    was done with it since in the events after that. Triggers see to it that it never changes and that numbers have no
    gaps.

    Nothing here tells who sent it: no IP address, no user agent (REC-7).
    """

    class Kind(models.TextChoices):
        """What its sender says that it is (REC-12). The second and third are those of DOS-lagen, 13 § and 15 §."""

        ERROR = "error", _("An error on the page")
        FAILURE = "failure", _("An accessibility failure")
        REQUEST = "request", _("A request for content in another format")
        OTHER = "other", _("Something else")

    series = models.CharField(_("series"), max_length=6)
    year = models.PositiveSmallIntegerField(_("year"))
    number = models.PositiveIntegerField(_("number"))
    received_at = models.DateTimeField(_("received"))
    edition = models.ForeignKey(
        Page,
        models.PROTECT,
        null=True,
        # Not by this way either: which pages are reported is not for all who may read pages.
        related_name="+",
        verbose_name=_("edition"),
        help_text=_("What the page said. Lists and other computed pages have no edition."),
    )
    address = models.CharField(_("address"), max_length=1000)
    shown_at = models.DateTimeField(_("shown"), help_text=_("The moment of the state that the reporter saw."))
    language = models.CharField(_("language"), max_length=10)
    # The reports from before it was asked for are on errors: that was what the form was for.
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ERROR, db_default=Kind.ERROR)
    suspected_spam = models.BooleanField(_("suspected spam"))
    token = models.CharField(_("receipt"), max_length=40, unique=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        # A right comes with a role, and in no other way: feedback.roles.
        permissions = [
            ("register_entry", "Can describe, mark and release reports"),
            ("answer_entry", "Can answer, assign and close reports"),
            ("propose_disposal", "Can propose disposal of reports"),
            ("approve_disposal", "Can approve disposal of reports"),
            ("export_register", "Can export the register"),
        ]
        constraints = [
            # Its index is also what the next number is read from.
            models.UniqueConstraint(fields=["series", "year", "number"], name="%(app_label)s_%(class)s_numbered_once"),
            models.CheckConstraint(
                condition=models.Q(year=ExtractYear("received_at", tzinfo=STOCKHOLM)),
                name="%(app_label)s_%(class)s_year_is_that_of_receipt",
            ),
        ]
        indexes = [models.Index(fields=["-received_at"], name="feedback_entry_newest")]

    def __str__(self) -> str:
        return self.designation

    @property
    def designation(self) -> str:
        """What the citizen and the register call it: FEL 2026/17."""
        return f"{self.series} {self.year}/{self.number}"

    @property
    def message(self) -> str:
        """As it was received; "" once it is disposed of."""
        return self.received.get("message", "")

    @property
    def email(self) -> str:
        """That an answer was asked for at; "" without one, and once it is disposed of."""
        return self.received.get("email", "")

    @cached_property
    def received(self) -> dict[str, str]:
        """What came in, by name. One query."""
        return dict(Passage.objects.filter(event__entry=self, event__from_state="").values_list("name", "text"))


class RecentReport(models.Model):
    """
    For ten minutes, that some sender sent some text: what limits senders and recognises a report that is sent twice.
    Both are keyed hashes (feedback.senders), and the row is then forgotten.
    """

    sender = models.CharField(max_length=64, db_index=True)
    content = models.CharField(max_length=64, db_index=True)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.entry_id}, {self.at}"
