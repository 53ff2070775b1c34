"""The words of editions, kept for searching. A trigger writes them (migration 0004), Python never does."""

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from strategy.dated import DatedQuerySet
from strategy.models.block import Block
from strategy.models.page import Page


class Weighted(models.Func):
    """Those words of a vector that have one of the weights (letters)."""

    function = "ts_filter"
    template = "%(function)s(%(expressions)s, '{%(weights)s}')"
    output_field = SearchVectorField()


TITLE = Weighted("words", weights="a")
HEADING = Weighted("words", weights="a,b")


class SearchTextQuerySet(DatedQuerySet):
    def at(self, moment: object = None) -> "SearchTextQuerySet":
        """Of what the public may read at `moment` (without one: now)."""
        same = {"page__node": models.OuterRef("node_id"), "page__content_since": models.OuterRef("content_since")}
        return super().at(moment).filter(~models.Exists(Block.objects.in_force().filter(**same)))


class SearchText(models.Model):
    """
    The words of an edition in a language, those of its number and title with weight A, of its lead with B; `languages`
    are all that the edition has texts in. `valid` is the edition's own.
    """

    page = models.ForeignKey(Page, models.DO_NOTHING, related_name="search_texts")
    node_id = models.BigIntegerField()
    content_since = models.DateTimeField()
    valid = DateTimeRangeField()
    language = models.CharField(max_length=10)
    languages = ArrayField(models.CharField(max_length=10))
    words = SearchVectorField()

    objects = SearchTextQuerySet.as_manager()

    class Meta:
        indexes = [
            # Without a list of pending words: what was just published is found as fast as all else.
            GinIndex(fields=["words"], fastupdate=False, name="strategy_searchtext_words"),
            GinIndex(TITLE, fastupdate=False, name="strategy_searchtext_title"),
            GinIndex(HEADING, fastupdate=False, name="strategy_searchtext_heading"),
        ]

    def __str__(self) -> str:
        return f"{self.page_id} ({self.language})"


class SearchWord(models.Model):
    """
    A word that some edition has, those that may not be shown among them: it is shown to nobody before a page that may
    be read is found by it. `plain` is without accents.
    """

    language = models.CharField(max_length=10)
    word = models.CharField(max_length=60)
    plain = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["language", "word"], name="strategy_searchword_once_in_a_language"),
        ]
        indexes = [GinIndex(OpClass("plain", "gin_trgm_ops"), fastupdate=False, name="strategy_searchword_alike")]

    def __str__(self) -> str:
        return f"{self.word} ({self.language})"
