"""One screen for an entry: what it says, what happened, and what can be done with it."""

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import answers, handling, inbox, secrecy
from feedback.admin.actions import ACTIONS, Action
from feedback.chronicle import documents, due_mark, happenings
from feedback.closing import undecided
from feedback.models import Draft, Entry
from feedback.register import Changed, Refused
from feedback.roles import may
from feedback.steps import OPEN, State
from strategy.dated import STOCKHOLM

_KEPT = tuple(state for state in State if state != State.DISPOSED)

# Screens of their own: what they are for, whose, and in which states there is something to do.
OTHERS = (
    ("feedback_entry_answer", gettext_lazy("Answer"), ("answer_entry",), OPEN),
    (
        "feedback_entry_correct",
        gettext_lazy("Name the correction"),
        ("answer_entry",),
        _KEPT,
    ),
    (
        "feedback_entry_release",
        gettext_lazy("The public register: describe and release"),
        ("register_entry",),
        _KEPT,
    ),
    (
        "feedback_entry_disposal",
        gettext_lazy("Disposal"),
        ("propose_disposal", "approve_disposal"),
        (State.CLOSED, State.DISPOSED),
    ),
)


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    wrap = model_admin.admin_site.admin_view
    act_urls = [
        path(
            f"<int:entry_id>/{action.name}/",
            wrap(partial(act, model_admin, action)),
            name=f"feedback_entry_{action.name}",
        )
        for action in ACTIONS
    ]
    return [
        *act_urls,
        path("<int:entry_id>/secret/", wrap(partial(show_secret, model_admin)), name="feedback_entry_secret"),
        path("<int:entry_id>/paper/", wrap(partial(decide_paper, model_admin)), name="feedback_entry_paper"),
    ]


def show(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    entry: Entry,
    *,
    texts: Mapping[tuple[int, str], str] | None = None,
    bound: tuple[Action, forms.Form] | None = None,
    refused: Refused | None = None,
    seen: int | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """`texts` are those to show, when they are more than what is not secret; `bound` is the form that was not done."""
    standing = entry.standing
    happened = happenings(entry, standing, secrecy.readable(entry, standing) if texts is None else texts)
    received = {text.name: text for text in happened[0].texts}
    words, mark = due_mark(standing, localdate(timezone=STOCKHOLM))
    is_folded = any(text.is_folded for happening in happened for text in happening.texts)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": entry.designation,
        "subtitle": f"{entry.get_kind_display()}: {inbox.page_title(entry)}",
        "opts": model_admin.opts,
        "entry": entry,
        "standing": standing,
        "is_disposed": standing.state == State.DISPOSED,
        "due": words,
        "due_mark": mark,
        "assigned_to": handling.name_of(standing.assigned_to) if standing.assigned_to else "",
        "marks": inbox.marks_of(entry),
        "message": received["message"],
        "email": received.get("email"),
        "is_folded": is_folded,
        "warning": secrecy.WARNING if standing.secret else "",
        "page_title": inbox.page_title(entry),
        "receipt_url": "" if is_folded else reverse("receipt", kwargs={"token": entry.token}),
        "documents": [{"told": told, "number": f"{entry}-{told.document}"} for told in documents(happened)],
        "happened": happened,
        "last": happened[-1].sequence,
        "papers": [] if is_folded else [_paper(paper) for paper in undecided(entry)],
        "papers_folded": is_folded and bool(undecided(entry)),
        "may_decide_papers": may(request.user, "answer_entry"),
        "actions": _actions(request, entry, bound),
        "others": _others(request, entry),
        "letters": answers.letters(entry) if may(request.user, "answer_entry") else [],
        "refused": refused,
        "news": [told for told in happened if told.sequence > seen] if isinstance(refused, Changed) else [],
        "list_url": list_url(request),
    }
    return render(request, "admin/feedback/entry/screen.html", context, status=status)


