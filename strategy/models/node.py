"""What staff work on: the tree of nodes. Nothing here is public until strategy.publishing freezes it into a Page."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connections, models
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from strategy import uploads
from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import COMMON, KINDS, Kind, NodeKind, is_reserved
from strategy.rich_text import RichTextField, is_link


def validate_link(address: str) -> None:
    if not is_link(address):
        raise ValidationError(_("An address begins with https://, http://, mailto:, tel: or /."), code="link")


def languages() -> list[tuple[str, str]]:
    return settings.LANGUAGES


def other_languages() -> list[tuple[str, str]]:
    return [choice for choice in settings.LANGUAGES if choice[0] != settings.LANGUAGE_CODE]


def year_field(name: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        name, null=True, blank=True, validators=[MinValueValidator(1900), MaxValueValidator(2200)]
    )


class NodeQuerySet(MP_NodeQuerySet):
    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def with_content(self) -> Self:
        """Everything a document is built of: eleven queries more, however many nodes."""
        return self.prefetch_related(
            "translations",
            "easy_texts",
            "failures",
            "exemptions",
            "illustrations",
            "related_material",
            "words",
            "boards__translations",
            "themes__translations",
        )


# treebeard's manager must stay the default one, and its from_queryset() alone would lose the methods above.
class NodeManager(MP_NodeManager.from_queryset(NodeQuerySet)):
    def get_queryset(self) -> NodeQuerySet:
        return NodeQuerySet(self.model, using=self._db).order_by("path")

    def lock(self) -> datetime:
        """
        Wait for every other change of the tree or of what is public, and return the moment by the database's clock.

        The lock goes with the transaction. One for the whole tree: a move rewrites its neighbours' paths, and editors
        are few.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('strategy.tree'))")
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0]


