"""Suspected personal data in a text: found as people write it, and little else taken for it (REC-54, REC-62)."""

import string
from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from feedback.designations import Designation
from feedback.personal_data import Kind, Span, holds_personal_number, suspected

NUMBERS = {Kind.PERSONAL_NUMBER, Kind.COORDINATION_NUMBER}
JOINS = ["", "-", "+", " ", "–", "\u2011", "−", " - ", " – ", "\u00a0", "\u200b", "/"]

# Text of what the expressions are about finds more than any text does.
ANY_TEXT = st.text() | st.text("0124679 -+.@/()–\u00a0\u200b:as\n")
WITHOUT_DIGITS = st.text(st.characters(exclude_categories=["Nd", "Cs"]))


def found(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], kind) for start, end, kind in suspected(text)]


def check_digit(nine: str) -> int:
    """By the words of the rule: every other digit is doubled from the first, and the digits of the products added."""
    products = "".join(str(int(digit) * (1 if place % 2 else 2)) for place, digit in enumerate(nine))
    return -sum(map(int, products)) % 10


@st.composite
def numbers(draw, wrong: int = 0):
    """A personnummer or samordningsnummer in one of the ways of writing; its last digit is `wrong` too high."""
    born = draw(st.dates(date(1890, 1, 1), date(2029, 12, 31)))
    day = born.day + draw(st.sampled_from([0, 60]))
    parts = [f"{born.year % 100:02}", f"{born.month:02}", f"{day:02}"]
    nine = "".join(parts) + draw(st.text(string.digits, min_size=3, max_size=3))
    last = nine[6:] + str((check_digit(nine) + wrong) % 10)
    century = draw(st.sampled_from(["", str(born.year // 100)]))
    return century + draw(st.sampled_from(["", "", "-", " "])).join(parts) + draw(st.sampled_from(JOINS)) + last


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("19121212-1212", Kind.PERSONAL_NUMBER),
        ("121212-1212", Kind.PERSONAL_NUMBER),
        ("121212+1212", Kind.PERSONAL_NUMBER),
        ("191212121212", Kind.PERSONAL_NUMBER),
        ("121212 – 1212", Kind.PERSONAL_NUMBER),
        ("1912-12-12-1212", Kind.PERSONAL_NUMBER),
        ("12 12 12 1212", Kind.PERSONAL_NUMBER),
        ("1912 12 12 12 12", Kind.PERSONAL_NUMBER),
        ("121212-12-12", Kind.PERSONAL_NUMBER),
        ("12 12 12-121 2", Kind.PERSONAL_NUMBER),
        ("121212:1212", Kind.PERSONAL_NUMBER),
        ("121212 (1212", Kind.PERSONAL_NUMBER),
        ("701063-2391", Kind.COORDINATION_NUMBER),
        ("7010632391", Kind.COORDINATION_NUMBER),
        # A leap day of 2000, if not of 1900
        ("000229-0005", Kind.PERSONAL_NUMBER),
    ],
)
def test_number_of_a_person(text, kind):
    assert found(f"Jag heter Tolvan,{text}.") == [(text, kind)]
    assert holds_personal_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "121212-1213",
        "2026-123456",
        "KS 2026/123",
        "121312-1211",
        "19010229-1235",
        "21121212-1212",
        "1121212-1212",
        "121212-12120",
        "212000-0951",
        "121292-1215",
    ],
)
def test_other_number_is_no_number_of_a_person(text):
    assert suspected(text) == []
    assert not holds_personal_number(text)


@given(ANY_TEXT, numbers(), ANY_TEXT)
@example("12 12 ", "121212-1212", " 12")
@example("anna.", "1212121212", "@example.se")
def test_number_of_a_person_is_found_wherever_it_is(before, number, after):
    assume(not before[-1:].isdecimal() and not after[:1].isdecimal())
    text = before + number + after
    start, end = len(before), len(before) + len(number)
    assert [span for span in suspected(text) if span.start <= start and end <= span.end and span.kind in NUMBERS]
    assert holds_personal_number(text)


@given(WITHOUT_DIGITS, st.integers(1, 9).flatmap(lambda wrong: numbers(wrong=wrong)), WITHOUT_DIGITS)
def test_wrong_last_digit_makes_it_another_number(before, number, after):
    assert not NUMBERS & {span.kind for span in suspected(before + number + after)}


@pytest.mark.parametrize(
    "text",
    [
        "anna@example.se",
        "anna.karin+katt@mejl.example.com",
        "ANNA@EXAMPLE.SE",
        "åsa@örebro.example.se",
        "anna.a\u030asa@example.se",
        "anna@xn--rebro-eua.se",
        "anna (at) example.se",
        "anna[snabel-a]example.se",
        "anna @ example.se",
        "anna＠example.se",
    ],
)
def test_email_address(text):
    assert found(f"Mejla ({text}). Tack") == [(text, Kind.EMAIL)]


