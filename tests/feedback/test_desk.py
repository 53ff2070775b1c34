"""The registrar's desk: what is to be done, found in any way it is asked for, and done once."""

import re
from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from feedback import answers, closing, disposal, handling, inbox, register, secrecy
from feedback.chronicle import due_mark
from feedback.models import Entry, Event, Letter, Standing, WorkingNote
from feedback.steps import Deed, State
from tests.feedback.desk import REGISTER, last, person, screen, send
from tests.feedback.kept import decide

LIST = f"/en{REGISTER}"


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.REPORTS_PER_MINUTE = 0


@pytest.fixture
def eva(client, db):
    eva = person("eva", "Registrars", first_name="Eva", last_name="Lind")
    client.force_login(eva)
    return eva


@pytest.fixture
def bo(db):
    return person("bo", "Case officers", first_name="Bo", last_name="Ek")


@pytest.fixture
def entry(receive) -> Entry:
    return receive("Telefonnumret är fel.")


def due(entry: Entry, days: int) -> Entry:
    """As if received so that the last day is that many days from now."""
    Standing.objects.filter(entry=entry).update(due_on=localdate() + timedelta(days=days))
    return entry


def listed(client, **query: str) -> list[int]:
    return [entry.number for entry in client.get(LIST, query).context["cl"].result_list]


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# The inbox


def test_the_inbox_is_what_is_open_the_oldest_first(receive, eva, client):
    entries = [receive(f"Fel {i}") for i in range(4)]
    closing.close(entries[1], "fixed", by=eva)
    due(entries[3], -2)
    assert listed(client) == [4, 1, 3]
    assert listed(client, state="closed") == [2]
    assert listed(client, state="all") == [4, 3, 2, 1]


def test_due_marks_are_words_and_end_when_it_is_answered(receive, eva, client):
    late, today, later = (due(receive(f"Fel {days}"), days) for days in (-3, 0, 1))
    page = text_of(client.get(LIST))
    for words in ("Overdue since", "Due today", "Due "):
        assert words in page
    register.record(late, Deed.ANSWERED, by=eva, facts={"document": 2}, passages={"text": "Tack!"})
    assert "Overdue since" not in text_of(client.get(LIST))
    assert listed(client, due="overdue") == []
    assert listed(client, due="today") == [today.number]
    assert later.number in listed(client)


@pytest.mark.parametrize(
    ("due_on", "mark"), [(date(2026, 11, 23), "overdue"), (date(2026, 11, 24), "today"), (date(2026, 11, 25), "later")]
)
def test_the_last_day_itself_is_not_too_late(due_on, mark):
    assert due_mark(Standing(state=State.RECEIVED, due_on=due_on), date(2026, 11, 24))[1] == mark


def test_filters_and_counts_say_the_same(receive, eva, bo, client):
    mine, his, spam, kind, secret, asking = (
        receive("Mitt"),
        receive("Hans"),
        receive("Skräp", suspected_spam=True),
        receive("Tillgänglighet", kind="failure"),
        receive("Hemligt"),
        receive("Svara", email="anna@example.com"),
    )
    handling.assign(mine, eva, by=eva)
    handling.assign(his, bo, by=eva)
    secrecy.mark(secret, provision="21 kap. 1 § OSL", decided_on=date(2026, 11, 2), authority="Nämnden", by=eva)
    due(mine, -1), due(his, 0)
    for query, found in {
        "assigned=me": [mine],
        "assigned=nobody": [spam, kind, secret, asking],
        "due=overdue": [mine],
        "due=today": [his],
        "mark=spam": [spam],
        "mark=secret": [secret],
        "mark=answer": [asking],
        "kind__exact=failure": [kind],
        "state=in_progress": [mine, his],
        f"year={mine.year - 1}": [mine, his, spam, kind, secret, asking],  # no such year: no filter
    }.items():
        numbers = listed(client, **dict([query.split("=")]))
        assert sorted(numbers) == sorted(entry.number for entry in found), query
    counts = inbox.counts(eva, localdate())
    found = {"open": 6, "overdue": 1, "today": 1, "mine": 1, "nobodys": 4, "spam": 1}
    assert counts == found | {"stuck": 0, "proposed": 0}
    for way in client.get(LIST).context["ways"]:
        assert len(client.get(LIST + way["query"]).context["cl"].result_list) == way["count"]


