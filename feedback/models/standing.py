"""Where entries stand now, for lists. Written by feedback.register alone."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.entry import Entry
from feedback.models.event import Event
from feedback.steps import Closing, State


class Standing(models.Model):
    """
    Nothing here is more than the events say: it can be made again at any time, and verify_register compares.

    `released` is the event that made the text public, `described` the last one with words for the public register.
    `documents` is the number of the last one: the report itself is the first (REC-24).
    """

    class Sender(models.TextChoices):
        """What the public register says of who wrote (REC-53)."""

        PRIVATE = "private", _("Private person")
        ORGANISATION = "organisation", _("Organisation or authority")
        ROLE = "role", _("Staff or politician in that role")

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="standing")
    last = models.ForeignKey(Event, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=20, choices=State)
    due_on = models.DateField(_("due"))
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("assigned to")
    )
    wants_answer = models.BooleanField(_("wants an answer"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    closing = models.CharField(_("closed as"), max_length=20, choices=Closing, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    documents = models.PositiveSmallIntegerField(_("documents"), default=1)
    sender = models.CharField(_("sender"), max_length=20, choices=Sender, default=Sender.PRIVATE)
    described = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    secret = models.BooleanField(_("secret"), default=False)
    sender_hidden = models.BooleanField(default=False)
    subject_hidden = models.BooleanField(default=False)
    protected = models.BooleanField(_("protected personal data"), default=False)
    released = models.ForeignKey(Event, models.PROTECT, null=True, related_name="+")
    held = models.BooleanField(_("on hold"), default=False)
    proposed = models.BooleanField(_("disposal proposed"), default=False)

    class Meta:
        indexes = [models.Index(fields=["state", "due_on"], name="feedback_standing_inbox")]

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.state}"
