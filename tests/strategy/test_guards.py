"""The rules that the database keeps by itself, each broken here by SQL that goes around Python."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils.timezone import now
from psycopg.types.range import Range

from strategy import publishing
from strategy.kinds import KINDS, may_stand_under, pairs
from strategy.models import Node, Page


def sql(statement: str, *values) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def as_if_committed() -> None:
    """Look now at what is looked at only at commit, so that nothing of what was done so far is left to look at."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def accepted() -> Iterator[None]:
    """What is done inside passes every rule."""
    as_if_committed()
    with transaction.atomic():
        yield
        as_if_committed()


@contextmanager
def refused(why: str) -> Iterator[None]:
    """What is done inside is refused, at once or at commit, by the rule that `why` names or says."""
    as_if_committed()
    with pytest.raises(IntegrityError, match=why), transaction.atomic():  # noqa: PT012
        yield
        as_if_committed()
    sql("SET CONSTRAINTS ALL DEFERRED")


def in_days(days: int) -> datetime:
    return now() + timedelta(days=days)


def span(begin: int | None, end: int | None = None, bounds: str = "[)") -> Range:
    return Range(*(None if days is None else in_days(days) for days in (begin, end)), bounds)


def edition(node: Node, valid: Range, **others) -> int:
    """Insert an edition of `node` and return its id; `others` are the columns that are not what they should be."""
    parent = node.parent
    above = parent and Page.objects.filter(node=parent).order_by("pk").last()
    values = {
        "node_id": node.pk,
        "parent_id": parent and parent.pk,
        "trail": f"{above.trail if above else '/'}{node.pk}/",
        "position": 0,
        "kind": node.kind,
        "address": f"{above.address}{node.slug}/" if above else "/",
        "title": node.title,
        "document": '{"version": 1}',
        "valid": valid,
        "content_since": now(),
        **others,
    }
    places = ", ".join(["%s"] * len(values))
    return sql(
        f"INSERT INTO strategy_page ({', '.join(values)}) VALUES ({places}) RETURNING id",
        *values.values(),
    )[0][0]


def change(page_id: int, **values) -> None:
    columns = ", ".join(f"{name} = %s" for name in values)
    sql(f"UPDATE strategy_page SET {columns} WHERE id = %s", *values.values(), page_id)


@pytest.fixture
def old(tree):
    """
    The start page public for a hundred days, the text page from 50 to 20 days ago, the board from tomorrow on: entered
    as history, so that none of it is of this transaction.
    """
    tree.start_page = edition(tree.start, span(-100))
    tree.about_page = edition(tree.about, span(-50, -20))
    tree.board_page = edition(tree.board, span(1))
    return tree


# One at a time.


def test_two_editions_of_a_node_at_a_time_are_refused(old):
    with refused("strategy_page_one_edition_of_a_node_at_a_time"):
        edition(old.board, span(5), address="/annan/")
    with accepted():
        edition(old.about, span(5))


def test_two_pages_at_an_address_at_a_time_are_refused(old):
    with refused("strategy_page_one_page_at_an_address_at_a_time"):
        edition(old.about, span(2), address="/ks/")
    with accepted():
        edition(old.about, Range(now(), Page.objects.get(pk=old.board_page).begins_at, "[)"), address="/ks/")


def test_period_is_not_empty(old):
    tomorrow = in_days(1)
    for valid in (Range(empty=True), Range(tomorrow, tomorrow, "[)")):
        with refused("valid_has_a_beginning_and_is_not_empty"):
            edition(old.about, valid)


def test_period_has_a_beginning(old):
    with refused("valid_has_a_beginning_and_is_not_empty"):
        edition(old.vision, span(None, 5))


def test_two_roadmaps_of_a_vision_have_no_day_in_common(old):
    period = Range("2021-01-01", "2025-01-01", "[)")
    next_period = Range("2025-01-01", "2029-01-01", "[)")
    next_roadmap = Node.objects.add_child(old.vision, create_kwargs={"kind": "roadmap", "slug": "ny", "title": "Ny"})
    with accepted():
        edition(old.vision, span(1))
        edition(old.roadmap, span(1), period=period)
    with refused("strategy_page_one_roadmap_of_a_vision_on_a_day"):
        edition(next_roadmap, span(2), period=Range("2024-12-31", "2029-01-01", "[)"))
    with accepted():
        edition(next_roadmap, span(2), period=next_period)


# What has begun never changes.

