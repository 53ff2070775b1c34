"""The days that promises end with, as calendars."""

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from strategy import publishing
from strategy.models import Node
from tests.changed import change
from tests.past import happened

ALL = "/feed/alla.ics"


def calendar(client, address: str) -> Calendar:
    response = client.get(address)
    assert response.status_code == 200, address
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert b"\r\n" in response.content
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    return Calendar.from_ical(response.content)


def deadlines(client, address: str = ALL) -> dict[str, date]:
    return {str(event["summary"]): event["dtstart"].dt for event in calendar(client, address).walk("VEVENT")}


def test_ends_of_roadmaps_and_efforts_and_target_years_are_there(published, client):
    assert deadlines(client) == {
        "Resultatmål, målår 2024: 2.1.2 Arbetslösheten ska minska": date(2024, 12, 31),
        "Insats slutar: Starta jobbspår": date(2024, 12, 31),
        "Strategisk färdplan slutar: Strategisk färdplan": date(2024, 12, 31),
        "Vision, målår 2030: Vi lyfter tillsammans": date(2030, 12, 31),
    }
    assert "Effort ends: Starta jobbspår" in deadlines(client, f"/en{ALL}")


@pytest.mark.parametrize("stage", [Node.Stage.DONE, Node.Stage.DROPPED])
def test_an_effort_that_is_over_has_no_deadline(published, client, stage):
    change(published.track, stage=stage)
    assert "Insats slutar: Starta jobbspår" not in deadlines(client)
    change(published.track, stage=Node.Stage.DELAYED)
    assert "Insats slutar: Starta jobbspår" in deadlines(client)


def test_a_deadline_that_moves_stays_the_same_event(published, client):
    def event() -> object:
        return next(event for event in calendar(client, ALL).walk("VEVENT") if "jobbspår" in event["summary"])

    uid = event()["uid"]
    change(published.track, period_end_on="2025-06-30")
    assert (event()["dtstart"].dt, event()["dtend"].dt) == (date(2025, 6, 30), date(2025, 7, 1))
    assert event()["uid"] == uid


def test_an_event_says_when_it_was_published_where_it_is_and_what_it_is(published, client):
    change(published.jobs, example=True, lead="Fler ska ha ett arbete.")
    happened(*(datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3)))
    event = next(event for event in calendar(client, ALL).walk("VEVENT") if "2.1.2" in event["summary"])
    assert event["dtstamp"].dt == datetime(2024, 3, 10, 12, tzinfo=UTC)
    assert event["url"] == f"http://testserver/n/{published.jobs.pk}/"
    assert event["categories"].to_ical() == "Resultatmål,Exempeldata".encode()
    assert event["description"] == "Fler ska ha ett arbete."
    assert event["transp"] == "TRANSPARENT"


def test_the_calendar_of_a_page_has_what_is_under_it_and_that_of_a_board_what_names_it(published, client):
    assert set(deadlines(client, f"/feed/{published.jobs.pk}.ics")) == {
        "Resultatmål, målår 2024: 2.1.2 Arbetslösheten ska minska",
        "Insats slutar: Starta jobbspår",
    }
    assert set(deadlines(client, f"/feed/{published.board.pk}.ics")) == {
        "Resultatmål, målår 2024: 2.1.2 Arbetslösheten ska minska",
        "Insats slutar: Starta jobbspår",
    }
    assert deadlines(client, f"/feed/{published.about.pk}.ics") == {}


def test_a_calendar_without_a_deadline_is_one_that_can_be_followed(published, client):
    """RFC 5545, section 3.6: it has at least one component."""
    address = f"/feed/{published.jobs.pk}.ics"
    publishing.withdraw(published.jobs)
    empty = calendar(client, address)
    assert [part.name for part in empty.subcomponents] == ["VTIMEZONE"]
    assert str(empty["name"])
    first = client.get(address)
    assert client.get(address).content == first.content
    publishing.publish(published.jobs)
    later = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert [part.name for part in Calendar.from_ical(later.content).subcomponents] == ["VEVENT"]


def test_what_is_withdrawn_has_no_deadline(published, client):
    publishing.withdraw(published.jobs)
    assert len(deadlines(client)) == 2
    assert deadlines(client, f"/feed/{published.jobs.pk}.ics") == {}


def test_a_calendar_has_a_name(published, client):
    assert str(calendar(client, f"/feed/{published.board.pk}.ics")["name"]) == "Kommunstyrelsen – Kristianstads kommun"
    assert str(calendar(client, ALL)["x-wr-calname"]) == "Slutdatum – Kristianstads kommun"


def test_a_title_of_signs_that_calendars_use_stays_one_line(published, client):
    change(published.track, title="A;B,C\\n: D\x0b")
    assert any("A;B,C\\n: D" in summary for summary in deadlines(client))


def test_it_takes_as_many_queries_for_many_deadlines(published, client, django_assert_max_num_queries):
    for number in range(5):
        publishing.publish(
            Node.objects.add_child(
                published.vision,
                create_kwargs={
                    "kind": "roadmap",
                    "slug": f"plan-{number}",
                    "title": f"Plan {number}",
                    "period_start_on": f"{2030 + number}-01-01",
                    "period_end_on": f"{2030 + number}-12-31",
                },
            )
        )
    with django_assert_max_num_queries(2):
        client.get(ALL)