def stuck(entry: Entry, by: object) -> Entry:
    """An answer to it was refused by the mail server, and then it was closed."""
    answers.send(entry, by, "Svar", "Nu är det rätt.")
    Letter.objects.filter(event__entry=entry).update(state=Letter.State.REFUSED)
    closing.close(entry, "answered", by=by)
    return entry


def test_mail_that_needs_a_person_is_found_though_its_entry_is_closed(receive, eva, client):
    receive("Något annat.", email="bo@example.com")
    assert "?mark=mail" not in [way["query"] for way in client.get(LIST).context["ways"]]
    entry = stuck(receive("Svara mig.", email="anna@example.com"), eva)
    assert inbox.counts(eva, localdate())["stuck"] == 1
    assert [way["query"] for way in client.get(LIST).context["ways"]][-1] == "?mark=mail"
    assert listed(client, mark="mail") == [entry.number]


def test_the_start_page_says_what_waits_and_leads_to_it(receive, eva, bo, client, settings, tmp_path):
    decide(settings, tmp_path)
    mine, asking, settled = receive("Mitt"), receive("Svara", email="anna@example.com"), receive("Rättat")
    handling.assign(mine, eva, by=eva)
    due(mine, -1), due(asking, 3)
    closing.close(settled, "fixed", by=eva)
    disposal.propose(settled, by=eva)
    stuck(asking, eva)
    page = client.get("/en/admin/")
    found = {way["query"]: way["count"] for way in page.context["desk"]["ways"]}
    assert (found["?due=overdue"], found["?due=today"], found["?assigned=me"], found["?"]) == (1, 0, 1, 1)
    for query, count in found.items():
        assert f'href="{LIST}{query}"' in page.content.decode()
        assert len(listed(client, **dict(part.split("=") for part in query[1:].split("&") if part))) == count
    waits = text_of(page)
    assert "1 proposal of disposal waits for approval." in waits
    assert "Mail about 1 report could not be sent" in waits
    client.force_login(bo)
    page = client.get("/en/admin/")
    assert "waits for approval" not in text_of(page)
    assert "Mail about 1 report" in text_of(page)
    client.force_login(person("administrator", "Administrators"))
    assert "Overdue" not in text_of(client.get("/en/admin/"))


def test_what_waits_takes_the_start_page_one_query(receive, eva, client, django_assert_max_num_queries):
    receive("Fel")
    client.get("/en/admin/")
    with django_assert_max_num_queries(7):
        client.get("/en/admin/")


def test_the_inbox_leads_to_disposal_for_those_who_have_to_do_with_it(entry, eva, bo, client):
    ways = [f'href="{LIST}disposal/"', f'href="{LIST}disposal/protocol/"']
    assert all(way in client.get(LIST).content.decode() for way in ways)
    client.force_login(bo)
    assert not any(way in client.get(LIST).content.decode() for way in ways)


def test_the_arrow_is_on_what_the_list_is_in_order_by(entry, eva, client):
    def sorted_by(**query: str) -> dict[str, bool]:
        found = client.get(LIST, query).context["cl"]
        return {found.list_display[place]: way == "asc" for place, way in found.get_ordering_field_columns().items()}

    assert sorted_by() == {"due": True}
    assert sorted_by(state="closed") == {"designation": False}


def test_the_list_is_asked_nothing_but_what_its_filters_ask(entry, eva, client):
    """The address of a receipt is what lets its reader in: it could be guessed sign by sign."""
    assert client.get(LIST, {"assigned": "nobody", "year": entry.year}).status_code == 200
    assert client.get(LIST, {"token__startswith": entry.token[:1]}).status_code == 400


