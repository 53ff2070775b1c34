"""
What the component page shows each part with: made-up pages, built as the real ones are, and no database.

A part's inputs are named in its first line; its states are those that look or read differently.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, QueryDict
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from psycopg.types.range import Range

from feedback.diary import Column, Question, ways_to_ask
from feedback.forms import LONGEST, ReportForm
from feedback.masks import Piece
from feedback.models import Entry
from feedback.public import PublicEntry, PublicEvent
from feedback.steps import State
from portal.site import Site
from strategy.differences import Differences
from strategy.filters import Choice, Filters, Group
from strategy.gathering import Tally
from strategy.history import Event, What
from strategy.kinds import PYRAMID, NodeKind
from strategy.models import Page
from strategy.reading import Reading, Words
from strategy.search import Marker, Query
from strategy.succession import Succession
from strategy.viewpoint import Viewpoint
from strategy.views.tree import Branch

# By template, and then by state: the context that the template is given.
type Samples = dict[str, dict[str, dict[str, Any]]]

MOMENT = datetime(2024, 5, 1, 10, tzinfo=UTC)
LONG = "Människor i alla åldrar ska kunna försörja sig själva, ha någonstans att bo och känna att de hör hemma här"

# Shape 1: what came later is filled in as for any old edition.
EMPTY = {
    "version": 1,
    "number": "",
    "example": False,
    "illustrations": [],
    "related": [],
    "boards": [],
    "themes": [],
    "global_goals": [],
    "period": None,
    "target_year": None,
    "decision": None,
    "indicator": None,
    "stage": "",
    "board": None,
    "words": {},
}
INDICATOR = {
    "name": "Arbetslöshet, andel av befolkningen",
    "unit": "%",
    "direction": "lower",
    "decimals": 1,
    "baseline": {"value": "9.8", "year": 2020},
    "target": {"value": "7", "year": 2024},
}
BOARD = {"node": 9, "titles": {"sv": "Kommunstyrelsen"}}
DECISION = {"body": "Kommunfullmäktige", "on": "2020-11-10", "paragraph": "112", "number": "KS 2020/99"}


def edition(kind: str, title: str, *, lead: str = "", body: str = "", **said: Any) -> Page:
    text = {"title": title, "lead": lead, "body": body, "by_portal": False}
    return Page(
        pk=1,
        node_id=1,
        kind=kind,
        address="/exempel/",
        title=title,
        document={**EMPTY, "texts": {"sv": text}, **said},
        valid=Range(MOMENT, None, "[)"),
        content_since=MOMENT,
        recorded_at=MOMENT,
        reason="",
    )


def reading(kind: str, title: str, **said: Any) -> Reading:
    return Reading(edition(kind, title, **said), viewpoint(), Words({}, get_language()))


def viewpoint(**asked: Any) -> Viewpoint:
    return Viewpoint(get_language(), **asked)


def samples(request: HttpRequest) -> Samples:
    return {
        **surroundings(),
        **heads(),
        **texts(),
        **lists(),
        **searches(),
        **roadmaps(),
        **changes(),
        **forms(request),
        **register(request),
    }


def surroundings() -> Samples:
    """What says where and when a page is."""
    day = {"moment": MOMENT, "today_url": "#", "parameters": QueryDict()}
    return {
        "parts/day_banner.html": {
            "a day": {**day, "viewpoint": viewpoint(moment=MOMENT, asked="2024-05-01")},
            "a moment": {**day, "viewpoint": viewpoint(moment=MOMENT, asked="2024-05-01T10:00:00Z")},
            "a day ahead": {**day, "viewpoint": viewpoint(ahead=date(2099, 1, 1))},
        },
        "parts/day_form.html": {
            "today": {**day, "viewpoint": viewpoint()},
            "another day": {**day, "viewpoint": viewpoint(moment=MOMENT, asked="2024-05-01")},
        },
        "parts/day_link.html": {"": {}},
        "parts/since_then.html": {
            "nothing has changed": {"since": {}},
            "changed, and entered later": {
                "since": {"changed": True, "compare_url": "#", "entered_on": date(2024, 6, 1)},
            },
            "withdrawn": {"since": {"withdrawn": True}},
        },
        "parts/linked_data.html": {"for machines: nothing to see": {"data": mark_safe("{}")}},
    }


def heads() -> Samples:
    """What stands around a page's heading, and at its end."""
    result = reading(NodeKind.RESULT, "Arbetslösheten ska minska", number="2.1.2")
    answered_for = reading(NodeKind.EFFORT, "Starta jobbspår", boards=[BOARD])
    reviewed = reading(NodeKind.TEXT, "Om webbplatsen")
    reviewed.document["reviewed_on"] = "2024-11-01"
    translated = reading(NodeKind.TEXT, "Om webbplatsen")
    translated.text = {**translated.text, "by_portal": True}
    translated.language = get_language()
    foreign = reading(NodeKind.TEXT, "Om webbplatsen")
    foreign.language = "fi"
    return {
        "parts/place.html": {f"level {place}": {"place": place} for place in range(1, 6)},
        "parts/kind.html": {
            "with its number and its place": {"page": result, "place": 4, "level_url": "#"},
            "without a number": {"page": reading(NodeKind.AREA, "Trygghet")},
            "example data": {"page": reading(NodeKind.RESULT, "Exempel", number="2.1.2", example=True)},
            "an ordinary page of examples": {"page": reading(NodeKind.TEXT, "Exempel", example=True)},
        },
        "parts/language_note.html": {
            "in Swedish only": {"page": foreign, "partly_translated": False},
            "the portal's own translation": {"page": translated, "partly_translated": False},
            "parts of it in Swedish": {"page": translated, "partly_translated": True},
        },
        "parts/easy_link.html": {
            "in the language of the page": {"easy": {"translated": True, "url": "#"}},
            "in Swedish": {"easy": {"translated": False, "url": "#"}},
        },
        "parts/updated.html": {
            "a board answers for it": {"page": answered_for, "at": MOMENT},
            "no board does; read again since": {"page": reviewed, "at": MOMENT, "owner": "Exempelköpings kommun"},
        },
    }


