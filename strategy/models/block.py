"""Editions that may no longer be shown. Nothing else hides history."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class BlockQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        """Proposed by one person, and not yet decided by another."""
        return self.filter(approved=None)

    def in_force(self) -> Self:
        return self.filter(approved=True, lifts=None).exclude(lifted_by__approved=True)

    def node_ids(self) -> Self:
        """Of the nodes whose editions they are about."""
        return self.values("page__node")


class Block(models.Model):
    """
    That an edition is not to be shown, or (`lifts`) that a block of it is to end. One person proposes it, another one
    decides; a trigger sees to it that nothing of it changes but that one decision, and that it is never deleted.
    """

    class Ground(models.TextChoices):
        COURT = "court", _("A court has decided it")
        PERSONAL_DATA = "personal_data", _("Personal data that may not be shown")
        RIGHT = "right", _("Someone else's right, such as copyright")

    page = models.ForeignKey("strategy.Page", models.PROTECT, related_name="blocks", verbose_name=_("edition"))
    lifts = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="lifted_by", verbose_name=_("ends the block")
    )
    ground = models.CharField(_("ground"), max_length=20, choices=Ground)
    reason = models.TextField(
        _("reason"), help_text=_("Shown to everybody where the page was. Repeat nothing of what is not to be shown.")
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    proposed_at = models.DateTimeField(_("proposed"), db_default=Now(), editable=False)
    approved = models.BooleanField(_("approved"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ["-proposed_at"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(decided_by=models.F("proposed_by")), name="strategy_block_decided_by_another"
            ),
            models.CheckConstraint(
                condition=models.Q(approved=None, decided_by=None, decided_at=None)
                | models.Q(approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="strategy_block_decided_whole_or_not_at_all",
            ),
            models.UniqueConstraint(
                fields=["page"],
                condition=models.Q(approved=None),
                name="strategy_block_one_proposal_for_an_edition_at_a_time",
            ),
        ]
        permissions = [("block_page", _("Can block editions, together with another person"))]

    def __str__(self) -> str:
        return f"{self.get_ground_display()}: {self.reason}"
