"""What everybody may know of the register, and that nothing else of it comes out anywhere."""

import csv
import io
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from feedback import register, release
from feedback.masks import Ground, Mask
from feedback.models import Entry, Passage, Standing
from feedback.steps import Deed
from tests.outline import Outline

MONTHS_AHEAD = date(2090, 1, 1)
SECRET = {"provision": "21 kap. 1 § OSL", "decided_on": "2026-11-24", "authority": "Kommunstyrelsen"}


@pytest.fixture
def registrar(django_user_model):
    user = django_user_model.objects.create(username="anna.registrator", first_name="Anna", last_name="Registrator")
    user.groups.add(Group.objects.get(name="Registrars"))
    return user


def text_of(response: object) -> str:
    """Of a page, or of a file that is sent as it is read."""
    return response.getvalue().decode() if response.streaming else response.text


def hide(entry: Entry, **hidden: bool) -> None:
    flags = {"sender_hidden": False, "subject_hidden": False, "protected": False, **hidden}
    register.record(entry, Deed.MARKED_SECRET, facts=SECRET | flags)


def dispose(entry: Entry, people: list) -> None:
    register.record(entry, Deed.CLOSED, by=people[0], facts={"closing": "fixed", "other_number": ""})
    register.record(entry, Deed.PROPOSED, by=people[0])
    with transaction.atomic():
        register.record(entry, Deed.DISPOSED, by=people[1], facts={"rule": "felanmalan"})
        Passage.objects.filter(event__entry=entry).delete()


def address(entry: Entry) -> str:
    return f"/diarium/FEL/{entry.year}/{entry.number}/"


