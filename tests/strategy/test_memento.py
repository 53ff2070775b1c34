"""
The Memento protocol: the exchanges of RFC 7089, step by step, with its own addresses and moments where it has them.

We are its Pattern 2.1: the TimeGate has an address of its own, it answers 302, and each state has an address.
"""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.utils.timezone import localdate, now

from strategy import memento, publishing
from strategy.kinds import NodeKind
from strategy.models import Block, Node, Page
from strategy.viewpoint import Viewpoint
from tests.past import happened
from tests.tree import grow

# Those of figures 4 to 8
FIRST = datetime(2000, 9, 15, 11, 28, 26, tzinfo=UTC)
SECOND = datetime(2001, 3, 20, 13, 36, 10, tzinfo=UTC)
LAST = datetime(2010, 1, 20, 9, 34, 33, tzinfo=UTC)
ASKED = "Tue, 20 Mar 2001 20:35:00 GMT"

HOME = "http://a.example.org/"
GATE = f"http://a.example.org/timegate/{HOME}"
MAP = f"http://a.example.org/timemap/link/{HOME}"


@pytest.fixture
def site(settings):
    settings.SITE_URL = "http://a.example.org"


@pytest.fixture
def three_states(published, site):
    """The start page was published, and changed twice."""
    for title in ("Två", "Tre"):
        change(published.start, title=title)
    happened(FIRST, SECOND, LAST)
    return published


def change(node: Node, **fields: str) -> None:
    Node.objects.filter(pk=node.pk).update(**fields)
    publishing.publish(node)


def links(text: str) -> dict[str, dict[str, str]]:
    """Target: attributes, of a Link header or a TimeMap, which has nothing else (RFC 8288)."""
    one = r'\s*<(?P<target>[^<>"\s]*)>(?P<attributes>(?:\s*;\s*[a-z]+="[^"]*")*)\s*'
    assert re.fullmatch(rf"{one}(?:,{one})*".replace("?P<target>", "").replace("?P<attributes>", "?:"), text), text
    found = {}
    for match in re.finditer(rf"{one}(?:,|$)", text):
        attributes = dict(re.findall(r';\s*([a-z]+)="([^"]*)"', match["attributes"]))
        if match["target"] in found:
            attributes["rel"] += f" {found[match['target']]['rel']}"
        found[match["target"]] = attributes
    return found


def of_relation(found: dict[str, dict[str, str]], relation: str) -> list[str]:
    return [target for target, attributes in found.items() if relation in attributes["rel"].split()]


def path(address: str) -> str:
    return address.removeprefix("http://a.example.org").removeprefix("http://testserver")


def ask(client, address: str, moment: str | None = ASKED, status: int = 302):
    response = client.get(path(address), headers={"Accept-Datetime": moment} if moment is not None else {})
    assert response.status_code == status, address
    return response


def states(client, address: str) -> list[str]:
    """The moments of all states, in order, as addresses have them."""
    text = client.get(f"/timemap/link{address}").text
    return [target.partition("?den=")[2] for target in of_relation(links(text), "memento")]


