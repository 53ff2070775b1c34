from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.language import without_language

GetResponse = Callable[[HttpRequest], HttpResponse]

# Django sets the others: HSTS, nosniff, Referrer-Policy, Cross-Origin-Opener-Policy, X-Frame-Options.
HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "autoplay",
            "browsing-topics",
            "camera",
            "display-capture",
            "encrypted-media",
            "fullscreen",
            "geolocation",
            "gyroscope",
            "hid",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "picture-in-picture",
            "publickey-credentials-get",
            "screen-wake-lock",
            "serial",
            "usb",
            "xr-spatial-tracking",
        )
    ),
}


class HeadersMiddleware:
    """
    A view that sets one of these headers itself (open data, say) keeps its own. But nothing is indexed, files included,
    where ALLOW_INDEXING is off.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not settings.ALLOW_INDEXING and "noindex" not in response.headers.get("X-Robots-Tag", ""):
            response.headers["X-Robots-Tag"] = "noindex"
        return response


class AdminPolicyMiddleware:
    """Gives all that is under the admin's addresses, errors included, the content security policy of the admin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if is_admin(request.path_info) and not hasattr(response, "_csp_config"):
            response._csp_config = settings.ADMIN_CSP  # what Django's @csp_override sets
        return response


def is_admin(path: str) -> bool:
    return f"{without_language(path)}/".startswith("/admin/")
