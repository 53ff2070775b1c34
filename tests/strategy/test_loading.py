import html
import json
import re
import time
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from strategy import documents, publishing
from strategy.dated import start_of_day
from strategy.kinds import NodeKind
from strategy.lix import lix
from strategy.models import Illustration, Node, Page, RelatedMaterial, Translation
from strategy.strategy_file import PLACES, SCHEMA

KRISTIANSTAD = settings.BASE_DIR / "strategy" / "content" / "kristianstad.json"
README = KRISTIANSTAD.with_name("README.md")
SEED = Path(__file__).with_name("seed-page.txt")

FARDPLAN = "/vi-lyfter/fardplan/"


def small() -> dict:
    """A start page, a vision, a roadmap with two areas, one of them with a goal, a result and an effort; a board."""
    effort = {
        "key": "track",
        "kind": "effort",
        "slug": "jobbspar",
        "title": "Starta jobbspår",
        "published_on": "2024-02-01",
        "boards": ["ks"],
        "period": {"start": "2021-02-01", "end": "2024-12-31"},
        "stage": "started",
    }
    result = {
        "key": "jobs",
        "kind": "result",
        "slug": "jobb",
        "number": "2.1.2",
        "title": "Arbetslösheten ska minska",
        "boards": ["ks"],
        "indicator": {
            "name": "Arbetslöshet",
            "unit": "%",
            "direction": "lower",
            "decimals": 1,
            "baseline": {"value": 9.8, "year": 2020},
            "target": {"value": 7.0, "year": 2024},
        },
        "children": [effort],
    }
    goal = {"key": "income", "kind": "goal", "slug": "inkomst", "title": "Fler försörjer sig", "children": [result]}
    roadmap = {
        "key": "roadmap",
        "kind": "roadmap",
        "slug": "fardplan",
        "title": "Strategisk färdplan",
        "period": {"start": "2021-01-01", "end": "2024-12-31"},
        "children": [
            {"key": "work", "kind": "area", "slug": "arbete", "title": "Arbetsmarknad", "children": [goal]},
            {"key": "safety", "kind": "area", "slug": "trygghet", "title": "Trygghet", "lead": "Alla är trygga."},
        ],
    }
    vision = {
        "key": "vision",
        "kind": "vision",
        "slug": "vi-lyfter",
        "title": "Vi lyfter tillsammans",
        "body": "<h2>Varför?</h2><p>En vision.</p>",
        "translations": {"en": {"title": "Together we lift", "body": "<p>A vision.</p>", "portal": True}},
        "children": [roadmap],
    }
    board = {"key": "ks", "kind": "board", "slug": "ks", "title": "Kommunstyrelsen", "board": {"code": "KS"}}
    return {
        "format": 1,
        "published_on": "2021-01-01",
        "words": {"area": {"sv": {"one": "Delområde", "many": "Delområden"}}},
        "strategy": {"key": "start", "kind": "start", "slug": "", "title": "Visioner", "children": [vision, board]},
    }


def find(data: dict, key: str) -> dict:
    """The node with this key in a file."""
    waiting = [data["strategy"]]
    while waiting:
        fields = waiting.pop()
        if fields["key"] == key:
            return fields
        waiting += fields.get("children", [])
    raise KeyError(key)


@pytest.fixture
def load(tmp_path, db):
    """Load data (or text) as a file; returns what the command says."""

    def load(data: dict | str | bytes, *options: str) -> str:
        file = tmp_path / "strategy.json"
        text = data if isinstance(data, str | bytes) else json.dumps(data)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        said = StringIO()
        call_command("load_strategy", str(file), *options, stdout=said)
        return said.getvalue()

    return load


@pytest.fixture
def refused(load):
    """Load what is to be refused; returns the message, and sees to it that nothing was written."""

    def refused(data: dict | str | bytes) -> str:
        before = state()
        with pytest.raises(CommandError) as caught:
            load(data)
        assert caught.value.returncode == 1
        assert state() == before
        return str(caught.value)

    return refused


