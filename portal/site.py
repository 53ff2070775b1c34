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
from django.utils.translation import get_language, get_language_info

from portal import colours
from portal.language import in_language


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

    @property
    def locale(self) -> str:
        """As Open Graph has it, with the territory that is meant when none is said: `sv_SE`."""
        language = get_language() or settings.LANGUAGE_CODE
        parts = get_global("likely_subtags").get(language, language).split("_")
        return f"{parts[0]}_{parts[2]}" if len(parts) == 3 else parts[0]

    @cached_property
    def alternates(self) -> list[dict[str, str]]:
        """This page in each language. A reader who follows `url` keeps the query; `path` is without."""
        query = iri_to_uri(self.request.META.get("QUERY_STRING", ""))
        found = []
        for code, _ in settings.LANGUAGES:
            path = _escaped(in_language(self.request.path, code))
            name = capfirst(get_language_info(code)["name_local"])
            found.append({"language": code, "name": name, "path": path, "url": f"{path}?{query}" if query else path})
        return found


def _escaped(path: str) -> str:
    """Two slashes at the beginning would lead to another host."""
    return escape_leading_slashes(escape_uri_path(path))
