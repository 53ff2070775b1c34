from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback"
    verbose_name = _("Register")

    def ready(self) -> None:
        from feedback.mail import check_mail
        from feedback.retention import check_retention

        register(check_retention)
        register(check_mail, deploy=True)