def texts() -> Samples:
    """Facts, pictures, and what goes with a text."""
    town = {"drawing": "town", "alternative_text": "En stad på en linje.", "caption": "Staden", "language": "sv"}
    result = reading(NodeKind.RESULT, "Arbetslösheten ska minska", indicator=INDICATOR, target_year=2024)
    effort = {"period": {"start": "2021-02-01", "end": "2024-12-31"}}
    everything = reading(
        NodeKind.GOAL,
        "Fler försörjer sig själva",
        boards=[BOARD],
        themes=[{"node": 3, "titles": {"sv": "Tillväxt", "en": "Growth"}}],
        global_goals=[8, 10],
        decision=DECISION,
        target_year=2024,
    )
    return {
        "strategy/page.html#promise": {
            "as it was from the beginning": {"page": result},
            "with a target that was moved": {
                "page": result,
                "earlier": [{"sentence": "Fram till den 1 maj 2024 var målet 8,0\xa0% år 2026."}],
            },
        },
        "strategy/page.html#undertaking": {
            stage: {"page": reading(NodeKind.EFFORT, "Starta jobbspår", stage=stage, **effort)}
            for stage in ("not_started", "started", "delayed", "done", "dropped")
        },
        "strategy/page.html#facts": {
            "of a goal": {
                "page": everything,
                "part_of": reading(NodeKind.AREA, "Arbetsmarknad", number="2"),
                "themes": [{**theme, "colour": "growth"} for theme in everything.themes],
            },
            "of a board": {
                "page": reading(NodeKind.BOARD, "Nämnden", board={"code": "KS", "email": "ks@kommun.example"})
            },
        },
        "parts/illustration.html": {"the town": {"illustration": town}},
        "parts/pyramid.html": {
            "": {
                "pyramid": {"alternative_text": "En pyramid med fem fält.", "caption": "Modellen", "language": "sv"},
                "levels": [
                    {"word": level.title % {"one": level.kind.label, "many": level.kind.label}, "url": "#"}
                    for level in PYRAMID
                ],
            }
        },
        "strategy/statement.html#exempt": {
            "some": {"rows": [{"what": "Kartor.", "why": "De är inte till för att hitta vägen.", "language": "sv"}]},
            "none": {"rows": []},
        },
        "parts/related.html": {
            "an address and a file": {
                "related": [
                    {"title": "Kommunens sida", "url": "#", "language": "sv"},
                    {
                        "title": "Strategisk färdplan",
                        "url": "#",
                        "language": "sv",
                        "year": 2021,
                        "size_words": "pdf, 1,2 MB",
                        "download": "Strategisk färdplan.pdf",
                    },
                ]
            }
        },
    }


