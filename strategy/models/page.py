"""What the public reads: editions of nodes, frozen. Written by strategy.publishing alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Cast, Lower, Now, RowNumber, Upper
from django.utils.translation import gettext_lazy as _

from strategy.dated import Dated, DatedQuerySet
from strategy.kinds import KINDS, PROMISES, NodeKind
from strategy.models.block import Block, BlockQuerySet
from strategy.models.node import Node

# Where the easy-to-read texts of pages are: this, and then the page's own address.
EASY_TO_READ = "/lattlast"


class _IsAny(models.Func):
    """Whether a value is any of an array's. Its `IN` would be as many parameters."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = models.BooleanField()


def _blocks_of_it() -> BlockQuerySet:
    """Those in force of what an edition says, wherever it stood: moving a page does not show again what is blocked."""
    return Block.objects.in_force().filter(
        page__node=models.OuterRef("node"), page__content_since=models.OuterRef("content_since")
    )


def _concerns(node_id: int) -> models.Q:
    return models.Q(lineage__contains=[node_id]) | models.Q(boards__contains=[node_id])


def _number_order(roadmaps: Iterable[str]) -> list[models.Expression | str]:
    turns = [models.When(trail__startswith=trail, then=turn) for turn, trail in enumerate(roadmaps)]
    turn = [models.Case(*turns, default=len(turns), output_field=models.IntegerField())] if turns else []
    return [*turn, "sort_number", "position", "address"]


class PageQuerySet(DatedQuerySet):
    def holding(self, moment: datetime | None = None) -> Self:
        """The editions that hold at `moment` (without one: now), those that may not be shown among them."""
        return super().at(moment)

    def at(self, moment: datetime | None = None) -> Self:
        """What the public may read at `moment` (without one: now)."""
        return self.holding(moment).readable()

    def readable(self) -> Self:
        return self.filter(~models.Exists(_blocks_of_it()))

    def blocked(self) -> Self:
        return self.filter(models.Exists(_blocks_of_it()))

    def with_block(self) -> Self:
        """With `block_id`: the block that keeps the edition from being shown, or None."""
        return self.annotate(block_id=models.Subquery(_blocks_of_it().values("pk")[:1]))

    def with_first(self) -> Self:
        """With `first_at`: when the node was first public."""
        editions = Page.objects.filter(node=models.OuterRef("node")).order_by("valid")
        return self.annotate(first_at=models.Subquery(editions.values(at=Lower("valid"))[:1]))

    def saying_the_same(self, page: "Page") -> Self:
        """The edition, and those that it was re-issued as: other addresses, places and days of review."""
        return self.filter(node=page.node_id, content_since=page.content_since)

    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def at_address(self, address: str) -> Self:
        """The editions that are read at an address (without language): as pages, or as their easy-to-read texts."""
        if not address.startswith(f"{EASY_TO_READ}/"):
            return self.filter(address=address)
        languages = [code for code, _name in settings.LANGUAGES]
        return self.easy_to_read(*languages).filter(address=address.removeprefix(EASY_TO_READ))

    def easy_to_read(self, *languages: str) -> Self:
        """What has an easy-to-read text in any of the languages."""
        return self.filter(document__easy_to_read__has_any_keys=languages)

    def in_branch(self, trail: str) -> Self:
        """The editions of a node, given its trail, and of all below it."""
        return self.filter(trail__startswith=trail)

    def below(self, node_id: int) -> Self:
        """The editions of a node and of all below it, wherever it stood."""
        return self.filter(lineage__contains=[node_id])

    def promises(self) -> Self:
        """What the municipality promises: what citizens filter, and every count counts."""
        return self.of_kind(*PROMISES)

    def of_board(self, node_id: int) -> Self:
        """What names the board as responsible."""
        return self.filter(boards__contains=[node_id])

    def in_stage(self, stage: str) -> Self:
        return self.filter(stage=stage)

    def serving_theme(self, node_id: int, moment: datetime | None = None) -> Self:
        """What says that it serves the theme, or stands below a page that says so at `moment`."""
        return self._below_what(moment, themes__contains=[node_id])

    def serving_global_goal(self, number: int, moment: datetime | None = None) -> Self:
        """What says that it serves the goal of Agenda 2030, or stands below a page that says so at `moment`."""
        return self._below_what(moment, global_goals__contains=[number])

    def _below_what(self, moment: datetime | None, **says: list) -> Self:
        saying = Page.objects.at(moment).filter(**says).values("node")
        return self.filter(lineage__overlap=ArraySubquery(saying))

    def among(self, ids: list[int]) -> Self:
        """However many they are: PostgreSQL reads them as one array."""
        array = Cast(models.Value(f"{{{','.join(map(str, ids))}}}"), ArrayField(models.BigIntegerField()))
        return self.filter(_IsAny("pk", array))

    def begun(self) -> Self:
        """All that is or has been public."""
        return self.filter(valid__startswith__lte=Now())

    def begun_by(self, moment: datetime) -> Self:
        """All that is or has been public at `moment`."""
        return self.filter(valid__startswith__lte=moment)

    def changes(self) -> Self:
        """The editions that say something new; all others are re-issues of what was said before."""
        return self.filter(content_since=models.F("valid__startswith"))

    def withdrawn_by(self, moment: datetime) -> Self:
        """The editions that ended, and were followed by none at once."""
        following = Page.objects.filter(
            node=models.OuterRef("node"), valid__startswith=models.OuterRef("valid__endswith")
        )
        return self.filter(~models.Exists(following), valid__endswith__lte=moment)

    def concerning(self, node_id: int) -> Self:
        """The editions of a node and of all below it; of a board, also of what names it."""
        return self.filter(_concerns(node_id))

    def news_of(self, node_id: int) -> Self:
        """The same, and the editions that name a board no longer: that is news of the board too."""
        named_it = Page.objects.of_board(node_id).filter(
            node=models.OuterRef("node"), valid__endswith=models.OuterRef("valid__startswith")
        )
        return self.filter(_concerns(node_id) | models.Exists(named_it))

    def showing(self, file: str) -> Self:
        """The editions that show an uploaded file."""
        return self.filter(
            models.Q(document__contains={"illustrations": [{"file": file}]})
            | models.Q(document__contains={"related": [{"file": file}]})
        )

    def by_number(self, roadmaps: Iterable[str] = ()) -> Self:
        """By their numbers; what stands below `roadmaps` (their trails) first, one roadmap after the other."""
        return self.order_by(*_number_order(roadmaps))

    def first_of_each_kind(self, count: int, roadmaps: Iterable[str] = ()) -> Self:
        """At most `count` of each kind, those that come first by their numbers."""
        place = models.Window(RowNumber(), partition_by="kind", order_by=_number_order(roadmaps))
        return self.annotate(place=place).filter(place__lte=count).by_kind("place")

    def in_order(self) -> Self:
        """Siblings as staff put them."""
        return self.order_by("position", "node_id")

    def by_kind(self, *then: str) -> Self:
        """In the order of the levels."""
        places = [models.When(kind=kind, then=place) for place, kind in enumerate(KINDS)]
        then = then or ("position", "node_id")
        return self.order_by(models.Case(*places, output_field=models.IntegerField()), *then)

    def shown(self) -> Self:
        """With `shown_at`: the moment of the state that is read, by the database's clock."""
        return self.annotate(shown_at=Now())


