"""Whatever is written in whichever way, what is kept is what the editor offers, with links that lead nowhere bad."""

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import connection
from django.forms import modelform_factory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategy import documents
from strategy.models import Node
from strategy.rich_text import clean, is_link, skips_heading

# Said once more here, so that a tag that is let in by mistake is seen.
TAGS = {
    "p", "br", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "blockquote", "a",
    "table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}

NASTY = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<p>a<script>alert(1)//</p>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<iframe src='https://evil.example/'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data='data:text/html,x'></object><embed src=//evil.example>",
    "<style>p{background:url(//evil.example)}</style><p style='color:red' class=x id=y>a</p>",
    "<p onclick=alert(1)>a</p>",
    "<img src=x onerror=alert(1)>",
    "<form action=//evil.example><input name=a><button>b</button></form>",
    "<base href=//evil.example><meta http-equiv=refresh content=0><link rel=stylesheet href=//evil.example>",
    "<h1>a</h1><h5>b</h5><h2 onmouseover=alert(1)>c</h2>",
    "<template><script>alert(1)</script></template><noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='https://a.example' target=_blank ping=//evil.example onclick=x download>a</a>",
    "<table background=javascript:alert(1)><td background=x colspan=2 onclick=x>a",
    "<textarea><img src=x onerror=alert(1)></textarea><title><b>t</b></title>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]--><?php echo 1 ?><![CDATA[<script>]]>",
    "<ol start=3 type=javascript:x><li value=9>a</ol>",
    "</p></div></body></html><script>alert(1)",
    "<p>1 &lt;script&gt; 2 &amp;lt; 3</p>",
]
BAD_LINKS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java&#10;script:alert(1)",
    "java&Tab;script:alert(1)",
    "&#106;avascript:alert(1)",
    "&#x6A&#x61vascript:alert(1)",
    "javascript&colon;alert(1)",
    "\x01javascript:alert(1)",
    "\u00a0javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://a.example/1",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/&#9;/evil.example",
    "/&bsol;evil.example",
    "\t//evil.example",
    " //evil.example",
    "https:",
    "mailto",
    "evil.example",
    "../admin/",
    "",
]
GOOD_LINKS = [
    "https://www.kristianstad.se/",
    "HTTP://a.example/?b=1&amp;c=2#d",
    "mailto:kommun@kristianstad.se",
    "tel:+4644135000",
    "/vi-lyfter-tillsammans/",
    "/",
    "/sok/?q=a:b",
    "#rubrik",
]


