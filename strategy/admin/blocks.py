"""Blocking an edition: one person proposes it, another decides, and ending it goes the same way."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from strategy import blocking, documents
from strategy.blocking import BLOCK
from strategy.models import Block, Node, Page


class EndForm(forms.Form):
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Kept with the block, for staff."),
    )


class BlockForm(EndForm):
    ground = forms.ChoiceField(choices=Block.Ground.choices, widget=forms.RadioSelect, label=gettext_lazy("Ground"))
    field_order = ["ground", "reason"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = Block._meta.get_field("reason").help_text


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list:
        return [
            ("waiting", gettext_lazy("Waits for a decision")),
            ("in_force", gettext_lazy("In force")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        states = {"waiting": queryset.waiting, "in_force": queryset.in_force}
        return states[self.value()]() if self.value() in states else queryset


@admin.register(Block)
class BlockAdmin(admin.ModelAdmin):
    """For whoever may block. What a block says is never changed: it is decided, and it can be ended."""

    list_display = ["edition", "deed", "state", "ground", "proposed_by", "decided_by"]
    list_display_links = ["edition"]
    list_filter = [StateFilter, "ground"]
    list_select_related = ["page", "proposed_by", "decided_by"]

    def has_view_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        return request.user.has_perm(BLOCK)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Block | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return with_end(super().get_queryset(request))

    @admin.display(description=gettext_lazy("edition"), ordering="page__title")
    def edition(self, block: Block) -> str:
        return str(block.page)

    @admin.display(description=gettext_lazy("what"))
    def deed(self, block: Block) -> str:
        return _("End the block") if block.lifts_id else _("Block")

    @admin.display(description=gettext_lazy("state"))
    def state(self, block: Block) -> str:
        return state_of(block)

    # Views of our own.

    def get_urls(self) -> list:
        wrap = self.admin_site.admin_view
        return [
            path("propose/<int:page_id>/", wrap(self.propose_view), name="strategy_block_propose"),
            path("<int:block_id>/end/", wrap(self.end_view), name="strategy_block_end"),
            *super().get_urls(),
        ]

    def propose_view(self, request: HttpRequest, page_id: int) -> HttpResponse:
        self._refuse_others(request)
        page = get_object_or_404(Page, pk=page_id)
        form = BlockForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                proposal = blocking.propose(page, by=request.user, **form.cleaned_data)
            except blocking.Refused as refused:
                form.add_error(None, str(refused))
            else:
                return self._proposed(request, proposal)
        others = Page.objects.begun().filter(node=page.node_id).exclude(content_since=page.content_since)
        context = {"page": page, "others": others.with_block().order_by("-valid"), "draft_says_it": draft_says_it(page)}
        return self._show(request, "propose", form, _("Propose to block an edition"), context)

    def end_view(self, request: HttpRequest, block_id: int) -> HttpResponse:
        self._refuse_others(request)
        block = get_object_or_404(Block.objects.select_related("page"), pk=block_id)
        form = EndForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                proposal = blocking.propose_end(block, by=request.user, **form.cleaned_data)
            except blocking.Refused as refused:
                form.add_error(None, str(refused))
            else:
                return self._proposed(request, proposal)
        return self._show(request, "end", form, _("Propose to end a block"), {"page": block.page, "blocking": block})

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is proposed, and the decision about it."""
        self._refuse_others(request)
        block = self.get_object(request, object_id)
        if block is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method == "POST":
            return self._decided(request, block)
        waits = block.approved is None
        context = {
            "proposal": block,
            "page": block.page,
            "state": state_of(block),
            "may_decide": waits and block.proposed_by_id != request.user.pk,
            "is_own": waits and block.proposed_by_id == request.user.pk,
            "is_in_force": Block.objects.in_force().filter(pk=block.pk).exists(),
            "end": Block.objects.filter(lifts=block).order_by("proposed_at").last(),
            "draft_says_it": not block.lifts_id and draft_says_it(block.page),
        }
        title = _("To end a block") if block.lifts_id else _("To block an edition")
        return self._show(request, "decide", None, title, context)

    def _decided(self, request: HttpRequest, proposal: Block) -> HttpResponse:
        approve = request.POST.get("decision") == "approve"
        try:
            if not approve and request.POST.get("decision") != "decline":
                raise blocking.Refused(_("Choose to approve or to decline."))
            blocking.decide(proposal, approve=approve, by=request.user)
        except blocking.Refused as refused:
            messages.error(request, str(refused))
        else:
            done = _("Approved.") if approve else _("Declined.")
            self.log_change(request, proposal, done)
            messages.success(request, f"{done} {_outcome(proposal)}")
        return redirect("admin:strategy_block_change", proposal.pk)

    def _proposed(self, request: HttpRequest, proposal: Block) -> HttpResponse:
        self.log_addition(request, proposal, _("Proposed."))
        messages.success(request, _("Proposed. Nothing changes until somebody else has approved it."))
        return redirect("admin:strategy_block_change", proposal.pk)

    def _refuse_others(self, request: HttpRequest) -> None:
        if not request.user.has_perm(BLOCK):
            raise PermissionDenied

    def _show(
        self, request: HttpRequest, name: str, form: forms.Form | None, title: str, context: dict
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "form": form, **context}
        return render(request, f"admin/strategy/block/{name}.html", context)


def with_end(blocks: QuerySet) -> QuerySet:
    """With `has_ended`."""
    return blocks.annotate(has_ended=Exists(Block.objects.filter(lifts=OuterRef("pk"), approved=True)))


def state_of(block: Block) -> str:
    """`block` is one of with_end()."""
    if block.approved is None:
        return _("Waits for a decision")
    if not block.approved:
        return _("Declined")
    if block.lifts_id:
        return _("Approved")
    return _("Ended") if block.has_ended else _("In force")


def draft_says_it(page: Page) -> bool:
    """Whether publishing the node's draft would show again what the edition says."""
    draft = Node.objects.with_content().get(pk=page.node_id)
    return documents.same_content(page.document, documents.build(draft))


def _outcome(decided: Block) -> str:
    if decided.lifts_id:
        return _("The edition is shown again.") if decided.approved else _("The block stays in place.")
    return _("The edition is no longer shown to anyone.") if decided.approved else _("The edition is still shown.")
