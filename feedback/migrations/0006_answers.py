"""What is written to those who report: drafts of answers, and how far mail has come."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_heads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("text", models.TextField(blank=True, verbose_name="answer")),
                ("saved_at", models.DateTimeField(verbose_name="saved")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="drafts", to="feedback.entry"
                    ),
                ),
            ],
            options={
                "verbose_name": "draft of an answer",
                "verbose_name_plural": "drafts of answers",
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "by"), name="feedback_draft_one_for_each_person")
                ],
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="letter",
                        serialize=False,
                        to="feedback.event",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Not yet sent"),
                            ("trying", "Being sent"),
                            ("sent", "Sent"),
                            ("refused", "Could not be sent"),
                            ("uncertain", "Perhaps sent"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("next_at", models.DateTimeField(verbose_name="next attempt")),
                ("claimed_at", models.DateTimeField(null=True)),
                ("handed_over_at", models.DateTimeField(null=True)),
                (
                    "problem",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("no_server", "No mail server is set"),
                            ("unreachable", "The mail server does not answer"),
                            ("not_let_in", "The mail server does not take mail from the portal"),
                            ("later", "The mail server asks us to wait"),
                            ("refused", "The mail server refused it"),
                            ("no_address", "No mail can be sent to the address"),
                            ("uncertain", "The mail server took it, or not: its answer was lost"),
                            ("inside", "Something failed in the portal"),
                        ],
                        max_length=20,
                        verbose_name="problem",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=20)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
            ],
            options={
                "verbose_name": "letter",
                "verbose_name_plural": "letters",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "trying", "refused", "uncertain"])),
                        fields=["next_at"],
                        name="feedback_letter_unfinished",
                    )
                ],
            },
        ),
    ]
