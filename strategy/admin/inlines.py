from django.contrib import admin

from strategy.models import Illustration, KindWord, RelatedMaterial, Translation


class TranslationInline(admin.StackedInline):
    model = Translation
    extra = 0


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
