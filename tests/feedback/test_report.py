"""What a citizen who reports an error can do, and what they see."""

import html
import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import pytest
from django.db import connection
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedback.models import Entry, RecentReport
from strategy import publishing
from strategy.models import Node
from tests.changed import block
from tests.feedback.written import read_form
from tests.past import happened
from tests.words import read

RECEIPT = re.compile(r"(?:/en)?/kvittens/[-\w]{32}/")


def number(response) -> str:
    return re.search(r"FEL \d{4}/\d+", response.content.decode())[0]


def test_a_report_gets_a_number_on_a_receipt(send, client, about):
    response = send(email="  anna@example.com ", message="  Telefonnumret är fel.\r\n\r\nDet är ett annat.  ")
    assert response.status_code == 303
    assert RECEIPT.fullmatch(response.url)
    receipt = client.get(response.url)
    entry = Entry.objects.get()
    assert number(receipt) == entry.designation == f"FEL {localtime().year}/1"
    assert entry.message == "Telefonnumret är fel.\n\nDet är ett annat."
    assert entry.email == "anna@example.com"
    assert (entry.edition, entry.address, entry.language) == (about, "/om/", "sv")
    assert about.begins_at <= entry.shown_at <= entry.received_at <= now()
    text = receipt.content.decode()
    assert "Det är ett annat." in text
    assert "anna@example.com" in text
    assert f"{localtime(entry.received_at):%H:%M}" in text
    assert 'href="/om/"' in text


def test_a_receipt_names_the_page_as_it_was_shown(about, client):
    Node.objects.filter(pk=about.node_id).update(title="Om oss")
    publishing.publish(about.node)
    happened(datetime(2024, 1, 10, 12, tzinfo=UTC), datetime(2024, 6, 10, 12, tzinfo=UTC))
    for address, title, day in (
        ("/om/?den=2024-05-01", "Om webbplatsen", "1 maj 2024"),
        ("/om/?den=2024-05-01T09:30:00Z", "Om webbplatsen", "1 maj 2024"),
        ("/om/", "Om oss", date_format(localdate(), "j F Y")),
    ):
        form = read_form(client.get(address))
        receipt = client.get(client.post(form.action, form.values | {"message": f"Fel: {address}"}).url)
        page = read(client, receipt.request["PATH_INFO"])
        assert f"{title} så som den var {day}" in page.text
        assert page.links.count(address) == 2


def test_a_receipt_does_not_say_what_a_blocked_page_is_called(send, client, about):
    receipt = send().url
    assert "Om webbplatsen" in read(client, receipt).text
    block(about)
    assert "Om webbplatsen" not in client.get(receipt).text
    assert "/om/" in read(client, receipt).links


def test_the_address_of_a_receipt_stays_with_its_reader(send, client):
    receipt = client.get(send().url)
    assert receipt.headers["Cache-Control"] == "no-store"
    assert receipt.headers["Referrer-Policy"] == "no-referrer"
    assert receipt.headers["X-Robots-Tag"] == "noindex"
    assert 'method="post"' not in receipt.content.decode()


@pytest.mark.parametrize("address", ["/kvittens/unknown/", "/en/kvittens/unknown/"])
def test_there_is_no_receipt_at_a_guessed_address(about, client, address):
    assert client.get(address).status_code == 404


def test_in_english(send, client):
    response = send("/en/om/")
    assert response.url.startswith("/en/kvittens/")
    entry = Entry.objects.get()
    assert (entry.address, entry.language) == ("/en/om/", "en")
    assert "We have received your message" in client.get(response.url).content.decode()
    refused = send("/en/om/", message="")
    assert "Write what is wrong." in refused.content.decode()


def test_a_page_with_the_form_sets_no_cookie_and_is_the_same_for_all(about, client):
    response = client.get("/om/")
    assert "Set-Cookie" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")
    assert "csrf" not in response.content.decode()
    values = read_form(response).values
    assert values["address"] == "/om/"
    assert values["edition"] == str(about.pk)
    assert (values["message"], values["email"], values["website"]) == ("", "", "")


def test_nothing_sets_a_cookie(send, client):
    receipt = send()
    assert not receipt.cookies
    assert not client.get(receipt.url).cookies
    assert not send(message="").cookies
    assert not client.get("/meddela-fel/").cookies