def act(model_admin: admin.ModelAdmin, action: Action, request: HttpRequest, entry_id: int) -> HttpResponse:
    """Do it, or show the screen again with everything that was typed and why it was not done."""
    entry = _entry(model_admin, request, entry_id, action.rights)
    if request.method != "POST":
        return redirect("admin:feedback_entry_change", entry.pk)
    form = action.form(request.POST, auto_id=f"id_{action.name}_%s")
    seen = _seen(request.POST)
    if not form.is_valid():
        return show(model_admin, request, entry, bound=(action, form), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        action.do(entry, request.POST.get("button", ""), form.cleaned_data, request.user, seen)
    except Refused as refused:
        fresh = model_admin.get_queryset(request).get(pk=entry.pk)
        return show(
            model_admin,
            request,
            fresh,
            bound=(action, form),
            refused=refused,
            seen=seen,
            status=HTTPStatus.CONFLICT,
        )
    done = action.done % {"number": entry.designation} if "%" in str(action.done) else str(action.done)
    if not action.leaves:
        messages.success(request, done)
        return redirect("admin:feedback_entry_change", entry.pk)
    messages.success(request, with_next(entry, done))
    return redirect(list_url(request))


def show_secret(model_admin: admin.ModelAdmin, request: HttpRequest, entry_id: int) -> HttpResponse:
    """The screen with what is secret on it. A reading is written down, and so it takes a POST: one view, one row."""
    entry = _entry(model_admin, request, entry_id, ("view_entry",))
    if request.method != "POST":
        return redirect("admin:feedback_entry_change", entry.pk)
    texts = secrecy.show(entry, by=request.user)
    return show(model_admin, request, model_admin.get_queryset(request).get(pk=entry.pk), texts=texts)


def decide_paper(model_admin: admin.ModelAdmin, request: HttpRequest, entry_id: int) -> HttpResponse:
    """A working paper is kept as a document, or discarded (REC-32)."""
    entry = _entry(model_admin, request, entry_id, ("answer_entry",))
    deed, _sign, paper_id = request.POST.get("paper", "").partition(":")
    deeds: dict[str, Callable[[int], Any]] = {
        "keep": lambda pk: handling.keep(entry, pk, by=request.user),
        "discard_note": lambda pk: handling.discard_note(entry, pk),
        "discard_draft": lambda pk: handling.discard_draft(entry, pk),
    }
    if request.method == "POST" and deed in deeds and paper_id.isdecimal():
        try:
            deeds[deed](int(paper_id))
        except Refused as refused:
            return show(model_admin, request, entry, refused=refused, status=HTTPStatus.CONFLICT)
        messages.success(request, _("The note is a document now.") if deed == "keep" else _("It is discarded."))
    return redirect("admin:feedback_entry_change", entry.pk)


def list_url(request: HttpRequest) -> str:
    """Back to the list as it was."""
    query = QueryDict(request.GET.get("_changelist_filters", "")).urlencode()
    return f"{reverse('admin:feedback_entry_changelist')}{'?' if query else ''}{query}"


def _entry(model_admin: admin.ModelAdmin, request: HttpRequest, entry_id: int, rights: tuple[str, ...]) -> Entry:
    if not (may(request.user, "view_entry") and may(request.user, *rights)):
        raise PermissionDenied
    return get_object_or_404(model_admin.get_queryset(request), pk=entry_id)


def _seen(posted: QueryDict) -> int:
    """Without it, as if nothing had been seen: then any event is news."""
    seen = posted.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 19 else -1


def _actions(request: HttpRequest, entry: Entry, bound: tuple[Action, forms.Form] | None) -> list[dict[str, Any]]:
    """Those that are offered; and the one that was not done, so that nothing typed is lost."""
    tried, form = bound or (None, None)
    standing = entry.standing
    query = request.GET.urlencode()
    actions = []
    for action in ACTIONS:
        if action is not tried and not action.is_offered(standing, request.user):
            continue
        shown = (
            form if action is tried else action.form(initial=action.initial(standing), auto_id=f"id_{action.name}_%s")
        )
        url = reverse(f"admin:feedback_entry_{action.name}", args=[entry.pk])
        actions.append(
            {
                "name": action.name,
                "label": action.label,
                "help": action.help,
                "form": shown,
                "url": f"{url}?{query}" if query else url,
                "buttons": action.buttons(standing) if action.buttons else [("", action.label)],
                "is_single": not shown.fields,
                "is_open": action.is_open,
                "is_tried": action is tried,
            }
        )
    return actions


def _others(request: HttpRequest, entry: Entry) -> list[dict[str, Any]]:
    found, query = [], request.GET.urlencode()
    for name, label, rights, states in OTHERS:
        if not may(request.user, *rights) or entry.standing.state not in states:
            continue
        url = reverse(f"admin:{name}", args=[entry.pk])
        found.append({"label": label, "url": f"{url}?{query}" if query else url})
    return found


def _paper(paper: object) -> dict[str, Any]:
    is_draft = isinstance(paper, Draft)
    return {
        "what": paper._meta.verbose_name,
        "by": handling.name_of(paper.by),
        "at": paper.saved_at if is_draft else paper.at,
        "text": paper.text,
        "keep": "" if is_draft else f"keep:{paper.pk}",
        "discard": f"discard_draft:{paper.pk}" if is_draft else f"discard_note:{paper.pk}",
    }


def with_next(entry: Entry, done: str) -> str:
    following = inbox.next_after(entry)
    own = reverse("admin:feedback_entry_change", args=[entry.pk])
    if following is None:
        return format_html('{} <a href="{}">{}</a>', done, own, _("Look at it"))
    url = reverse("admin:feedback_entry_change", args=[following.pk])
    return format_html(
        '{} <a href="{}">{}</a> · <a href="{}">{}</a>',
        done,
        own,
        _("Look at it"),
        url,
        _("Next: %(number)s") % {"number": following},
    )
