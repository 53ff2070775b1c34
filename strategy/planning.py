"""What publishing some nodes comes to: editions opened and closed, or everything that keeps it from happening."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from strategy import documents
from strategy.editions import covers, holding, overlap, reach_of
from strategy.kinds import KINDS, NodeKind
from strategy.models import EasyText, Illustration, Node, Page
from strategy.models.node import NodeQuerySet
from strategy.places import Places
from strategy.rich_text import skips_heading
from strategy.statement import faults_of


@dataclass(frozen=True)
class Problem:
    """What keeps `node` from being published. `field` is a Node field or "", `message` a sentence."""

    node: Node
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.node}: {self.message}"


@dataclass
class Plan:
    problems: list[Problem] = field(default_factory=list)
    opened: list[Page] = field(default_factory=list)
    closed: list[Page] = field(default_factory=list)
    superseded: list[Page] = field(default_factory=list)


def plan_for(nodes: NodeQuerySet, since: dict[int, datetime], moment: datetime) -> Plan:
    """What publishing `nodes` comes to. The moments are `since`, by node id; `moment` is now."""
    nodes = list(nodes.with_content().order_by("path"))
    ids = {node.pk for node in nodes}
    parents = dict(
        Node.objects.filter(path__in={node.path[: -Node.steplen] for node in nodes}).values_list("path", "pk")
    )
    referred = {other.pk for node in nodes for other in (*node.boards.all(), *node.themes.all())}
    earliest = min([moment, *(since[pk] for pk in ids)])
    editions: dict[int, list[Page]] = defaultdict(list)
    for page in Page.objects.from_now(earliest).filter(node__in={*ids, *parents.values(), *referred}).order_by("valid"):
        editions[page.node_id].append(page)
    titles = {
        pk: documents.titles(documents.upgrade(named.document))
        for pk in referred - ids
        if (named := holding(editions[pk], moment) or holding(editions[pk], earliest) or next(iter(editions[pk]), None))
    }
    places = Places(parents.values(), ids, moment)

    plan = Plan()
    for node in nodes:
        at = since[node.pk]
        parent_id = parents.get(node.path[: -Node.steplen])
        plan.problems += _problems(node)
        plan.problems += [
            Problem(node, "", _("“%(title)s”, which it refers to, is not public.") % {"title": other})
            for other in (*node.boards.all(), *node.themes.all())
            if other.pk not in ids and not holding(editions[other.pk], at)
        ]
        above = holding(editions[parent_id], at) if parent_id else None
        if parent_id and not above:
            plan.problems.append(Problem(node, "", _("The page above it is not public then.")))
            continue
        _add(plan, node, above, editions, at, moment, documents.build(node, titles), places)
    plan.problems += _left_alone(plan, editions, moment) + _taken(plan.opened) + overlapping_roadmaps(plan.opened)
    plan.problems += _blocked(plan.opened)
    return plan


def _add(
    plan: Plan,
    node: Node,
    above: Page | None,
    editions: dict[int, list[Page]],
    at: datetime,
    moment: datetime,
    document: dict,
    places: Places,
) -> None:
    own = editions[node.pk]
    superseded = own[-1] if own and own[-1].is_ahead(moment) and at > moment else None
    if superseded and superseded.begins_at == at and documents.unchanged(superseded.document, document):
        return
    kept = own[:-1] if superseded else own[:]
    if superseded:
        plan.superseded.append(superseded)
        if kept and kept[-1].ends_at == superseded.begins_at:
            # Without what it supersedes, the edition before it holds on.
            kept[-1].valid = Range(kept[-1].begins_at, superseded.ends_at, "[)")
            plan.closed.append(kept[-1])
    editions[node.pk] = kept
    present = holding(kept, at)
    if present and documents.unchanged(present.document, document):
        return

    reviewed_only = present and documents.same_content(present.document, document)
    ends = [page.begins_at for page in kept if page.begins_at > at]
    ends += [page.ends_at for page in (present, superseded) if page and page.ends_at and page.ends_at > at]
    if above:
        ends.append(reach_of(editions[above.node_id], at))
    page = Page(
        node=node,
        parent_id=above and above.node_id,
        trail=f"{above.trail if above else '/'}{node.pk}/",
        position=places.of(node, above.node_id) if above else 0,
        kind=node.kind,
        address=f"{above.address}{node.slug}/" if above else "/",
        title=node.title,
        document=document,
        period=_days(document["period"]),
        valid=Range(at, min((end for end in ends if end), default=None), "[)"),
        content_since=present.content_since if reviewed_only else at,
    )
    if present:
        present.valid = Range(present.begins_at, at, "[)")
        if plan.closed[-1:] != [present]:
            plan.closed.append(present)
    plan.opened.append(page)
    editions[node.pk] = sorted([*kept, page], key=lambda edition: edition.begins_at)


def _days(period: dict | None) -> Range | None:
    if not period:
        return None
    return Range(date.fromisoformat(period["start"]), date.fromisoformat(period["end"]) + timedelta(days=1), "[)")


def _problems(node: Node) -> list[Problem]:
    """What `node` itself lacks."""
    problems = []
    if not node.title.strip():
        problems.append(Problem(node, "title", _("The title is missing.")))
    for name in KINDS[node.kind].requires:
        model_field = Node._meta.get_field(name)
        value = getattr(node, name)
        if not (value.all() if model_field.many_to_many else value not in (None, "")):
            text = _("%(field)s: missing.") % {"field": str(model_field.verbose_name).capitalize()}
            problems.append(Problem(node, name, text))
    files = [row.image for row in node.illustrations.all()] + [row.file for row in node.related_material.all()]
    problems += [
        Problem(node, "", _("The file %(name)s has been lost. Upload it again.") % {"name": file.name})
        for file in files
        if file and not file.storage.exists(file.name)
    ]
    if node.kind == NodeKind.STATEMENT:
        problems += [Problem(node, field, text) for field, text in faults_of(node)]
    decided = node.decided_on or node.decision_paragraph or node.decision_number
    if "decision_body" in node.asked_for and decided and not node.decision_body:
        problems.append(Problem(node, "decision_body", _("The decision does not say who decided.")))
    for row in node.illustrations.all():
        if row.drawing == Illustration.Drawing.PYRAMID and node.kind != NodeKind.START:
            problems.append(Problem(node, "illustrations", _("The pyramid is shown on the start page only.")))
        if not (row.alternative_text.strip() or row.decorative):
            text = _("The illustration “%(name)s” has no alternative text and is not marked as decorative.") % {
                "name": row
            }
            problems.append(Problem(node, "illustrations", text))
    for row in node.translations.all():
        lacking = [name for name in ("lead", "body") if getattr(node, name) and not getattr(row, name)]
        text = _("The translation (%(language)s) lacks: %(fields)s.")
        problems += [
            Problem(
                node,
                "translations",
                text % {"language": row.language, "fields": Node._meta.get_field(name).verbose_name},
            )
            for name in lacking
        ]
    bodies = {settings.LANGUAGE_CODE: node.body} | {row.language: row.body for row in node.translations.all()}
    for language, body in bodies.items():
        if skips_heading(body):
            text = _("A heading level is skipped in the body (%(language)s).") % {"language": language}
            problems.append(Problem(node, "body", text))
    for row in node.easy_texts.all():
        problems += [Problem(node, "easy_to_read", text % {"language": row.language}) for text in _lacks(row)]
    return problems


def _lacks(row: EasyText) -> Iterator[str]:
    if not row.title.strip():
        yield _("The easy-to-read text (%(language)s) has no title.")
    if not row.body.strip():
        yield _("The easy-to-read text (%(language)s) is empty.")
    if skips_heading(row.body):
        yield _("A heading level is skipped in the easy-to-read text (%(language)s).")


def _left_alone(plan: Plan, editions: dict[int, list[Page]], moment: datetime) -> list[Problem]:
    """Nodes whose schedule can not be replaced as asked, because pages below would be public when they are not."""
    parents = {page.node_id for page in plan.superseded}
    below = Page.objects.from_now(moment).filter(parent__in=parents).defer("document")
    below = below.exclude(pk__in=[page.pk for page in plan.superseded])
    closed = {page.pk: page for page in plan.closed}
    text = _("Pages below it are scheduled to be public when it would not be. Schedule them together with it.")
    return [
        Problem(node, "", text)
        for node in Node.objects.filter(
            pk__in={
                page.parent_id
                for page in below
                if not covers(editions[page.parent_id], closed.get(page.pk, page), moment)
            }
        )
    ]


def _blocked(pages: list[Page]) -> list[Problem]:
    """What says again what may not be shown."""
    blocked: dict[int, list[Page]] = defaultdict(list)
    for page in Page.objects.blocked().filter(node__in=[page.node_id for page in pages]):
        blocked[page.node_id].append(page)
    text = _("It says the same as an edition that is blocked. Change what may not be shown.")
    return [
        Problem(page.node, "", text)
        for page in pages
        if any(documents.same_content(other.document, page.document) for other in blocked[page.node_id])
    ]


def _taken(pages: list[Page]) -> list[Problem]:
    """Addresses that another page has while `pages` are to be public."""
    problems = []
    at_address: dict[str, list[Page]] = defaultdict(list)
    for other in (*Page.objects.filter(address__in=[page.address for page in pages]).defer("document"), *pages):
        at_address[other.address].append(other)
    for page in pages:
        for other in at_address[page.address]:
            if other.node_id != page.node_id and overlap(other.valid, page.valid):
                text = _("The address %(address)s is taken by “%(title)s”.")
                problems.append(Problem(page.node, "slug", text % {"address": page.address, "title": other.title}))
                break
    return problems


def overlapping_roadmaps(pages: list[Page]) -> list[Problem]:
    """Roadmaps of the same vision that share a day, while both are public, with one of `pages` (STEER-2)."""
    problems = []
    roadmaps = [page for page in pages if page.kind == NodeKind.ROADMAP and page.period]
    for page in roadmaps:
        others = Page.objects.of_kind(NodeKind.ROADMAP).filter(parent=page.parent_id, period__isnull=False)
        others = [*others.exclude(node__in=[roadmap.node_id for roadmap in roadmaps]).defer("document"), *roadmaps]
        problems += [
            Problem(
                page.node, "period_start_on", _("The period overlaps that of “%(title)s”.") % {"title": other.title}
            )
            for other in others
            if other.node_id != page.node_id and other.parent_id == page.parent_id
            if overlap(other.period, page.period) and overlap(other.valid, page.valid)
        ]
    return problems