def test_a_report_on_a_list_has_no_edition(send):
    assert send("/en/nivaer/insatser/").status_code == 303
    entry = Entry.objects.get()
    assert (entry.edition, entry.address) == (None, "/en/nivaer/insatser/")


def test_the_form_alone(send, client):
    assert send("/meddela-fel/").status_code == 303
    assert Entry.objects.get().address == "/meddela-fel/"


@pytest.mark.parametrize(
    ("asked", "about_page"),
    [
        ("/om/", "/om/"),
        ("/en/om/", "/en/om/"),
        ("/nivaer/insatser/", "/nivaer/insatser/"),
        ("/finns-inte/", "/meddela-fel/"),
        ("/admin/", "/meddela-fel/"),
        ("https://example.com/", "/meddela-fel/"),
        ("//example.com/", "/meddela-fel/"),
        ("/\0/", "/meddela-fel/"),
        ("", "/meddela-fel/"),
    ],
)
def test_the_form_alone_is_for_the_page_that_the_address_names(about, client, asked, about_page):
    values = read_form(client.get("/meddela-fel/", {"sida": asked})).values
    assert values["address"] == about_page
    assert (values["edition"] != "") == about_page.endswith("/om/")


@pytest.mark.parametrize(
    "missing",
    [
        "/finns-inte/",
        "/en/finns-inte/",
        "/nivaer/finns-inte/",
        "/media/borta.pdf",
        "/åäö ärende/?&#/",
        '/"><img src=x onerror=alert(1)>/',
        "/</textarea><script>alert(1)</script>/",
        "/{{ settings.SECRET_KEY }}{% debug %}/",
        "/%00%0a/",
        f"/{'x' * 198}/",
    ],
)
def test_the_form_alone_takes_down_an_address_where_no_page_is(about, client, missing):
    response = client.get("/meddela-fel/", {"sida": missing})
    form = read_form(response)
    assert form.values["message"] == f"{missing}: "
    assert not [tag for tag, _ in form.elements if tag in {"script", "img"}]
    assert "<script>alert" not in response.content.decode()
    written = form.values | {"message": f"{form.values['message']}Länken på startsidan leder hit."}
    assert client.post(form.action, written).status_code == 303
    assert Entry.objects.get().message == f"{missing}: Länken på startsidan leder hit."


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "finns-inte/",
        "https://example.com/",
        "//example.com/",
        "///",
        "javascript:alert(1)",
        "/rad\nrad/",
        "/rad\rrad/",
        "/\0/",
        "/\x1b[31m/",
        "/\u202etxt/",
        "/\u2028/",
        f"/{'x' * 199}/",
        "/om/",
        "/en/nivaer/insatser/",
        "/meddela-fel/",
    ],
)
def test_the_form_alone_takes_down_nothing_else(about, client, asked):
    assert read_form(client.get("/meddela-fel/", {"sida": asked})).values["message"] == ""


@pytest.mark.parametrize(
    ("address", "report"),
    [
        ("/finns-inte/", "/meddela-fel/"),
        ("/en/finns-inte/", "/en/meddela-fel/"),
        ("/nivaer/finns-inte/", "/meddela-fel/"),
        ("/n/77/", "/meddela-fel/"),
        ("/ååå ärende/?a=1&b=2", "/meddela-fel/"),
        ("/?sida=x&amp;y=\"><script>alert(1)</script>'/".replace("?", "%3F"), "/meddela-fel/"),
    ],
)
def test_the_page_that_is_not_there_tells_the_form_its_address(about, client, address, report):
    response = client.get(address)
    assert response.status_code == 404
    assert "<script>alert" not in response.content.decode()
    link = html.unescape(re.search(rf'href="({report}\?[^"]*)"', response.content.decode())[1])
    missing = unquote(address.partition("?")[0])
    assert read_form(client.get(link)).values["message"] == f"{missing}: "


