"""
Searching pages: what a reader wrote, as PostgreSQL reads it, the words it may have meant, and where they stand.

Words are compared as the stemmer of their language leaves them, with accents or without ("fardplan" finds "färdplan"),
and found from their beginnings, since Swedish puts words together ("arbetslös" finds "Arbetslösheten").
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.search import SearchQuery, TrigramSimilarity
from django.db import connection, transaction
from django.db.models import Q, Value
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from strategy.models import SearchText, SearchWord
from strategy.models.page import PageQuerySet
from strategy.models.search import HEADING, TITLE, SearchTextQuerySet, Weighted
from strategy.running_text import blocks_of_html

# The languages that PostgreSQL 15 and newer have a stemmer for; words of others are compared as they are.
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "nb": "norwegian",
    "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

LONGEST = 200
MOST_WORDS = 12
# What PostgreSQL takes for alike is 0.3; a word that differs more than this is another word.
_ALIKE = 0.4
_EXTRACT_WORDS = 32
# Of two letters, too many words begin with them; of three, most are stop words.
_SHORTEST_BEGINNING = 3
_SHORTEST_MISSPELT = 4
_CANDIDATES = 5

_TERM = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
_WORD = re.compile(r"\w+(?:[.:]\w+)*")
# Definite endings that PostgreSQL's Swedish stemmer leaves: biblioteket, skolan, miljön.
_SWEDISH_ENDING = re.compile(r"(?<=\w{4})(?:et|an|en|n)$")


@dataclass(frozen=True)
class Term:
    """Words that stand beside each other; `wanted` is whether a page must have them or must not."""

    words: tuple[str, ...]
    wanted: bool = True


@dataclass(frozen=True)
class Query:
    """What a reader asks for. `was_cut` tells that more was written than is looked for."""

    text: str
    terms: tuple[Term, ...]
    was_cut: bool = False

    @classmethod
    def of(cls, text: str) -> Self:
        """Never fails: what can't be looked for is left out."""
        # Signs without a width, such as the soft hyphens of copied text, part no words.
        seen = (sign for sign in text if unicodedata.category(sign) != "Cf")
        clean = " ".join("".join(sign if sign.isprintable() else " " for sign in seen).split())
        terms = []
        count = 0
        for match in _TERM.finditer(clean[:LONGEST]):
            minus, phrase, word = match.groups()
            words = tuple(_WORD.findall(unicodedata.normalize("NFC", (word if phrase is None else phrase).lower())))
            room = max(0, MOST_WORDS - count)
            count += len(words)
            if words[:room]:
                terms.append(Term(words[:room], not minus))
        return cls(clean[:LONGEST], tuple(terms), len(clean) > LONGEST or count > MOST_WORDS)

    def __bool__(self) -> bool:
        """Whether there is anything to look for; pages without a word alone are no answer."""
        return any(term.wanted for term in self.terms)

    def in_language(self, language: str, *, exact: bool = False, any_word: bool = False) -> SearchQuery:
        """`exact` finds whole words alone; `any_word` what has one of those that are wanted."""
        terms = [term for term in self.terms if term.wanted or not any_word]
        parts = [f"{'' if term.wanted else '!'}({_phrase(term, language, exact=exact)})" for term in terms]
        config = STEMMERS.get(language.partition("-")[0], "simple")
        return SearchQuery((" | " if any_word else " & ").join(parts), config=f"pg_catalog.{config}", search_type="raw")


def _phrase(term: Term, language: str, *, exact: bool) -> str:
    if exact or len(term.words) > 1 or not term.wanted:
        return " <-> ".join(f"'{word}'" for word in term.words)
    word = term.words[0]
    stem = _SWEDISH_ENDING.sub("", word) if language == "sv" else word
    if len(word) < _SHORTEST_BEGINNING:
        return f"'{word}'"
    return " | ".join(f"'{form}':*" for form in dict.fromkeys((word, stem)))


