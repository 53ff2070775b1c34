"""Several editors at once, each with a connection and real commits; and one whose process is killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from threading import Event

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from strategy import publishing
from strategy.models import Node, Page

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
"""
# Where each public page stands, by its own columns and by those of the page above it at the same time.
WRONG = """
    SELECT page.id FROM strategy_page page
    JOIN strategy_node node ON node.id = page.node_id
    LEFT JOIN strategy_page above ON above.node_id = page.parent_id AND above.valid && page.valid
    WHERE page.parent_id IS NOT NULL AND (
        NOT page.valid <@ (SELECT range_agg(valid) FROM strategy_page WHERE node_id = page.parent_id)
        OR page.trail <> above.trail || page.node_id || '/'
        OR NOT starts_with(page.address, above.address)
        OR (upper_inf(page.valid) AND upper_inf(above.valid) AND page.address <> above.address || node.slug || '/'))
"""


def address_of_database(application: str = "tests") -> str:
    found = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo(
        **{name: str(found[key]) for name, key in names.items() if found[key]}, application_name=application
    )


def until(true: Callable[[], object], seconds: float = 10) -> None:
    for _ in range(int(seconds * 100)):
        if true():
            return
        time.sleep(0.01)
    pytest.fail("waited in vain")


def in_thread(deed: Callable[[], object]) -> object:
    """What `deed` returns, or why it was refused. Anything else that goes wrong is a fault."""
    try:
        return deed()
    except publishing.Refused as refused:
        return refused
    finally:
        connection.close()


@contextmanager
def editors(count: int) -> Iterator[Callable[[Callable[[], object]], Future]]:
    with ThreadPoolExecutor(count) as pool:
        yield lambda deed: pool.submit(in_thread, deed)


def in_this_order(*deeds: Callable[[], object]) -> list[object]:
    """All deeds begin before any of them can go on; then they come in this order. Returns what became of each."""
    with psycopg.connect(address_of_database(), autocommit=True) as other, editors(len(deeds)) as editor:
        other.execute("SELECT pg_advisory_lock(hashtext('strategy.tree'))")
        done = []
        try:
            for count, deed in enumerate(deeds, start=1):
                done.append(editor(deed))
                until(lambda count=count: other.execute(WAITING).fetchone()[0] == count)
        finally:
            other.execute("SELECT pg_advisory_unlock_all()")
        return [future.result() for future in done]


def at_once(*deeds: Callable[[], object]) -> list[object]:
    with editors(len(deeds)) as editor:
        return [future.result() for future in [editor(deed) for deed in deeds]]


def fresh(node: Node) -> Node:
    return Node.objects.get(pk=node.pk)


def public() -> dict[str, str]:
    return dict(Page.objects.at().values_list("address", "title"))


def assert_one_consistent_tree() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WRONG)
        assert cursor.fetchall() == []
    assert Node.objects.find_problems() == ([], [], [], [], [])
    live = Page.objects.from_now().values_list("node", "address", "trail", "position").distinct()
    assert len({node for node, *_place in live}) == len(live)


def retitle(node: Node, title: str) -> None:
    Node.objects.filter(pk=node.pk).update(title=title)


def test_two_who_publish_the_same_branch_at_once_publish_it_once(tree):
    def deed() -> list[Page]:
        return publishing.publish_branch(fresh(tree.start))

    assert [len(pages) for pages in in_this_order(deed, deed)] == [11, 0]
    assert Page.objects.count() == 11
    assert_one_consistent_tree()


def test_two_who_publish_overlapping_branches_at_once_publish_each_page_once(published):
    for node in (published.vision, published.work, published.jobs):
        retitle(node, "Nytt")
    done = in_this_order(
        lambda: publishing.publish_branch(fresh(published.vision)),
        lambda: publishing.publish_branch(fresh(published.work)),
        lambda: publishing.publish(fresh(published.jobs)),
    )
    assert [len(done[0]), done[1], done[2]] == [3, [], None]
    assert Page.objects.count() == 14
    assert_one_consistent_tree()


@pytest.mark.parametrize("first", ["publish", "withdraw"])
def test_publishing_against_withdrawing_what_is_above(published, first):
    retitle(published.jobs, "Nytt")

    def publish() -> Page | None:
        return publishing.publish(fresh(published.jobs))

    def withdraw() -> int:
        return publishing.withdraw(fresh(published.income))

    if first == "publish":
        page, count = in_this_order(publish, withdraw)
        assert (page.title, count) == ("Nytt", 3)
        assert page.begins_at < Page.objects.get(pk=page.pk).ends_at
    else:
        count, refused = in_this_order(withdraw, publish)
        assert count == 3
        assert isinstance(refused, publishing.NotPublishable)
    assert not any("inkomst" in address for address in public())
    assert_one_consistent_tree()


@pytest.mark.parametrize("first", ["publish", "move"])
def test_moving_against_publishing_what_is_below(published, first):
    retitle(published.jobs, "Nytt")

    def publish() -> Page | None:
        return publishing.publish(fresh(published.jobs))

    def move() -> None:
        publishing.move(fresh(published.income), fresh(published.safety), "last-child")

    in_this_order(*((publish, move) if first == "publish" else (move, publish)))
    assert public()["/vi-lyfter/fardplan/trygghet/inkomst/jobb/"] == "Nytt"
    assert not any("/arbete/inkomst" in address for address in public())
    assert_one_consistent_tree()