def test_the_list_tells_nothing_that_is_secret(receive, eva, client):
    entry = receive("Grannen mår dåligt.")
    assert "Grannen" in client.get(LIST).content.decode()
    secrecy.mark(entry, provision="21 kap. 1 § OSL", decided_on=date(2026, 11, 2), authority="Nämnden", by=eva)
    page = client.get(LIST).content.decode()
    assert "Grannen" not in page
    assert '<strong class="mark">Secret</strong>' in page
    for query in ({"q": "grannen"}, {"q": "mår dåligt"}, {"state": "all", "mark": "secret"}):
        assert "Grannen" not in client.get(LIST, query).content.decode()
    assert listed(client, q="grannen") == []


@pytest.mark.parametrize("path", [LIST, "entry"])
def test_as_many_queries_for_much_as_for_little(receive, eva, bo, client, django_assert_max_num_queries, path):
    entry = receive("Första", email="anna@example.com")
    handling.assign(entry, bo, by=eva)
    address = LIST if path == LIST else screen(entry)
    client.get(address)
    with django_assert_max_num_queries(25) as few:
        client.get(address)
    for i in range(10):
        handling.assign(receive(f"Fel {i}", email=f"person{i}@example.com"), eva, by=bo)
        handling.note(entry, f"Anteckning {i}", by=bo)
        handling.assign(entry, eva if i % 2 == 0 else bo, by=eva)
    with django_assert_max_num_queries(len(few)):
        client.get(address)


# Searching


@pytest.mark.parametrize(
    "shape",
    ["FEL {}/1", "FEL {}/00001", "FEL {}-1", "fel{}/1", "Dnr FEL {}:1", "FEL/{}/0001", " FEL {}/1 ", "FEL {}/1-1"],
)
def test_a_number_in_any_shape_leads_to_its_entry(receive, eva, client, shape):
    entries = [receive(f"Fel {i}") for i in range(11)]
    closing.close(entries[0], "fixed", by=eva)
    response = client.get(LIST, {"q": shape.format(entries[0].year)})
    document = "#document-1" if shape.endswith("-1") and "/1" in shape else ""
    assert response.headers["Location"] == f"{screen(entries[0])}{document}"


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ("FEL {}/9", "There is no FEL {}/9."),
        ("FEL {}/1-2", "FEL {}/1 has no document 2."),
        ("FEL {}/0", "Numbers begin with 1."),
        ("FEL 26/1", "four digits"),
        ("{}/1", "Write what the number begins with"),
        ("XX {}/1", "No number begins with XX"),
    ],
)
def test_a_number_that_is_nobodys_finds_nothing_and_says_so(entry, eva, client, shape, words):
    response = client.get(LIST, {"q": shape.format(entry.year)})
    assert response.context["cl"].result_count == 0
    assert words.format(entry.year) in text_of(response)


def test_words_are_searched_in_all_that_was_written_and_is_not_secret(receive, eva, client):
    one, two = receive("Telefonnumret till kansliet är fel."), receive("Länken är trasig.")
    closing.close(one, "fixed", by=eva)
    assert listed(client, q="kansliet TELEFONNUMRET") == [one.number]
    assert listed(client, q="är") == [two.number, one.number]
    assert listed(client, q="är", state="open") == [two.number]
    assert listed(client, q="kaffe") == []
    assert listed(client, q="100 %") == []
    assert not Event.objects.filter(kind=Deed.SEARCHED).exists()


def test_looking_for_a_person_is_written_down_and_finds_all_there_is(receive, eva, client):
    writes, mentions = receive("Hej.", email="Anna@example.com"), receive("Skriv till anna@example.com i stället.")
    secret = receive("Om anna@example.com och grannen.")
    receive("Något annat.", email="joanna@example.com")
    secrecy.mark(secret, provision="21 kap. 1 § OSL", decided_on=date(2026, 11, 2), authority="Nämnden", by=eva)
    assert sorted(listed(client, q="anna@example.com ")) == sorted([writes.number, mentions.number])
    event = Event.objects.get(kind=Deed.SEARCHED)
    assert (event.by, event.entry, event.facts, event.commitments) == (eva, None, {}, {})


# The screen


