"""Every day back: pages, lists and short addresses as they stood on a day, and nothing of it mistaken for today."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urljoin, urlsplit

import pytest
from django.utils.timezone import now

from feedback.models import Entry
from portal.language import in_language, without_language
from strategy import publishing
from strategy.dated import STOCKHOLM
from strategy.filters import READERS
from strategy.models import Block, Node, Page
from strategy.templatetags.reading import UNDERSTOOD
from strategy.views import changes, tree
from tests.feedback.written import read_form
from tests.past import happened
from tests.strategy.test_pages import ADDRESSES, Outline, outline

FIRST, MOVED, CHANGED, WITHDRAWN = (datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3, 5, 7))
THEN = "2024-04-01"

LISTS = ("/nivaer/namnder/", "/hela-fardplanen/", "/globala-mal/", "/globala-mal/8/", "/det-senaste/")

# What has no day: files, the styles, staff's, feeds, the register, and where a report is sent.
WITHOUT_DAY = ("/media/", "/static/", "/admin/", "/feed/", "/meddela-fel/", "/diarium/")


@pytest.fixture
def old(published):
    """
    The tree was published in January 2024; in March "arbete" got the address "jobba"; in May "inkomst" got another
    title, and the text page another text; in July the text page was withdrawn.
    """
    published.about.body = "<p><a href='/ks/?a=1&amp;b=2#namn'>Styrelsen</a> <a href='#har'>Här</a></p>"
    published.about.save()
    publishing.publish(published.about)
    publishing.rename(published.work, "jobba")
    Node.objects.filter(pk=published.income.pk).update(title="Alla försörjer sig själva")
    publishing.publish(published.income, reason="Målet skärptes.")
    publishing.withdraw(published.about)
    happened(FIRST, FIRST + timedelta(hours=1), MOVED, CHANGED, WITHDRAWN)
    return published


def block(page: Page, django_user_model) -> None:
    one, other = (django_user_model.objects.create(username=name) for name in ("en", "annan"))
    proposed = Block.objects.create(page=page, ground=Block.Ground.COURT, reason="Dom i mål 1-24.", proposed_by=one)
    Block.objects.filter(pk=proposed.pk).update(approved=True, decided_by=other, decided_at=now())


def test_page_is_shown_as_it_stood_at_the_end_of_the_day(old, client):
    address = "/vi-lyfter/fardplan/jobba/inkomst/"
    assert "Fler försörjer sig själva" in outline(client, f"{address}?den=2024-05-09").text
    assert "Alla försörjer sig själva" in outline(client, f"{address}?den=2024-05-10").text
    assert "Alla försörjer sig själva" in outline(client, address).text


def test_page_is_shown_as_it_stood_at_a_moment(old, client):
    address = "/vi-lyfter/fardplan/jobba/inkomst/"
    assert "Fler försörjer" in outline(client, f"{address}?den=2024-05-10T11:59:59.999999Z").text
    assert "Alla försörjer" in outline(client, f"{address}?den=2024-05-10T12:00:00Z").text
    assert "Alla försörjer" in outline(client, f"{address}?den=2024-05-10T14:00:00%2B02:00").text


def test_old_day_says_so_and_leads_to_today(old, client):
    page = outline(client, "/om/?den=2024-06-01")
    assert "Så här såg det ut 1 juni 2024." in page.text
    assert "/om/" in page.links
    assert "This is how it was on 1 June 2024." in outline(client, "/en/om/?den=2024-06-01").text
    assert "Så här såg det ut 1 juni 2024, 12:30." in outline(client, "/om/?den=2024-06-01T10:30Z").text


def test_old_page_says_what_has_become_of_it_since_and_whether_it_was_there(old, client):
    address = "/vi-lyfter/fardplan/jobba/inkomst/"
    before = outline(client, f"{address}?den=2024-04-01")
    assert "Innehållet har ändrats sedan dess. Jämför med i dag" in before.text
    compare = next(link for link in before.links if "fran=" in link)
    assert "Målet skärptes." in outline(client, compare).text
    assert "Innehållet har inte ändrats sedan dess." in outline(client, f"{address}?den=2024-06-01").text
    assert "Sidan är inte längre publik." in outline(client, "/om/?den=2024-06-01").text
    # As far as the database knows, all of it was entered just now.
    assert "infördes i efterhand" in before.text
    today = f"{now() + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    assert "infördes i efterhand" not in outline(client, f"{address}?den={today}").text
    assert "sedan dess" not in outline(client, address).text


def test_old_page_tells_nothing_of_a_successor_that_may_not_be_shown(old, client, django_user_model):
    address = "/vi-lyfter/fardplan/jobba/inkomst/?den=2024-04-01"
    block(Page.objects.at().get(node=old.income), django_user_model)
    page = outline(client, address)
    assert "Innehållet har ändrats sedan dess." in page.text
    assert not [link for link in page.links if "till=" in link]
    assert "inte längre publik" not in page.text


def test_start_page_which_says_what_many_pages_say_has_no_word_of_its_own_on_that(old, client):
    assert "sedan dess." not in outline(client, "/?den=2024-04-01").text.replace("Det kan ha ändrats sedan dess.", "")


def test_day_form_has_the_day_that_is_shown(old, client):
    html = client.get("/ks/?den=2024-06-01").content.decode()
    assert 'name="den" value="2024-06-01"' in html
    assert 'name="den" value=""' in client.get("/ks/").content.decode()
    # Late in the evening in London it is the day after in Sweden.
    assert 'name="den" value="2024-06-02"' in client.get("/ks/?den=2024-06-01T22:30:00Z").text


def test_every_page_leads_from_its_top_to_the_form_at_its_end(old, client):
    for address in ("/", "/ks/", "/sok/", f"/n/{old.work.pk}/andringar/", *LISTS):
        html = client.get(address).text
        assert html.index("<h1") < html.index('href="#day"') < html.index('id="day"'), address


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_link_stays_in_the_day(old, client, prefix):
    """From the start page on, to every page that can be reached: each once, whatever else its address asks for."""
    waiting, reached = [f"{prefix}/?den={THEN}"], {"/"}
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        assert response.status_code in (200, 302), address
        links = [response.headers["Location"]] if response.status_code == 302 else Outline(response.text).links
        if response.status_code == 200:
            # "See it as it is today"
            links.remove(without_day(address))
        for link in filter(is_within, links):
            parts = urlsplit(urljoin(address, link))
            [day] = parse_qs(parts.query).get("den", [""])
            if "till=" in link and not day:
                # "Compare with today"
                continue
            if any(changes in address for changes in ("/andringar/", "/det-senaste/")) and day != THEN:
                # What lists changes leads to the days before and after each.
                assert "" < day < THEN, (address, link)
                continue
            assert day == THEN, (address, link)
            plain = without_language(parts.path)
            if plain not in reached and parts.path == in_language(plain, prefix[1:] or "sv"):
                reached.add(plain)
                waiting.append(parts._replace(fragment="").geturl())
    # The tree has no core mission and no pyramid, which would lead to where those are listed.
    assert {address for address in ADDRESSES if "arbete" not in address and "grunduppdrag" not in address} <= reached
    assert {"/vi-lyfter/fardplan/jobba/inkomst/jobb/jobbspar/", "/det-senaste/", "/globala-mal/8/"} <= reached
    assert {f"/hela-fardplanen/{old.roadmap.pk}/", f"/n/{old.income.pk}/andringar/"} <= reached


def is_within(link: str) -> bool:
    """Whether a link leads to a page of the portal."""
    parts = urlsplit(link)
    is_elsewhere = parts.scheme or parts.netloc or link.startswith("#")
    return not is_elsewhere and not without_language(parts.path).startswith(WITHOUT_DAY)


def without_day(address: str) -> str:
    """The address of the same page today, with what pages understand."""
    parts, understood = urlsplit(address), {name for names in UNDERSTOOD.values() for name in names}
    query = "&".join(pair for pair in parts.query.split("&") if pair.partition("=")[0] in understood)
    return parts._replace(query=query).geturl()


def test_link_in_a_text_keeps_its_query_and_place(old, client):
    links = outline(client, f"/om/?den={THEN}").links
    assert f"/ks/?a=1&b=2&den={THEN}#namn" in links
    assert "#har" in links
    assert f"/en/ks/?a=1&b=2&den={THEN}#namn" in outline(client, f"/en/om/?den={THEN}").links


def test_language_switch_stays_in_the_day(old, client):
    assert f"/en/ks/?den={THEN}" in outline(client, f"/ks/?den={THEN}").links
    assert f"/ks/?den={THEN}" in outline(client, f"/en/ks/?den={THEN}").links


def test_search_and_the_way_back_stay_where_the_reader_is(old, client):
    html = client.get(f"/en/?den={THEN}").content.decode()
    assert '<form class="site-search" role="search" action="/en/sok/">' in html
    assert f'<input type="hidden" name="den" value="{THEN}">' in html


def test_long_list_stays_in_the_day_from_page_to_page(old, client, monkeypatch):
    monkeypatch.setattr("strategy.views.levels.PAGES_IN_LIST", 1)
    goal = {"kind": "goal", "slug": "andra", "title": "Ett mål till", "number": "2.2"}
    publishing.publish(Node.objects.add_child(Node.objects.get(pk=old.work.pk), create_kwargs=goal))
    yesterday = f"{now().astimezone(STOCKHOLM) - timedelta(days=1):%Y-%m-%d}"
    assert "?page=2" in outline(client, "/nivaer/strategiska-mal/").links
    assert not [link for link in outline(client, f"/nivaer/strategiska-mal/?den={yesterday}").links if "page=" in link]
    happened(FIRST, FIRST + timedelta(hours=1), MOVED, CHANGED, WITHDRAWN, WITHDRAWN + timedelta(days=1))
    [link] = [link for link in outline(client, f"/nivaer/strategiska-mal/?den={yesterday}").links if "page=" in link]
    assert parse_qs(urlsplit(link).query) == {"den": [yesterday], "page": ["2"]}


def test_other_day_of_a_list_is_of_the_same_list(old, client):
    html = client.get(f"/sok/?q=a%26b&q=c&den={THEN}&page=2").text
    assert "/sok/?q=a%26b&q=c" in Outline(html).links
    form = html[html.index('<form class="day"') :]
    for value in ("a&amp;b", "c"):
        assert f'<input type="hidden" name="q" value="{value}">' in form
    assert form.count('type="hidden" name="den"') == form.count('name="page"') == 0


def test_other_day_is_asked_for_with_what_the_page_understands_and_nothing_else(old, client):
    kept = {
        "/om/": "",
        "/nivaer/namnder/": "",
        "/det-senaste/": "",
        "/sok/": f"slag=result&omrade={old.work.pk}&tema=1&namnd=2&mal=8&skede=done",
        "/hela-fardplanen/": "niva=insatser",
        f"/hela-fardplanen/{old.roadmap.pk}/": "niva=insatser",
        f"/en/n/{old.income.pk}/andringar/": "fran=1&till=2",
    }
    for address, query in kept.items():
        html = client.get(f"{address}?{query}&utm_source=brev&fbclid=x&den=2024-06-01&q2=").text
        assert f"{address}?{query}".rstrip("?") in Outline(html).links, address
        form = html[html.index('<form class="day"') :]
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")])
        assert hidden == parse_qsl(query), address


def test_what_pages_understand_is_what_their_views_read():
    assert set(UNDERSTOOD["search"]) == {"q", *READERS}
    assert set(UNDERSTOOD["tree"]) == {tree.PARAMETER}
    assert set(UNDERSTOOD["changes"]) == {changes.FROM, changes.TO}


def test_list_is_shown_as_it_stood(old, client):
    assert "Fler försörjer" in outline(client, f"/nivaer/strategiska-mal/?den={THEN}").text
    assert "Alla försörjer" in outline(client, "/nivaer/strategiska-mal/").text


def test_today_is_no_other_day(old, client):
    today = f"{now().astimezone(STOCKHOLM):%Y-%m-%d}"
    html = client.get(f"/ks/?den={today}").content.decode()
    assert "Så här såg det ut" not in html
    assert [link for link in Outline(html).links if "den=" in link] == [f"/en/ks/?den={today}"]
    assert 'name="robots"' not in html


def test_day_that_has_not_come_shows_what_is_public_and_nothing_more(old, client):
    Node.objects.filter(pk=old.board.pk).update(title="Hemlig styrelse")
    publishing.publish(old.board, at=now() + timedelta(days=30))
    new = {"kind": "text", "slug": "sedan", "title": "Hemlig text"}
    publishing.publish(
        Node.objects.add_child(Node.objects.get(pk=old.start.pk), create_kwargs=new), at=now() + timedelta(days=30)
    )
    for day in ("2999-01-01", "2999-01-01T00:00Z", "9999-12-31"):
        for address in ("/ks/", "/", "/nivaer/namnder/"):
            response = client.get(f"{address}?den={day}")
            assert "Hemlig" not in response.text
            assert "har inte kommit än" in Outline(response.text).text
            assert response.headers["X-Robots-Tag"] == "noindex"
        assert client.get(f"/sedan/?den={day}").status_code == 404
    assert "1 januari 2999 har inte kommit än" in outline(client, "/ks/?den=2999-01-01").text
    assert "/ks/" in outline(client, "/ks/?den=2999-01-01").links


def test_moment_of_a_scheduled_edition_goes_by_the_clock_of_the_database(old, client, monkeypatch):
    """A web server whose clock is fast does not see what is to come."""
    Node.objects.filter(pk=old.board.pk).update(title="Hemlig styrelse")
    soon = now() + timedelta(minutes=10)
    publishing.publish(old.board, at=soon)
    monkeypatch.setattr("django.utils.timezone.now", lambda: soon + timedelta(minutes=1))
    address = f"/ks/?den={soon + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    assert "Hemlig" not in client.get(address).text


@pytest.mark.parametrize("address", ["/", "/en/om/", "/nivaer/namnder/", "/finns-inte/", "/n/1/"])
def test_what_is_no_day_is_a_bad_request_in_words(db, client, address):
    for day in ("i-gar", "2024-02-30", "2024-05-01T99:00", "%00", "%ff", "%3Cb%3E", "x" * 10_000):
        response = client.get(f"{address}?den={day}")
        page = Outline(response.text)
        assert response.status_code == 400
        assert page.headings == [1]
        assert "2024-05-01" in page.text
        assert "x" * 41 not in page.text
        assert not {"\0", "<b>"} & set(re.findall("\0|<b>", response.text))
        assert address in page.links


def test_day_before_the_first_edition_says_when_that_was(old, client):
    page = outline(client, "/ks/?den=2023-12-31", 404)
    assert "Den publicerades första gången 10 januari 2024." in page.text
    [first] = [link for link in page.links if link.startswith("/ks/?den=")]
    assert "Kommunstyrelsen" in outline(client, first).text
    assert "first published on 10 January 2024" in outline(client, "/en/ks/?den=2023-12-31", 404).text


@pytest.mark.parametrize("day", ["0001-01-01", "0999-12-31", "1000-01-01", "0001-01-01T00:00:00Z"])
def test_any_day_that_there_is_may_be_asked_for(old, client, day):
    page = outline(client, f"/ks/?den={day}", 404)
    assert page.headings == [1]
    assert "Den publicerades första gången 10 januari 2024." in page.text
    for address in LISTS:
        found = client.get(f"{address}?den={day}")
        assert found.status_code == 200, address
        assert found.headers["Memento-Datetime"].endswith("GMT")


def test_list_of_a_day_before_there_was_anything_is_empty(old, client):
    assert "Kommunstyrelsen" not in outline(client, "/nivaer/namnder/?den=1850-01-01").text


def test_page_that_was_never_public_is_not_found_on_any_day(old, client):
    assert client.get(f"/finns-inte/?den={THEN}").status_code == 404


def test_moved_page_is_found_where_it_was_on_the_day(old, client):
    before, after = "/vi-lyfter/fardplan/arbete/inkomst/", "/vi-lyfter/fardplan/jobba/inkomst/"
    for prefix in ("", "/en"):
        for asked, then, day in ((after, before, "2024-02-01"), (before, after, THEN)):
            response = client.get(f"{prefix}{asked}?den={day}")
            assert response.status_code == 302
            assert response.headers["Location"] == f"{prefix}{then}?den={day}"
            assert client.get(response.headers["Location"]).status_code == 200


def test_withdrawn_page_is_there_on_the_days_when_it_was(old, client):
    assert client.get("/om/").status_code == 410
    assert client.get("/om/?den=2024-07-09").status_code == 200
    page = outline(client, "/om/?den=2024-07-10", 404)
    assert "Den hade tagits bort." in page.text
    [last] = [link for link in outline(client, "/om/", 410).links if "den=" in link]
    assert client.get(last).status_code == 200


def test_short_address_leads_to_where_the_page_was_on_the_day(old, client):
    short = f"/n/{old.income.pk}/"
    assert (
        client.get(f"{short}?den=2024-02-01").headers["Location"]
        == "/vi-lyfter/fardplan/arbete/inkomst/?den=2024-02-01"
    )
    assert (
        client.get(f"/en{short}?den={THEN}").headers["Location"] == f"/en/vi-lyfter/fardplan/jobba/inkomst/?den={THEN}"
    )
    assert client.get(f"{short}?den=2023-01-01").status_code == 404
    assert client.get("/n/999999/?den=2024-01-11").status_code == 404


def test_report_from_an_old_day_is_bound_to_what_was_shown(old, client):
    form = read_form(client.get(f"/vi-lyfter/fardplan/jobba/inkomst/?den={THEN}"))
    client.post(form.action, form.values | {"message": "Målet är fel."})
    entry = Entry.objects.get()
    assert entry.edition == Page.objects.at(MOVED).get(node=old.income)
    assert entry.shown_at == datetime(2024, 4, 1, 21, 59, 59, 999999, UTC)


def test_report_from_a_list_of_an_old_day_is_bound_to_that_moment(old, client):
    moment = "2024-04-01T10:00:00.000001Z"
    lists = (*LISTS, f"/hela-fardplanen/{old.roadmap.pk}/", f"/n/{old.income.pk}/andringar/", "/en/nivaer/namnder/")
    for address, asked in (*((address, moment) for address in lists), ("/globala-mal/", "1850-01-01T10:00:00Z")):
        form = read_form(client.get(f"{address}?den={asked}"))
        sent = client.post(form.action, form.values | {"message": f"Listan är fel: {asked}"})
        assert sent.status_code == 303, address
        entry = Entry.objects.latest("pk")
        assert (entry.address, entry.edition) == (address, None)
        assert entry.shown_at == datetime.fromisoformat(asked)


@pytest.mark.parametrize("day", [THEN, "2024-04-01T10:00Z", "2999-01-01", "1999-01-01"])
def test_old_day_is_neither_indexed_nor_kept_by_a_cache_without_asking(old, client, settings, day):
    settings.ALLOW_INDEXING = True
    for address in ("/ks/", "/nivaer/namnder/", "/", f"/n/{old.board.pk}/", "/om/"):
        response = client.get(f"{address}?den={day}")
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Cache-Control"] == "no-cache"
        if response.status_code == 200:
            assert '<meta name="robots" content="noindex">' in response.text
            assert 'rel="canonical"' not in response.text


def test_today_is_indexed(old, client, settings):
    settings.ALLOW_INDEXING = True
    response = client.get("/ks/")
    assert "X-Robots-Tag" not in response.headers
    assert '<link rel="canonical" href="http://testserver/ks/">' in response.text


def test_blocked_edition_is_blocked_on_its_days_alone(old, client, django_user_model):
    block(Page.objects.at(MOVED).get(node=old.income), django_user_model)
    address = "/vi-lyfter/fardplan/jobba/inkomst/"
    assert client.get(f"{address}?den={THEN}").status_code == 451
    assert client.get(f"{address}?den=2024-06-01").status_code == 200
    assert "Fler försörjer" not in client.get(f"/nivaer/strategiska-mal/?den={THEN}").text


def test_old_day_costs_no_more_queries_as_the_tree_grows(old, client, django_assert_max_num_queries):
    def queries() -> list[int]:
        numbers = []
        for address in ("/", "/vi-lyfter/fardplan/jobba/", "/nivaer/strategiska-mal/", "/ks/", "/vi-lyfter/tillvaxt/"):
            with django_assert_max_num_queries(12) as made:
                assert client.get(f"{address}?den={THEN}").status_code == 200
            numbers.append(len(made))
        return numbers

    before = queries()
    above = Node.objects.get(pk=old.work.pk)
    for number in range(3, 9):
        goal = {"kind": "goal", "slug": f"m-{number}", "title": f"Mål {number}", "number": f"2.{number}"}
        publishing.publish(Node.objects.add_child(above, create_kwargs=goal))
        above.refresh_from_db()
    happened(FIRST, FIRST + timedelta(hours=1), *(FIRST + timedelta(days=2, hours=n) for n in range(9)))
    assert queries() == before


def test_old_page_leads_to_what_is_said_of_the_website_today(tree, client):
    publishing.enter_history({node.pk: datetime(2021, 1, 1, tzinfo=UTC) for node in (tree.start, tree.vision)})
    publishing.publish(tree.about)
    html = client.get("/?den=2022-01-01").content.decode()
    assert 'href="/om/">Om webbplatsen' in html


def test_day_on_which_nothing_stood_there_is_not_said_to_be_shown(published, client):
    html = client.get("/om/?den=2001-01-01").content.decode()
    assert "Sidan var inte publicerad då" in html
    assert "Så här såg det ut" not in html


def test_what_can_not_stand_in_html_goes_no_further(published, client):
    assert "\0" not in client.get("/om/?q=%00abc&%00=x").content.decode()
