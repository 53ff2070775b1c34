"""What is to be disposed of, who says so, and the protocol of what has been."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from feedback import disposal, handling
from feedback.chronicle import NAMES
from feedback.models import Entry, Event, Standing
from feedback.register import Refused
from feedback.retention import plan
from feedback.roles import may
from feedback.steps import Closing, Deed, State
from strategy.dated import STOCKHOLM, clock

# More than anyone reads through at a time; the next ones come when these are decided.
SHOWN = 200
PROTOCOL_ON_PAGE = 100

DEEDS = ("propose", "approve", "reject", "hold", "unhold")


class DeedForm(forms.Form):
    """What to do, and why where that is asked for."""

    deed = forms.ChoiceField(choices=[(deed, deed) for deed in DEEDS])
    seen = forms.IntegerField(required=False)
    reason = forms.CharField(
        required=False,
        max_length=2000,
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy(
            "Needed to reject, to put on hold and to end a hold. It goes when the entry is disposed of."
        ),
    )


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    screens = Screens(model_admin)
    wrap = model_admin.admin_site.admin_view
    return [
        path("disposal/", wrap(screens.waiting), name="feedback_entry_disposals"),
        path("disposal/protocol/", wrap(screens.protocol), name="feedback_entry_disposal_protocol"),
        path("disposal/protocol.csv", wrap(screens.protocol_file), name="feedback_entry_disposal_file"),
        path("<int:entry_id>/disposal/", wrap(screens.one), name="feedback_entry_disposal"),
    ]


class Screens:
    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.model_admin = model_admin

    def waiting(self, request: HttpRequest) -> HttpResponse:
        """What is proposed, what is due and what is held, and the deeds for many at once."""
        _refuse_others(request, "propose_disposal", "approve_disposal")
        if request.method == "POST":
            self._do_with_many(request)
            return redirect("admin:feedback_entry_disposals")
        moment = clock()
        found = plan()
        proposed = Standing.objects.filter(state=State.CLOSED, proposed=True).select_related("entry", "last")
        rows = self._proposals(request, proposed.order_by("closed_at", "pk")[:SHOWN])
        context = {
            "proposed": rows,
            "due": list(islice(disposal.due(moment), SHOWN)),
            "held": list(islice(disposal.held(moment), SHOWN)),
            "undecided": disposal.undecided(found),
            "rules": found.of_entries,
            "shown": SHOWN,
            "may_propose": may(request.user, "propose_disposal", "approve_disposal"),
            "may_approve": may(request.user, "approve_disposal") and not all(row["is_own"] for row in rows),
        }
        return self._show(request, "waiting", _("Disposal"), context)

    def one(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Where one entry stands, and what can be done. What is written in it is not shown here."""
        _refuse_others(request, "propose_disposal", "approve_disposal")
        entry = get_object_or_404(Entry.objects.select_related("standing"), pk=entry_id)
        form = DeedForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                _do(data["deed"], entry, request, seen=data["seen"], reason=data["reason"])
            except Refused as refused:
                # What was typed stays, and what is shown is how it is now.
                form.add_error(None, str(refused))
            else:
                messages.success(request, _DONE[data["deed"]] % {"number": entry})
                return redirect("admin:feedback_entry_disposal", entry.pk)
        standing = Standing.objects.select_related("entry").get(pk=entry.pk)
        rule = plan().rule_of(standing)
        proposal = Event.objects.filter(entry=entry, kind=Deed.PROPOSED).select_related("by").last()
        due_on = rule.due_on(standing.closed_at) if standing.closed_at else None
        is_due = standing.state == State.CLOSED and due_on is not None and due_on <= localdate(clock(), STOCKHOLM)
        context = {
            "form": form,
            "entry": entry,
            "standing": standing,
            "is_disposed": standing.state == State.DISPOSED,
            "rule": rule,
            "due_on": due_on,
            "proposal": proposal if standing.proposed else None,
            "is_own": standing.proposed and proposal.by_id == request.user.pk,
            "may_propose": is_due and not standing.proposed and not standing.held,
            "may_approve": may(request.user, "approve_disposal") and standing.proposed and not standing.held,
            "disposed": disposal.disposals().filter(entry=entry).last(),
        }
        return self._show(request, "one", _("Disposal of %(number)s") % {"number": entry}, context)

    def protocol(self, request: HttpRequest) -> HttpResponse:
        _refuse_others(request, "propose_disposal", "approve_disposal", "export_register")
        page = Paginator(disposal.disposals().order_by("-sequence"), PROTOCOL_ON_PAGE).get_page(request.GET.get("page"))
        found = plan()
        rows = [
            {
                "line": line,
                "rule": found.rule(line.rule) or line.rule,
                "kind": _label(Entry.Kind, line.kind),
                "closing": _label(Closing, line.closing),
                "entry_id": event.entry_id,
                "again": "again" in event.facts,
                "texts": _texts(line),
            }
            for event, line in zip(page.object_list, disposal.lines(page.object_list), strict=True)
        ]
        return self._show(request, "protocol", _("Protocol of disposal"), {"page": page, "rows": rows})

    def protocol_file(self, request: HttpRequest) -> StreamingHttpResponse:
        _refuse_others(request, "propose_disposal", "approve_disposal", "export_register")
        name = f"gallringsprotokoll-{localdate(clock(), STOCKHOLM)}.csv"
        return StreamingHttpResponse(
            disposal.protocol_file(disposal.disposals()),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _proposals(self, request: HttpRequest, standings: Iterable[Standing]) -> list[dict[str, Any]]:
        """One query for all of them, besides that of `standings`."""
        standings = list(standings)
        of_these = Event.objects.filter(entry__in=[standing.pk for standing in standings], kind=Deed.PROPOSED)
        last = {event.entry_id: event for event in of_these.select_related("by").order_by("sequence")}
        found = plan()
        return [
            {
                "standing": standing,
                "entry": standing.entry,
                "proposal": last[standing.pk],
                "rule": found.rule(last[standing.pk].facts.get("rule", "")),
                "is_own": last[standing.pk].by_id == request.user.pk,
            }
            for standing in standings
        ]

    def _do_with_many(self, request: HttpRequest) -> None:
        """Each in a transaction of its own: what one of them refuses keeps nobody from the others."""
        form = DeedForm(request.POST)
        chosen = [_choice(value) for value in request.POST.getlist("entry")]
        if not form.is_valid() or not all(chosen):
            messages.error(request, _("That could not be understood. Nothing has been done."))
            return
        if not chosen:
            messages.warning(request, _("Choose at least one entry."))
            return
        entries = Entry.objects.in_bulk([pk for pk, __ in chosen])
        done = 0
        for pk, seen in chosen:
            try:
                if pk in entries:
                    _do(form.cleaned_data["deed"], entries[pk], request, seen=seen, reason=form.cleaned_data["reason"])
                    done += 1
            except Refused as refused:
                messages.error(request, str(refused))
        if done:
            text = ngettext("Done with %(count)d entry.", "Done with %(count)d entries.", done)
            messages.success(request, text % {"count": done})

    def _show(self, request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
        site = self.model_admin.admin_site.each_context(request)
        context = {**site, "title": title, "opts": self.model_admin.opts, **context}
        return render(request, f"admin/feedback/disposal/{name}.html", context)


_DONE = {
    "propose": gettext_lazy("Disposal of %(number)s is proposed. Somebody else has to approve it."),
    "approve": gettext_lazy("What was written in %(number)s is destroyed."),
    "reject": gettext_lazy("The proposal to dispose of %(number)s is rejected."),
    "hold": gettext_lazy("%(number)s is on hold."),
    "unhold": gettext_lazy("The hold on %(number)s is ended."),
}


def _do(deed: str, entry: Entry, request: HttpRequest, *, seen: int | None, reason: str) -> None:
    """Raises Refused."""
    asked = {"by": request.user, "seen": seen}
    match deed:
        case "propose":
            disposal.propose(entry, **asked)
        case "approve":
            disposal.approve(entry, **asked)
        case "reject":
            disposal.reject(entry, reason=reason, **asked)
        case "hold":
            handling.hold(entry, reason, **asked)
        case "unhold":
            handling.unhold(entry, reason, **asked)


def _choice(value: str) -> tuple[int, int] | None:
    """An entry, and the last of its events that was shown."""
    pk, __, seen = value.partition("-")
    return (int(pk), int(seen)) if pk.isdecimal() and seen.isdecimal() and len(value) < 40 else None


def _texts(line: disposal.Disposed) -> list[str]:
    """In words, what the protocol's file names as it is in the register: "received.message"."""
    texts = [text.partition(".") for text in line.texts.split()]
    return [f"{NAMES.get(name, name)} ({_label(Deed, deed)})" for deed, __, name in texts]


def _label(choices: type, value: str) -> str:
    return choices(value).label if value in choices.values else value


def _refuse_others(request: HttpRequest, *codenames: str) -> None:
    if not may(request.user, *codenames):
        raise PermissionDenied
