"""The registrar's day without a mouse, at any width; what axe says of it."""

import pytest
from django.contrib.auth.models import Group, User

from tests.browser.checks import AXE_SCRIPT

# The admin's own colours and forms are Django's: of them, level AA is asked.
RUN_AXE = """() => axe.run("#content-start", {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""


@pytest.fixture
def at_work(live_server, page, transactional_db):
    """A registrar who has signed in, and three reports: one of them asks for an answer, one is secret."""
    from datetime import timedelta

    from django.utils.timezone import localdate, now

    from feedback import register, secrecy

    eva = User.objects.create_user("eva", password="ett-långt-lösenord-här", is_staff=True)
    eva.groups.add(Group.objects.get(name="Registrars"))
    common = {"address": "/om/", "edition_id": None, "language": "sv", "suspected_spam": False}
    entries = [
        register.receive(
            sender=f"192.0.2.{i}", shown_at=now() - timedelta(minutes=1), message=message, email=email, **common
        )
        for i, (message, email) in enumerate(
            [("Telefonnumret är fel.", ""), ("Svara mig.", "anna@example.com"), ("Grannen mår dåligt.", "")]
        )
    ]
    secrecy.mark(entries[2], provision="21 kap. 1 § OSL", decided_on=localdate(), authority="Nämnden", by=eva)
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", "eva")
    page.fill("#id_password", "ett-långt-lösenord-här")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    return entries


def tab_to(page, words: str) -> None:
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.innerText || '').trim()") == words:
            return
    pytest.fail(f"{words} can't be reached")


def test_from_the_inbox_to_closed_without_a_mouse(at_work, page, live_server):
    entry, following, _secret = at_work
    page.goto(f"{live_server.url}/en/admin/feedback/entry/")
    tab_to(page, "Skip to main content")
    page.keyboard.press("Enter")
    tab_to(page, str(entry))
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")
    tab_to(page, "Assign to me")
    page.keyboard.press("Enter")
    page.get_by_text("is yours.").wait_for()
    tab_to(page, "Fixed")
    page.keyboard.press("Enter")
    page.get_by_text("is closed.").wait_for()
    tab_to(page, f"Next: {following}")
    page.keyboard.press("Enter")
    page.get_by_text("Svara mig.").wait_for()


@pytest.mark.parametrize(("width", "language"), [(320, ""), (1280, "/en")])
def test_axe_finds_nothing_and_nothing_is_lost(at_work, page, live_server, width, language):
    page.set_viewport_size({"width": width, "height": 800})
    root = f"{live_server.url}{language}/admin/feedback/entry/"
    addresses = [f"{root}?assigned=nobody", *(f"{root}{entry.pk}/change/" for entry in at_work[1:])]
    for address in addresses:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.goto(address).status == 200
            page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
            page.evaluate(AXE_SCRIPT)
            found = page.evaluate(RUN_AXE)["violations"]
            assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == [], (address, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
