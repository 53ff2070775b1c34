"""Staff: what an editor, a publisher, a registrar and an administrator may see and do, address by address."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.timezone import now

from strategy import publishing
from strategy.admin.forms import version_of
from strategy.admin.nodes import NodeAdmin
from strategy.models import Node, Page

NODES = "/admin/strategy/node/"
EDITIONS = "/admin/strategy/page/"
JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"
FILE = f"{'0' * 64}.png"
EMPTY_INLINES = {
    f"{name}-{part}": 0
    for name in ("translations", "easy_texts", "illustrations", "related_material", "words")
    for part in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def staff(group: str) -> User:
    user = User.objects.create(username=group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture(autouse=True)
def file():
    """An uploaded file that no edition shows."""
    path = Path(settings.MEDIA_ROOT) / FILE
    path.write_bytes(b"any")
    yield
    path.unlink()


@pytest.fixture
def editor(db):
    return staff("Editors")


@pytest.fixture
def publisher(db):
    return staff("Publishers")


@pytest.fixture
def registrar(db):
    return staff("Registrars")


@pytest.fixture
def administrator(db):
    return staff("Administrators")


def visit(client, address: str) -> int:
    response = client.get(address)
    if response.streaming:
        list(response.streaming_content)  # which also closes the file
    return response.status_code


def change(node: Node, action: str = "change") -> str:
    return reverse(f"admin:strategy_node_{action}", args=[node.pk])


def form_of(node: Node, **changes) -> dict:
    """What a browser sends for an area."""
    fields = {"title": node.title, "lead": node.lead, "body": node.body, "slug": node.slug, "number": node.number}
    return {**EMPTY_INLINES, **fields, "parent": node.parent.pk, "global_goals": node.global_goals, **changes}


MATRIX = [
    # address, what an editor, a publisher, a registrar and an administrator get
    (NODES, 200, 200, 403, 403),
    (NODES + "add/", 200, 200, 403, 403),
    (NODES + "add/?kind=text", 200, 200, 403, 403),
    (NODES + "{work}/change/", 200, 200, 403, 403),
    (NODES + "{work}/preview/", 200, 200, 403, 403),
    (NODES + "{work}/preview/lattlast/", 404, 404, 403, 403),
    (NODES + "{work}/history/", 200, 200, 403, 403),
    (NODES + "{work}/delete/", 403, 403, 403, 403),
    (NODES + "media/{file}", 200, 200, 403, 403),
    (NODES + "publishing/?node={work}", 403, 200, 403, 403),
    (NODES + "children/{start}/", 200, 200, 403, 403),
    (EDITIONS, 200, 200, 403, 403),
    (EDITIONS + "{page}/change/", 200, 200, 403, 403),
    (EDITIONS + "{page}/shown/", 200, 200, 403, 403),
    (EDITIONS + "add/", 403, 403, 403, 403),
    (EDITIONS + "{page}/delete/", 403, 403, 403, 403),
    ("/admin/feedback/entry/", 403, 403, 200, 403),
    ("/admin/feedback/entry/add/", 403, 403, 403, 403),
    ("/admin/auth/user/", 403, 403, 403, 200),
    ("/admin/auth/user/add/", 403, 403, 403, 200),
    ("/admin/", 200, 200, 200, 200),
]


@pytest.mark.parametrize(("address", "as_editor", "as_publisher", "as_registrar", "as_administrator"), MATRIX)
def test_each_role_gets_what_is_its_own(
    published, client, address, as_editor, as_publisher, as_registrar, as_administrator
):
    page = Page.objects.at().get(node=published.work)
    address = address.format(work=published.work.pk, start=published.start.pk, page=page.pk, file=FILE)
    expected = {
        "Editors": as_editor,
        "Publishers": as_publisher,
        "Registrars": as_registrar,
        "Administrators": as_administrator,
    }
    got = {}
    for group in expected:
        client.force_login(staff(group))
        got[group] = visit(client, address)
    assert got == expected


@pytest.mark.parametrize("prefix", ["", "/en"])
@pytest.mark.parametrize("address", [row[0] for row in MATRIX])
def test_nobody_else_gets_in(published, client, address, prefix):
    page = Page.objects.at().get(node=published.work)
    address = prefix + address.format(work=published.work.pk, start=published.start.pk, page=page.pk, file=FILE)
    response = client.get(address)
    assert response.status_code == 302
    assert "/admin/login/" in response.headers["Location"]


def test_form_shows_what_the_kind_is_asked_for_and_nothing_else(published, client, editor):
    client.force_login(editor)
    shown = {
        kind: client.get(change(getattr(published, name))).content.decode()
        for kind, name in (("area", "work"), ("result", "jobs"), ("effort", "track"), ("text", "about"))
    }
    assert [kind for kind, html in shown.items() if 'name="indicator"' in html] == ["result"]
    assert [kind for kind, html in shown.items() if 'name="stage"' in html] == ["effort"]
    assert [kind for kind, html in shown.items() if 'name="global_goals"' in html] == ["area", "result", "effort"]
    assert [kind for kind, html in shown.items() if 'name="boards"' in html] == ["result", "effort"]
    assert all('name="board_code"' not in html for html in shown.values())


def test_editor_changes_the_draft_and_the_public_page_stays(published, client, editor):
    client.force_login(editor)
    data = form_of(published.work, title="Ny titel")
    response = client.post(change(published.work), {**data, "body": '<p onclick="x()">Hej<script>x()</script></p>'})
    assert response.status_code == 302
    published.work.refresh_from_db()
    assert published.work.title == "Ny titel"
    assert published.work.body == "<p>Hej</p>"
    assert "Ny titel" not in client.get("/vi-lyfter/fardplan/arbete/").content.decode()


@pytest.mark.parametrize("change_of", ["slug", "parent"])
def test_editor_can_not_rename_or_move_what_is_public(published, client, editor, change_of):
    other = Node.objects.add_child(published.roadmap, create_kwargs={"kind": "area", "slug": "ny", "title": "Ny"})
    publishing.publish(other)
    changes = {"slug": {"slug": "annat"}, "parent": {"parent": other.pk}}[change_of]
    data = form_of(published.income, lead="Ny ingress") | changes
    client.force_login(editor)
    assert client.post(change(published.income), data).status_code == 302
    published.income.refresh_from_db()
    assert (published.income.slug, published.income.parent) == ("inkomst", published.work)
    assert published.income.lead == "Ny ingress"
    assert client.get("/vi-lyfter/fardplan/arbete/inkomst/").status_code == 200


def test_right_to_move_is_asked_when_it_is_done(published):
    """Whoever saw a draft may find it public by the time the move comes."""
    with pytest.raises(publishing.Refused):
        publishing.move(published.income, published.safety, "last-child", may_publish=False)
    with pytest.raises(publishing.Refused):
        publishing.rename(published.income, "annat", may_publish=False)


def test_who_saves_over_somebody_elses_change_is_told_first(published, client, editor):
    client.force_login(editor)
    read = client.get(change(published.work)).context["adminform"].form["version"].value()
    Node.objects.filter(pk=published.work.pk).update(lead="Någon annans ingress")
    response = client.post(change(published.work), form_of(published.work, title="Min titel", version=read))
    assert response.status_code == 200
    assert "Min titel" in response.content.decode()
    published.work.refresh_from_db()
    assert (published.work.title, published.work.lead) == ("Arbetsmarknad", "Någon annans ingress")
    again = response.context["adminform"].form["version"].value()
    data = form_of(published.work, title="Min titel", version=again)
    assert client.post(change(published.work), data).status_code == 302


def test_publisher_renames_and_the_page_moves(published, client, publisher):
    client.force_login(publisher)
    assert client.post(change(published.work), form_of(published.work, slug="jobb")).status_code == 302
    assert client.get("/vi-lyfter/fardplan/arbete/").headers["Location"] == "/vi-lyfter/fardplan/jobb/"


def test_slug_that_is_taken_is_said_in_the_form_and_nothing_is_lost(published, client, publisher):
    client.force_login(publisher)
    data = form_of(published.work, slug="trygghet", lead="En lång ingress som ingen vill skriva om")
    response = client.post(change(published.work), data)
    assert response.status_code == 200
    html = response.content.decode()
    assert "trygghet" in html
    assert "En lång ingress som ingen vill skriva om" in html
    published.work.refresh_from_db()
    assert (published.work.slug, published.work.lead) == ("arbete", "")


def test_editor_adds_a_page_below_and_the_slug_is_made_of_the_title(published, client, editor):
    client.force_login(editor)
    data = {**EMPTY_INLINES, "title": "Färre väntar på svar", "parent": published.work.pk}
    response = client.post(f"{NODES}add/?kind=goal&parent={published.work.pk}", data)
    assert response.status_code == 302, response.context["errors"]
    node = Node.objects.get(title="Färre väntar på svar")
    assert (node.kind, node.slug, node.parent) == ("goal", "farre-vantar-pa-svar", published.work)
    assert not Page.objects.filter(node=node).exists()


def test_page_can_not_be_added_under_a_kind_that_may_not_have_it(published, client, editor):
    client.force_login(editor)
    data = {**EMPTY_INLINES, "title": "Fel plats", "parent": published.vision.pk}
    response = client.post(f"{NODES}add/?kind=goal", data)
    assert response.status_code == 200
    assert not Node.objects.filter(title="Fel plats").exists()


def test_editor_deletes_a_draft_but_not_what_has_been_public(published, client, editor):
    draft = Node.objects.add_child(published.work, create_kwargs={"kind": "goal", "slug": "x", "title": "X"})
    client.force_login(editor)
    assert client.post(change(draft, "delete"), {"post": "yes"}).status_code == 302
    assert not Node.objects.filter(pk=draft.pk).exists()
    assert client.post(change(published.safety, "delete"), {"post": "yes"}).status_code == 403
    assert Node.objects.filter(pk=published.safety.pk).exists()


@pytest.fixture
def form_made_before(rf):
    """A form as a request has it that came a moment earlier than another's change was saved."""

    def form(user, node, **changes):
        request = rf.post("/")
        request.user = user
        return NodeAdmin(Node, site).get_form(request, node)(form_of(node, **changes), instance=node)

    return form


