"""Publishers may block editions, two of them together."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def make_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Django makes permissions once all migrations have run, which is too late here.
    config = apps.get_app_config("strategy")
    module, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, verbosity=0, using=using, apps=apps)
    config.models_module = module
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    added = permissions.get(content_type__app_label="strategy", codename="block_page")
    for group in apps.get_model("auth", "Group").objects.using(using).filter(name="Publishers"):
        group.permissions.add(added)


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_more_texts")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