@pytest.mark.parametrize(
    ("page", "notice"),
    [
        ("/om/", "Det du skickar till kommunen blir allmän handling."),
        ("/meddela-fel/", "Det du skickar till kommunen blir allmän handling."),
        ("/en/nivaer/insatser/", "What you send to the municipality becomes common record."),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_that_it_becomes_a_record_is_said_before_it_is_sent(send, client, page, notice, refused):
    """REC-1: seen before the button, and heard with the message and with the button."""
    form = read_form(send(page, message="") if refused else client.get(page))
    elements = {tag: (place, attrs) for place, (tag, attrs) in enumerate(form.elements)}
    named = next(name for name, text in form.texts.items() if text == notice)
    place = next(place for place, (_, attrs) in enumerate(form.elements) if attrs.get("id") == named)
    assert place < elements["button"][0]
    for tag in ("textarea", "button"):
        assert named in elements[tag][1].get("aria-describedby", "").split(), tag


@pytest.mark.parametrize("message", ["", "  ", "\r\n \t", "ab", " ab ", "x" * 5001, "ett\0tecken"])
def test_a_message_that_can_not_be_received(send, message):
    response = send(message=message, email="anna@example.com")
    assert response.status_code == 422
    form = read_form(response)
    assert form.values["email"] == "anna@example.com"
    assert form.values["message"].strip() == message.replace("\r\n", "\n").strip()
    text = response.content.decode()
    assert 'href="#id_message"' in text
    assert 'aria-invalid="true"' in text
    assert not Entry.objects.exists()


def test_what_is_too_long_is_told_how_long_it_is(send):
    assert "has 5001 characters" in send("/en/om/", message="x" * 5001).content.decode()


@pytest.mark.parametrize("message", ["abc", "x" * 5000, "å" * 5000, "👩‍🚒" * 1666, f"{'x\r\n' * 2500}"])
def test_the_length_is_counted_in_code_points_with_line_ends_of_one(send, message):
    assert send(message=message).status_code == 303


@pytest.mark.parametrize("email", ["a@b", "x y@z.se", "anna", "anna@localhost", "@example.com", f"{'a' * 250}@b.se"])
def test_an_email_address_that_is_none(send, email):
    response = send(email=email)
    assert response.status_code == 422
    values = read_form(response).values
    assert (values["email"], values["message"]) == (email, "Telefonnumret är fel.")
    assert 'href="#id_email"' in response.content.decode()
    assert not Entry.objects.exists()


def test_a_page_that_was_cached_before_a_new_edition(send, client, about):
    form = read_form(client.get("/om/"))
    Node.objects.filter(pk=about.node_id).update(lead="Nu finns vi här.")
    publishing.publish(about.node)
    assert client.post(form.action, form.values | {"message": "Fel adress."}).status_code == 303
    entry = Entry.objects.get()
    assert entry.edition == about
    assert entry.edition.ends_at


def test_a_page_that_was_withdrawn_meanwhile(client, about):
    form = read_form(client.get("/om/"))
    publishing.withdraw(about.node)
    assert client.post(form.action, form.values | {"message": "Fel adress."}).status_code == 303


@pytest.mark.parametrize(
    "changed",
    [
        {"address": ""},
        {"address": "/annan/"},
        {"address": "/annan/", "edition": ""},
        {"address": "/"},
        {"address": "https://example.com/", "edition": ""},
        {"address": "//example.com/"},
        {"address": "/admin/", "edition": ""},
        {"address": "/nivaer/finns-inte/", "edition": ""},
        {"address": "/en/nivaer/finns-inte/", "edition": ""},
        {"address": "/n/77/", "edition": ""},
        {"address": "/kvittens/x/", "edition": ""},
        {"address": "/om/", "edition": ""},
        {"address": "/om/\0"},
        {"address": "/" + "a" * 2000 + "/"},
        {"edition": ""},
        {"edition": "0"},
        {"edition": "x"},
        {"edition": "9" * 30},
        {"edition": "9" * 18},
        {"edition": "1" * 5000},
        {"edition": "²"},
        {"edition": "1\n"},
        {"shown_at": ""},
        {"shown_at": "yesterday"},
        {"shown_at": "2026-01-01"},
        {"shown_at": "2026-01-01T12:00:00"},
        {"shown_at": "1999-01-01T12:00:00+00:00"},
        {"shown_at": "1900-01-01T00:00:00+23:59"},
        {"shown_at": "1900-01-01T00:00:00-23:59"},
        {"shown_at": "2001-01-01T00:00:00+23:59:59.999999"},
        {"shown_at": "0001-01-01T00:00:00"},
        {"shown_at": "0001-01-01T00:00:00+14:00"},
        {"shown_at": "9999-12-31T23:59:59-12:00"},
    ],
    ids=lambda changed: f"{changed}"[:60],
)
def test_a_form_that_says_what_can_not_have_been_shown_is_put_right(send, client, changed):
    response = send(email="anna@example.com", **changed)
    assert response.status_code == 422
    assert not Entry.objects.exists()
    form = read_form(response)
    assert form.values["message"] == "Telefonnumret är fel."
    assert client.post(form.action, form.values).status_code == 303
    entry = Entry.objects.get()
    assert (entry.message, entry.email) == ("Telefonnumret är fel.", "anna@example.com")
    assert entry.shown_at <= entry.received_at


def test_a_moment_is_one_wherever_its_clock_stands(send, about):
    shown_at = (about.begins_at + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=23, minutes=59)))
    assert send(shown_at=shown_at.isoformat()).status_code == 303
    assert Entry.objects.get().shown_at == shown_at
    assert send("/nivaer/insatser/", shown_at=shown_at.isoformat()).status_code == 303


