import gzip
import io
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.utils.timezone import localdate
from PIL import Image

from portal.machines import security_problems
from portal.site import territorial
from strategy import publishing
from tests.feedback.written import read_form

PICTURES = Path(django_settings.BASE_DIR) / "static" / "pictures"
JOBS = "/vi-lyfter/fardplan/arbete/inkomst/jobb/"


class Head(HTMLParser):
    """What machines read in the head of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links, self.metas, self.menu = [], {}, {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "link":
            self.links.append(attrs)
        if tag == "meta" and "content" in attrs:
            self.metas[attrs.get("property") or attrs.get("name")] = attrs["content"]
        if tag == "a" and "hreflang" in attrs:
            self.menu[attrs["hreflang"]] = attrs["href"]

    @property
    def canonical(self):
        return [link["href"] for link in self.links if link["rel"] == "canonical"]

    @property
    def alternates(self):
        return {
            link["hreflang"]: link["href"] for link in self.links if link["rel"] == "alternate" and "hreflang" in link
        }


def head(client, address):
    return Head(client.get(address).text)


# Which addresses are for whom


@pytest.mark.parametrize("allowed", [True, False])
def test_robots_may_read_what_is_for_everybody(client, settings, allowed):
    settings.ALLOW_INDEXING = allowed
    response = client.get("/robots.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    rules = RobotFileParser()
    rules.parse(response.text.splitlines())
    for address in ("/", "/en/", JOBS, "/static/css/base.css", "/sok/?q=jobb"):
        assert rules.can_fetch("anybot", address), address
    for address in ("/admin/", "/en/admin/login/"):
        assert not rules.can_fetch("anybot", address), address
    for address in ("/timegate/https://strategi.example/", "/timemap/link/https://strategi.example/"):
        assert not rules.can_fetch("anybot", address), address
    assert rules.site_maps() == ["http://testserver/sitemap.xml"]


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_what_is_not_to_be_indexed_may_be_read_so_that_it_can_say_so(db, client, settings, prefix):
    settings.ALLOW_INDEXING = True
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.can_fetch("anybot", f"{prefix}/kvittens/abc/")
    assert not rules.can_fetch("anybot", f"{prefix}/diarium/1/")
    form = read_form(client.get(f"{prefix}/meddela-fel/"))
    sent = client.post(form.action, form.values | {"message": "Fel."})
    receipt = sent.headers["Location"]
    assert receipt.startswith(f"{prefix}/kvittens/")
    assert client.get(receipt).headers["X-Robots-Tag"] == "noindex"


ANSWERS = ["/", JOBS, "/finns-inte/", "/vi-lyfter", "/robots.txt", "/favicon.ico", "/static/css/base.css", "/admin/"]


@pytest.mark.parametrize("address", ANSWERS)
def test_nothing_is_indexed_unless_somebody_says_so(published, client, settings, address):
    response = client.get(address)
    assert response.headers["X-Robots-Tag"] == "noindex"
    response.close()
    settings.ALLOW_INDEXING = True
    response = client.get(address)
    assert "X-Robots-Tag" not in response.headers
    response.close()


# What a page says of itself


def test_page_has_one_address_and_says_how_to_show_a_link_to_it(published, client, settings):
    settings.SITE_URL = "https://strategi.example"
    found = head(client, f"{JOBS}?from=a-letter")
    assert found.canonical == [f"https://strategi.example{JOBS}"]
    assert {name: text for name, text in found.metas.items() if name and name.startswith("og:")} == {
        "og:type": "website",
        "og:title": "Arbetslösheten ska minska",
        "og:url": f"https://strategi.example{JOBS}",
        "og:locale": "sv_SE",
        "og:site_name": "Kristianstads kommun",
        "og:image": "https://strategi.example/static/pictures/share.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": found.metas["og:image:alt"],
    }
    assert "robots" not in found.metas


@pytest.mark.parametrize(
    ("prefix", "title", "locale"), [("", "Resultatmål", "sv_SE"), ("/en", "Result targets", "en_GB")]
)
def test_list_is_shown_by_its_own_title(published, client, prefix, title, locale):
    metas = head(client, f"{prefix}/nivaer/resultatmal/").metas
    assert (metas["og:title"], metas["og:locale"]) == (title, locale)
    assert {metas["og:locale"], metas["og:locale:alternate"]} == {"sv_SE", "en_GB"}


def test_text_that_is_not_translated_says_everywhere_that_it_is_swedish(published, client):
    html = client.get(f"/en{JOBS}").text
    found = Head(html)
    assert found.metas["og:locale"] == "sv_SE"
    assert "og:locale:alternate" not in found.metas
    assert '<html lang="en">' in html
    assert '<title lang="sv">Arbetslösheten ska minska' in html
    assert '"inLanguage": "sv"' in html


def test_translated_text_says_which_other_language_there_is(published, client):
    published.jobs.translations.create(language="en", title="Fewer out of work")
    publishing.publish(published.jobs)
    html = client.get(f"/en{JOBS}").text
    metas = Head(html).metas
    assert (metas["og:locale"], metas["og:locale:alternate"]) == ("en_GB", "sv_SE")
    assert "<title>Fewer out of work" in html


@pytest.mark.parametrize(
    ("language", "locale"), [("sv", "sv_SE"), ("en", "en_GB"), ("ar", "ar_EG"), ("pt-br", "pt_BR")]
)
def test_language_has_the_territory_that_is_meant(language, locale):
    assert territorial(language) == locale


def test_page_and_its_translation_lead_to_each_other(published, client):
    """A text that is not translated is another matter: tests/strategy/test_sitemap.py."""
    address = "/nivaer/resultatmal/"
    pages = {"sv": f"http://testserver{address}", "en": f"http://testserver/en{address}"}
    for page in pages.values():
        found = head(client, f"{urlsplit(page).path}?page=2")
        assert found.alternates == pages | {"x-default": pages["sv"]}
        assert page in found.canonical


@pytest.mark.parametrize("address", ["/finns-inte/", "/en/finns-inte/", "/meddela-fel/", f"{JOBS}?den=2099-01-01"])
def test_page_that_is_not_indexed_names_no_address_for_it(published, client, address):
    found = head(client, address)
    assert found.metas["robots"] == "noindex"
    assert found.canonical == []
    assert found.alternates == {}
    assert "og:url" not in found.metas


def test_reader_who_changes_language_stays_where_they_are(published, client):
    assert head(client, "/nivaer/resultatmal/?page=2&x=%C3%A5").menu == {
        "en": "/en/nivaer/resultatmal/?page=2&x=%C3%A5"
    }
    assert head(client, "/en/nivaer/resultatmal/?page=2").menu == {"sv": "/nivaer/resultatmal/?page=2"}


@pytest.mark.parametrize("path", ["//annan.example/", "/en//annan.example/"])
def test_change_of_language_leads_to_no_other_host(client, db, path):
    for address in head(client, f"http://testserver{path}").menu.values():
        assert urlsplit(address).netloc == ""
        assert not address.startswith("//")


def test_unknown_host_is_refused_in_the_look_of_the_site(client, db):
    response = client.get("/", headers={"host": "annan.example"})
    assert response.status_code == 400
    assert "annan.example" not in response.text
    assert "Kristianstads kommun" in response.text


# security.txt


@pytest.fixture
def contact(settings):
    settings.SECURITY_CONTACT = ["mailto:sakerhet@kommun.example", "https://kommun.example/sakerhet"]
    settings.SECURITY_EXPIRES = localdate() + timedelta(days=100)


def test_security_txt_holds_what_rfc_9116_wants(contact, client, settings):
    settings.SITE_URL = "https://strategi.example"
    response = client.get("/.well-known/security.txt")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in response.text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == django_settings.SECURITY_CONTACT
    (expires,) = [value for name, value in fields if name == "Expires"]
    end = datetime.combine(django_settings.SECURITY_EXPIRES, time(23, 59, 59), ZoneInfo("Europe/Stockholm"))
    assert datetime.fromisoformat(expires) == end
    assert ["Preferred-Languages", "sv, en"] in fields
    assert ["Canonical", "https://strategi.example/.well-known/security.txt"] in fields


@pytest.mark.parametrize("missing", ["SECURITY_CONTACT", "SECURITY_EXPIRES"])
def test_no_security_txt_without_a_contact_or_an_end(contact, client, db, settings, missing):
    setattr(settings, missing, None)
    assert client.get("/.well-known/security.txt").status_code == 404


def test_security_txt_is_there_to_the_end_of_its_last_day_and_no_longer(contact, client, db, settings):
    for days, status in ((0, 200), (-1, 404)):
        settings.SECURITY_EXPIRES = localdate() + timedelta(days=days)
        assert client.get("/.well-known/security.txt").status_code == status


def test_security_txt_prefers_the_languages_of_the_portal(contact, client, settings):
    settings.LANGUAGES = [("sv", "Swedish"), ("fi", "Finnish")]
    assert "Preferred-Languages: sv, fi" in client.get("/.well-known/security.txt").text.splitlines()


@pytest.mark.parametrize(
    ("contacts", "expires", "problem"),
    [
        ([], None, "portal.W001"),
        (["mailto:a@b.example"], None, "portal.W002"),
        (["mailto:a@b.example"], date(2026, 11, 22), "portal.W003"),
        (["mailto:a@b.example"], date(2026, 11, 23), "portal.W004"),
        (["mailto:a@b.example"], date(2026, 12, 22), "portal.W004"),
        (["mailto:a@b.example"], date(2026, 12, 23), None),
        (["mailto:a@b.example"], date(2027, 11, 23), None),
        (["mailto:a@b.example"], date(2028, 1, 1), "portal.W005"),
    ],
)
def test_operator_is_told_before_security_txt_runs_out(contacts, expires, problem):
    found = security_problems(contacts, expires, today=date(2026, 11, 23))
    assert [warning.id for warning in found] == ([problem] if problem else [])


# Pictures


def test_favicon_is_at_the_address_that_browsers_guess(client):
    response = client.get("/favicon.ico")
    assert response.headers["Content-Type"] == "image/x-icon"
    with Image.open(io.BytesIO(response.content)) as icon:
        assert icon.format == "ICO"
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_picture_of_a_link_has_the_size_that_pages_say_and_weighs_little(client, db):
    with Image.open(PICTURES / "share.png") as picture:
        assert picture.size == (1200, 630)
        assert picture.mode == "P"
    assert (PICTURES / "share.png").stat().st_size < 60_000
    with Image.open(PICTURES / "touch-icon.png") as icon:
        assert icon.size == (180, 180)


# Compression


def gzipped(client, address):
    return client.get(address, headers={"accept-encoding": "gzip, br"})


@pytest.mark.parametrize("address", ["/", f"/en{JOBS}", "/finns-inte/", "/feed/alla.ics"])
def test_public_page_is_compressed_where_that_is_understood(published, client, address):
    plain, packed = client.get(address), gzipped(client, address)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) == int(packed.headers["Content-Length"]) < len(plain.content)
    assert len(gzip.decompress(packed.content)) == len(plain.content)
    assert {response.headers["Vary"] for response in (plain, packed)} == {"Accept-Encoding"}


def test_same_page_is_the_same_bytes(client, db):
    first, second = (gzipped(client, "/finns-inte/").content for _ in range(2))
    assert first == second
    assert gzip.decompress(first) == client.get("/finns-inte/").content


def test_page_with_a_token_is_not_compressed(client, db):
    assert "csrfmiddlewaretoken" in gzipped(client, "/admin/login/").text
    assert "Content-Encoding" not in gzipped(client, "/admin/login/").headers


def test_picture_is_sent_as_it_is(client, settings):
    assert "Content-Encoding" not in gzipped(client, "/favicon.ico").headers
