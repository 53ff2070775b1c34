"""A right comes with a role, and with nothing else."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission, User

from feedback.roles import may, people
from tests.feedback.desk import REGISTER, person, screen, send

RIGHTS = {
    "view_entry",
    "register_entry",
    "answer_entry",
    "propose_disposal",
    "approve_disposal",
    "export_register",
}


@pytest.mark.parametrize(
    ("group", "rights"),
    [
        ("Registrars", {"view_entry", "register_entry", "answer_entry", "propose_disposal"}),
        ("Case officers", {"view_entry", "answer_entry"}),
        ("Archivists", {"view_entry", "propose_disposal", "approve_disposal", "export_register"}),
        ("Administrators", set()),
        ("Publishers", set()),
    ],
)
def test_a_role_may_what_the_law_and_its_work_ask_for(db, group, rights):
    user = person("anna", group)
    assert {right for right in RIGHTS if may(user, right)} == rights


def test_nobody_may_anything_by_other_ways(db):
    superuser = person("super", is_superuser=True)
    given = person("given")
    given.user_permissions.set(Permission.objects.filter(content_type__app_label="feedback"))
    gone = person("gone", "Registrars", is_active=False)
    for user in (superuser, given, gone, AnonymousUser()):
        assert not may(user, *RIGHTS)
    assert may(person("eva", "Registrars", is_superuser=True), "view_entry")


def test_work_is_given_to_those_who_may_do_it(db):
    person("bo", "Case officers", "Registrars")
    person("gone", "Registrars", is_active=False)
    person("super", is_superuser=True)
    assert [user.username for user in people("answer_entry")] == ["bo"]


def test_an_administrator_opens_no_entry_and_is_shown_no_way_to_one(receive, client):
    entry = receive("Telefonnumret är fel.", email="anna@example.com")
    for user in (
        person("administrator", "Administrators"),
        person("super", is_superuser=True),
        person("both", "Administrators", is_superuser=True),
    ):
        client.force_login(user)
        for address in (REGISTER, screen(entry), f"{REGISTER}{entry.pk}/seen/", f"{REGISTER}{entry.pk}/history/"):
            response = client.get(address)
            assert response.status_code == 403, address
            assert "Telefonnumret" not in response.content.decode()
        for action in ("take", "close", "note", "mark", "secret", "paper"):
            assert send(client, entry, action, button="fixed", text="x").status_code == 403
        assert client.get("/admin/feedback/").status_code == 404
        assert "/feedback/" not in client.get("/admin/").content.decode()


def test_an_archivist_reads_and_keeps_but_decides_nothing_about_the_matter(receive, client):
    entry = receive("Telefonnumret är fel.")
    client.force_login(person("ulla", "Archivists"))
    page = client.get(screen(entry)).content.decode()
    assert "Telefonnumret" in page
    assert "Assign to me" not in page
    assert "Mark as secret" not in page
    assert send(client, entry, "close", button="fixed").status_code == 403
    assert send(client, entry, "mark").status_code == 403
    assert send(client, entry, "hold", reason="Begärd ut.").status_code == 302


def test_groups_are_there_once(db):
    assert Group.objects.filter(name__in=["Registrars", "Case officers", "Archivists"]).count() == 3
    assert not User.objects.exists()