class Page(Dated):
    """
    An edition of a node: what it said, and where it stood, from one moment to another.

    `trail` names the node's line of ancestors and itself by id ("/1/5/17/"); `document` has the shape that
    strategy.documents builds and upgrades. What lists ask for stands in columns that the database fills from these two
    (migration 0006): Python reads them and never writes them.
    """

    node = models.ForeignKey(Node, models.PROTECT, related_name="editions")
    parent = models.ForeignKey(Node, models.PROTECT, null=True, related_name="+")
    trail = models.CharField(max_length=400)
    position = models.BigIntegerField(_("place among siblings"))
    kind = models.CharField(_("kind"), max_length=20, choices=NodeKind)
    address = models.CharField(_("address"), max_length=900)
    title = models.CharField(_("title"), max_length=200)
    document = models.JSONField(_("document"))
    period = DateRangeField(_("period"), null=True)
    content_since = models.DateTimeField(
        _("last updated"), help_text=_("The start of the first edition with this content.")
    )
    reason = models.TextField(
        _("why"), blank=True, db_default="", help_text=_("Why the page was changed, for those who read its history.")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )

    # The ids of the nodes above and its own; of what it names; and its number in the order that people count in.
    lineage = ArrayField(models.BigIntegerField(), editable=False, db_default=[])
    boards = ArrayField(models.BigIntegerField(), editable=False, db_default=[])
    themes = ArrayField(models.BigIntegerField(), editable=False, db_default=[])
    global_goals = ArrayField(models.SmallIntegerField(), editable=False, db_default=[])
    stage = models.CharField(max_length=20, editable=False, db_default="")
    sort_number = models.TextField(editable=False, db_default="")

    objects = PageQuerySet.as_manager()

    class Meta(Dated.Meta):
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            *Dated.Meta.constraints,
            ExclusionConstraint(
                name="strategy_page_one_edition_of_a_node_at_a_time",
                expressions=[("node", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="strategy_page_one_page_at_an_address_at_a_time",
                expressions=[("address", RangeOperators.EQUAL), ("valid", RangeOperators.OVERLAPS)],
            ),
            # STEER-2: several roadmaps under one vision, at most one of them current on any day.
            ExclusionConstraint(
                name="strategy_page_one_roadmap_of_a_vision_on_a_day",
                expressions=[
                    ("parent", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=models.Q(kind=NodeKind.ROADMAP),
            ),
        ]
        indexes = [
            models.Index(fields=["parent", "position"], name="strategy_page_children"),
            models.Index(fields=["address"], name="strategy_page_address"),
            # For branches: LIKE '/1/5/%'.
            models.Index(fields=["trail"], opclasses=["text_pattern_ops"], name="strategy_page_branch"),
            models.Index(fields=["kind", "trail"], name="strategy_page_kind"),
            # For what stands below a node, and for what serves a theme or a goal.
            GinIndex(fields=["lineage"], name="strategy_page_lineages"),
            GinIndex(fields=["boards", "themes", "global_goals"], name="strategy_page_named"),
            # For the newest changes first.
            models.Index(fields=["-content_since", "-id"], name="strategy_page_newest"),
            models.Index(Upper("valid").desc(), models.F("id").desc(), name="strategy_page_newest_ends"),
            GinIndex(fields=["document"], opclasses=["jsonb_path_ops"], name="strategy_page_document"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.address})"

    @property
    def ancestor_ids(self) -> list[int]:
        """Ids of the nodes above, the start page's first."""
        return [int(step) for step in self.trail.strip("/").split("/")][:-1]

    @property
    def easy_address(self) -> str:
        """Of its easy-to-read text."""
        return f"{EASY_TO_READ}{self.address}"

    def is_ahead(self, moment: datetime) -> bool:
        return self.begins_at > moment