def test_one_screen_tells_all_there_is(receive, eva, bo, client):
    entry = receive("Telefonnumret är fel.\nDet är ett annat.", email="anna@example.com")
    handling.assign(entry, bo, by=eva)
    handling.note(entry, "Numret byttes den 3 november.", by=bo)
    answers.send(entry, bo, "Svar", "Nu är det rätt.")
    closing.close(entry, "answered", by=bo, reason="Rättat på sidan.")
    response = client.get(screen(entry))
    page = text_of(response)
    for words in (
        "Telefonnumret är fel. Det är ett annat.",
        "anna@example.com",
        "To Bo Ek",
        "From “Received” to “In progress”",
        "Numret byttes den 3 november.",
        "Subject: Svar Text: Nu är det rätt.",
        "Reason: Rättat på sidan.",
        f"{entry}-2",
        f"{entry}-3",
    ):
        assert words in page, words
    assert [told.direction for told in (row["told"] for row in response.context["documents"])] == [
        "In",
        "Made here",
        "Out",
    ]
    assert [told.kind for told in response.context["happened"]] == [
        "received",
        "assigned",
        "noted",
        "answered",
        "closed",
    ]
    assert f"/en{REGISTER}{entry.pk}/seen/" in response.content.decode()
    assert {action["name"] for action in response.context["actions"]} == {"reopen", "note", "mark", "hold"}


def test_it_is_mine_with_one_click_and_a_colleagues_or_nobodys_with_a_choice(entry, eva, bo, client):
    for data, owner in (
        ({"action": "take"}, eva),
        ({"action": "assign", "to": bo.pk}, bo),
        ({"action": "assign"}, None),
    ):
        assert send(client, entry, **data).headers["Location"] == screen(entry)
        assert Standing.objects.get(entry=entry).assigned_to == owner
    outsider = person("administrator", "Administrators")
    assert send(client, entry, "assign", to=outsider.pk).status_code == 422
    assert Standing.objects.get(entry=entry).state == State.IN_PROGRESS


def test_closing_leads_back_to_the_list_as_it_was_and_to_what_comes_next(receive, eva, client):
    entry, following = receive("Fel 1"), receive("Fel 2")
    data = {"seen": last(entry).sequence, "button": "fixed"}
    address = f"/en{REGISTER}{entry.pk}/close/?_changelist_filters=assigned%3Dnobody"
    response = client.post(address, data, follow=True)
    assert response.redirect_chain == [(f"{LIST}?assigned=nobody", 302)]
    assert f'<a href="{screen(following)}">Next: {following}</a>' in response.content.decode()
    assert last(entry).facts == {"closing": "fixed", "other_number": ""}


def test_what_is_offered_is_what_can_be_done(receive, eva, client):
    entry = receive("Svara.", email="anna@example.com")

    def ways() -> set[str]:
        actions = {action["name"]: action for action in client.get(screen(entry)).context["actions"]}
        return {value for value, _label in actions["close"]["buttons"]}

    assert ways() == {"fixed", "no_action"}
    response = send(client, entry, "close", button="little_importance", reason="Skriven länge.")
    assert response.status_code == 409
    page = response.content.decode()
    assert "not of little importance" in page
    assert "Skriven länge." in page
    assert send(client, entry, "reopen", reason="Varför inte.").status_code == 409
    assert Standing.objects.get(entry=entry).state == State.RECEIVED
    answers.send(entry, eva, "Svar", "Tack!")
    assert "answered" in ways()


def test_what_can_not_be_done_with_an_entry_has_no_way_there(receive, eva, client, settings, tmp_path):
    decide(settings, tmp_path)
    open_one, kept, gone = receive("Öppet"), receive("Brist", kind="failure"), receive("Gallrat")
    for closed in (kept, gone):
        closing.close(closed, "fixed", by=eva)

    def ways(entry: Entry) -> set[str]:
        return {other["url"].split("/")[-2] for other in client.get(screen(entry)).context["others"]}

    disposal.propose(gone, by=eva)
    disposal.approve(gone, by=person("ulla", "Archivists"))
    assert ways(open_one) == {"answer", "correct", "release"}
    assert ways(kept) == {"correct", "release", "disposal"}
    assert ways(gone) == {"disposal"}
    assert "Report of an error, and other messages" in text_of(client.get(screen(gone)))
    assert "Message (Received)" in text_of(client.get(f"{LIST}disposal/protocol/"))
    assert 'value="propose"' not in client.get(f"{LIST}{kept.pk}/disposal/").content.decode()


