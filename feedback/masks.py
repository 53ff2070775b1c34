"""What is masked of a text that is released: where, why, and until when it is looked at again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# Stands in a released text for what is masked. Of one length, so that it tells nothing of what was there.
GAP = "█████"


class Ground(TextChoices):
    """Why something is masked: from a list, since it is public, and nobody's secret may end up in it."""

    PERSONAL_DATA = "personal_data", _("Personal data (GDPR, article 6; OSL 21:7)")
    PERSONAL_NUMBER = "personal_number", _("Personal identity number (the Data Protection Act, 3:10)")
    SENSITIVE = "sensitive", _("Sensitive personal data (GDPR, article 9)")
    HEALTH = "health", _("Health or sex life (OSL 21:1)")
    PROTECTED = "protected", _("Protected address or person (OSL 21:3 and 21:3 a)")
    SOCIAL = "social", _("Social services (OSL 26:1)")
    BUSINESS = "business", _("Business secrets (OSL 30 and 31)")
    SECURITY = "security", _("Security measures (OSL 18:8)")
    OTHER = "other", _("Another provision: ask the registrar")


@dataclass(frozen=True, order=True)
class Mask:
    """Of a text as it was received, from `start` up to `end`."""

    start: int
    end: int
    ground: str
    review_on: date


@dataclass(frozen=True)
class Piece:
    """Of a released text: words that everybody may read, or a gap with its ground and the day of its review."""

    text: str
    ground: str = ""
    review_on: date | None = None


def apart(masks: Iterable[Mask]) -> list[Mask]:
    """In order, and none over another: the one that begins first keeps what two of them cover."""
    kept: list[Mask] = []
    for mask in sorted(masks):
        start = max(mask.start, kept[-1].end) if kept else mask.start
        if start < mask.end:
            kept.append(Mask(start, mask.end, mask.ground, mask.review_on))
    return kept


def masked(text: str, masks: Iterable[Mask]) -> str:
    """`text` with a gap for each of `masks`, which are apart()."""
    parts, done = [], 0
    for mask in masks:
        if not done <= mask.start < mask.end <= len(text):
            raise ValueError(f"Nothing to mask from {mask.start} to {mask.end} in a text of {len(text)}.")
        parts += [text[done : mask.start], GAP]
        done = mask.end
    return "".join([*parts, text[done:]])


def facts_of(masks: Iterable[Mask]) -> list[dict[str, Any]]:
    """Of the gaps in what masked() makes: where in it they are, and nothing of how long what they stand for is."""
    facts, shift = [], 0
    for mask in masks:
        facts.append({"at": mask.start + shift, "ground": mask.ground, "review_on": mask.review_on.isoformat()})
        shift += len(GAP) - (mask.end - mask.start)
    return facts


def pieces(copy: str, facts: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
    """What masked() made, taken apart by the facts of its gaps: the sign of a gap can be a sign of the text too."""
    done = 0
    for fact in facts:
        if fact["at"] > done:
            yield Piece(copy[done : fact["at"]])
        yield Piece(GAP, str(Ground(fact["ground"]).label), date.fromisoformat(fact["review_on"]))
        done = fact["at"] + len(GAP)
    if copy[done:]:
        yield Piece(copy[done:])
