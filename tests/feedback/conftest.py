"""Two public pages that every test here knows: the start page / and the text page /om/."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

# Models are imported where they are used: with `pytest tests/feedback`, this file is read before Django is set up.


@pytest.fixture
def about(db):
    """The present edition of /om/."""
    from strategy import publishing
    from strategy.models import Node, Page

    start = Node.objects.add_root(create_kwargs={"kind": "start", "title": "Visioner och framtidsidéer"})
    text = {"kind": "text", "slug": "om", "title": "Om webbplatsen", "lead": "Hit når du oss."}
    node = Node.objects.add_child(start, create_kwargs=text)
    publishing.publish_branch(start)
    return Page.objects.get(node=node)


@pytest.fixture
def send(about, client) -> Callable:
    """Report an error on a page, with the form that is on it; what is given here is written over what the form says."""
    from tests.feedback.written import read_form

    def send(page: str = "/om/", *, headers: dict | None = None, connection: dict | None = None, **written: str):
        form = read_form(client.get(page))
        data = form.values | {"message": "Telefonnumret är fel."} | written
        return client.post(form.action, data, headers=headers, **(connection or {}))

    return send


@pytest.fixture
def receive(about) -> Callable:
    """Have a report entered in the register, without a form."""
    from feedback import register

    shown_at = now() - timedelta(minutes=1)

    def receive(message: str, sender: str = "192.0.2.1", **changes: object):
        return register.receive(
            **{
                "sender": sender,
                "address": "/om/",
                "edition_id": about.pk,
                "shown_at": shown_at,
                "language": "sv",
                "message": message,
                "email": "",
                "suspected_spam": False,
                **changes,
            }
        )

    return receive
