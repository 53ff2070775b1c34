"""What search engines are told of a page in the words of schema.org (JSON-LD, WEB-53): nothing that it does not say."""

import json
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

from portal.language import in_language
from portal.site import absolute

# Within a script element, where entities are not read.
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&"}


@dataclass(frozen=True)
class Described:
    """A page: `title` and `lead` in `language`, `url` its one address, `steps` the breadcrumb as (name, path or "")."""

    title: str
    lead: str
    language: str
    url: str
    updated_at: datetime | None
    published_at: datetime | None
    steps: list[tuple[str, str]]


def graph(request: HttpRequest, page: Described, language: str) -> dict:
    """`language` is the one that is read, which the page may have no text in."""
    origin = absolute(request, "")
    organization, site = {"@id": f"{origin}/#organization"}, {"@id": f"{origin}/#website"}
    search = absolute(request, in_language("/sok/?q={search_term_string}", language))
    about = {
        "@type": "WebPage",
        "@id": page.url,
        "url": page.url,
        "name": page.title,
        "description": page.lead,
        "inLanguage": page.language,
        "datePublished": page.published_at and page.published_at.isoformat(),
        "dateModified": page.updated_at and page.updated_at.isoformat(),
        "isPartOf": site,
        "publisher": organization,
    }
    graph = [
        {
            "@type": "GovernmentOrganization",
            **organization,
            "name": settings.SITE_NAME,
            "url": settings.SITE_HOMEPAGE,
            "email": settings.SITE_EMAIL,
            "telephone": settings.SITE_PHONE,
            "address": settings.SITE_POSTAL_ADDRESS,
        },
        {
            "@type": "WebSite",
            **site,
            "url": f"{origin}/",
            "name": settings.SITE_NAME,
            "publisher": organization,
            "potentialAction": {
                "@type": "SearchAction",
                "target": {"@type": "EntryPoint", "urlTemplate": search},
                "query-input": "required name=search_term_string",
            },
        },
        about,
    ]
    if page.steps:
        about["breadcrumb"] = {"@id": f"{page.url}#breadcrumb"}
        graph.append(
            {
                "@type": "BreadcrumbList",
                **about["breadcrumb"],
                "itemListElement": [
                    {
                        "@type": "ListItem",
                        "position": number,
                        "name": name,
                        "item": path and absolute(request, path),
                    }
                    for number, (name, path) in enumerate(page.steps, start=1)
                ],
            }
        )
    return {"@context": "https://schema.org", "@graph": _without_empty(graph)}


def as_script(data: dict) -> SafeString:
    """For within a script element."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 escaped for where it goes


class Reader(HTMLParser):
    """
    The `heading` of a page, and its breadcrumb as `steps` (name, path or ""), as people see them, so that machines are
    told the same (WEB-3, WEB-53).
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.heading = ""
        self.steps: list[tuple[str, str]] = []
        self._within = ""
        for tag, start in (("nav", html.find('<nav class="breadcrumb"')), ("h1", html.find("<h1"))):
            if start != -1:
                self._within = tag
                self.feed(html[start : html.index(f"</{tag}>", start)])
        self.heading = _spaced(self.heading)
        self.steps = [(_spaced(name), path) for name, path in self.steps]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self.steps.append(("", ""))
        elif tag == "a" and self._within == "nav":
            self.steps[-1] = ("", dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        if self._within == "h1":
            self.heading += data
        elif self.steps:
            name, path = self.steps[-1]
            self.steps[-1] = (name + data, path)


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_empty(each) for key, each in value.items() if each}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value