def rows(html: str) -> list[str]:
    """The rows of the list as they read."""
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    if body is None:
        return []
    texts = re.findall(r"<tr.*?</tr>", body[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in texts]


def test_list_says_when_what_and_from_whom_and_nothing_of_the_text(receive, client):
    entry = receive("Min granne Bo har fel nummer.", email="bo@example.com")
    response = client.get("/diarium/")
    (row,) = rows(response.text)
    today = entry.received_at.date().isoformat()
    for words in (
        today,
        entry.designation,
        "Ett fel på sidan: Om webbplatsen",
        Standing.Sender.PRIVATE.label,
    ):
        assert str(words) in row
    assert "Bo" not in row
    assert "bo@example.com" not in response.text
    assert "granne" not in client.get(address(entry)).text


def test_english_too(receive, client):
    entry = receive("Fel")
    (row,) = rows(client.get("/en/diarium/").text)
    assert "An error on the page: Om webbplatsen" in row
    assert "Private person" in row
    assert client.get(f"/en{address(entry)}").status_code == 200


def test_no_search_engine_and_no_cache_keeps_it(receive, client, settings):
    settings.ALLOW_INDEXING = True
    entry = receive("Fel")
    for place in ("/diarium/", address(entry), "/diarium/diarium.csv", "/diarium/diarium.atom", "/en/diarium/"):
        response = client.get(place)
        assert response.status_code == 200, place
        assert response.headers["X-Robots-Tag"] == "noindex, noarchive"
        assert response.headers["Cache-Control"] == "no-store"
        assert entry.designation in text_of(response)
    assert b"/diarium/" not in b"".join(client.get("/sitemap.xml").streaming_content)
    settings.ALLOW_INDEXING = False
    assert client.get("/diarium/").headers["X-Robots-Tag"] == "noindex, noarchive"


def test_numbers_that_are_none_are_not_found(receive, client):
    entry = receive("Fel")
    for place in ("/diarium/FEL/2026/0/", f"/diarium/KS/{entry.year}/1/", f"/diarium/FEL/{entry.year}/99/"):
        assert client.get(place).status_code == 404
    assert client.get(f"/diarium/FEL/{'9' * 30}/{'9' * 30}/").status_code == 404
    assert client.post("/diarium/").status_code == 405


# Who wrote, about what.


@pytest.mark.parametrize(
    ("sender", "name", "shown"),
    [
        (Standing.Sender.PRIVATE, "Bo Ek", "Privatperson"),
        (Standing.Sender.ORGANISATION, "Föreningen Ek", "Föreningen Ek"),
        (Standing.Sender.ROLE, "Bo Ek, ledamot", "Bo Ek, ledamot"),
    ],
)
def test_only_organisations_and_roles_are_named(receive, client, sender, name, shown):
    entry = receive("Fel")
    register.record(entry, Deed.DESCRIBED, facts={"sender": sender}, passages={"sender": name})
    (row,) = rows(client.get("/en/diarium/" if shown == "Private person" else "/diarium/").text)
    if sender == Standing.Sender.PRIVATE:
        assert "Bo Ek" not in client.get("/diarium/").text + client.get(address(entry)).text
        assert str(sender.label) in row
    else:
        assert shown in row


def test_registrars_words_stand_instead_of_the_usual_ones_until_they_are_taken_away(receive, client):
    entry = receive("Fel")
    release.describe(entry, sender="private", subject="Fel telefonnummer till växeln")
    (row,) = rows(client.get("/diarium/").text)
    assert "Fel telefonnummer till växeln" in row
    release.describe(entry, sender="private")
    (row,) = rows(client.get("/diarium/").text)
    assert "växeln" not in row
    assert "Ett fel på sidan: Om webbplatsen" in row


def test_page_that_is_blocked_has_no_name(receive, client, about, django_user_model):
    from strategy import blocking
    from strategy.models import Block

    entry = receive("Fel")
    assert "Om webbplatsen" in client.get(address(entry)).text
    one, another = (django_user_model.objects.create(username=name) for name in "ab")
    proposal = blocking.propose(about, ground=Block.Ground.COURT, reason="Dom", by=one)
    blocking.decide(proposal, approve=True, by=another)
    for place in ("/diarium/", address(entry), "/diarium/diarium.csv", "/diarium/diarium.atom"):
        text = text_of(client.get(place))
        assert entry.designation in text
        assert "Om webbplatsen" not in text
        assert "/om/" not in text
    assert rows(client.get("/diarium/?q=webbplatsen").text) == []


# What is secret.


def test_what_is_hidden_is_a_word_and_date_and_number_stay(receive, client):
    entry = receive("Fel", kind="request")
    release.describe(entry, sender="organisation", sender_name="Hemliga föreningen", subject="Hemlig sak")
    hide(entry, sender_hidden=True, subject_hidden=True)
    (row,) = rows(client.get("/diarium/").text)
    assert entry.designation in row
    assert entry.received_at.date().isoformat() in row
    assert row.count("Sekretess") == 2
    for place in ("/diarium/", address(entry), "/diarium/diarium.csv", "/diarium/diarium.atom"):
        text = text_of(client.get(place)).partition("<footer")[0]
        assert "Sekretess" in text
        for hidden in ("Hemlig", "Om webbplatsen", "/om/"):
            assert hidden not in text, (place, hidden)
    for asked in ("q=hemliga", "q=webbplatsen", "slag=request"):
        assert rows(client.get(f"/diarium/?{asked}").text) == []
    register.record(entry, Deed.UNMARKED)
    assert "Hemliga föreningen" in client.get("/diarium/").text


def test_what_is_hidden_says_nothing_by_its_place_in_the_order(receive, client):
    first, second = receive("Fel"), receive("Fel två")
    for entry, name in ((first, "Bbb"), (second, "Aaa")):
        release.describe(entry, sender="organisation", sender_name=name, subject=name)
        hide(entry, sender_hidden=True, subject_hidden=True)
    for order in ("avsandare", "arende"):
        numbers = [re.search(r"FEL \d+/\d+", row)[0] for row in rows(client.get(f"/diarium/?ordning={order}").text)]
        assert numbers == [first.designation, second.designation]
        numbers = [re.search(r"FEL \d+/\d+", row)[0] for row in rows(client.get(f"/diarium/?ordning=-{order}").text)]
        assert numbers == [second.designation, first.designation]


def test_protected_person_is_hidden(receive, client):
    entry = receive("Fel")
    release.describe(entry, sender="role", sender_name="Bo Ek")
    hide(entry, protected=True)
    text = client.get("/diarium/").text + client.get(address(entry)).text
    assert "Bo Ek" not in text
    assert "Sekretess" in text


def test_marking_as_secret_takes_the_text_back_at_once(receive, client):
    entry = receive("Telefonnumret är fel.")
    release.release(entry, [])
    assert "Telefonnumret är fel." in client.get(address(entry)).text
    hide(entry)
    assert "Telefonnumret" not in client.get(address(entry)).text + client.get("/diarium/").text
    # The projection itself refuses, whatever the standing says of a release.
    event = entry.events.get(kind=Deed.RELEASED)
    Standing.objects.filter(entry=entry).update(released=event)
    assert "Telefonnumret" not in client.get(address(entry)).text + client.get("/diarium/?q=telefonnumret").text


# Released, disposed of.


def test_released_text_is_shown_with_its_gaps_their_grounds_and_until_when(receive, client):
    message = "Ring Bo Ek om felet."
    entry = receive(message)
    release.release(entry, [Mask(5, 10, Ground.PERSONAL_DATA, MONTHS_AHEAD)])
    html = client.get(address(entry)).text
    assert "Bo Ek" not in html
    assert re.search(r"Ring maskerat 1 om felet\.", Outline(html).text)
    assert str(Ground.PERSONAL_DATA.label) in html
    assert 'datetime="2090-01-01"' in html
    (row,) = rows(client.get("/diarium/?q=felet").text)
    assert entry.designation in row
    assert rows(client.get("/diarium/?q=Ek").text) == []


def test_tombstone_keeps_number_dates_kind_and_rule(receive, client, django_user_model):
    people = [django_user_model.objects.create(username=name) for name in "ab"]
    entry = receive("Telefonnumret är fel.", email="bo@example.com")
    release.describe(entry, sender="organisation", sender_name="Föreningen Ek", subject="Telefonen")
    release.release(entry, [])
    dispose(entry, people)
    html = client.get(address(entry)).text
    for words in (entry.designation, "Ett fel på sidan", "felanmalan", "Gallra"):
        assert words in html
    text = html + client.get("/diarium/").text + text_of(client.get("/diarium/diarium.csv"))
    for gone in ("Telefon", "Föreningen Ek", "bo@example.com", "Om webbplatsen"):
        assert gone not in text.partition("<footer")[0]


# What happened.


def test_events_tell_roles_and_no_names(receive, client, registrar, about):
    entry = receive("Fel")
    register.record(entry, Deed.ASSIGNED, by=registrar, facts={"to": registrar.pk})
    register.record(entry, Deed.READ, by=registrar, facts={"what": ["message"]})
    register.record(entry, Deed.NOTED, by=registrar, facts={"document": 2}, passages={"note": "Minns detta"})
    register.record(
        entry, Deed.CORRECTED, by=registrar, facts={"node": about.node_id, "before": about.pk, "after": about.pk + 1}
    )
    register.record(entry, Deed.CLOSED, by=registrar, facts={"closing": "handed_over", "other_number": "KS 2026/9"})
    html = client.get(address(entry)).text
    for words in (
        "Registrator",
        "KS 2026/9",
        f"/n/{about.node_id}/andringar/?fran={about.pk}&amp;till={about.pk + 1}",
    ):
        assert words in html
    for words in ("anna.registrator", "Anna", str(Deed.READ.label), "Minns"):
        assert words not in html
    hide(entry, subject_hidden=True)
    assert str(Deed.CORRECTED.label) not in client.get(address(entry)).text


# Finding.


@pytest.mark.parametrize("written", ["FEL {y}/{n}", "fel{y}/{n}", "Dnr FEL {y}:{n}", "FEL {y}-00{n}", "FEL/{y}/0{n}-1"])
def test_number_is_found_in_every_shape_and_at_any_age(receive, client, settings, monkeypatch, written):
    settings.REGISTER_DAYS = 1
    monkeypatch.setattr(register, "clock", lambda: now() - timedelta(days=100))
    receive("Ett annat")
    entry = receive("Fel")
    assert rows(client.get("/diarium/").text) == []
    (row,) = rows(client.get("/diarium/", {"q": written.format(y=entry.year, n=entry.number)}).text)
    assert entry.designation in row


@pytest.mark.parametrize(("written", "says"), [("KS 2026/1", "KS"), ("FEL 26/1", "26"), ("FEL 2026/0", "1")])
def test_what_is_no_number_here_says_so(receive, client, written, says):
    receive("Fel")
    html = client.get("/diarium/", {"q": written}).text
    assert rows(html) == []
    assert says in re.search(r'<p class="note">(.*?)</p>', html)[1]


def test_the_last_days_are_shown_unless_others_are_asked_for(receive, client, settings, monkeypatch):
    monkeypatch.setattr(register, "clock", lambda: now() - timedelta(days=31))
    receive("Fel")
    assert rows(client.get("/diarium/").text) == []
    assert text_of(client.get("/diarium/diarium.csv")).count("\n") == 1
    day = (now() - timedelta(days=31)).date()
    for asked in (f"fran={day - timedelta(days=1)}", f"till={day + timedelta(days=1)}", f"fran={day}&till={day}"):
        found = rows(client.get(f"/diarium/?{asked}").text)
        assert len(found) == 1, asked
    assert rows(client.get(f"/diarium/?till={day - timedelta(days=2)}").text) == []
    settings.REGISTER_DAYS = 40
    assert len(rows(client.get("/diarium/").text)) == 1


def test_bad_dates_are_left_out_and_told_of(receive, client):
    receive("Fel")
    for bad in ("igår", "2026-13-01", "0001-01-01", "9999-12-31"):
        response = client.get("/diarium/", {"till": bad})
        assert response.status_code == 200
        assert "är inget datum" in response.text or "is not a date" in response.text
    for bad in ("\0", "%", "_", "'", "x" * 1000, "a " * 1000):
        assert (
            client.get("/diarium/", {"q": bad, "slag": bad, "lage": bad, "ordning": bad, "page": bad}).status_code
            == 200
        )
    assert rows(client.get("/diarium/?q=%25").text) == []


def test_every_word_is_looked_for_whatever_its_case(receive, client):
    entry = receive("Fel")
    release.describe(entry, sender="organisation", sender_name="Åhus förening", subject="Bussen är sen")
    receive("Fel igen")
    assert len(rows(client.get("/diarium/?q=åHUS+bussen").text)) == 1
    assert rows(client.get("/diarium/?q=åhus+tåget").text) == []


@pytest.mark.parametrize(
    ("order", "name"),
    [("datum", "Datum"), ("nummer", "Nummer"), ("riktning", ""), ("avsandare", ""), ("arende", ""), ("lage", "")],
)
def test_each_column_sorts_both_ways_by_plain_links(receive, client, order, name):
    first, second = receive("Fel"), receive("Fel två", kind="other")
    release.describe(first, sender="organisation", sender_name="Aaa", subject="Aaa")
    register.record(second, Deed.ANSWERED, facts={"document": 2, "language": "sv"})
    release.describe(second, sender="organisation", sender_name="Bbb", subject="Bbb")

    def numbers(asked: str) -> tuple[list[str], str]:
        html = client.get(f"/diarium/?ordning={asked}").text
        (sorted_as,) = re.findall(r'aria-sort="(\w+)"', html)
        assert f"ordning={'' if asked[0] == '-' else '-'}{order}" in html
        return [re.search(r"FEL \d+/(\d+)", row)[1] for row in rows(html)], sorted_as

    (up, ascending), (down, descending) = numbers(order), numbers(f"-{order}")
    assert (ascending, descending) == ("ascending", "descending")
    assert up == down[::-1]
    assert len(up) == 2


def test_second_page_is_reached(receive, client, monkeypatch):
    from feedback import diary

    monkeypatch.setattr(diary, "ROWS_ON_PAGE", 2)
    for i in range(3):
        receive(f"Fel {i}")
    first = client.get("/diarium/").text
    assert len(rows(first)) == 2
    assert re.search(r'href="\?page=2"', first)
    assert len(rows(client.get("/diarium/?page=2").text)) == 1
    assert ">3 " in first


def test_as_many_queries_however_many_entries(receive, client):
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/diarium/")
        return len(found)

    def add(number: int) -> None:
        for i in range(number):
            entry = receive(f"Fel {Entry.objects.count()} {i}")
            release.describe(entry, sender="organisation", sender_name="Ek", subject="Fel")
            release.release(entry, [Mask(0, 1, Ground.OTHER, MONTHS_AHEAD)])

    add(1)
    few = queries()
    add(5)
    assert queries() == few


# What it says of itself.


def test_it_says_what_is_included_and_what_is_not(client, settings, published):
    settings.OTHER_REGISTERS = ["Skolornas diarier"]
    settings.REGISTER_EMAIL = "registrator@kommun.example"
    html = client.get("/diarium/").text
    for words in ("FEL", "Kommunstyrelsen", "Skolornas diarier"):
        assert words in html


def test_asking_needs_no_name_and_carries_the_number(receive, client, settings):
    entry = receive("Fel")
    html = client.get(address(entry)).text
    assert f"sida=/diarium/FEL/{entry.year}/{entry.number}/" in html
    form = client.get(re.search(r'href="(/meddela-fel/\?sida=[^"]+)"', html)[1].replace("&amp;", "&")).text
    assert f'value="{address(entry)}"' in form
    settings.REGISTER_EMAIL = "registrator@kommun.example"
    html = client.get(address(entry)).text
    assert f"FEL%20{entry.year}/{entry.number}" in re.search(r'href="(mailto:registrator@[^"]+)"', html)[1]


def test_every_page_leads_to_it(about, client):
    assert 'href="/diarium/"' in client.get("/om/").text.partition("<footer")[2]
    assert 'href="/en/diarium/"' in client.get("/en/om/").text.partition("<footer")[2]


def test_report_about_the_register_is_received(send):
    assert send("/diarium/").status_code == 303
    entry = Entry.objects.get()
    assert entry.address == "/diarium/"
    assert send(address(entry), message="Det här är fel.").status_code == 303


def test_file_holds_what_the_list_holds_and_no_formula(receive, client):
    entry = receive("=1+1")
    release.release(entry, [])
    release.describe(entry, sender="organisation", sender_name='Bo "Ek"; & co', subject="@fel")
    response = client.get("/diarium/diarium.csv?ordning=datum")
    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    header, row = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")
    row = dict(zip(header, row, strict=True))
    assert list(row.values())[:2] == [entry.received_at.date().isoformat(), entry.designation]
    assert {'Bo "Ek"; & co', "'@fel", "'=1+1"} <= set(row.values())
    assert header[0] == "Datum"
    assert (
        csv.reader(io.StringIO(client.get("/en/diarium/diarium.csv").getvalue().decode("utf-8-sig")))
        .__next__()[0]
        .startswith("Date")
    )


def test_feed_tells_of_the_newest_and_not_what_they_say(receive, client):
    first, second = receive("Fel"), receive("Ett till")
    release.release(second, [])
    feed = ElementTree.fromstring(client.get("/diarium/diarium.atom").content)
    names = {"atom": "http://www.w3.org/2005/Atom"}
    titles = [title.text for title in feed.findall("atom:entry/atom:title", names)]
    assert [title.partition(":")[0] for title in titles] == [second.designation, first.designation]
    assert "Ett till" not in client.get("/diarium/diarium.atom").text


# The one that holds all of it together.


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found |= {value for name, value in attrs if name in {"href", "src", "action"} and value}


def walk(client, *starts: str) -> dict[str, str]:
    """Every public address that links lead to from `starts`, with all that it answers."""
    answers: dict[str, str] = {}
    waiting = list(starts)
    while waiting:
        place = waiting.pop()
        if place in answers:
            continue
        assert len(answers) < 1500, "the walk does not end"
        response = client.get(place)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        answers[place] = f"{response.headers} {content.decode(errors='replace')}"
        if response.headers.get("Location"):
            waiting.append(urljoin(place, response.headers["Location"]))
        found = Links()
        found.feed(answers[place] if "html" in response.headers.get("Content-Type", "") else "")
        found.found |= set(re.findall(r"(?:<loc>|href=\")(https?://testserver[^<\"]+)", answers[place]))
        for link in found.found:
            parts = urlsplit(urldefrag(urljoin(f"http://testserver{place}", link.strip())).url)
            path = parts.path.removeprefix("/en")
            if parts.hostname == "testserver" and not path.startswith(
                ("/static/", "/admin/", "/timegate/", "/timemap/")
            ):
                waiting.append(parts._replace(scheme="", netloc="").geturl())
    return answers


@pytest.fixture
def secrets_of(receive, about, django_user_model):
    """Entries in every state, with a word of its own in every field that is not public; gives the words."""
    from strategy import blocking, publishing
    from strategy.models import Block, Node, Page

    words: list[str] = []

    def secret(name: str) -> str:
        words.append(f"hemlig{len(words):02}{name}")
        return words[-1]

    people = [
        django_user_model.objects.create(
            username=secret("user"), first_name=secret("first"), last_name=secret("last"), email=secret("mail")
        )
        for _ in range(2)
    ]
    people[0].groups.add(Group.objects.get(name="Registrars"))
    by = people[0]

    def new(**changes: object) -> Entry:
        entry = receive(secret("message"), email=f"{secret('mail')}@example.com", **changes)
        words.append(entry.token)
        return entry

    def step(entry: Entry, deed: Deed, passages: tuple = (), **facts: object) -> None:
        register.record(entry, deed, by=by, facts=facts, passages={name: secret(name) for name in passages})

    def answer(entry: Entry) -> None:
        step(entry, Deed.ANSWERED, ("to", "subject", "text"), document=2, language="sv")
        step(entry, Deed.SENT, document=2, message_id=secret("message"))

    def mask(entry: Entry, *ends: int) -> None:
        release.release(entry, [Mask(0, len(entry.message), Ground.HEALTH, MONTHS_AHEAD)], by=by)

    new()
    new(suspected_spam=True)
    step(new(), Deed.ASSIGNED, to=by.pk)
    step(noted := new(), Deed.NOTED, ("note",))
    step(noted, Deed.NOTED, ("note",), document=2)
    step(noted, Deed.READ, what=["message", secret("read")])
    answer(new())
    closed = new()
    answer(closed)
    step(closed, Deed.CLOSED, ("reason",), closing="answered", other_number="")
    step(closed, Deed.REOPENED, ("reason",))
    step(closed, Deed.HELD, ("reason",))
    private = new()
    step(private, Deed.DESCRIBED, ("sender",), sender="private")
    secretive = new(kind="request")
    step(secretive, Deed.DESCRIBED, ("sender", "subject"), sender="organisation")
    step(
        secretive,
        Deed.MARKED_SECRET,
        **SECRET,
        sender_hidden=True,
        subject_hidden=True,
        protected=True,
    )
    mask(new())
    withdrawn = new()
    step(withdrawn, Deed.RELEASED, ("text",), masks=[])
    step(withdrawn, Deed.WITHDRAWN)
    was_public = new()
    step(was_public, Deed.RELEASED, ("text",), masks=[])
    step(was_public, Deed.MARKED_SECRET, **SECRET)
    gone = new()
    step(gone, Deed.DESCRIBED, ("sender", "subject"), sender="organisation")
    step(gone, Deed.RELEASED, ("text",), masks=[])
    dispose(gone, people)

    start = Node.objects.get(kind="start")
    text = {"kind": "text", "slug": secret("slug"), "title": secret("title"), "lead": secret("lead")}
    node = Node.objects.add_child(start, create_kwargs=text)
    publishing.publish(node)
    page = Page.objects.get(node=node)
    new(address=f"/{node.slug}/", edition_id=page.pk)
    blocking.decide(
        blocking.propose(page, ground=Block.Ground.COURT, reason="Dom", by=people[0]), approve=True, by=people[1]
    )
    return words


def test_no_public_address_tells_what_is_not_public(secrets_of, client):
    starts = [
        "/",
        "/en/",
        "/diarium/",
        "/en/diarium/",
        "/diarium/?fran=2000-01-01",
        "/robots.txt",
        "/sitemap.xml",
        "/tillganglighet.json",
        "/feed/alla.atom",
        "/feed/alla.ics",
        *(address(entry) for entry in Entry.objects.all()),
    ]
    answers = walk(client, *starts)
    # It went everywhere.
    for place in ("/om/", "/en/diarium/diarium.csv?", "/diarium/diarium.atom", "/det-senaste/", "/sok/"):
        assert any(known.startswith(place.rstrip("?")) for known in answers), place
    assert all(Entry.objects.get(pk=entry.pk).designation in answers["/diarium/"] for entry in Entry.objects.all())
    told = {
        (word, place) for place, answer in answers.items() for word in secrets_of if word in answer.lower() + answer
    }
    assert told == set()


def test_searching_for_what_is_not_public_is_as_searching_for_any_word(secrets_of, client):
    def answer(place: str, word: str) -> str:
        html = text_of(client.get(place, {"q": word, "fran": "2000-01-01"})).replace(word, "")
        return re.sub(r'<time datetime="[^"]+T.*?</time>|value="[^"]*T[^"]*"', "", html)

    for place in ("/diarium/", "/diarium/diarium.csv"):
        unknown = answer(place, "finnsinte")
        for word in secrets_of:
            assert answer(place, word) == unknown, (place, word)
