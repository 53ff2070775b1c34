import sys
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from portal import errors

# A restart of the database takes about this long.
RETRY_AFTER_SECONDS = 30
AWAY = (OperationalError, InterfaceError)


class DatabaseAwayMiddleware:
    """A database that does not answer is no error of the portal's: 503, in the site's look, and one line in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request, exception) if isinstance(exception, AWAY) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """What fails outside of a view comes here: a session that can't be saved, say."""
    exception = sys.exception()
    return unavailable(request, exception) if isinstance(exception, AWAY) else errors.server_error(request)


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse:
    response = errors.error_page(request, 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    reason = next(iter(str(exception).splitlines()), type(exception).__name__)
    # Also marks the answer as logged, so that Django says nothing more of it.
    log_response("No database for %s: %s", request.path, reason, response=response, request=request)
    return response
