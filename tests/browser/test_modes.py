"""The same pages without JavaScript, on paper, in a user's own colours, and for those who get ill from movement."""

from io import BytesIO

import pytest
from PIL import Image

# Fields and buttons have a border. Radio buttons and check boxes are the system's own, and need none.
FRAMES = """() => {
    const shown = (element) => element.checkVisibility() && element.getBoundingClientRect().width > 1;
    const controls = document.querySelectorAll("input:not([type=radio], [type=checkbox]), textarea, select, button");
    const frame = (element) => {
        const {borderTopStyle, borderTopWidth, borderTopColor} = getComputedStyle(element);
        return {
            name: element.outerHTML.slice(0, 80),
            seen: borderTopStyle !== "none" && parseFloat(borderTopWidth) >= 1,
            colour: borderTopColor,
        };
    };
    return [...controls].filter(shown).map(frame);
}"""

MOVING = """() => [
    ...document.getAnimations().map((animation) => animation.animationName ?? animation.transitionProperty),
    ...[...document.querySelectorAll("*")].filter((element) => {
        const {animationName, transitionDuration, scrollBehavior} = getComputedStyle(element);
        return animationName !== "none" || !/^0s(, 0s)*$/.test(transitionDuration) || scrollBehavior !== "auto";
    }).map((element) => element.outerHTML.slice(0, 80)),
]"""


@pytest.fixture
def without_javascript(browser):
    context = browser.new_context(java_script_enabled=False, locale="sv-SE")
    yield context.new_page()
    context.close()


def test_nothing_is_lost_without_javascript(portal, without_javascript):
    page = without_javascript
    page.goto(portal)
    for words in ("Strategisk färdplan", "Arbetsmarknad", "Fler invånare försörjer sig själva"):
        page.get_by_role("link", name=words, exact=True).first.click()
        assert page.get_by_role("heading", level=1).inner_text() == words
    page.get_by_role("link", name="English").click()
    assert "/en/" in page.url
    page.goto(f"{portal}/om/")
    page.get_by_role("textbox", name="Ditt meddelande").fill("Ett ord är felstavat.")
    page.get_by_role("button", name="Skicka").click()
    assert "/kvittens/" in page.url


def test_paper_has_the_text_dark_on_white_and_no_part_of_it_closed(portal, addresses, page):
    page.emulate_media(media="print", color_scheme="dark")
    for name in ("start", "result", "whole roadmap"):
        page.goto(portal + addresses["sv"][name])
        colours = page.evaluate(
            "(({backgroundColor, color}) => [backgroundColor, color])(getComputedStyle(document.documentElement))"
        )
        assert colours[0] == "rgb(255, 255, 255)"
        assert max(map(int, colours[1].removeprefix("rgb(").removesuffix(")").split(","))) < 64
        for left_out in page.locator("header nav, .breadcrumb, .neighbours, form").all():
            assert not left_out.is_visible(), left_out
    closed = page.locator("details:not([open], .follow) a")
    assert all(closed.evaluate_all("links => links.map((link) => link.checkVisibility())"))
    picture = Image.open(BytesIO(closed.last.screenshot()))
    darkest, lightest = picture.convert("L").getextrema()
    assert (darkest < 64, lightest) == (True, 255)
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_controls_and_the_chosen_menu_item_are_seen_in_forced_colours(portal, addresses, page):
    for name, scheme in {"start": "light", "result": "dark"}.items():
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        page.goto(portal + addresses["sv"][name])
        canvas = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        frames = page.evaluate(FRAMES)
        assert frames
        assert [frame for frame in frames if not frame["seen"] or frame["colour"] == canvas] == []
        page.get_by_role("textbox", name="Ditt meddelande").focus()
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    borders = "links => links.map((link) => getComputedStyle(link).borderBlockEndColor)"
    (chosen,) = page.locator("header .site-nav [aria-current]").evaluate_all(borders)
    others = page.locator("header .site-nav a:not([aria-current])").evaluate_all(borders)
    assert chosen != canvas
    assert set(others) == {canvas}
    # The Ts that carry the page are drawn as backgrounds, which are not painted; the line above them is a border.
    assert page.locator("footer").evaluate("footer => parseFloat(getComputedStyle(footer).borderBlockStartWidth)") >= 1


def test_nothing_moves_for_those_who_asked_for_less_movement(portal, addresses, page):
    page.emulate_media(reduced_motion="reduce")
    for name in ("start", "result"):
        page.goto(portal + addresses["sv"][name])
        assert page.evaluate(MOVING) == [], name
