from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Register")

    def ready(self) -> None:
        from feedback.guards import check_guards
        from feedback.mail import check_mail
        from feedback.retention import check_retention

        register(check_retention)
        register(check_mail, deploy=True)
        register(check_guards, Tags.database)
