"""By which methods an address may be asked."""

from collections.abc import Callable

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


def read_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    A view that changes nothing: whatever is not GET or HEAD is answered with 405 and what may be asked, not with the
    403 of a form without a token (public pages have no tokens).
    """
    return csrf_exempt(require_safe(view))
