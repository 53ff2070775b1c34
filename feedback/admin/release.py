"""What of an entry is made public: words for the public register, and what was written, with what is masked in it."""

import json
from dataclasses import astuple
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback import release, roles
from feedback.masks import Ground, Mask, apart, facts_of, masked, pieces
from feedback.models import Entry, Passage, Standing
from feedback.personal_data import holds_personal_number, suspected
from feedback.register import Refused
from feedback.secrecy import is_secret
from feedback.steps import State
from strategy.dated import STOCKHOLM

MAY = "register_entry"
ROWS_OF_WORDS = 3
REVIEW_AFTER = timedelta(days=2 * 365)
AROUND = 40


def urls(model_admin: admin.ModelAdmin) -> list[URLPattern]:
    screens = {"release": Release(model_admin).release, "describe": Release(model_admin).describe}
    return [
        path(f"<int:entry_id>/{name}/", model_admin.admin_site.admin_view(view), name=f"feedback_entry_{name}")
        for name, view in screens.items()
    ]


class MaskForm(forms.Form):
    """A place where personal data is suspected, or, with `words`, all the places where they stand."""

    is_masked = forms.BooleanField(required=False, initial=True, label=gettext_lazy("Mask"))
    words = forms.CharField(required=False, max_length=500, label=gettext_lazy("Words to mask"))
    ground = forms.ChoiceField(choices=Ground.choices, required=False, label=gettext_lazy("Ground"))
    review_on = forms.DateField(
        required=False,
        label=gettext_lazy("Look at it again by"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def clean(self) -> None:
        if not self.is_used:
            return
        if not self.cleaned_data.get("ground"):
            self.add_error("ground", ValidationError(_("Choose a ground.")))
        review_on = self.cleaned_data.get("review_on")
        if "review_on" not in self.errors and (review_on is None or review_on <= localdate(timezone=STOCKHOLM)):
            self.add_error("review_on", ValidationError(_("Choose a day ahead.")))

    @property
    def is_used(self) -> bool:
        return bool(self.cleaned_data.get("words") if self.of_words else self.cleaned_data.get("is_masked"))

    @property
    def of_words(self) -> bool:
        return self.prefix.startswith("words")


class DescribeForm(forms.Form):
    sender = forms.ChoiceField(
        choices=Standing.Sender.choices, widget=forms.RadioSelect, label=gettext_lazy("Who wrote")
    )
    sender_name = forms.CharField(
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Of an organisation or authority, or of who wrote in a role. Private persons: nothing."),
    )
    subject = forms.CharField(
        required=False,
        max_length=release.LONGEST_SUBJECT,
        widget=forms.TextInput(attrs={"class": "vLargeTextField"}),
        label=gettext_lazy("What it is about"),
        help_text=gettext_lazy("Empty for the usual words: the type of message and the page. Never what was written."),
    )
    anyway = forms.BooleanField(
        required=False, label=gettext_lazy("Make the e-mail address or phone number public all the same")
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> None:
        for name in ("sender_name", "subject"):
            text = self.cleaned_data.get(name, "")
            if holds_personal_number(text):
                self.add_error(name, ValidationError(_("A personal identity number can't be in the public register.")))
            elif suspected(text) and not self.cleaned_data.get("anyway"):
                self.warns = True
                self.add_error(name, ValidationError(_("This seems to be an e-mail address or a phone number.")))

    warns = False


class Release:
    def __init__(self, model_admin: admin.ModelAdmin) -> None:
        self.model_admin = model_admin

    def release(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Choose what to mask, look at what would be public, release it; or take it back."""
        entry, standing = self._found(request, entry_id)
        if request.method == "POST" and request.POST.get("action") == "withdraw":
            return self._withdrawn(request, entry)
        if standing.secret or not entry.message:
            return self._show(request, "cannot_release", entry, standing, {})
        spans = suspected(entry.message)
        data = request.POST if request.method == "POST" else None
        review_on = localdate(timezone=STOCKHOLM) + REVIEW_AFTER
        of_spans, of_words = begun(entry.message, spans, release.last_masks(entry), review_on)
        forms_of_spans = [MaskForm(data, prefix=f"span-{i}", initial=initial) for i, initial in enumerate(of_spans)]
        rows = max(ROWS_OF_WORDS, (rows_written(data) if data else len(of_words)) + 1)
        of_words += [usual("", review_on)] * (rows - len(of_words))
        forms_of_words = [MaskForm(data, prefix=f"words-{i}", initial=of_words[i]) for i in range(rows)]
        preview, problems = None, []
        if data is not None:
            masks, problems = chosen(entry.message, spans, forms_of_spans, forms_of_words)
            if not problems:
                preview = masks
                problem = self._released(request, entry, masks) if data.get("action") == "release" else ""
                if problem is None:
                    return redirect("admin:feedback_entry_change", entry.pk)
                problems = [problem] if problem else []
        context = {
            "problems": problems,
            "text": marked(entry.message, spans),
            "rows": [(form, *beside(entry.message, span)) for form, span in zip(forms_of_spans, spans, strict=True)],
            "rows_of_words": forms_of_words,
            "seen": standing.last_id,
            **(previewed(entry.message, preview) if preview is not None else {}),
        }
        return self._show(request, "release", entry, standing, context)

    def describe(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        entry, standing = self._found(request, entry_id)
        if any(is_secret(standing, name) for name in ("sender", "subject")):
            # What is hidden is read on the entry's own screen, where that is written down (REC-44).
            return self._show(request, "cannot_describe", entry, standing, {})
        written = dict(Passage.objects.filter(event=standing.described_id).values_list("name", "text"))
        initial = {
            "sender": standing.sender,
            "sender_name": written.get("sender", ""),
            "subject": written.get("subject", ""),
            "seen": standing.last_id,
        }
        form = DescribeForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            said = {name: form.cleaned_data[name] for name in ("sender", "sender_name", "subject", "seen")}
            try:
                release.describe(entry, by=request.user, **said)
            except Refused as refused:
                form.add_error(None, str(refused))
                form.data = form.data.copy()
                form.data["seen"] = standing.last_id
            else:
                messages.success(request, _("The public register now says so."))
                return redirect("admin:feedback_entry_change", entry.pk)
        return self._show(request, "describe", entry, standing, {"form": form})

    def _found(self, request: HttpRequest, entry_id: int) -> tuple[Entry, Standing]:
        if not roles.may(request.user, MAY):
            raise PermissionDenied
        entry = get_object_or_404(Entry.objects.select_related("standing", "edition"), pk=entry_id)
        return entry, entry.standing

    def _released(self, request: HttpRequest, entry: Entry, masks: list[Mask]) -> str | None:
        """None once it is released, and else why it is not."""
        if not constant_time_compare(request.POST.get("previewed", ""), fingerprint(entry.message, masks)):
            return _("You have changed what is masked. Look at the preview, and release the text once more.")
        try:
            release.release(entry, masks, by=request.user, seen=number_in(request.POST, "seen"))
        except Refused as refused:
            return str(refused)
        messages.success(request, _("The text of %(number)s is now in the public register.") % {"number": entry})
        return None

    def _withdrawn(self, request: HttpRequest, entry: Entry) -> HttpResponse:
        try:
            release.withdraw(entry, by=request.user, seen=number_in(request.POST, "seen"))
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("admin:feedback_entry_release", entry.pk)
        messages.success(request, _("The text of %(number)s is no longer in the public register.") % {"number": entry})
        return redirect("admin:feedback_entry_change", entry.pk)

    def _show(
        self, request: HttpRequest, name: str, entry: Entry, standing: Standing, context: dict[str, Any]
    ) -> HttpResponse:
        title = _("Describe %(number)s") if name.endswith("describe") else _("Release %(number)s")
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": title % {"number": entry.designation},
            "opts": self.model_admin.opts,
            "entry": entry,
            "standing": standing,
            "may_describe": name != "describe" and standing.state != State.DISPOSED,
            **context,
        }
        return render(request, f"admin/feedback/{name}.html", context)


def begun(
    text: str, spans: list, last: list[Mask] | None, review_on: date
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """
    What the forms of spans and of words say at first: as it was masked the last time, so that nothing comes to light
    because somebody masks one thing more. What is suspected is masked from the start, unless it was let through then.
    """
    if last is None:
        return [usual(span.kind, review_on) for span in spans], []
    of_places = {
        (mask.start, mask.end): {"is_masked": True, "ground": mask.ground, "review_on": mask.review_on} for mask in last
    }
    of_spans = []
    for span in spans:
        found = of_places.pop((span.start, span.end), None)
        is_covered = any(mask.start < span.end and span.start < mask.end for mask in last)
        of_spans.append(found or {**usual(span.kind, review_on), "is_masked": is_covered})
    of_words = {text[start:end]: initial for (start, end), initial in of_places.items()}
    return of_spans, [{**initial, "words": words} for words, initial in of_words.items()]


def usual(kind: str, review_on: date) -> dict[str, Any]:
    return {"is_masked": True, "ground": release.usual_ground(kind), "review_on": review_on}


def rows_written(data: Any) -> int:
    """How many rows of words were sent."""
    number = 0
    while data is not None and f"words-{number}-words" in data and number < 200:
        number += 1
    return sum(bool(data[f"words-{i}-words"].strip()) for i in range(number)) if number else 0


def chosen(
    text: str, spans: list, forms_of_spans: list[MaskForm], forms_of_words: list[MaskForm]
) -> tuple[list[Mask], list[str]]:
    """What is to be masked, and what is wrong with it."""
    # Every form is asked, so that each says what is wrong with it.
    if not all([form.is_valid() for form in (*forms_of_spans, *forms_of_words)]):  # noqa: C419
        return [], [_("Something is missing below.")]
    places = [
        (form, [(span.start, span.end)])
        for form, span in zip(forms_of_spans, spans, strict=True)
        if form.cleaned_data["is_masked"]
    ]
    problems = []
    for form in forms_of_words:
        words = form.cleaned_data["words"]
        found = list(release.places_of(words, text))
        if words and not found:
            form.add_error("words", ValidationError(_("These words are not in the text.")))
            problems.append(_("“%(words)s” is not in the text.") % {"words": words})
        places.append((form, found))
    masks = [
        Mask(start, end, form.cleaned_data["ground"], form.cleaned_data["review_on"])
        for form, found in places
        for start, end in found
    ]
    if not problems and release.numbers_left(text, masks):
        problems.append(_("A personal identity number is left in the text. It has to be masked."))
    return apart(masks), problems


def previewed(text: str, masks: list[Mask]) -> dict[str, Any]:
    copy = masked(text, masks)
    return {
        "preview": list(pieces(copy, facts_of(masks))),
        "warnings": [(copy[span.start : span.end], span.kind.label) for span in release.still_suspected(text, masks)],
        "previewed": fingerprint(text, masks),
    }


def fingerprint(text: str, masks: list[Mask]) -> str:
    """Of what somebody has looked at: only that is released. By what is masked: the facts don't tell how much it is."""
    seen = json.dumps([text, [astuple(mask) for mask in masks]], default=str)
    return salted_hmac("feedback.release", seen, algorithm="sha256").hexdigest()


def marked(text: str, spans: list) -> list[tuple[str, str]]:
    """The text in parts, with the kind of what is suspected or ""."""
    parts, done = [], 0
    for start, end, kind in spans:
        parts += [(text[done:start], ""), (text[start:end], kind.label)]
        done = end
    return [*parts, (text[done:], "")]


def beside(text: str, span: Any) -> tuple[str, str, str, str]:
    """A few words before, what is suspected, a few words after, and its kind."""
    start, end, kind = span
    return text[max(start - AROUND, 0) : start], text[start:end], text[end : end + AROUND], kind.label


def number_in(data: Any, name: str) -> int:
    """What the person had before them; what is no number was before nobody."""
    value = data.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else -1
