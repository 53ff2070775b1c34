"""Another municipality is another environment, and nothing else."""

import runpy
from pathlib import Path

import pytest

from strategy.models import Page
from tests.portal.test_machines import head

ROOT = Path(__file__).resolve().parents[2]
NAME = "kristianstad"
ENVIRONMENT = {
    "SITE_NAME": "Exempelköpings kommun",
    "SITE_HOMEPAGE": "https://www.exempelkoping.example/",
    "SITE_EMAIL": "kommun@exempelkoping.example",
    "SITE_PHONE": "+46 (0)99-12 34 56",
    "SITE_POSTAL_ADDRESS": "Box 1, 999 99 Exempelköping",
    "SITE_URL": "https://strategi.exempelkoping.example/",
    "SITE_COLOURS": "link:#0b3d91/#9cc0ff, water:#dde6f3/#15253a, growth:#7a2f6f/#e3a6da",
    "OTHER_QUESTIONS_URL": "https://www.exempelkoping.example/kontakt",
    "LANGUAGES": "sv,en,fi",
    "ALLOW_INDEXING": "1",
    "SECURITY_CONTACT": "mailto:sakerhet@exempelkoping.example",
    "SECURITY_EXPIRES": "2027-05-31",
}


@pytest.fixture
def exempelkoping(settings, monkeypatch):
    """The settings, read once more in another environment."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(str(ROOT / "portal" / "settings.py"))
    for name in (*ENVIRONMENT, "CONTENT_OWNER"):
        setattr(settings, name, read[name])


@pytest.mark.parametrize("prefix", ["", "/en", "/fi"])
def test_another_municipality_is_another_environment(exempelkoping, published, client, prefix):
    addresses = [
        *Page.objects.at().values_list("address", flat=True),
        "/nivaer/namnder/",
        "/meddela-fel/",
        "/finns/inte/",
    ]
    for address in addresses:
        text = client.get(prefix + address).text
        assert NAME not in text.lower(), address
        assert f"– {ENVIRONMENT['SITE_NAME']}</title>" in text
        assert 'href="https://www.exempelkoping.example/"' in text
        assert 'href="mailto:kommun@exempelkoping.example"' in text
        assert 'href="tel:+4699123456"' in text
        assert "Box 1, 999 99 Exempelköping" in text
        assert 'href="https://www.exempelkoping.example/kontakt"' in text or "finns" in address


def test_its_colours_and_its_address_are_what_machines_are_told(exempelkoping, published, client):
    found = head(client, "/fi/nivaer/namnder/")
    assert found.canonical == ["https://strategi.exempelkoping.example/fi/nivaer/namnder/"]
    assert found.metas["og:site_name"] == "Exempelköpings kommun"
    (style,) = [link["href"] for link in found.links if link["href"].startswith("/farger.css")]
    assert "--growth: light-dark(#7a2f6f, #e3a6da);" in client.get(style).text
    for address in ("/robots.txt", "/.well-known/security.txt"):
        assert "https://strategi.exempelkoping.example/" in client.get(address).text


def test_without_contact_details_there_are_no_empty_ones(published, client):
    text = client.get("/").text
    assert "mailto:" not in text
    assert "tel:" not in text


def test_code_and_templates_name_no_municipality():
    """Content does, and the demo shows one."""
    found = set()
    for folder in ("portal", "strategy", "feedback", "templates", "static"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in {".py", ".html", ".css", ".svg", ".po", ".txt", ".js"}:
                continue
            if path.is_relative_to(ROOT / "strategy" / "content"):
                continue
            lines = path.read_text(encoding="utf-8").lower().splitlines()
            if any(NAME in line and " if demo else " not in line for line in lines):
                found.add(str(path.relative_to(ROOT)))
    assert found == {"portal/management/commands/demo.py"}
