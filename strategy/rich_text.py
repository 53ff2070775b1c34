"""
Rich text: what the editor offers, what is kept, and what a heading structure must be.

The editor's own sanitiser runs only in `Field.clean()`, which imports, fixtures and `save()` pass by. So the field here
cleans whatever is on its way into a query, and readers clean once more when they show it.
"""

import re
from html.parser import HTMLParser
from typing import Any

import nh3
from django_prose_editor.fields import ProseEditorField

EXTENSIONS = {
    "Bold": True,
    "Italic": True,
    "Heading": {"levels": [2, 3, 4]},
    "BulletList": True,
    "OrderedList": True,
    "Blockquote": True,
    "Table": True,
    "Link": {"enableTarget": False, "protocols": ["http", "https", "mailto", "tel"]},
    "HardBreak": True,
    "ListItem": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "History": True,
}

TAGS = {
    "p", "br", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "blockquote", "a",
    "table", "caption", "colgroup", "col", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href"},
    "ol": {"start"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
}
SCHEMES = {"http", "https", "mailto", "tel"}

# Within the site: an absolute path (not //host, which leaves it) or a place on the page.
_WITHIN_SITE = re.compile(r"(/(?![/\\])|#)[^\\\s]*$")


def is_link(address: str) -> bool:
    """Whether rich text, or a piece of related material, may link to `address`."""
    if _WITHIN_SITE.match(address):
        return True
    scheme, colon, rest = address.partition(":")
    if scheme.lower() in ("http", "https"):
        return bool(re.match(r"//[^/\s?#]", rest))
    return bool(colon and rest) and scheme.lower() in SCHEMES


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return value if is_link(value) else None
    return value


_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style"},
    # Without a word about "*", lang and title would be kept on every tag.
    attributes={**ATTRIBUTES, "*": set()},
    attribute_filter=_keep_attribute,
    url_schemes=SCHEMES,
    link_rel=None,
)


def clean(html: str) -> str:
    """`html` with everything but TAGS, ATTRIBUTES and safe links removed; an empty paragraph is empty text."""
    kept = _cleaner.clean(html)
    return "" if kept in ("<p></p>", "<p><br></p>") else kept


class _Headings(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))


def skips_heading(html: str) -> bool:
    """Whether a heading level is skipped, the page's own title being the first (WCAG 1.3.1, A11Y-31)."""
    parser = _Headings()
    parser.feed(html)
    before = 1
    for level in parser.levels:
        if level > before + 1:
            return True
        before = level
    return False


class RichTextField(ProseEditorField):
    """HTML that is cleaned on every way into the database that goes through a model or a query."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("extensions", EXTENSIONS)
        kwargs.setdefault("sanitize", clean)
        super().__init__(*args, **kwargs)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(clean(value) if isinstance(value, str) else value, connection)

    def deconstruct(self) -> tuple:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {key: value for key, value in kwargs.items() if key not in ("extensions", "sanitize")}
