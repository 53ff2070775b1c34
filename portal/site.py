from django.conf import settings
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import get_language_info

from portal.language import in_language


def site(request: HttpRequest) -> dict:
    """What every page says about the portal itself. Asks no database: error pages need it too."""
    return {
        "site": {
            "name": settings.SITE_NAME,
            "other_questions_url": settings.OTHER_QUESTIONS_URL,
            "demo": settings.DEMO,
            "alternates": [
                {
                    "language": code,
                    "name": capfirst(get_language_info(code)["name_local"]),
                    "url": in_language(request.path, code),
                }
                for code, _ in settings.LANGUAGES
            ],
        }
    }
