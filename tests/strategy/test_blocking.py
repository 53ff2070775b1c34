"""
Editions that may not be shown: who decides it, and that no door of the portal gives away what they say.

One word is in every text of some pages of each kind. Every door is looked through before they are blocked, while they
are, and after: the word is there, nowhere, and there again.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import localdate, now
from PIL import Image

from feedback.models import Entry
from strategy import blocking, publishing, uploads
from strategy.models import Block, Node, Page
from tests.feedback.written import read_form
from tests.tree import build_tree, grow

pytestmark = pytest.mark.django_db

WORD = "xylofonbyggare"
THEN = datetime(2021, 1, 1, 12, tzinfo=UTC)
DAY = "2022-03-01"

JOBS = "/vi-lyfter/fardplan/arbete/forsorjning/jobb/"
FORMER = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"
REASON = "Sidan hade uppgifter om en persons hälsa."


def staff(name: str, group: str = "Publishers") -> User:
    user = User.objects.create(username=name, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def block(page: Page) -> Block:
    """Proposed by one, approved by another."""
    one, other = (User.objects.get_or_create(username=name)[0] for name in ("en", "annan"))
    proposal = blocking.propose(page, ground=Block.Ground.PERSONAL_DATA, reason=REASON, by=one)
    blocking.decide(proposal, approve=True, by=other)
    return proposal


def end(blocked: Block) -> None:
    one, other = User.objects.get(username="en"), User.objects.get(username="annan")
    blocking.decide(blocking.propose_end(blocked, reason="Domen är ändrad.", by=one), approve=True, by=other)


def present(node: Node) -> Page:
    return Page.objects.holding().get(node=node)


def picture() -> ContentFile:
    drawn = BytesIO()
    Image.new("RGB", (8, 6), "green").save(drawn, "PNG")
    return ContentFile(drawn.getvalue(), name="bild.png")


def test_block_covers_what_the_page_said_before_and_says_again(published):
    first = present(published.about)
    for title in ("Något annat", first.title):
        Node.objects.filter(pk=published.about.pk).update(title=title)
        publishing.publish(published.about)
    block(first)
    assert Page.objects.blocked().filter(node=published.about).count() == 2
    assert not Page.objects.at().filter(node=published.about).exists()
    assert Page.objects.readable().get(node=published.about).title == "Något annat"


def test_what_is_scheduled_to_be_said_again_stands_in_the_way(published):
    first = present(published.about)
    Node.objects.filter(pk=published.about.pk).update(title="Något annat")
    publishing.publish(published.about)
    Node.objects.filter(pk=published.about.pk).update(title=first.title)
    publishing.publish(published.about, at=now() + timedelta(days=1))
    with pytest.raises(blocking.Refused, match="schemalagd"):
        block(first)
    publishing.cancel(published.about)
    proposal = Block.objects.waiting().get()
    blocking.decide(proposal, approve=True, by=User.objects.get(username="annan"))
    assert Page.objects.blocked().get().pk == first.pk


# The doors.

# Name: address, and whether it is the blocked page itself. What is in braces is filled in by `planted()`.
DOORS = {
    "page": (JOBS, True),
    "former address": (FORMER, True),
    "short address": ("/n/{jobs}/", True),
    "easy to read": (f"/lattlast{JOBS}", True),
    "list of easy to read": ("/lattlast/", False),
    "page of a board": ("/ks/", True),
    "page of a theme": ("/vi-lyfter/tillvaxt/", True),
    "page of an area": ("/vi-lyfter/fardplan/arbete/", True),
    "text page": ("/om/", True),
    "statement": ("/tillganglighet/", True),
    "statement as data": ("/tillganglighet.json", True),
    "page above": ("/vi-lyfter/fardplan/arbete/forsorjning/", False),
    "page below, with breadcrumb and board": (f"{JOBS}jobbspar/", False),
    "page beside": ("/vi-lyfter/fardplan/trygghet/", False),
    "start page": ("/", False),
    "vision": ("/vi-lyfter/", False),
    "roadmap": ("/vi-lyfter/fardplan/", False),
    "list of a level": ("/nivaer/resultatmal/", False),
    "list of boards": ("/nivaer/namnder/", False),
    "whole roadmap": ("/hela-fardplanen/", False),
    "branch of the whole roadmap": ("/hela-fardplanen/{roadmap}/", False),
    "global goal": ("/globala-mal/8/", False),
    "history": ("/n/{jobs}/andringar/", False),
    "history of the page above": ("/n/{income}/andringar/", False),
    "history of the page below": ("/n/{track}/andringar/", False),
    "comparison": ("/n/{jobs}/andringar/?fran={first}&till={second}", True),
    "comparison of boards": ("/n/{track}/andringar/?fran={track_first}&till={track_second}", False),
    "latest": ("/det-senaste/", False),
    "feed": ("/feed/alla.atom", False),
    "feed of the page above": ("/feed/{income}.atom", False),
    "calendar": ("/feed/alla.ics", False),
    "calendar of the page above": ("/feed/{income}.ics", False),
    # Another form of the word, since a search says again what was asked.
    "search": (f"/sok/?q={WORD[:-1]}", False),
    "search for something else": ("/sok/?q=arbete", False),
    "search, misspelt": (f"/sok/?q={WORD[:-3]}ara", False),
    "filtered list": ("/sok/?slag=result", False),
    "file": ("/media/{file}", True),
    "report form": (f"/meddela-fel/?sida={JOBS}", False),
}
# They say where pages are, not what they say; and feeds and calendars of what is blocked have nothing left to name.
SAY_ADDRESSES = {
    "sitemap": "/sitemap.xml",
    "TimeMap": f"/timemap/link/http://testserver{JOBS}",
    "TimeGate": f"/timegate/http://testserver{JOBS}",
    "feed of the page": "/feed/{jobs}.atom",
    "feed of a board": "/feed/{board}.atom",
    "calendar of the page": "/feed/{jobs}.ics",
    "calendar of a board": "/feed/{board}.ics",
}


def planted() -> SimpleNamespace:
    """A tree that is public since THEN, changed and moved since: the word is in all texts of six of its pages."""
    tree = build_tree()
    tree.other_board = grow(tree.start, "board", "an", title="Arbetsnämnden", board_code="AN")
    tree.statement = grow(
        tree.start,
        "statement",
        "tillganglighet",
        title="Tillgänglighetsredogörelse",
        compliance="partial",
        assessed_on="2021-01-01",
        assessment_method="own",
    )
    failure = {"situation": "no_sight", "criterion": "1.1.1", "what": WORD, "why": WORD, "instead": WORD}
    tree.statement.failures.create(**failure)
    tree.statement.exemptions.create(ground="outside", what=WORD, why=WORD)
    tree.hidden = [tree.jobs, tree.work, tree.growth, tree.board, tree.about, tree.statement]
    for node in tree.hidden:
        node.refresh_from_db()
        node.title = f"{node.title} {WORD}"
        node.lead = f"Ingress om {WORD}."
        node.body = f"<p>Text om {WORD}.</p>"
        node.save()
        node.translations.create(language="en", title=f"The {WORD}", lead=f"Lead, {WORD}.", body=f"<p>{WORD}</p>")
        for language in ("sv", "en"):
            node.easy_texts.create(language=language, title=f"Lätt {WORD}", body=f"<p>Lätt om {WORD}.</p>")
            node.related_material.create(title=f"Mer om {WORD}", address=f"https://{WORD}.example/", language=language)
    tree.jobs.indicator = f"Antal {WORD}"
    tree.jobs.unit = WORD
    tree.jobs.save()
    image = uploads.picture(picture())
    tree.jobs.illustrations.create(image=image, alternative_text=f"Bild av {WORD}", caption=f"Bildtext {WORD}")
    tree.safety.easy_texts.create(title="Trygghet", body="<p>Alla ska vara trygga.</p>")
    tree.income.themes.add(tree.growth)
    publishing.enter_history({node.pk: THEN for node in Node.objects.all()})

    first = present(tree.jobs)
    track_first = present(tree.track)
    Node.objects.filter(pk=tree.jobs.pk).update(lead=f"Ny ingress om {WORD}.", target_value="6.5")
    Node.objects.filter(pk=tree.track.pk).update(lead="Nu med en ingress.")
    tree.track.boards.add(tree.other_board)
    publishing.publish(tree.jobs, reason=f"Ändrad på grund av {WORD}.")
    publishing.publish(tree.track)
    publishing.rename(tree.income, "forsorjning")
    tree.fields = {
        **{name: node.pk for name, node in vars(tree).items() if isinstance(node, Node)},
        "file": tree.jobs.illustrations.get().image.name,
        "first": first.pk,
        "second": Page.objects.filter(node=tree.jobs, reason__contains=WORD).first().pk,
        "track_first": track_first.pk,
        "track_second": present(tree.track).pk,
    }
    return tree


def looks(address: str) -> Iterator[str]:
    """The address in each language, today and on another day, where it has them."""
    has_languages = not address.startswith(("/timegate/", "/timemap/", "/sitemap", "/media/"))
    has_days = has_languages and not address.startswith(("/feed/", "/meddela-fel/")) and "fran=" not in address
    for prefix in ("", "/en") if has_languages else ("",):
        for day in ("", DAY) if has_days else ("",):
            yield f"{prefix}{address}{'&' if '?' in address else '?'}den={day}" if day else f"{prefix}{address}"


class Looked:
    """At a door: the answers, by address."""

    def __init__(self, client: Client, paths: Iterable[str]) -> None:
        self.statuses: dict[str, int] = {}
        self.said: dict[str, bool] = {}
        for path in paths:
            *_ways, last = answers = followed(client, path)
            self.statuses[path] = last.status_code
            self.said[path] = any(WORD in said(answer) for answer in answers)


def followed(client: Client, path: str) -> list[HttpResponse]:
    """The answer, or those on the way to it."""
    answers = [client.get(path)]
    while (location := answers[-1].headers.get("Location")) and len(answers) < 5:
        answers.append(client.get(location.removeprefix("http://testserver")))
    return answers


def said(answer: HttpResponse) -> str:
    """All that an answer says, headers included."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (unescape(content.decode(errors="replace")) + str(answer.headers)).lower()