@pytest.fixture
def a_day_later(db):
    """Once it is called, the database's clock is a day ahead, until the test ends."""

    def turn():
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA ahead")
            for name in ("now", "statement_timestamp", "clock_timestamp"):
                cursor.execute(
                    f"CREATE FUNCTION ahead.{name}() RETURNS timestamptz LANGUAGE sql AS "
                    f"$$ SELECT pg_catalog.{name}() + interval '1 day' $$"
                )
            cursor.execute("SET LOCAL search_path = ahead, public, pg_catalog")

    return turn


@pytest.mark.parametrize(
    ("late", "status"),
    [
        (timedelta(0), 303),
        (timedelta(seconds=60), 303),
        (timedelta(seconds=60, microseconds=1), 422),
        (timedelta(hours=1), 422),
    ],
)
def test_an_edition_was_not_shown_long_after_its_end(about, client, a_day_later, late, status):
    """For an instant it was: readers can meet it while the next one is being published."""
    form = read_form(client.get("/om/"))
    Node.objects.filter(pk=about.node_id).update(lead="Nu finns vi här.")
    publishing.publish(about.node)
    about.refresh_from_db()
    a_day_later()
    shown_at = (about.ends_at + late).isoformat()
    response = client.post(form.action, form.values | {"message": "Fel adress.", "shown_at": shown_at})
    assert response.status_code == status


def test_a_list_that_was_never_shown_then(send):
    assert send("/nivaer/insatser/", shown_at="9999-01-01T12:00:00+00:00").status_code == 422
    assert send("/nivaer/insatser/", shown_at="0001-01-01T00:00:00+14:00").status_code == 422


def test_an_edition_that_lies_ahead_was_not_shown(send, about):
    Node.objects.filter(pk=about.node_id).update(lead="Snart finns vi här.")
    ahead = publishing.publish(about.node, at=now() + timedelta(days=1))
    assert send(edition=str(ahead.pk)).status_code == 422
    assert send(edition=str(ahead.pk), shown_at=ahead.begins_at.isoformat()).status_code == 422


def test_sent_twice_it_is_one_report(client, about):
    form = read_form(client.get("/om/"))
    first, second = (client.post(form.action, form.values | {"message": "Fel."}) for _time in range(2))
    assert first.url == second.url
    assert Entry.objects.count() == 1


def test_the_same_words_of_two_at_a_school_are_two_reports(send):
    assert send().url != send().url


def test_a_receipt_leads_to_what_the_page_said_when_it_was_corrected_the_same_day(send, client, about):
    receipt = send().url
    assert read(client, receipt).links.count("/om/") == 2
    Node.objects.filter(pk=about.node_id).update(lead="Nu stämmer det.")
    publishing.publish(about.node)
    (link,) = {link for link in read(client, receipt).links if link.startswith("/om/?den=")}
    assert "Nu stämmer det." in client.get("/om/").text
    assert "Nu stämmer det." not in client.get(link).text


