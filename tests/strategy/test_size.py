"""A page costs the same few queries in a tree of ten nodes and in one of fifty thousand."""

import json

import pytest
from django.db import connection

from strategy import documents
from strategy.kinds import NodeKind
from strategy.models import Node, Page

SHAPE = [
    (NodeKind.VISION, 1),
    (NodeKind.ROADMAP, 1),
    (NodeKind.AREA, 10),
    (NodeKind.GOAL, 20),
    (NodeKind.RESULT, 25),
    (NodeKind.EFFORT, 9),
]
QUERIES = 6

NODES = """
INSERT INTO strategy_node ({columns})
SELECT {values} FROM strategy_node above, generate_series(1, %s) AS n
WHERE above.depth = %s
"""
PAGES = """
INSERT INTO strategy_page (node_id, parent_id, trail, position, kind, address, title, document, period, valid,
                           recorded_at, content_since)
SELECT node.id, above.node_id, coalesce(above.trail, '/') || node.id || '/', ascii(right(node.path, 1)), node.kind,
       coalesce(above.address || node.slug, '') || '/', node.title, %s::jsonb,
       CASE node.kind WHEN 'roadmap' THEN daterange('2021-01-01', '2025-01-01') END, tstzrange(now(), NULL),
       now(), now()
FROM strategy_node node
LEFT JOIN strategy_node above_node ON above_node.path = left(node.path, -4)
LEFT JOIN strategy_page above ON above.node_id = above_node.id
WHERE node.depth = %s
"""
# What differs between the nodes of one level; all other columns are those of a node that was just made.
DIFFERENT = {
    "path": "above.path || '000' || substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', n + 1, 1)",
    "slug": "'del-' || n",
    "number": "n::text",
}


def plant(shape: list[tuple[NodeKind, int]]) -> int:
    """Nodes and their editions, a whole level at a time, each under every node of the one above; returns how many."""
    fields = [field for field in Node._meta.concrete_fields if not field.primary_key]
    with connection.cursor() as cursor:
        # The guards look at each row; they are tested elsewhere, and come back with the rollback.
        for table in ("strategy_node", "strategy_page"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE strategy_page ENABLE TRIGGER strategy_page_facts")
        Node.objects.add_root(create_kwargs={"kind": NodeKind.START, "title": "Start"})
        for depth, (kind, width) in enumerate(shape, start=2):
            sample = Node(kind=kind, title=f"En {kind}", depth=depth, numchild=0)
            values = [DIFFERENT.get(field.column, "%s") for field in fields]
            same = [field for field in fields if field.column not in DIFFERENT]
            parameters = [field.get_db_prep_save(field.pre_save(sample, True), connection) for field in same]
            columns = ", ".join(field.column for field in fields)
            cursor.execute(NODES.format(columns=columns, values=", ".join(values)), [*parameters, width, depth - 1])
        document = documents.build(Node.objects.with_content().get(depth=1))
        document["period"] = {"start": "2021-01-01", "end": "2024-12-31"}
        for depth in range(1, len(shape) + 2):
            cursor.execute(PAGES, [json.dumps(document), depth])
        cursor.execute("ANALYZE strategy_node, strategy_page")
    return Page.objects.count()


@pytest.mark.parametrize(("shape", "count"), [([(kind, 1) for kind, _ in SHAPE], 7), (SHAPE, 50_213)])
def test_no_page_takes_more_queries_in_a_larger_tree(db, client, django_assert_max_num_queries, shape, count):
    assert plant(shape) == count
    steps = ["del-1/" * depth for depth in range(len(SHAPE) + 1)]
    for address in [*(f"/{step}" for step in steps), "/nivaer/insatser/", "/nivaer/resultatmal/?page=3"]:
        for prefix in ("", "/en"):
            with django_assert_max_num_queries(QUERIES):
                assert client.get(prefix + address).status_code == 200, address
    with django_assert_max_num_queries(QUERIES):
        assert client.get("/borta/").status_code == 404
