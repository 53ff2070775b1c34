"""The accessibility statement: what the law asks for, as a page and as data (A11Y-1 to A11Y-7)."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.utils import translation
from django.utils.timezone import localdate, now

from strategy import publishing, statement
from strategy.models import AccessibilityFailure, Node, Page
from strategy.strategy_file import SCHEMA
from strategy.wcag import CRITERIA
from tests.outline import outline
from tests.strategy.test_loading import KRISTIANSTAD
from tests.tree import grow

IDS = [
    "aktor",
    "tjanst",
    "forenlighet",
    "brister",
    "oskaligt",
    "undantag",
    "bedomning",
    "metod",
    "uppdaterad",
    "rapportera",
    "tillsyn",
]

# In the order of A11Y-2.
HEADINGS = {
    "": [
        "Tillgänglighet för strategiportalen",
        "Hur tillgänglig är webbplatsen?",
        "Vad kan du göra om du inte kan använda delar av webbplatsen?",
        "Rapportera brister i webbplatsens tillgänglighet",
        "Tillsyn",
        "Teknisk information om webbplatsens tillgänglighet",
        "Innehåll som inte är tillgängligt",
        "Hur vi testat webbplatsen",
    ],
    "/en": [
        "Accessibility of the strategy portal",
        "How accessible is the website?",
        "What can you do if you can't use parts of the website?",
        "Report failures in the accessibility of the website",
        "Supervision",
        "Technical information about the accessibility of the website",
        "Content that is not accessible",
        "How we have tested the website",
    ],
}


class Marked(HTMLParser):
    """Headings in their order, and the text of what has one of the eleven ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.texts = dict.fromkeys(IDS, "")
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ("br", "meta", "link", "input", "img", "source", "path"):
            return
        name = dict(attrs).get("id") or ""
        self.open.append((tag, name))
        if name in IDS:
            self.found.append(name)
        if tag in ("h1", "h2"):
            self.headings.append("")

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if self.open and any(tag in ("h1", "h2") for tag, _name in self.open):
            self.headings[-1] += data
        for _tag, name in self.open:
            if name in IDS:
                self.texts[name] = f"{self.texts[name]} {data}".strip()


@pytest.fixture
def said(published) -> Node:
    """A statement with two failures of one situation and one of another, and an exemption; public."""
    node = grow(
        published.start,
        "statement",
        "tillganglighet",
        title="Så tillgänglig är portalen",
        compliance=Node.Compliance.PARTIAL,
        assessed_on=date(2026, 3, 1),
        assessment_method=Node.AssessmentMethod.BOTH,
    )
    rows = [
        ("cognition", "2.2.1", "Ingen varning före utloggning."),
        ("no_sight", "1.1.1", "Bilder saknar text."),
        ("no_sight", "1.3.1", "Tabeller saknar rubriker."),
    ]
    for order, (situation, criterion, what) in enumerate(rows):
        node.failures.create(
            order=order, situation=situation, criterion=criterion, what=what, why="Rättas i vår.", instead="Ring oss."
        )
    node.exemptions.create(ground="burden", what="Gamla kartor", why="Skulle kosta mer än det gav.")
    publishing.publish(node)
    return node


def marked(client, address: str) -> Marked:
    return Marked(client.get(address).content.decode())


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_the_page_has_all_that_the_law_asks_for_under_the_usual_headings(said, client, prefix):
    page = marked(client, f"{prefix}/tillganglighet/")
    assert sorted(page.found) == sorted(IDS)
    assert all(page.texts.values()), page.texts
    own = [heading.strip() for heading in page.headings if heading.strip() in HEADINGS[prefix]]
    assert own == HEADINGS[prefix]
    levels = outline(client, f"{prefix}/tillganglighet/").headings
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_page_says_what_staff_have_written(said, client):
    page = marked(client, "/tillganglighet/")
    assert "delvis förenlig" in page.texts["forenlighet"]
    assert "Kristianstads kommun" in page.texts["aktor"]
    assert "http://testserver/" in page.texts["tjanst"]
    assert "Gamla kartor" in page.texts["oskaligt"]
    assert page.texts["undantag"] == "Inget."
    assert page.texts["bedomning"] == "1 mars 2026"
    assert "granskning av någon annan" in page.texts["metod"]
    assert "https://www.digg.se/tdosanmalan" in outline(client, "/tillganglighet/").links
    for kind in ("failure", "request"):
        address = f"/meddela-fel/?sida=%2Ftillganglighet%2F&slag={kind}"
        assert address in outline(client, "/tillganglighet/").links
        assert client.get(address).status_code == 200


def test_failures_are_grouped_by_situation_in_the_authoritys_order_with_their_criterion(said, client):
    text = marked(client, "/tillganglighet/").texts["brister"]
    parts = [
        "Användning utan syn", "Bilder saknar text.", "1.1.1", "Tabeller saknar rubriker.", "1.3.1",
        "Användning med kognitiv nedsättning", "Ingen varning före utloggning.", "2.2.1",
    ]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.count("Rättas i vår.") == text.count("Ring oss.") == 3
    assert text.count("Användning utan syn") == 1