class Node(MP_Node):
    class Direction(models.TextChoices):
        HIGHER = "higher", _("Higher is better")
        LOWER = "lower", _("Lower is better")

    class Stage(models.TextChoices):
        NOT_STARTED = "not_started", _("Not started")
        STARTED = "started", _("Started")
        DELAYED = "delayed", _("Delayed")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    class Compliance(models.TextChoices):
        """The three words that the law's regulation has for it (A11Y-1)."""

        FULL = "full", _("Fully compliant")
        PARTIAL = "partial", _("Partly compliant")
        NONE = "none", _("Not compliant")

    class AssessmentMethod(models.TextChoices):
        OWN = "own", _("The municipality's own assessment")
        EXTERNAL = "external", _("An assessment by others")
        BOTH = "both", _("The municipality's own assessment and one by others")

    kind = models.CharField(_("kind"), max_length=20, choices=NodeKind)
    key = models.CharField(
        _("key"),
        max_length=100,
        unique=True,
        null=True,
        blank=True,
        editable=False,
        help_text=_("What a strategy file calls this node, whatever its title or place."),
    )
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=80, blank=True, help_text=_("The node's part of the page's address."))
    number = models.CharField(_("number"), max_length=20, blank=True, help_text=_("As in the decision, such as 2.1.2."))
    lead = models.TextField(_("lead"), blank=True, help_text=_("The first sentences, without formatting."))
    body = RichTextField(_("body"), blank=True)
    example = models.BooleanField(
        _("example data"), default=False, help_text=_("Made up, to show how it may look. Marked on the page.")
    )

    reviewed_on = models.DateField(
        _("reviewed on"),
        null=True,
        blank=True,
        help_text=_("When someone last read the page and found it right, whether or not its text changed."),
    )

    boards = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="answers_for",
        limit_choices_to={"kind": NodeKind.BOARD},
        verbose_name=_("responsible boards"),
    )
    themes = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="served_by",
        limit_choices_to={"kind": NodeKind.THEME},
        verbose_name=_("themes served"),
    )
    global_goals = ArrayField(
        models.PositiveSmallIntegerField(choices=GLOBAL_GOALS), default=list, blank=True, verbose_name=_("global goals")
    )

    period_start_on = models.DateField(_("period starts"), null=True, blank=True)
    period_end_on = models.DateField(_("period ends"), null=True, blank=True)
    target_year = year_field(_("target year"))

    decision_body = models.CharField(_("decided by"), max_length=100, blank=True)
    decided_on = models.DateField(_("decided on"), null=True, blank=True)
    decision_paragraph = models.CharField(_("paragraph (§)"), max_length=20, blank=True)
    decision_number = models.CharField(_("registration number"), max_length=40, blank=True)

    indicator = models.CharField(_("indicator"), max_length=200, blank=True)
    unit = models.CharField(_("unit"), max_length=60, blank=True)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimals shown"), default=0, validators=[MaxValueValidator(6)])
    baseline_value = models.DecimalField(_("baseline"), max_digits=20, decimal_places=6, null=True, blank=True)
    baseline_year = year_field(_("baseline year"))
    target_value = models.DecimalField(_("target"), max_digits=20, decimal_places=6, null=True, blank=True)

    stage = models.CharField(_("stage"), max_length=20, choices=Stage, blank=True)

    # Of an accessibility statement; its lists are in strategy.models.statement.
    compliance = models.CharField(_("compliance"), max_length=10, choices=Compliance, blank=True)
    assessed_on = models.DateField(_("assessed on"), null=True, blank=True)
    assessment_method = models.CharField(_("method of assessment"), max_length=10, choices=AssessmentMethod, blank=True)

    board_code = models.CharField(_("code"), max_length=6, blank=True)
    board_email = models.EmailField(_("e-mail"), blank=True)

    objects = NodeManager()

    class Meta(MP_Node.Meta):
        verbose_name = _("node")
        verbose_name_plural = _("nodes")
        constraints = [
            models.UniqueConstraint(fields=["depth"], condition=models.Q(depth=1), name="strategy_node_one_root"),
            models.CheckConstraint(
                condition=models.Q(period_end_on__gte=models.F("period_start_on")),
                name="strategy_node_period_ends_after_it_starts",
                violation_error_message=_("The period ends before it starts."),
            ),
            models.CheckConstraint(
                condition=models.Q(kind=NodeKind.START, slug="")
                | (~models.Q(kind=NodeKind.START) & ~models.Q(slug="")),
                name="strategy_node_all_but_the_start_page_have_a_slug",
                violation_error_message=_("Every page but the start page needs a slug, and that one has none."),
            ),
        ]
        permissions = [("publish_node", _("Can publish, schedule, withdraw, and move or rename what is public"))]

    def __str__(self) -> str:
        return f"{self.number} {self.title}" if self.number else self.title

    def clean(self) -> None:
        if self.depth == 2 and is_reserved(self.slug):
            raise ValidationError({"slug": _("“%(slug)s” is an address of the portal itself.") % {"slug": self.slug}})
        self.global_goals = sorted(set(self.global_goals))

    @property
    def rule(self) -> Kind:
        return KINDS[self.kind]

    @property
    def asked_for(self) -> tuple[str, ...]:
        return (*COMMON, *self.rule.asks)

    @property
    def parent(self) -> Self | None:
        """A query, unless the tree is already in memory."""
        return None if self.is_root() else Node.objects.get_parent(self)


class NodePart(models.Model):
    """A row that belongs to a node and is frozen with it, in the order staff gave."""

    order = models.PositiveSmallIntegerField(_("order"), default=0)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=languages,
        default=settings.LANGUAGE_CODE,
        help_text=_("Of its words. A page in another language shows its own rows when it has any."),
    )

    class Meta:
        abstract = True
        ordering = ["order", "pk"]


class Translation(models.Model):
    node = models.ForeignKey(Node, models.CASCADE, related_name="translations")
    language = models.CharField(_("language"), max_length=10, choices=other_languages)
    title = models.CharField(_("title"), max_length=200)
    lead = models.TextField(_("lead"), blank=True)
    body = RichTextField(_("body"), blank=True)
    by_portal = models.BooleanField(
        _("the portal's own translation"),
        default=False,
        help_text=_("Not decided by the municipality. Said on the page."),
    )

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["node", "language"], name="strategy_translation_one_for_each_language")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"