def state() -> list:
    """All that a load may write."""
    return [
        list(Node.objects.values()),
        list(Page.objects.order_by("pk").values()),
        *(list(rows.objects.order_by("pk").values()) for rows in (Translation, Illustration, RelatedMaterial)),
    ]


def node(key: str) -> Node:
    return Node.objects.get(key=key)


def page(key: str, moment: datetime | None = None) -> Page | None:
    return Page.objects.at(moment).filter(node__key=key).first()


# The whole content.


@pytest.fixture(scope="module")
def content() -> dict:
    return json.loads(KRISTIANSTAD.read_text())


def test_kristianstad_is_loaded_whole_and_a_second_time_changes_nothing(db, content):
    said = StringIO()
    call_command("load_strategy", str(KRISTIANSTAD), with_examples=True, stdout=said)
    assert said.getvalue() == "kristianstad.json is loaded: 85 made, 85 published.\n"
    assert Page.objects.at().count() == 85
    assert Page.objects.at().of_kind(NodeKind.RESULT).count() == 18
    assert Page.objects.at(start_of_day(date(2021, 1, 1))).of_kind(NodeKind.GOAL).count() == 12
    assert not Page.objects.at(datetime(2024, 1, 31, 12, tzinfo=UTC)).of_kind(NodeKind.EFFORT).exists()
    assert Page.objects.at(datetime(2024, 2, 1, 12, tzinfo=UTC)).of_kind(NodeKind.EFFORT).count() == 24

    before = state()
    said = StringIO()
    call_command("load_strategy", str(KRISTIANSTAD), with_examples=True, stdout=said)
    assert said.getvalue() == "Nothing to do: the portal says what kristianstad.json says.\n"
    assert state() == before


def test_every_sentence_of_the_seed_is_in_the_documents_in_order(db):
    call_command("load_strategy", str(KRISTIANSTAD), with_examples=True, stdout=StringIO())
    public = {page.node.key: page.document for page in Page.objects.at().select_related("node")}

    def text(key: str, *names: str) -> str:
        return " ".join(public[key]["texts"]["sv"][name] for name in names)

    def picture(key: str) -> str:
        row = next(row for row in public[key]["illustrations"] if row["language"] == "sv")
        return f"{row['alternative_text']} {row['caption']}"

    start_page = plain(
        text("start", "title", "lead"),
        public["start"]["words"]["vision"]["sv"]["one"],
        text("vision", "lead"),
        picture("vision"),
        text("vision", "body"),
        *(text(f"theme-{theme}", "lead", "body") for theme in ("tillvaxt", "tanke", "trivsel")),
        text("start", "body"),
        text("roadmap-2024", "title", "lead"),
        *(text(f"area-{number}", "title") for number in range(1, 6)),
        text("roadmap-2024", "body"),
        picture("start"),
    )
    seed, _surroundings = SEED.read_text().split("Report errors on page")
    assert start_page == plain(seed.replace("•", " "))


