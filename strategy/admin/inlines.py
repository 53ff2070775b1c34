from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.forms import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from strategy.lix import words_about
from strategy.models import (
    AccessibilityExemption,
    AccessibilityFailure,
    EasyText,
    Illustration,
    KindWord,
    RelatedMaterial,
    Translation,
)
from strategy.statement import refuse_full_with_failures


class TextInline(admin.StackedInline):
    """Rows with a text of their own, and how hard it is to read (WEB-13)."""

    extra = 0
    readonly_fields = ["readability"]

    @admin.display(description=_("LIX of the saved text"), empty_value="–")
    def readability(self, row: Translation | EasyText) -> str | None:
        return words_about(row.body) or None


class TranslationInline(TextInline):
    model = Translation


class EasyTextInline(TextInline):
    model = EasyText


class IllustrationInline(admin.StackedInline):
    model = Illustration
    extra = 0
    fields = ["drawing", "image", "alternative_text", "decorative", "caption", ("language", "order")]


class RelatedMaterialInline(admin.TabularInline):
    model = RelatedMaterial
    extra = 0
    fields = ["title", "file", "address", "year", "language", "order"]


class KindWordInline(admin.TabularInline):
    model = KindWord
    extra = 0


class FailureFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Beside what the form of the statement says, which Django has read by now."""
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        refuse_full_with_failures(self.instance, len([form for form in kept if form not in self.deleted_forms]))


SHORT_TEXTS = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}


class AccessibilityFailureInline(admin.StackedInline):
    model = AccessibilityFailure
    formfield_overrides = SHORT_TEXTS
    formset = FailureFormSet
    extra = 0
    fields = [("situation", "criterion"), "what", "why", "instead", ("language", "order")]


class AccessibilityExemptionInline(admin.StackedInline):
    model = AccessibilityExemption
    formfield_overrides = SHORT_TEXTS
    extra = 0
    fields = ["ground", "what", "why", ("language", "order")]
