"""
Who handles accounts gives nobody more than a group, and nothing to themselves. That they set a registrar's password, or
make an account of their own for one, is not prevented but logged: it takes a second person, who is not there yet.
"""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts get their rights from groups alone (REC-90: an administrator reads no report)."""

    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    list_filter = ("is_active", "groups")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        users = super().get_queryset(request)
        return users if request.user.is_superuser else users.filter(is_superuser=False)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple:
        own = obj is not None and obj.pk == request.user.pk and not request.user.is_superuser
        return (*self.readonly_fields, "is_staff", "groups") if own else self.readonly_fields