@dataclass(frozen=True)
class Found:
    """Ids of pages, those to be shown first at the beginning. It is sliced, as a list."""

    ids: list[int]
    only_some_words: bool = False

    @classmethod
    def by_some_words(cls, query: Query, language: str, moment: datetime) -> Self:
        """
        What has some of the words that are wanted: the rarer the words and the more of them, the better. A query for
        each word, and none where there is but one.
        """
        wanted = [term for term in query.terms if term.wanted]
        unwanted = tuple(term for term in query.terms if not term.wanted)
        worth = Counter()
        for term in wanted if len(wanted) > 1 else ():
            having = Matches.of(Query(query.text, (term, *unwanted)), language, moment).ids
            worth.update({pk: 1 / len(having) for pk in having})
        return cls([pk for pk, _worth in worth.most_common()], only_some_words=True)

    def within(self, pages: PageQuerySet) -> Self:
        """Those that are among `pages`. One query."""
        among = set(pages.values_list("pk", flat=True))
        return replace(self, ids=[pk for pk in self.ids if pk in among])

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, part: slice) -> list[int]:
        return self.ids[part]


@dataclass(frozen=True, kw_only=True)
class Matches(Found):
    """
    What a reader of `language` finds by all the words, `ids` being in the order in which nodes were made. A slice is of
    the best first: title over lead over all else, and whole words over beginnings of words. It takes at most five
    queries.

    Indexes tell what stands in titles and leads. What ranks by reading the vectors, as ts_rank does, takes longer than
    all else together.
    """

    query: Query
    language: str

    @classmethod
    def of(cls, query: Query, language: str, moment: datetime) -> Self:
        """All of them, those by the default language where a page has no text in this one. One query."""
        texts = SearchText.objects.at(moment).filter(_found(query, language))
        with _by_index():
            return cls(ids=_ids(texts), query=query, language=language)

    def __getitem__(self, part: slice) -> list[int]:
        best, left = [], dict.fromkeys(self.ids)
        for place, how in self._places():
            if len(best) >= part.stop or not left:
                break
            first = [pk for pk in self._having(place, **how) if pk in left]
            best += first
            for pk in first:
                left.pop(pk, None)
        return [*best, *left][part]

    def _places(self) -> list[tuple[Weighted, dict[str, bool]]]:
        places = [(TITLE, {"exact": True}), (TITLE, {}), (HEADING, {"exact": True}), (HEADING, {})]
        return [*places, (TITLE, {"exact": True, "any_word": True})] if len(self.query.terms) > 1 else places

    def _having(self, place: Weighted, **how: bool) -> list[int]:
        """What has in this place what is asked for, of all days."""
        there = Q()
        for code in {self.language, settings.LANGUAGE_CODE}:
            there |= Q(language=code, place=self.query.in_language(code, **how))
        texts = SearchText.objects.alias(place=place).filter(there)
        with _by_index():
            return _ids(texts)


def _ids(texts: SearchTextQuerySet) -> list[int]:
    """Of their pages, as one value: there may be tens of thousands."""
    return texts.aggregate(ids=ArrayAgg("page", order_by="node_id", default=Value([])))["ids"]


