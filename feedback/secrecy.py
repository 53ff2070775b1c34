"""
Marking entries as secret, and reading those that are. A marking is a warning only: whether something is secret is tried
each time that somebody asks for it (OSL 5:5, REC-41).
"""

import re
from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import register
from feedback.handling import required, turn
from feedback.models import Entry, Event, Passage, Standing
from feedback.personal_data import suspected
from feedback.register import Refused
from feedback.steps import Closing, Deed
from strategy.dated import STOCKHOLM, clock

# "21 kap. 3 a § första stycket OSL". It is public in the register's log.
PROVISION = re.compile(
    r"\d{1,2}( ?[a-z])? kap\. ?\d{1,3}( ?[a-z])?( ?[–-] ?\d{1,3}( ?[a-z])?)? ?§§?[ \wåäöÅÄÖ.,–-]{0,60}", re.IGNORECASE
)
LONGEST_AUTHORITY = 100
WARNING = gettext_lazy(
    "A marking is only a warning. Whether anything is secret is tried each time that somebody asks for the document."
)

# The passages that tell who wrote, and what the matter is called. All others say what it is about.
_OF_THE_SENDER = frozenset({"email", "to", "sender"})
_OF_THE_SUBJECT = frozenset({"subject"})


def refusal(provision: str, decided_on: date | None, authority: str, *, today: date) -> dict[str, str]:
    """What is wrong, by the name of the part: a marking has all three (REC-40)."""
    problems = {}
    if not PROVISION.fullmatch(provision) or suspected(provision):
        problems["provision"] = _("Write the provision with chapter and section, as in 21 kap. 1 § OSL.")
    if decided_on is None:
        problems["decided_on"] = _("Write the date of the marking.")
    elif decided_on > today:
        problems["decided_on"] = _("The date of the marking can't be in the future.")
    if not authority or len(authority) > LONGEST_AUTHORITY or suspected(authority):
        problems["authority"] = _("Write the authority that marks it.")
    return problems


def mark(
    entry: Entry,
    *,
    provision: str,
    decided_on: date | None,
    authority: str,
    by: AbstractBaseUser,
    sender_hidden: bool = False,
    subject_hidden: bool = False,
    protected: bool = False,
    seen: int | None = None,
) -> Event:
    """A marking that is there already is replaced. With `protected`, the sender is hidden from staff's lists too."""
    provision, authority = provision.strip(), authority.strip()
    with turn(entry, seen) as standing:
        if problems := refusal(provision, decided_on, authority, today=localdate(clock(), STOCKHOLM)):
            raise Refused(" ".join(problems.values()))
        if standing.closing == Closing.LITTLE_IMPORTANCE:
            raise Refused(_("It is closed as of little importance, which nothing secret is. Reopen it first."))
        facts = {
            "provision": provision,
            "decided_on": decided_on.isoformat(),
            "authority": authority,
            "sender_hidden": sender_hidden or protected,
            "subject_hidden": subject_hidden,
            "protected": protected,
        }
        return register.record(entry, Deed.MARKED_SECRET, by=by, facts=facts)


def unmark(entry: Entry, reason: str, *, by: AbstractBaseUser, seen: int | None = None) -> Event:
    with turn(entry, seen) as standing:
        if not standing.secret:
            raise Refused(_("%(number)s is not marked as secret.") % {"number": entry})
        return register.record(entry, Deed.UNMARKED, by=by, passages={"reason": required(reason)})


def is_secret(standing: Standing, name: str) -> bool:
    """Whether the passage of this name may be read only by showing it, which is written down."""
    if not standing.secret:
        return False
    if name in _OF_THE_SENDER:
        return standing.sender_hidden or standing.protected
    return standing.subject_hidden if name in _OF_THE_SUBJECT else True


def readable(entry: Entry, standing: Standing) -> dict[tuple[int, str], str]:
    """The texts of the entry that are not secret, by event and name. Nothing else is asked of the database."""
    passages = Passage.objects.filter(event__entry=entry)
    if standing.secret:
        names = _OF_THE_SENDER | _OF_THE_SUBJECT
        passages = passages.filter(name__in=[name for name in names if not is_secret(standing, name)])
    return _texts(passages)


def show(entry: Entry, *, by: AbstractBaseUser) -> dict[tuple[int, str], str]:
    """All texts of the entry; that somebody read those that are secret is written down first (REC-44)."""
    with turn(entry) as standing:
        texts = _texts(Passage.objects.filter(event__entry=entry))
        if secret := sorted({name for _sequence, name in texts if is_secret(standing, name)}):
            register.record(entry, Deed.READ, by=by, facts={"what": secret})
        return texts


def _texts(passages: object) -> dict[tuple[int, str], str]:
    return {(event, name): text for event, name, text in passages.values_list("event_id", "name", "text")}
