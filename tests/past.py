"""Deeds that were done just now, as if they had been done on other days."""

from datetime import datetime

from psycopg.types.range import Range


def happened(*moments: datetime) -> None:
    """
    The deeds that made the editions that there are, in order, were done at these moments: as only the owner of the
    database could say, and until the rollback.
    """
    from django.db import connection

    from strategy.models import Page

    pages = list(Page.objects.order_by("valid"))
    done = sorted({edge for page in pages for edge in (page.begins_at, page.ends_at) if edge})
    assert len(done) == len(moments), done
    then = dict(zip(done, moments, strict=True))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE strategy_page DISABLE TRIGGER USER")
        for page in pages:
            Page.objects.filter(pk=page.pk).update(
                valid=Range(then[page.begins_at], page.ends_at and then[page.ends_at], "[)"),
                content_since=then[page.content_since],
            )
        cursor.execute("ALTER TABLE strategy_page ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
