"""Whoever sends a personal number is asked once; nothing is refused for what it says, or how often or fast it comes."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from feedback import forms
from feedback.models import Entry, RecentReport
from tests.feedback.written import read_form

# Tolvan Tolvansson, whom the tax agency lends to examples
NUMBER = "19121212-1212"
TEXT = f"Jag heter Tolvan, {NUMBER}, och sidan är fel."


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_personal_number_brings_one_question_with_the_text_kept(send, client, prefix):
    asked = send(f"{prefix}/om/", message=TEXT, email="tolvan@example.com")
    assert asked.status_code == 422
    assert not Entry.objects.exists()
    form = read_form(asked)
    assert (form.values["message"], form.values["email"]) == (TEXT, "tolvan@example.com")
    question = {"": "Vill du ta bort numret?", "/en": "Do you want to remove the number?"}[prefix]
    assert question in asked.text
    assert not asked.cookies

    sent = client.post(form.action, form.values)
    assert sent.status_code == 303
    assert Entry.objects.get().message == TEXT
    assert not sent.cookies


def test_text_without_it_is_sent_too_and_nobody_is_asked_twice(send, client):
    form = read_form(send(message=TEXT))
    changed = form.values | {"message": f"Nu är det {NUMBER} igen, men något annat."}
    wrong = client.post(form.action, changed | {"email": "ingen"})
    assert wrong.status_code == 422
    assert "Vill du ta bort numret?" not in wrong.text
    assert client.post(form.action, read_form(wrong).values | {"email": ""}).status_code == 303
    assert send(message="Utan nummer.").status_code == 303
    assert Entry.objects.count() == 2


def test_question_is_not_forgotten_when_the_message_was_not_received(send, client):
    form = read_form(send(message=TEXT))
    foreign = client.post(form.action, form.values, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert client.post(form.action, read_form(foreign).values).status_code == 303


@pytest.mark.parametrize("text", ["121212-1213", "Ring 044-13 50 00", "Skriv till bo@example.com", "FEL 2026/123"])
def test_nothing_else_is_asked_about(send, text):
    assert send(message=text).status_code == 303


def test_form_warns_before_and_has_no_field_for_the_question_until_it_is_asked(about, client):
    form = read_form(client.get("/om/"))
    assert "asked" not in form.values
    assert "personnummer" in client.get("/om/").text


# What is suspected is marked, and received.


@pytest.mark.parametrize(("seconds", "suspected"), [(1, True), (30, False)])
def test_what_was_written_faster_than_people_write_is_marked(send, settings, monkeypatch, seconds, suspected):
    settings.LEAST_SECONDS_TO_WRITE = 3
    monkeypatch.setattr(forms, "now", lambda: now() + timedelta(seconds=seconds))
    assert send().status_code == 303
    assert Entry.objects.get().suspected_spam is suspected


def test_library_is_not_locked_out(send, settings):
    settings.REPORTS_PER_MINUTE = 2
    for i in range(10):
        assert send(message=f"Fel nummer {i}").status_code == 303
    assert Entry.objects.filter(suspected_spam=False).count() == 2
    assert Entry.objects.count() == 10
    RecentReport.objects.update(at=now() - timedelta(minutes=2))
    send(message="Ett till")
    assert not Entry.objects.order_by("pk").last().suspected_spam


def test_nobody_is_told_that_they_are_suspected(send, client):
    receipt = client.get(send(website="https://spam.example/").url).text
    assert Entry.objects.get().suspected_spam
    assert Entry.objects.get().designation in receipt
    assert "skräppost" not in receipt + client.get("/diarium/").text