def test_draft_that_is_published_meanwhile_is_not_renamed_by_an_editor(published, editor, form_made_before):
    draft = Node.objects.add_child(published.roadmap, create_kwargs={"kind": "area", "slug": "ny", "title": "Ny"})
    form = form_made_before(editor, draft, slug="annat")
    publishing.publish(draft)
    assert not form.is_valid()
    assert "slug" in form.errors


@pytest.mark.parametrize("meanwhile", [{"lead": "Någon annans"}, {"slug": "nagon-annans"}])
def test_change_that_is_saved_meanwhile_is_noticed(published, publisher, form_made_before, meanwhile):
    draft = Node.objects.add_child(published.roadmap, create_kwargs={"kind": "area", "slug": "ny", "title": "Ny"})
    form = form_made_before(publisher, draft, version=version_of(draft))
    Node.objects.filter(pk=draft.pk).update(**meanwhile)
    assert not form.is_valid()


def test_lost_file_keeps_no_list_from_being_shown_and_is_said_when_publishing(published, client, publisher):
    published.about.related_material.create(title="Rapport", file=f"{'1' * 64}.pdf")
    client.force_login(publisher)
    assert client.get(f"{NODES}?kind__exact=text").status_code == 200
    assert client.get(change(published.about)).status_code == 200
    assert client.get(change(published.about, "preview")).status_code == 200
    assert "1" * 64 in deeds(client, published.about, deed="publish").content.decode()
    assert Page.objects.filter(node=published.about).count() == 1


