"""A citizen walks from the first page to an effort and a report, a registrar finds it; axe looks at every page."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import Group, User
from django.core.management import call_command

CONTENT = Path(__file__).parents[2] / "strategy" / "content" / "kristianstad.json"
JOBS = "/vi-lyfter-tillsammans/strategisk-fardplan/arbetsmarknad/egen-forsorjning/arbetsloshet/"


@pytest.fixture
def portal(live_server):
    """The address of a portal with Kristianstad's content."""
    call_command("load_strategy", CONTENT, with_examples=True, verbosity=0)
    return live_server.url


def accept(page) -> None:
    """Axe with all its rules, best practice included, finds nothing; nothing needs scrolling in two directions."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def follow(page, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).first.click()
    accept(page)


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_citizen_walks_to_an_effort_reports_an_error_and_the_registrar_finds_it(portal, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(portal)
    accept(page)
    for words in (
        "Strategisk färdplan",
        "Arbetsmarknad",
        "Fler invånare försörjer sig själva",
        "Arbetslösheten ska minska",
        "Samverka med Arbetsförmedlingen i gemensamma team",
    ):
        follow(page, words)
    assert page.get_by_role("heading", level=1).inner_text() == "Samverka med Arbetsförmedlingen i gemensamma team"

    page.get_by_label("Vad är fel?").fill("hm")
    page.get_by_role("button", name="Skicka").click()
    accept(page)
    assert page.title().startswith("Fel:")
    assert page.get_by_label("Vad är fel?").input_value() == "hm"

    page.get_by_label("Vad är fel?").fill("Perioden stämmer inte.")
    page.get_by_role("button", name="Skicka").click()
    accept(page)
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


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_axe_finds_nothing_on_any_kind_of_page_in_either_language(portal, page, width, scheme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for prefix in ("", "/en"):
        for address in (
            "/",
            "/vi-lyfter-tillsammans/",
            "/vi-lyfter-tillsammans/tillvaxt/",
            "/vi-lyfter-tillsammans/strategisk-fardplan/",
            JOBS,
            "/kommunstyrelsen/",
            "/om/",
            "/tillganglighet/",
            "/nivaer/resultatmal/",
            "/nivaer/namnder/",
            "/meddela-fel/",
            "/finns-inte/",
        ):
            page.goto(portal + prefix + address)
            accept(page)


def test_the_whole_walk_can_be_done_with_the_keyboard_and_focus_is_always_seen(portal, page):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(portal + JOBS)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    reached = []
    for _step in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
                const element = document.activeElement;
                const box = element.getBoundingClientRect();
                const style = getComputedStyle(element);
                return {
                    name: element.tagName,
                    inside: box.bottom > 0 && box.top < innerHeight && box.width > 0,
                    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                    small: element.tagName !== "A" && (box.width < 24 || box.height < 24),
                };
            }"""
        )
        if focused["name"] == "BODY":
            break
        assert focused["inside"], focused
        assert focused["outlined"], focused
        assert not focused["small"], focused
        reached.append(focused["name"])
    assert {"A", "TEXTAREA", "INPUT", "BUTTON"} <= set(reached)


def test_nothing_is_lost_without_javascript(portal, browser):
    context = browser.new_context(java_script_enabled=False, locale="sv-SE")
    page = context.new_page()
    page.goto(f"{portal}/om/")
    page.get_by_label("Vad är fel?").fill("Ett ord är felstavat.")
    page.get_by_role("button", name="Skicka").click()
    assert "/kvittens/" in page.url
    context.close()