def lists() -> Samples:
    result = reading(NodeKind.RESULT, "Arbetslösheten ska minska", number="2.1.2", indicator=INDICATOR, example=True)
    result.above = reading(NodeKind.AREA, "Arbetsmarknad")
    effort = reading(
        NodeKind.EFFORT,
        "Starta jobbspår",
        stage="started",
        period={"start": "2021-02-01", "end": "2024-12-31"},
        boards=[BOARD],
    )
    goal = reading(NodeKind.GOAL, LONG, number="2.1", lead=f"{LONG}.")
    goal.below = "2 resultatmål, 3 insatser"
    roadmap = reading(NodeKind.ROADMAP, "Strategisk färdplan", period={"start": "2021-01-01", "end": "2024-12-31"})
    tallies = [
        Tally(1, "1", "mål", "#"),
        Tally(1200, "1\N{NO-BREAK SPACE}200", "resultatmål", "#"),
        Tally(0, "0", "insatser"),
    ]
    leaf = Branch(effort, tag="h4")
    tree = [
        Branch(goal, [Branch(result, [leaf], "1 insats", "h3")], "1 resultatmål, 1 insats", "h3", is_open=True),
        Branch(reading(NodeKind.GOAL, "Fler företag startas", number="2.2"), [leaf], "1 insats", "h3"),
    ]
    gathered = {
        "tallies": tallies,
        "sections": [
            {"succession": succession(2, 2024), "groups": [{"title": "Resultatmål", "pages": [result]}]},
            {"succession": None, "groups": [{"title": "Grunduppdrag", "pages": [effort]}]},
        ],
        "shown": 25,
        "more_url": "#",
    }
    theme = reading(NodeKind.THEME, "Tillväxt", lead="Tillväxt handlar om att växa.", body="<p>Många vill hit.</p>")
    return {
        "parts/nodes.html": {"of many kinds": {"pages": [goal, result, effort, roadmap]}},
        "parts/nodes_short.html": {"of many kinds": {"pages": [goal, result, effort]}},
        "parts/promise_line.html": {
            "a result target": {"page": result},
            "an effort": {"page": effort, "boards": effort.boards},
        },
        "parts/tallies.html": {"one, many, none": {"tallies": tallies}},
        "parts/gathered.html": {"more than is shown": {"gathered": gathered, "title": "Det här svarar nämnden för"}},
        "parts/branches.html": {"open and closed": {"branches": tree}},
        "parts/themes.html": {"": {"themes": [{"page": theme, "colour": name} for name in ("growth", "thought", "")]}},
    }