def deeds(client, *nodes, **data):
    address = NODES + "publishing/?" + "&".join(f"node={node.pk}" for node in nodes)
    return client.post(address, data)


def test_publisher_publishes_a_change(published, client, publisher):
    Node.objects.filter(pk=published.work.pk).update(title="Ny titel")
    client.force_login(publisher)
    assert deeds(client, published.work, deed="publish").status_code == 302
    assert "Ny titel" in client.get("/vi-lyfter/fardplan/arbete/").content.decode()
    assert Page.objects.at().get(node=published.work).published_by == publisher


def test_publisher_publishes_everything_below_at_once(tree, client, publisher):
    client.force_login(publisher)
    deeds(client, tree.start, deed="publish", branch="on")
    assert client.get(JOBS).status_code == 200


def test_everything_that_is_missing_is_listed_with_links(published, client, publisher):
    Node.objects.filter(pk=published.jobs.pk).update(indicator="", unit="")
    client.force_login(publisher)
    response = deeds(client, published.jobs, deed="publish")
    html = response.content.decode()
    assert f"{change(published.jobs)}#id_indicator" in html
    assert f"{change(published.jobs)}#id_unit" in html
    assert Page.objects.filter(node=published.jobs).count() == 1


def test_publisher_schedules_and_cancels(published, client, publisher):
    Node.objects.filter(pk=published.work.pk).update(title="Sedan")
    client.force_login(publisher)
    tomorrow = now() + timedelta(days=1)
    deeds(client, published.work, deed="publish", at_0=f"{tomorrow:%Y-%m-%d}", at_1="12:00")
    assert Page.objects.ahead(now()).get().title == "Sedan"
    assert "Arbetsmarknad" in client.get("/vi-lyfter/fardplan/arbete/").content.decode()
    deeds(client, published.work, deed="cancel")
    assert not Page.objects.ahead(now()).exists()


