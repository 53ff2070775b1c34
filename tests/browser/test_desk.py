"""The registrar's day without a mouse, at any width; what axe says of it."""

import pytest
from django.contrib.auth.models import Group, User

from tests.browser.checks import AXE_SCRIPT
from tests.feedback.kept import decide

# The admin's own colours and forms are Django's: of them, level AA is asked.
RUN_AXE = """() => axe.run("#content-start", {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})"""


# What reaches outside the window without a way to scroll to it.
CUT_OFF = """() => [...document.querySelectorAll("#content :is(a, button, input, select, textarea)")]
    .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > innerWidth + 1)
    .filter((part) => !part.closest(".wide"))
    .map((part) => part.outerHTML.slice(0, 80))"""


@pytest.fixture
def at_work(live_server, page, transactional_db):
    """A registrar who has signed in, and five reports: the second asks for an answer, the third is secret."""
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
            [
                ("Telefonnumret är fel. Ring 044-13 50 00.", ""),
                ("Svara mig.", "anna@example.com"),
                ("Grannen mår dåligt.", ""),
                ("Ett stavfel.", ""),
                ("Ett årtal är fel.", ""),
            ]
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
    entry, following, *_others = at_work
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


def test_words_that_are_selected_are_masked_and_everybody_sees_the_gap(at_work, page, live_server):
    entry = at_work[0]
    page.goto(f"{live_server.url}/en/admin/feedback/entry/{entry.pk}/release/")
    words = page.evaluate("""() => {
        const range = document.createRange();
        const text = document.querySelector("[data-text]").firstChild;
        range.setStart(text, 0);
        range.setEnd(text, "Telefonnumret".length);
        const {x, y, width, height} = range.getBoundingClientRect();
        return {x, y: y + height / 2, end: x + width};
    }""")
    page.mouse.move(words["x"], words["y"])
    page.mouse.down()
    page.mouse.move(words["end"], words["y"])
    page.mouse.up()
    page.get_by_role("button", name="Mask what is selected").click()
    row = page.get_by_label("Words to mask").first
    assert row.input_value() == "Telefonnumret"
    assert row.evaluate("(field) => field === document.activeElement")
    page.get_by_role("button", name="Preview").click()
    assert "Telefonnumret" not in page.locator("#preview").inner_text()
    page.get_by_role("button", name="Release", exact=True).click()
    page.get_by_text("is now in the public register.").wait_for()
    page.goto(f"{live_server.url}/en/diarium/FEL/{entry.year}/{entry.number}/")
    # The phone number was found without anybody's help.
    assert page.locator(".released .gap").count() == 2
    assert "är fel. Ring" in page.locator(".released").inner_text()
    assert "Telefonnumret" not in page.content()


@pytest.fixture
def busy(at_work, settings, tmp_path) -> list:
    """What makes the other screens full: mail that was refused, a draft, what is proposed, what is disposed of."""
    from feedback import answers, closing, disposal
    from feedback.models import Letter

    decide(settings, tmp_path)
    eva, ulla = User.objects.get(username="eva"), User.objects.create_user("ulla", is_staff=True)
    ulla.groups.add(Group.objects.get(name="Archivists"))
    asking = at_work[1]
    answers.send(asking, eva, "Svar", "Nu är det rätt.")
    Letter.objects.filter(event__entry=asking).update(state=Letter.State.UNCERTAIN, problem=Letter.Problem.UNCERTAIN)
    answers.save_draft(asking, eva, "Svar", "Halvfärdigt")
    for entry in at_work[3:]:
        closing.close(entry, "fixed", by=eva)
        disposal.propose(entry, by=eva)
    disposal.approve(at_work[3], by=ulla)
    return at_work


@pytest.mark.parametrize(("width", "language", "scheme"), [(320, "", "light"), (1280, "/en", "dark")])
def test_axe_finds_nothing_and_nothing_is_lost(busy, page, live_server, width, language, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    admin = f"{live_server.url}{language}/admin/"
    root = f"{admin}feedback/entry/"
    told, asking, secret, gone, proposed = (f"{root}{entry.pk}/" for entry in busy)
    for address in (
        admin,
        f"{root}?assigned=nobody",
        *(f"{entry}change/" for entry in (asking, secret, gone)),
        f"{asking}answer/",
        f"{told}correct/",
        f"{told}describe/",
        f"{told}release/",
        f"{root}disposal/",
        f"{proposed}disposal/",
        f"{root}disposal/protocol/",
    ):
        assert page.goto(address).status == 200
        if address.endswith("release/"):
            page.fill("[name=words-0-words]", "Telefonnumret")
            page.click("[value=preview]")
            page.wait_for_selector("#preview")
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(RUN_AXE)["violations"]
        assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert page.evaluate(CUT_OFF) == [], address
