"""What every page says about the portal itself. Asks no database: error pages need it too."""

import re

from babel.core import get_global
from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.utils.functional import cached_property
from django.utils.http import escape_leading_slashes
from django.utils.text import capfirst
from django.utils.translation import get_language_info, to_locale

from portal import colours
from portal.language import in_language

# The English of the portal is written as in Britain; of other languages, the likeliest territory is meant.
TERRITORIES = {"en": "GB"}


def site(request: HttpRequest) -> dict:
    return {"site": Site(request)}


def absolute(request: HttpRequest, path: str) -> str:
    """An address of the portal in full. Every absolute address is made here, so that SITE_URL alone decides."""
    return f"{settings.SITE_URL or f'{request.scheme}://{request.get_host()}'}{path}"


class Site:
    """The settings that pages show, and the addresses of the page that was asked for."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def name(self) -> str:
        return settings.SITE_NAME

    @property
    def demo(self) -> bool:
        return settings.DEMO

    @property
    def other_questions_url(self) -> str:
        return settings.OTHER_QUESTIONS_URL

    @property
    def content_owner(self) -> str:
        """Who answers for a page that no board answers for (WEB-30)."""
        return settings.CONTENT_OWNER

    @property
    def contact(self) -> dict[str, str]:
        """Each may be empty."""
        return {
            "homepage": settings.SITE_HOMEPAGE,
            "email": settings.SITE_EMAIL,
            "phone": settings.SITE_PHONE,
            # +46 (0)44-13 50 00: the nought in brackets is for those who dial without what stands before it.
            "phone_url": f"tel:{re.sub(r'\(0\)|[^0-9+]', '', settings.SITE_PHONE)}",
            "postal_address": settings.SITE_POSTAL_ADDRESS,
        }

    @property
    def paper(self) -> colours.Colour:
        """What a browser paints its own frame with."""
        return settings.SITE_COLOURS.get("paper") or colours.defaults()["paper"]

    @property
    def stylesheet(self) -> str:
        """Of the colours that were set; empty where none were."""
        if not settings.SITE_COLOURS:
            return ""
        return reverse("colours", query={"v": colours.version(settings.SITE_COLOURS)})

    @property
    def origin(self) -> str:
        return absolute(self.request, "")

    @property
    def picture(self) -> str:
        """For whoever shows a link to a page."""
        return absolute(self.request, static("pictures/share.png"))

    @cached_property
    def alternates(self) -> list[dict[str, str]]:
        """This page in each language. A reader who follows `url` keeps the query."""
        query = iri_to_uri(self.request.META.get("QUERY_STRING", ""))
        return [
            {
                "language": code,
                "name": capfirst(get_language_info(code)["name_local"]),
                "url": f"{path}?{query}" if query else path,
            }
            for code, path in in_each_language(self.request.path).items()
        ]


def in_each_language(path: str) -> dict[str, str]:
    """The same page in the languages of the portal, by their codes."""
    return {code: _escaped(in_language(path, code)) for code, _ in settings.LANGUAGES}


def territorial(language: str) -> str:
    """A language as Open Graph has it, with the territory that is meant when none is said: `sv_SE`."""
    locale = to_locale(language)
    name, *subtags = get_global("likely_subtags").get(locale, locale).split("_")
    territory = [TERRITORIES[language]] if language in TERRITORIES else subtags[-1:]
    return "_".join([name, *territory])


def _escaped(path: str) -> str:
    """Two slashes at the beginning would lead to another host."""
    return escape_leading_slashes(escape_uri_path(path))
