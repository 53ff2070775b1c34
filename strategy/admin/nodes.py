import re
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, re_path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from treebeard.admin import TreeAdmin

from portal.language import in_language
from strategy import documents, occasions, publishing, uploads
from strategy.admin import preview
from strategy.admin.deeds import DeedForm, do
from strategy.admin.forms import NodeForm
from strategy.admin.inlines import (
    AccessibilityExemptionInline,
    AccessibilityFailureInline,
    EasyTextInline,
    IllustrationInline,
    KindWordInline,
    RelatedMaterialInline,
    TranslationInline,
)
from strategy.blocking import BLOCK
from strategy.kinds import COMMON, KINDS, NodeKind, children_of
from strategy.lix import words_about
from strategy.models import Illustration, Node, Page, RelatedMaterial
from strategy.views.files import file_response, not_shown

PUBLISH = "strategy.publish_node"


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [
            ("public", gettext_lazy("Public")),
            ("scheduled", gettext_lazy("Scheduled")),
            ("blocked", gettext_lazy("Blocked")),
            ("withdrawn", gettext_lazy("Withdrawn")),
            ("draft", gettext_lazy("Never public")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        states = {
            "public": {"is_public": True, "is_blocked": False},
            "blocked": {"is_blocked": True},
            "scheduled": {"is_scheduled": True},
            "withdrawn": {"was_public": True, "is_public": False},
            "draft": {"was_public": False, "is_scheduled": False},
        }
        return queryset.filter(**states.get(self.value(), {}))


def number(text: str | None) -> int:
    """An id as a form sends it; 0, which no row has, for anything else."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else 0


def _public_below(node: Node) -> int:
    page = Page.objects.holding().filter(node=node).only("trail").first()
    return Page.objects.holding().in_branch(page.trail).exclude(node=node).count() if page else 0


def is_changed(node: Node) -> bool:
    """Whether a public node (annotated with the document of its present edition) differs from what the public reads."""
    return not documents.unchanged(node.present, documents.build(node))


@admin.register(Node)
class NodeAdmin(TreeAdmin):
    form = NodeForm
    list_display = ["node_title", "kind", "state", "order_buttons"]
    list_filter = ["kind", StateFilter, "example", ("boards", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title", "number", "slug", "lead", "body", "translations__title"]
    actions = ["publish_selected", "schedule_selected", "withdraw_selected"]
    prepopulated_fields = {}
    change_list_template = "admin/strategy/node/change_list.html"
    change_form_template = "admin/strategy/node/change_form.html"

    class Media:
        css = {"all": ["css/admin.css"]}

    # Lists.

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        editions = Page.objects.filter(node=OuterRef("pk"))
        return (
            super()
            .get_queryset(request)
            .with_content()
            .annotate(
                is_public=Exists(editions.holding()),
                is_blocked=Exists(editions.holding().blocked()),
                present=editions.holding().values("document")[:1],
                is_scheduled=Exists(editions.filter(valid__startswith__gt=Now())),
                is_ending=Exists(editions.holding().filter(valid__upper_inf=False)),
                was_public=Exists(editions.filter(valid__startswith__lte=Now())),
            )
        )

    def get_actions(self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST) -> dict:
        """Deleting goes one by one, since what has been public can't be."""
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        return actions if request.user.has_perm(PUBLISH) else {}

    @admin.display(description=gettext_lazy("title"))
    def node_title(self, node: Node) -> str:
        return str(node)

    @admin.display(description=gettext_lazy("state"))
    def state(self, node: Node) -> str:
        if node.is_public:
            if node.is_blocked:
                return _("Blocked")
            if node.is_scheduled:
                return _("Public, a change is scheduled")
            if node.is_ending:
                return _("Public, to be withdrawn")
            return _("Public, the draft is changed") if is_changed(node) else _("Public")
        if node.is_scheduled:
            return _("Scheduled")
        return _("Withdrawn") if node.was_public else _("Never public")

    @admin.display(description=gettext_lazy("order"))
    def order_buttons(self, node: Node) -> SafeString:
        """Dragging by other means (WCAG 2.5.7): buttons that send the list's own form to another address."""
        if node.is_root():
            return ""
        buttons = [
            format_html(
                '<button class="order-button" formaction="{}" aria-label="{}">{}</button>',
                reverse("admin:strategy_node_shift", args=[node.pk, way]),
                label,
                sign,
            )
            for way, label, sign in (
                ("up", _("Move “%(title)s” up") % {"title": node}, "↑"),
                ("down", _("Move “%(title)s” down") % {"title": node}, "↓"),
            )
        ]
        return format_html('<span class="order-buttons">{} {}</span>', *buttons)

    @admin.action(description=gettext_lazy("Publish…"), permissions=["publish"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_deeds(queryset, DeedForm.PUBLISH)

    @admin.action(description=gettext_lazy("Schedule…"), permissions=["publish"])
    def schedule_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_deeds(queryset, DeedForm.PUBLISH)

    @admin.action(description=gettext_lazy("Withdraw…"), permissions=["publish"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._to_deeds(queryset, DeedForm.WITHDRAW)

    def _to_deeds(self, queryset: QuerySet, deed: str) -> HttpResponse:
        nodes = "&".join(f"node={pk}" for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{reverse('admin:strategy_node_deeds')}?deed={deed}&{nodes}")

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        # treebeard sets it for GET alone, and asks for it when a POST without an action shows the list again.
        request._treebeard_parent = None
        return super().changelist_view(request, extra_context)

    # The form.

    def kind_of(self, request: HttpRequest, node: Node | None) -> str:
        return node.kind if node else request.GET.get("kind", "")

    def get_form(self, request: HttpRequest, obj: Node | None = None, change: bool = False, **kwargs: Any) -> type:
        form = super().get_form(request, obj, change, **kwargs)
        shown = self.get_fields(request, obj)
        # A declared field that is set to None is left out.
        hidden = {name: None for name in form.declared_fields if name not in shown}
        known = {"kind": self.kind_of(request, obj), "may_publish": request.user.has_perm(PUBLISH)}
        return type(form.__name__, (form,), known | hidden)

    def get_fieldsets(self, request: HttpRequest, obj: Node | None = None) -> list:
        kind = self.kind_of(request, obj)
        if kind not in KINDS:
            return []
        asked = [name for name in KINDS[kind].asks if name != "words"]
        place = [] if kind == NodeKind.START else ["parent", "slug"]
        if place and not self._may_move(request, obj):
            place = ["stands_under", "slug"]
        texts = [name for name in COMMON if name != "slug"]
        texts.insert(texts.index("body") + 1, "readability")
        fieldsets = [(None, {"fields": [*texts, "version"]})]
        if asked:
            fieldsets.append((_("Facts"), {"fields": asked}))
        if place:
            fieldsets.append((_("Place"), {"fields": place}))
        return fieldsets

    def get_fields(self, request: HttpRequest, obj: Node | None = None) -> list:
        return [name for _title, options in self.get_fieldsets(request, obj) for name in options["fields"]]

    def get_readonly_fields(self, request: HttpRequest, obj: Node | None = None) -> list:
        place = [] if self._may_move(request, obj) else ["stands_under", "slug"]
        return ["readability", *place]

    def _may_move(self, request: HttpRequest, node: Node | None) -> bool:
        """Another address or place is publishing, for what is public."""
        return node is None or request.user.has_perm(PUBLISH) or not publishing.is_live(node)

    @admin.display(description=gettext_lazy("stands under"))
    def stands_under(self, node: Node) -> str:
        return str(node.parent or "")

    @admin.display(description=gettext_lazy("LIX of the saved text"), empty_value="–")
    def readability(self, node: Node) -> str | None:
        """Help in plain writing (WEB-13)."""
        return words_about(node.body) or None

    def get_prepopulated_fields(self, request: HttpRequest, obj: Node | None = None) -> dict:
        is_new_below = obj is None and self.kind_of(request, obj) != NodeKind.START
        return {"slug": ["title"]} if is_new_below else {}

    def get_inlines(self, request: HttpRequest, obj: Node | None) -> list:
        inlines = [TranslationInline, EasyTextInline, IllustrationInline, RelatedMaterialInline]
        others = {
            NodeKind.START: [KindWordInline],
            NodeKind.STATEMENT: [AccessibilityFailureInline, AccessibilityExemptionInline],
        }
        return [*inlines, *others.get(self.kind_of(request, obj), [])]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        return {"parent": request.GET.get("parent")}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if request.GET.get("kind") in KINDS:
            return super().add_view(request, form_url, extra_context)
        if not self.has_add_permission(request):
            raise PermissionDenied
        has_start = Node.objects.of_kind(NodeKind.START).exists()
        kinds = [kind for kind in KINDS.values() if bool(kind.under) == has_start]
        context = {**self.admin_site.each_context(request), "title": _("What do you want to add?"), "kinds": kinds}
        return render(request, "admin/strategy/node/choose_kind.html", context | {"opts": self.opts})

    def render_change_form(self, request: HttpRequest, context: dict, *args: Any, **kwargs: Any) -> HttpResponse:
        node = kwargs.get("obj")
        if node:
            context |= {
                "addable": [KINDS[kind] for kind in children_of(node.kind)],
                "publishable": request.user.has_perm(PUBLISH),
                "has_easy_text": node.easy_texts.exists(),
                "editions": Page.objects.filter(node=node).count(),
                **self._ahead(node),
                "state": self.state(self.get_queryset(request).get(pk=node.pk)),
                "public_url": self._public_url(request, node),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def _ahead(self, node: Node) -> dict:
        """What is scheduled: when a change begins, when the page is withdrawn."""
        live = list(Page.objects.from_now().filter(node=node).order_by("valid").shown())
        return {
            "change_at": next((page.begins_at for page in live if page.is_ahead(page.shown_at)), None),
            "withdrawal_at": live[-1].ends_at if live else None,
        }

    def _public_url(self, request: HttpRequest, node: Node) -> str:
        page = Page.objects.holding().filter(node=node).first()
        return in_language(page.address, request.LANGUAGE_CODE) if page else ""

    def save_model(self, request: HttpRequest, obj: Node, form: NodeForm, change: bool) -> None:
        Node.objects.lock()
        may_publish = request.user.has_perm(PUBLISH)
        parent = form.cleaned_data.get("parent")
        if not change:
            if parent:
                Node.objects.add_child(parent, instance=obj)
            else:
                Node.objects.add_root(instance=obj)
            return
        before = Node.objects.get(pk=obj.pk)
        slug, obj.slug = obj.slug, before.slug
        obj.path, obj.depth, obj.numchild = before.path, before.depth, before.numchild
        obj.save()
        if parent and parent != before.parent:
            publishing.move(obj, parent, "last-child", by=request.user, may_publish=may_publish)
        if slug != before.slug:
            publishing.rename(obj, slug, by=request.user, may_publish=may_publish)

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        """What has been public stays, and so does what has it below."""
        may = super().has_delete_permission(request, obj)
        if not (may and obj):
            return may
        branch = Node.objects.get_tree(obj)
        return not Page.objects.filter(node__in=branch.values("pk")).exists()

    def delete_model(self, request: HttpRequest, obj: Node) -> None:
        Node.objects.lock()
        Node.objects.get(pk=obj.pk).delete()

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PUBLISH)

    # Views of our own.

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("publishing/", wrap(self.deeds_view), name="strategy_node_deeds"),
            path("<int:node_id>/preview/", wrap(self.preview_view), name="strategy_node_preview"),
            path("<int:node_id>/preview/lattlast/", wrap(self.easy_view), name="strategy_node_preview_easy"),
            path("<int:node_id>/shift/<str:way>/", wrap(require_POST(self.shift_view)), name="strategy_node_shift"),
            re_path(rf"^media/(?P<name>{uploads.NAME})$", wrap(self.media_view), name="strategy_node_media"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, node_id: int) -> HttpResponse:
        return preview.show(request, *self._draft(request, node_id))

    def easy_view(self, request: HttpRequest, node_id: int) -> HttpResponse:
        return preview.show_easy_text(request, *self._draft(request, node_id))

    def _draft(self, request: HttpRequest, node_id: int) -> tuple[Page, datetime, str]:
        """What a preview shows, when, and what it says above."""
        node = get_object_or_404(Node.objects.with_content(), pk=node_id)
        if not self.has_view_permission(request, node):
            raise PermissionDenied
        return preview.draft(node), now(), _("Preview. This is not published: only staff can see it.")

    def media_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """A file that may not be public yet, or no longer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        drafted = Illustration.objects.filter(image=name).exists() or RelatedMaterial.objects.filter(file=name).exists()
        shown = Page.objects.showing(name)
        if shown.exists() and not (drafted or request.user.has_perm(BLOCK) or shown.readable().exists()):
            return not_shown(request, name)
        response = file_response(name)
        response.headers["Cache-Control"] = "no-store"
        return response

    def shift_view(self, request: HttpRequest, node_id: int, way: str) -> HttpResponse:
        """One step up or down among the siblings."""
        node = get_object_or_404(Node, pk=node_id)
        step = {"up": Node.objects.get_prev_sibling, "down": Node.objects.get_next_sibling}.get(way)
        if step is None:
            return HttpResponseBadRequest()
        beside = step(node)
        if beside:
            self._move(request, node, beside, "left" if way == "up" else "right")
        return redirect("admin:strategy_node_changelist")

    def move_node(self, request: HttpRequest) -> HttpResponse:
        """treebeard's dragging, through publishing."""
        node, target = (get_object_or_404(Node, pk=number(request.POST.get(name))) for name in ("node", "target"))
        position = {"child": "last-child", "sibling": "left"}.get(request.POST.get("relation", ""))
        if position is None:
            return HttpResponseBadRequest()
        moved = self._move(request, node, target, position)
        return HttpResponse("OK") if moved else HttpResponseBadRequest()

    def _move(self, request: HttpRequest, node: Node, target: Node, position: str) -> bool:
        if not self.has_change_permission(request, node):
            raise PermissionDenied
        try:
            publishing.move(node, target, position, by=request.user, may_publish=request.user.has_perm(PUBLISH))
        except publishing.Refused as refused:
            messages.error(request, str(refused))
            return False
        self.log_change(request, node, [{"changed": {"fields": [_("place")]}}])
        messages.success(request, _("“%(title)s” has been moved.") % {"title": node})
        return True

    def deeds_view(self, request: HttpRequest) -> HttpResponse:
        """Publish, schedule, withdraw or cancel for the nodes in the address, together or not at all."""
        if not self.has_publish_permission(request):
            raise PermissionDenied
        asked = [number(pk) for pk in request.GET.getlist("node")]
        nodes = list(self.get_queryset(request).filter(pk__in=asked))
        if not nodes:
            return redirect("admin:strategy_node_changelist")
        deed = request.GET.get("deed", DeedForm.PUBLISH)
        offered = occasions.source().offered([node.pk for node in nodes])
        form = DeedForm(request.POST or None, initial={"deed": deed}, offered=offered)
        problems: list = []
        if request.method == "POST" and form.is_valid():
            try:
                with transaction.atomic():
                    done = do(nodes, by=request.user, **form.cleaned_data)
                    for node in nodes:
                        self.log_change(request, node, done)
            except publishing.NotPublishable as refused:
                problems = refused.problems
            except publishing.Refused as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, done)
                return redirect(self._after_deeds(nodes))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Publish, schedule or withdraw"),
            "opts": self.opts,
            "nodes": [(node, self.state(node), _public_below(node)) for node in nodes],
            "form": form,
            "problems": problems,
        }
        return render(request, "admin/strategy/node/publishing.html", context)

    def _after_deeds(self, nodes: list[Node]) -> str:
        if len(nodes) == 1:
            return reverse("admin:strategy_node_change", args=[nodes[0].pk])
        return reverse("admin:strategy_node_changelist")