def searches() -> Samples:
    """The box, what narrows a list, what is found, and where there is more of it."""
    query, unfiltered = Query.of("arbete"), Filters({})
    filtered = Filters({"slag": "result", "skede": "started"})
    choices = [
        Choice("Resultatmål", "sv", "12", "#", chosen=True),
        Choice("Insatser", "sv", "1\N{NO-BREAK SPACE}200", "#", chosen=False),
        Choice(LONG, "sv", "3", "#", chosen=False),
    ]
    groups = [Group("Slag", choices), Group("Nämnd", choices[1:])]
    result = reading(NodeKind.RESULT, "Arbetslösheten ska minska", number="2.1.2", indicator=INDICATOR, example=True)
    result.above = reading(NodeKind.AREA, "Arbetsmarknad")
    marker = Marker.of(query)
    hits = [
        {"page": result, "title": result.title, "extract": marker.marked("Fler ska ha ett arbete att gå till.")},
        {"page": reading(NodeKind.TEXT, "Om webbplatsen"), "title": "Om webbplatsen", "extract": ""},
    ]
    pages = Paginator(range(60), 20)
    return {
        "strategy/search.html#asking": {
            "empty": {"query": Query.of(""), "filters": unfiltered, "viewpoint": viewpoint()},
            "asked": {"query": query, "filters": filtered, "viewpoint": viewpoint()},
        },
        "strategy/search.html#filters": {
            "closed": {"groups": groups[1:], "chosen": []},
            "one is chosen": {"groups": groups, "chosen": choices[:1]},
        },
        "strategy/search.html#chosen": {
            "one": {"chosen": choices[:1]},
            "several": {"chosen": choices[:2], "clear_url": "#"},
        },
        "strategy/search.html#meant": {"": {"suggestion": {"text": "arbetslöshet", "url": "#"}}},
        "strategy/search.html#hits": {"of two kinds": {"results": hits}},
        "strategy/search.html#nothing": {
            "without filters": {"filters": unfiltered},
            "with filters": {"filters": filtered, "clear_url": "#"},
        },
        "strategy/search.html#pager": {
            name: {"page_obj": pages.page(number)}
            for number, name in enumerate(("the first page", "one in the middle", "the last"), start=1)
        },
    }


def succession(place: int, year: int, *, following: int = 2025) -> Succession:
    """Three roadmaps, of which one is looked at, in a year. `following` is when the last begins."""
    beside = [
        reading(
            NodeKind.ROADMAP, "Strategisk färdplan", period={"start": f"{first}-01-01", "end": f"{first + 3}-12-31"}
        )
        for first in (2017, 2021, following)
    ]
    return Succession(beside[place - 1], beside, date(year, 5, 1))


def roadmaps() -> Samples:
    alone = succession(2, 2026)
    return {
        "parts/roadmap_link.html": {"": {"roadmap": alone.roadmap}},
        "parts/roadmap_state.html": {
            "ended, another is in force": {"succession": succession(2, 2026)},
            "ended, another follows": {"succession": succession(2, 2025, following=2027)},
            "ended": {"succession": Succession(alone.roadmap, [alone.roadmap], alone.day)},
            "not begun": {"succession": succession(3, 2024)},
        },
        "parts/succession.html": {
            "the one in the middle": {"succession": succession(2, 2024)},
            "the first": {"succession": succession(1, 2024)},
        },
        "strategy/start.html#none_in_force": {
            "ended": {"succession": succession(3, 2031), "viewpoint": viewpoint()},
            "on a day before the first": {
                "succession": succession(1, 2010),
                "viewpoint": viewpoint(asked="2010-05-01"),
            },
        },
    }