@pytest.fixture(scope="module")
def walked(django_db_setup, django_db_blocker) -> SimpleNamespace:
    """All doors, looked through once: before anything is blocked, while it is, and after."""
    with django_db_blocker.unblock(), transaction.atomic():
        tree = planted()
        client = Client()
        doors = {**{name: address for name, (address, _own) in DOORS.items()}, **SAY_ADDRESSES}
        doors = {name: list(looks(address.format(**tree.fields))) for name, address in doors.items()}
        before = {name: Looked(client, paths[:1]) for name, paths in doors.items()}
        editions = Page.objects.begun().filter(node__in=tree.hidden, content_since__gte=THEN)
        blocks = [
            block(page) for page in editions.order_by("pk") if not Page.objects.blocked().filter(pk=page.pk).exists()
        ]
        during = {name: Looked(client, paths) for name, paths in doors.items()}
        crawled = dict(crawl(client, "/"))
        for blocked in blocks:
            end(blocked)
        after = {name: Looked(client, paths[:1]) for name, paths in doors.items()}
        transaction.set_rollback(True)
    return SimpleNamespace(before=before, during=during, after=after, crawled=crawled)


def crawl(client: Client, start: str) -> Iterator[tuple[str, bool]]:
    """Every address that the portal leads to from `start`, and whether the word is there."""
    waiting, known = [start], {start}
    while waiting:
        path = waiting.pop()
        response = followed(client, path)[-1]
        html = response.content.decode()
        yield path, WORD in html.lower()
        for link in re.findall(r'(?:href|src|action)="(/[^"#]*)', html):
            link = unescape(link)
            # The doors are looked through in English, and on old days, one by one.
            if link not in known and not link.startswith(("/static/", "/admin/", "/en/")) and "den=" not in link:
                known.add(link)
                waiting.append(link)


