"""
How long it takes to look for personal data in the worst texts that are known: time has to grow as length does.

    uv run python tests/bench/personal_data.py

The first column is the longest message that the form takes. Figures are milliseconds, the least of five rounds.
"""

import sys
from pathlib import Path
from timeit import repeat

sys.path.insert(0, str(Path(__file__).parents[2]))

from feedback.personal_data import suspected

LENGTHS = (5_000, 50_000, 500_000)
WORST = [
    "0",
    "1",
    "12 ",
    "12-",
    "121212-1213 ",
    "1 000 ",
    "0 7",
    "070-",
    "+46 ",
    "a",
    "a@",
    "@",
    "a.",
    "(at)",
    " ",
    "-",
]

print(f"{'':16}" + "".join(f"{length:>12,}" for length in LENGTHS))  # noqa: T201
for part in WORST:
    texts = [(part * length)[:length] for length in LENGTHS]
    figures = [min(repeat(lambda text=text: suspected(text), number=1, repeat=5)) * 1000 for text in texts]
    print(f"{part!r:16}" + "".join(f"{figure:12.1f}" for figure in figures))  # noqa: T201