def test_moving_what_another_moves_away_from(published):
    # Each moves the goal to the other's area; the second finds it where the first put it.
    in_this_order(
        lambda: publishing.move(fresh(published.income), fresh(published.safety), "last-child"),
        lambda: publishing.move(fresh(published.income), fresh(published.work), "last-child"),
    )
    assert "/vi-lyfter/fardplan/arbete/inkomst/jobb/jobbspar/" in public()
    assert_one_consistent_tree()


@pytest.mark.parametrize("order", [*permutations(("ett", "tva", "tre"))])
def test_last_of_several_who_rename_at_once_wins(published, order):
    in_this_order(*(lambda slug=slug: publishing.rename(fresh(published.work), slug) for slug in order))
    assert f"/vi-lyfter/fardplan/{order[-1]}/inkomst/jobb/jobbspar/" in public()
    assert fresh(published.work).slug == order[-1]
    addresses = Page.objects.filter(node=published.work).order_by("valid").values_list("address", flat=True)
    assert [address.split("/")[-2] for address in addresses] == ["arbete", *order]
    assert_one_consistent_tree()


def test_two_who_want_the_same_slug_do_not_both_get_it(published):
    done = in_this_order(
        lambda: publishing.rename(fresh(published.work), "ny"),
        lambda: publishing.rename(fresh(published.safety), "ny"),
    )
    assert done[0] is None
    assert isinstance(done[1], publishing.Refused)
    assert_one_consistent_tree()


def test_whatever_many_editors_do_at_once_leaves_one_consistent_tree(published):
    chance = random.Random(2030)
    areas, goal = (published.work, published.safety), published.income
    deeds = [
        lambda: publishing.publish_branch(fresh(published.start)),
        lambda: publishing.publish(fresh(published.jobs)),
        lambda: publishing.move(fresh(goal), fresh(chance.choice(areas)), "first-child"),
        lambda: publishing.move(fresh(published.safety), fresh(published.work), chance.choice(("left", "right"))),
        lambda: publishing.rename(fresh(chance.choice(areas)), chance.choice(("ett", "tva", "tre"))),
        lambda: publishing.withdraw(fresh(published.jobs)),
        lambda: retitle(published.jobs, f"Mål {chance.random()}"),
    ]
    for _ in range(6):
        at_once(*chance.choices(deeds, k=8))
        assert_one_consistent_tree()


def test_page_is_not_torn_by_what_is_committed_while_it_is_read(published, client):
    """Published before the first look, by its moment, and seen only after it."""
    for node in (published.work, published.income):
        retitle(node, "Nytt")
    written, looked = Event(), Event()

    def publish_slowly() -> None:
        with transaction.atomic():
            publishing.publish_branch(fresh(published.work))
            written.set()
            assert looked.wait(10)

    def commit_after_the_first_look(execute: Callable, sql: str, *rest: object) -> object:
        found = execute(sql, *rest)
        if "strategy_page" in sql and not looked.is_set():
            looked.set()
            publisher.result(10)
        return found

    with editors(1) as editor:
        publisher = editor(publish_slowly)
        assert written.wait(10)
        with connection.execute_wrapper(commit_after_the_first_look):
            html = client.get("/vi-lyfter/fardplan/arbete/").content.decode()
    assert "Nytt" not in html
    assert client.get("/vi-lyfter/fardplan/arbete/").content.decode().count("Nytt") >= 2


# A process that dies

PUBLISH_FOR_EVER = """
from itertools import count
import django
django.setup()
from strategy import publishing
from strategy.models import Node
root = Node.objects.get(depth=1)
for n in count():
    Node.objects.update(title=f"Omgång {n}")
    print(len(publishing.publish_branch(root)), flush=True)
"""


@contextmanager
def publisher() -> Iterator[subprocess.Popen]:
    """Another process that publishes all pages with a new title, again and again."""
    environment = {**os.environ, "DATABASE_URL": address_of_database("publisher"), "DATABASE_POOL": "0"}
    program = [sys.executable, "-c", PUBLISH_FOR_EVER]
    process = subprocess.Popen(
        program, env=environment, cwd=Path(settings.BASE_DIR), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def kill(process: subprocess.Popen) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def asked(question: str) -> int:
    """How many of the publisher's connections are in a state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name = 'publisher' AND {question}"
        )
        return cursor.fetchone()[0]


def test_process_killed_after_some_of_its_writes_leaves_nothing(published):
    before = public()
    with psycopg.connect(address_of_database()) as other:
        # In the way of the last page that the process closes, when it has closed all others.
        other.execute("SELECT FROM strategy_page WHERE node_id = %s FOR UPDATE", [published.about.pk])
        with publisher() as process:
            until(lambda: asked("wait_event_type = 'Lock'"))
            kill(process)
        other.rollback()
    until(lambda: asked("true") == 0)
    assert set(Node.objects.values_list("title", flat=True)) == {"Omgång 0"}
    assert public() == before
    assert Page.objects.count() == 11
    assert len(publishing.publish_branch(fresh(published.start))) == 11
    assert_one_consistent_tree()


@pytest.mark.parametrize("rounds", [1, 4, 9])
def test_process_killed_at_any_moment_leaves_all_or_nothing(published, rounds):
    with publisher() as process:
        for _ in range(rounds):
            assert process.stdout.readline() == "11\n"
        time.sleep(random.Random(rounds).uniform(0.005, 0.05))
        kill(process)
    until(lambda: asked("true") == 0)
    assert len(public()) == 11
    assert len(set(public().values())) == 1
    assert_one_consistent_tree()