OTHER_VALUES = {
    "id": 10**9,
    "node_id": "other",
    "parent_id": "other",
    "trail": "/9/9/",
    "position": 7,
    "kind": "vision",
    "address": "/annan/",
    "title": "Omskrivet",
    "document": '{"version": 1, "number": "9"}',
    "period": Range("2021-01-01", "2025-01-01", "[)"),
    "content_since": datetime(2000, 1, 1, tzinfo=UTC),
    "reason": "Efterhandsskäl",
    "published_by_id": "person",
    "recorded_at": datetime(2000, 1, 1, tzinfo=UTC),
    "lineage": [9],
    "boards": [9],
    "themes": [9],
    "global_goals": [9],
    "stage": "done",
    "sort_number": "9",
}


def test_every_column_is_tried_below():
    columns = {field.column for field in Page._meta.concrete_fields}
    assert columns == {*OTHER_VALUES, "valid"}


@pytest.mark.parametrize("column", OTHER_VALUES)
@pytest.mark.parametrize("page", ["start_page", "about_page"])
def test_no_column_of_what_has_begun_changes(old, django_user_model, page, column):
    value = OTHER_VALUES[column]
    if value == "other":
        value = old.board.pk
    elif value == "person":
        value = django_user_model.objects.create(username="someone").pk
    with refused("has begun and never changes"):
        change(getattr(old, page), **{column: value})


def test_columns_that_lists_ask_are_what_the_document_and_the_trail_say_whoever_writes_them(old):
    document = (
        '{"number": "2.10", "stage": "done", "boards": [{"node": 7}], "themes": [{"node": 8}], "global_goals": [4]}'
    )
    with accepted():
        change(old.board_page, document=document, lineage=[9], boards=[9], stage="started")
        page = Page.objects.get(pk=old.board_page)
        found = (page.lineage, page.boards, page.themes, page.global_goals, page.stage)
        assert found == ([old.start.pk, old.board.pk], [7], [8], [4], "done")
        assert page.sort_number == "00000002.00000010"


@pytest.mark.parametrize("begin", [-101, -99, 1])
def test_beginning_of_what_has_begun_does_not_move(old, begin):
    with refused("has begun and never changes"):
        change(old.start_page, valid=span(begin))


def test_end_moves_while_the_old_and_the_new_one_lie_ahead(old):
    with accepted():
        for days in (10, 20, 5, None):
            sql("UPDATE strategy_page SET valid = tstzrange(lower(valid), %s) WHERE id = %s",
                days and in_days(days), old.start_page)  # fmt: skip


@pytest.mark.parametrize("days", [-30, -19, 5, None])
def test_end_that_has_passed_does_not_move(old, days):
    with refused("an end moves only while"):
        sql("UPDATE strategy_page SET valid = tstzrange(lower(valid), %s) WHERE id = %s",
            days and in_days(days), old.about_page)  # fmt: skip


def test_end_that_has_passed_does_not_take_in_its_own_moment(old):
    with refused("strategy_page|an end moves only while"):
        sql("UPDATE strategy_page SET valid = tstzrange(lower(valid), upper(valid), '[]') WHERE id = %s",
            old.about_page)  # fmt: skip


def test_end_does_not_move_into_the_past(old):
    with refused("an end moves only while"):
        sql("UPDATE strategy_page SET valid = tstzrange(lower(valid), %s) WHERE id = %s", in_days(-1), old.start_page)


def test_what_has_begun_is_never_deleted(old):
    for page in (old.start_page, old.about_page):
        with refused("has begun and is never deleted"):
            sql("DELETE FROM strategy_page WHERE id = %s", page)


def test_what_lies_ahead_changes_and_goes(old):
    with accepted():
        change(old.board_page, title="Nämnden", valid=span(3))
    with accepted():
        sql("DELETE FROM strategy_page WHERE id = %s", old.board_page)


def test_what_lies_ahead_does_not_move_into_the_past(old):
    with refused("is moved into the past"):
        change(old.board_page, valid=span(-1))


@pytest.mark.parametrize("table", ["strategy_page CASCADE", "strategy_node CASCADE"])
def test_editions_are_never_emptied(old, table):
    # Tests that commit clean up by TRUNCATE, so that their settings may have turned the guard off.
    as_if_committed()
    sql("ALTER TABLE strategy_page ENABLE TRIGGER strategy_page_no_truncate")
    with refused("is never emptied"):
        sql(f"TRUNCATE {table}")


