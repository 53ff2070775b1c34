"""Numbers as people write them: each shape of REC-28 is read, and what designates nothing says why."""

import re

import pytest
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from feedback.designations import Designation, read

SERIES = ("FEL", "KS")

# The expression that REC-28 gives, after which the series is looked up.
WRITTEN = re.compile(
    r"^\s*(?:(?:dnr|änr|diarienummer|diarienr)[.:]?\s*)?([A-ZÅÄÖ]{2,6})[\s/]*((?:19|20)\d{2})\s*[/:\-]\s*0*([1-9]\d{0,5})"
    r"(?:\s*[-:/.]\s*0*([1-9]\d{0,3}))?\s*$",
    re.IGNORECASE | re.ASCII,
)
# Every shape that it takes, within what people have patience to write
NEARLY = st.from_regex(
    r"\A ?((Dnr|änr|diarienummer|Diarienr)[.:]? ?)?(FEL|fel|Ks|XX|BMF)[ /]{0,2}(19|20|3)?[0-9]{2} ?[/:-] ?"
    r"0{0,3}[0-9]{1,7}( ?[-:/.] ?0{0,3}[0-9]{1,4})? ?\Z"
)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    "text",
    [
        "KS 2026/123",
        "KS 2026/00123",
        "KS 2026-123",
        "ks2026/123",
        "Dnr KS 2026:123",
        "KS/2026/0123",
        # As they come from letters, mails and spreadsheets
        "KS\u00a02026/123",
        "KS 2026–123",
        "ks 2026\u2011123",
        "[KS 2026/123]",
        "KS 2026/123.",
        "KS\u200b 2026/123",
        "nr KS 2026/123",
    ],
)
def test_every_way_of_writing_a_number_is_read(text):
    assert read(text, SERIES) == (Designation("KS", 2026, 123), "")


@pytest.mark.parametrize("text", ["KS 2026/123-4", "KS/2026/0123/0004", "KS 2026/123:4", "KS 2026-123-4"])
def test_the_number_of_a_document_is_read(text):
    found, _ = read(text, SERIES)
    assert found == Designation("KS", 2026, 123, 4)
    assert found.entry == Designation("KS", 2026, 123)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("KS 2026/0", "Numbers begin with 1."),
        ("KS 2026/123-0", "Numbers begin with 1."),
        ("KS 26/123", "Write the year with four digits, as in FEL 2026/17."),
        ("KS 3026/123", "There are no numbers of the year 3026."),
        ("KS 2026/1234567", "There is no number that high."),
        ("KS 2026/123-12345", "There is no number that high."),
        ("KS 2026", "Write both year and number, as in FEL 2026/17."),
        ("KS 17", "Write both year and number, as in FEL 2026/17."),
        ("2026/123", "Write what the number begins with too, as in FEL 2026/17."),
        ("dnr 2026/123", "Write what the number begins with too, as in FEL 2026/17."),
        ("XX 2026/1", "No number begins with XX here, only with FEL, KS."),
        ("dnr xx 2026/1", "No number begins with XX here, only with FEL, KS."),
        ("FELA 2026/1", "No number begins with FELA here, only with FEL, KS."),
        # Words to search for
        ("", ""),
        ("trasig länk", ""),
        ("fel på sidan", ""),
        ("2026", ""),
        ("2026-11-23", ""),
        ("kl 12:30", ""),
        ("044-13 50 00", ""),
        ("Vision 2030", ""),
        ("KS 2026/1 och KS 2026/2", ""),
        ("KS 2026/1" + " " * 500 + "och mer", ""),
        ("KS 2026/" + "1" * 5000, ""),
    ],
)
def test_what_designates_nothing_says_why_if_it_looks_like_a_number(text, reason):
    assert read(text, SERIES) == (None, reason)


def test_a_number_is_no_beginning_of_another():
    assert read("FEL 2026/1", SERIES)[0] != read("FEL 2026/10", SERIES)[0]


def test_series_are_told_apart_by_all_of_their_name():
    series = ("FE", "FEL", "T", "T1", "NR", "Blå")
    for text in ("FE 2026/1", "FEL 2026/1", "T1 2026/1", "NR 2026/1", "Blå 2026/1"):
        assert str(read(text, series)[0]) == text
    assert str(read("T12026/1", series)[0]) == "T1 2026/1"
    assert str(read("BLA\u030a 2026/1", series)[0]) == "Blå 2026/1"


def test_written_for_people_and_for_archives():
    assert str(Designation("FEL", 2026, 17)) == "FEL 2026/17"
    assert str(Designation("FEL", 2026, 17, 2)) == "FEL 2026/17-2"
    assert Designation("FEL", 2026, 17).padded == "FEL 2026/00017"
    assert Designation("FEL", 2026, 17, 2).padded == "FEL 2026/00017-0002"


@given(
    st.builds(
        Designation,
        st.sampled_from(SERIES),
        st.integers(1900, 2099),
        st.integers(1, 999_999),
        st.none() | st.integers(1, 9_999),
    )
)
def test_what_is_written_is_read(designation):
    assert read(str(designation), SERIES)[0] == designation
    assert read(designation.padded, SERIES)[0] == designation


@given(NEARLY)
@example("diarienummerXX1900:1")
def test_read_as_the_rule_has_it(text):
    found, reason = read(text, SERIES)
    rule = WRITTEN.match(text)
    if rule and rule[1].upper() in SERIES:
        assert found == Designation(rule[1].upper(), int(rule[2]), int(rule[3]), int(rule[4]) if rule[4] else None)
    else:
        assert found is None
    assert (found is None) == bool(reason) or not rule


@given(st.text() | st.text("FELKSfelnrdº 2026/:-.０²٣İ\u0301\0"), st.sets(st.text(min_size=1, max_size=6)))
@example("İ 2026/1", {"I", "İ"})
@example("²026/1", {"KS"})
@example("KS 2026/17²", {"KS"})
def test_no_text_fails(text, series):
    found, reason = read(text, series)
    assert found is None or (not reason and found.series in series and found.number > 0)


def test_footnote_is_not_a_part_of_a_number():
    assert read("KS 2026/17²", SERIES)[0] is None