def test_another_message_address_page_or_sender_is_another_report(send):
    send()
    send(message="Något annat är fel.")
    send(email="anna@example.com")
    send("/")
    send(connection={"REMOTE_ADDR": "192.0.2.9"})
    assert list(Entry.objects.order_by("received_at").values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_a_filled_honeypot_is_received_and_marked(send, client):
    response = send(website="https://example.com/")
    assert response.status_code == 303
    assert Entry.objects.get().suspected_spam
    assert number(client.get(response.url)) == Entry.objects.get().designation


def test_what_a_sender_sends_too_many_of_is_received_and_marked(send, settings):
    settings.REPORTS_PER_MINUTE = 2
    for i in range(3):
        assert send(message=f"Fel nummer {i}").status_code == 303
    assert send(message="Fel nummer 2", connection={"REMOTE_ADDR": "192.0.2.9"}).status_code == 303
    RecentReport.objects.update(at=now() - timedelta(seconds=61))
    assert send(message="Fel nummer 3").status_code == 303
    assert marks() == [False, False, True, False, False]


def test_one_household_is_one_sender(send, settings):
    settings.REPORTS_PER_MINUTE = 1
    for message, address in (
        ("Ett fel", "2001:db8:1:2::3"),
        ("Två fel", "2001:db8:1:2:ffff::4"),
        ("Två fel", "2001:db8:1:3::3"),
        ("Ett fel", "192.0.2.7"),
        ("Två fel", "::ffff:192.0.2.7"),
    ):
        assert send(message=message, connection={"REMOTE_ADDR": address}).status_code == 303
    assert marks() == [False, True, False, False, True]


def marks() -> list[bool]:
    return list(Entry.objects.order_by("number").values_list("suspected_spam", flat=True))


def test_without_a_limit(send, settings):
    settings.REPORTS_PER_MINUTE = 0
    assert {send(message=f"Fel nummer {i}").status_code for i in range(70)} == {303}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": "http://testserver"}, 303),
        ({"Origin": "http://testserver:80"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://example.com"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://testserver:8000"}, 403),
        ({"Origin": "http://testserver.example.com"}, 403),
        ({"Origin": "http://testserver:x"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "none", "Origin": "null"}, 403),
    ],
    ids=str,
)
def test_a_form_on_another_site_is_refused(send, client, headers, status):
    response = send(headers=headers)
    assert response.status_code == status
    assert Entry.objects.exists() == (status == 303)
    if status == 403:
        form = read_form(response)
        assert form.values["message"] == "Telefonnumret är fel."
        assert client.post(form.action, form.values).status_code == 303


@pytest.mark.parametrize(
    ("changes", "headers"),
    [({"message": ""}, {}), ({}, {"Sec-Fetch-Site": "cross-site"})],
    ids=["incomplete", "foreign"],
)
def test_what_is_refused_names_the_page_and_the_day_it_is_about(about, client, changes, headers):
    Node.objects.filter(pk=about.node_id).update(title="Om oss")
    publishing.publish(about.node)
    happened(datetime(2024, 1, 10, 12, tzinfo=UTC), datetime(2024, 6, 10, 12, tzinfo=UTC))
    form = read_form(client.get("/en/om/?den=2024-05-01"))
    response = client.post(form.action, form.values | {"message": "Fel"} | changes, headers=headers)
    assert response.status_code in (403, 422)
    text = " ".join(re.sub(r"<[^>]+>", " ", response.text).split())
    assert "About the page Om webbplatsen as it was on 1 May 2024" in text
    assert read_form(response).values["shown_at"] == form.values["shown_at"]


def test_what_is_refused_does_not_say_what_a_blocked_page_is_called(client, about, send):
    form = read_form(client.get("/en/om/"))
    block(about)
    response = client.post(form.action, form.values | {"message": ""})
    assert response.status_code == 422
    assert "Om webbplatsen" not in response.text
    assert "<bdi>/en/om/</bdi>" in response.text


def test_a_body_that_is_too_large(send, client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000
    response = send(message="x" * 30_000)
    assert response.status_code == 413
    form = read_form(response)
    assert form.values["message"] == ""
    assert client.post(form.action, form.values | {"message": "Kortare"}).status_code == 303
    assert send("/en/om/", message="x" * 10_000).status_code == 422
    assert client.post("/meddela-fel/", {f"field{i}": "" for i in range(1200)}).status_code == 413


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "iso-8859-1"])
def test_a_form_in_another_encoding_is_refused(about, client, charset):
    body = '--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n+2AA- fel\r\n--b--\r\n'
    for kind in (
        f"multipart/form-data; boundary=b; charset={charset}",
        f"application/x-www-form-urlencoded; charset={charset}",
    ):
        assert client.post("/meddela-fel/", body, content_type=kind).status_code == 400


