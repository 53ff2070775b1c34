import logging
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import get_resolver, resolve


@pytest.fixture
def visitor(settings):
    """Without `db`: any query would be a failure."""
    settings.ROOT_URLCONF = "tests.portal.failures"
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("what", ["away", "closed"])
@pytest.mark.parametrize(("prefix", "language"), [("", "sv"), ("/en", "en")])
def test_database_that_is_away_is_said_so(visitor, caplog, what, prefix, language):
    caplog.set_level(logging.WARNING)
    response = visitor.get(f"{prefix}/fail/{what}/")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"
    assert f'lang="{language}"' in response.text
    assert "Kristianstads kommun" in response.text
    assert len(caplog.records) == 1
    assert "connection refused" in caplog.text
    assert "second line" not in caplog.text


def test_database_that_goes_away_outside_of_a_view_is_said_so_too(visitor, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.portal.failures.fails_late"]
    response = visitor.get("/picture/none/")
    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("bad", HTTPStatus.BAD_REQUEST),
        ("denied", HTTPStatus.FORBIDDEN),
        ("broken", HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_errors_have_the_look_of_the_site_without_a_database(visitor, what, status):
    response = visitor.get(f"/fail/{what}/")
    assert response.status_code == status
    assert "Kristianstads kommun" in response.text
    assert "<h1" in response.text
    assert "connection refused" not in response.text


def test_error_page_that_fails_itself_still_says_something(visitor, settings, tmp_path):
    (tmp_path / "500.html").write_text("{% nonsense %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    response = visitor.get("/fail/broken/")
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "Något gick fel" in response.text


def test_form_from_another_site_is_refused_in_the_admin(settings):
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "Kristianstads kommun" in response.text


READ_ONLY = [
    "/",
    "/en/om/",
    "/n/1/",
    "/n/1/andringar/",
    "/det-senaste/",
    "/sok/",
    "/hela-fardplanen/",
    "/globala-mal/",
    "/globala-mal/8/",
    "/nivaer/namnder/",
    "/lattlast/",
    "/tillganglighet.json",
    "/feed/alla.atom",
    "/feed/1.ics",
    "/kvittens/abc/",
    "/kvittens/abc/bevis.tlog-proof",
    "/kvittens/abc/bevis.json",
    "/diarium/",
    "/diarium/diarium.csv",
    "/diarium/diarium.atom",
    "/diarium/lagring/",
    "/diarium/huvuden/",
    "/diarium/huvuden/huvuden.atom",
    "/diarium/huvuden/1.txt",
    "/diarium/huvuden/1-2.txt",
    "/diarium/huvuden/verify.py",
    "/diarium/FEL/2026/1/",
    f"/media/{'0' * 64}.png",
    "/komponenter/",
    "/timegate/http://testserver/",
    "/timemap/link/http://testserver/",
    "/robots.txt",
    "/sitemap.xml",
    "/sitemap-1.xml",
    "/favicon.ico",
    "/farger.css",
    "/.well-known/security.txt",
]


@pytest.mark.parametrize("address", READ_ONLY)
def test_what_is_only_read_says_so_to_whoever_sends_something(address):
    """Before anything is asked of the database, or of a token that public pages don't have."""
    client = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete"):
        response = getattr(client, method)(address)
        assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED, method
        assert response.headers["Allow"] == "GET, HEAD"


def test_every_public_address_is_tried_above_or_takes_reports():
    def names(patterns: list) -> set[str]:
        found = set()
        for pattern in patterns:
            if getattr(pattern, "app_name", "") == "admin":
                continue
            found |= names(pattern.url_patterns) if hasattr(pattern, "url_patterns") else {pattern.name}
        return found

    assert names(get_resolver().url_patterns) == {resolve(address).url_name for address in READ_ONLY} | {"report"}
