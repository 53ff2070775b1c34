"""The portal as test_killed_servers.py has it served: over plain http, with static files as they are."""

from django.conf import settings

settings.SECURE_SSL_REDIRECT = False
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
settings.WHITENOISE_AUTOREFRESH = True

from portal.wsgi import application  # noqa: E402 the settings come first

__all__ = ["application"]