def changes() -> Samples:
    """What has changed, and when."""
    parts = ["<p>Vi börjar med dem som är unga.</p>", "<p>Näringslivet är med i arbetet sedan länge.</p>"]
    same = "".join(f"<p>Stycke nummer {number} är som det var.</p>" for number in range(4))
    before = edition(NodeKind.RESULT, "Arbetslösheten ska minska", body=f"{''.join(parts)}{same}", indicator=INDICATOR)
    body = f"<h2>Vilka?</h2><p>Vi börjar med dem som är äldst.</p>{same}"
    target = {**INDICATOR, "target": {"value": "8", "year": 2026}}
    after = edition(NodeKind.RESULT, "Fler ska ha arbete", body=body, indicator=target)
    after.reason = "Målet var för högt satt."
    after.valid = Range(datetime(2024, 1, 1, tzinfo=UTC), None, "[)")
    differences = Differences(before.document, after.document, get_language())
    choices = [{"pk": 2, "at": MOMENT, "with_time": True}, {"pk": 1, "at": datetime(2021, 1, 1, tzinfo=UTC)}]
    return {
        "parts/change.html": {
            "changed, and why": {
                "change": {"event": Event(What.CHANGED, MOMENT, after, before), "sentences": differences.sentences}
            },
            "moved": {"change": {"event": Event(What.MOVED, MOMENT, after, before)}},
            "blocked": {"change": {"event": Event(What.BLOCKED, MOMENT, ground="En domstol har beslutat det")}},
            "entered afterwards": {"change": {"event": Event(What.NEW, datetime(2021, 1, 1, tzinfo=UTC), before)}},
        },
        "parts/compare_form.html": {"": {"choices": choices, "chosen": [1, 2], "changes_path": "#", "asked": ""}},
        **{
            f"strategy/comparison.html#{partial}": {
                passage.change: {"passage": passage, "language": "sv"}
                for passage in differences.texts[0].passages
                if partial == "passage" or passage.change in wanted
            }
            for partial, wanted in (("passage", ""), ("label", ("added", "removed")), ("pieces", ("changed",)))
        },
        "parts/follow.html": {"": {"feed_url": "#", "calendar_url": "#"}},
        "parts/turn.html": {
            "the first page": {"number": 1, "has_more": True},
            "one in the middle": {"number": 2, "has_more": True},
            "the last": {"number": 3, "has_more": False},
        },
    }


def forms(request: HttpRequest) -> Samples:
    site = Site(request)
    wrong = ReportForm({"message": "x" * (LONGEST + 1), "email": "jag", "kind": "annat"})
    # It judges its fields when it is asked for them: here, since it needs no database for a page that it does not name.
    wrong.is_valid()
    return {
        "parts/contact.html": {"": {"site": site}},
        "feedback/parts/report_form.html": {
            "empty": {"form": ReportForm(), "site": site},
            "a request, on a page of its own": {
                "form": ReportForm(initial={"kind": "request"}),
                "site": site,
                "alone": True,
            },
            "with errors": {"form": wrong, "site": site},
        },
    }


