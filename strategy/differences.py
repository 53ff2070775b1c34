"""
What two documents of a node say differently, in the words of the active language.

Texts are compared in the reader's language where both documents have it, else in the default one; what differs in
another language is told by name.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from strategy import documents, redline
from strategy.fields import FIELDS, Amount, Field, Form, Name, Said
from strategy.redline import Passage
from strategy.templatetags.reading import lang


@dataclass(frozen=True)
class Difference:
    """
    A field that two documents fill differently, or one of them not at all. `language` is that of what they say,
    `unnamed` the ids of nodes with an edition that may not be shown, whose name then may be what is not to be shown.
    """

    field: Field
    before: Any
    after: Any
    language: str
    unnamed: Collection[int] = ()

    @property
    def name(self) -> str:
        return capfirst(str(self.field.word))

    @property
    def form(self) -> str:
        return self.field.form.value

    @property
    def words_before(self) -> str:
        return self._words(self.before, self.after)

    @property
    def words_after(self) -> str:
        return self._words(self.after, self.before)

    @property
    def removed(self) -> list[Name]:
        return self._only(self.before, self.after)

    @property
    def added(self) -> list[Name]:
        return self._only(self.after, self.before)

    @cached_property
    def passages(self) -> list[Passage]:
        """Running text, word by word."""
        return redline.compare(*(self.field.shown(value) if value else [] for value in (self.before, self.after)))

    @property
    def is_whole(self) -> bool:
        """Whether all of it was put in, or taken out."""
        return not (self.before and self.after)

    @property
    def same_words(self) -> bool:
        """Whether nothing but the form of a running text has changed."""
        return all(passage.change in (redline.SAME, redline.SKIPPED) for passage in self.passages)

    @property
    def sentence(self) -> SafeString:
        """Without a full stop."""
        if self.field.form == Form.NAMES:
            added, removed = (
                format_html_join(", ", "<bdi{}>{}</bdi>", [(lang(name.language), name.words) for name in names])
                for names in (self.added, self.removed)
            )
            if added and removed:
                return format_html(
                    _("{name}: added {added}; removed {removed}"), name=self.name, added=added, removed=removed
                )
            words = _("{name}: added {names}") if added else _("{name}: removed {names}")
            return format_html(words, name=self.name, names=added or removed)
        before, after = self._quoted(self.words_before), self._quoted(self.words_after)
        if before and after:
            return format_html(_("{name}: from {before} to {after}"), name=self.name, before=before, after=after)
        words = _("{name}: {words} (new)") if after else _("{name}: {words} (removed)")
        return format_html(words, name=self.name, words=after or before)

    def _words(self, value: Any, other: Any) -> str:
        if _is_blank(value):
            return ""
        return value.words(other) if isinstance(value, Amount) else self.field.shown(value)

    def _only(self, value: list, other: list) -> list[Name]:
        others = self.field.shown(other)
        names = [name for key, name in self.field.shown(value).items() if key not in others]
        return [Name(_("May not be shown")) if name.node in self.unnamed else name for name in names]

    def _quoted(self, words: str) -> SafeString | str:
        if not words:
            return ""
        marked = format_html("<bdi{}>{}</bdi>", lang(self.language), words)
        return format_html(_("“{words}”"), words=marked) if self.field.quoted else marked


class Differences:
    """
    Between two documents of a node, for a reader of `asked`. `found` are those that can be shown, `elsewhere` sentences
    on the other languages, `unchanged` the names of what both documents say.
    """

    def __init__(self, before: dict, after: dict, asked: str, unnamed: Collection[int] = ()) -> None:
        before, after = documents.upgrade(before), documents.upgrade(after)
        in_both = asked in before["texts"] and asked in after["texts"]
        self.language = asked if in_both else settings.LANGUAGE_CODE
        one, other = Said(before, self.language), Said(after, self.language)
        values = [(field, field.value(one), field.value(other)) for field in FIELDS]
        self.found = [Difference(*row, self._language_of(row[0]), unnamed) for row in values if _differ(*row)]
        self.unchanged = [str(field.word) for field, *both in values if both[1] and not _differ(field, *both)]
        codes = {code for code, _name in settings.LANGUAGES} | before["texts"].keys() | after["texts"].keys()
        told = [_elsewhere(Said(before, code), Said(after, code)) for code in sorted(codes - {self.language})]
        self.elsewhere = [sentence for sentence in told if sentence]

    def __bool__(self) -> bool:
        return bool(self.found or self.elsewhere)

    @property
    def facts(self) -> list[Difference]:
        return [difference for difference in self.found if difference.field.form != Form.TEXT]

    @property
    def texts(self) -> list[Difference]:
        return [difference for difference in self.found if difference.field.form == Form.TEXT]

    @property
    def sentences(self) -> list[SafeString | str]:
        """All of it in short: running texts by their names alone."""
        kinds = (
            (_("Changed: {names}"), lambda text: text.before and text.after),
            (_("Added: {names}"), lambda text: not text.before),
            (_("Removed: {names}"), lambda text: not text.after),
        )
        named = [(words, [str(text.field.word) for text in self.texts if holds(text)]) for words, holds in kinds]
        return [
            *(fact.sentence for fact in self.facts),
            *(words.format(names=", ".join(names)) for words, names in named if names),
            *self.elsewhere,
        ]

    def _language_of(self, field: Field) -> str:
        if field.own:
            return self.language
        return settings.LANGUAGE_CODE if field.untranslated else ""


def _elsewhere(one: Said, other: Said) -> str:
    """What a language has that differs, by name."""
    name = capfirst(get_language_info(one.language)["name_translated"])
    was, is_there = (said.language in said.document["texts"] for said in (one, other))
    if was != is_there:
        words = _("{language}: translation added") if is_there else _("{language}: translation removed")
        return words.format(language=name)
    own = [field for field in FIELDS if field.own]
    changed = [str(field.word) for field in own if _differ(field, field.value(one), field.value(other))]
    return _("{language}: changed {names}").format(language=name, names=", ".join(changed)) if changed else ""


def _differ(field: Field, before: Any, after: Any) -> bool:
    if field.form == Form.NAMES:
        # A board that is called something else is the same board.
        before, after = field.shown(before).keys(), field.shown(after).keys()
    return before != after and not (_is_blank(before) and _is_blank(after))


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})
