"""
A minute of storm over a portal of its own: 16 people who report and 4 registrars, with web servers, worker, database
and mail server killed and started again; and whether everything that anybody was told still holds afterwards.

    uv run python tests/bench/storm.py [--seconds 60]

To be run by hand. It makes a database of its own, and removes it.
"""

import sys
import time
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.feedback.after_storm import violations
from tests.feedback.storm import storm
from tests.feedback.storm_portal import portal


def main(seconds: float) -> int:
    with portal() as sheltered:
        began = time.monotonic()
        told, register = storm(sheltered, seconds, servers=6, worker=5, database=8)
        took = time.monotonic() - began
        taken = sheltered.office.taken
        wrong = violations(told, register, taken)
        complaints = sheltered.complaints()
    kinds = Counter(event["kind"] for event in register["events"] if event["by"])
    letters = Counter(letter["state"] for letter in register["letters"])
    deeds = Counter(deed.outcome for deed in told.deeds)
    rows = {
        "seconds, with all that was waited for": round(took),
        "reports sent": len(told.sent),
        "reports acknowledged, their numbers shown": len(told.shown),
        "reports given up without an answer": len(told.given_up),
        "entries in the register": len(register["entries"]),
        "longest silence between two receipts, s": f"{told.longest_silence:.1f}",
        **dict(sorted(told.happened.items())),
        **{f"deeds of registrars: {outcome}": n for outcome, n in sorted(deeds.items())},
        **{f"in the register: {kind}": n for kind, n in sorted(kinds.items())},
        "mail delivered": len(taken),
        **{f"letters: {state}": n for state, n in sorted(letters.items())},
        "letters that took more than one try": sum(letter["attempts"] > 1 for letter in register["letters"]),
        "events": len(register["events"]),
        "signed heads that hold": register["heads"],
        "what does not hold": len(wrong),
    }
    for name, value in rows.items():
        print(f"{name:<45} {value:>8}")  # noqa: T201
    for line in [*wrong, complaints] if wrong else []:
        print(line)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    raise SystemExit(main(parser.parse_args().seconds))
