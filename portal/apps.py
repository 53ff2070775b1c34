from django.apps import AppConfig
from django.core.checks import Tags, register


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal.machines import check_security_contact

        register(check_security_contact, Tags.security, deploy=True)
