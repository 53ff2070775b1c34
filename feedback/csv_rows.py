"""
Rows as a CSV file that a spreadsheet opens and that nothing in it can run from (REC-58): UTF-8 with a BOM, semicolons,
quotes and line ends of RFC 4180.
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator

# A spreadsheet takes a cell that begins with one of these for a formula, or passes by what is not seen to one that
# does. An apostrophe of the cell's own is guarded too, so that one that leads is always the guard, and can be taken
# away.
_GUARDED = re.compile(r"[\t\r\n']|[\s\u00ad\u200b-\u200f\u2060\ufeff]*[-=+@\u2212\ufe62-\ufe66\ufe6b＝＋－＠]")
GUARD = "'"


class _Line:
    """What csv writes to: it is given one row at a time, and hands it back."""

    def write(self, line: str) -> str:
        return line


def stream(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """The file in parts, a row at a time. None is an empty cell; anything else is what str() makes of it."""
    writer = csv.writer(_Line(), delimiter=";", lineterminator="\r\n")
    yield BOM_UTF8
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row]).encode()


def _harmless(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return GUARD + text if _GUARDED.match(text) else text
