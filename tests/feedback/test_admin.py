"""Who may read the register, and what was received. Nobody can change it."""

import pytest
from django.contrib.auth.models import Group, User

from feedback.models import Entry
from strategy import publishing
from strategy.models import Node

REGISTER = "/admin/feedback/entry/"


def staff(group: str) -> User:
    user = User.objects.create(username=group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def entry(send) -> Entry:
    send("/en/om/", message="Telefonnumret är fel.\nDet är ett annat.", email="anna@example.com", website="x")
    return Entry.objects.get()


@pytest.fixture
def registrar(entry, client) -> User:
    user = staff("Registrars")
    client.force_login(user)
    return user


def addresses(entry: Entry) -> list[str]:
    return [REGISTER, *(f"{REGISTER}{entry.pk}/{part}" for part in ("change/", "seen/", "history/"))]


def test_a_registrar_reads_the_register(entry, registrar, client):
    for address in addresses(entry):
        assert client.get(address).status_code == 200
        assert client.get(f"/en{address}").status_code == 200


@pytest.mark.parametrize("group", ["Editors", "Publishers", "Administrators"])
def test_others_do_not(entry, client, group):
    client.force_login(staff(group))
    for address in [*addresses(entry), f"{REGISTER}add/", f"{REGISTER}{entry.pk}/delete/", "/admin/feedback/"]:
        response = client.get(address)
        assert response.status_code == (404 if address == "/admin/feedback/" else 403)
        assert "Telefonnumret" not in response.content.decode()
    assert "feedback" not in client.get("/admin/").content.decode()


def test_visitors_are_asked_who_they_are(entry, client):
    for address in addresses(entry):
        assert client.get(address).headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("superuser", [False, True])
def test_nobody_adds_changes_or_deletes(entry, registrar, client, superuser):
    User.objects.filter(pk=registrar.pk).update(is_superuser=superuser)
    for address in (f"{REGISTER}add/", f"{REGISTER}{entry.pk}/delete/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"post": "yes"}).status_code == 403
    assert client.post(f"{REGISTER}{entry.pk}/change/", {"message": "Inget är fel."}).status_code == 403
    deletion = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    assert client.post(REGISTER, deletion).status_code == 200  # the list: there is no such action
    assert Entry.objects.get().message == entry.message
    page = client.get(f"{REGISTER}{entry.pk}/change/").content.decode()
    assert 'name="_save"' not in page
    assert 'name="message"' not in page


def test_the_list_tells_what_matters(entry, registrar, client):
    page = client.get(f"/en{REGISTER}").content.decode()
    assert entry.designation in page
    assert "Om webbplatsen" in page


def test_an_entry_tells_everything(entry, registrar, client):
    page = client.get(f"/en{REGISTER}{entry.pk}/change/").content.decode()
    for text in (entry.designation, "Telefonnumret är fel.<br>Det är ett annat.", "anna@example.com", "/en/om/"):
        assert text in page
    assert f"/en{REGISTER}{entry.pk}/seen/" in page
    assert f"/en/kvittens/{entry.token}/" in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("telefonnumret", True),
        ("anna@example.com", True),
        ("{year}/1", False),
        ("FEL {year}/2", False),
        ("kaffe", False),
    ],
)
def test_the_register_is_searched(entry, registrar, client, words, found):
    response = client.get(REGISTER, {"q": words.format(year=entry.year)})
    assert response.context["cl"].result_count == found


def test_the_page_is_shown_as_the_reporter_saw_it(entry, registrar, client, about):
    Node.objects.filter(pk=about.node_id).update(title="Om oss", lead="Nu finns vi här.")
    publishing.publish(about.node)
    page = client.get(f"{REGISTER}{entry.pk}/seen/").content.decode()
    assert "Hit når du oss." in page
    assert "Nu finns vi här." not in page
    assert '<html lang="en">' in page


def test_the_start_page_too(registrar, client, send):
    send("/", message="Ett annat fel.")
    entry = Entry.objects.latest("number")
    assert "Visioner och framtidsidéer" in client.get(f"{REGISTER}{entry.pk}/seen/").content.decode()


def test_a_report_on_a_list_has_no_edition_to_show(registrar, client, send):
    send("/nivaer/insatser/", message="Ett annat fel.")
    entry = Entry.objects.latest("number")
    assert client.get(f"{REGISTER}{entry.pk}/change/").status_code == 200
    assert client.get(f"{REGISTER}{entry.pk}/seen/").status_code == 404


def test_the_list_takes_as_many_queries_for_many_reports(
    registrar, client, receive, settings, django_assert_max_num_queries
):
    settings.REPORTS_PER_MINUTE = 0
    with django_assert_max_num_queries(12) as few:
        client.get(REGISTER)
    for i in range(20):
        receive(f"Fel nummer {i}")
    with django_assert_max_num_queries(len(few)):
        client.get(REGISTER)


def test_a_group_may_what_its_name_says(db):
    may = {
        group.name: {
            f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
        }
        for group in Group.objects.all()
    }
    assert may["Registrars"] >= {"feedback.view_entry"}
    assert {name.split(".")[0] for name in may["Registrars"]} == {"feedback"}
    assert may["Publishers"] - may["Editors"] == {"strategy.publish_node", "strategy.block_page"}
    assert {"strategy.change_node", "strategy.delete_kindword", "strategy.view_page"} <= may["Editors"]
    of_pages = {name for name in may["Publishers"] if name.endswith("_page")}
    assert of_pages == {"strategy.view_page", "strategy.block_page"}
    assert {name.split(".")[0] for name in may["Administrators"]} == {"auth"}
    assert not any("delete" in name for name in may["Administrators"])