def test_node_that_was_public_is_never_deleted(old):
    with refused("strategy_page_node_id"):
        sql("DELETE FROM strategy_node WHERE id = %s", old.about.pk)


def test_node_with_a_history_gets_no_earlier_one(old):
    for valid in (span(-200, -150), span(-19, -10), span(-1)):
        with refused("is dated back, and its subject already has a history"):
            edition(old.about, valid)
    with refused("is dated back"):
        edition(old.board, span(-1, 1))


def test_one_statement_can_not_date_back_twice(old):
    with refused("is dated back"):
        sql(
            """
            INSERT INTO strategy_page
                (node_id, parent_id, trail, position, kind, address, title, document, content_since, valid)
            SELECT %s, %s, %s, 0, 'vision', '/v/', 'V', '{}', begin, tstzrange(begin, begin + interval '1 day')
            FROM (VALUES (now() - interval '5 days'), (now() - interval '9 days')) AS days (begin)
            """,
            old.vision.pk,
            old.start.pk,
            f"/{old.start.pk}/{old.vision.pk}/",
        )


def test_moment_of_recording_is_the_databases(old):
    forged = datetime(2000, 1, 1, tzinfo=UTC)
    page = edition(old.vision, span(1), recorded_at=forged)
    assert Page.objects.get(pk=page).recorded_at > in_days(-1)
    change(page, recorded_at=forged)
    assert Page.objects.get(pk=page).recorded_at > in_days(-1)


# What may stand under what.


def test_database_and_table_of_kinds_agree(db):
    every_pair = list(product(KINDS, [*KINDS, None]))
    said = {pair: sql("SELECT strategy_may_stand_under(%s, %s)", *pair)[0][0] for pair in every_pair}
    assert said == {pair: may_stand_under(*pair) for pair in every_pair}
    assert {pair for pair, allowed in said.items() if allowed} == set(pairs())


def test_database_knows_no_other_kind(db):
    for pair in (("person", None), ("person", "start"), ("vision", "person"), ("", None), ("start", "")):
        assert sql("SELECT strategy_may_stand_under(%s, %s)", *pair) == [(False,)]


def add_node(kind: str, path: str, depth: int | None = None) -> None:
    """Insert a node at `path`, in all else a copy of the root."""
    depth = len(path) // Node.steplen if depth is None else depth
    sql(
        """
        INSERT INTO strategy_node
        SELECT (jsonb_populate_record(root, jsonb_build_object('id', nextval(pg_get_serial_sequence('strategy_node',
            'id')), 'path', %s::text, 'depth', %s::int, 'kind', %s::text, 'slug', %s::text))).*
        FROM strategy_node root WHERE path = '0001'
        """,
        path, depth, kind, "" if kind == "start" else "t",
    )  # fmt: skip


NODES = {"start": "start", "vision": "vision", "theme": "growth", "roadmap": "roadmap", "area": "work",
         "goal": "income", "result": "jobs", "effort": "track", "board": "board", "text": "about"}  # fmt: skip


@pytest.mark.parametrize("parent", NODES)
def test_child_of_a_kind_that_its_parent_may_not_have_is_refused(tree, parent):
    node = getattr(tree, NODES[parent])
    for kind in KINDS:
        with accepted() if may_stand_under(kind, parent) else refused("may not stand under"):
            add_node(kind, f"{node.path}00ZZ")
        sql("DELETE FROM strategy_node WHERE path = %s", f"{node.path}00ZZ")


def test_kind_of_a_node_changes_only_to_one_that_fits_above_and_below(tree):
    with refused("may not stand under"):
        sql("UPDATE strategy_node SET kind = 'goal' WHERE id = %s", tree.safety.pk)
    with refused("may not stand under"):
        sql("UPDATE strategy_node SET kind = 'core_mission' WHERE id = %s", tree.roadmap.pk)
    with accepted():
        sql("UPDATE strategy_node SET kind = 'text' WHERE id = %s", tree.board.pk)


def test_kind_of_what_was_public_never_changes(old):
    with refused("the kind of what has been public never changes"):
        sql("UPDATE strategy_node SET kind = 'board' WHERE id = %s", old.about.pk)


def test_node_moves_only_to_where_its_kind_may_stand(tree):
    with refused("may not stand under"):
        sql("UPDATE strategy_node SET path = %s, depth = 3 WHERE id = %s", f"{tree.vision.path}00ZZ", tree.safety.pk)


