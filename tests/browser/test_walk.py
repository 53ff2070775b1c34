"""A citizen walks from the first page to a report, with the keyboard alone too, and a registrar finds it."""

import pytest
from django.contrib.auth.models import Group, User

from tests.browser.checks import faults

# Focus has to be in the window, on top, with an outline, on something large enough to hit: links in running text may be
# smaller (WCAG 2.5.8), and axe judges them.
FOCUSED = """() => {
    const element = document.activeElement;
    const box = element.getClientRects()[0];
    const {outlineStyle, outlineWidth} = getComputedStyle(element);
    const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2;
    const top = document.elementFromPoint(
        middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
    return {
        element: element.outerHTML.slice(0, 80),
        words: (element.labels?.[0] ?? element).innerText.trim(),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        uncovered: top !== null && (element.contains(top) || top.contains(element)),
        // The browser draws the outline of the parts of a date field, at one of which the field itself has no focus.
        outlined: !element.matches(":focus") || (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2),
        large: element.tagName === "A" || (box.width >= 24 && box.height >= 24),
    };
}"""


def follow(page, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).first.click()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_citizen_walks_to_an_effort_reports_an_error_and_the_registrar_finds_it(portal, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(portal)
    for words in (
        "Strategisk färdplan",
        "Arbetsmarknad",
        "Fler invånare försörjer sig själva",
        "Arbetslösheten ska minska",
        "Samverka med Arbetsförmedlingen i gemensamma team",
    ):
        follow(page, words)
    assert page.get_by_role("heading", level=1).inner_text() == "Samverka med Arbetsförmedlingen i gemensamma team"

    page.get_by_role("textbox", name="Ditt meddelande").fill("hm")
    page.get_by_role("button", name="Skicka").click()
    assert faults(page) == []
    assert page.title().startswith("Inte skickat:")
    assert page.get_by_role("textbox", name="Ditt meddelande").input_value() == "hm"

    page.get_by_role("textbox", name="Ditt meddelande").fill("Perioden stämmer inte.")
    page.get_by_role("button", name="Skicka").click()
    assert "/kvittens/" in page.url
    number = page.get_by_text("FEL 20").first.inner_text()
    assert "Perioden stämmer inte." in page.inner_text("main")
    assert page.context.cookies() == []

    registrar = User.objects.create_user("registrator", password="ett-långt-lösenord-här", is_staff=True)
    registrar.groups.add(Group.objects.get(name="Registrars"))
    page.goto(f"{portal}/admin/")
    page.fill("#id_username", "registrator")
    page.fill("#id_password", "ett-långt-lösenord-här")
    page.press("#id_password", "Enter")
    page.goto(f"{portal}/admin/feedback/entry/")
    page.get_by_role("link", name=number).click()
    assert "Perioden stämmer inte." in page.inner_text("#content")


def tab_to(page, words: str) -> None:
    """With the Tab key alone, to what has these words; whatever gets the focus on the way is seen to have it."""
    for _step in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert focused["inside"], focused
        assert focused["uncovered"], focused
        assert focused["outlined"], focused
        assert focused["large"], focused
        if focused["words"] == words:
            return
    pytest.fail(f"{words} can't be reached")


def test_the_whole_walk_can_be_done_with_the_keyboard_and_focus_is_always_seen(portal, page):
    # What a screen of 1280 x 1024 has room for at 400 %
    page.set_viewport_size({"width": 320, "height": 256})
    page.goto(portal)
    tab_to(page, "Hoppa till innehållet")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    for words in (
        "Strategisk färdplan",
        "Arbetsmarknad",
        "Fler invånare försörjer sig själva",
        "Arbetslösheten ska minska",
    ):
        tab_to(page, words)
        page.keyboard.press("Enter")
        page.get_by_role("heading", level=1, name=words).wait_for()
    tab_to(page, "Ditt meddelande")
    page.keyboard.type("Enheten saknas.")
    tab_to(page, "Skicka")
    page.keyboard.press("Enter")
    page.wait_for_url("**/kvittens/**")
    assert "Enheten saknas." in page.inner_text("main")


def test_on_a_phone_the_title_comes_soon_and_the_menu_opens_with_the_keyboard(portal, addresses, page):
    page.set_viewport_size({"width": 320, "height": 640})
    for language in ("sv", "en"):
        page.goto(portal + addresses[language]["goal"])
        assert page.locator(".site-header__row").bounding_box()["height"] <= 130
        controls = page.locator("header").locator("a, button, input, summary")
        heights = controls.evaluate_all("all => all.map((one) => one.getBoundingClientRect().height).filter(Boolean)")
        # The name, the menu, the field, its button, and the other language.
        assert len(heights) == 5
        assert min(heights) >= 40
    page.goto(portal + addresses["sv"]["goal"])
    assert not page.get_by_role("link", name="Nämnder").is_visible()
    tab_to(page, "Meny")
    page.keyboard.press("Enter")
    assert faults(page) == []
    tab_to(page, "Nämnder")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Nämnder").wait_for()


def test_on_a_phone_a_comparison_leads_back_to_its_page_and_its_changes(portal, addresses, page):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(portal + addresses["sv"]["comparison"])
    steps = page.locator(".breadcrumb a:visible").all_inner_texts()
    assert steps == ["Start", "Arbetslösheten ska minska", "Ändringar"]


def test_the_jump_from_the_top_of_a_page_puts_the_reader_in_the_field_for_a_day(portal, addresses, page):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(portal + addresses["sv"]["result"])
    page.get_by_role("link", name="Se en annan dag").click()
    label = page.get_by_text("Se sidan som den var en annan dag")
    assert page.evaluate("document.activeElement.id") == "day"
    assert 0 <= label.bounding_box()["y"] < 640
