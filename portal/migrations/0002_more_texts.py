"""What editors write since nodes have easy-to-read texts, and accessibility statements their lists."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

EDITED = ("easytext", "accessibilityfailure", "accessibilityexemption")
CODENAMES = [f"{action}_{model}" for model in EDITED for action in ("view", "add", "change", "delete")]


def make_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Django makes permissions once all migrations have run, which is too late here.
    config = apps.get_app_config("strategy")
    module, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, verbosity=0, using=using, apps=apps)
    config.models_module = module
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    added = list(permissions.filter(content_type__app_label="strategy", codename__in=CODENAMES))
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name__in=("Editors", "Publishers")):
        group.permissions.add(*added)


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_groups"), ("strategy", "0003_citizens_site")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
