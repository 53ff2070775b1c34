"""
The kinds of node, what may stand under what, and what each kind is asked for.

This table is the only place that knows: forms, admin, publishing, loading, the database's own guard (a migration writes
`pairs()` into a function there, a test compares) and the picture of the steering model read it.
"""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class NodeKind(TextChoices):
    START = "start", _("Start page")
    VISION = "vision", _("Vision")
    THEME = "theme", _("Theme")
    CORE_MISSION = "core_mission", _("Core mission")
    ROADMAP = "roadmap", _("Strategic roadmap")
    AREA = "area", _("Focus area")
    GOAL = "goal", _("Strategic goal")
    RESULT = "result", _("Result target")
    EFFORT = "effort", _("Effort")
    BOARD = "board", _("Board")
    TEXT = "text", _("Text page")
    STATEMENT = "statement", _("Accessibility statement")


@dataclass(frozen=True)
class Kind:
    """
    One row of the table. `asks` are the Node fields a form shows beside those every kind has, `requires` those of them
    without which a node can't be published (STEER-5).
    """

    name: NodeKind
    many: Promise
    under: frozenset[NodeKind] = frozenset()
    asks: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()

    @cached_property
    def one(self) -> Promise:
        return self.name.label


@dataclass(frozen=True)
class Level:
    """
    A list page at /nivaer/<slug>/ of all nodes of a kind; those with `in_pyramid` are the steering model's five.

    `title` is filled with the municipality's words for the kind, `one` and `many`; `about` says what it is to someone
    who has never met the word.
    """

    slug: str
    kind: NodeKind
    about: Promise
    title: Promise | str = "%(many)s"
    in_pyramid: bool = True


PERIOD = ("period_start_on", "period_end_on")
DECISION = ("decision_body", "decided_on", "decision_paragraph", "decision_number")
SERVES = ("themes", "global_goals")
INDICATOR = ("indicator", "unit", "direction", "decimals")
BASELINE = ("baseline_value", "baseline_year")
TARGET = ("target_value", "target_year")
ASSESSMENT = ("compliance", "assessed_on", "assessment_method")

COMMON = ("title", "slug", "lead", "body", "example", "reviewed_on")

# What a municipality promises to do or to reach: what citizens filter and count.
PROMISES = (NodeKind.CORE_MISSION, NodeKind.GOAL, NodeKind.RESULT, NodeKind.EFFORT)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(NodeKind.START, _("Start pages"), asks=("words",)),
        Kind(
            NodeKind.VISION,
            _("Visions"),
            under=frozenset({NodeKind.START}),
            asks=("target_year", *DECISION),
        ),
        Kind(NodeKind.THEME, _("Themes"), under=frozenset({NodeKind.VISION})),
        Kind(
            NodeKind.CORE_MISSION,
            _("Core missions"),
            under=frozenset({NodeKind.VISION}),
            asks=("boards",),
            requires=("boards",),
        ),
        Kind(
            NodeKind.ROADMAP,
            _("Strategic roadmaps"),
            under=frozenset({NodeKind.VISION}),
            asks=(*PERIOD, "target_year", *DECISION),
            requires=PERIOD,
        ),
        Kind(
            NodeKind.AREA,
            _("Focus areas"),
            under=frozenset({NodeKind.ROADMAP}),
            asks=("number", "global_goals"),
        ),
        Kind(
            NodeKind.GOAL,
            _("Strategic goals"),
            under=frozenset({NodeKind.AREA}),
            asks=("number", "boards", *SERVES, *DECISION),
        ),
        Kind(
            NodeKind.RESULT,
            _("Result targets"),
            under=frozenset({NodeKind.GOAL}),
            asks=("number", "boards", *SERVES, *INDICATOR, *BASELINE, *TARGET),
            requires=("indicator", "unit", "direction", *BASELINE, *TARGET, "boards"),
        ),
        Kind(
            NodeKind.EFFORT,
            _("Efforts"),
            under=frozenset({NodeKind.RESULT}),
            asks=("number", "boards", *SERVES, *PERIOD, "stage"),
            requires=("boards", *PERIOD, "stage"),
        ),
        Kind(NodeKind.BOARD, _("Boards"), under=frozenset({NodeKind.START}), asks=("board_code", "board_email")),
        Kind(NodeKind.TEXT, _("Text pages"), under=frozenset({NodeKind.START})),
        Kind(
            NodeKind.STATEMENT,
            _("Accessibility statements"),
            under=frozenset({NodeKind.START}),
            asks=ASSESSMENT,
            requires=ASSESSMENT,
        ),
    )
}

LEVELS: tuple[Level, ...] = (
    Level(
        "vision",
        NodeKind.VISION,
        _("The future that the municipality wants. It does not have to be measurable."),
        "%(one)s",
    ),
    Level(
        "grunduppdrag",
        NodeKind.CORE_MISSION,
        _("What a board must do every day, under the law and the municipality's own rules."),
    ),
    Level("strategiska-mal", NodeKind.GOAL, _("The directions that the municipality has decided to take.")),
    Level(
        "resultatmal",
        NodeKind.RESULT,
        _("What should be achieved, in figures: from what value, to what value and by what year."),
    ),
    # The skills that efforts need stand at the same level of the model (domain: "insats och kompetens").
    Level(
        "insatser",
        NodeKind.EFFORT,
        _("What is done to reach the targets: work over a set period, which a board is responsible for."),
        _("%(one)s and competence"),
    ),
    Level(
        "namnder",
        NodeKind.BOARD,
        _("The politicians responsible for the municipality's work, each board for its own area."),
        in_pyramid=False,
    ),
)

PYRAMID: tuple[Level, ...] = tuple(level for level in LEVELS if level.in_pyramid)

# Addresses of the portal itself: the first part of a page's address may be none of them.
RESERVED_SLUGS = frozenset(
    {
        "admin", "det-senaste", "diarium", "feed", "globala-mal", "health", "hela-fardplanen", "id", "komponenter",
        "kvittens", "lattlast", "livez", "media", "meddela-fel", "n", "nivaer", "readyz", "sok", "static", "timegate",
        "timemap",
    }
)  # fmt: skip


def is_reserved(slug: str) -> bool:
    """Whether an address of the portal itself, or a language, begins with `slug`."""
    return slug in RESERVED_SLUGS or slug in dict(settings.LANGUAGES)


def may_stand_under(kind: str, parent: str | None) -> bool:
    """Whether a node of `kind` may be a child of one of kind `parent` (None: be the root)."""
    under = KINDS[kind].under
    return parent in under if parent else not under


def pairs() -> list[tuple[str, str | None]]:
    """Every allowed (kind, kind of its parent), the root's parent being None."""
    return [(name, parent) for name, kind in KINDS.items() for parent in sorted(kind.under) or [None]]


def children_of(parent: str) -> list[NodeKind]:
    """The kinds that may stand under `parent`, in the table's order."""
    return [kind.name for kind in KINDS.values() if parent in kind.under]
