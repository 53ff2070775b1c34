"""A page costs the same few queries in a tree of ten nodes and in one of fifty thousand."""

import pytest
from django.db import connection
from django.utils.timezone import now
from psycopg.types.range import Range

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


def plant(shape: list[tuple[NodeKind, int]]) -> int:
    """Nodes and their editions by bulk insert, each level under every node of the one before; returns how many."""
    rows = [Node(path="0001", depth=1, kind=NodeKind.START, title="Start", numchild=1)]
    level = rows
    for kind, width in shape:
        level = [
            Node(
                path=Node._get_path(above.path, above.depth + 1, number),
                depth=above.depth + 1,
                kind=kind,
                slug=f"{kind}-{number}",
                title=f"{kind} {number}",
                number=str(number),
            )
            for above in level
            for number in range(1, width + 1)
        ]
        rows += level
    nodes = Node.objects.bulk_create(rows, batch_size=5000)
    by_path = {node.path: node for node in nodes}
    since = now()
    pages: dict[str, Page] = {}
    empty = documents.build(Node.objects.with_content().get(pk=nodes[0].pk))
    for node in nodes:
        above = pages.get(node.path[:-4])
        text = {"title": node.title, "lead": "En rad", "body": "<p>Text</p>", "by_portal": False}
        period = {"start": "2021-01-01", "end": "2024-12-31"} if node.kind == NodeKind.ROADMAP else None
        pages[node.path] = Page(
            node=node,
            parent=by_path.get(node.path[:-4]),
            trail=f"{above.trail if above else '/'}{node.pk}/",
            position=int(node.path[-4:], 36),
            kind=node.kind,
            address=f"{above.address}{node.slug}/" if above else "/",
            title=node.title,
            document={**empty, "texts": {"sv": text}, "number": node.number, "period": period},
            valid=Range(since, None, "[)"),
            content_since=since,
        )
    Page.objects.bulk_create(pages.values(), batch_size=5000)
    return len(nodes)


@pytest.mark.parametrize("width", [1, 9], ids=["small", "50 000 nodes"])
def test_no_page_takes_more_queries_in_a_larger_tree(db, client, django_assert_max_num_queries, width):
    with connection.cursor() as cursor:
        # The guards look at each row; they are tested elsewhere, and come back with the rollback.
        for table in ("strategy_node", "strategy_page"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    shape = SHAPE if width > 1 else [(kind, 1) for kind, _width in SHAPE]
    count = plant(shape)
    assert count == 7 or count > 50_000
    deepest = "/vision-1/roadmap-1/area-1/goal-1/result-1/effort-1/"
    steps = deepest.strip("/").split("/")
    addresses = ["/", *("/" + "/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))]
    for address in [*addresses, "/nivaer/insatser/", "/nivaer/resultatmal/?page=3", "/en" + deepest, "/borta/"]:
        with django_assert_max_num_queries(QUERIES):
            assert client.get(address).status_code == (404 if address == "/borta/" else 200), address
