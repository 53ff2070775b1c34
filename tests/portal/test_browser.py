"""What only a browser can say of the platform. The `page` fixture fails when the content security policy is broken."""

import pytest
from django.contrib.auth import get_user_model


@pytest.fixture
def editor(live_server):
    return get_user_model().objects.create_superuser("ansvarig", password="ett-långt-lösenord-här")


@pytest.mark.parametrize(("prefix", "language"), [("", "sv"), ("/en", "en")])
def test_staff_sign_in_and_out(live_server, page, editor, prefix, language):
    page.goto(f"{live_server.url}{prefix}/admin/")
    assert page.locator("html").get_attribute("lang") == language
    page.fill("#id_username", "ansvarig")
    page.fill("#id_password", "ett-långt-lösenord-här")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    assert page.url == f"{live_server.url}{prefix}/admin/"
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {"sessionid", "csrftoken"}
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies.values())
    page.click("#logout-form button")
    page.wait_for_selector("#user-tools", state="detached")


def test_error_page_loads_everything_it_asks_for(live_server, page):
    failed = []
    page.on(
        "response",
        lambda response: failed.append(response.url) if "/static/" in response.url and not response.ok else None,
    )
    page.goto(f"{live_server.url}/finns-inte/")
    page.wait_for_load_state("networkidle")
    assert failed == []
    assert page.context.cookies() == []
