"""What every public page is: read from a viewpoint, in one snapshot."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.methods import read_only
from strategy import memento
from strategy.dated import clock
from strategy.viewpoint import PARAMETER, BadDay, Viewpoint

type View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """A view that is called with the viewpoint that the address asks for; 400 in words when it asks for no day."""

    @read_only
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            viewpoint = Viewpoint.of(request, clock() if request.GET.get(PARAMETER) else None)
        except BadDay as problem:
            return render(request, "bad_day.html", {"asked": problem.readable, "noindex": True}, status=400)
        # For the links that templates make.
        request.viewpoint = viewpoint
        response = one_snapshot(view)(request, viewpoint, *args, **kwargs)
        if viewpoint.asked or viewpoint.ahead:
            response.headers["X-Robots-Tag"] = "noindex"
        # What a shared cache keeps may be blocked a moment later.
        response.headers.setdefault("Cache-Control", "no-cache")
        if viewpoint.asked:
            memento.mark(request, response, viewpoint)
        return response

    return wrapped


def one_snapshot(view: View) -> View:
    """All queries of a view see the database as it was at the first: no page is torn by what is published meanwhile."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        if connection.in_atomic_block:
            return view(*args, **kwargs)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return view(*args, **kwargs)

    return wrapped
