import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class ProxyMiddleware:
    """
    Takes the sender's address and the scheme from a proxy that TRUSTED_PROXIES names, and from nobody else: what
    anybody else says in these headers is thrown away, so that no code further in can believe it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        forwarded_proto = request.META.pop("HTTP_X_FORWARDED_PROTO", "")
        for name in ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT", "HTTP_X_REAL_IP", "HTTP_FORWARDED"):
            request.META.pop(name, None)
        if is_trusted(request.META.get("REMOTE_ADDR", "")):
            request.META["REMOTE_ADDR"] = sender(request.META["REMOTE_ADDR"], forwarded_for)
            if forwarded_proto in {"http", "https"}:
                request.META["wsgi.url_scheme"] = forwarded_proto
        return self.get_response(request)


def is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(parsed in network for network in settings.TRUSTED_PROXIES)


def sender(connection: str, forwarded_for: str) -> str:
    """Each proxy adds the address that it saw at the end: the last one that is not a proxy of ours is the sender's."""
    for word in reversed(forwarded_for.split(",")):
        address = word.strip()
        try:
            ipaddress.ip_address(address)
        except ValueError:
            return connection
        if not is_trusted(address):
            return address
        connection = address
    return connection