def test_a_moment_that_has_passed_is_said_and_kept_in_the_form(published, client, publisher):
    client.force_login(publisher)
    response = deeds(client, published.work, deed="withdraw", at_0="2020-01-01", at_1="12:00")
    assert response.status_code == 200
    assert "2020-01-01" in response.content.decode()
    assert client.get("/vi-lyfter/fardplan/arbete/").status_code == 200


def test_publisher_withdraws_pages_of_which_one_is_below_the_other(published, client, publisher):
    client.force_login(publisher)
    assert deeds(client, published.work, published.jobs, deed="withdraw").status_code == 302
    assert client.get(JOBS).status_code == 410


def test_draft_that_differs_from_what_is_public_is_seen_in_list_and_form(published, client, editor):
    client.force_login(editor)
    assert "utkastet är ändrat" not in client.get(f"{NODES}?kind__exact=area").content.decode()
    Node.objects.filter(pk=published.work.pk).update(title="Ny titel")
    assert client.get(f"{NODES}?kind__exact=area").content.decode().count("utkastet är ändrat") == 1
    assert "utkastet är ändrat" in client.get(change(published.work)).content.decode()


def test_scheduled_withdrawal_is_seen_and_not_called_done(published, client, publisher):
    client.force_login(publisher)
    tomorrow = now() + timedelta(days=1)
    address = f"{NODES}publishing/?node={published.work.pk}"
    data = {"deed": "withdraw", "at_0": f"{tomorrow:%Y-%m-%d}", "at_1": "12:00"}
    assert "ska dras tillbaka" in client.post(address, data, follow=True).content.decode()
    assert "ska dras tillbaka" in client.get(f"{NODES}?kind__exact=area").content.decode()
    assert client.get(JOBS).status_code == 200


def test_why_a_page_was_changed_is_kept_with_its_edition(published, client, publisher):
    client.force_login(publisher)
    Node.objects.filter(pk=published.work.pk).update(title="Arbete")
    deeds(client, published.work, deed="publish", reason="Fullmäktige beslutade det den 9 mars.")
    assert Page.objects.at().get(node=published.work).reason == "Fullmäktige beslutade det den 9 mars."


def test_a_day_of_review_alone_waits_to_be_published(published, client, publisher):
    client.force_login(publisher)
    Node.objects.filter(pk=published.work.pk).update(reviewed_on="2026-01-01")
    html = client.get(f"{NODES}{published.work.pk}/change/").content.decode()
    assert "2026-01-01" in html
    deeds(client, published.work, deed="publish")
    assert Page.objects.at().get(node=published.work).document["reviewed_on"] == "2026-01-01"


def test_page_of_deeds_says_how_many_public_pages_are_below(published, client, publisher):
    client.force_login(publisher)
    html = client.get(f"{NODES}publishing/?node={published.work.pk}&deed=withdraw").content.decode()
    assert "3 publicerade sidor under" in html


@pytest.mark.parametrize(
    ("address", "data"),
    [
        (NODES, {"action": "publish_selected", "_selected_action": "1"}),
        (NODES, {"node": "1", "target": "2", "relation": "child"}),
        (f"{NODES}move/", {"node": "abc", "target": "1", "relation": "child"}),
        (f"{NODES}publishing/?node={'9' * 5000}", {"deed": "publish"}),
    ],
)
@pytest.mark.parametrize("group", ["Editors", "Publishers"])
def test_nonsense_is_answered_without_a_fault(published, client, group, address, data):
    client.force_login(staff(group))
    assert client.post(address, data).status_code < 500


def test_editor_can_not_publish_by_sending_the_form(published, client, editor):
    Node.objects.filter(pk=published.work.pk).update(title="Ny titel")
    client.force_login(editor)
    assert deeds(client, published.work, deed="publish").status_code == 403
    assert "Ny titel" not in client.get("/vi-lyfter/fardplan/arbete/").content.decode()


