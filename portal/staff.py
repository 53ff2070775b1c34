"""The accounts that the demo starts with, one for each group of staff."""

import secrets

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

# The groups and what they may are made by the apps' migrations.
ACCOUNTS = {
    "redaktor": "Editors",
    "utgivare": "Publishers",
    "registrator": "Registrars",
    "handlaggare": "Case officers",
    "arkivarie": "Archivists",
    "administrator": "Administrators",
}


@transaction.atomic
def create_accounts() -> dict[str, str]:
    """User name to password, which is kept nowhere in clear text. Nothing where there are accounts already."""
    users = get_user_model().objects
    if users.exists():
        return {}
    passwords = {name: secrets.token_urlsafe(12) for name in ACCOUNTS}
    for name, group in ACCOUNTS.items():
        user = users.create_user(name, password=passwords[name], is_staff=True)
        user.groups.add(Group.objects.get(name=group))
    return passwords
