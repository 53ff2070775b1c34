import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime, now
from django.utils.translation import gettext_lazy as _

from strategy.admin.blocks import state_of, with_end
from strategy.admin.preview import show
from strategy.blocking import BLOCK
from strategy.models import Block, Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import blocked


@admin.register(Page)
class EditionAdmin(admin.ModelAdmin):
    """Editions are read here, never written: publishing is the only door."""

    list_display = ["edition_title", "kind", "address", "begins_at", "ends_at", "published_by"]
    list_filter = ["kind"]
    search_fields = ["title", "address"]
    ordering = ["-valid", "-pk"]
    list_select_related = ["published_by"]
    change_form_template = "admin/strategy/page/change_form.html"
    fields = [
        "shown",
        "blocks",
        "title",
        "kind",
        "address",
        "begins_at",
        "ends_at",
        "content_since",
        "recorded_at",
        "published_by",
        "reason",
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

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With `may_block`, of the one who asks, and `is_hidden`: whether they may not read it."""
        may_block = request.user.has_perm(BLOCK)
        hidden = ExpressionWrapper(Q(block_id__isnull=False) & Q(may_block=False), BooleanField())
        pages = super().get_queryset(request).with_block().annotate(may_block=Value(may_block))
        return pages.annotate(is_hidden=hidden)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Page | None:
        page = super().get_object(request, object_id, from_field)
        if page and page.is_hidden:
            page.title, page.reason, page.document = _("Blocked"), "", {}
        return page

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """A title that may not be read is not found by its words either."""
        if search_term:
            queryset = queryset.filter(is_hidden=False)
        return super().get_search_results(request, queryset, search_term)

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> HttpResponse:
        page = kwargs["obj"]
        blockable = page.may_block and not page.block_id and not page.is_ahead(now())
        return super().render_change_form(request, context | {"blockable": blockable}, *args, **kwargs)

    def get_urls(self) -> list:
        shown = path("<int:page_id>/shown/", self.admin_site.admin_view(self.shown_view), name="strategy_page_shown")
        return [shown, *super().get_urls()]

    def shown_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        """The edition as its readers saw it when it began; why it may not be shown, for whoever may not block."""
        page = get_object_or_404(self.get_queryset(request), pk=page_id)
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        if page.is_hidden:
            return blocked(request, Surroundings.at(Viewpoint(request.LANGUAGE_CODE)), page.block_id)
        note = _("An edition, as it was when it began: %(at)s.") % {
            "at": date_format(localtime(page.begins_at), "j F Y H:i")
        }
        if page.block_id:
            warning = _("It is blocked. You see it because you may block editions: show it to nobody else.")
            note = f"{note} {warning}"
        return show(request, page, page.begins_at, note)

    @admin.display(description=_("title"), ordering="title")
    def edition_title(self, page: Page) -> str:
        return _("Blocked") if page.is_hidden else page.title

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

    @admin.display(description=_("blocks"), empty_value="–")
    def blocks(self, page: Page) -> SafeString:
        """Of what it says; a link for whoever may block."""
        rows = with_end(Block.objects.filter(page__in=Page.objects.saying_the_same(page), lifts=None))
        said = [(reverse("admin:strategy_block_change", args=[row.pk]), row, state_of(row)) for row in rows]
        line = '<a href="{0}">{1}</a> ({2})' if page.may_block else "<span>{1}</span> ({2})"
        return format_html_join(mark_safe("<br>"), line, said) or None

    @admin.display(description=_("document"))
    def frozen(self, page: Page) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(page.document, ensure_ascii=False, indent=2))
