import tracemalloc
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.utils.timezone import now

from portal.language import without_language
from strategy import publishing
from strategy.kinds import NodeKind
from strategy.models import Block, EasyText, Node, Page
from tests.changed import change
from tests.past import happened
from tests.portal.test_machines import Head, head
from tests.strategy.test_pages import JOBS
from tests.strategy.test_size import plant
from tests.tree import grow

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def read(client, address: str = "/sitemap.xml") -> ElementTree.Element:
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    return ElementTree.fromstring(b"".join(response.streaming_content))


def listed(root: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """By address."""
    found = [(url.findtext("s:loc", namespaces=NAMES), url) for url in root]
    assert len(found) == len(dict(found))
    return dict(found)


def alternates(url: ElementTree.Element) -> dict[str, str]:
    return {link.get("hreflang"): link.get("href") for link in url.findall("x:link", NAMES)}


def translate(node: Node) -> None:
    node.translations.create(language="en", title=f"{node.title} in English")
    publishing.publish(node)


def changed(root: ElementTree.Element) -> dict[str, str]:
    """When it last changed, by address."""
    return {
        urlsplit(address).path: url.findtext("s:lastmod", namespaces=NAMES) for address, url in listed(root).items()
    }


def pages_of(root: ElementTree.Element) -> set[str]:
    """The addresses of all but the lists."""
    lists = ("/sok/", "/nivaer/", "/hela-fardplanen/", "/globala-mal/", "/det-senaste/")
    return {address for address in changed(root) if not without_language(address).startswith(lists)}


def test_every_page_that_is_public_is_listed_and_nothing_else(published, client, django_user_model):
    translate(published.growth)
    publishing.withdraw(published.safety)
    later = grow(Node.objects.get(pk=published.start.pk), "text", "sedan", title="Sedan")
    publishing.publish(later, at=now() + timedelta(days=1))
    grow(Node.objects.get(pk=published.start.pk), "text", "utkast", title="Utkast")
    block(Page.objects.at().get(node=published.board), django_user_model)
    public = set(Page.objects.at().values_list("address", flat=True))
    assert "/ks/" not in public
    assert pages_of(read(client)) == public | {"/en/vi-lyfter/tillvaxt/"}


def block(page: Page, django_user_model) -> None:
    one, other = (django_user_model.objects.create(username=name) for name in ("en", "annan"))
    proposed = Block.objects.create(page=page, ground=Block.Ground.COURT, reason="Dom i mål 1-24.", proposed_by=one)
    Block.objects.filter(pk=proposed.pk).update(approved=True, decided_by=other, decided_at=now())


def test_page_is_listed_in_the_languages_that_it_has_a_text_in(published, client):
    translate(published.growth)
    urls = listed(read(client))
    pages = {"sv": "http://testserver/vi-lyfter/tillvaxt/", "en": "http://testserver/en/vi-lyfter/tillvaxt/"}
    for page in pages.values():
        assert alternates(urls[page]) == pages | {"x-default": pages["sv"]}
    only = "http://testserver/ks/"
    assert alternates(urls[only]) == {"sv": only, "x-default": only}
    assert "http://testserver/en/ks/" not in urls


def test_easy_to_read_text_is_listed_in_its_own_languages(published, client):
    EasyText.objects.create(node=published.work, language="sv", title="Jobb", body="<p>Kort.</p>")
    publishing.publish(published.work)
    translate(published.work)
    addresses = {urlsplit(address).path for address in listed(read(client))}
    assert "/lattlast/vi-lyfter/fardplan/arbete/" in addresses
    assert "/en/lattlast/vi-lyfter/fardplan/arbete/" not in addresses
    assert "/en/vi-lyfter/fardplan/arbete/" in addresses


def test_last_change_is_that_of_the_text(published, client):
    changed_at = Page.objects.at().get(node=published.jobs).content_since
    publishing.rename(published.work, "jobb")
    url = listed(read(client))["http://testserver/vi-lyfter/fardplan/jobb/inkomst/jobb/"]
    assert url.findtext("s:lastmod", namespaces=NAMES) == changed_at.isoformat(timespec="seconds")


def test_start_page_changed_when_what_it_is_composed_of_did(published, client):
    """As the page itself says."""
    first, second = (datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3))
    change(published.work, lead="En ny ingress.")
    happened(first, second)
    found = changed(read(client))
    assert found["/"] == found["/vi-lyfter/fardplan/arbete/"] == second.isoformat()
    assert found["/vi-lyfter/"] == first.isoformat()
    assert f'"dateModified": "{second.isoformat()}"' in client.get("/").text


