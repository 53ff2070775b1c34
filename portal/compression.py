from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from portal.headers import is_admin

# Pictures and documents are compressed already.
TYPES = (
    "text/",
    "application/json",
    "application/ld+json",
    "application/atom+xml",
    "application/xml",
    "application/link-format",
    "image/svg+xml",
)


class CompressionMiddleware(GZipMiddleware):
    """
    Public pages hold nothing that BREACH could guess: no token and no cookie's worth of anybody, so that whoever may
    ask for one may read all of it. The admin's hold CSRF tokens, and are sent as they are.
    """

    # Hence no random filling either: the same page is the same bytes.
    max_random_bytes = 0

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if is_admin(request.path_info) or not response.headers.get("Content-Type", "").startswith(TYPES):
            return response
        return super().process_response(request, response)