def test_bytes_that_are_no_text(about, client):
    response = client.post("/meddela-fel/", b"message=%ff%fe%00", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 422


# What no browser sends, a program may.
anything = st.text() | st.sampled_from(["/om/", "/", "/en/om/", "1", "2026-01-01T00:00:00Z", "a@b.se", "Fel", "\0"])
names = st.sampled_from(["address", "edition", "shown_at", "website", "message", "email", "another"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.dictionaries(names, anything))
def test_whatever_is_sent_ends_in_a_number_or_a_refusal(about, client, settings, written):
    settings.REPORTS_PER_MINUTE = 0
    before = Entry.objects.count()
    values = read_form(client.get("/om/")).values | {"message": "Telefonnumret är fel."}
    response = client.post("/meddela-fel/", values | written)
    assert response.status_code in {303, 422}
    if response.status_code == 303:
        assert number(client.get(response.url))
        assert Entry.objects.filter(token=response.url.split("/")[-2]).exists()
    else:
        assert "id_message" in response.content.decode()
        assert Entry.objects.count() == before


def test_few_queries(send, client, django_assert_max_num_queries):
    receipt = send().url
    for address, most in (("/meddela-fel/", 6), ("/meddela-fel/?sida=/om/", 6), (receipt, 12)):
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(about, client, method):
    assert getattr(client, method)("/meddela-fel/").status_code == 405


@pytest.fixture
def read_only(transactional_db):
    """From when it is called, until the test ends."""

    def begin():
        connection.cursor().execute("SET default_transaction_read_only = on")

    yield begin
    connection.cursor().execute("SET default_transaction_read_only = off")


@pytest.mark.django_db(transaction=True)
def test_a_database_that_can_not_be_written(read_only, about, client):
    form = read_form(client.get("/en/om/"))
    read_only()
    written = form.values | {"message": "Telefonnumret är fel.", "email": "anna@example.com"}
    response = client.post(form.action, written)
    assert_not_received(response, written)
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away(about, client, monkeypatch):
    form = read_form(client.get("/en/om/"))
    written = form.values | {"message": "Telefonnumret är fel.", "email": "anna@example.com"}
    connection.close()
    with monkeypatch.context() as away:
        for name, value in {"HOST": "127.0.0.1", "PORT": "1"}.items():
            away.setitem(connection.settings_dict, name, value)
        response = client.post(form.action, written)
        assert_not_received(response, written)
        assert client.get("/meddela-fel/").status_code == 503
    assert client.post(form.action, read_form(response).values).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_what_the_database_can_not_hold_is_put_right(about, client, monkeypatch, caplog):
    """No value is known that gets that far. Whichever does is no reason to say that the database is away."""
    form = read_form(client.get("/en/om/"))
    written = form.values | {"message": "Telefonnumret är fel.", "email": "anna@example.com"}

    def overflow(*_) -> None:
        connection.cursor().execute("SELECT %s::smallint", ["123456"])

    with monkeypatch.context() as broken:
        broken.setattr("feedback.register._enter", overflow)
        response = client.post(form.action, written)
    assert response.status_code == 422
    assert "Your message has not been sent" in response.content.decode()
    values = read_form(response).values
    assert (values["message"], values["email"]) == ("Telefonnumret är fel.", "anna@example.com")
    assert values["shown_at"] > form.values["shown_at"]
    assert not Entry.objects.exists()
    assert ["NumericValueOutOfRange" in line and "123456" not in line for line in caplog.messages] == [True]
    assert client.post(form.action, values).status_code == 303


def assert_not_received(response, written) -> None:
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert response.headers["Cache-Control"] == "no-store"
    assert "Your message was not received" in response.content.decode()
    assert not re.search(r"FEL \d", response.content.decode())
    assert "<bdi>/en/om/</bdi>" in response.text
    assert read_form(response).values == written