def test_datetime_negotiation_step_by_step(three_states, client):
    # Figure 4 (section 4): the archive asks the page itself.
    response = client.head("/", headers={"Accept-Datetime": ASKED})
    # Figure 10 (section 4.2): no negotiation here, and the way to it. Not "original": this is neither gate nor memento.
    assert response.status_code == 200
    assert "accept-datetime" not in response.headers.get("Vary", "").lower()
    assert "Memento-Datetime" not in response.headers
    assert links(response.headers["Link"]) == {
        GATE: {"rel": "timegate"},
        MAP: {"rel": "timemap", "type": "application/link-format"},
    }

    # Figure 11: the archive asks the TimeGate.
    response = client.head(path(GATE), headers={"Accept-Datetime": ASKED})
    # Figure 12 (section 4.2.1): where the state is, and what it is a state of.
    assert response.status_code == 302
    assert response.headers["Vary"] == "accept-datetime"
    assert response.headers["Location"] == f"{HOME}?den=2001-03-20T13:36:10Z"
    assert "Memento-Datetime" not in response.headers
    found = links(response.headers["Link"])
    assert found[HOME] == {"rel": "original"}
    assert found[MAP] == {
        "rel": "timemap",
        "type": "application/link-format",
        "from": "Fri, 15 Sep 2000 11:28:26 GMT",
        "until": "Wed, 20 Jan 2010 09:34:33 GMT",
    }

    # Figure 13: the archive gets the state, and need not leave the header out.
    response = client.get(path(response.headers["Location"]), headers={"Accept-Datetime": ASKED})
    # Figure 14
    assert response.status_code == 200
    assert "Två" in response.text
    assert "accept-datetime" not in response.headers.get("Vary", "").lower()
    assert response.headers["Memento-Datetime"] == "Tue, 20 Mar 2001 13:36:10 GMT"
    found = links(response.headers["Link"])
    assert found[HOME] == {"rel": "original"}
    assert found[GATE] == {"rel": "timegate"}
    assert found[MAP]["rel"] == "timemap"


def test_choice_of_a_state_leads_to_those_beside_it(three_states, client):
    """Section 2.2.4, and the relations of figure 8: by way of the TimeGate."""
    found = links(ask(client, GATE).headers["Link"])
    assert {target: each for target, each in found.items() if "memento" in each["rel"]} == {
        f"{HOME}?den=2000-09-15T11:28:26Z": {"rel": "first prev memento", "datetime": "Fri, 15 Sep 2000 11:28:26 GMT"},
        f"{HOME}?den=2001-03-20T13:36:10Z": {"rel": "memento", "datetime": "Tue, 20 Mar 2001 13:36:10 GMT"},
        f"{HOME}?den=2010-01-20T09:34:33Z": {"rel": "next last memento", "datetime": "Wed, 20 Jan 2010 09:34:33 GMT"},
    }


def test_only_state_is_both_first_and_last(published, site, client):
    """Figure 18."""
    found = links(ask(client, GATE, None).headers["Link"])
    assert [each["rel"] for each in found.values() if "memento" in each["rel"]] == ["first last memento"]


def test_any_day_is_a_memento_and_leads_home_to_the_timegate_and_to_all_states(three_states, client):
    response = client.get("/?den=2005-05-01")
    assert response.headers["Memento-Datetime"] == "Sun, 01 May 2005 21:59:59 GMT"
    assert links(response.headers["Link"]) == {
        HOME: {"rel": "original"},
        GATE: {"rel": "timegate"},
        MAP: {"rel": "timemap", "type": "application/link-format"},
    }


def test_way_from_a_page_to_its_states_costs_no_query(three_states, rf, django_assert_num_queries):
    history = memento.History(rf.get("/"), "/", "sv")
    for viewpoint in (Viewpoint("sv"), Viewpoint("sv", LAST, "2010-01-20T09:34:33Z")):
        response = HttpResponse()
        with django_assert_num_queries(0):
            memento.announce(response, history, viewpoint)
        assert of_relation(links(response.headers["Link"]), "timegate") == [GATE]


def test_memento_says_the_same_with_and_without_accept_datetime(three_states, client):
    """Section 4.5.6."""
    with_it, without = (ask(client, "/?den=2001-03-20T13:36:10Z", moment, 200) for moment in (ASKED, None))
    for name in ("Memento-Datetime", "Link"):
        assert with_it.headers[name] == without.headers[name]


CHOICES = [
    # Section 4.5.3: earlier than the first, later than the last, without the header
    ("Mon, 03 Feb 1992 00:00:00 GMT", "2000-09-15T11:28:26Z"),
    ("Tue, 03 Feb 2032 00:00:00 GMT", "2010-01-20T09:34:33Z"),
    ("Fri, 31 Dec 9999 23:59:59 GMT", "2010-01-20T09:34:33Z"),
    ("Mon, 01 Jan 0001 00:00:00 GMT", "2000-09-15T11:28:26Z"),
    (None, "2010-01-20T09:34:33Z"),
    ("", "2010-01-20T09:34:33Z"),
    # The very moment, and the second before it
    ("Tue, 20 Mar 2001 13:36:10 GMT", "2001-03-20T13:36:10Z"),
    ("Tue, 20 Mar 2001 13:36:09 GMT", "2000-09-15T11:28:26Z"),
    # Figure 7 has the day of the week wrong; the form is what counts.
    ("Tue, 15 Sep 2000 11:28:26 GMT", "2000-09-15T11:28:26Z"),
]


