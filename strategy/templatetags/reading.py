from django import template
from django.conf import settings
from django.http import QueryDict
from django.template import RequestContext
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info

from strategy.viewpoint import Viewpoint

register = template.Library()

# What the address of a page may ask for, by the name of its view, besides a day, and a page of a list.
UNDERSTOOD = {
    "search": ("q", "slag", "omrade", "tema", "namnd", "mal", "skede"),
    "tree": ("niva",),
    "changes": ("fran", "till"),
}


@register.simple_tag(takes_context=True)
def stay(context: RequestContext, name: str, **kwargs: object) -> str:
    """`{% url %}` that stays in the day that the reader looks at."""
    return viewpoint_of(context).on_day(reverse(name, kwargs=kwargs))


@register.simple_tag(takes_context=True)
def other_parameters(context: RequestContext) -> QueryDict:
    """
    What the address asks for of what its page understands, but a day, and a page of a list, which another day may not
    have. What can't be shown in HTML (null characters) is left out.
    """
    found, match = QueryDict(mutable=True), context.request.resolver_match
    understood = UNDERSTOOD.get(match.url_name, ()) if match else ()
    for name, values in context.request.GET.lists():
        if name in understood:
            found.setlist(name, [value for value in values if value.isprintable()])
    return found


@register.simple_tag
def lang(language: str) -> str | SafeString:
    """`lang`, and `dir` where that differs, for a passage in another language than the page's."""
    return _marked(language, within=get_language() or settings.LANGUAGE_CODE)


@register.simple_tag
def page_lang(within: str) -> str | SafeString:
    """Back to the page's language, within a passage in another."""
    return _marked(get_language() or settings.LANGUAGE_CODE, within=within)


def _marked(language: str, *, within: str) -> str | SafeString:
    if not language or not within or language == within:
        return ""
    bidi = [get_language_info(code)["bidi"] for code in (language, within)]
    if bidi[0] == bidi[1]:
        return format_html(' lang="{}"', language)
    return format_html(' lang="{}" dir="{}"', language, "rtl" if bidi[0] else "ltr")


@register.filter
def bdi(text: str) -> SafeString:
    """For what is put into a sentence whose direction may be another: a code, or what somebody wrote."""
    return format_html("<bdi>{}</bdi>", text)


def viewpoint_of(context: RequestContext) -> Viewpoint:
    """That of the request; an error page, which nobody read from anywhere, has none."""
    viewpoint = getattr(context.request, "viewpoint", None)
    return viewpoint or Viewpoint(get_language() or settings.LANGUAGE_CODE)
