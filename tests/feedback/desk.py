"""People of the register, and what they send from the screen of an entry."""

from django.contrib.auth.models import Group, User
from django.http import HttpResponse

from feedback.models import Entry, Event

REGISTER = "/admin/feedback/entry/"


def person(name: str, *groups: str, **more: object) -> User:
    user = User.objects.create(username=name, is_staff=True, **more)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def last(entry: Entry) -> Event:
    return Event.objects.filter(entry=entry).last()


def screen(entry: Entry) -> str:
    return f"/en{REGISTER}{entry.pk}/change/"


def send(client: object, entry: Entry, action: str, *, seen: int | None = None, **said: object) -> HttpResponse:
    """As the form says it that shows the entry as it is now, unless `seen` is another event."""
    data = {"seen": last(entry).sequence if seen is None else seen, **said}
    return client.post(f"/en{REGISTER}{entry.pk}/{action}/", data)
