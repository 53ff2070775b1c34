"""A short storm. tests/bench/storm.py has the whole minute."""

from tests.feedback.after_storm import violations
from tests.feedback.storm import Told, storm
from tests.feedback.storm_portal import portal

KILLS = ("servers killed", "workers killed", "databases killed")


def enough(told: Told) -> bool:
    """Something of everything."""
    done = {deed.kind for deed in told.deeds if deed.outcome == "done"}
    return bool(done) and all(told.happened[what] for what in (*KILLS, "no answer")) and len(told.shown) >= 25


def test_nothing_that_was_told_is_lost_or_done_twice_in_a_storm():
    with portal(workers=1) as sheltered:
        told, register = storm(sheltered, 5, enough=enough, servers=4, worker=4, database=3.5)
        wrong = violations(told, register, sheltered.office.taken)
        complaints = sheltered.complaints()
    print(dict(told.happened), complaints)  # noqa: T201 if it fails
    assert wrong == []
    assert enough(told)
    assert sheltered.office.taken
