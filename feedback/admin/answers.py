"""The answer to a report: written, kept as a draft, sent; and what has become of the mail."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from feedback import answers, closing, handling
from feedback.admin.screen import list_url, with_next
from feedback.models import Draft, Entry, Letter, Standing
from feedback.register import Changed, Refused
from feedback.roles import may
from feedback.secrecy import is_secret
from feedback.steps import Closing

RIGHT = "answer_entry"
LONGEST_ANSWER = 20_000


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    wrap = model_admin.admin_site.admin_view
    desk = Answering(model_admin)
    return [
        path("<int:entry_id>/answer/", wrap(desk.answer), name="feedback_entry_answer"),
        path("<int:entry_id>/letter/<int:letter_id>/", wrap(require_POST(desk.letter)), name="feedback_entry_letter"),
    ]


class AnswerForm(forms.Form):
    subject = forms.CharField(
        max_length=200,
        label=gettext_lazy("Subject"),
        required=False,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
    )
    text = forms.CharField(
        max_length=LONGEST_ANSWER,
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 16, "class": "vLargeTextField", "autofocus": True, "dir": "auto", "aria-describedby": "care"}
        ),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


class Answering:
    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.model_admin = model_admin

    def answer(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        entry, standing = self._found(request, entry_id)
        if request.method != "POST":
            draft = answers.draft_of(entry, request.user)
            kept = {"subject": draft.subject, "text": draft.text} if draft else answers.begun(entry)
            return self._show(request, entry, standing, AnswerForm(initial={**kept, "seen": standing.last_id}), draft)
        form = AnswerForm(request.POST)
        if form.is_valid():
            try:
                return self._done(request, entry, form.cleaned_data)
            except Changed as changed:
                # What was written stays; what happened is told; sending once more is then a decision.
                form.data = form.data.copy()
                form.data["seen"] = Standing.objects.get(entry=entry).last_id
                happened = list(handling.news(entry, form.cleaned_data["seen"]))
                return self._show(request, entry, standing, form, changed=changed, happened=happened)
            except Refused as refused:
                form.add_error(None, str(refused))
        return self._show(request, entry, standing, form)

    def _done(self, request: HttpRequest, entry: Entry, said: dict[str, Any]) -> HttpResponseRedirect:
        """What the button that was pressed says."""
        match request.POST.get("do"):
            case "send":
                answers.send(entry, request.user, said["subject"], said["text"], said["seen"])
            case "send_and_close":
                with transaction.atomic():
                    answers.send(entry, request.user, said["subject"], said["text"], said["seen"])
                    closing.close(entry, Closing.ANSWERED, by=request.user)
                # Done with: on to the next, as after any other way of closing.
                done = _("The answer to %(number)s is in the register, and it is closed.") % {"number": entry}
                messages.success(request, with_next(entry, done))
                return redirect(list_url(request))
            case "discard":
                answers.discard_draft(entry, request.user)
                messages.success(request, _("The draft is discarded."))
                return redirect("admin:feedback_entry_change", entry.pk)
            case _:
                answers.save_draft(entry, request.user, said["subject"], said["text"])
                messages.success(request, _("The draft is saved. Nothing has been sent."))
                return redirect("admin:feedback_entry_answer", entry.pk)
        messages.success(request, _("The answer to %(number)s is in the register.") % {"number": entry})
        return redirect("admin:feedback_entry_change", entry.pk)

    def letter(self, request: HttpRequest, entry_id: int, letter_id: int) -> HttpResponse:
        """What a person decides about mail that was refused, or may have been sent already."""
        entry, _standing = self._found(request, entry_id)
        letter = get_object_or_404(Letter, pk=letter_id, event__entry=entry)
        try:
            if request.POST.get("do") == "arrived":
                answers.arrived(letter, request.user)
                messages.success(request, _("Noted: it has arrived."))
            else:
                answers.send_again(letter, request.user)
                messages.success(request, _("It is sent again."))
        except Refused as refused:
            messages.error(request, str(refused))
        return redirect("admin:feedback_entry_answer", entry.pk)

    def _found(self, request: HttpRequest, entry_id: int) -> tuple[Entry, Standing]:
        if not may(request.user, RIGHT):
            raise PermissionDenied
        entry = get_object_or_404(Entry.objects.select_related("standing", "edition"), pk=entry_id)
        return entry, entry.standing

    def _show(
        self,
        request: HttpRequest,
        entry: Entry,
        standing: Standing,
        form: AnswerForm,
        draft: Draft | None = None,
        *,
        changed: Changed | None = None,
        happened: list | None = None,
    ) -> HttpResponse:
        is_secret_text = is_secret(standing, "message")
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": _("Answer to %(number)s") % {"number": entry},
            "opts": self.model_admin.opts,
            "entry": entry,
            "form": form,
            "draft": draft,
            "may_answer": answers.may_answer(entry),
            "to": _("Hidden") if is_secret(standing, "email") else entry.email,
            "has_address": bool(entry.email),
            "message": "" if is_secret_text else entry.message,
            "is_secret": is_secret_text,
            "others": [other for other in answers.drafts_about(entry) if other.by_id != request.user.pk],
            "sent": [] if is_secret_text else answers.sent(entry),
            "letters": answers.letters(entry),
            "changed": changed,
            "happened": happened or [],
        }
        return render(request, "admin/feedback/answer.html", context)
