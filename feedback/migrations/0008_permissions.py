"""The rights that the roles of the register are made of, and what is jotted down at the desk."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="entry",
            options={
                "ordering": ["-received_at"],
                "permissions": [
                    ("register_entry", "Can describe, mark and release reports"),
                    ("answer_entry", "Can answer, assign and close reports"),
                    ("propose_disposal", "Can propose disposal of reports"),
                    ("approve_disposal", "Can approve disposal of reports"),
                    ("export_register", "Can export the register"),
                ],
                "verbose_name": "report",
                "verbose_name_plural": "reports",
            },
        ),
        migrations.AlterField(
            model_name="entry",
            name="edition",
            field=models.ForeignKey(
                help_text="What the page said. Lists and other computed pages have no edition.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="strategy.page",
                verbose_name="edition",
            ),
        ),
        migrations.CreateModel(
            name="WorkingNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="when")),
                ("text", models.TextField(verbose_name="note")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="working_notes",
                        to="feedback.entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "working note",
                "verbose_name_plural": "working notes",
                "ordering": ["at"],
            },
        ),
    ]
