"""Which edit of the page came of a report."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import corrections
from feedback.models import Entry
from feedback.register import Changed, Refused
from feedback.roles import may
from strategy.dated import STOCKHOLM
from strategy.models import Page

RIGHT = "answer_entry"


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    def correct(request: HttpRequest, entry_id: int) -> HttpResponse:
        return show(model_admin, request, entry_id)

    return [path("<int:entry_id>/correct/", model_admin.admin_site.admin_view(correct), name="feedback_entry_correct")]


class EditionField(forms.ModelChoiceField):
    def label_from_instance(self, page: Page) -> str:
        day = date_format(localtime(page.begins_at, STOCKHOLM), "j F Y H:i")
        return f"{day}: {page.reason or page.title}"


class CorrectionForm(forms.Form):
    after = EditionField(
        Page.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        label=gettext_lazy("Version with the correction"),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, entry: Entry, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["after"].queryset = corrections.editions_since(entry)


def show(model_admin: admin.ModelAdmin, request: HttpRequest, entry_id: int) -> HttpResponse:
    if not may(request.user, RIGHT):
        raise PermissionDenied
    entry = get_object_or_404(Entry.objects.select_related("standing", "edition"), pk=entry_id)
    newest = corrections.editions_since(entry).first()
    initial = {"seen": entry.standing.last_id, "after": newest.pk if newest else None}
    form = CorrectionForm(request.POST or None, entry=entry, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            corrections.correct(entry, form.cleaned_data["after"], by=request.user, seen=form.cleaned_data["seen"])
        except Changed as changed:
            form.data = form.data.copy()
            form.data["seen"] = entry.standing.last_id
            form.add_error(None, f"{changed} {_('Look at it, then do this again.')}")
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("%(number)s now leads to what was changed.") % {"number": entry})
            return redirect("admin:feedback_entry_change", entry.pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Correction after %(number)s") % {"number": entry},
        "opts": model_admin.opts,
        "entry": entry,
        "form": form,
        "newest": newest,
    }
    return render(request, "admin/feedback/correct.html", context)
