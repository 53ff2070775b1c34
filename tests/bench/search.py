"""
How long the search takes with 50 000 pages, half of which have a history, in a database of its own.

    uv run python tests/bench/search.py [--keep]

Made-up Swedish: 12 500 compounds, of which a few are common and most are rare, as in any language; one word is on 40 %
of the pages. Each question is asked as a visitor does (the whole answer, on a connection that is open), and its results
alone are asked for as the view does. With --keep the database, which takes minutes to fill, is left for the next time.
To be run by hand, on a machine that does nothing else. Figures are milliseconds.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import accumulate
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

from portal.postgres import Cluster

ROUNDS = 20
LIMIT = 50
TODAY, THEN = "[2023-01-01,)", "[2021-01-01,2023-01-01)"
OLD_DAY = "2022-06-01"
ON_FORTY_PERCENT = "jämlikhet"

# The first parts, the last parts and the endings of the words that are made up.
FIRST = """
arbets skol vatten vård omsorgs miljö klimat trafik bostads kultur fritids barn ungdoms närings utbildnings trygghets
energi natur idrotts kommun region landsbygds stads digital social hälso äldre studie yrkes förenings biblioteks cykel
kollektiv mark skogs jordbruks livsmedels turism besöks företags
"""
LAST = """
plan mål område arbete insats verksamhet miljö stöd service utveckling planering ansvar kvalitet uppföljning resurs
kompetens samverkan personal lokal mark väg skydd program strategi nätverk projekt tjänst enhet center grupp lag avtal
uppdrag budget modell satsning analys metod process
"""
ENDINGS = ["", "en", "er", "erna", "s", "et", "ar", "ens"]
COMMON = """
biblioteket äldreomsorg arbetslöshet förskola grundskola gymnasium simhall badplats återvinning belysning hemtjänst
företagare bygglov naturreservat grundvatten lärare elever medborgare invånare ungdomar
"""
SMALL = """
och att det i en på är av för med till den som ska kommunen vi har inte ett om de så vara alla kan också från men när
mer eller under år efter genom mellan vid nya sin där bli får utan hur här detta både samt
"""

# What stands under each of what, how many, and the place of the first: 50 243 in all.
TREE = [
    ("start", "vision", 1, 1),
    ("start", "board", 12, 11),
    ("vision", "roadmap", 1, 1),
    ("vision", "theme", 3, 11),
    ("vision", "core_mission", 15, 21),
    ("roadmap", "area", 10, 1),
    ("area", "goal", 20, 1),
    ("goal", "result", 25, 1),
    ("result", "effort", 9, 1),
]

GUARDS = [
    ("strategy_node", "strategy_node_kind"),
    ("strategy_page", "strategy_page_dated"),
    ("strategy_page", "strategy_page_kind"),
    ("strategy_page", "strategy_page_parent"),
]

PLACES = """
CREATE TEMP TABLE place (node_id bigint, parent_id bigint, depth int, path text, trail text, address text, number text,
                         kind text)
"""
UNDER = """
WITH added AS (
    INSERT INTO strategy_node ({columns})
    SELECT {values} FROM place AS above CROSS JOIN generate_series(1, {width}) AS n WHERE above.kind = %s
    RETURNING id, depth, path, slug, number
)
INSERT INTO place
SELECT added.id, above.node_id, added.depth, added.path, above.trail || added.id || '/',
       above.address || added.slug || '/', concat_ws('.', nullif(above.number, ''), added.number), '{kind}'
FROM added JOIN place AS above ON above.path = left(added.path, -4)
"""
EDITIONS = """
INSERT INTO strategy_page (node_id, parent_id, trail, position, kind, address, title, document, valid, recorded_at,
                           content_since)
