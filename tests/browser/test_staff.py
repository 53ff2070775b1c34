"""Staff at work in a real browser: the editor starts under the admin's policy, and moving works without dragging."""

import pytest
from django.contrib.auth.models import Group, User

from strategy.models import Node, Page


@pytest.fixture
def tree(transactional_db):
    from strategy import publishing

    start = Node.objects.add_root(create_kwargs={"kind": "start", "title": "Start"})
    for slug in ("forsta", "andra"):
        Node.objects.add_child(start, create_kwargs={"kind": "text", "slug": slug, "title": slug.capitalize()})
    publishing.publish_branch(start)
    return start


@pytest.fixture
def signed_in(live_server, page, tree):
    user = User.objects.create_user("utgivare", password="ett-långt-lösenord-här", is_staff=True)
    user.groups.add(Group.objects.get(name="Publishers"))
    page.goto(f"{live_server.url}/admin/")
    page.fill("#id_username", "utgivare")
    page.fill("#id_password", "ett-långt-lösenord-här")
    page.press("#id_password", "Enter")
    page.wait_for_selector("#user-tools")
    return page


def test_text_written_in_the_editor_is_saved_previewed_and_published(signed_in, live_server):
    page = signed_in
    node = Node.objects.get(slug="forsta")
    page.goto(f"{live_server.url}/admin/strategy/node/{node.pk}/change/")
    page.locator(".ProseMirror:visible").first.click()
    page.keyboard.type("Hej kommunen")
    page.get_by_role("button", name="Spara och fortsätt redigera").click()
    page.wait_for_load_state()
    node.refresh_from_db()
    assert node.body == "<p>Hej kommunen</p>"
    page.get_by_role("link", name="Förhandsvisa").click()
    assert "Hej kommunen" in page.inner_text("main")
    page.go_back()
    page.get_by_role("link", name="Publicera, schemalägg eller dra tillbaka").click()
    page.get_by_role("button", name="Genomför").click()
    page.wait_for_selector(".messagelist .success")
    page.goto(f"{live_server.url}/forsta/")
    assert "Hej kommunen" in page.inner_text("main")


def test_the_tree_opens_level_by_level_and_moves_by_buttons(signed_in, live_server, tree):
    page = signed_in
    page.goto(f"{live_server.url}/admin/strategy/node/")
    assert page.get_by_role("link", name="Andra").count() == 0
    page.locator("#result_list [class*=collapse], #result_list [class*=expand], #result_list .spacer + a").first.click()
    page.get_by_role("link", name="Andra").wait_for()
    page.get_by_role("button", name="Flytta upp ”Andra”").click()
    page.wait_for_selector(".messagelist .success")
    children = Page.objects.at().filter(parent=tree).in_order()
    assert [child.title for child in children] == ["Andra", "Forsta"]


def test_every_kind_of_form_opens_without_breaking_the_policy(signed_in, live_server):
    page = signed_in
    for path in (
        "",
        "strategy/node/",
        "strategy/node/add/",
        "strategy/node/add/?kind=text",
        f"strategy/node/{Node.objects.get(slug='andra').pk}/change/",
        f"strategy/node/publishing/?node={Node.objects.get(slug='andra').pk}",
        "strategy/page/",
        f"strategy/page/{Page.objects.first().pk}/change/",
        f"strategy/page/{Page.objects.first().pk}/shown/",
        "password_change/",
    ):
        for prefix in ("", "/en"):
            answer = page.goto(f"{live_server.url}{prefix}/admin/{path}")
            assert answer.status == 200, path
            page.wait_for_load_state("networkidle")
