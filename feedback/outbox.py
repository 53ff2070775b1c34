"""Mail that is to be sent, ordered in the transaction of what it is about: there is never one without the other."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from feedback.models import Letter
from feedback.models.event import Event
from feedback.tasks import send_letter


def order(event: Event) -> Letter:
    """The answer that `event` tells of, or the receipt of the report that it received, to be mailed at once."""
    letter = Letter.objects.create(event=event, next_at=event.at)
    send_letter.enqueue(event.pk)
    return letter


def put_off(letter: Letter, until: datetime) -> None:
    letter.state, letter.next_at = Letter.State.WAITING, until
    letter.claimed_at = letter.handed_over_at = None
    letter.save()
    send_letter.using(run_after=until).enqueue(letter.pk)


@transaction.atomic
def send_again(letter: Letter, moment: datetime, by: AbstractBaseUser) -> bool:
    """Somebody's decision, on what was refused or may have been sent already. False if another was first."""
    stuck = Letter.objects.needing_a_person().select_for_update().filter(pk=letter.pk).first()
    if stuck is None:
        return False
    stuck.attempts, stuck.problem, stuck.code, stuck.by = 0, "", "", by
    put_off(stuck, moment)
    return True


def put_back(moment: datetime) -> int:
    """Letters that are due and in no queue, after a crash say, are queued again; returns how many."""
    due = set(Letter.objects.due(moment).values_list("pk", flat=True))
    if not due:
        return 0
    ready = DBTaskResult.objects.filter(task_path=send_letter.module_path, status="READY")
    missing = due - {args["args"][0] for args in ready.values_list("args_kwargs", flat=True)}
    for letter_id in sorted(missing):
        send_letter.enqueue(letter_id)
    return len(missing)
