import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

LAST_RESORT = (
    '<!doctype html><html lang="sv"><meta charset="utf-8"><title>Fel</title>'
    "<h1>Något gick fel</h1><p>Försök igen om en stund.</p>"
    '<p lang="en">Something went wrong. Please try again in a while.</p></html>'
)


def error_page(request: HttpRequest, status: int, **context: object) -> HttpResponse:
    """Shows a page even when its template can't be: an error page that fails helps nobody."""
    try:
        content = render_to_string(f"{status}.html", context, request)
    except Exception:
        logger.exception("The page for %s could not be shown", status)
        content = LAST_RESORT
    return HttpResponse(content, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Mostly a form that was open for too long."""
    return error_page(request, 403, stale=True)
