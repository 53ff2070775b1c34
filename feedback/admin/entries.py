"""The registrar's desk: the inbox, and one screen for each entry. Nothing is added, changed or deleted here by hand."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from feedback import handling, inbox
from feedback.admin import answers, corrections, disposal, release, screen
from feedback.chronicle import due_mark
from feedback.models import Entry
from feedback.roles import may
from feedback.steps import OPEN, State
from portal.language import language_of
from strategy.blocking import BLOCK
from strategy.dated import STOCKHOLM
from strategy.models import Page
from strategy.surroundings import Surroundings
from strategy.viewpoint import Viewpoint
from strategy.views.pages import blocked, show_page

# On a narrow screen, where each cell has a line of its own, it takes none.
NOTHING = mark_safe('<span class="nothing">–</span>')

# Marks that an entry has when it is closed, too.
OUTLIVING = ("secret", "held", "mail")


class StateFilter(admin.SimpleListFilter):
    """What is open, unless somebody asks for more or searches: then everything."""

    title = _("state")
    parameter_name = "state"

    def __init__(self, request: HttpRequest, params: dict, model: type, model_admin: admin.ModelAdmin) -> None:
        super().__init__(request, params, model, model_admin)
        self.usual = usual_state(request)

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("open", _("Open")), *State.choices, ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or self.usual) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or self.usual
        if value == "open":
            return queryset.open()
        return queryset.filter(standing__state=value) if value in State else queryset


class DueFilter(admin.SimpleListFilter):
    title = _("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("overdue", _("Overdue")), ("today", _("Due today"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        questions = {"overdue": queryset.overdue, "today": queryset.due}
        return questions[self.value()](localdate(timezone=STOCKHOLM)) if self.value() in questions else queryset


class AssignedFilter(admin.SimpleListFilter):
    title = _("assigned to")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [("me", _("Me")), ("nobody", _("Nobody"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        people = {"me": request.user.pk, "nobody": None}
        return queryset.filter(standing__assigned_to=people[self.value()]) if self.value() in people else queryset


class MarkFilter(admin.SimpleListFilter):
    title = _("mark")
    parameter_name = "mark"

    questions = {
        "answer": Q(standing__wants_answer=True, standing__answered_at=None),
        "spam": inbox.SUSPECTED,
        "secret": Q(standing__secret=True),
        "held": Q(standing__held=True),
        "mail": inbox.STUCK,
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        labels = (_("Waits for an answer"), _("Suspected spam"), _("Secret"), _("On hold"), _("Mail to see to"))
        return list(zip(self.questions, labels, strict=True))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(self.questions[self.value()]) if self.value() in self.questions else queryset


class YearFilter(admin.SimpleListFilter):
    title = _("year")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        years = Entry.objects.order_by("-year").values_list("year", flat=True).distinct()
        return [(str(year), str(year)) for year in years]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(year=self.value()) if self.value() in dict(self.lookup_choices) else queryset


class EntryList(ChangeList):
    """The arrow in its head is on the column that it is in order by first: the admin's is on that of the model."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list:
        self.usual = self.model_admin.get_ordering(request)
        return super().get_ordering(request, queryset)

    def _get_default_ordering(self) -> list[str]:
        return self.usual[:1]


