from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.log import log_response

from portal.errors import error_page

# A restart of the database takes about this long.
RETRY_AFTER_SECONDS = 30


class DatabaseAwayMiddleware:
    """A database that does not answer is no error of the portal's: 503, in the site's look, and one line in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        response = error_page(request, 503)
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        response.headers["Cache-Control"] = "no-store"
        reason = next(iter(str(exception).splitlines()), type(exception).__name__)
        # Also marks the answer as logged, so that Django says nothing more of it.
        log_response("No database for %s: %s", request.path, reason, response=response, request=request)
        return response
