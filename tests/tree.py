"""
One small tree that every test here knows:

    start                    /
    ├─ vision                /vi-lyfter/
    │  ├─ growth             /vi-lyfter/tillvaxt/                     theme
    │  └─ roadmap            /vi-lyfter/fardplan/
    │     ├─ work            /vi-lyfter/fardplan/arbete/              area
    │     │  └─ income       /vi-lyfter/fardplan/arbete/inkomst/      goal
    │     │     └─ jobs      …/inkomst/jobb/                          result
    │     │        └─ track  …/inkomst/jobb/jobbspar/                 effort
    │     └─ safety          /vi-lyfter/fardplan/trygghet/            area
    ├─ board                 /ks/
    └─ about                 /om/                                     text
"""

from types import SimpleNamespace

import pytest

# Models are imported by what uses them: pytest reads this file before Django is set up.


def grow(parent, kind: str, slug: str, **fields):
    from strategy.models import Node

    fields = {"kind": kind, "slug": slug, "title": slug.capitalize() or "Start", **fields}
    return (
        Node.objects.add_child(parent, create_kwargs=fields) if parent else Node.objects.add_root(create_kwargs=fields)
    )


def build_tree() -> SimpleNamespace:
    from strategy.kinds import NodeKind
    from strategy.models import Node

    start = grow(None, NodeKind.START, "", title="Visioner och framtidsidéer")
    vision = grow(start, NodeKind.VISION, "vi-lyfter", title="Vi lyfter tillsammans", target_year=2030)
    growth = grow(vision, NodeKind.THEME, "tillvaxt", title="Tillväxt")
    roadmap = grow(
        vision,
        NodeKind.ROADMAP,
        "fardplan",
        title="Strategisk färdplan",
        period_start_on="2021-01-01",
        period_end_on="2024-12-31",
    )
    work = grow(roadmap, NodeKind.AREA, "arbete", title="Arbetsmarknad", global_goals=[8])
    income = grow(work, NodeKind.GOAL, "inkomst", title="Fler försörjer sig själva", number="2.1")
    jobs = grow(
        income,
        NodeKind.RESULT,
        "jobb",
        title="Arbetslösheten ska minska",
        number="2.1.2",
        indicator="Arbetslöshet, andel av befolkningen",
        unit="%",
        direction=Node.Direction.LOWER,
        decimals=1,
        baseline_value="9.8",
        baseline_year=2020,
        target_value="7.0",
        target_year=2024,
    )
    track = grow(
        jobs,
        NodeKind.EFFORT,
        "jobbspar",
        title="Starta jobbspår",
        period_start_on="2021-02-01",
        period_end_on="2024-12-31",
        stage=Node.Stage.STARTED,
    )
    safety = grow(roadmap, NodeKind.AREA, "trygghet", title="Trygghet")
    board = grow(start, NodeKind.BOARD, "ks", title="Kommunstyrelsen", board_code="KS")
    about = grow(start, NodeKind.TEXT, "om", title="Om webbplatsen")
    for node in (jobs, track):
        node.boards.add(board)
    tree = SimpleNamespace(
        **{name: node for name, node in locals().items() if isinstance(node, Node) and name != "node"}
    )
    for node in vars(tree).values():
        node.refresh_from_db()
    return tree


@pytest.fixture
def tree(db) -> SimpleNamespace:
    """The tree in the working state: nothing of it is public."""
    return build_tree()


@pytest.fixture
def published(tree) -> SimpleNamespace:
    """The tree, all of it public since just now."""
    from strategy import publishing

    publishing.publish_branch(tree.start)
    return tree