def test_answering_and_closing_leads_to_what_comes_next(receive, eva, client):
    entry, following = receive("Fel 1"), receive("Fel 2")
    filters = "_changelist_filters=assigned%3Dnobody"
    assert f"/{entry.pk}/answer/?{filters}" in client.get(f"{screen(entry)}?{filters}").content.decode()
    address = f"/en{REGISTER}{entry.pk}/answer/?{filters}"
    said = {"subject": "Svar", "text": "Tack!", "seen": last(entry).sequence, "do": "send_and_close"}
    response = client.post(address, said, follow=True)
    assert response.redirect_chain == [(f"{LIST}?assigned=nobody", 302)]
    assert f'<a href="{screen(following)}">Next: {following}</a>' in response.content.decode()


def test_handing_over_takes_the_other_number(entry, eva, client):
    assert send(client, entry, "hand_over", reason="Gäller skolan.").status_code == 422
    assert send(client, entry, "hand_over", other_number="Anna vet").status_code == 409
    assert send(client, entry, "hand_over", other_number="BUN 2026/17", reason="Gäller skolan.").status_code == 302
    assert last(entry).facts == {"closing": "handed_over", "other_number": "BUN 2026/17"}


def test_a_note_is_a_document_or_a_working_paper(entry, eva, client):
    assert send(client, entry, "note", text="Ring kansliet.", button="working").status_code == 302
    assert last(entry).kind == Deed.RECEIVED
    page = text_of(client.get(screen(entry)))
    assert "Ring kansliet." in page
    assert send(client, entry, "close", button="fixed").status_code == 409
    assert send(client, entry, "paper", paper=f"discard_note:{WorkingNote.objects.get().pk}").status_code == 302
    assert send(client, entry, "note", text="Numret byttes.", button="document").status_code == 302
    assert last(entry).facts == {"document": 2}
    assert send(client, entry, "close", button="fixed").status_code == 302


# Two people


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("note", {"text": "Två rader som tog lång tid.", "button": "document"}),
        ("close", {"reason": "Två rader som tog lång tid.", "button": "fixed"}),
        ("hand_over", {"reason": "Två rader som tog lång tid.", "other_number": "KS 2026/1"}),
        ("hold", {"reason": "Två rader som tog lång tid."}),
        (
            "mark",
            {"provision": "21 kap. 3 § OSL", "decided_on": "2026-11-02", "authority": "Två rader som tog lång tid."},
        ),
    ],
)
def test_who_comes_second_sees_what_happened_and_loses_nothing(entry, eva, bo, client, action, said):
    seen = last(entry).sequence
    handling.assign(entry, bo, by=bo)
    response = send(client, entry, action, seen=seen, **said)
    assert response.status_code == 409
    page = text_of(response)
    assert "Something has happened" in page
    assert "Bo Ek: Assigned" in page
    assert "Två rader som tog lång tid." in response.content.decode()
    assert last(entry).kind == Deed.ASSIGNED
    fresh = int(re.search(r'name="seen" value="(\d+)"', response.content.decode())[1])
    assert fresh == last(entry).sequence
    assert send(client, entry, action, seen=fresh, **said).status_code == 302


def test_what_a_colleague_has_closed_meanwhile_keeps_what_was_typed_about_it(entry, eva, bo, client):
    seen = last(entry).sequence
    closing.close(entry, "fixed", by=bo)
    response = send(client, entry, "hand_over", seen=seen, other_number="KS 2026/1", reason="Gäller skolan.")
    assert response.status_code == 409
    assert "Gäller skolan." in response.content.decode()
    assert "Bo Ek: Closed" in text_of(response)


@pytest.mark.parametrize("seen", ["", "x", "-1", "9" * 40])
def test_a_form_that_tells_nothing_of_what_was_seen_changes_nothing(entry, eva, client, seen):
    assert client.post(f"/en{REGISTER}{entry.pk}/take/", {"seen": seen}).status_code == 409
    assert last(entry).kind == Deed.RECEIVED
