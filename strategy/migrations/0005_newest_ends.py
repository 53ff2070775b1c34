"""For what was withdrawn, newest first (strategy.history)."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("strategy", "0004_search"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                models.OrderBy(django.db.models.functions.text.Upper("valid"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="strategy_page_newest_ends",
            ),
        ),
    ]
