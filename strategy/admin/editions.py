import json

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from strategy.admin.preview import show
from strategy.models import Page


@admin.register(Page)
class EditionAdmin(admin.ModelAdmin):
    """Editions are read here, never written: publishing is the only door."""

    list_display = ["title", "kind", "address", "begins_at", "ends_at", "published_by"]
    list_filter = ["kind"]
    search_fields = ["title", "address"]
    ordering = ["-valid", "-pk"]
    list_select_related = ["published_by"]
    fields = [
        "shown",
        "title",
        "kind",
        "address",
        "begins_at",
        "ends_at",
        "content_since",
        "recorded_at",
        "published_by",
        "frozen",
    ]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == "node__id__exact" or super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list:
        shown = path("<int:page_id>/shown/", self.admin_site.admin_view(self.shown_view), name="strategy_page_shown")
        return [shown, *super().get_urls()]

    def shown_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        """The edition as its readers saw it when it began."""
        page = get_object_or_404(Page, pk=page_id)
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        note = _("An edition, as it was when it began: %(at)s.") % {
            "at": date_format(localtime(page.begins_at), "j F Y H:i")
        }
        return show(request, page, page.begins_at, note)

    @admin.display(description=_("valid from"), ordering="valid")
    def begins_at(self, page: Page) -> object:
        return page.begins_at

    @admin.display(description=_("valid until"), empty_value=_("until further notice"))
    def ends_at(self, page: Page) -> object:
        return page.ends_at

    @admin.display(description=_("as it was shown"))
    def shown(self, page: Page) -> SafeString:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:strategy_page_shown", args=[page.pk]), _("Show the edition")
        )

    @admin.display(description=_("document"))
    def frozen(self, page: Page) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(page.document, ensure_ascii=False, indent=2))
