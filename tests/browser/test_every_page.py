"""Axe with every rule it has, and everything in sight at any width and any spacing, on each page of pages.py."""

import pytest

from tests.browser.checks import RULES_OF_LOOK, SPACE_TEXT_OUT, faults, lost


def look(page, width: int, scheme: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        # A template is the same in both languages, so that the two between them see it in every width and scheme.
        # Rules that read markup alone need it once; those of look run again in the second.
        ("sv", (320, "light"), (1280, "dark")),
        ("en", (1280, "light"), (320, "dark")),
    ],
)
def test_everyone_can_read_every_page(portal, addresses, page, language, first, second):
    found = {}
    for name, address in addresses[language].items():
        look(page, *first)
        page.goto(portal + address)
        found[name, first] = faults(page)
        look(page, *second)
        found[name, second] = faults(page, only=RULES_OF_LOOK)
        look(page, 1920, "light")
        found[name, "1920 px"] = lost(page)
        look(page, 320, "light")
        page.evaluate(SPACE_TEXT_OUT)
        found[name, "text spaced out"] = lost(page)
    assert {place: problems for place, problems in found.items() if problems} == {}