def test_list_changed_when_something_in_it_did(published, client):
    first, second, third = (datetime(2024, month, 10, 12, tzinfo=UTC) for month in (1, 3, 5))
    change(published.jobs, lead="En ny ingress.")
    publishing.withdraw(published.board)
    happened(first, second, third)
    found = changed(read(client))
    lists = {
        "/sok/": second,
        "/hela-fardplanen/": second,
        "/det-senaste/": third,
        "/nivaer/resultatmal/": second,
        "/nivaer/insatser/": first,
        "/nivaer/namnder/": third,
    }
    for address, at in lists.items():
        assert found[address] == found[f"/en{address}"] == at.isoformat(), address
    # Nothing of the kind has been public, and what no query tells.
    for address in ("/nivaer/grunduppdrag/", "/globala-mal/", "/globala-mal/8/"):
        assert found[address] is None


def test_roadmap_that_is_shown_has_its_tree_at_one_address(published, client):
    fields = {"period_start_on": "2090-01-01", "period_end_on": "2093-12-31"}
    coming = grow(Node.objects.get(pk=published.vision.pk), "roadmap", "nasta", title="Nästa", **fields)
    publishing.publish(coming)
    for prefix in ("", "/en"):
        shown = f"http://testserver{prefix}/hela-fardplanen/"
        for address in (shown, f"{shown}{published.roadmap.pk}/", f"{shown}?niva=insatser"):
            found = head(client, address)
            assert found.canonical == [shown] == [found.metas["og:url"]]
            assert found.alternates["en"] == "http://testserver/en/hela-fardplanen/"
        other = f"{shown}{coming.pk}/"
        assert head(client, other).canonical == [other]


def test_every_address_in_it_is_a_page_that_calls_itself_by_it(published, client, settings):
    settings.ALLOW_INDEXING = True
    settings.SITE_URL = "https://strategi.example"
    translate(published.jobs)
    for address, url in listed(read(client)).items():
        assert address.startswith("https://strategi.example/")
        response = client.get(urlsplit(address).path)
        assert response.status_code == HTTPStatus.OK, address
        assert "X-Robots-Tag" not in response.headers, address
        found = Head(response.text)
        assert "robots" not in found.metas, address
        assert found.canonical == [address]
        assert found.alternates == alternates(url)


def test_page_that_is_read_in_a_language_without_a_text_is_the_swedish_page(published, client):
    found = head(client, f"/en{JOBS}")
    assert found.canonical == [f"http://testserver{JOBS}"]
    assert found.metas["og:url"] == f"http://testserver{JOBS}"
    assert found.alternates == {}
    # The menu still leads there and back.
    assert found.menu == {"sv": JOBS}
    assert head(client, JOBS).menu == {"en": f"/en{JOBS}"}


def test_more_than_one_file_holds_is_split(published, client, monkeypatch):
    translate(published.jobs)
    whole = listed(read(client))
    monkeypatch.setattr("strategy.sitemaps.URLS_IN_FILE", 60)
    root = read(client)
    assert root.tag.endswith("sitemapindex")
    files = [entry.findtext("s:loc", namespaces=NAMES) for entry in root]
    assert files[0] == "http://testserver/sitemap-1.xml"
    parts = [listed(read(client, urlsplit(file).path)) for file in files]
    assert len(parts) > 1
    assert all(0 < len(part) <= 60 for part in parts)
    assert sum(len(part) for part in parts) == len(whole)
    assert {address for part in parts for address in part} == set(whole)
    for number in (0, 10**9, 10**30):
        assert f"http://testserver/sitemap-{number}.xml" not in files
        assert client.get(f"/sitemap-{number}.xml").status_code == 404


def test_no_page_falls_between_two_files_when_something_is_withdrawn_meanwhile(published, client, monkeypatch):
    monkeypatch.setattr("strategy.sitemaps.URLS_IN_FILE", 62)
    files = [urlsplit(entry.findtext("s:loc", namespaces=NAMES)).path for entry in read(client)]
    assert len(files) > 4
    found = set()
    for number, file in enumerate(files):
        found |= pages_of(read(client, file))
        # In a file that has been read.
        if number == 2:
            publishing.withdraw(published.growth)
    assert set(Page.objects.at().values_list("address", flat=True)) <= found


def test_many_pages_take_no_more_memory_and_no_more_queries(db, client, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("strategy.sitemaps.ROWS_AT_A_TIME", 100)
    plant(
        [(NodeKind.VISION, 1), (NodeKind.ROADMAP, 1), (NodeKind.AREA, 10), (NodeKind.GOAL, 20), (NodeKind.RESULT, 10)]
    )
    with django_assert_num_queries(7):
        response = client.get("/sitemap.xml")
        tracemalloc.start()
        size = sum(len(chunk) for chunk in response.streaming_content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert size > 500_000
    assert peak < size / 3
