"""
Any sequence of deeds, compared with a model in memory that knows nothing of editions, plans or trails.

The clock is the database's own, but under our hand: functions of the same names stand before PostgreSQL's, so that days
pass in no time and the database's guards believe in them as well.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from strategy import places, publishing
from strategy.kinds import may_stand_under
from strategy.models import Node, Page
from strategy.models.node import NodeManager

DAY_ONE = datetime(2030, 1, 1, tzinfo=UTC)
NAMES = ("start", "vision", "roadmap", "work", "income", "health", "safety", "calm", "about", "news")
KINDS = dict(
    zip(NAMES, ("start", "vision", "roadmap", "area", "goal", "goal", "area", "goal", "text", "text"), strict=True)
)
UNDER = {
    "vision": "start",
    "roadmap": "vision",
    "work": "roadmap",
    "income": "work",
    "health": "work",
    "safety": "roadmap",
    "calm": "safety",
    "about": "start",
    "news": "start",
}
SLUGS = ("ett", "tva", "tre")


# The model: for each node, what the public sees of it from when to when.


class No(Exception):
    """The deed is refused."""


@dataclass(frozen=True)
class Seen:
    begin: datetime
    end: datetime | None
    title: str
    address: str
    line: tuple[str, ...]
    since: datetime

    def holds(self, at: datetime) -> bool:
        return self.begin <= at and (self.end is None or at < self.end)

    def meets(self, other: "Seen") -> bool:
        return (self.end is None or other.begin < self.end) and (other.end is None or self.begin < other.end)


@dataclass
class Model:
    title: dict[str, str] = field(default_factory=lambda: dict.fromkeys(NAMES, "A"))
    slug: dict[str, str] = field(default_factory=lambda: {name: "" if name == "start" else name for name in NAMES})
    parent: dict[str, str | None] = field(default_factory=lambda: {"start": None, **UNDER})
    children: dict[str, list[str]] = field(
        default_factory=lambda: {name: [child for child in UNDER if UNDER[child] == name] for name in NAMES}
    )
    seen: dict[str, list[Seen]] = field(default_factory=lambda: {name: [] for name in NAMES})

    def branch(self, name: str) -> list[str]:
        return [name, *(below for child in self.children[name] for below in self.branch(child))]

    def line(self, name: str) -> tuple[str, ...]:
        return (*self.line(self.parent[name]), name) if self.parent[name] else (name,)

    def address(self, name: str) -> str:
        return f"{self.address(self.parent[name])}{self.slug[name]}/" if self.parent[name] else "/"

    def live(self, name: str, at: datetime) -> list[Seen]:
        return [seen for seen in self.seen[name] if seen.end is None or seen.end > at]

    def reach(self, name: str | None, at: datetime) -> datetime | None:
        """Until when `name` is public without a break from `at` on (None: without end; `at`: it is not)."""
        if name is None:
            return None
        for seen in self.seen[name]:
            if at is not None and seen.holds(at):
                at = seen.end
        return at

    def covers(self, name: str | None, seen: Seen, start: datetime | None = None) -> bool:
        begin = max(seen.begin, start or seen.begin)
        reach = self.reach(name, begin)
        return reach is None or (reach > begin and seen.end is not None and seen.end <= reach)

    def refuse_overlap(self, now: datetime) -> None:
        live = [(name, seen) for name in NAMES for seen in self.live(name, now)]
        for (name, seen), (other, theirs) in combinations(live, 2):
            if name != other and seen.address == theirs.address and seen.meets(theirs):
                raise No

    def publish(self, names: list[str], at: datetime, now: datetime) -> None:
        for name in names:
            if self.parent[name] and not any(seen.holds(at) for seen in self.seen[self.parent[name]]):
                raise No
            own = self.seen[name]
            ahead = own[-1] if own and own[-1].begin > now and at > now else None
            if ahead and ahead.begin == at and ahead.title == self.title[name]:
                continue
            ends = [self.reach(self.parent[name], at)]
            if ahead:
                # The one that is scheduled goes; what holds before it goes on in its stead.
                own.pop()
                if own and own[-1].end == ahead.begin:
                    own[-1] = replace(own[-1], end=ahead.end)
                elif ahead.end and ahead.end > at:
                    ends.append(ahead.end)
            present = next((seen for seen in own if seen.holds(at)), None)
            if present and present.title == self.title[name]:
                continue
            ends += [seen.begin for seen in own if seen.begin > at]
            if present:
                ends.append(present.end)
                own[own.index(present)] = replace(present, end=at)
            end = min((end for end in ends if end), default=None)
            new = Seen(at, end, self.title[name], self.address(name), self.line(name), at)
            own.append(new)
            own.sort(key=lambda seen: seen.begin)
        self.refuse_overlap(now)
        if not all(self.covers(self.parent[name], seen, now) for name in NAMES for seen in self.live(name, now)):
            raise No

    def withdraw(self, name: str, at: datetime) -> None:
        if not self.live(name, at):
            raise No
        for below in self.branch(name):
            self.seen[below] = [
                replace(seen, end=at) if seen.end is None or seen.end > at else seen
                for seen in self.seen[below]
                if seen.begin < at
            ]

    def cancel(self, name: str, now: datetime) -> None:
        own = self.live(name, now)
        begun = [seen for seen in own if seen.begin <= now]
        above = self.parent[name]
        if not own or (own == begun and own[0].end == self.reach(above, now)):
            raise No
        if not begun:
            for below in self.branch(name):
                self.seen[below] = [seen for seen in self.seen[below] if seen.begin <= now]
            return
        ends = {seen.end for seen in own} - {seen.begin for seen in own} - {None}
        self.seen[name] = [seen for seen in self.seen[name] if seen.begin <= now]
        self.seen[name][-1] = replace(begun[0], end=self.reach(above, now))
        for below in self.branch(name)[1:]:
            spans = self.seen[below]
            for n, seen in enumerate(spans):
                following = spans[n + 1].begin if n + 1 < len(spans) else None
                if seen.end in ends and seen.end != following:
                    reach = self.reach(self.parent[below], max(seen.begin, now))
                    spans[n] = replace(seen, end=min((end for end in (following, reach) if end), default=None))
            self.seen[below] = [seen for seen in spans if seen.begin <= now or self.covers(self.parent[below], seen)]
        self.refuse_overlap(now)

    def put(self, name: str, now: datetime) -> None:
        """After a change of place: what is public from now on is so at the new place."""
        if not self.live(name, now):
            return
        if not all(self.covers(self.parent[name], seen, now) for seen in self.live(name, now)):
            raise No
        for below in self.branch(name):
            place = {"address": self.address(below), "line": self.line(below)}
            moved = []
            for seen in self.seen[below]:
                if seen.end is not None and seen.end <= now:
                    moved.append(seen)
                elif seen.begin > now:
                    moved.append(replace(seen, **place))
                else:
                    moved += [replace(seen, end=now), replace(seen, begin=now, **place)]
            self.seen[below] = moved
        self.refuse_overlap(now)

    def refuse_slug(self, name: str) -> None:
        if any(self.slug[other] == self.slug[name] for other in self.children[self.parent[name]] if other != name):
            raise No

    def rename(self, name: str, slug: str, now: datetime) -> None:
        self.slug[name] = slug
        self.refuse_slug(name)
        self.put(name, now)

    def move(self, name: str, target: str, position: str, now: datetime) -> None:
        inside = position.endswith("child")
        parent = target if inside else self.parent[target]
        if parent is None or not may_stand_under(KINDS[name], KINDS[parent]) or parent in self.branch(name):
            raise No
        if name == target:
            self.refuse_slug(name)
            return
        self.children[self.parent[name]].remove(name)
        siblings = self.children[parent]
        if inside:
            siblings.insert(0 if position == "first-child" else len(siblings), name)
        else:
            siblings.insert(siblings.index(target) + (position == "right"), name)
        self.parent[name] = parent
        self.refuse_slug(name)
        self.put(name, now)


def at_moment(seen: dict[str, list[Seen]], at: datetime) -> dict[str, tuple]:
    return {
        name: (one.title, one.address, one.line, one.since)
        for name, spans in seen.items()
        for one in spans
        if one.holds(at)
    }


# The machine: the same deeds done for real, and then compared.


def sql(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)


@pytest.fixture
def clock(db, monkeypatch):
    """Now is what the setting `fake.clock` says; from there the clock ticks on, a microsecond each time it is read."""
    sql("""
        CREATE SCHEMA fake;
        CREATE SEQUENCE fake.tick;
        CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS
            $$ SELECT current_setting('fake.clock')::timestamptz $$;
        CREATE FUNCTION fake.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
            $$ SELECT current_setting('fake.clock')::timestamptz $$;
        CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
            SELECT current_setting('fake.clock')::timestamptz + nextval('fake.tick') * interval '1 microsecond' $$;
        SET LOCAL search_path = fake, public, pg_catalog;
    """)
    read = NodeManager.lock

    def lock(manager: NodeManager) -> datetime:
        Deeds.moment = read(manager)
        return Deeds.moment

    monkeypatch.setattr(NodeManager, "lock", lock)


class Deeds(RuleBasedStateMachine):
    nodes = st.sampled_from(NAMES)
    below_start = st.sampled_from(NAMES[1:])
    moments = st.sampled_from((None, 1, 2, 3))
    # When the deed that is being done took place, as it read the clock itself.
    moment: datetime

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.model = Model()
        self.remembered: dict[datetime, dict] = {}
        self.set_clock(DAY_ONE)
        self.node: dict[str, Node] = {}
        for name in NAMES:
            fields = {"kind": KINDS[name], "slug": self.model.slug[name], "title": "A"}
            if name == "roadmap":
                fields |= {"period_start_on": "2021-01-01", "period_end_on": "2024-12-31"}
            above = UNDER.get(name)
            self.node[name] = (
                Node.objects.add_child(self.node[above], create_kwargs=fields)
                if above
                else Node.objects.add_root(create_kwargs=fields)
            )
        self.name = {node.pk: name for name, node in self.node.items()}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def set_clock(self, now: datetime) -> None:
        self.now = now
        sql("SELECT set_config('fake.clock', %s, true), setval('fake.tick', 1, false)", now.isoformat())

    def deed(self, real: Callable[[], object], model: Callable[[Model, datetime], None]) -> None:
        """Do it both ways; what one refuses the other must refuse, and nothing has happened then."""
        Deeds.moment = self.now
        try:
            with transaction.atomic():
                real()
                sql("SET CONSTRAINTS ALL IMMEDIATE")
            refused = False
        except publishing.Refused:
            refused = True
        sql("SET CONSTRAINTS ALL DEFERRED")
        tried = deepcopy(self.model)
        try:
            model(tried, Deeds.moment)
        except No:
            assert refused, "done, though it should be refused"
        else:
            assert not refused, "refused, though it should be done"
            self.model = tried
        self.set_clock(self.now + timedelta(minutes=1))

    def ahead(self, days: int | None) -> datetime | None:
        """The beginning of a day ahead; few of them, so that deeds meet."""
        return None if days is None else DAY_ONE + timedelta(days=(self.now - DAY_ONE).days + days)

    def fresh(self, name: str) -> Node:
        self.node[name].refresh_from_db()
        return self.node[name]

    @initialize(public=st.sampled_from(("everything", "from long ago", "nothing")))
    def begin(self, public: str) -> None:
        if public == "everything":
            self.publish_branch("start", None)
        elif public == "from long ago":
            then = DAY_ONE - timedelta(days=500)
            since = dict.fromkeys((node.pk for node in self.node.values()), then)
            self.deed(
                lambda: publishing.enter_history(since),
                lambda model, moment: model.publish(model.branch("start"), then, moment),
            )

    @rule(name=nodes, title=st.sampled_from("AB"))
    def retitle(self, name: str, title: str) -> None:
        Node.objects.filter(pk=self.node[name].pk).update(title=title)
        self.model.title[name] = title

    @rule(name=below_start, slug=st.sampled_from(SLUGS))
    def write_slug_of_a_draft(self, name: str, slug: str) -> None:
        if not self.model.live(name, self.now):
            Node.objects.filter(pk=self.node[name].pk).update(slug=slug)
            self.model.slug[name] = slug

    @rule(name=nodes, title=st.sampled_from("AB"), days=moments)
    def publish(self, name: str, title: str, days: int | None) -> None:
        at = self.ahead(days)
        self.retitle(name, title)
        self.deed(
            lambda: publishing.publish(self.fresh(name), at=at),
            lambda model, moment: model.publish([name], at or moment, moment),
        )

    @rule(name=nodes, days=moments)
    def publish_branch(self, name: str, days: int | None) -> None:
        at = self.ahead(days)
        self.deed(
            lambda: publishing.publish_branch(self.fresh(name), at=at),
            lambda model, moment: model.publish(model.branch(name), at or moment, moment),
        )

    @rule(name=nodes, days=moments)
    def withdraw(self, name: str, days: int | None) -> None:
        at = self.ahead(days)
        self.deed(
            lambda: publishing.withdraw(self.fresh(name), at=at),
            lambda model, moment: model.withdraw(name, at or moment),
        )

    @rule(name=nodes)
    def cancel(self, name: str) -> None:
        self.deed(lambda: publishing.cancel(self.fresh(name)), lambda model, moment: model.cancel(name, moment))

    @rule(name=below_start, slug=st.sampled_from(SLUGS))
    def rename(self, name: str, slug: str) -> None:
        self.deed(
            lambda: publishing.rename(self.fresh(name), slug),
            lambda model, moment: model.rename(name, slug, moment),
        )

    @rule(
        name=below_start,
        other=nodes,
        position=st.sampled_from(("left", "right", "first-child", "last-child")),
    )
    def move(self, name: str, other: str, position: str) -> None:
        self.deed(
            lambda: publishing.move(self.fresh(name), self.fresh(other), position),
            lambda model, moment: model.move(name, other, position, moment),
        )

    @rule()
    def wait(self) -> None:
        self.set_clock(self.ahead(1) + timedelta(hours=1))

    @invariant()
    def the_public_sees_what_the_model_says(self) -> None:
        pages = list(Page.objects.order_by("valid"))
        moments = {self.now, DAY_ONE + timedelta(days=10_000), *self.remembered}
        moments |= {moment for page in pages for moment in (page.begins_at, page.ends_at) if moment}
        moments |= {
            moment
            for spans in self.model.seen.values()
            for seen in spans
            for moment in (seen.begin, seen.end)
            if moment
        }
        for at in sorted(moments):
            public = self.public_at(pages, at)
            assert {name: said[:4] for name, said in public.items()} == at_moment(self.model.seen, at), at
            self.check_order(public, at)
            if at < self.now:
                assert self.remembered.setdefault(at, public) == public, "the past has changed"
        asked = {self.name[page.node_id]: page.title for page in Page.objects.at()}
        assert asked == {name: said[0] for name, said in self.public_at(pages, self.now).items()}

    @invariant()
    def what_is_live_stands_at_one_place_and_is_scheduled_once(self) -> None:
        places_of: dict[int, set] = {}
        for page in Page.objects.from_now(self.now):
            places_of.setdefault(page.node_id, set()).add((page.parent_id, page.trail, page.address, page.position))
        assert all(len(found) == 1 for found in places_of.values())
        ahead = list(Page.objects.ahead(self.now).values_list("node", flat=True))
        assert len(ahead) == len(set(ahead))

    def public_at(self, pages: list[Page], at: datetime) -> dict[str, tuple]:
        """By node: title, address, line of ancestors, since, place; and nobody is public without a parent or twice."""
        holding = [page for page in pages if at in page.valid]
        assert len({page.node_id for page in holding}) == len(holding)
        assert len({page.address for page in holding}) == len(holding)
        assert {page.parent_id for page in holding} - {None} <= {page.node_id for page in holding}
        return {
            self.name[page.node_id]: (
                page.title,
                page.address,
                tuple(self.name[int(step)] for step in page.trail.strip("/").split("/")),
                page.content_since,
                page.position,
            )
            for page in holding
        }

    def check_order(self, public: dict[str, tuple], at: datetime) -> None:
        """Siblings stand as in the working tree, from now on."""
        if at < self.now:
            return
        for siblings in self.model.children.values():
            ranks = [public[name][4] for name in siblings if name in public]
            assert all(before < after for before, after in pairwise(ranks))


@pytest.mark.parametrize(("gap", "examples"), [(4, 35), (places.GAP, 15)])
def test_deeds_in_any_order_show_what_the_model_says(clock, monkeypatch, gap, examples):
    monkeypatch.setattr(places, "GAP", gap)
    run_state_machine_as_test(
        Deeds,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


ONCE_WRONG: dict[str, list[tuple]] = {
    "publishing what holds already cancels what was scheduled instead": [
        ("publish", "news", "B", 1),
        ("publish", "news", "A", 2),
    ],
    "a withdrawal stands when what was scheduled before it is put after it": [
        ("publish", "news", "B", 1),
        ("withdraw", "news", 2),
        ("publish", "news", "C", 3),
    ],
    "pages below that are history are in nobody's way": [
        ("withdraw", "work", None),
        ("publish", "work", "A", 1),
        ("publish", "work", "B", 2),
    ],
    "a schedule is not put off past that of the pages below": [
        ("withdraw", "work", 1),
        ("publish_branch", "work", 2),
        ("publish", "work", "B", 3),
    ],
    "a schedule is not put before a withdrawal while pages below wait for it": [
        ("withdraw", "work", 2),
        ("publish_branch", "work", 3),
        ("publish", "work", "B", 1),
    ],
    "what is cancelled takes along the pages below it": [
        ("withdraw", "roadmap", 1),
        ("publish_branch", "roadmap", 2),
        ("cancel", "work"),
    ],
    "cancelling leaves no gap below": [
        ("withdraw", "work", 1),
        ("publish_branch", "work", 2),
        ("cancel", "work"),
    ],
    "a withdrawal below stands when an edition of the same moment is cancelled": [
        ("withdraw", "income", 1),
        ("publish", "work", "B", 1),
        ("cancel", "work"),
    ],
    "a page that is put elsewhere to make room can be changed at once": [
        ("move", "health", "income", "left"),
        ("move", "calm", "health", "right"),
        ("withdraw", "income", None),
        ("move", "income", "health", "right"),
        ("retitle", "health", "B"),
        ("publish_branch", "work", None),
    ],
}


@pytest.mark.parametrize("name", ONCE_WRONG)
def test_deeds_that_once_went_wrong(clock, monkeypatch, name):
    monkeypatch.setattr(places, "GAP", 2)
    deeds = Deeds()
    try:
        deeds.begin("everything")
        for deed, *said in ONCE_WRONG[name]:
            getattr(deeds, deed)(*said)
            deeds.the_public_sees_what_the_model_says()
            deeds.what_is_live_stands_at_one_place_and_is_scheduled_once()
    finally:
        deeds.teardown()
