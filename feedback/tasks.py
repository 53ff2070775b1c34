"""What `manage.py worker` does later. Arguments are ids alone, so that nothing personal stays in the queue."""

from django.tasks import task


@task
def send_letter(letter_id: int) -> None:
    # Sending writes in the register, and the register orders letters.
    from feedback import mail

    mail.send(letter_id)
