"""By when a report is to be dealt with (REC-21)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedback.due import due_after, due_on, is_working_day

DAYS = st.dates(date(2005, 1, 1), date(2100, 12, 20))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23", "2026-11-24"),
        ("2026-11-27", "2026-11-30"),
        ("2026-12-18", "2026-12-21"),
        ("2026-12-23", "2026-12-28"),
        ("2026-12-30", "2027-01-04"),
        ("2026-06-18", "2026-06-22"),
        ("2026-04-02", "2026-04-07"),
        ("2027-01-05", "2027-01-07"),
        ("2027-05-05", "2027-05-07"),
    ],
)
def test_due_on_the_next_working_day(received, due):
    assert due_on(date.fromisoformat(received)) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-23T22:59:59Z", "2026-11-24"),
        ("2026-11-23T23:00:00Z", "2026-11-25"),
        ("2026-06-30T21:59:59Z", "2026-07-01"),
        ("2026-06-30T22:00:00Z", "2026-07-02"),
    ],
)
def test_the_day_is_that_of_sweden(received, due):
    assert due_after(datetime.fromisoformat(received)) == date.fromisoformat(due)


def test_a_moment_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        due_after(datetime(2026, 11, 23, 12))  # noqa: DTZ001


def red_days(year: int) -> set[date]:
    """By the words of lag (1989:253) and semesterlagen 7 §, with Easter by the formula of Meeus."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    rest = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * rest) // 451
    month, day = divmod(h + rest - 7 * m + 114, 31)
    easter = date(year, month, day + 1)
    fixed = [(1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31)]
    midsummer = next(date(year, 6, n) for n in range(20, 27) if date(year, 6, n).weekday() == 5)
    moving = {easter + timedelta(days=n) for n in (-2, 1, 39)}
    return {date(year, *each) for each in fixed} | moving | {midsummer - timedelta(days=1)}


@given(DAYS)
@example(date(2026, 12, 23))
def test_every_day_is_as_the_law_says(day):
    assert is_working_day(day) == (day.weekday() < 5 and day not in red_days(day.year))


@given(DAYS)
def test_due_after_the_day_of_receipt_and_after_no_other_working_day(received):
    due = due_on(received)
    assert received < due
    assert is_working_day(due)
    between = [received + timedelta(days=n) for n in range(1, (due - received).days)]
    assert not any(map(is_working_day, between))