def test_moving_by_buttons_changes_the_public_order(published, client, publisher):
    client.force_login(publisher)
    assert client.post(f"{NODES}{published.safety.pk}/shift/up/").status_code == 302
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Trygghet", "Arbetsmarknad"]


@pytest.mark.parametrize("address", ["{safety}/shift/up/", "move/"])
def test_editor_can_not_move_what_is_public(published, client, editor, address):
    client.force_login(editor)
    data = {"node": published.safety.pk, "target": published.work.pk, "relation": "sibling"}
    client.post(NODES + address.format(safety=published.safety.pk), data)
    areas = Page.objects.at().filter(parent=published.roadmap).in_order()
    assert [page.title for page in areas] == ["Arbetsmarknad", "Trygghet"]


def test_dragging_goes_through_publishing(published, client, publisher):
    client.force_login(publisher)
    data = {"node": published.income.pk, "target": published.safety.pk, "relation": "child"}
    assert client.post(f"{NODES}move/", data).status_code == 200
    assert client.get(JOBS).headers["Location"] == "/vi-lyfter/fardplan/trygghet/inkomst/jobb/"
    data = {"node": published.income.pk, "target": published.roadmap.pk, "relation": "child"}
    assert client.post(f"{NODES}move/", data).status_code == 400


@pytest.mark.parametrize("address", ["{work}/shift/up/", "move/"])
def test_nothing_is_moved_by_a_link(published, client, publisher, address):
    client.force_login(publisher)
    assert client.get(NODES + address.format(work=published.work.pk)).status_code in (404, 405)


def test_preview_shows_the_draft_in_both_languages_and_takes_no_reports(published, client, editor):
    Node.objects.filter(pk=published.work.pk).update(title="Hemligt utkast")
    client.force_login(editor)
    for prefix in ("", "/en"):
        response = client.get(prefix + change(published.work, "preview"))
        html = response.content.decode()
        assert "Hemligt utkast" in html
        assert 'name="message"' not in html
        assert "no-store" in response.headers["Cache-Control"]


def test_preview_of_a_page_whose_parent_is_not_public(tree, client, editor):
    client.force_login(editor)
    for node in vars(tree).values():
        assert client.get(change(node, "preview")).status_code == 200


def test_search_and_filters_look_everywhere(published, client, editor):
    client.force_login(editor)
    assert "Starta jobbspår" in client.get(f"{NODES}?q=jobbsp").content.decode()
    html = client.get(f"{NODES}?state=public&kind__exact=effort").content.decode()
    assert "Starta jobbspår" in html
    assert "Starta jobbspår" not in client.get(f"{NODES}?state=draft").content.decode()


def test_administrator_gives_nobody_more_than_a_group_and_not_to_themselves(client, administrator, editor):
    client.force_login(administrator)
    registrars = Group.objects.get(name="Registrars")
    data = {
        "username": "administrators",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [registrars.pk],
    }
    client.post(f"/admin/auth/user/{administrator.pk}/change/", data)
    administrator.refresh_from_db()
    assert not administrator.is_superuser
    assert list(administrator.groups.values_list("name", flat=True)) == ["Administrators"]
    client.post(f"/admin/auth/user/{editor.pk}/change/", {**data, "username": "editors"})
    editor.refresh_from_db()
    assert not editor.is_superuser
    assert list(editor.groups.all()) == [registrars]


def test_superusers_are_out_of_an_administrators_reach(client, administrator):
    root = User.objects.create_superuser("root")
    client.force_login(administrator)
    assert client.get(f"/admin/auth/user/{root.pk}/password/").status_code in (302, 404)
    assert client.get(f"/admin/auth/user/{root.pk}/change/").status_code == 302


def test_reading_changes_nothing(published, client):
    """No GET changes state: the editions and nodes are the same after a walk over every address as a publisher."""
    client.force_login(staff("Publishers"))
    before = (list(Page.objects.values()), list(Node.objects.values()))
    page = Page.objects.at().get(node=published.work)
    for address, *_ in MATRIX:
        visit(client, address.format(work=published.work.pk, start=published.start.pk, page=page.pk, file=FILE))
    assert (list(Page.objects.values()), list(Node.objects.values())) == before
