"""
The only door between nodes and pages.

Each deed here is one transaction that waits for the tree's lock first and reads the moment after that, so deeds happen
one after the other, in the order of their moments. An edition is [from, to): publishing closes the one that holds and
opens the next; a moment ahead schedules it. What has been public never changes; what lies ahead can. A node's page is
public only while its parent's is.

Live means: holds now or lies ahead. All live editions of a node have the same address and place, because moving and
renaming re-issues every one of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Func, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from psycopg.types.range import Range

from strategy.editions import covers, editions_of, overlap, reach_of
from strategy.kinds import is_reserved, may_stand_under
from strategy.models import Node, Page
from strategy.models.node import NodeQuerySet
from strategy.models.page import PageQuerySet
from strategy.places import NoRoomError, Places, spaced_out
from strategy.planning import Problem, overlapping_roadmaps, plan_for

type Person = AbstractBaseUser | None


class Refused(Exception):
    """The deed can't be done; the message says why in words for the person who asked."""


class NotPublishable(Refused):
    """Everything that is missing, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


# The deeds.


def publish(node: Node, *, at: datetime | None = None, by: Person = None, reason: str = "") -> Page | None:
    """
    Freeze `node` as an edition from `at` on (aware, ahead; without it, now) and return it; None if nothing has changed.
    `reason` says in the page's history why it was changed.

    Raises NotPublishable with all that is missing, Refused for a moment that has passed.
    """
    with _deed() as moment:
        editions = _publish(Node.objects.filter(pk=node.pk), {node.pk: _not_past(at, moment)}, moment, by, reason)
    return editions[0] if editions else None


def publish_branch(node: Node, *, at: datetime | None = None, by: Person = None) -> list[Page]:
    """`publish` for `node` and all below it, together or not at all; returns the new editions, parents first."""
    with _deed() as moment:
        node.refresh_from_db()
        return _publish(Node.objects.get_tree(node), defaultdict(lambda: _not_past(at, moment)), moment, by)


def publish_together(
    nodes: Iterable[Node], *, at: datetime | None = None, by: Person = None, reason: str = ""
) -> list[Page]:
    """`publish` for several nodes that may need each other (a parent, a board), together or not at all."""
    ids = [node.pk for node in nodes]
    with _deed() as moment:
        return _publish(Node.objects.filter(pk__in=ids), defaultdict(lambda: _not_past(at, moment)), moment, by, reason)


def enter_history(since: dict[int, datetime], *, by: Person = None) -> list[Page]:
    """
    Publish nodes (by id) from moments that may have passed. Only for nodes that were never public: a municipality
    brings its history along, and `recorded_at` tells that it was entered afterwards.
    """
    with _deed() as moment:
        if Page.objects.filter(node__in=since).exists():
            raise Refused(_("Only pages that have never been public can be backdated."))
        return _publish(Node.objects.filter(pk__in=since), since, moment, by)


def withdraw(node: Node, *, at: datetime | None = None) -> int:
    """
    Close the page of `node` and every page below it at `at` (aware, ahead; without it, now); what was scheduled after
    that is cancelled. Returns how many pages are withdrawn. Raises Refused if the node is not public then.
    """
    with _deed() as moment:
        at = _not_past(at, moment)
        page = _live(moment).filter(node=node).order_by("valid").last()
        if page is None:
            raise Refused(_("“%(title)s” is not public.") % {"title": node})
        branch = _live(at).in_branch(page.trail)
        if not branch.filter(node=node).exists():
            raise Refused(_("“%(title)s” is already withdrawn before that.") % {"title": node})
        count = branch.values("node").distinct().count()
        branch.filter(valid__startswith__gte=at).delete()
        _end(branch, at)
        return count


def cancel(node: Node) -> None:
    """
    Undo what lies ahead for `node`: a scheduled edition, a scheduled withdrawal (then for the pages that it would take
    along as well). Pages below that were to be public only because of it are cancelled too.
    """
    with _deed() as moment:
        editions = list(_live(moment).filter(node=node).order_by("valid"))
        begun = [page for page in editions if not page.is_ahead(moment)]
        parent = node.parent
        reach = reach_of(editions_of([parent.pk])[parent.pk], moment) if parent else None
        if not editions or (editions == begun and begun[0].ends_at == reach):
            raise Refused(_("Nothing is scheduled for “%(title)s”.") % {"title": node})
        branch = _live(moment).in_branch(editions[0].trail)
        if not begun:
            branch.delete()
            return
        ends = {page.ends_at for page in editions} - {page.begins_at for page in editions} - {None}
        begun[0].valid = Range(begun[0].begins_at, reach, "[)")
        reopened, gone = begun[:], editions[1:]
        kept = defaultdict(list, {node.pk: begun})
        below = sorted(
            branch.exclude(node=node).defer("document"), key=lambda page: (page.trail.count("/"), page.begins_at)
        )
        # Parents first: a page is public again for as long as the one above it is.
        for page in below:
            kept[page.node_id].append(page)
        for node_id, pages in [*kept.items()][1:]:
            above = kept[pages[0].parent_id]
            for page, following in zip_longest(pages, pages[1:]):
                next_begins_at = following and following.begins_at
                if page.ends_at in ends and page.ends_at != next_begins_at:
                    end = min(
                        filter(None, (next_begins_at, reach_of(above, max(page.begins_at, moment)))), default=None
                    )
                    page.valid = Range(page.begins_at, end, "[)")
                    reopened.append(page)
            kept[node_id] = [page for page in pages if covers(above, page, moment)]
            gone += [page for page in pages if page not in kept[node_id]]
        _refuse_taken_addresses(reopened, moment)
        if problems := overlapping_roadmaps(reopened):
            raise NotPublishable(problems)
        Page.objects.filter(pk__in=[page.pk for page in gone]).delete()
        for page in reopened:
            _end(Page.objects.filter(pk=page.pk), page.ends_at)


def rename(node: Node, slug: str, *, by: Person = None, may_publish: bool = True) -> None:
    """
    Give `node` another slug; if it is public, its page and all below it move to their new addresses now.

    That is publishing: Refused for who may not.
    """
    with _deed() as moment:
        node.refresh_from_db()
        _refuse_without_right(node, moment, may_publish)
        node.slug = slug
        _refuse_slug(node)
        node.save(update_fields=["slug"])
        _reissue_branch(node, moment, by)


def move(node: Node, target: Node, position: str, *, by: Person = None, may_publish: bool = True) -> None:
    """
    Move `node` with all below it, as treebeard says it: `position` is "left" or "right" of `target`, or its
    "first-child" or "last-child". If it is public, it and all below it are re-issued at their new place now.

    Raises Refused where the node's kind may not stand, where it would be public under a page that is not, and, when it
    is public, for who may not publish.
    """
    with _deed() as moment:
        target.refresh_from_db()
        node.refresh_from_db()
        _refuse_without_right(node, moment, may_publish)
        parent = target if position.endswith("child") else target.parent
        if not may_stand_under(node.kind, parent and parent.kind):
            raise Refused(
                _("A page of the type “%(kind)s” can't be placed under “%(parent)s”.")
                % {"kind": node.get_kind_display(), "parent": parent}
            )
        if parent and parent.is_descendant_of(node):
            raise Refused(_("A page can't be moved to a place below itself."))
        Node.objects.move(node, target, position)
        node.refresh_from_db()
        _refuse_slug(node)
        _reissue_branch(node, moment, by)


def is_live(node: Node) -> bool:
    """Whether the public sees `node` now or is going to: then moving and renaming it is publishing."""
    return _live(None).filter(node=node).exists()


@contextmanager
def _deed() -> Iterator[datetime]:
    with transaction.atomic():
        yield Node.objects.lock()


def _not_past(at: datetime | None, moment: datetime) -> datetime:
    if at is None:
        return moment
    if at < moment:
        raise Refused(_("That time has passed. Choose a later one, or publish now."))
    return at


def _live(moment: datetime | None) -> PageQuerySet:
    return Page.objects.from_now(moment)


def _end(pages: PageQuerySet, at: datetime | None) -> None:
    pages.update(
        valid=Func(Lower("valid"), Value(at), function="tstzrange", output_field=Page._meta.get_field("valid"))
    )


def _publish(
    nodes: NodeQuerySet, since: dict[int, datetime], moment: datetime, by: Person, reason: str = ""
) -> list[Page]:
    try:
        plan = plan_for(nodes, since, moment)
    except NoRoomError as full:
        _space_out(full.parent_id, moment, by)
        # What was just put elsewhere holds from `moment` on, so it can't be closed at that.
        later = Node.objects.lock()
        moments = {pk: since[pk] for pk in nodes.values_list("pk", flat=True)}
        moments = {pk: at if at < moment else max(at, later) for pk, at in moments.items()}
        return _publish(nodes, moments, later, by, reason)
    if plan.problems:
        raise NotPublishable(plan.problems)
    Page.objects.filter(pk__in=[page.pk for page in plan.superseded]).delete()
    for page in plan.closed:
        _end(Page.objects.filter(pk=page.pk), page.ends_at)
    for page in plan.opened:
        page.published_by = by
        page.reason = reason
    return Page.objects.bulk_create(plan.opened)


# Moving what is public: the same content at another address or place.


def _refuse_without_right(node: Node, moment: datetime, may_publish: bool) -> None:
    if not may_publish and _live(moment).filter(node=node).exists():
        text = _("“%(title)s” is public: moving or renaming it counts as publishing, which you may not do.")
        raise Refused(text % {"title": node})


def _refuse_slug(node: Node) -> None:
    if node.depth == 2 and is_reserved(node.slug):
        raise Refused(_("“%(slug)s” is an address of the portal itself.") % {"slug": node.slug})
    if Node.objects.get_siblings(node).exclude(pk=node.pk).filter(slug=node.slug).exists():
        raise Refused(_("Another page here already has the slug “%(slug)s”.") % {"slug": node.slug})
    try:
        Node._meta.get_field("slug").clean(node.slug, node)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


def _refuse_taken_addresses(pages: list[Page], moment: datetime) -> None:
    """`pages` as they are to be."""
    at_address = defaultdict(list)
    for page in pages:
        at_address[page.address].append(page)
    others = _live(moment).filter(address__in=at_address).exclude(node__in={page.node_id for page in pages})
    for other in others.defer("document"):
        if any(overlap(page.valid, other.valid) for page in at_address[other.address]):
            text = _("The address %(address)s is taken by “%(title)s”.")
            raise Refused(text % {"address": other.address, "title": other.title})


def _reissue_branch(node: Node, moment: datetime, by: Person) -> None:
    own = list(_live(moment).filter(node=node).order_by("valid"))
    if not own:
        return
    page = own[-1]
    parent = node.parent
    above = editions_of([parent.pk])[parent.pk] if parent else []
    if parent and not all(covers(above, edition, moment) for edition in own):
        raise Refused(_("“%(title)s” is public, so it can't be put under a page that is not.") % {"title": node})
    try:
        position = Places([parent.pk], [node.pk], moment).of(node, parent.pk) if parent else 0
    except NoRoomError:
        _space_out(parent.pk, moment, by)
        _reissue_branch(node, moment, by)
        return
    address = f"{above[-1].address}{node.slug}/" if parent else "/"
    trail = f"{above[-1].trail if parent else '/'}{node.pk}/"
    if (page.address, page.trail, page.position) == (address, trail, position):
        return

    def put(edition: Page) -> None:
        if edition.node_id == node.pk:
            edition.position = position
            edition.parent_id = parent and parent.pk
        edition.address = address + edition.address.removeprefix(page.address)
        edition.trail = trail + edition.trail.removeprefix(page.trail)

    moves_branch = (page.address, page.trail) != (address, trail)
    reissued = _live(moment).in_branch(page.trail) if moves_branch else _live(moment).filter(node=node)
    _reissue(list(reissued), put, moment, by)


def _reissue(editions: list[Page], put: Callable[[Page], None], moment: datetime, by: Person) -> None:
    """Close the editions that hold at `moment` and open copies that `put` has changed; change those ahead in place."""
    begun = {edition.pk for edition in editions if not edition.is_ahead(moment)}
    for edition in editions:
        put(edition)
    _refuse_taken_addresses(editions, moment)
    _end(Page.objects.filter(pk__in=begun), moment)
    Page.objects.bulk_update(
        [edition for edition in editions if edition.pk not in begun], ["address", "trail", "parent", "position"]
    )
    copies = [edition for edition in editions if edition.pk in begun]
    for copy in copies:
        copy.pk = None
        copy._state.adding = True
        copy.valid = Range(moment, copy.ends_at, "[)")
        copy.published_by = by
    Page.objects.bulk_create(copies)


def _space_out(parent_id: int, moment: datetime, by: Person) -> None:
    """Give the live children of a node places with room between them again."""
    live = list(_live(moment).filter(parent=parent_id))
    places = spaced_out({page.node_id for page in live})

    def put(edition: Page) -> None:
        edition.position = places[edition.node_id]

    _reissue([page for page in live if page.position != places[page.node_id]], put, moment, by)
