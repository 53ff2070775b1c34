"""Addresses of the portal that machines ask for: crawlers, browsers, and whoever has found a hole."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cache

from django.conf import settings
from django.core import checks
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.timezone import get_default_timezone, localdate

from portal import colours
from portal.language import in_language
from portal.methods import read_only
from portal.site import absolute

YEAR = "public, max-age=31536000, immutable"
DAY = "public, max-age=86400"
HOUR = "public, max-age=3600"

# What is for staff, what people have written, which is for no crawler to copy (WEB-51), and what web archives ask for
# by themselves
CLOSED_IN_EVERY_LANGUAGE = ("/admin/", "/diarium/")
CLOSED = ("/timegate/", "/timemap/")

LONGEST_VALID = timedelta(days=366)
SOON = timedelta(days=30)


@read_only
def robots(request: HttpRequest) -> HttpResponse:
    """
    A crawler that may not ask for a page never sees that it says noindex, and a search engine lists the address all the
    same when others link to it. So receipts, whose addresses are secrets, are not closed here, and nothing more is
    where ALLOW_INDEXING is off.
    """
    closed = [in_language(path, code) for path in CLOSED_IN_EVERY_LANGUAGE for code, _ in settings.LANGUAGES]
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in (*closed, *CLOSED)),
        "",
        f"Sitemap: {absolute(request, '/sitemap.xml')}",
    ]
    return _text(lines, HOUR)


@read_only
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116, which wants both a contact and an end, after which nobody is to use the file."""
    if not (settings.SECURITY_CONTACT and settings.SECURITY_EXPIRES):
        raise Http404
    if localdate() > settings.SECURITY_EXPIRES:
        raise Http404
    end = datetime.combine(settings.SECURITY_EXPIRES, time(23, 59, 59), get_default_timezone())
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {end.isoformat()}",
        f"Preferred-Languages: {', '.join(code for code, _ in settings.LANGUAGES)}",
        f"Canonical: {absolute(request, request.path)}",
    ]
    return _text(lines, HOUR)


@read_only
def favicon(request: HttpRequest) -> HttpResponse:
    """For what asks for the address that all sites have, without reading a page first."""
    return HttpResponse(_favicon(), content_type="image/x-icon", headers={"Cache-Control": DAY})


@read_only
def site_colours(request: HttpRequest) -> HttpResponse:
    """What SITE_COLOURS sets. Pages link to its version; whatever asks for another is not to keep the answer."""
    if not settings.SITE_COLOURS:
        raise Http404
    is_present = request.GET.get("v") == colours.version(settings.SITE_COLOURS)
    return HttpResponse(
        colours.stylesheet(settings.SITE_COLOURS),
        content_type="text/css; charset=utf-8",
        headers={"Cache-Control": YEAR if is_present else "no-cache"},
    )


@cache
def _favicon() -> bytes:
    return (settings.BASE_DIR / "static" / "pictures" / "favicon.ico").read_bytes()


def _text(lines: Sequence[str], cache_control: str) -> HttpResponse:
    return HttpResponse(
        "".join(f"{line}\n" for line in lines),
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": cache_control},
    )


def check_security_contact(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    return security_problems(settings.SECURITY_CONTACT, settings.SECURITY_EXPIRES, localdate())


def security_problems(contacts: Sequence[str], expires: date | None, today: date) -> list[checks.CheckMessage]:
    """What keeps /.well-known/security.txt from being there, and from being believed, in a month's time (WEB-50)."""
    if not contacts:
        return [
            checks.Warning(
                "SECURITY_CONTACT is not set: nobody is told where to report a hole in the portal.", id="portal.W001"
            )
        ]
    if expires is None:
        return [
            checks.Warning(
                "SECURITY_EXPIRES is not set: without it, there is no security.txt (RFC 9116).", id="portal.W002"
            )
        ]
    if expires < today:
        return [
            checks.Warning(
                f"SECURITY_EXPIRES has passed ({expires}): there is no security.txt any more.", id="portal.W003"
            )
        ]
    if expires < today + SOON:
        return [
            checks.Warning(
                f"SECURITY_EXPIRES is soon ({expires}): look the contact over, then move it.", id="portal.W004"
            )
        ]
    if expires > today + LONGEST_VALID:
        return [
            checks.Warning(
                f"SECURITY_EXPIRES is more than a year ahead ({expires}), which RFC 9116 advises against.",
                id="portal.W005",
            )
        ]
    return []
