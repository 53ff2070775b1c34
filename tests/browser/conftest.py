from pathlib import Path

import pytest
from django.core.management import call_command

from tests.browser.pages import ERROR_PAGES, PAGES
from tests.feedback.written import read_form
from tests.tree import grow

CONTENT = Path(__file__).parents[2] / "strategy" / "content" / "kristianstad.json"
LANGUAGES = {"sv": "", "en": "/en"}


@pytest.fixture
def content(db, settings, client) -> dict[str, object]:
    """
    Kristianstad's strategy, a promise that has changed, a page that was withdrawn, one that is blocked, a report that
    was received. Gives the words of pages.py.
    """
    from django.contrib.auth.models import User

    from strategy import blocking, publishing
    from strategy.models import Block, Node, Page

    settings.ROOT_URLCONF = "tests.portal.failures"
    call_command("load_strategy", CONTENT, with_examples=True, verbosity=0)
    start, result = Node.objects.get(kind="start"), Node.objects.get(slug="arbetsloshet")

    result.lead, result.target_value = f"{result.lead} Vi räknar alla som söker arbete.", "7.5"
    result.save()
    publishing.publish(result, reason="Kommunfullmäktige har ändrat målet.")
    first, last = Page.objects.filter(node=result).order_by("valid")

    withdrawn, blocked = (grow(start, "text", slug, title="Tillfällig") for slug in ("tillfallig", "blockerad"))
    publishing.publish(withdrawn)
    publishing.withdraw(withdrawn)
    one, another = (User.objects.create(username=name) for name in ("en", "annan"))
    proposal = blocking.propose(
        publishing.publish(blocked), ground=Block.Ground.COURT, reason="En domstol har beslutat det.", by=one
    )
    blocking.decide(proposal, approve=True, by=another)

    form = read_form(client.get("/om/"))
    received = client.post(form.action, form.values | {"message": "Telefonnumret är fel."})
    released = released_entry()
    return {
        "receipt": received.url,
        "entry": released.designation.replace(" ", "/"),
        "result": result.pk,
        "first": first.pk,
        "last": last.pk,
    }


def released_entry() -> object:
    """That report, with the text that is public, and a gap in it."""
    from datetime import date

    from feedback import release
    from feedback.masks import Ground, Mask
    from feedback.models import Entry

    entry = Entry.objects.get()
    release.release(entry, [Mask(0, 14, Ground.PERSONAL_DATA, date(2090, 1, 1))])
    return entry


@pytest.fixture
def portal(live_server, content) -> str:
    """The address of a portal with all that."""
    return live_server.url


@pytest.fixture
def addresses(content) -> dict[str, dict[str, str]]:
    """By language and name: the address of every page of pages.py."""
    return {
        language: {name: prefix + address.format(**content) for name, address in [*PAGES, *ERROR_PAGES]}
        for language, prefix in LANGUAGES.items()
    }
