"""Examples that every checker of the register's format agrees on, and what both implementations are tried with."""

import json
from functools import cache
from pathlib import Path

from feedback import verifier

FILE = Path(next(iter(verifier.__path__))) / "vectors.json"


@cache
def vectors() -> dict:
    return json.loads(FILE.read_text())


def cases(group: str) -> dict:
    """For pytest.mark.parametrize: each example by what it is."""
    return {"argvalues": vectors()[group], "ids": [case["what"] for case in vectors()[group]]}
