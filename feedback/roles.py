"""
Who may do what with the register: a right comes with a role, which is a group, and in no other way. So an
administrator, a superuser too, reads no message unless they are a registrar, a case officer or an archivist as well
(REC-90).
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db.models import QuerySet


def may(user: AbstractBaseUser | AnonymousUser, *codenames: str) -> bool:
    """Whether `user` has one of these rights (those of Entry). One query for each user object, however often asked."""
    return not _rights(user).isdisjoint(codenames)


def people(*codenames: str) -> QuerySet[User]:
    """Those who have one of these rights, by name."""
    rights = Permission.objects.filter(content_type__app_label="feedback", codename__in=codenames)
    users = User.objects.filter(is_active=True, is_staff=True, groups__permissions__in=rights)
    return users.order_by("first_name", "last_name", "username").distinct()


def _rights(user: AbstractBaseUser | AnonymousUser) -> frozenset[str]:
    if not (user.is_authenticated and user.is_active):
        return frozenset()
    if not hasattr(user, "_rights_in_register"):
        rights = Permission.objects.filter(content_type__app_label="feedback", group__user=user)
        user._rights_in_register = frozenset(rights.values_list("codename", flat=True))
    return user._rights_in_register