def test_criteria_have_the_names_of_the_readers_language(said, client):
    assert "Information och relationer" in marked(client, "/tillganglighet/").texts["brister"]
    assert "Info and Relationships" in marked(client, "/en/tillganglighet/").texts["brister"]
    with translation.override("sv"):
        names = {criterion: str(name) for criterion, name in CRITERIA.items()}
    assert all(name.startswith(f"{criterion} ") for criterion, name in names.items())
    with translation.override("en"):
        assert [name for criterion, name in names.items() if name == str(CRITERIA[criterion])] == []


def test_a_portal_without_failures_says_that_it_knows_of_none(said, client):
    said.failures.all().delete()
    Node.objects.filter(pk=said.pk).update(compliance=Node.Compliance.FULL)
    publishing.publish(said)
    page = marked(client, "/tillganglighet/")
    assert "helt förenlig" in page.texts["forenlighet"]
    assert page.texts["brister"] == "Vi känner inte till några."


def test_every_page_leads_to_it_by_the_laws_word_whatever_it_is_called(said, client):
    for address in ("/", "/vi-lyfter/", "/nivaer/insatser/", "/meddela-fel/", "/tillganglighet/"):
        for prefix, word in (("", "Tillgänglighetsredogörelse"), ("/en", "Accessibility statement")):
            footer = client.get(prefix + address).content.decode().rpartition("<footer")[2]
            assert f'href="{prefix}/tillganglighet/">{word}</a>' in footer, address


# As data.


def test_the_copy_for_machines_has_the_same_ids_and_says_the_same(said, client):
    response = client.get("/tillganglighet.json")
    assert response.headers["Content-Type"] == "application/json"
    data = response.json()
    assert sorted(data) == sorted(IDS)
    assert data["forenlighet"] == {"kod": "partial", "ord": "Delvis förenlig"}
    assert data["brister"][0]["wcag"] == "2.2.1"
    assert {row["situation"] for row in data["brister"]} == {"no_sight", "cognition"}
    assert [row["innehall"] for row in data["oskaligt"]] == ["Gamla kartor"]
    assert (data["bedomning"], data["undantag"]) == ("2026-03-01", [])
    assert data["rapportera"]["begaran"] == "http://testserver/meddela-fel/?sida=%2Ftillganglighet%2F&slag=request"
    assert data["tillsyn"]["adress"] == "https://www.digg.se/tdosanmalan"
    english = client.get("/en/tillganglighet.json").json()
    assert english["forenlighet"] == {"kod": "partial", "ord": "Partly compliant"}
    assert english["tjanst"]["adress"] == "http://testserver/en/"


def test_data_and_page_are_as_they_stood_on_a_day(published, client):
    node = grow(
        published.start,
        "statement",
        "tillganglighet",
        title="Tillgänglighet",
        compliance="none",
        assessed_on=date(2024, 1, 1),
        assessment_method="own",
    )
    with pytest.raises(publishing.Refused):
        publishing.publish(node, at=now() - timedelta(days=1))
    assert client.get("/tillganglighet.json").status_code == 404
    publishing.publish(node)
    before = Page.objects.get(node=node).begins_at
    Node.objects.filter(pk=node.pk).update(compliance="partial")
    publishing.publish(node)
    then = {"den": before.isoformat()}
    assert client.get("/tillganglighet.json", then).json()["forenlighet"]["kod"] == "none"
    assert "inte förenlig" in client.get("/tillganglighet/", then).content.decode()
    assert client.get("/tillganglighet.json").json()["forenlighet"]["kod"] == "partial"
    assert client.get("/tillganglighet.json", {"den": "2020-01-01"}).status_code == 404
    assert client.get("/tillganglighet.json", {"den": "igår"}).status_code == 400


# What staff may say.


def test_full_compliance_is_refused_while_failures_are_listed(said):
    Node.objects.filter(pk=said.pk).update(compliance=Node.Compliance.FULL)
    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish(said)
    assert [problem.field for problem in refused.value.problems] == ["compliance"]
    assert "inte helt förenlig" in str(refused.value)


@pytest.mark.parametrize("lacking", ["compliance", "assessed_on", "assessment_method"])
def test_what_the_law_asks_for_must_be_there(said, lacking):
    Node.objects.filter(pk=said.pk).update(**{lacking: None if lacking == "assessed_on" else ""})
    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish(said)
    assert [problem.field for problem in refused.value.problems] == [lacking]


def test_no_language_says_less_than_another(said):
    said.failures.create(language="en", situation="no_sight", criterion="1.1.1", what="Pictures", why="Later.")
    with pytest.raises(publishing.NotPublishable, match="samma rader"):
        publishing.publish(said)