SELECT node_id, parent_id, trail, node_id, kind, address, title, document, valid, now(), lower(valid)
FROM place JOIN said USING (node_id)
"""


class Writer:
    """Sentences of words as common as their places in a list: the second is half as common as the first."""

    def __init__(self) -> None:
        self.random = random.Random(2030)
        rare = [first + last + ending for first in FIRST.split() for last in LAST.split() for ending in ENDINGS]
        self.random.shuffle(rare)
        self.words = [*COMMON.split(), *rare]
        self.small = SMALL.split()
        self.weights = list(accumulate(1 / (place + 3) ** 0.9 for place in range(len(self.words))))
        self.small_weights = list(accumulate(1 / (place + 1) for place in range(len(self.small))))

    def text(self, length: int) -> str:
        words = self.random.choices(self.words, cum_weights=self.weights, k=length // 2 + 1)
        small = self.random.choices(self.small, cum_weights=self.small_weights, k=length // 2 + 1)
        said = [word for pair in zip(small, words, strict=True) for word in pair][:length]
        return ". ".join(" ".join(said[start : start + 14]).capitalize() for start in range(0, length, 14)) + "."

    def between(self, least: int, most: int) -> str:
        return self.text(self.random.randint(least, most))

    def document(self, empty: dict, kind: str, number: str, boards: list[int], themes: list[int]) -> dict:
        paragraphs = [self.between(20, 60) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.4:
            paragraphs.append(f"Vi arbetar för {ON_FORTY_PERCENT}.")
        text = {
            "title": self.between(3, 8)[:-1],
            "lead": self.between(8, 30),
            "body": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
            "by_portal": False,
        }
        texts = {"sv": text, "en": text} if self.random.random() < 0.3 else {"sv": text}
        document = {**empty, "texts": texts, "number": number}
        if kind in ("goal", "result", "effort", "core_mission"):
            document["boards"] = [{"node": self.random.choice(boards), "titles": {"sv": "En nämnd"}}]
        if kind in ("goal", "result") and self.random.random() < 0.5:
            document["themes"] = [{"node": self.random.choice(themes), "titles": {"sv": "Ett tema"}}]
        if kind in ("area", "goal", "result") and self.random.random() < 0.4:
            document["global_goals"] = sorted(self.random.sample(range(1, 18), 2))
        if kind == "effort":
            document["stage"] = self.random.choice(["not_started", "started", "delayed", "done", "dropped"])
        return document


def plant() -> None:
    """Pages that are all public today, half of them with an edition before that, and what the search keeps of them."""
    from django.db import connection, transaction

    from strategy import documents
    from strategy.models import Node

    writer = Writer()
    with transaction.atomic(), connection.cursor() as cursor:
        # The guards look at each row, and are tested elsewhere; what the search keeps of a page is kept as always.
        for guard in GUARDS:
            cursor.execute(f"ALTER TABLE {guard[0]} DISABLE TRIGGER {guard[1]}")
        root = Node.objects.add_root(create_kwargs={"kind": "start", "title": "Start"})
        empty = documents.build(Node.objects.with_content().get(pk=root.pk))
        cursor.execute(PLACES)
        cursor.execute(
            "INSERT INTO place VALUES (%s, NULL, 1, %s, %s, '/', '', 'start')", [root.pk, root.path, f"/{root.pk}/"]
        )
        for branch in TREE:
            cursor.execute(*_under(*branch))
        cursor.execute("SELECT node_id, kind, number FROM place ORDER BY node_id")
        rows = cursor.fetchall()
        boards, themes = ([pk for pk, kind, _ in rows if kind == wanted] for wanted in ("board", "theme"))
        cursor.execute("CREATE TEMP TABLE said (node_id bigint, title text, document jsonb, valid tstzrange)")
        with cursor.copy("COPY said FROM STDIN") as copy:
            for pk, kind, number in rows:
                for valid in [THEN, TODAY] if kind == "start" or writer.random.random() < 0.5 else [TODAY]:
                    document = writer.document(empty, kind, number, boards, themes)
                    copy.write_row((pk, document["texts"]["sv"]["title"], json.dumps(document), valid))
        cursor.execute(EDITIONS)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for guard in GUARDS:
            cursor.execute(f"ALTER TABLE {guard[0]} ENABLE TRIGGER {guard[1]}")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _under(parent: str, kind: str, width: int, first: int) -> tuple[str, list]:
    """The statement that puts so many nodes of a kind under each of another."""
    from django.db import connection

    from strategy.models import Node

    steps = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    different = {
        "path": f"above.path || lpad(substr('{steps}', n + {first}, 1), 4, '0')",
        "depth": "above.depth + 1",
        "slug": f"'{kind}-' || n",
        "number": "''" if kind in ("vision", "roadmap", "board", "theme", "core_mission") else "n::text",
    }
    sample = Node(kind=kind, title=f"En {kind}", depth=0, numchild=0)
    fields = [field for field in Node._meta.concrete_fields if not field.primary_key]
    same = [field for field in fields if field.column not in different]
    statement = UNDER.format(
        columns=", ".join(field.column for field in fields),
        values=", ".join(different.get(field.column, "%s") for field in fields),
        width=width,
        kind=kind,
    )
    return statement, [*(field.get_db_prep_save(field.pre_save(sample, True), connection) for field in same), parent]


def questions() -> dict[str, dict[str, str]]:
    """What is asked, as the parameters of the address."""
    from strategy.models import Node

    board, theme = (str(Node.objects.filter(kind=kind).first().pk) for kind in ("board", "theme"))
    return {
        "rare word": {"q": "skogsavtalens"},
        "common word, 40 % of all pages": {"q": ON_FORTY_PERCENT},
        "two common words": {"q": "biblioteket äldreomsorg"},
        "beginning of a word": {"q": "vattenskydd"},
        "phrase": {"q": f'"arbetar för {ON_FORTY_PERCENT}"'},
        "unaccented": {"q": "aldreomsorg"},
        "misspelt": {"q": "arbetslöshten"},
        "nothing": {"q": "xylofonqvist"},
        "rare word, filtered": {"q": "skogsavtalens", "slag": "effort"},
        "common word, filtered": {"q": ON_FORTY_PERCENT, "namnd": board, "skede": "started"},
        "no words": {},
        "a board": {"namnd": board},
        "a theme": {"tema": theme},
        "common word, old day": {"q": ON_FORTY_PERCENT, "den": OLD_DAY},
        "common word, page 50": {"q": ON_FORTY_PERCENT, "page": "50"},
    }


def timed(ask: Callable[[], object]) -> list[float]:
    ask()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def answered(parameters: dict[str, str], prefix: str = "") -> Callable[[], object]:
    """The whole answer, as the visitor gets it."""
    from django.test import Client

    client = Client()

    def ask() -> None:
        response = client.get(f"{prefix}/sok/", parameters)
        if response.status_code != 200:
            raise SystemExit(f"{parameters}: {response.status_code}")

    return ask


def resulting(parameters: dict[str, str]) -> Callable[[], object] | None:
    """What is found, how many they are and the best of them: as the view asks for it. None without words."""
    from django.core.paginator import Paginator
    from django.utils import timezone

    from strategy import search
    from strategy.dated import end_of_day
    from strategy.filters import Filters
    from strategy.models import Page
    from strategy.views.search import HITS_ON_PAGE

    if "q" not in parameters:
        return None
    moment = end_of_day(timezone.datetime.fromisoformat(OLD_DAY).date()) if "den" in parameters else timezone.now()
    query, filters = search.Query.of(parameters["q"]), Filters.of(parameters)

    def ask() -> None:
        found = search.Matches.of(query, "sv", moment)
        if filters:
            found = found.within(filters.of_pages(Page.objects.among(found.ids), moment))
        list(Paginator(found, HITS_ON_PAGE).get_page(parameters.get("page")))

    return ask


def percentiles(taken: list[float]) -> tuple[float, float]:
    cuts = quantiles(taken, n=20, method="inclusive")
    return cuts[9], cuts[18]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ["DEMO"] = "1"
    os.environ["DATABASE_POOL"] = "0"
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            cluster = Cluster("postgres-bench")
            stack.enter_context(cluster.running())
            os.environ["DATABASE_URL"] = cluster.url
        import django

        django.setup()
        from django.conf import settings
        from django.db import connection
        from django.test.utils import setup_test_environment

        setup_test_environment(debug=False)
        settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
        settings.SECURE_SSL_REDIRECT = False
        keep = "--keep" in sys.argv
        own = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=keep, serialize=False)
        stack.callback(connection.creation.destroy_test_db, own, verbosity=0, keepdb=keep)
        from strategy.models import Page

        if not Page.objects.exists():
            plant()
        report()


def report() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE upper_inf(valid)), version() FROM strategy_page")
        editions, current, server = cursor.fetchone()
    print(f"{current} pages, {editions} editions; {' '.join(server.split()[:2])}")  # noqa: T201
    print(f"{'':36}{'results':^18}{'whole answer':^18}\n{'':36}{'p50':>8}{'p95':>8}  {'p50':>8}{'p95':>8}")  # noqa: T201
    for name, parameters in questions().items():
        ask = resulting(parameters)
        found = percentiles(timed(ask)) if ask else None
        whole = percentiles(timed(answered(parameters)))
        words = f"{found[0]:8.1f}{found[1]:8.1f}{'*' if found[1] > LIMIT else ' '} " if found else " " * 18
        print(f"{name:36}{words}{whole[0]:8.1f}{whole[1]:8.1f}")  # noqa: T201
    print(f"* more than {LIMIT} ms")  # noqa: T201


if __name__ == "__main__":
    main()
