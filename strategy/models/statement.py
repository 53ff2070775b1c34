"""The lists of an accessibility statement (A11Y-1, A11Y-5), which belong to a node of that kind."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from strategy.models.node import Node, NodePart
from strategy.wcag import CRITERIA


class AccessibilityFailure(NodePart):
    """Something that does not meet the requirements, in the words of those whom it meets."""

    class Situation(models.TextChoices):
        """The situations of use that the authority's template groups failures by."""

        NO_SIGHT = "no_sight", _("Use without sight")
        LOW_SIGHT = "low_sight", _("Use with limited sight")
        COLOUR = "colour", _("Use without perception of colour")
        NO_HEARING = "no_hearing", _("Use without hearing")
        LOW_HEARING = "low_hearing", _("Use with limited hearing")
        NO_VOICE = "no_voice", _("Use without a voice")
        DEXTERITY = "dexterity", _("Use with limited fine motor control")
        MOBILITY = "mobility", _("Use with limited reach or strength")
        SEIZURES = "seizures", _("Sensitivity to flicker")
        COGNITION = "cognition", _("Use with limited cognition")

    node = models.ForeignKey(Node, models.CASCADE, related_name="failures")
    situation = models.CharField(_("situation of use"), max_length=20, choices=Situation)
    criterion = models.CharField(_("WCAG criterion"), max_length=10, choices=CRITERIA)
    what = models.TextField(_("what does not work"))
    why = models.TextField(_("why, and when it is mended"))
    instead = models.TextField(_("what can be used instead"), blank=True)

    class Meta(NodePart.Meta):
        verbose_name = _("accessibility failure")
        verbose_name_plural = _("accessibility failures")

    def __str__(self) -> str:
        return f"{self.criterion} {self.what}"


class AccessibilityExemption(NodePart):
    """Content that need not meet the requirements."""

    class Ground(models.TextChoices):
        BURDEN = "burden", _("An unreasonable burden (section 12 of the Act)")
        OUTSIDE = "outside", _("Outside the Act (section 9)")

    node = models.ForeignKey(Node, models.CASCADE, related_name="exemptions")
    ground = models.CharField(_("ground"), max_length=10, choices=Ground)
    what = models.TextField(_("content"))
    why = models.TextField(_("reason"))

    class Meta(NodePart.Meta):
        verbose_name = _("exempt content")
        verbose_name_plural = _("exempt content")

    def __str__(self) -> str:
        return self.what