def test_two_nodes_can_not_trade_places_without_what_is_under_them(tree):
    with refused("may not stand under"):
        for node, path in ((tree.growth, "x"), (tree.roadmap, tree.growth.path), (tree.growth, tree.roadmap.path)):
            sql("UPDATE strategy_node SET path = %s WHERE id = %s", path, node.pk)


def test_there_is_one_root(tree):
    with refused("strategy_node_one_root"):
        add_node("start", "0002")
    for depth in (0, 2):
        with refused("strategy_node_kind_guard"):
            add_node("start", "0002", depth=depth)


@pytest.mark.parametrize("kind", ["start", "area", "text"])
def test_node_without_a_parent_is_refused(tree, kind):
    with refused("may not stand under"):
        add_node(kind, f"{tree.start.path}00ZZ0001")


def test_parent_can_not_leave_its_children(tree):
    with refused("strategy_node"):
        sql("DELETE FROM strategy_node WHERE id = %s", tree.work.pk)
    with refused("strategy_node"):
        sql("UPDATE strategy_node SET path = %s WHERE id = %s", f"{tree.roadmap.path}00ZZ", tree.work.pk)


def test_depth_is_that_of_the_path(tree):
    with refused("strategy_node"):
        sql("UPDATE strategy_node SET depth = 5 WHERE id = %s", tree.about.pk)


def test_moving_and_deleting_by_the_tree_pass(tree):
    with accepted():
        Node.objects.move(tree.income, tree.safety, "last-child")
    with accepted():
        Node.objects.get(pk=tree.work.pk).delete()
        Node.objects.get(pk=tree.roadmap.pk).delete()


# Pages stand where their nodes' kinds may, under a page that is public.


def test_page_has_the_kind_of_its_node(old):
    with refused("the page of a text may not be a board"):
        edition(old.about, span(5), kind="board")


def test_page_stands_under_a_kind_that_may_have_it(old):
    with accepted():
        edition(old.vision, span(1))
    with refused("may not be a area under vision"):
        edition(old.work, span(1), parent_id=old.vision.pk, trail=f"/{old.vision.pk}/{old.work.pk}/", address="/a/")
    with refused("may not be a text under nothing"):
        edition(old.about, span(5), parent_id=None)


@pytest.mark.parametrize(
    "trail", ["/", "/1/", "{start}/{about}", "/{about}/{start}/", "/{start}/1{about}/", "/{start}/"]
)
def test_trail_leads_to_the_page(old, trail):
    with refused("does not lead to the page"):
        edition(old.about, span(5), trail=trail.format(start=old.start.pk, about=old.about.pk))


def test_page_is_public_only_while_its_parent_is(old):
    with accepted():
        edition(old.vision, span(2, 10))
    roadmap = {"trail": f"/{old.start.pk}/{old.vision.pk}/{old.roadmap.pk}/", "address": "/v/f/"}
    for valid in (span(1), span(1, 5), span(5), span(5, 11), span(11, 12)):
        with refused("is public when its parent is not"):
            edition(old.roadmap, valid, **roadmap)
    with accepted():
        edition(old.roadmap, span(2, 9), **roadmap)


def test_parent_is_not_closed_over_a_public_page(old):
    with accepted():
        vision = edition(old.vision, span(2, 10))
        edition(old.roadmap, span(3, 9))
    with refused("is public when that is not"):
        change(vision, valid=span(2, 8))
    with refused("is public when that is not"):
        change(vision, valid=span(4, 10))
    with refused("is public when that is not"):
        sql("DELETE FROM strategy_page WHERE id = %s", vision)
    with accepted():
        change(vision, valid=span(2, 5))
        edition(old.vision, Range(Page.objects.get(pk=vision).ends_at, None, "[)"))


def test_page_ahead_can_not_be_given_to_another_node_over_its_children(old):
    other = Node.objects.add_child(old.start, create_kwargs={"kind": "vision", "slug": "annan", "title": "Annan"})
    with accepted():
        vision = edition(old.vision, span(2))
        edition(old.roadmap, span(3))
    with refused("is public when that is not"):
        change(vision, node_id=other.pk, trail=f"/{old.start.pk}/{other.pk}/")


def test_publishing_passes_every_rule(tree):
    with accepted():
        publishing.publish_branch(tree.start)
    with accepted():
        publishing.rename(tree.work, "nytt")
        publishing.move(tree.income, tree.safety, "last-child")
    with accepted():
        publishing.withdraw(tree.roadmap)