@pytest.fixture
def editor(db) -> User:
    user = User.objects.create(username="redaktör", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    return user


def sent(client, node: Node, **changes: str) -> dict:
    """What a browser sends that has changed nothing on the form of `node` but `changes`."""
    response = client.get(f"/admin/strategy/node/{node.pk}/change/")
    context = response.context
    forms = [
        context["adminform"].form,
        *(formset.formset.management_form for formset in context["inline_admin_formsets"]),
    ]
    forms += [form for formset in context["inline_admin_formsets"] for form in formset.formset.initial_forms]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            data[field.html_name] = "" if value is None else value
    return {name: value for name, value in data.items() if value is not False} | changes


def test_the_form_refuses_full_compliance_while_failures_are_listed(said, client, editor):
    client.force_login(editor)
    address = f"/admin/strategy/node/{said.pk}/change/"
    response = client.post(address, sent(client, said, compliance="full"))
    assert response.status_code == 200
    assert "inte helt förenlig" in response.content.decode()
    gone = {f"failures-{index}-DELETE": "on" for index in range(3)}
    assert client.post(address, sent(client, said, compliance="full", **gone)).status_code == 302
    said.refresh_from_db()
    assert (said.compliance, said.failures.count()) == ("full", 0)


def test_an_editor_lists_failures_and_exemptions_and_other_kinds_have_none(said, published, client, editor):
    client.force_login(editor)
    for name in ("failures", "exemptions"):
        assert f'name="{name}-TOTAL_FORMS"' in client.get(f"/admin/strategy/node/{said.pk}/change/").content.decode()
        other = client.get(f"/admin/strategy/node/{published.about.pk}/change/").content.decode()
        assert f'name="{name}-TOTAL_FORMS"' not in other


def test_a_draft_that_lacks_everything_is_previewed(published, client, editor):
    node = grow(published.start, "statement", "tillganglighet", title="Tillgänglighet")
    client.force_login(editor)
    assert client.get(f"/admin/strategy/node/{node.pk}/preview/").status_code == 200


# A statement that nobody has looked over for a year.


def test_after_twelve_months_the_statement_has_grown_old(said):
    today = localdate(Page.objects.at().get(node=said).content_since)
    assert statement.grown_old(today + timedelta(days=365)) == []
    assert [page.node for page in statement.grown_old(today + timedelta(days=366))] == [said]
    Node.objects.filter(pk=said.pk).update(reviewed_on=today + timedelta(days=100))
    publishing.publish(said)
    assert statement.grown_old(today + timedelta(days=366)) == []
    assert statement.grown_old(today + timedelta(days=466)) != []


def test_editors_are_told_on_their_start_page(tree, client, editor):
    fields = {"compliance": "none", "assessed_on": date(2024, 1, 1), "assessment_method": "own"}
    node = grow(tree.start, "statement", "tillganglighet", title="Tillgängligheten", **fields)
    moment = datetime.now(UTC) - timedelta(days=400)
    publishing.enter_history({tree.start.pk: moment, node.pk: moment})
    client.force_login(editor)
    html = client.get("/admin/").content.decode()
    assert "”Tillgängligheten” uppdaterades senast den" in html
    assert f'href="/admin/strategy/node/{node.pk}/change/"' in html
    Node.objects.filter(pk=node.pk).update(reviewed_on=localdate())
    publishing.publish(node)
    assert "Tillgängligheten" not in client.get("/admin/").content.decode()


# The strategy file.


@pytest.fixture
def kristianstad(db):
    call_command("load_strategy", KRISTIANSTAD, with_examples=True, verbosity=0)


def test_the_content_that_the_portal_comes_with_has_an_honest_statement(kristianstad, client):
    for prefix in ("", "/en"):
        data = client.get(f"{prefix}/tillganglighet.json").json()
        assert data["forenlighet"]["kod"] == "partial"
        assert len(data["brister"]) == 2
        page = marked(client, f"{prefix}/tillganglighet/")
        assert all(page.texts.values())
        footer = client.get(f"{prefix}/").content.decode().rpartition("<footer")[2]
        assert all(
            f'href="{prefix}/{slug}/"' in footer for slug in ("om", "personuppgifter", "kakor", "tillganglighet")
        )
        assert client.get(f"{prefix}/kakor/").status_code == 200
    call_command("load_strategy", KRISTIANSTAD, with_examples=True, verbosity=0)
    assert Page.objects.filter(kind="statement").count() == 1


def test_the_schema_knows_the_lists_that_the_portal_has():
    definitions = json.loads(SCHEMA.read_text())["$defs"]
    failure = definitions["failure"]["properties"]
    assert failure["criterion"]["enum"] == list(CRITERIA)
    assert failure["situation"]["enum"] == list(AccessibilityFailure.Situation)
    stated = definitions["node"]["properties"]["statement"]["properties"]
    assert stated["compliance"]["enum"] == list(Node.Compliance)
    assert stated["method"]["enum"] == list(Node.AssessmentMethod)
    assert all(re.fullmatch(r"\d\.\d\.\d+", criterion) for criterion in CRITERIA)
