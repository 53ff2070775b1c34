from feedback.models.entry import Entry, EntryQuerySet, RecentReport
from feedback.models.event import Event, Passage
from feedback.models.head import Head, HeadQuerySet
from feedback.models.letter import Draft, Letter
from feedback.models.standing import Standing
from feedback.models.working_note import WorkingNote

__all__ = [
    "Draft",
    "Entry",
    "EntryQuerySet",
    "Event",
    "Head",
    "HeadQuerySet",
    "Letter",
    "Passage",
    "RecentReport",
    "Standing",
    "WorkingNote",
]
