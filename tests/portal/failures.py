"""The portal's addresses, and some where something goes wrong."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from portal import urls
from strategy.views.files import file_response


def fail(request: HttpRequest, what: str) -> HttpResponse:
    raise {
        "bad": SuspiciousOperation,
        "denied": PermissionDenied,
        "broken": RuntimeError,
        "away": OperationalError,
        "closed": InterfaceError,
    }[what]("connection refused\nsecond line")


def fails_late(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that fails when the view has answered, as that of sessions does when it can't save one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        get_response(request)
        raise OperationalError("connection refused\nsecond line")

    return middleware


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "410.html", {"withdrawn_at": None}, status=410)


def picture(request: HttpRequest, name: str) -> HttpResponse:
    return file_response(name)


urlpatterns = [
    path("fail/<what>/", fail),
    path("en/fail/<what>/", fail),
    path("gone/", gone),
    path("picture/<name>", picture),
    *urls.urlpatterns,
]

handler400 = urls.handler400
handler403 = urls.handler403
handler404 = urls.handler404
handler500 = urls.handler500