@pytest.mark.parametrize("door", DOORS)
def test_no_door_gives_away_what_is_blocked(walked, door):
    before, during, after = walked.before[door], walked.during[door], walked.after[door]
    if door not in ("file", "report form"):
        assert any(before.said.values()), "the word is not here anyway"
    assert [path for path, found in during.said.items() if found] == []
    assert after.said == before.said
    assert after.statuses == before.statuses
    if DOORS[door][1]:
        assert set(during.statuses.values()) == {451}
    else:
        assert set(during.statuses.values()) == {200}


@pytest.mark.parametrize("door", SAY_ADDRESSES)
def test_what_says_addresses_says_no_more(walked, door):
    before, during, after = walked.before[door], walked.during[door], walked.after[door]
    assert [path for path, found in during.said.items() if found] == []
    assert after.statuses == before.statuses


def test_nothing_that_the_portal_leads_to_gives_it_away(walked):
    assert len(walked.crawled) > 40
    assert [path for path, found in walked.crawled.items() if found] == []


def test_what_stands_above_is_not_named_by_what_stands_below(tree, client):
    above = [tree.start, tree.vision, tree.roadmap, tree.income]
    for node in above:
        Node.objects.filter(pk=node.pk).update(title=f"{node.title} {WORD}", lead=WORD, body=f"<p>{WORD}</p>")
    tree.start.words.create(kind="goal", language="sv", one=WORD, many=WORD)
    publishing.publish_branch(tree.start)
    doors = {
        "/": 451,
        "/vi-lyfter/": 451,
        "/vi-lyfter/fardplan/": 451,
        "/vi-lyfter/fardplan/arbete/": 200,
        f"{FORMER}jobbspar/": 200,
        "/nivaer/vision/": 200,
        "/nivaer/strategiska-mal/": 200,
        "/hela-fardplanen/": 200,
        "/det-senaste/": 200,
        "/globala-mal/8/": 200,
    }
    assert all(WORD in client.get(address).content.decode() for address in doors)
    for node in above:
        block(present(node))
    got = {address: client.get(address) for address in doors}
    assert {address: response.status_code for address, response in got.items()} == doors
    assert [address for address, response in got.items() if WORD in response.content.decode()] == []


