from django.apps import AppConfig
from django.core.checks import Tags, register


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from feedback.corrections import SOURCE
        from portal.machines import check_security_contact
        from strategy import occasions

        register(check_security_contact, Tags.security, deploy=True)
        # The one app knows nothing of the other, and a publication may settle what was reported.
        occasions.register(SOURCE)
