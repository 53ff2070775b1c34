"""What a report is about. Reports that are there already are about errors; the column's default says so, no row changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_guards")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("error", "An error on the page"),
                    ("failure", "An accessibility failure"),
                    ("request", "A request for content in another format"),
                    ("other", "Something else"),
                ],
                db_default="error",
                default="error",
                max_length=10,
                verbose_name="kind",
            ),
        ),
    ]
