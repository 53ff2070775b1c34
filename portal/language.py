from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def language_of(path: str) -> str:
    """/en/… is English, and whatever has no language in front is Swedish."""
    first = path.lstrip("/").split("/", 1)[0]
    return first if first in _prefixes() else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """`/en/vision/` → `/vision/`"""
    language = language_of(path)
    if language == settings.LANGUAGE_CODE:
        return path
    return path.removeprefix(f"/{language}") or "/"


def in_language(path: str, language: str) -> str:
    """The same page in another language: `/vision/` → `/en/vision/`"""
    plain = without_language(path)
    return plain if language == settings.LANGUAGE_CODE else f"/{language}{plain}"


def _prefixes() -> set[str]:
    return {code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE}


class LanguageMiddleware:
    """
    The address alone decides the language. Django's LocaleMiddleware would also look at a cookie and at
    Accept-Language, and send `Vary` with every page, which could then not be shared.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of(request.path_info)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
