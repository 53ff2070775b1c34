"""
Which events an exported log has by their hash alone: those whose facts tell what the public register hides of an entry
(REC-42). An export --with-passages, which is written down, has them all.

Where its subject is hidden: what it is about (received: address, edition and kind; corrected: the page), what had to be
masked in it (released: the grounds), where it was handed over to (closed, with another register's number), and the rule
that it is disposed of by, which is one for each kind (proposed, disposed). Where its sender is hidden: of what sort the
sender is (described).

All else is shown, as the public register does: that it was marked, by which provision, when and by whom, is what a
marking is there to say (REC-40), and names nobody. So are numbers, days, states, and who dealt with it.
"""

import secrets
from collections.abc import Mapping
from typing import Any

from feedback.models import Standing
from feedback.steps import Deed

_OF_THE_SUBJECT = frozenset({Deed.RECEIVED, Deed.CORRECTED, Deed.RELEASED, Deed.PROPOSED, Deed.DISPOSED})


def is_withheld(kind: str, facts: Mapping[str, Any], standing: Standing) -> bool:
    """As the entry stands now: a marking that was removed hides nothing any more."""
    if standing.subject_hidden and _tells_subject(kind, facts):
        return True
    return (standing.sender_hidden or standing.protected) and _tells_sender(kind)


def blinded(kind: str, facts: Mapping[str, Any], *, has_texts: bool) -> dict[str, Any]:
    """
    The facts of an event that may have to be withheld, with a salt: pages and rules are few, and whoever tried them all
    would find which of them has that hash. Commitments to texts are as good as a salt, and a report always has one.
    """
    may_be_withheld = _tells_subject(kind, facts) or _tells_sender(kind)
    if has_texts or kind == Deed.RECEIVED or not may_be_withheld:
        return dict(facts)
    return {**facts, "salt": secrets.token_hex(16)}


def _tells_subject(kind: str, facts: Mapping[str, Any]) -> bool:
    return kind in _OF_THE_SUBJECT or (kind == Deed.CLOSED and bool(facts.get("other_number")))


def _tells_sender(kind: str) -> bool:
    return kind == Deed.DESCRIBED
