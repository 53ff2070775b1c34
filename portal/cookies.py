from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from portal.headers import is_admin


class CookielessMiddleware:
    """
    A public page is the same for everybody: outside of the admin no code sees a cookie, so that none can matter.
    (CsrfViewMiddleware, for one, sets a new cookie when it can't read the one that came.)
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_admin(request.path_info):
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)
