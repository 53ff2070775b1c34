"""What the head of a page tells machines: its one address, the same page in other languages, and what it says."""

from django import template
from django.conf import settings
from django.template import RequestContext
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.site import in_each_language, territorial
from strategy.linked_data import Described, Reader, as_script, graph

register = template.Library()


@register.simple_tag(takes_context=True)
def shown_language(context: RequestContext) -> str:
    """
    Of the text of a page. One that does not say which `languages` its text is in has the portal's own words, and so all
    of them. Read in a language that it has no text in, a page is the default one.
    """
    asked, languages = get_language() or settings.LANGUAGE_CODE, context.get("languages")
    return asked if not languages or asked in languages else settings.LANGUAGE_CODE


@register.simple_tag(takes_context=True)
def addresses(context: RequestContext) -> dict:
    """
    `canonical`, and `alternates` (language, url); their `locale` and `other_locales`. A page that is at two addresses
    says which is the one (`canonical_path`).
    """
    origin, languages = context["site"].origin, context.get("languages")
    paths = in_each_language(context.get("canonical_path") or context.request.path)
    urls = {code: f"{origin}{path}" for code, path in paths.items() if not languages or code in languages}
    shown = shown_language(context)
    # Where another language's text is shown, this is that page, and leads to none besides.
    others = urls if shown == get_language() else {}
    return {
        "canonical": urls[shown],
        "alternates": [{"language": code, "url": url} for code, url in others.items()],
        "locale": territorial(shown),
        "other_locales": [territorial(code) for code in others if code != shown],
    }


@register.inclusion_tag("parts/linked_data.html", takes_context=True)
def linked_data(context: RequestContext) -> dict[str, SafeString]:
    """For base.html, which has kept the `content` of the page."""
    read, page = Reader(context["content"]), context.get("page")
    shown = Described(
        title=read.heading,
        # An easy-to-read text has a page that it goes with, and is not what that says.
        lead=page.lead if page and page.title == read.heading else "",
        language=shown_language(context),
        url=addresses(context)["canonical"],
        updated_at=context.get("updated_at"),
        published_at=context.get("first_at"),
        steps=read.steps,
    )
    return {"data": as_script(graph(context.request, shown, get_language()))}