# What stands there instead.


def test_its_address_tells_why(published, client):
    blocked = block(present(published.about))
    response = client.get("/om/")
    assert response.status_code == 451
    assert '<http://testserver/>; rel="blocked-by"' in response.headers["Link"]
    assert response.headers["Cache-Control"] == "no-cache"
    text = response.content.decode()
    assert "Personuppgifter som inte får visas" in text
    assert REASON in text
    assert f'datetime="{localdate(blocked.decided_at)}' in text
    assert "noindex" in text
    assert "This may not be shown" in client.get("/en/om/").content.decode()
    assert client.head("/om/").status_code == 451


def test_the_municipality_is_named_as_who_blocks_it(published, client, settings):
    settings.SITE_HOMEPAGE = "https://kommun.example/"
    block(present(published.about))
    assert '<https://kommun.example/>; rel="blocked-by"' in client.get("/om/").headers["Link"]


def test_what_is_blocked_is_said_nowhere_else_after_a_move(published, client):
    """A move re-issues what was said; so does each that was before it."""
    publishing.rename(published.work, "en")
    block(present(published.jobs))
    publishing.rename(published.work, "tva")
    for slug in ("arbete", "en", "tva"):
        assert client.get(f"/vi-lyfter/fardplan/{slug}/inkomst/jobb/", follow=True).status_code == 451


