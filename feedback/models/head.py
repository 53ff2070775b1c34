"""The signed heads of the register. Written by feedback.heads alone."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class HeadQuerySet(models.QuerySet):
    def newest_first(self) -> Self:
        return self.order_by("-epoch", "-size")


class Head(models.Model):
    """
    The first `size` events of the register have this root (RFC 9162), and `text` says so, signed: a C2SP
    tlog-checkpoint. Triggers see to it that heads are only ever added.

    A register that was recovered from an older copy goes on as another log, in a new `epoch` (feedback.recovery).
    `signed_at` is nothing that the signature vouches for.
    """

    epoch = models.PositiveSmallIntegerField(default=1)
    size = models.BigIntegerField(_("events"))
    root = models.BinaryField(max_length=32)
    text = models.TextField(_("head"))
    signed_at = models.DateTimeField(_("signed"))

    objects = HeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("signed head")
        verbose_name_plural = _("signed heads")
        constraints = [models.UniqueConstraint(fields=["epoch", "size"], name="%(app_label)s_%(class)s_signed_once")]

    def __str__(self) -> str:
        return f"{self.epoch}: {self.size}"
