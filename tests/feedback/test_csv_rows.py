"""The register as a spreadsheet: what was written is read, and nothing in it runs (REC-58)."""

import csv
import io
from itertools import count, islice

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedback.csv_rows import stream

# Text that is nearly a formula, or ends a cell before its end, finds more than any text does.
CELLS = st.text() | st.text("=+-@\t\r\n'\";,\ufeffÅ ")


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";", strict=True))


def test_a_file_that_a_spreadsheet_of_swedish_settings_opens():
    rows = [["Nummer", "Sida"], ["FEL 2026/17", "Vård; omsorg"], ['"Ja"', None], [3, "två\r\nrader"]]
    said = '\ufeffNummer;Sida\r\nFEL 2026/17;"Vård; omsorg"\r\n"""Ja""";\r\n3;"två\r\nrader"\r\n'
    assert b"".join(stream(rows)) == said.encode()


FORMULAS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u200b=", "\u00a0+", "−"]


@pytest.mark.parametrize("first", FORMULAS)
def test_formula_is_text(first):
    assert read(b"".join(stream([[f"{first}1+1", f"1{first}1"]]))) == [[f"'{first}1+1", f"1{first}1"]]


@given(st.lists(st.lists(CELLS, min_size=1)))
@example([[""]])
@example([["'=1"], ["''"]])
@example([["\0;\0"]])
def test_what_was_written_is_read_once_the_guards_are_away(rows):
    cells = read(b"".join(stream(rows)))
    assert [[cell.removeprefix("'") for cell in row] for row in cells] == rows
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in cells for cell in row)


def test_a_row_is_sent_before_the_next_is_asked_for():
    asked = count()
    parts = stream([number] for number in asked)
    assert list(islice(parts, 3)) == [b"\xef\xbb\xbf", b"0\r\n", b"1\r\n"]
    assert next(asked) == 2
