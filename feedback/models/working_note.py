"""What staff jot down for themselves while they deal with an entry."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.entry import Entry


class WorkingNote(models.Model):
    """
    A working paper, and no record (TF 2:12, REC-31): it is not an event, it is in no export, and nothing is closed
    while one is left (feedback.closing). What adds facts to the matter is noted as a document instead.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="working_notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("when"))
    text = models.TextField(_("note"))

    class Meta:
        ordering = ["at"]
        verbose_name = _("working note")
        verbose_name_plural = _("working notes")

    def __str__(self) -> str:
        return f"{self.entry_id}, {self.by_id}"