@pytest.mark.parametrize(
    "text", ["@kristianstad", "Instagram @kristianstads.kommun", "3 st @ 5.50", "a@b", "@.se", "@"]
)
def test_sign_alone_is_no_email_address(text):
    assert suspected(text) == []


@given(
    ANY_TEXT,
    st.from_regex(r"\A[a-zåäö0-9]([a-z0-9._+'-]{0,20}[a-z0-9])?@[a-zö0-9-]{1,10}(\.[a-z0-9-]{1,8}){0,2}\.[a-z]{2,8}\Z"),
    ANY_TEXT,
)
@example("x@", "anna@k.se", "@y")
@example("", "anna@k.se", ".2 mars")
def test_email_address_is_found_wherever_it_is(before, address, after):
    start, end = len(before), len(before) + len(address)
    assert [span for span in suspected(before + address + after) if span.start <= start and end <= span.end]


PHONES = [
    "070-123 45 67",
    "0721234567",
    "070 123 45 67",
    "070.123.45.67",
    "070/123 45 67",
    "0708–12 34 56",
    "044-13 50 00",
    "044 - 13 50 00",
    "(044) 13 50 00",
    "044135000",
    "0451-123 45",
    "08-12 34 56",
    "060-123 45",
    "08-123 456 78",
    "+46 70 123 45 67",
    "+46701234567",
    "+46 (0)70-123 45 67",
    "+46(0)44 13 50 00",
    "+46-44-13 50 00",
    "0046 70 123 45 67",
    "070\u00a0123\u00a045\u00a067",
    "070\u2011123\u201145\u201167",
]


@pytest.mark.parametrize("text", PHONES)
def test_phone_number(text):
    assert found(f"Ring {text}, tack.") == [(text, Kind.PHONE)]


@given(WITHOUT_DIGITS, st.sampled_from(PHONES), WITHOUT_DIGITS)
def test_phone_number_is_found_wherever_it_is(before, number, after):
    start, end = len(before), len(before) + len(number)
    assert [span for span in suspected(before + number + after) if span.start <= start and end <= span.end]


@pytest.mark.parametrize(
    "text",
    [
        "FEL 2026/00017-0002",
        "KS/2026/0123/0004",
        "2024–2027",
        "2026-01-02 03:04",
        "01-02-2026",
        "08/09/2026 kl. 08.00-16.30",
        "0730-1630",
        "291 80 Kristianstad",
        "1 050 000 000 kr",
        "5050-1055",
        "212000-0951 12 345",
        "01 02 03 04 05",
        "070123456789",
        "0\n12345678",
    ],
)
def test_other_number_is_no_phone_number(text):
    assert suspected(text) == []


@given(
    st.builds(
        Designation,
        st.just("FEL"),
        st.integers(1900, 2099),
        st.integers(1, 99_999),
        st.none() | st.integers(1, 99),
    ),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 10**13),
)
def test_numbers_of_the_register_and_dates_and_amounts_are_nobodys(designation, day, amount):
    kronor = f"{amount:,}"
    for text in (
        str(designation),
        designation.padded,
        day.isoformat(),
        f"{day.day}/{day.month} {day.year}",
        f"{day:%d.%m.%Y}",
        str(day.year),
        f"{kronor.replace(',', ' ')} kr",
        f"{kronor.replace(',', chr(0xA0))} kr",
        f"{kronor.replace(',', '.')} kr",
    ):
        assert suspected(f"Om {text}, tack") == []


def test_all_that_is_in_a_text():
    text = "Anna, 121212-1212, anna@example.se eller 070-123 45 67/044-13 50 00. Sambo: 701063-2391."
    assert found(text) == [
        ("121212-1212", Kind.PERSONAL_NUMBER),
        ("anna@example.se", Kind.EMAIL),
        ("070-123 45 67", Kind.PHONE),
        ("044-13 50 00", Kind.PHONE),
        ("701063-2391", Kind.COORDINATION_NUMBER),
    ]


def test_two_in_one_are_one_of_the_graver_kind():
    assert suspected("anna.121212-1212@example.se") == [Span(0, 27, Kind.PERSONAL_NUMBER)]


@given(ANY_TEXT)
@example("\0")
@example("\ud800@\udfff.se 121212-1212")
@example("١٢١٢١٢-١٢١٢")
def test_no_text_fails(text):
    spans = suspected(text)
    places = [place for span in spans for place in (span.start, span.end)]
    assert places == sorted(places)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert holds_personal_number(text) == any(span.kind in NUMBERS for span in spans)