class EasyText(models.Model):
    """The node in easy-to-read language (lättläst, WEB-12): a text of its own, at an address of its own."""

    node = models.ForeignKey(Node, models.CASCADE, related_name="easy_texts")
    language = models.CharField(_("language"), max_length=10, choices=languages, default=settings.LANGUAGE_CODE)
    title = models.CharField(_("title"), max_length=200)
    body = RichTextField(_("body"), help_text=_("Short sentences, one thing in each. Everyday words."))

    class Meta:
        verbose_name = _("easy-to-read text")
        verbose_name_plural = _("easy-to-read texts")
        ordering = ["language"]
        constraints = [
            models.UniqueConstraint(fields=["node", "language"], name="strategy_easytext_one_for_each_language")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language})"


class KindWord(models.Model):
    """What the municipality calls a level; kept with the start page, since it is published with it."""

    node = models.ForeignKey(Node, models.CASCADE, related_name="words", limit_choices_to={"kind": NodeKind.START})
    kind = models.CharField(_("kind"), max_length=20, choices=NodeKind)
    language = models.CharField(_("language"), max_length=10, choices=languages, default=settings.LANGUAGE_CODE)
    one = models.CharField(_("one"), max_length=60)
    many = models.CharField(_("several"), max_length=60)

    class Meta:
        verbose_name = _("word for a level")
        verbose_name_plural = _("words for the levels")
        ordering = ["language", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["node", "kind", "language"], name="strategy_kindword_one_for_each_language")
        ]

    def __str__(self) -> str:
        return f"{self.one}, {self.many}"


class Illustration(NodePart):
    class Drawing(models.TextChoices):
        TOWN = "town", _("The town on the line")
        PYRAMID = "pyramid", _("The pyramid of the steering model")

    node = models.ForeignKey(Node, models.CASCADE, related_name="illustrations")
    drawing = models.CharField(_("the portal's own drawing"), max_length=20, choices=Drawing, blank=True)
    image = models.ImageField(
        _("picture"),
        blank=True,
        storage=uploads.storage,
        width_field="width",
        height_field="height",
        help_text=_("PNG, JPEG or WebP."),
    )
    width = models.PositiveIntegerField(null=True, editable=False)
    height = models.PositiveIntegerField(null=True, editable=False)
    alternative_text = models.TextField(
        _("alternative text"), blank=True, help_text=_("What the picture says to someone who does not see it.")
    )
    decorative = models.BooleanField(
        _("decorative"), default=False, help_text=_("Says nothing that the text does not. Needs no alternative text.")
    )
    caption = models.TextField(_("caption"), blank=True)

    class Meta(NodePart.Meta):
        verbose_name = _("illustration")
        verbose_name_plural = _("illustrations")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(drawing="") ^ models.Q(image=""),
                name="strategy_illustration_a_drawing_or_a_picture",
                violation_error_message=_("Choose either a drawing or a picture."),
            ),
        ]

    def __str__(self) -> str:
        return self.caption or self.alternative_text or self.get_drawing_display() or self.image.name

    def clean(self) -> None:
        if self.image and not self.image._committed:
            self.image = uploads.picture(self.image.file)


class RelatedMaterial(NodePart):
    node = models.ForeignKey(Node, models.CASCADE, related_name="related_material")
    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), blank=True, storage=uploads.storage, help_text=_("PDF, PNG, JPEG or WebP."))
    address = models.CharField(_("address"), max_length=500, blank=True, validators=[validate_link])
    year = year_field(_("year"))

    class Meta(NodePart.Meta):
        verbose_name = _("related material")
        verbose_name_plural = _("related material")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(file="") ^ models.Q(address=""),
                name="strategy_relatedmaterial_a_file_or_an_address",
                violation_error_message=_("Give either a file or an address."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.file and not self.file._committed:
            self.file = uploads.document(self.file.file)