def test_timegate_chooses_the_state_in_force(three_states, client):
    for asked, den in CHOICES:
        response = ask(client, GATE, asked)
        assert response.headers["Location"] == f"{HOME}?den={den}", asked
        assert response.headers["Location"] in links(response.headers["Link"])
        assert "accept-datetime" in response.headers["Vary"]


@pytest.mark.parametrize(
    "asked",
    [
        "BROKEN_DATETIME",
        "2001-03-20T20:35:00Z",
        "985120500",
        # The older forms of HTTP, and those of mail
        "Tuesday, 20-Mar-01 20:35:00 GMT",
        "Tue Mar 20 20:35:00 2001",
        "Tue, 20 Mar 2001 20:35:00 +0000",
        "20 Mar 2001 20:35:00 GMT",
        # Figure 1 is case sensitive, and has two digits for the day.
        "tue, 20 mar 2001 20:35:00 gmt",
        "Tue, 2 Mar 2001 20:35:00 GMT",
        "Tue, 20 Mar 2001 20:35:00 GMT; -P3DT5H;+P2DT6H",
        "Tue, 30 Feb 2001 20:35:00 GMT",
        "Tue, 20 Mar 2001 24:00:00 GMT",
        "Tue, 20 Mar 0000 20:35:00 GMT",
        "Tue, ２０ Mar 2001 20:35:00 GMT",
    ],
)
def test_datetime_of_another_form_is_refused(asked):
    with pytest.raises(memento.BadDatetime):
        memento.read_datetime(asked)


def test_datetime_of_another_form_is_a_bad_request(three_states, client):
    """Section 4.5.3."""
    response = ask(client, GATE, "BROKEN_DATETIME", 400)
    assert "Thu, 31 May 2007 20:35:00 GMT" in response.text
    assert response.headers["Vary"] == "accept-datetime"
    assert of_relation(links(response.headers["Link"]), "original") == [HOME]


def test_state_that_begins_within_a_second_is_found_by_the_second_that_headers_name(published, site, client):
    change(published.start, title="Två")
    happened(FIRST, SECOND + timedelta(milliseconds=400))
    [__, (target, attributes)] = [
        (target, each) for target, each in links(client.get(path(MAP)).text).items() if "memento" in each["rel"]
    ]
    assert target.endswith("?den=2001-03-20T13:36:10.400000Z")
    assert ask(client, GATE, attributes["datetime"]).headers["Location"] == target
    assert client.get(path(target)).headers["Memento-Datetime"] == attributes["datetime"]


def test_page_that_is_gone_has_its_states(published, site, client):
    """Section 4.5.2, figure 19."""
    publishing.withdraw(published.about)
    happened(FIRST, LAST)
    response = client.head("/om/")
    assert response.status_code == 410
    assert "Memento-Datetime" not in response.headers
    [gate] = of_relation(links(response.headers["Link"]), "timegate")
    for moment in (ASKED, None):
        assert ask(client, gate, moment).headers["Location"] == f"{HOME}om/?den=2000-09-15T11:28:26Z"


def test_moved_page_has_its_states_where_it_was(published, site, client):
    publishing.rename(published.work, "jobba")
    happened(FIRST, LAST)
    old, new = (f"{HOME}vi-lyfter/fardplan/{slug}/" for slug in ("arbete", "jobba"))
    assert client.get(path(old)).status_code == 301
    for address in (old, new):
        [gate] = of_relation(links(client.head(path(address)).headers["Link"]), "timegate")
        assert gate.endswith(address)
        response = ask(client, gate)
        assert response.headers["Location"] == f"{old}?den=2000-09-15T11:28:26Z"
        assert of_relation(links(response.headers["Link"]), "original") == [address]
        assert ask(client, gate, None).headers["Location"] == f"{new}?den=2010-01-20T09:34:33Z"
        assert states(client, path(address)) == ["2000-09-15T11:28:26Z", "2010-01-20T09:34:33Z"]