def test_the_page_is_shown_again_once_it_says_something_else(published, client):
    old = present(published.about)
    block(old)
    assert publishing.publish(published.about) is None
    new = publishing.publish(changed(published.about, title="Om oss"))
    assert client.get("/om/").status_code == 200
    assert client.get("/om/", {"den": old.begins_at.isoformat()}).status_code == 451
    with pytest.raises(publishing.NotPublishable, match="blockerad"):
        publishing.publish(changed(published.about, title=old.title))
    block(new)
    assert client.get("/om/").status_code == 451


def changed(node: Node, **fields: str) -> Node:
    Node.objects.filter(pk=node.pk).update(**fields)
    return node


def test_a_board_that_was_withdrawn_is_not_named_by_a_name_that_is_blocked(published, client):
    old = present(published.board)
    publishing.publish(changed(published.board, title="Styrelsen"))
    publishing.withdraw(published.board)
    assert "Kommunstyrelsen" in client.get(FORMER).content.decode()
    block(old)
    html = client.get(FORMER).content.decode()
    assert "Kommunstyrelsen" not in html
    assert "Får inte visas" in html
    assert f'href="/n/{published.board.pk}/"' in html


def test_a_file_is_shown_as_long_as_another_edition_shows_it(published, client):
    file = uploads.picture(picture())
    for node in (published.about, published.growth):
        node.illustrations.create(image=file, alternative_text="En bild")
    publishing.publish_together([published.about, published.growth])
    name = published.about.illustrations.get().image.name
    block(present(published.about))
    response = client.get(f"/media/{name}")
    assert b"".join(response.streaming_content)
    assert "s-maxage=300" in response.headers["Cache-Control"]
    block(present(published.growth))
    assert client.get(f"/media/{name}").status_code == 451


# Who decides it.


def test_one_proposes_and_another_decides(published, client):
    one, other = staff("en"), staff("annan")
    page = present(published.about)
    proposal = blocking.propose(page, ground="court", reason=" Dom 2026-11-02. ", by=one)
    assert proposal.reason == "Dom 2026-11-02."
    assert client.get("/om/").status_code == 200
    with pytest.raises(blocking.Refused, match="själv"):
        blocking.decide(proposal, approve=True, by=one)
    blocking.decide(proposal, approve=True, by=other)
    assert client.get("/om/").status_code == 451
    with pytest.raises(blocking.Refused, match="redan beslutat"):
        blocking.decide(proposal, approve=False, by=other)
    ending = blocking.propose_end(proposal, reason="Domen är upphävd.", by=other)
    assert client.get("/om/").status_code == 451
    with pytest.raises(blocking.Refused, match="själv"):
        blocking.decide(ending, approve=True, by=other)
    blocking.decide(ending, approve=True, by=one)
    assert client.get("/om/").status_code == 200
    with pytest.raises(blocking.Refused, match="gäller inte"):
        blocking.propose_end(proposal, reason="Igen.", by=one)
    blocking.decide(blocking.propose(page, ground="court", reason="Ny dom.", by=one), approve=True, by=other)
    assert client.get("/om/").status_code == 451


def test_what_is_declined_changes_nothing(published, client):
    one, other = staff("en"), staff("annan")
    page = present(published.about)
    blocking.decide(blocking.propose(page, ground="court", reason="Nej", by=one), approve=False, by=other)
    assert client.get("/om/").status_code == 200
    blocked = block(page)
    blocking.decide(blocking.propose_end(blocked, reason="Nej", by=one), approve=False, by=other)
    assert client.get("/om/").status_code == 451