def plain(*parts: str) -> str:
    """Text without markup, with single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", " ".join(parts))).split())


def test_what_is_made_up_is_marked_as_an_example_and_facts_are_not(content):
    marked = {
        fields["key"]: fields.get("example", False)
        for key in (
            "start",
            "vision",
            "roadmap-2024",
            "area-1",
            "goal-1.1",
            "result-1.1.1",
            "effort-1.1.1-1",
            "board-tn",
        )
        for fields in [find(content, key)]
    }
    facts = {"start", "vision", "roadmap-2024", "area-1"}
    assert marked == {key: key not in facts for key in marked}


def test_every_node_has_english_and_says_that_it_is_the_portals_own(content):
    waiting, lacking = [content["strategy"]], []
    while waiting:
        fields = waiting.pop()
        waiting += fields.get("children", [])
        if not fields.get("translations", {}).get("en", {}).get("portal"):
            lacking.append(fields["key"])
    assert lacking == []


def test_example_in_the_readme_can_be_loaded(load):
    example = re.search(r"```json\n(.*?)```", README.read_text(), re.DOTALL)
    assert "2 made, 2 published" in load(example[1])


def test_another_language_needs_a_setting_and_nothing_more(load, settings):
    data = small()
    find(data, "vision")["translations"]["ar"] = {"title": "معا نرتقي", "body": "<p>رؤية.</p>"}
    find(data, "vision")["easy_to_read"] = {"ar": {"title": "سهل", "body": "<p>سهل.</p>"}}
    data["words"]["area"]["ar"] = {"one": "مجال", "many": "مجالات"}
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "Arabic")]
    load(data)
    assert page("vision").document["texts"]["ar"]["title"] == "معا نرتقي"
    assert page("vision").document["easy_to_read"]["ar"]["title"] == "سهل"
    assert page("start").document["words"]["area"]["ar"]["one"] == "مجال"
    assert "Nothing to do" in load(data)


def test_easy_to_read_texts_are_easy_to_read(content):
    texts = list(easy_texts(content["strategy"]))
    assert {"start", "vision", "roadmap-2024", *(f"area-{number}" for number in range(1, 6))} == {
        key for key, _ in texts
    }
    for key, body in texts:
        assert lix(body) < 30, key
        lines = re.split(r"<br>|</?(?:p|li|ul|h2|h3)>", body)
        assert all(re.search(r"[.?!:] \w", line) is None or len(line) < 50 for line in lines), key
        assert max(map(len, lines)) <= 65, key
        assert body.endswith("Det är den vanliga texten som gäller.</p>"), key


def easy_texts(fields: dict):
    if "easy_to_read" in fields:
        yield fields["key"], fields["easy_to_read"]["sv"]["body"]
    for child in fields.get("children", []):
        yield from easy_texts(child)


def test_schema_allows_no_longer_text_than_the_model():
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    for field, steps in PLACES.items():
        schema = definitions["node"]
        for step in steps:
            schema = schema["properties"][step]
        if "enum" not in schema:
            assert schema.get("maxLength") == Node._meta.get_field(field).max_length, field
    slug = definitions["node"]["properties"]["slug"]
    assert slug["maxLength"] == Node._meta.get_field("slug").max_length


# What is made, changed, moved and published.


def test_nodes_never_public_are_dated_back_and_the_record_says_when_they_were_entered(load):
    load(small())
    vision, track = page("vision"), page("track")
    assert vision.begins_at == start_of_day(date(2021, 1, 1))
    assert track.begins_at == start_of_day(date(2024, 2, 1))
    assert vision.recorded_at > datetime(2026, 1, 1, tzinfo=UTC)


def test_document_holds_what_the_file_says(load):
    load(small())
    jobs, track = page("jobs").document, page("track").document
    assert jobs["number"] == "2.1.2"
    assert jobs["indicator"] == {
        "name": "Arbetslöshet",
        "unit": "%",
        "direction": "lower",
        "decimals": 1,
        "baseline": {"value": "9.8", "year": 2020},
        "target": {"value": "7", "year": 2024},
    }
    assert jobs["boards"] == [{"node": node("ks").pk, "titles": {"sv": "Kommunstyrelsen"}}]
    assert (track["stage"], track["period"]) == ("started", {"start": "2021-02-01", "end": "2024-12-31"})
    assert page("vision").document["texts"]["en"]["by_portal"] is True
    assert page("start").document["words"] == {"area": {"sv": {"one": "Delområde", "many": "Delområden"}}}
    assert page("track").address == FARDPLAN + "arbete/inkomst/jobb/jobbspar/"


def test_a_change_is_public_now_and_what_was_public_stays(load):
    load(small())
    before = now()
    data = small()
    find(data, "jobs")["indicator"]["target"]["value"] = 7.5
    assert "1 changed, 1 published" in load(data)
    assert page("jobs").begins_at > before
    assert page("jobs").document["indicator"]["target"]["value"] == "7.5"
    assert page("jobs", before).document["indicator"]["target"]["value"] == "7"


@pytest.mark.parametrize(
    "change",
    [
        {"lead": "Ny ingress"},
        {"example": True},
        {"boards": []},
        {"illustrations": [{"drawing": "town", "alternative_text": "En stad", "caption": "Staden"}]},
        {"related": [{"title": "Om oss", "url": "/om/", "year": 2020}]},
        {"translations": {"en": {"title": "Income"}}},
        {"easy_to_read": {"sv": {"title": "Pengar", "body": "<p>Alla ska ha pengar.</p>"}}},
        {"global_goals": [8, 1]},
        {"decision": {"body": "Kommunfullmäktige", "on": "2020-11-10", "paragraph": "§ 12", "number": "KS 2020/1"}},
    ],
)
def test_any_field_is_changed_once(load, change):
    data = small()
    find(data, "income")["boards"] = ["ks"]
    load(data)
    find(data, "income").update(change)
    assert "1 changed, 1 published" in load(data, "--with-examples")
    assert "Nothing to do" in load(data, "--with-examples")


def test_dry_run_shows_what_would_change_and_changes_nothing(load):
    assert "9 made, 9 published. Nothing has changed" in load(small(), "--dry-run")
    assert not Node.objects.exists()

    load(small())
    before = state()
    data = small()
    find(data, "safety").update(title="Trygghet för alla", slug="trygg")
    said = load(data, "--dry-run")
    assert said.splitlines() == [
        "Changed:",
        "  Trygghet för alla",
        "Moved:",
        "  Trygghet för alla",
        "Published:",
        "  Trygghet för alla",
        "strategy.json would do this: 1 changed, 1 moved, 1 published. Nothing has changed (--dry-run).",
    ]
    assert state() == before


def test_a_renamed_node_is_found_by_its_key_and_moves_with_all_below_it(load):
    load(small())
    data = small()
    find(data, "work")["slug"] = "arbetsmarknad"
    assert "1 moved." in load(data)
    assert page("track").address == FARDPLAN + "arbetsmarknad/inkomst/jobb/jobbspar/"
    assert "Nothing to do" in load(data)


def test_a_slug_that_another_node_gives_up_can_be_taken(load):
    load(small())
    data = small()
    find(data, "work")["slug"] = "trygghet"
    find(data, "safety")["slug"] = "lugn"
    assert "2 moved." in load(data)
    assert (page("work").address, page("safety").address) == (FARDPLAN + "trygghet/", FARDPLAN + "lugn/")


def test_a_node_moves_under_another_that_is_new(load):
    load(small())
    data = small()
    goal = find(data, "work")["children"].pop()
    find(data, "roadmap")["children"].insert(
        0, {"key": "pay", "kind": "area", "slug": "lon", "title": "Lön", "children": [goal]}
    )
    assert "1 made, 1 moved, 1 published" in load(data)
    assert page("track").address == FARDPLAN + "lon/inkomst/jobb/jobbspar/"
    assert areas() == ["pay", "work", "safety"]
    assert "Nothing to do" in load(data)


def test_siblings_stand_in_the_files_order_and_as_few_as_possible_move(load):
    data = small()
    children = find(data, "roadmap")["children"]
    children += [{"key": f"area-{n}", "kind": "area", "slug": f"del-{n}", "title": f"Del {n}"} for n in range(3)]
    load(data)
    children.insert(0, children.pop())
    assert "1 moved." in load(data)
    assert areas() == ["area-2", "work", "safety", "area-0", "area-1"]
    children.reverse()
    load(data)
    assert areas() == ["area-1", "area-0", "safety", "work", "area-2"]


def areas() -> list[str]:
    return [page.node.key for page in Page.objects.at().of_kind(NodeKind.AREA).in_order().select_related("node")]


def test_new_nodes_are_put_where_the_file_has_them_without_moving_others(load):
    load(small())
    data = small()
    children = find(data, "roadmap")["children"]
    children.insert(1, {"key": "between", "kind": "area", "slug": "mellan", "title": "Mellan"})
    children.insert(0, {"key": "first", "kind": "area", "slug": "forst", "title": "Först"})
    assert "2 made, 2 published." in load(data)
    assert areas() == ["first", "work", "between", "safety"]


def test_nodes_that_the_file_leaves_out_are_left_alone(load):
    load(small())
    data = small()
    find(data, "roadmap")["children"].pop()
    assert "Nothing to do" in load(data)
    assert areas() == ["work", "safety"]


# The file and staff.


def test_the_file_wins_over_a_draft_in_what_it_names(load):
    load(small())
    Node.objects.filter(key="safety").update(title="Ett utkast")
    assert "1 changed." in load(small())
    assert node("safety").title == "Trygghet"
    assert Page.objects.filter(node__key="safety").count() == 1


def test_a_draft_in_what_the_file_leaves_out_stays_a_draft(load):
    load(small())
    Node.objects.filter(key="work").update(lead="Ett utkast")
    assert "Nothing to do" in load(small())
    assert node("work").lead == "Ett utkast"
    assert page("work").document["texts"]["sv"]["lead"] == ""


def test_a_draft_that_says_what_the_file_says_is_published(load):
    load(small())
    Node.objects.filter(key="safety").update(title="Trygghet för alla")
    data = small()
    find(data, "safety")["title"] = "Trygghet för alla"
    assert "1 published." in load(data)
    assert page("safety").title == "Trygghet för alla"


def test_withdrawn_pages_stay_withdrawn_with_what_is_new_under_them(load):
    load(small())
    publishing.withdraw(node("work"))
    data = small()
    find(data, "income")["title"] = "Ny titel"
    find(data, "work")["children"].append({"key": "new", "kind": "goal", "slug": "nytt", "title": "Nytt mål"})
    said = load(data, "-v2")
    assert "1 made, 1 changed, 5 left withdrawn" in said
    assert node("income").title == "Ny titel"
    assert page("work") is None
    assert not Page.objects.filter(node__key="new").exists()


def test_what_is_scheduled_stays_scheduled_with_what_the_file_changes(load):
    data = small()
    find(data, "safety")["published_on"] = f"{now().year + 1}-01-01"
    load(data)
    assert page("safety") is None
    begins_at = Page.objects.get(node__key="safety").begins_at
    find(data, "safety")["title"] = "Trygghet för alla"
    assert "1 changed, 1 published" in load(data)
    edition = Page.objects.get(node__key="safety")
    assert (edition.begins_at, edition.title) == (begins_at, "Trygghet för alla")


def test_a_start_page_made_by_hand_becomes_the_files_and_nothing_is_public_before_it(load):
    start = Node.objects.add_root(create_kwargs={"kind": NodeKind.START, "title": "Hej"})
    publishing.publish(start)
    begins_at = page_at_root().begins_at
    assert "8 made, 1 changed, 9 published" in load(small())
    assert node("start").pk == start.pk
    assert page("track").begins_at == begins_at
    assert "Nothing to do" in load(small())


def page_at_root() -> Page:
    return Page.objects.at().get(address="/")


def test_a_new_node_under_a_page_that_was_away_is_public_since_that_came_back(load):
    load(small())
    publishing.withdraw(node("safety"))
    publishing.publish(node("safety"))
    data = small()
    find(data, "safety")["children"] = [{"key": "new", "kind": "goal", "slug": "nytt", "title": "Nytt mål"}]
    load(data)
    assert page("new").begins_at == page("safety").begins_at
    assert page("new").ends_at is None


# What is refused.


def with_change(node: str, /, **fields) -> dict:
    data = small()
    find(data, node).update(fields)
    return data


ROADMAP = "strategy.children[0].children[0]"
WORK = f"{ROADMAP}.children[0]"
SAFETY = f"{ROADMAP}.children[1]"
JOBS = f"{WORK}.children[0].children[0]"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{\n  \"format\": 1,\n  'x'}", "line 3, column 3: this is not JSON: expecting property name"),
        (b'{"format": "\xff"}', "Byte 12 is not UTF-8."),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5_000, "A number in the file is too large"),
        ('{"format": 1e99999999999999999999}', "A number in the file is too large"),
        ("[]", "the file: expected an object { … }, found a list [ … ]."),
        ('{"format": 1, "format": 1}', "format: stands twice here; expected once."),
        ({**small(), "format": 2}, "format: expected 1, found 2."),
        ({**small(), "published_on": "1 maj"}, 'published_on: expected a day such as 2021-01-31, found "1 maj".'),
        (with_change("work", slug="Århus"), f'{WORK}.slug: "Århus" is not what was expected: '),
        (with_change("work", titel="x"), f"{WORK}: titel is not known here; expected key, kind, slug"),
        (with_change("work", lead="a\0b"), f"{WORK}.lead: holds a sign that is no text"),
        (with_change("work", lead="\ud800"), f"{WORK}.lead: holds a sign that is no text"),
        (with_change("work", title="x" * 201), f"{WORK}.title: expected at most 200 characters, found 201."),
        (with_change("track", stage="klar"), f"{JOBS}.children[0].stage: expected one of not_started, started"),
        (with_change("work", global_goals=[18]), f"{WORK}.global_goals[0]: expected 17 or less, found 18."),
        (with_change("safety", key="work"), f"{SAFETY}.key: “work” is the key of {WORK}"),
        (with_change("safety", slug="arbete"), f"{SAFETY}.slug: “arbete” is the slug of {WORK}"),
        (with_change("safety", slug=""), f"{SAFETY}.slug: expected a slug"),
        (with_change("start", slug="start"), 'strategy.slug: expected "", since the start page has no slug.'),
        (with_change("ks", slug="admin"), "strategy.children[1].slug: “admin” is an address of the portal itself"),
        (with_change("ks", slug="en"), "strategy.children[1].slug: “en” is an address of the portal itself"),
        (with_change("safety", kind="goal"), f"{SAFETY}.kind: expected area under a roadmap, found goal."),
        (with_change("safety", stage="done"), f"{SAFETY}.stage: not expected for the kind area."),
        (with_change("jobs", target_year=2024), f"{JOBS}.target_year: not expected for the kind result."),
        (with_change("jobs", boards=["kx"]), f"{JOBS}.boards[0]: expected the key of a board in this file"),
        (with_change("jobs", themes=["ks"]), f"{JOBS}.themes[0]: expected the key of a theme in this file"),
        (
            with_change("track", period={"start": "2024-01-02", "end": "2024-01-01"}),
            f"{JOBS}.children[0].period.end: expected 2024-01-02 or later, when it starts; found 2024-01-01.",
        ),
        (
            with_change("safety", published_on="2020-01-01"),
            f"{SAFETY}.published_on: expected 2021-01-01 or later, since {ROADMAP} is not public before",
        ),
        (
            with_change("safety", related=[{"title": "x", "url": "javascript:alert(1)"}]),
            f"{SAFETY}.related[0].url: expected an address that begins with https://",
        ),
        (
            with_change("safety", body="<h1>x</h1><p class='y'><a href='javascript:x'>z</a></p>"),
            f'{SAFETY}.body: <h1>, class in <p>, the link "javascript:x" can\'t be kept; expected paragraphs',
        ),
        (
            with_change("safety", body="<![foo]>"),
            f"{SAFETY}.body: a comment or declaration (<! or <?) can't be kept; expected paragraphs",
        ),
        (with_change("safety", body="<p>x</p><!-- <b> -->"), f"{SAFETY}.body: a comment or declaration (<! or <?)"),
        (with_change("safety", body=f"&#{'9' * 5_000};"), f"{SAFETY}.body: a character that does not exist (&#…;)"),
        (with_change("safety", body="<p>x</p><td>y</td>"), f"{SAFETY}.body: <td> can't be kept"),
        (with_change("safety", body="<p>1 <b"), f"{SAFETY}.body: <b> can't be kept"),
        (with_change("safety", body="<a href=&#106;avascript:x>y</a>"), f'{SAFETY}.body: the link "javascript:x" can'),
        (
            with_change("safety", body=f"<a href='&#{'9' * 5_000};'>y</a>"),
            f'{SAFETY}.body: the link "&#{"9" * 56}… can\'t be kept',
        ),
        (with_change("work", translations={"en": {"title": "x", "body": "<?x>"}}), f"{WORK}.translations.en.body: a c"),
        (with_change("work", translations={"xx": {"title": "x"}}), f"{WORK}.translations.xx.language: Value 'xx' is"),
        (with_change("work", translations={"EN": {"title": "x"}}), f'{WORK}.translations: "EN" is not what was expec'),
        (with_change("work", easy_to_read={"sv": {"title": "x"}}), f"{WORK}.easy_to_read.sv: expected also body."),
        (
            with_change("work", easy_to_read={"sv": {"title": "x", "body": "<h1>x</h1>"}}),
            f"{WORK}.easy_to_read.sv.body: <h1> can't be kept",
        ),
        (
            with_change("work", easy_to_read={"sv": {"title": "x", "body": "<h4>x</h4>"}}),
            f"{WORK}.easy_to_read: A heading level is skipped in the easy-to-read text (sv).",
        ),
        (with_change("work", global_goals=[float("nan")]), f"{WORK}.global_goals[0]: expected a number, found NaN."),
        (
            with_change("safety", related=[{"title": "x", "url": "/x", "year": float("nan")}]),
            f"{SAFETY}.related[0].year: expected a number, found NaN.",
        ),
        (with_change("jobs", boards=[]), f"{JOBS}.boards: Responsible boards: missing."),
        (with_change("safety", body="<h4>x</h4>"), f"{SAFETY}.body: A heading level is skipped"),
        (
            with_change("safety", illustrations=[{"drawing": "town"}]),
            f"{SAFETY}.illustrations: The illustration “The town on the line” has no alternative text",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_place_and_by_what_was_expected(refused, data, message):
    assert message in refused(data)


def test_a_number_that_the_database_can_not_keep_is_refused(refused):
    data = small()
    find(data, "jobs")["indicator"]["target"]["value"] = 10**20
    assert f"{JOBS}.indicator.target.value: Ensure that there are no more than 20 digits" in refused(data)


@pytest.mark.parametrize("value", [1e30, 1e-30])
def test_a_number_that_the_database_can_not_keep_is_refused_on_a_node_that_is_there_already(load, refused, value):
    load(small())
    data = small()
    find(data, "jobs")["indicator"]["baseline"]["value"] = value
    assert f"{JOBS}.indicator.baseline.value: Ensure that there are no more than" in refused(data)


def test_odd_markup_takes_no_longer_than_its_length_asks(refused):
    began = time.process_time()
    for body in ("<a " * 100_000, '<a ="' * 100_001, "<!-" * 100_000, "<a href='&#" * 100_001):
        assert f"{SAFETY}.body: " in refused(with_change("safety", body=body))
    assert time.process_time() - began < 10


def test_a_message_about_much_that_can_not_be_kept_is_short(refused):
    body = "".join(f"<x{number}>" for number in range(1_000)) + f"<{'y' * 1_000}>"
    message = refused(with_change("safety", body=body))
    assert "body: <x0>, <x1>, " in message
    assert "<x9> and 991 more can't be kept" in message


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<p></p>",
        "<p><br></p>",
        "<P>2 < 3 &amp; 4 > 3, <br/>a&nbsp;b\ufffd</P>",
        '<p><a href="/x/?a=1&section=2&copy=3">x</a> <a href=https://a.se/b?c>y</a></p>',
        "<ol start=3><li>x</ol><table><tr><td colspan='2'>y</table>",
    ],
)
def test_what_rich_text_keeps_is_not_refused(load, body):
    assert "9 made" in load(with_change("safety", body=body))


# Examples.


def test_examples_are_refused_outside_the_demo(refused):
    data = with_change("work", example=True)
    find(data, "safety")["example"] = True
    find(data, "ks")["example"] = False
    assert refused(data) == (
        "strategy.json was not loaded, and nothing has changed.\n"
        '2 of its 9 nodes are made up ("example": true), and this portal is not a demo. '
        "Take them out of the file, or load them all the same with --with-examples."
    )


def test_examples_are_refused_by_a_dry_run_too(load):
    with pytest.raises(CommandError, match="with --with-examples"):
        load(with_change("work", example=True), "--dry-run")


def test_examples_are_loaded_where_that_is_said(load):
    assert "9 made" in load(with_change("work", example=True), "--with-examples")
    assert page("work").document["example"] is True


def test_the_demo_loads_examples_without_being_told(load, settings):
    settings.DEMO = True
    assert "9 made" in load(with_change("work", example=True))


def test_all_faults_of_the_schema_are_named_at_once(refused):
    data = small()
    find(data, "safety").update(slug="Å", extra=1)
    del find(data, "work")["title"]
    find(data, "jobs")["indicator"]["target"] = {"value": "sju"}
    message = refused(data)
    assert message.startswith("strategy.json was not loaded, and nothing has changed.\n")
    for fault in (
        f'{SAFETY}.slug: "Å" is not',
        f"{SAFETY}: extra is not known here",
        f"{WORK}: expected also title.",
        f'{JOBS}.indicator.target.value: expected a number, found "sju".',
        f"{JOBS}.indicator.target: expected also year.",
    ):
        assert fault in message


def test_all_that_keeps_nodes_from_being_published_is_named_at_once(refused):
    data = small()
    del find(data, "jobs")["indicator"]
    del find(data, "track")["stage"]
    message = refused(data)
    for fault in (f"{JOBS}.indicator.name: ", f"{JOBS}.indicator.target.value: ", f"{JOBS}.children[0].stage: "):
        assert fault in message


def test_one_fault_leaves_a_loaded_strategy_as_it_was(load, refused):
    load(small())
    data = small()
    find(data, "vision")["title"] = "En ny vision"
    find(data, "work")["slug"] = "nytt"
    find(data, "track")["published_on"] = "2020-01-01"
    find(data, "safety")["children"] = [
        {"key": "goal-x", "kind": "goal", "slug": "x", "title": "X"},
        {"key": "goal-y", "kind": "goal", "slug": "y", "title": "Y", "body": "<h4>x</h4>"},
    ]
    del find(data, "track")["published_on"]
    assert f"{SAFETY}.children[1].body: A heading level is skipped" in refused(data)


def test_a_key_can_not_become_another_kind(load, refused):
    load(small())
    data = small()
    find(data, "ks").update(kind="text")
    del find(data, "ks")["board"]
    find(data, "jobs")["boards"] = find(data, "track")["boards"] = []
    assert "strategy.children[1].kind: expected board, which “ks” is in the portal; found text." in refused(data)


def test_another_start_page_is_refused(load, refused):
    load(small())
    data = small()
    data["strategy"]["key"] = "home"
    assert "strategy.key: expected “start”, the key of the start page that the portal has; found “home”." in refused(
        data
    )


def test_an_address_taken_by_a_page_that_the_file_does_not_name_is_refused(load, refused):
    load(small())
    made = Node.objects.add_child(
        node("roadmap"), create_kwargs={"kind": NodeKind.AREA, "slug": "miljo", "title": "Miljö"}
    )
    publishing.publish(made)
    data = small()
    find(data, "safety")["slug"] = "miljo"
    assert f"{SAFETY}.slug: Another page here already has the slug “miljo”." in refused(data)


def test_a_file_that_is_not_there_is_one_sentence(db):
    with pytest.raises(CommandError, match=r"nowhere\.json can't be read: No such file or directory\.$"):
        call_command("load_strategy", "nowhere.json")


def test_documents_are_of_the_shape_that_is_compared(load):
    load(small())
    document = documents.build(Node.objects.with_content().get(key="jobs"))
    assert page("jobs").document == document