def test_what_leads_from_a_day_to_another_address_is_no_memento(published, site, client):
    """Section 4.5.7, figure 25."""
    publishing.rename(published.work, "jobba")
    happened(FIRST, LAST)
    response = client.get("/vi-lyfter/fardplan/jobba/?den=2005-01-01", headers={"Accept-Datetime": ASKED})
    assert response.status_code == 302
    assert "Memento-Datetime" not in response.headers
    assert "accept-datetime" not in response.headers.get("Vary", "")
    assert of_relation(links(response.headers["Link"]), "original") == [f"{HOME}vi-lyfter/fardplan/jobba/"]


def test_day_when_a_page_was_not_public_is_no_memento(three_states, client):
    response = client.get("/ks/?den=1999-01-01")
    assert response.status_code == 404
    assert "Memento-Datetime" not in response.headers
    assert of_relation(links(response.headers["Link"]), "timegate") == [f"http://a.example.org/timegate/{HOME}ks/"]


def test_day_that_has_not_come_is_no_memento(three_states, client):
    assert "Memento-Datetime" not in client.get("/?den=2999-01-01").headers
    assert "Memento-Datetime" not in client.get(f"/?den={localdate().isoformat()}").headers


def test_address_that_two_pages_have_had_has_the_states_of_both(published, site, client):
    publishing.rename(published.about, "om-oss")
    other = grow(Node.objects.get(pk=published.start.pk), NodeKind.TEXT, "om", title="En annan")
    publishing.publish(other)
    happened(FIRST, SECOND, LAST)
    assert states(client, "/om/") == ["2000-09-15T11:28:26Z", "2010-01-20T09:34:33Z"]
    assert states(client, "/om-oss/") == ["2000-09-15T11:28:26Z", "2001-03-20T13:36:10Z"]
    first = ask(client, f"{GATE}om/").headers["Location"]
    assert "Om webbplatsen" in client.get(path(first)).text
    assert "En annan" in client.get(path(ask(client, f"{GATE}om/", None).headers["Location"])).text


