"""More languages need no code: a setting, and a catalogue if there is one."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import override

from portal import environment
from tests.portal.test_machines import head

JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"
LIST = "/nivaer/resultatmal/"


@pytest.fixture
def arabic(settings, monkeypatch):
    monkeypatch.setenv("LANGUAGES", "sv, en, ar")
    settings.LANGUAGES = environment.languages("LANGUAGES", default=["sv", "en"])


def test_arabic_pages_are_read_from_right_to_left(arabic, published, client):
    response = client.get(f"/ar{JOBS}")
    assert response.headers["Content-Language"] == "ar"
    assert '<html lang="ar" dir="rtl">' in response.text
    assert 'dir="rtl"' not in client.get(JOBS).text.partition("<body>")[0]


def test_language_without_a_catalogue_has_swedish_interface_words(arabic, published, client):
    assert "Meddela fel på sidan" in client.get(f"/ar{JOBS}").text


@pytest.mark.parametrize(
    ("code", "name", "direction"), [("so", "Soomaali", ""), ("ti", "ትግርኛ", ""), ("sd", "سنڌي", ' dir="rtl"')]
)
def test_languages_that_many_speak_and_django_does_not_know(
    settings, monkeypatch, published, client, code, name, direction
):
    monkeypatch.setenv("LANGUAGES", f"sv,en,{code}")
    settings.LANGUAGES = environment.languages("LANGUAGES", default=["sv", "en"])
    settings.LANGUAGES_BIDI = environment.right_to_left()
    assert f'<html lang="{code}"{direction}>' in client.get(f"/{code}{JOBS}").text
    assert name in client.get(JOBS).text


def test_every_page_leads_to_all_its_languages(arabic, published, client):
    origin = "http://testserver"
    for prefix in ("", "/en", "/ar"):
        found = head(client, f"{prefix}{LIST}")
        assert found.alternates == {
            "sv": origin + LIST,
            "x-default": origin + LIST,
            "en": f"{origin}/en{LIST}",
            "ar": f"{origin}/ar{LIST}",
        }
        assert len(found.menu) == 2
    assert "العربيّة" in client.get(JOBS).text


def test_admin_is_closed_to_robots_in_every_language(arabic, client):
    assert "Disallow: /ar/admin/" in client.get("/robots.txt").text.splitlines()


@pytest.mark.parametrize("value", ["en", "en,sv", "sv,xx", "sv,Arabic", ","])
def test_what_is_no_list_of_languages_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("LANGUAGES", value)
    with pytest.raises(ImproperlyConfigured, match="LANGUAGES"):
        environment.languages("LANGUAGES", default=["sv", "en"])


@pytest.mark.parametrize(("language", "names"), [("sv", ["svenska", "engelska"]), ("en", ["swedish", "english"])])
def test_languages_have_their_names_in_the_language_of_the_page(settings, language, names):
    with override(language):
        assert [str(name).lower() for _code, name in settings.LANGUAGES] == names