@admin.register(Entry)
class EntryAdmin(admin.ModelAdmin):
    list_display = ["designation", "received", "due", "what", "sender", "state", "assigned_to"]
    list_display_links = ["designation"]
    list_filter = [StateFilter, DueFilter, AssignedFilter, MarkFilter, "kind", YearFilter]
    list_per_page = 50
    list_max_show_all = 0
    actions = None
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    # What is searched is in get_search_results(): without this, the admin has no search form.
    search_fields = ["number"]
    search_help_text = _("A number such as FEL 2026/17, words of the message, or an e-mail address (which is logged)")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        is_blocked = Exists(Page.objects.blocked().filter(pk=OuterRef("edition")))
        entries = super().get_queryset(request)
        entries = entries.annotate(is_hidden=Value(False) if request.user.has_perm(BLOCK) else is_blocked)
        return entries.select_related("edition", "standing__assigned_to").defer("edition__document")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EntryList

    def get_ordering(self, request: HttpRequest) -> list[str]:
        is_open = request.GET.get("state", usual_state(request)) in ("open", *OPEN)
        return ["standing__due_on", "received_at"] if is_open else ["-received_at"]

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        others = [url for module in (answers, corrections, release, disposal) for url in module.urls(self)]
        seen = path("<int:entry_id>/seen/", wrap(self.seen), name="feedback_entry_seen")
        return [seen, *screen.urls(self), *others, *super().get_urls()]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the filters' own questions. Any other column could be guessed by counting: the address of a receipt."""
        own = {asked.parameter_name for asked in self.list_filter if not isinstance(asked, str)}
        return lookup in own | {"kind__exact"}

    # A right comes with a role, and with nothing else (REC-90).

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return may(request.user, "view_entry")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Entry | None = None) -> bool:
        return False

    # The inbox

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        designation, entry, problem = inbox.designated(request.GET.get("q", "").strip())
        if entry:
            document = f"#document-{designation.running}" if designation.running else ""
            return redirect(reverse("admin:feedback_entry_change", args=[entry.pk]) + document)
        if problem:
            messages.warning(request, problem)
        request.designates_nothing = bool(problem)
        context = {
            "title": _("Reports"),
            "subtitle": None,
            "ways": inbox.ways(inbox.counts(request.user, localdate(timezone=STOCKHOLM))),
            "here": f"?{request.GET.urlencode()}",
            "may_dispose": may(request.user, "propose_disposal", "approve_disposal"),
            "may_read_protocol": may(request.user, "propose_disposal", "approve_disposal", "export_register"),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        queryset = inbox.with_words(queryset)
        if not search_term.strip():
            return queryset, False
        if getattr(request, "designates_nothing", False):
            return queryset.none(), False
        if inbox.is_address(search_term):
            return inbox.about_address(queryset, search_term, by=request.user), False
        return inbox.saying(queryset, search_term.split()), False

    @admin.display(description=_("number"), ordering="received_at")
    def designation(self, entry: Entry) -> str:
        return entry.designation

    @admin.display(description=_("due"), ordering="standing__due_on", empty_value=NOTHING)
    def due(self, entry: Entry) -> str:
        words, mark = due_mark(entry.standing, localdate(timezone=STOCKHOLM))
        return format_html('<span class="due due--{}">{}</span>', mark, words) if words else ""

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, entry: Entry) -> str:
        return localdate(entry.received_at, STOCKHOLM).isoformat()

    @admin.display(description=_("what"))
    def what(self, entry: Entry) -> str:
        marks = inbox.marks_of(entry)
        lines = [format_html("{}: {}", entry.get_kind_display(), inbox.page_title(entry))]
        lines += [format_html('<strong class="mark">{}</strong>', mark) for mark in marks]
        if entry.excerpt:
            excerpt = Truncator(" ".join(entry.excerpt.split())).chars(110)
            lines.append(format_html('<span class="excerpt" dir="auto">{}</span>', excerpt))
        return format_html(" ".join(["{}"] * len(lines)), *lines)

    @admin.display(description=_("sender"), empty_value=NOTHING)
    def sender(self, entry: Entry) -> str:
        return inbox.sender_of(entry)

    @admin.display(description=_("state"), ordering="standing__state")
    def state(self, entry: Entry) -> str:
        standing = entry.standing
        return standing.get_closing_display() if standing.closing else standing.get_state_display()

    @admin.display(description=_("assigned to"), empty_value=NOTHING)
    def assigned_to(self, entry: Entry) -> str:
        return handling.name_of(entry.standing.assigned_to) if entry.standing.assigned_to else ""

    # The screen of an entry

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return screen.show(self, request, entry)

    def seen(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """
        The page as the reporter saw it: its edition, in its language, among what was public at that moment. Not when
        it has been blocked since, but for whoever may block.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        entries = self.get_queryset(request).defer(None).filter(edition__isnull=False)
        entry = get_object_or_404(entries, pk=entry_id)
        with translation.override(language_of(entry.address)):
            around = Surroundings.at(Viewpoint(language_of(entry.address), entry.shown_at))
            if entry.is_hidden:
                return blocked(request, around, Page.objects.with_block().get(pk=entry.edition_id).block_id)
            note = _("The page as the reporter saw it: %(number)s.") % {"number": entry.designation}
            return show_page(request, entry.edition, around, staff_note=note)


def usual_state(request: HttpRequest) -> str:
    """Who searches, or asks for a mark that outlives closing, looks among everything."""
    asks_for_all = request.GET.get("q", "").strip() or request.GET.get("mark") in OUTLIVING
    return "all" if asks_for_all else "open"
