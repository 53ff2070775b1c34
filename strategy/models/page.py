"""What the public reads: editions of nodes, frozen. Written by strategy.publishing alone."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.fields.json import KT
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from strategy.dated import Dated, DatedQuerySet
from strategy.kinds import NodeKind
from strategy.models.node import Node


class PageQuerySet(DatedQuerySet):
    def of_kind(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def in_branch(self, trail: str) -> Self:
        """The editions of a node, given its trail, and of all below it."""
        return self.filter(trail__startswith=trail)

    def begun(self) -> Self:
        """All that is or has been public."""
        return self.filter(valid__startswith__lte=Now())

    def showing(self, file: str) -> Self:
        """The editions that show an uploaded file."""
        return self.filter(
            models.Q(document__contains={"illustrations": [{"file": file}]})
            | models.Q(document__contains={"related": [{"file": file}]})
        )

    def by_number(self) -> Self:
        """As people number things, 2.10 after 2.9: every run of digits is filled up to eight."""
        number = KT("document__number")
        filled = models.Func(
            number, models.Value(r"(\d+)"), models.Value(r"0000000\1"), models.Value("g"), function="regexp_replace"
        )
        cut = models.Func(
            filled,
            models.Value(r"\d*(\d{8})"),
            models.Value(r"\1"),
            models.Value("g"),
            function="regexp_replace",
            output_field=models.TextField(),
        )
        return self.order_by(cut, "position", "address")

    def in_order(self) -> Self:
        """Siblings as staff put them."""
        return self.order_by("position", "node_id")

    def shown(self) -> Self:
        """With `shown_at`: the moment of the state that is read, by the database's clock."""
        return self.annotate(shown_at=Now())


class Page(Dated):
    """
    An edition of a node: what it said, and where it stood, from one moment to another.

    `trail` names the node's line of ancestors and itself by id ("/1/5/17/"); `document` has the shape that
    strategy.documents builds and upgrades.
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
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("published by")
    )

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
            GinIndex(fields=["document"], opclasses=["jsonb_path_ops"], name="strategy_page_document"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.address})"

    @property
    def ancestor_ids(self) -> list[int]:
        """Ids of the nodes above, the start page's first."""
        return [int(step) for step in self.trail.strip("/").split("/")][:-1]

    def is_ahead(self, moment: datetime) -> bool:
        return self.begins_at > moment
