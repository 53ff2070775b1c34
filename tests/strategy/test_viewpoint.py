"""What `?den=` is read as, and how addresses carry it on."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.http import QueryDict
from hypothesis import example, given
from hypothesis import strategies as st

from strategy.viewpoint import BadDay, Viewpoint, in_address

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(2026, 3, 29, 12), timezones=st.just(UTC))  # noqa: DTZ001


def asked(text: str, now: datetime = NOW, language: str = "sv") -> Viewpoint:
    query = QueryDict(mutable=True)
    query["den"] = text
    return Viewpoint.of(SimpleNamespace(GET=query, LANGUAGE_CODE=language), now)


# Text that is nearly a day or a moment finds more than any text does.
NEARLY = st.from_regex(
    r"[0-9٠-٩]{3,5}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?)?(Z|[-+ ][0-9]{2}:[0-9]{2})?"
)


@given(st.text() | NEARLY)
@example("0000-01-01")
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31")
@example("9999-12-31T23:59:59.999999-23:59")
@example("2024-02-30")
@example("2024-05-01T24:00:00Z")
@example("2024-05-01T12:00:00+24:00")
@example("2024-05-01T12:00:00+02:60")
@example("2024-05-01\n")
@example("２０２４-05-01")
@example("\0")
def test_any_text_is_read_or_refused(text):
    try:
        seen = asked(text)
    except BadDay:
        return
    assert seen.moment is None or (seen.moment <= NOW and seen.moment.tzinfo is not None)
    assert (seen.moment is None) == (seen.asked == "")
    assert seen.ahead is None or (seen.moment is None and seen.ahead >= date(2026, 3, 29))


@pytest.mark.parametrize(
    "text",
    [
        "i går",
        "2024",
        "2024-5-1",
        "20240501",
        "2024-02-30",
        "2024-W18-3",
        "0000-12-31",
        "0001-01-01T00:00",
        "2024-05-01T25:00",
        "2024-05-01T12:00+24:00",
        "2024-05-01 12:00:00",
        "2024-05-01T12:00:00.1234567Z",
        "١٢٣٤-٠١-٠١",
    ],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(BadDay):
        asked(text)


@pytest.mark.parametrize(
    ("day", "last_moment"),
    [
        ("2024-05-01", datetime(2024, 5, 1, 21, 59, 59, 999999, UTC)),
        ("2024-12-31", datetime(2024, 12, 31, 22, 59, 59, 999999, UTC)),
        # The days when clocks are moved have 23 and 25 hours.
        ("2024-03-31", datetime(2024, 3, 31, 21, 59, 59, 999999, UTC)),
        ("2024-10-27", datetime(2024, 10, 27, 22, 59, 59, 999999, UTC)),
    ],
)
def test_day_is_seen_as_it_ended_in_sweden(day, last_moment):
    assert asked(day).moment == last_moment
    assert asked(day).asked == day


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-01T12:00Z", datetime(2024, 5, 1, 12, tzinfo=UTC)),
        ("2024-05-01T12:00:00.5Z", datetime(2024, 5, 1, 12, 0, 0, 500000, UTC)),
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        # A plus that was not escaped
        ("2024-05-01T12:00:00 02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T12:00:00-02:00", datetime(2024, 5, 1, 14, tzinfo=UTC)),
        # Without a zone: Sweden's
        ("2024-05-01T12:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-12-01T12:00", datetime(2024, 12, 1, 11, tzinfo=UTC)),
    ],
)
def test_full_moment_is_taken_as_it_is_written(text, moment):
    assert asked(text).moment == moment


def test_today_is_now_in_sweden_whatever_day_it_is_elsewhere():
    late = datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    assert asked("2024-05-02", now=late) == Viewpoint("sv")
    assert asked("2024-05-01", now=late).moment == datetime(2024, 5, 1, 21, 59, 59, 999999, UTC)
    assert asked("2024-05-03", now=late) == Viewpoint("sv", ahead=date(2024, 5, 3))


def test_moment_that_has_not_come_shows_now_and_says_which_day_was_asked_for():
    assert asked("2026-03-29T22:30Z") == Viewpoint("sv", ahead=date(2026, 3, 30))
    assert asked("2026-03-29T12:00:00Z").moment == NOW


def test_without_a_day_it_is_now():
    assert asked("") == asked("  ") == Viewpoint("sv")


@given(MOMENTS)
def test_moment_comes_back_from_an_address_as_it_was(moment):
    seen = asked(in_address(moment))
    assert seen.moment == moment
    assert seen.asked == in_address(moment)


@given(
    st.sampled_from(
        ["/", "/om/", "/vi-lyfter/fardplan/", "/sok/?q=jobb&q=skola", "/om/?tom=", "/om/?q=a%26b+c%2B#plats"]
    ),
    st.sampled_from(["", "2024-05-01", "2024-05-01T10:00:00.000001Z"]),
    st.sampled_from(["sv", "en"]),
)
def test_address_keeps_its_query_and_place_and_gets_the_day_once(address, day, language):
    seen = Viewpoint(language, None, day)
    made = seen.url(address)
    before, after = urlsplit(address), urlsplit(made)
    assert after.path == ("/en" if language == "en" else "") + before.path
    assert after.fragment == before.fragment
    wanted = parse_qsl(before.query, keep_blank_values=True) + ([("den", day)] if day else [])
    assert parse_qsl(after.query, keep_blank_values=True) == wanted
    assert seen.url(made) == made


def test_address_that_has_another_day_gets_this_one():
    assert Viewpoint("sv", None, "2024-05-01").url("/om/?den=2020-01-01&q=x") == "/om/?q=x&den=2024-05-01"
