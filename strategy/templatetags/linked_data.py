"""What the head of a page tells machines: its one address, the same page in other languages, and what it says."""

from django import template
from django.conf import settings
from django.template import RequestContext
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from strategy.linked_data import Described, Reader, as_script, graph

register = template.Library()


@register.simple_tag(takes_context=True)
def addresses(context: RequestContext) -> dict:
    """
    `canonical`, and `alternates` (language, url). A page that does not say which `languages` its text is in has the
    portal's own words, and so all of them. Read in a language that it has no text in, a page is the default one.
    """
    site, languages = context["site"], context.get("languages")
    alternates = [
        {"language": each["language"], "url": f"{site.origin}{each['path']}"}
        for each in site.alternates
        if not languages or each["language"] in languages
    ]
    own = next((each["url"] for each in alternates if each["language"] == get_language()), "")
    return {"canonical": own or alternates[0]["url"], "alternates": alternates if own else []}


@register.inclusion_tag("parts/linked_data.html", takes_context=True)
def linked_data(context: RequestContext) -> dict[str, SafeString]:
    """For base.html, which has kept the `content` of the page."""
    read, languages, page = Reader(context["content"]), context.get("languages"), context.get("page")
    shown = Described(
        title=read.heading,
        # An easy-to-read text has a page that it goes with, and is not what that says.
        lead=page.lead if page and page.title == read.heading else "",
        language=get_language() if not languages or get_language() in languages else settings.LANGUAGE_CODE,
        url=addresses(context)["canonical"],
        updated_at=context.get("updated_at"),
        published_at=context.get("first_at"),
        steps=read.steps,
    )
    return {"data": as_script(graph(context.request, shown, get_language()))}
