"""What is written to those who report: working papers, and what is on its way by mail."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.entry import Entry
from feedback.models.event import Event


class Draft(models.Model):
    """
    An answer that is being written: a working paper, and no record (TF 2:12, REC-31). Each person has one of their own
    for an entry, so that nobody writes over another's. It goes when the answer is sent.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="drafts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("answer"), blank=True)
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft of an answer")
        verbose_name_plural = _("drafts of answers")
        constraints = [
            models.UniqueConstraint(fields=["entry", "by"], name="%(app_label)s_%(class)s_one_for_each_person")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}, {self.by_id}"


class LetterQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        return self.filter(state=Letter.State.WAITING)

    def due(self, moment: datetime) -> Self:
        return self.waiting().filter(next_at__lte=moment)

    def abandoned(self, moment: datetime) -> Self:
        """Those that nobody works at any more: no try takes so long."""
        return self.filter(state=Letter.State.TRYING, claimed_at__lte=moment - Letter.LONGEST_TRY)

    def needing_a_person(self) -> Self:
        return self.filter(state__in=(Letter.State.REFUSED, Letter.State.UNCERTAIN))


class Letter(models.Model):
    """
    How far one piece of mail has come: the answer that an event tells of, or the receipt of a report. What it says and
    to whom is in that event's passages, so that nothing here is personal. Written by feedback.mail.

    `claimed_at` is when somebody began to try, and `handed_over_at` when the mail server was ready to take it: from
    then on, without its answer, nobody can know whether it took it.
    """

    LONGEST_TRY = timedelta(minutes=15)

    class State(models.TextChoices):
        WAITING = "waiting", _("Not yet sent")
        TRYING = "trying", _("Being sent")
        SENT = "sent", _("Sent")
        REFUSED = "refused", _("Could not be sent")
        UNCERTAIN = "uncertain", _("Perhaps sent")

    class Problem(models.TextChoices):
        NO_SERVER = "no_server", _("No mail server is set")
        UNREACHABLE = "unreachable", _("The mail server does not answer")
        NOT_LET_IN = "not_let_in", _("The mail server does not take mail from the portal")
        LATER = "later", _("The mail server asks us to wait")
        REFUSED = "refused", _("The mail server refused it")
        NO_ADDRESS = "no_address", _("No mail can be sent to the address")
        UNCERTAIN = "uncertain", _("The mail server took it, or not: its answer was lost")
        INSIDE = "inside", _("Something failed in the portal")

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="letter")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"))
    claimed_at = models.DateTimeField(null=True)
    handed_over_at = models.DateTimeField(null=True)
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    # What the mail server said, in its numbers alone: its words may hold the address.
    code = models.CharField(max_length=20, blank=True)
    # Who decided that it is sent again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(state__in=["waiting", "trying", "refused", "uncertain"]),
                name="feedback_letter_unfinished",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.state}"

    @property
    def document(self) -> int:
        """The running number of what is mailed; a receipt goes with the report, which is the first."""
        return self.event.facts.get("document", 1)