def test_timemap_lists_every_state(three_states, client):
    """Section 5, figures 27 and 28."""
    response = client.get(path(MAP), headers={"Accept": "application/link-format;q=1.0"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/link-format"
    found = links(response.text)
    assert found[HOME] == {"rel": "original"}
    assert found[GATE] == {"rel": "timegate"}
    assert found[MAP] == {
        "rel": "self",
        "type": "application/link-format",
        "from": "Fri, 15 Sep 2000 11:28:26 GMT",
        "until": "Wed, 20 Jan 2010 09:34:33 GMT",
    }
    mementos = of_relation(found, "memento")
    assert [found[target]["rel"] for target in mementos] == ["first memento", "memento", "last memento"]
    for target, title in zip(mementos, ("Visioner och framtidsidéer", "Två", "Tre"), strict=True):
        state = client.get(path(target))
        assert title in state.text
        assert state.headers["Memento-Datetime"] == found[target]["datetime"]


def test_timemap_of_many_states_comes_in_parts(three_states, client, monkeypatch):
    """Section 5.1.1, figure 30."""
    whole = of_relation(links(client.get(path(MAP)).text), "memento")
    monkeypatch.setattr("strategy.views.memento.STATES_IN_MAP", 2)
    first = links(client.get(path(MAP)).text)
    assert of_relation(first, "self") == [MAP]
    [second] = of_relation(first, "timemap")
    assert first[MAP]["until"] == "Tue, 20 Mar 2001 13:36:10 GMT"
    assert first[second]["from"] == first[second]["until"] == "Wed, 20 Jan 2010 09:34:33 GMT"
    assert second == f"http://a.example.org/timemap/link/2/{HOME}"
    other = links(client.get(path(second)).text)
    assert of_relation(other, "self") == [second]
    assert of_relation(other, "timemap") == [MAP]
    assert of_relation(first, "memento") + of_relation(other, "memento") == whole
    assert client.get(f"/timemap/link/3/{HOME}").status_code == 404
    assert client.get(f"/timemap/link/0/{HOME}").status_code == 404


def test_each_language_is_an_original_of_its_own(three_states, client):
    response = client.head("/en/om/")
    [gate] = of_relation(links(response.headers["Link"]), "timegate")
    assert gate == f"{GATE}en/om/"
    assert ask(client, gate).headers["Location"] == f"{HOME}en/om/?den=2000-09-15T11:28:26Z"


NAMES_OF_A_PAGE = [
    "http://testserver/ks/",
    "https://testserver/ks/",
    "HTTP://TESTSERVER/ks/",
    "http://testserver:80/ks/",
    "https://testserver:443/ks/",
    # A proxy has made one slash of two.
    "https:/testserver/ks/",
    "http://testserver/ks",
    "http://testserver/ks/?utm_source=brev",
    quote("http://testserver/ks/", safe=""),
    quote("http://testserver/ks/?a=b#c", safe=""),
    "ks/",
    "/ks/",
    "ks",
]


def test_page_is_named_in_full_or_by_its_path(published, client):
    for uri in NAMES_OF_A_PAGE:
        response = client.get(f"/timegate/{uri}")
        assert response.status_code == 302, uri
        assert response.headers["Location"].startswith("http://testserver/ks/?den=")
        assert client.get(f"/timemap/link/{uri}").status_code == 200
    for uri in ("", "/", "http://testserver", "http://testserver/", "https:/testserver"):
        assert client.get(f"/timegate/{uri}").headers["Location"].startswith("http://testserver/?den=")


def test_address_of_the_portal_that_was_asked_or_is_set_is_its_own(published, site, client):
    for origin in ("http://testserver/", "http://a.example.org/", "https://a.example.org/"):
        assert ask(client, f"/timegate/{origin}ks/").headers["Location"].startswith("http://a.example.org/ks/?den=")


NAMES_OF_NONE = [
    "http://other.example/ks/",
    "http://testserver@other.example/ks/",
    "http://testserver.other.example/ks/",
    "http://testserver:8080/ks/",
    "//other.example/ks/",
    "ftp://testserver/ks/",
    "http://testserver/finns-inte/",
    "http://testserver/sedan/",
    "http://testserver/nivaer/namnder/",
    "http://testserver/ks/%00/",
    "http://testserver/ks/%0A/",
    "http://testserver/ks//",
    "javascript:alert(1)",
    "x" * 5000,
]


def test_what_was_never_public_here_is_not_found(published, client):
    later = grow(Node.objects.get(pk=published.start.pk), NodeKind.TEXT, "sedan", title="Sedan")
    publishing.publish(later, at=now() + timedelta(days=1))
    for uri in NAMES_OF_NONE:
        for where in ("/timegate/", "/timemap/link/"):
            assert client.get(where + uri).status_code == 404, uri


def test_timegate_and_timemap_are_only_read(db, client):
    for address in (GATE, MAP):
        assert client.post(path(address)).status_code == 405


def test_blocked_edition_is_no_state(three_states, client, django_user_model):
    pages = list(Page.objects.filter(node=three_states.start).order_by("valid"))
    block(pages[1], django_user_model)
    assert states(client, "/") == ["2000-09-15T11:28:26Z", "2010-01-20T09:34:33Z"]
    assert ask(client, GATE).headers["Location"] == f"{HOME}?den=2000-09-15T11:28:26Z"
    response = client.get("/?den=2001-03-20T13:36:10Z")
    assert response.status_code == 451
    assert "Memento-Datetime" not in response.headers
    assert of_relation(links(response.headers["Link"]), "blocked-by")
    assert "Två" not in client.get(path(MAP)).text
    for page in (pages[0], pages[2]):
        block(page, django_user_model)
    assert client.get(path(MAP)).status_code == client.get(path(GATE)).status_code == 404


def block(page: Page, django_user_model) -> None:
    one, other = (django_user_model.objects.create(username=f"{name}-{page.pk}") for name in ("en", "annan"))
    proposed = Block.objects.create(page=page, ground=Block.Ground.COURT, reason="Dom i mål 1-24.", proposed_by=one)
    Block.objects.filter(pk=proposed.pk).update(approved=True, decided_by=other, decided_at=now())


def test_scheduled_edition_is_no_state_until_it_begins(three_states, client):
    Node.objects.filter(pk=three_states.start.pk).update(title="Hemligt")
    publishing.publish(three_states.start, at=now() + timedelta(days=1))
    assert len(states(client, "/")) == 3
    assert ask(client, GATE, "Fri, 31 Dec 9999 23:59:59 GMT").headers["Location"].endswith("2010-01-20T09:34:33Z")


def test_page_has_a_state_when_what_it_lists_changes(published, site, client):
    change(published.income, title="Ett annat mål")
    publishing.withdraw(published.income)
    happened(FIRST, SECOND, LAST)
    three = ["2000-09-15T11:28:26Z", "2001-03-20T13:36:10Z", "2010-01-20T09:34:33Z"]
    assert states(client, "/vi-lyfter/fardplan/arbete/") == three
    # Further up, only how much there is of what was withdrawn with it.
    assert states(client, "/vi-lyfter/fardplan/") == states(client, "/") == [three[0], three[2]]
    assert states(client, "/om/") == [three[0]]


def test_start_page_has_a_state_when_what_it_is_composed_of_changes(published, site, client):
    change(published.growth, title="Växt")
    change(published.about, title="Om")
    happened(FIRST, SECOND, LAST)
    assert states(client, "/") == ["2000-09-15T11:28:26Z", "2001-03-20T13:36:10Z"]


def test_board_and_theme_have_a_state_when_what_gathers_there_changes(published, site, client):
    published.income.themes.add(published.growth)
    publishing.publish(published.income)
    change(published.track, title="Ett annat spår")
    happened(FIRST, SECOND, LAST)
    assert states(client, "/ks/") == ["2000-09-15T11:28:26Z", "2010-01-20T09:34:33Z"]
    theme = states(client, "/vi-lyfter/tillvaxt/")
    assert {"2001-03-20T13:36:10Z", "2010-01-20T09:34:33Z"} <= set(theme)


def test_list_of_a_day_is_a_memento_without_a_timegate(three_states, client):
    """Section 4.4."""
    response = client.get("/nivaer/namnder/?q=1&den=2005-05-01")
    assert response.headers["Memento-Datetime"] == "Sun, 01 May 2005 21:59:59 GMT"
    assert links(response.headers["Link"]) == {f"{HOME}nivaer/namnder/?q=1": {"rel": "original"}}
    today = client.get("/nivaer/namnder/").headers
    assert "Memento-Datetime" not in today
    assert "Link" not in today


def test_machines_for_archives_are_not_indexed_nor_answered_for_by_a_cache(three_states, client, settings):
    settings.ALLOW_INDEXING = True
    for response in (client.get(path(GATE)), client.get(path(MAP)), ask(client, GATE, "x", 400)):
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Cache-Control"] == "no-cache"


def test_dates_in_headers_are_those_of_http():
    assert memento.header_date(datetime(1969, 7, 20, 20, 17, 40, 500_000, UTC)) == "Sun, 20 Jul 1969 20:17:40 GMT"
    assert memento.read_datetime("Thu, 31 May 2007 20:35:00 GMT") == datetime(2007, 5, 31, 20, 35, 0, 999_999, UTC)


def test_many_states_cost_no_more_queries(three_states, client, django_assert_num_queries):
    def cost() -> None:
        for address in (GATE, MAP):
            with django_assert_num_queries(2):
                client.get(path(address))

    cost()
    moments = [FIRST + timedelta(days=number) for number in range(9)]
    for number in moments[3:]:
        change(three_states.start, title=str(number))
    happened(*moments)
    cost()
