"""The register as staff read it. Nobody adds, changes or deletes here."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from feedback.models import Entry
from portal.language import language_of
from strategy.blocking import BLOCK
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import blocked, show_page


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ["designation", "received_at", "kind", "page_title", "language", "suspected_spam"]
    list_filter = ["kind", "suspected_spam", "language", "year"]
    date_hierarchy = "received_at"
    search_fields = ["message", "email", "designation_text"]
    search_help_text = _("Words of the message, an e-mail address, or a number such as FEL 2026/17")
    fields = [
        "designation",
        "received_at",
        "page_title",
        "address",
        "as_seen",
        "shown_at",
        "language",
        "kind",
        "message",
        "email",
        "suspected_spam",
        "receipt",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        year, number = (Cast(name, TextField()) for name in ("year", "number"))
        number = Concat("series", Value(" "), year, Value("/"), number, output_field=TextField())
        entries = super().get_queryset(request).annotate(designation_text=number)
        is_blocked = Exists(Page.objects.blocked().filter(pk=OuterRef("edition")))
        entries = entries.annotate(is_hidden=Value(False) if request.user.has_perm(BLOCK) else is_blocked)
        return entries.select_related("edition").defer("edition__document")

    def get_urls(self) -> list[URLPattern]:
        seen = self.admin_site.admin_view(self.seen)
        return [path("<int:entry_id>/seen/", seen, name="feedback_entry_seen"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return request.user.has_perm("feedback.view_entry")

    def seen(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """
        The page as the reporter saw it: its edition, in its language, among what was public at that moment. Not when
        it has been blocked since, but for whoever may block.
        """
        entries = self.get_queryset(request).defer(None).filter(edition__isnull=False)
        entry = get_object_or_404(entries, pk=entry_id)
        if not self.has_view_permission(request, entry):
            raise PermissionDenied
        with translation.override(language_of(entry.address)):
            around = Surroundings.at(Viewpoint(language_of(entry.address), entry.shown_at))
            if entry.is_hidden:
                return blocked(request, around, Page.objects.with_block().get(pk=entry.edition_id).block_id)
            note = _("The page as the reporter saw it: %(number)s.") % {"number": entry.designation}
            return show_page(request, entry.edition, around, staff_note=note)

    @admin.display(description=_("number"), ordering="received_at")
    def designation(self, entry: Entry) -> str:
        return entry.designation

    @admin.display(description=_("page"), empty_value="–")
    def page_title(self, entry: Entry) -> str:
        return entry.edition.title if entry.edition and not entry.is_hidden else entry.address

    @admin.display(description=_("as it was seen"))
    def as_seen(self, entry: Entry) -> str:
        if entry.edition is None:
            return _("This page is generated and has no editions.")
        address = reverse("admin:feedback_entry_seen", kwargs={"entry_id": entry.pk})
        return format_html('<a href="{}">{}</a>', address, _("The page as the reporter saw it"))

    @admin.display(description=_("receipt"))
    def receipt(self, entry: Entry) -> str:
        address = reverse("receipt", kwargs={"token": entry.token})
        return format_html('<a href="{}">{}</a>', address, _("What the reporter was shown"))
