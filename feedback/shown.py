"""What a reporter had before them. A page carries it in its form, since a shared page is remembered nowhere else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.timezone import now

from feedback.models import Entry
from portal.language import language_of, without_language
from strategy.dated import clock
from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import LEVELS, NodeKind
from strategy.models import Page

# Every page of the portal has such an address.
_ADDRESS = re.compile(r"/(?:[-\w]+/)*", re.ASCII)
_LONGEST_ADDRESS = 1000
# No longer than what the database can count to.
_EDITION = re.compile(r"[0-9]{1,18}")
# An edition that has ended is still met for as long as it takes to publish the next one.
_PUBLISHING = timedelta(minutes=1)
# The database's clock says what has been; this machine's may be somewhat behind it.
_CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True)
class Shown:
    """A page (an edition, or None for one that is computed) by its address, as it stood at a moment."""

    address: str
    edition_id: int | None
    at: datetime

    @property
    def values(self) -> dict[str, str]:
        """For the hidden fields of a form."""
        return hidden_values(self.address, self.edition_id, self.at)


def hidden_values(address: str, edition_id: int | None, at: datetime | None) -> dict[str, str]:
    return {
        "address": address,
        "edition": str(edition_id or ""),
        "shown_at": at.astimezone(UTC).isoformat() if at else "",
    }


def shown_now(*addresses: str) -> Shown:
    """The first of `addresses` where there is a page, as it stands now. The last one is taken as it is."""
    for address in filter(_is_address, addresses):
        edition = Page.objects.at().at_address(without_language(address)).shown().first()
        if edition:
            return Shown(address, edition.pk, edition.shown_at)
        if _is_computed(address):
            return Shown(address, None, clock())
    return Shown(addresses[-1], None, clock())


def claimed(values: Mapping[str, str]) -> Shown | None:
    """What hidden fields say was shown, if it can be said at all. Asks nothing of the database."""
    address, edition, moment = values["address"], values["edition"], _moment(values["shown_at"])
    if not _is_address(address) or moment is None or moment > now() + _CLOCKS_APART:
        return None
    if edition and _EDITION.fullmatch(edition) is None:
        return None
    return Shown(address, int(edition) if edition else None, moment)


def shown_then(values: Mapping[str, str]) -> Shown | None:
    """What hidden fields say was shown, if it can have been."""
    shown = claimed(values)
    if shown is None:
        return None
    address, moment = shown.address, shown.at
    if shown.edition_id is None:
        return shown if _is_computed(address) and moment <= clock() else None
    possible = (
        Page.objects.at_address(without_language(address))
        .filter(pk=shown.edition_id, valid__startswith__lte=moment)
        .filter(Q(valid__upper_inf=True) | Q(valid__endswith__gte=moment - _PUBLISHING))
        .annotate(now=Now())
        .filter(now__gte=moment)
    )
    return shown if possible.exists() else None


def _is_address(address: str) -> bool:
    return len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def _is_computed(address: str) -> bool:
    """Whether a page with the form is at `address` that has no editions: a list, or the form alone."""
    with translation.override(language_of(address)):
        try:
            match = resolve(address)
        except Resolver404:
            return False
    if match.view_name == "level":
        return any(level.slug == match.kwargs["slug"] for level in LEVELS)
    # The easy-to-read texts are editions; the list of them is one only where the start page has a text.
    if match.view_name == "easy":
        return not match.kwargs["address"]
    if match.view_name == "global_goal":
        return match.kwargs["number"] in GLOBAL_GOALS
    if match.view_name == "tree" and match.kwargs:
        return Page.objects.begun().of_kind(NodeKind.ROADMAP).filter(node=match.kwargs["node_id"]).exists()
    if match.view_name == "changes":
        return Page.objects.begun().filter(node=match.kwargs["node_id"]).exists()
    if match.view_name == "diary_entry":
        return Entry.objects.numbered(**match.kwargs).exists()
    return match.view_name in ("report", "search", "tree", "global_goals", "latest", "diary", "keeping")


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return None
        # The database refuses some of the offsets that Python takes.
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
