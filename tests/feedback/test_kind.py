"""What a report is about (REC-12, A11Y-20): an error, an accessibility failure, a request, or something else."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection

from feedback.models import Entry
from tests.feedback.written import read_form
from tests.words import words

KINDS = ["error", "failure", "request", "other"]


def checked(response) -> list[str]:
    """The values of the radio buttons that are chosen."""
    elements = read_form(response).elements
    return [attrs["value"] for tag, attrs in elements if attrs.get("type") == "radio" and "checked" in attrs]


def offered(response) -> list[str]:
    return [attrs["value"] for _tag, attrs in read_form(response).elements if attrs.get("type") == "radio"]


def test_every_page_offers_all_and_takes_it_for_an_error(about, client):
    for address in ("/om/", "/en/om/", "/meddela-fel/"):
        response = client.get(address)
        assert offered(response) == KINDS
        assert checked(response) == ["error"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_received_as_what_its_sender_says_without_an_address_to_answer(send, client, kind):
    response = send(kind=kind)
    assert response.status_code == 303
    entry = Entry.objects.get()
    assert (entry.kind, entry.email) == (kind, "")
    assert entry.get_kind_display() in client.get(response.headers["Location"]).content.decode()


def test_who_asks_for_content_is_told_that_nobody_can_answer_without_an_address(send, client):
    response = client.get("/om/")
    hints = {
        attrs["value"]: attrs.get("aria-describedby")
        for _tag, attrs in read_form(response).elements
        if attrs.get("type") == "radio"
    }
    assert "Utan din e-postadress kan ingen svara dig" in read_form(response).texts[hints["request"]]
    receipt = client.get(send(kind="request").headers["Location"]).content.decode()
    assert "ingen kan skicka dig det du begär" in receipt


def test_a_form_from_before_there_were_kinds_reports_an_error(about, client):
    form = read_form(client.get("/om/"))
    values = {name: value for name, value in form.values.items() if name != "kind"}
    assert client.post(form.action, values | {"message": "Fel."}).status_code == 303
    assert Entry.objects.get().kind == "error"


def test_what_is_no_kind_is_refused_and_the_text_kept(send):
    response = send(kind="klagomål", message="Bilden saknar text.")
    assert response.status_code == 422
    html = response.content.decode()
    assert "Välj vad ditt meddelande gäller." in html
    assert 'href="#id_kind_0"' in html
    assert 'id="id_kind_0"' in html
    assert "Bilden saknar text." in html
    assert not Entry.objects.exists()


def test_the_choice_is_kept_when_something_else_is_wrong(send):
    assert checked(send(kind="request", message="")) == ["request"]
    assert checked(send(kind="failure", headers={"Sec-Fetch-Site": "cross-site"})) == ["failure"]


@pytest.mark.parametrize(
    ("asked", "chosen", "heading"),
    [
        ("failure", "failure", "Rapportera en brist i tillgängligheten"),
        ("request", "request", "Begär tillgängligt innehåll"),
        ("other", "other", "Skriv till oss om sidan"),
        ("sabotage", "error", "Meddela fel på sidan"),
        ("", "error", "Meddela fel på sidan"),
    ],
)
def test_an_address_can_choose_beforehand(about, client, asked, chosen, heading):
    response = client.get("/meddela-fel/", {"sida": "/om/", "slag": asked})
    assert response.status_code == 200
    assert checked(response) == [chosen]
    assert read_form(response).values["address"] == "/om/"
    assert f'<h1 class="head__title">{heading}</h1>' in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "heading", "question", "missing"),
    [
        ("error", "Meddela fel på sidan", "Ditt meddelande", "Skriv vad som är fel."),
        (
            "failure",
            "Rapportera en brist i tillgängligheten",
            "Vad är det som inte fungerar?",
            "Skriv vad som inte fungerar.",
        ),
        ("request", "Begär tillgängligt innehåll", "Vad behöver du?", "Skriv vad du behöver."),
        ("other", "Skriv till oss om sidan", "Ditt meddelande", "Skriv ditt meddelande."),
    ],
)
def test_what_is_refused_is_called_what_its_sender_chose(send, kind, heading, question, missing):
    html = send(kind=kind, message="").text
    assert f"<title>Inte skickat: {heading} – " in html
    assert f">{heading}</h1>" in html
    assert f'for="id_message">{question}</label>' in html
    assert html.count(missing) == 2
    assert kind == "error" or "är fel" not in words(html)


def test_only_what_may_be_wrong_is_said_to_be_corrected(send, client, settings):
    settings.DEMO = False
    receipts = {kind: client.get(send(kind=kind).url).text for kind in KINDS}
    assert [kind for kind, receipt in receipts.items() if "rättar det som är fel" in receipt] == ["error", "failure"]


def test_the_same_text_sent_as_something_else_is_another_report(client, about):
    form = read_form(client.get("/om/"))
    kinds = ("error", "error", "failure")
    sent = [client.post(form.action, form.values | {"message": "Fel.", "kind": kind}).url for kind in kinds]
    assert sent[0] == sent[1] != sent[2]
    assert list(Entry.objects.order_by("number").values_list("kind", flat=True)) == ["error", "failure"]


def test_a_registrar_sees_each_kind_by_itself(send, client):
    for kind in KINDS:
        send(kind=kind)
    user = User.objects.create(username="registrator", is_staff=True)
    user.groups.add(Group.objects.get(name="Registrars"))
    client.force_login(user)
    register = "/admin/feedback/entry/"
    assert "En brist i tillgängligheten" in client.get(register).content.decode()
    for kind in KINDS:
        found = client.get(register, {"kind__exact": kind}).context["cl"].queryset
        assert [entry.kind for entry in found] == [kind]


def test_reports_from_before_there_were_kinds_are_about_errors(db):
    """No row may be changed, so that the column's own default says it."""
    columns = "information_schema.columns WHERE table_name = 'feedback_entry' AND column_name = 'kind'"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT column_default FROM {columns}")
        assert "'error'" in cursor.fetchone()[0]
