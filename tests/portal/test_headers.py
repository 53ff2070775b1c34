"""The same headers on every answer. A new sort of address belongs in ROUTES."""

import base64
import hashlib
import re
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from strategy.kinds import LEVELS
from strategy.models import Page
from tests.portal.observatory import parse_policy, score

PICTURE = f"{'a' * 64}.png"

# Address, and the status that it is expected to answer with here. What needs content is tested with it.
ROUTES = [
    ("/finns-inte/", HTTPStatus.NOT_FOUND),
    ("/en/finns-inte/", HTTPStatus.NOT_FOUND),
    ("/n/999999/", HTTPStatus.NOT_FOUND),
    (f"/media/{'0' * 64}.png", HTTPStatus.NOT_FOUND),
    (f"/picture/{PICTURE}", HTTPStatus.OK),
    ("/timegate/finns-inte/", HTTPStatus.NOT_FOUND),
    ("/timemap/link/finns-inte/", HTTPStatus.NOT_FOUND),
    ("/sitemap.xml", HTTPStatus.OK),
    ("/finns-inte", HTTPStatus.MOVED_PERMANENTLY),
    ("/en", HTTPStatus.MOVED_PERMANENTLY),
    ("/gone/", HTTPStatus.GONE),
    ("/fail/bad/", HTTPStatus.BAD_REQUEST),
    ("/fail/denied/", HTTPStatus.FORBIDDEN),
    ("/fail/broken/", HTTPStatus.INTERNAL_SERVER_ERROR),
    ("/fail/away/", HTTPStatus.SERVICE_UNAVAILABLE),
    ("/static/admin/css/base.css", HTTPStatus.OK),
    ("/static/finns-inte.css", HTTPStatus.NOT_FOUND),
]
ADMIN_ROUTES = [
    ("/admin/", HTTPStatus.FOUND),
    ("/admin/login/", HTTPStatus.OK),
    ("/en/admin/login/", HTTPStatus.OK),
    ("/en/admin/finns-inte/", HTTPStatus.FOUND),
]


@pytest.fixture
def visitor(settings, db):
    settings.ROOT_URLCONF = "tests.portal.failures"
    (Path(settings.MEDIA_ROOT) / PICTURE).write_bytes(b"any")
    with ClosingClient(raise_request_exception=False) as client:
        yield client


class ClosingClient(Client):
    """Closes the files that are sent."""

    def __enter__(self):
        self.responses = []
        return self

    def __exit__(self, *problem):
        for response in self.responses:
            response.close()

    def request(self, **request):
        self.responses.append(super().request(**request))
        return self.responses[-1]


@pytest.mark.parametrize(("address", "status"), ROUTES + ADMIN_ROUTES)
def test_every_answer_scores_130_on_the_observatory(visitor, address, status):
    response = visitor.get(address, secure=True)
    assert response.status_code == status
    total, parts = score(response.headers, cookies=[morsel.OutputString() for morsel in response.cookies.values()])
    assert min(parts.values()) >= 0, parts
    assert total >= 130, parts
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert "includeSubDomains" in response.headers["Strict-Transport-Security"]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_public_page_scores_130_on_the_observatory(published, client, prefix):
    addresses = [*Page.objects.at().values_list("address", flat=True), "/meddela-fel/", f"/n/{published.jobs.pk}/"]
    addresses += [f"/nivaer/{level.slug}/" for level in LEVELS]
    for address in addresses:
        response = client.get(prefix + address, secure=True)
        total, parts = score(response.headers, cookies=[])
        assert min(parts.values()) >= 0, (address, parts)
        assert total >= 130, (address, parts)
        assert not response.cookies, address


@pytest.mark.parametrize(("address", "status"), ROUTES)
def test_public_answers_leave_cookies_alone(visitor, address, status):
    visitor.cookies["__Host-sessionid"] = "somebody"
    visitor.cookies["__Host-csrftoken"] = "something"
    response = visitor.get(address, secure=True)
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize(("address", "status"), ROUTES)
def test_public_policy_has_no_nonce_and_wants_trusted_types(visitor, address, status):
    policy = parse_policy(visitor.get(address, secure=True).headers["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    if "sandbox" in policy:  # an uploaded file, in which nothing runs at all
        return
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == ["'none'"]


@pytest.mark.parametrize("address", ["/admin/login/", "/en/admin/login/"])
def test_login_has_a_nonce_of_its_own_and_host_cookies(visitor, address):
    first, second = (visitor.get(address, secure=True) for _ in range(2))
    nonces = [re.search(r"'nonce-([^']+)'", found.headers["Content-Security-Policy"])[1] for found in (first, second)]
    assert nonces[0] != nonces[1]
    assert f'nonce="{nonces[0]}"' in first.text
    assert "trusted-types" not in first.headers["Content-Security-Policy"]
    assert set(first.cookies) == {"__Host-csrftoken"}
    assert first.cookies["__Host-csrftoken"]["path"] == "/"
    assert "no-store" in first.headers["Cache-Control"]


def test_admin_policy_allows_the_style_of_the_installed_editor():
    folder = Path(find_spec("django_prose_editor").origin).parent
    source = (folder / "static" / "django_prose_editor" / "editor.js").read_text()
    style = re.search(r"`(\.ProseMirror \{[^`]*)`", source)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in django_settings.ADMIN_CSP["style-src"]


@pytest.mark.parametrize("address", ["/", "/en/", "/static/admin/css/base.css", "/admin/"])
def test_plain_http_is_sent_to_https_first(visitor, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    response = Client().get(address)
    assert response.status_code == HTTPStatus.MOVED_PERMANENTLY
    assert response.headers["Location"] == f"https://testserver{address}"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response.headers["Content-Security-Policy"]


def test_arithmetic_knows_a_bare_answer():
    total, parts = score({})
    assert parts["csp"] == -25
    assert total == 100 - 25 - 20 - 5 - 20


def test_arithmetic_counts_bonuses_only_from_90():
    total, _ = score(
        {
            "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; frame-ancestors 'none'",
            "Strict-Transport-Security": "max-age=63072000",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
    )
    assert total == 80


def test_arithmetic_sees_a_cookie_without_secure():
    _, parts = score({}, cookies=["sessionid=x; HttpOnly; SameSite=Lax"])
    assert parts["cookies"] == -40
