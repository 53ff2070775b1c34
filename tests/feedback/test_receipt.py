"""The receipt tells how far it has come, and never more than was sent and answered."""

import pytest
from django.db import connection

from feedback import answers, handling, register
from feedback.models import Passage
from feedback.steps import Deed


@pytest.fixture
def people(django_user_model):
    return [django_user_model.objects.create(username=name, first_name="Vilgot") for name in ("vilgot", "bo")]


@pytest.fixture
def entry(receive):
    return receive("Telefonnumret är fel.", email="anna@example.com", language="en")


@pytest.fixture
def read(entry, client):
    return lambda: client.get(f"/en/kvittens/{entry.token}/").content.decode()


def test_state_is_told_in_plain_words_as_it_changes(entry, people, read):
    assert "Nobody has begun with it yet." in read()
    handling.assign(entry, people[0], by=people[1])
    assert "Somebody at the municipality is working on it." in read()
    answers.send(entry, people[0], "Reply", "Hello!\n\nIt is <mended>.\n")
    assert "We have answered." in read()
    register.record(entry, Deed.CLOSED, by=people[0], facts={"closing": "fixed"}, passages={"reason": "Hemligt skäl"})
    assert "what you reported has been fixed" in read()


def test_answers_are_shown_as_they_come(entry, people, read):
    answers.send(entry, people[0], "Reply", "Hello!\n\nIt is <mended>.\n")
    answers.send(entry, people[0], "More", "And the other one too.\n")
    page = read()
    assert page.index("It is &lt;mended&gt;.") < page.index("And the other one too.")


def test_nothing_else_is_shown(entry, people, read):
    handling.assign(entry, people[0], by=people[1])
    handling.note(entry, "Tjänsteanteckningen", by=people[0])
    answers.save_draft(entry, people[0], "Utkastet", "Utkastets text")
    register.record(entry, Deed.CLOSED, by=people[0], facts={"closing": "no_action"}, passages={"reason": "Skälet"})
    page = read()
    for words in ("Tjänsteanteckningen", "Utkastet", "Skälet", "vilgot", "Vilgot"):
        assert words not in page


def test_when_it_is_disposed_of_the_page_says_so(entry, people, read):
    answers.send(entry, people[0], "Reply", "Hello!\n")
    for deed in (Deed.CLOSED, Deed.PROPOSED):
        register.record(entry, deed, by=people[0])
    register.record(entry, Deed.DISPOSED, by=people[1])
    Passage.objects.filter(event__entry=entry).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    page = read()
    assert "It has been disposed of" in page
    assert entry.designation in page
    for words in ("Hello!", "Telefonnumret", "anna@example.com", "None given"):
        assert words not in page
