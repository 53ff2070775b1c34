"""The register of what was reported. Written by feedback.register alone."""

from django.db import models
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext_lazy as _

from strategy.dated import STOCKHOLM
from strategy.models import Page


class Entry(models.Model):
    """
    A report as it was received. Triggers see to it that it never changes and that numbers have no gaps.

    Nothing here tells who sent it but what they wrote themselves: no IP address, no user agent (REC-7).
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
        related_name="reports",
        verbose_name=_("edition"),
        help_text=_("What the page said. Lists and other computed pages have no edition."),
    )
    address = models.CharField(_("address"), max_length=1000)
    shown_at = models.DateTimeField(_("shown"), help_text=_("The moment of the state that the reporter saw."))
    language = models.CharField(_("language"), max_length=10)
    # The reports from before it was asked for are on errors: that was what the form was for.
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ERROR, db_default=Kind.ERROR)
    message = models.TextField(_("message"))
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    suspected_spam = models.BooleanField(_("suspected spam"))
    token = models.CharField(_("receipt"), max_length=40, unique=True)

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")
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
