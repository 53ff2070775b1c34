"""Every part of the pages in its states, for those who build them: /komponenter/, in development only."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from portal.methods import read_only
from portal.samples import samples

# Attributes that hold ids, or lead to one.
_IDS = re.compile(r'\b(id|for|href|aria-labelledby|aria-describedby|aria-controls)="([^"]*)"')


@read_only
def components(request: HttpRequest) -> HttpResponse:
    if not settings.DEBUG:
        raise Http404
    return render(request, "components.html", {"parts": list(parts(request)), "noindex": True})


def parts(request: HttpRequest) -> Iterator[dict]:
    number = 0
    for template, states in samples(request).items():
        shown = []
        for state, context in states.items():
            number += 1
            html = apart(render_to_string(template, context, request), number)
            # Some parts go from edge to edge, and keep the page's width within themselves.
            shown.append({"name": state, "html": html, "is_wide": re.search(r'class="[^"]*\bwrap\b', html)})
        yield {"template": template, "states": shown}


def apart(html: str, number: int) -> SafeString:
    """A page has each part once; here its ids get a number of their own."""

    def numbered(found: re.Match) -> str:
        name, value = found.groups()
        if name == "href":
            value = f"{value}-{number}" if re.match(r"#.", value) else value
        else:
            value = " ".join(f"{word}-{number}" for word in value.split())
        return f'{name}="{value}"'

    return mark_safe(_IDS.sub(numbered, html))  # noqa: S308 the portal's own templates, with made-up data
