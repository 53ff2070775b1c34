"""The roles of the register: registrators, case officers and archivists. Each right of theirs comes with the group."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ROLES = {
    "Registrars": ("view_entry", "register_entry", "answer_entry", "propose_disposal"),
    "Case officers": ("view_entry", "answer_entry"),
    "Archivists": ("view_entry", "approve_disposal", "propose_disposal", "export_register"),
}


def make_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Django makes permissions once all migrations have run, which is too late here.
    config = apps.get_app_config("feedback")
    module, config.models_module = getattr(config, "models_module", None), True
    create_permissions(config, verbosity=0, using=using, apps=apps)
    config.models_module = module
    permissions = apps.get_model("auth", "Permission").objects.using(using).filter(content_type__app_label="feedback")
    for name, codenames in ROLES.items():
        group, _made = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_blocking"), ("feedback", "0008_permissions")]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
