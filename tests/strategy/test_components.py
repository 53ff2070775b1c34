"""The component page shows every part of the pages, in development only, and asks no database for it."""

import re

import pytest
from django.conf import settings as portal_settings

from tests.outline import Outline

TEMPLATES = portal_settings.BASE_DIR / "templates"


@pytest.fixture
def development(settings):
    settings.DEBUG = True


def parts() -> set[str]:
    """What pages include, and what is a part of one page alone."""
    included = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.glob("**/parts/*.html")}
    partials = {
        f"{path.relative_to(TEMPLATES)}#{name}"
        for path in [*TEMPLATES.glob("strategy/*.html"), *TEMPLATES.glob("feedback/*.html")]
        for name in re.findall(r"{% partialdef (\w+)(?: inline)? %}", path.read_text())
    }
    return included | partials


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_part_is_shown_and_says_something(development, client, prefix):
    response = client.get(f"{prefix}/komponenter/")
    assert response.status_code == 200
    shown = {part["template"]: part["states"] for part in response.context["parts"]}
    assert shown.keys() == parts()
    for template, states in shown.items():
        looks = {re.sub(r'\b(?:id|for|aria-\w+)="[^"]*"', "", state["html"]).strip() for state in states}
        assert "" not in looks, template
        assert len(looks) == len(states), f"{template}: two states are the same"


def test_ids_are_there_once_and_what_leads_to_them_does(development, client):
    html = client.get("/komponenter/").text
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    led_to = re.findall(r'\b(?:for|aria-labelledby|aria-describedby)="([^"]+)"', html)
    assert {word for value in led_to for word in value.split()} <= set(ids)
    page = Outline(html)
    assert page.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.headings, page.headings[1:], strict=False))


def test_there_is_no_such_page_but_in_development(client, db):
    assert client.get("/komponenter/").status_code == 404