@contextmanager
def _by_index() -> Iterator[None]:
    """PostgreSQL takes the reading of a long vector for free, and would rather read all of them than ask the index."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL max_parallel_workers_per_gather = 0")
        yield
        cursor.execute("SET LOCAL enable_seqscan TO DEFAULT; SET LOCAL max_parallel_workers_per_gather TO DEFAULT")


def _found(query: Query, language: str, *, exact: bool = False) -> Q:
    own = _words(query, language, exact=exact)
    if language == settings.LANGUAGE_CODE:
        return own
    return own | ~Q(languages__contains=[language]) & _words(query, settings.LANGUAGE_CODE, exact=exact)


def _words(query: Query, language: str, *, exact: bool) -> Q:
    found = Q(language=language, words=query.in_language(language, exact=exact))
    if all(term.wanted for term in query.terms):
        return found
    # What is wanted may be nothing but stop words, and then all without the others is no answer.
    return found & Q(words=query.in_language(language, exact=exact, any_word=True))


def suggestion(query: Query, language: str, moment: datetime) -> str:
    """
    The query with its words replaced by those most alike that pages have, if a page is found by it; else "". A few
    queries a word, of which there are at most MOST_WORDS.
    """
    languages = [language, settings.LANGUAGE_CODE]
    words = [word for term in query.terms if term.wanted for word in term.words]
    replaced = [_most_alike(word, languages, moment) for word in words]
    if replaced == words:
        return ""
    meant = Query.of(" ".join(replaced))
    return meant.text if _is_found(meant, language, moment, exact=True) else ""


def _most_alike(word: str, languages: list[str], moment: datetime) -> str:
    if len(word) < _SHORTEST_MISSPELT or _is_found(Query.of(word), languages[0], moment, exact=False):
        return word
    alike = SearchWord.objects.filter(language__in=languages, plain__trigram_similar=plain(word))
    alike = alike.annotate(alike=TrigramSimilarity("plain", plain(word))).filter(alike__gte=_ALIKE)
    # Those of scheduled, blocked and withdrawn editions are among them.
    best = alike.order_by("-alike", "word").values_list("word", flat=True)[:_CANDIDATES]
    return next((other for other in best if _is_found(Query.of(other), languages[0], moment, exact=True)), word)


def _is_found(query: Query, language: str, moment: datetime, *, exact: bool) -> bool:
    with _by_index():
        return bool(query) and SearchText.objects.at(moment).filter(_found(query, language, exact=exact)).exists()


def plain(text: str) -> str:
    """In small letters, without accents."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


@dataclass(frozen=True)
class Marker:
    """Marks the words of a query in texts that were found by it."""

    beginnings: tuple[str, ...]

    @classmethod
    def of(cls, query: Query) -> "Marker":
        words = [plain(word) for term in query.terms if term.wanted for word in term.words]
        # Short words are mostly stop words, which say nothing of why a page was found, unless there are no others.
        telling = [word for word in words if len(word) >= _SHORTEST_MISSPELT or word[0].isdigit()] or words
        return cls(tuple({_root(word) for word in telling if len(word) >= _SHORTEST_BEGINNING or word[0].isdigit()}))

    def marked(self, text: str) -> SafeString:
        """`text` as HTML, escaped, with what was looked for in `<mark>`."""
        pieces = []
        end = 0
        for match in re.finditer(r"\w+", text):
            if self._is_meant(match[0]):
                pieces += [escape(text[end : match.start()]), f"<mark>{escape(match[0])}</mark>"]
                end = match.end()
        return mark_safe("".join([*pieces, escape(text[end:])]))  # noqa: S308 escaped piece by piece

    def extract(self, lead: str, body: str) -> SafeString:
        """A part of the text around what was looked for, else its beginning."""
        words = f"{lead} {' '.join(block.text for block in blocks_of_html(body))}".split()
        first = next((place for place, word in enumerate(words) if self._has_meant(word)), 0)
        start = max(0, first - _EXTRACT_WORDS // 3) if first > _EXTRACT_WORDS // 2 else 0
        shown = words[start : start + _EXTRACT_WORDS]
        before = "… " if start else ""
        after = " …" if start + _EXTRACT_WORDS < len(words) else ""
        return self.marked(f"{before}{' '.join(shown)}{after}")

    def _has_meant(self, text: str) -> bool:
        return any(self._is_meant(word) for word in re.findall(r"\w+", text))

    def _is_meant(self, word: str) -> bool:
        return bool(self.beginnings) and plain(word).startswith(self.beginnings)


def _root(word: str) -> str:
    """Roughly what a stemmer leaves, without accents: it only decides what is marked."""
    return re.sub(r"(?<=\w{4})(?:orna|arna|erna|ande|ning|ing|ies|et|an|en|ar|or|er|ed|es|n|s|a|e)$", "", word)