def test_what_can_not_be_proposed_is_refused_in_words(published):
    one = staff("en")
    page = present(published.about)
    with pytest.raises(blocking.Refused, match="skälet"):
        blocking.propose(page, ground="court", reason="  ", by=one)
    publishing.publish(changed(published.about, title="Sedan"), at=now() + timedelta(days=1))
    with pytest.raises(blocking.Refused, match="inte varit publicerad"):
        blocking.propose(Page.objects.get(title="Sedan"), ground="court", reason="x", by=one)
    publishing.rename(published.about, "om-oss")
    blocking.propose(page, ground="court", reason="x", by=one)
    with pytest.raises(blocking.Refused, match="redan föreslaget"):
        blocking.propose(present(published.about), ground="court", reason="x", by=one)
    Block.objects.waiting().get()
    blocked = block(present(published.growth))
    with pytest.raises(blocking.Refused, match="redan blockerad"):
        blocking.propose(present(published.growth), ground="court", reason="x", by=one)
    blocking.propose_end(blocked, reason="x", by=one)
    with pytest.raises(blocking.Refused, match="redan föreslaget"):
        blocking.propose_end(blocked, reason="x", by=one)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM strategy_block", "never deleted"),
        ("UPDATE strategy_block SET reason = 'Något annat'", "never changes"),
        ("UPDATE strategy_block SET approved = true, decided_by_id = proposed_by_id", "decided_by_another"),
        ("UPDATE strategy_block SET approved = true", "decided_whole"),
        (
            "INSERT INTO strategy_block (page_id, ground, reason, proposed_by_id, decided_by_id, approved, decided_at) "
            "SELECT page_id, ground, reason, proposed_by_id, %s, true, now() FROM strategy_block",
            "proposed before",
        ),
        (
            "INSERT INTO strategy_block (page_id, ground, reason, proposed_by_id, lifts_id) "
            "SELECT page_id, ground, reason, proposed_by_id, id FROM strategy_block",
            "only a block of the same edition",
        ),
    ],
)
def test_the_database_keeps_the_rules_whoever_writes(published, statement, why):
    blocking.propose(present(published.about), ground="court", reason="x", by=staff("en"))
    values = [staff("annan").pk] if "%s" in statement else None
    with pytest.raises(IntegrityError, match=why), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_decision_is_never_taken_back_in_the_table(published):
    block(present(published.about))
    with pytest.raises(IntegrityError, match="never changes"):
        Block.objects.update(approved=False)


# The admin.

BLOCKS = "/admin/strategy/block/"


def test_two_publishers_block_and_end_it_in_the_admin(published, client):
    from django.contrib.admin.models import LogEntry

    one, other = staff("en"), staff("annan")
    page = present(published.about)
    client.force_login(one)
    propose = f"{BLOCKS}propose/{page.pk}/"
    assert propose in client.get(f"/admin/strategy/page/{page.pk}/change/").content.decode()
    assert "Sidans utkast säger samma sak" in client.get(propose).content.decode()
    assert client.post(propose, {"ground": "court"}).status_code == 200
    response = client.post(propose, {"ground": "court", "reason": REASON}, follow=True)
    proposal = Block.objects.get()
    assert response.redirect_chain == [(f"{BLOCKS}{proposal.pk}/change/", 302)]
    assert "Godkänn" not in response.content.decode()
    client.post(f"{BLOCKS}{proposal.pk}/change/", {"decision": "approve"})
    assert Block.objects.waiting().exists()
    assert "väntar på ditt beslut" not in client.get("/admin/").content.decode()

    client.force_login(other)
    assert "1 förslag om blockering väntar på ditt beslut" in client.get("/admin/").content.decode()
    assert "Om webbplatsen" in client.get(f"{BLOCKS}?state=waiting").content.decode()
    assert "Godkänn" in client.get(f"{BLOCKS}{proposal.pk}/change/").content.decode()
    client.post(f"{BLOCKS}{proposal.pk}/change/", {"decision": "maybe"})
    assert Block.objects.waiting().exists()
    done = client.post(f"{BLOCKS}{proposal.pk}/change/", {"decision": "approve"}, follow=True)
    assert "Utgåvan visas inte längre för någon." in done.content.decode()
    assert client.get("/om/").status_code == 451
    assert "Blockerad" in client.get(f"/admin/strategy/node/{published.about.pk}/change/").content.decode()
    assert [str(node) for node in client.get("/admin/strategy/node/?state=blocked").context["cl"].queryset] == [
        "Om webbplatsen"
    ]

    client.post(f"{BLOCKS}{proposal.pk}/end/", {"reason": "Domen är upphävd."})
    ending = Block.objects.waiting().get()
    client.force_login(one)
    client.post(f"{BLOCKS}{ending.pk}/change/", {"decision": "approve"})
    assert client.get("/om/").status_code == 200
    logged = LogEntry.objects.filter(content_type__model="block").order_by("pk")
    assert [(entry.user, entry.object_id) for entry in logged] == [
        (one, str(proposal.pk)),
        (other, str(proposal.pk)),
        (other, str(ending.pk)),
        (one, str(ending.pk)),
    ]


