"""The groups of staff. What each may do is said once here; an administrator can change it later."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

EDITED = ("node", "translation", "illustration", "relatedmaterial", "kindword")
EDITING = (
    *(f"strategy.{action}_{model}" for model in EDITED for action in ("view", "add", "change", "delete")),
    "strategy.view_page",
)

GROUPS = {
    "Editors": EDITING,
    "Publishers": (*EDITING, "strategy.publish_node"),
    "Registrars": ("feedback.view_entry",),
    # Not the groups themselves: who may change what a group may do could read the register.
    "Administrators": ("auth.view_user", "auth.add_user", "auth.change_user", "auth.view_group"),
}


def make_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    # Django makes permissions once all migrations have run, which is too late here.
    for label in ("auth", "strategy", "feedback"):
        config = apps.get_app_config(label)
        module, config.models_module = getattr(config, "models_module", None), True
        create_permissions(config, verbosity=0, using=using, apps=apps)
        config.models_module = module
    group_model = apps.get_model("auth", "Group")
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in apps.get_model("auth", "Permission").objects.using(using).select_related("content_type")
    }
    for name, may in GROUPS.items():
        group, _made = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.set([permissions[permission] for permission in may])


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("feedback", "0002_guards"),
        ("strategy", "0002_guards"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
