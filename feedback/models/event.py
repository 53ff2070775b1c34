"""Everything that happens in the register, and what was said. Written by feedback.register alone."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.steps import Deed, State


class Event(models.Model):
    """
    Something that happened: who did what with which entry, when, from which state to which. Triggers see to it that it
    never changes and that `sequence` has no gaps, over the whole register.

    `facts` tell what is nobody's personal data, and are public in the log. What people wrote is in passages, of which
    `commitments` (hex, by name) prove what they said, and tell nothing once they are gone. `leaf` is the hash of all
    of this in its canonical form (feedback.canonical).
    """

    sequence = models.BigIntegerField(_("event"), primary_key=True)
    entry = models.ForeignKey("feedback.Entry", models.PROTECT, null=True, related_name="events")
    kind = models.CharField(_("what"), max_length=20, choices=Deed)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    from_state = models.CharField(max_length=20, choices=State, blank=True)
    to_state = models.CharField(_("state"), max_length=20, choices=State, blank=True)
    facts = models.JSONField(default=dict)
    commitments = models.JSONField(default=dict)
    leaf = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["sequence"]
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["entry", "-sequence"], name="feedback_event_of_entry"),
            # Which number is the next one hangs on these, and there are next to none.
            models.Index(fields=["sequence"], name="feedback_event_recovered", condition=models.Q(kind=Deed.RECOVERED)),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.get_kind_display()}"


class Passage(models.Model):
    """
    What someone wrote: part of an event by its name there. Triggers see to it that it is what the event commits to, and
    that nothing removes it but the disposal of its entry.
    """

    event = models.ForeignKey(Event, models.PROTECT, related_name="passages")
    name = models.CharField(max_length=20)
    salt = models.BinaryField(max_length=32)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "name"], name="feedback_passage_once_in_an_event")]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.name}"
