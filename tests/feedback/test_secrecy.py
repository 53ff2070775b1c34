"""A marking has all its parts, and what it covers is read by nobody unnoticed."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from feedback import handling, secrecy
from feedback.models import Entry, Event, Standing
from feedback.register import Refused
from feedback.steps import Deed
from tests.feedback.desk import REGISTER, last, person, screen, send

MARKING = {"provision": "21 kap. 1 § OSL", "decided_on": "2026-11-02", "authority": "Kommunstyrelsen"}
MESSAGE, ADDRESS = "Grannen mår mycket dåligt.", "anna@example.com"


@pytest.fixture
def entry(receive) -> Entry:
    return receive(MESSAGE, email=ADDRESS)


@pytest.fixture
def eva(client, entry):
    eva = person("eva", "Registrars", first_name="Eva", last_name="Lind")
    client.force_login(eva)
    return eva


def mark(entry, eva, **more):
    return secrecy.mark(entry, **{**MARKING, "decided_on": date(2026, 11, 2)}, by=eva, **more)


def reads() -> list[dict]:
    return [event.facts for event in Event.objects.filter(kind=Deed.READ)]


def test_a_marking_is_made_and_removed_with_a_reason(entry, eva, client):
    assert send(client, entry, "mark", **MARKING, subject_hidden="on").status_code == 302
    standing = Standing.objects.get(entry=entry)
    assert (standing.secret, standing.sender_hidden, standing.subject_hidden, standing.protected) == (
        True,
        False,
        True,
        False,
    )
    assert last(entry).facts == {**MARKING, "sender_hidden": False, "subject_hidden": True, "protected": False}
    assert send(client, entry, "unmark", reason="").status_code == 422
    assert send(client, entry, "unmark", reason="Prövad: inte hemlig.").status_code == 302
    assert not Standing.objects.get(entry=entry).secret


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("provision", ""),
        ("provision", "Hemligt"),
        ("provision", "21 kap. OSL"),
        ("provision", "21 kap. 1 § OSL, 640823-3234"),
        ("decided_on", ""),
        ("decided_on", "i går"),
        ("decided_on", (localdate() + timedelta(days=2)).isoformat()),
        ("authority", ""),
        ("authority", "anna@example.com"),
    ],
)
def test_a_marking_without_a_part_is_not_made_here_or_below(entry, eva, client, part, said):
    response = send(client, entry, "mark", **{**MARKING, part: said})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    assert MARKING["provision" if part != "provision" else "authority"] in response.content.decode()
    parts = {**MARKING, part: said}
    try:
        parts["decided_on"] = date.fromisoformat(parts["decided_on"])
    except ValueError:
        parts["decided_on"] = None
    with pytest.raises(Refused):
        secrecy.mark(entry, **parts, by=eva)
    assert not Standing.objects.get(entry=entry).secret


@pytest.mark.parametrize(
    "provision", ["21 kap. 1 § OSL", "21 kap. 3 a § första stycket OSL", "18 kap. 1–3 §§ OSL", "5 a kap. 2 § OSL"]
)
def test_provisions_as_they_are_written(entry, eva, provision):
    assert (
        secrecy.mark(entry, provision=provision, decided_on=date(2026, 11, 2), authority="Nämnden", by=eva).facts[
            "provision"
        ]
        == provision
    )


def test_it_is_said_that_a_marking_is_a_warning_only(entry, eva, client):
    words = "A marking is only a warning."
    assert client.get(screen(entry)).content.decode().count(words) == 1  # the form's
    mark(entry, eva)
    assert client.get(screen(entry)).content.decode().count(words) == 2


def test_one_view_of_what_is_secret_is_one_row(entry, eva, client):
    mark(entry, eva)
    handling.note(entry, "Ringde socialtjänsten.", by=eva)
    for _look in range(2):
        page = client.get(screen(entry)).content.decode()
        assert MESSAGE not in page
        assert "Ringde" not in page
        assert ADDRESS in page
        assert entry.token not in page  # the receipt's page says it all
    assert reads() == []
    page = client.post(f"/en{REGISTER}{entry.pk}/secret/").content.decode()
    assert MESSAGE in page
    assert "Ringde" in page
    assert reads() == [{"what": ["message", "note"]}]
    assert last(entry).by == eva
    assert client.get(f"/en{REGISTER}{entry.pk}/secret/").status_code == 302
    assert MESSAGE not in client.get(screen(entry)).content.decode()
    assert len(reads()) == 1


def test_nothing_is_logged_where_nothing_is_secret(entry, eva, client):
    assert MESSAGE in client.post(f"/en{REGISTER}{entry.pk}/secret/").content.decode()
    assert reads() == []


@pytest.mark.parametrize(("flag", "stands"), [("protected", "Protected"), ("sender_hidden", "Secret")])
def test_a_hidden_sender_is_in_no_list_and_folded_away_on_the_screen(entry, eva, client, flag, stands):
    assert ADDRESS in client.get(f"/en{REGISTER}").content.decode()
    mark(entry, eva, **{flag: True})
    row = client.get(f"/en{REGISTER}").content.decode()
    assert f'<td class="field-sender">{stands}</td>' in row
    for page in (row, client.get(screen(entry)).content.decode()):
        assert ADDRESS not in page
        assert MESSAGE not in page
    assert ADDRESS in client.post(f"/en{REGISTER}{entry.pk}/secret/").content.decode()
    assert reads() == [{"what": ["email", "message"]}]


def test_what_is_not_done_shows_nothing_that_is_secret(entry, eva, client):
    mark(entry, eva)
    for response in (send(client, entry, "note", text=""), send(client, entry, "close", button="little_importance")):
        assert response.status_code in (409, 422)
        assert MESSAGE not in response.content.decode()