@pytest.mark.parametrize("group", ["Editors", "Registrars", "Administrators"])
def test_nobody_else_blocks(published, client, group):
    page = present(published.about)
    proposal = blocking.propose(page, ground="court", reason=REASON, by=staff("en"))
    client.force_login(staff("någon", group))
    for address in (
        BLOCKS,
        f"{BLOCKS}{proposal.pk}/change/",
        f"{BLOCKS}{proposal.pk}/end/",
        f"{BLOCKS}propose/{page.pk}/",
    ):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"decision": "approve", "ground": "court", "reason": "x"}).status_code == 403, (
            address
        )
    assert Block.objects.get().approved is None
    assert "blockering" not in client.get("/admin/").content.decode().lower()


def test_the_admin_shows_a_blocked_edition_to_whoever_may_block_and_warns(published, client):
    page = present(published.about)
    block(page)
    edition, lists = f"/admin/strategy/page/{page.pk}/", "/admin/strategy/page/"
    client.force_login(staff("redaktör", "Editors"))
    for address in (f"{edition}change/", f"{edition}history/", lists, f"{lists}?q=webbplatsen"):
        assert "Om webbplatsen" not in client.get(address).content.decode(), address
    assert client.get(f"{lists}?q=webbplatsen").context["cl"].result_count == 0
    assert client.get(f"{edition}shown/").status_code == 451
    client.force_login(staff("utgivare"))
    for address in (f"{edition}change/", f"{edition}shown/"):
        html = client.get(address).content.decode()
        assert "Om webbplatsen" in html
        assert "Visa den inte för någon annan" in html


def test_a_file_of_a_blocked_edition_is_kept_from_staff_too(published, client):
    drawn = published.about.illustrations.create(image=uploads.picture(picture()), alternative_text="En bild")
    publishing.publish(published.about)
    block(present(published.about))
    file = f"/admin/strategy/node/media/{drawn.image.name}"
    client.force_login(staff("redaktör", "Editors"))
    assert b"".join(client.get(file).streaming_content), "the draft has it"
    drawn.delete()
    assert client.get(file).status_code == 451
    client.force_login(staff("utgivare"))
    assert b"".join(client.get(file).streaming_content)


def test_the_register_does_not_show_again_what_a_reporter_saw(published, client):
    form = read_form(client.get("/om/"))
    client.post(form.action, form.values | {"message": "Fel."})
    entry = Entry.objects.get()
    block(entry.edition)
    register = "/admin/feedback/entry/"
    client.force_login(staff("registrator", "Registrars"))
    for address in (register, f"{register}{entry.pk}/change/"):
        html = client.get(address).content.decode()
        assert "/om/" in html
        assert "Om webbplatsen" not in html
    assert client.get(f"{register}{entry.pk}/seen/").status_code == 451
    assert "Om webbplatsen" not in client.get(f"/kvittens/{entry.token}/").content.decode()
    both = staff("båda", "Registrars")
    both.groups.add(Group.objects.get(name="Publishers"))
    client.force_login(both)
    assert "Om webbplatsen" in client.get(f"{register}{entry.pk}/seen/").content.decode()


def test_a_report_on_what_was_blocked_meanwhile_is_received(published, client):
    form = read_form(client.get("/om/"))
    block(present(published.about))
    assert client.post(form.action, form.values | {"message": "Fel."}).status_code == 303