def register(request: HttpRequest) -> Samples:
    """The public register: the list, and an entry that is released, secret, disposed of."""
    usual = {
        "series": "FEL",
        "year": 2026,
        "number": 17,
        "received_at": MOMENT,
        "kind": "error",
        "kind_words": "Ett fel på sidan",
        "state": "in_progress",
        "state_words": "Pågår",
        "closing_words": "",
        "is_answered": False,
        "sender": "Privatperson",
        "subject": "Ett fel på sidan: Visioner och framtidsidéer",
        "is_described": False,
        "is_subject_hidden": False,
        "is_sender_hidden": False,
        "page_title": "Visioner och framtidsidéer",
        "page_url": "#",
        "page_language": "sv",
        "is_secret": False,
        "released": (),
        "text_language": "",
        "released_at": None,
        "disposed_at": None,
        "disposal_rule": "",
    }
    pieces = (Piece("Ring "), Piece("█████", "Personuppgift", date(2028, 5, 1)), Piece(" om telefonnumret på sidan."))
    received = PublicEntry(**usual)
    released = PublicEntry(
        **usual
        | {
            "number": 18,
            "state_words": "Avslutat",
            "closing_words": "Åtgärdat",
            "is_answered": True,
            "sender": "Föreningen Exempel",
            "subject": f"{LONG}, skriver föreningen",
            "is_described": True,
            "released": pieces,
            "text_language": "sv",
            "released_at": MOMENT,
        }
    )
    hidden = {"kind_words": "", "page_title": "", "page_url": "", "is_subject_hidden": True, "is_sender_hidden": True}
    secret = PublicEntry(
        **usual | hidden | {"number": 19, "sender": "Sekretess", "subject": "Sekretess", "is_secret": True}
    )
    not_shown = PublicEntry(**usual | {"page_title": "", "page_url": "", "subject": "Ett fel på sidan"})
    gone = {"sender": "", "subject": "Ett fel på sidan", "page_url": "", "state_words": "Gallrat"}
    disposed = PublicEntry(**usual | gone | {"number": 2, "disposed_at": MOMENT, "disposal_rule": "felanmalan"})
    columns = [
        Column("datum", "Datum", "#", "descending"),
        Column("nummer", "Nummer", "#", ""),
        Column("riktning", "In eller ut", "#", ""),
        Column("avsandare", "Avsändare", "#", ""),
        Column("arende", "Vad det gäller", "#", ""),
        Column("lage", "Läge", "#", ""),
    ]
    asked = {
        "the usual days": QueryDict(),
        "a number": QueryDict("q=FEL+2026/17"),
        "two dates, and one that is none": QueryDict("fran=2024-01-01&till=igår"),
        "a number of another register": QueryDict("q=KS+2026/17&till=2024-02-01"),
    }
    questions = {name: Question.of(words, date(2024, 5, 1)) for name, words in asked.items()}
    chosen = Question.of(QueryDict("q=telefon&slag=error&lage=closed&fran=2024-01-01&till=2024-12-31"), MOMENT.date())
    choices = {"kinds": Entry.Kind.choices, "states": State.choices, "series": "FEL"}
    board = reading(NodeKind.BOARD, "Kommunstyrelsen")
    events = [
        PublicEvent(MOMENT, "Inkommet", "Avsändaren"),
        PublicEvent(MOMENT, "Sidan rättad", "Handläggare", compare_url="#"),
        PublicEvent(MOMENT, "Besvarat", "Handläggare", says="Handling FEL 2026/17-2"),
    ]
    return {
        "feedback/register.html#narrowing": {
            "the usual days": {**choices, "question": questions["the usual days"]},
            "all that can be chosen": {**choices, "question": chosen},
        },
        "feedback/register.html#about": {
            **{name: {"question": question, "moment": MOMENT} for name, question in questions.items()},
            "from one day to another": {"question": chosen, "moment": MOMENT},
        },
        "feedback/register.html#entries": {
            "of every sort": {"columns": columns, "entries": [received, released, secret, disposed]}
        },
        "feedback/register.html#includes": {
            "with boards": {"series": "FEL", "boards": [board], "other_registers": ["Skolornas diarier"]},
            "without": {"series": "FEL"},
        },
        "feedback/register_entry.html#facts": {
            "received": {"entry": received},
            "closed, by an organisation": {"entry": released},
            "secret": {"entry": secret},
            "about a page that is blocked": {"entry": not_shown},
            "disposed of": {"entry": disposed},
        },
        "feedback/register_entry.html#released": {
            "with a gap": {"entry": released},
            "not released": {"entry": received},
            "disposed of": {"entry": disposed},
        },
        "feedback/register_entry.html#events": {"": {"events": events}},
        "feedback/parts/proof.html": {
            "not yet": {"token": "a-token", "has_proof": False},
            "with a proof": {"token": "a-token", "has_proof": True},
        },
        "feedback/parts/ask_for_document.html": {
            "any": {"ask": ways_to_ask(""), "site": Site(request)},
            "one": {"ask": ways_to_ask("FEL 2026/17"), "site": Site(request)},
            "by e-mail": {"ask": {"url": "#", "email": "registrator@kommun.example"}, "site": Site(request)},
        },
    }