class _Tree(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    for tag, attributes in _Tree(html).tags:
        assert tag in TAGS, html
        assert set(attributes) <= ATTRIBUTES.get(tag, set()), html
        if "href" in attributes:
            assert_leads_nowhere_bad(attributes["href"])


def assert_leads_nowhere_bad(href: str) -> None:
    """As a browser reads it: tabs and line ends inside are dropped, blanks around too, a backslash is a slash."""
    seen = "".join(sign for sign in href if sign not in "\t\r\n").strip("".join(map(chr, range(33)))).replace("\\", "/")
    scheme = urlsplit(seen).scheme
    if scheme:
        assert scheme in {"http", "https", "mailto", "tel"}, href
        return
    assert seen.startswith("#") or (seen.startswith("/") and not seen.startswith("//")), href


def scraps() -> st.SearchStrategy[str]:
    """Markup put together from what is allowed, what is not, and what browsers stumble over."""
    tag = st.sampled_from([*sorted(TAGS), "script", "style", "svg", "math", "iframe", "img", "h1", "div", "template"])
    name = st.sampled_from(
        ["href", "src", "style", "onclick", "class", "start", "colspan", "scope", "xlink:href", "id"]
    )
    value = st.sampled_from([*BAD_LINKS, *GOOD_LINKS, "2", "col"])
    attribute = st.builds(lambda key, said, quote: f" {key}={quote}{said}{quote}", name, value, st.sampled_from("'\""))
    opening = st.builds(lambda t, said, end: f"<{t}{''.join(said)}{end}", tag, st.lists(attribute, max_size=3),
                        st.sampled_from([">", "/>", " >", ""]))  # fmt: skip
    closing = tag.map("</{}>".format)
    other = st.sampled_from([*NASTY, "<!--", "-->", "<![CDATA[", "]]>", "&lt;", "<", ">", '"', "\0", "Å ä"])
    return st.lists(st.one_of(opening, closing, other, st.text(max_size=5)), max_size=12).map("".join)


@given(scraps())
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_nothing_but_what_the_editor_offers_is_kept(html):
    kept = clean(html)
    assert_harmless(kept)
    assert_harmless(clean(kept))


@pytest.mark.parametrize("html", NASTY)
def test_nasty_markup_is_made_harmless(html):
    assert_harmless(clean(html))


@pytest.mark.parametrize("address", BAD_LINKS)
@pytest.mark.parametrize("quote", ["'", '"'])
def test_bad_link_loses_its_address(address, quote):
    kept = clean(f"<p><a href={quote}{address}{quote}>länk</a></p>")
    assert kept == "<p><a>länk</a></p>"


@pytest.mark.parametrize("address", GOOD_LINKS)
def test_good_link_is_kept_as_it_is(address):
    html = f'<p><a href="{address}">länk</a></p>'
    assert clean(html) == html


@pytest.mark.parametrize("address", BAD_LINKS)
def test_related_material_follows_the_same_rule(address):
    # Said in HTML above; as it is typed in a form here.
    assert not is_link(_Tree(f'<a href="{address}">').tags[0][1]["href"] or "")


def test_all_that_the_editor_offers_is_kept_whole():
    html = (
        "<h2>Ett</h2><h3>Två</h3><h4>Tre</h4><p>a<br><strong>b</strong> <em>c</em></p><blockquote><p>d</p></blockquote>"
        '<ul><li><p>e</p></li></ul><ol start="3"><li><p>f</p></li></ol><table><caption>g</caption><colgroup><col>'
        '</colgroup><thead><tr><th colspan="2" rowspan="1" scope="col">h</th></tr></thead><tbody><tr>'
        '<td colspan="1" rowspan="2">i</td></tr></tbody></table>'
    )
    assert clean(html) == html


def test_text_of_a_script_goes_and_text_of_other_markup_stays():
    assert clean("<div>a<script>b</script><style>c</style><span>d</span></div>") == "ad"


@pytest.mark.parametrize("html", ["", "<p></p>", "<p><br></p>", "<p></p ><script>x</script>"])
def test_empty_paragraph_is_empty_text(html):
    assert clean(html) == ""


@pytest.mark.parametrize(
    ("levels", "skips"), [("", False), ("2", False), ("3", True), ("23", False), ("24", True), ("2342", False),
                          ("232434", True), ("4", True), ("22334", False)]
)  # fmt: skip
def test_heading_level_that_is_skipped_is_found(levels, skips):
    assert skips_heading("".join(f"<h{level}>x</h{level}><p>y</p>" for level in levels)) is skips


# Every way into the database.

DIRTY = (
    '<h2 onclick="x" title="x">Ett</h2><p style="x" lang="en">a<script>alert(1)</script><a href="javascript:x">b</a>'
    '<a href="/c" onclick="x">c</a></p><iframe src="//evil.example"></iframe>'
)
CLEAN = '<h2>Ett</h2><p>a<a>b</a><a href="/c">c</a></p>'


def by_save(node: Node) -> None:
    node.body = DIRTY
    node.save()


def by_save_of_one_field(node: Node) -> None:
    node.body = DIRTY
    node.save(update_fields=["body"])


def by_update(node: Node) -> None:
    Node.objects.filter(pk=node.pk).update(body=DIRTY)


def by_bulk_update(node: Node) -> None:
    node.body = DIRTY
    Node.objects.bulk_update([node], ["body"])


def by_bulk_create(node: Node) -> None:
    Node.objects.filter(pk=node.pk).delete()
    node.body = DIRTY
    Node.objects.bulk_create([node])


def by_bulk_create_over_what_is_there(node: Node) -> None:
    node.body = DIRTY
    Node.objects.bulk_create([node], update_conflicts=True, unique_fields=["id"], update_fields=["body"])


def by_update_or_create(node: Node) -> None:
    Node.objects.update_or_create(pk=node.pk, defaults={"body": DIRTY})


def by_get_or_create(node: Node) -> None:
    fields = {field.name: getattr(node, field.name) for field in Node._meta.concrete_fields}
    Node.objects.filter(pk=node.pk).delete()
    Node.objects.get_or_create(pk=fields.pop("id"), defaults={**fields, "body": DIRTY})


def by_a_form(node: Node) -> None:
    form = modelform_factory(Node, fields=["body"])({"body": DIRTY}, instance=node)
    assert form.is_valid()
    assert form.instance.body == CLEAN
    form.save()


def by_a_fixture(node: Node) -> None:
    [row] = json.loads(serializers.serialize("json", [node]))
    row["fields"]["body"] = DIRTY
    for loaded in serializers.deserialize("json", json.dumps([row])):
        loaded.save()


WAYS = [by_save, by_save_of_one_field, by_update, by_bulk_update, by_bulk_create, by_bulk_create_over_what_is_there,
        by_update_or_create, by_get_or_create, by_a_form, by_a_fixture]  # fmt: skip


@pytest.mark.parametrize("write", WAYS)
def test_body_of_a_node_is_clean_whichever_way_it_is_written(tree, write):
    write(tree.about)
    assert Node.objects.get(pk=tree.about.pk).body == CLEAN


def test_body_of_a_new_child_is_clean(tree):
    fields = {"kind": "text", "slug": "ny", "title": "Ny", "body": DIRTY}
    assert Node.objects.get(pk=Node.objects.add_child(tree.start, create_kwargs=fields).pk).body == CLEAN


def test_fixture_file_is_cleaned(tree, tmp_path):
    call_command("dumpdata", "strategy.node", output=tmp_path / "nodes.json", verbosity=0)
    rows = json.loads((tmp_path / "nodes.json").read_text())
    for row in rows:
        row["fields"]["body"] = DIRTY
    (tmp_path / "nodes.json").write_text(json.dumps(rows))
    call_command("loaddata", tmp_path / "nodes.json", verbosity=0)
    assert set(Node.objects.values_list("body", flat=True)) == {CLEAN}


def test_body_of_a_translation_is_clean_whichever_way_it_is_written(tree):
    row = tree.about.translations.create(language="en", title="About", body=DIRTY)
    row.refresh_from_db()
    assert row.body == CLEAN
    tree.about.translations.update(body=DIRTY)
    row.refresh_from_db()
    assert row.body == CLEAN


def test_document_is_clean_even_when_the_database_is_not(tree):
    tree.about.translations.create(language="en", title="About")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE strategy_node SET body = %s", [DIRTY])
        cursor.execute("UPDATE strategy_translation SET body = %s", [DIRTY])
    node = Node.objects.get(pk=tree.about.pk)
    assert node.body == DIRTY
    texts = documents.build(node)["texts"]
    assert [texts[language]["body"] for language in ("sv", "en")] == [CLEAN, CLEAN]


@given(html=scraps())
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_written_by_a_query_is_read_harmless(tree, html):
    # PostgreSQL keeps no NUL, with or without us.
    Node.objects.filter(pk=tree.about.pk).update(body=html.replace("\0", ""))
    body = Node.objects.get(pk=tree.about.pk).body
    assert_harmless(body)
    assert body == clean(body)
