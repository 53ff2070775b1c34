"""
An edition as a reader meets it: in one language, with words instead of codes.

Where a language has no text of its own the default language's is shown, and `language` says so: templates put it on
what they show (`lang`), and tell the reader when `translated` is False.
"""

import calendar
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from html import escape, unescape
from pathlib import PurePath

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localdate
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from strategy import documents, rich_text
from strategy.global_goals import GLOBAL_GOALS
from strategy.kinds import KINDS
from strategy.models import Node, Page
from strategy.viewpoint import Viewpoint

MEDIA_URL = "/media/"

# Addresses within the site that have no language.
_PAGE = re.compile(r"/(?!media/|static/|admin/)")
_LINK_TO_PAGE = re.compile(rf'(?<=href="){_PAGE.pattern}[^"]*(?=")')


class Words:
    """What this municipality calls the levels: as the start page in force says, else in the portal's own words."""

    def __init__(self, words: Mapping[str, Mapping], language: str) -> None:
        self.words = words
        self.language = language

    def one(self, kind: str) -> str:
        return self._own(kind, "one") or str(KINDS[kind].one)

    def many(self, kind: str) -> str:
        return self._own(kind, "many") or str(KINDS[kind].many)

    def _own(self, kind: str, number: str) -> str:
        return self.words.get(kind, {}).get(self.language, {}).get(number, "")


class Reading:
    """
    `page` from a viewpoint. `others` are editions, by node id, that it may name by their title and address then;
    `unnamed` the ids of nodes with an edition that may not be shown.
    """

    def __init__(
        self,
        page: Page,
        viewpoint: Viewpoint,
        words: Words,
        others: Mapping[int, Page] | None = None,
        media_url: str = MEDIA_URL,
        unnamed: Collection[int] = (),
    ) -> None:
        self.page = page
        self.viewpoint = viewpoint
        self.words = words
        self.others = others or {}
        self.media_url = media_url
        self.unnamed = unnamed
        # What a list says about where the page stands and what stands below it: strategy.gathering fills them in.
        self.above: Reading | None = None
        self.below = ""
        self.document = documents.upgrade(page.document)
        self.language = viewpoint.language if viewpoint.language in self.document["texts"] else settings.LANGUAGE_CODE
        self.text = self.document["texts"][self.language]

    def __repr__(self) -> str:
        return f"<Reading {self.url}>"

    @property
    def node_id(self) -> int:
        return self.page.node_id

    @property
    def kind(self) -> str:
        return self.page.kind

    @property
    def kind_word(self) -> str:
        return self.words.one(self.kind)

    @property
    def url(self) -> str:
        return self.viewpoint.url(self.page.address)

    @property
    def short_url(self) -> str:
        """Leads to the page wherever it is moved."""
        return self.viewpoint.url(f"/n/{self.node_id}/")

    @property
    def translated(self) -> bool:
        return self.language == self.viewpoint.language

    @property
    def languages(self) -> list[str]:
        """Those that the page has a text of its own in."""
        return [code for code, _name in settings.LANGUAGES if code in self.document["texts"]]

    @property
    def portal_translation(self) -> bool:
        return self.text["by_portal"]

    @property
    def title(self) -> str:
        return self.text["title"]

    @property
    def lead(self) -> str:
        return self.text["lead"]

    @cached_property
    def body(self) -> SafeString:
        return self._shown(self.text["body"])

    @property
    def number(self) -> str:
        return self.document["number"]

    @property
    def example(self) -> bool:
        return self.document["example"]

    @property
    def illustrations(self) -> list[dict]:
        return [
            {**row, "url": self.media_url + row["file"] if row["file"] else ""}
            for row in self._in_language(self.document["illustrations"])
        ]

    @property
    def related(self) -> list[dict]:
        return [
            {
                "title": row["title"],
                "url": self.media_url + row["file"] if row["file"] else self._address(row["address"]),
                "download": f"{row['title']}{PurePath(row['file']).suffix}" if row["file"] else "",
                "year": row["year"],
                "size_words": _size_words(row["file"], row["bytes"]),
                "language": row["language"],
            }
            for row in self._in_language(self.document["related"])
        ]

    @property
    def boards(self) -> list[dict]:
        return self._named(self.document["boards"])

    @property
    def themes(self) -> list[dict]:
        return self._named(self.document["themes"])

    @property
    def global_goals(self) -> list[dict]:
        return [{"number": number, "name": GLOBAL_GOALS[number]} for number in self.document["global_goals"]]

    @property
    def period(self) -> tuple[date, date] | None:
        period = self.document["period"]
        return (date.fromisoformat(period["start"]), date.fromisoformat(period["end"])) if period else None

    @property
    def period_words(self) -> str:
        return period_words(*self.period) if self.period else ""

    @property
    def target_year(self) -> int | None:
        return self.document["target_year"]

    @property
    def decision(self) -> dict | None:
        decision = self.document["decision"]
        return decision and {**decision, "on": decision["on"] and date.fromisoformat(decision["on"])}

    @property
    def indicator(self) -> dict | None:
        indicator = self.document["indicator"]
        if not indicator:
            return None
        decimals = indicator["decimals"]
        return {
            "name": indicator["name"],
            "unit": indicator["unit"],
            # Translations have no name or unit of their own.
            "language": settings.LANGUAGE_CODE,
            "baseline_value_words": number_words(indicator["baseline"]["value"], decimals),
            "baseline_year": indicator["baseline"]["year"],
            "target_value_words": number_words(indicator["target"]["value"], decimals),
            "target_year": indicator["target"]["year"],
            "direction_words": Node.Direction(indicator["direction"]).label,
        }

    @property
    def stage(self) -> str:
        return self.document["stage"]

    @property
    def stage_word(self) -> str:
        return str(Node.Stage(self.stage).label) if self.stage else ""

    @property
    def board(self) -> dict | None:
        return self.document["board"]

    @property
    def easy_language(self) -> str:
        """That of its easy-to-read text: this language, else the default one; "" if there is none."""
        texts = self.document["easy_to_read"]
        return next((code for code in (self.viewpoint.language, settings.LANGUAGE_CODE) if code in texts), "")

    @property
    def easy_to_read(self) -> dict | None:
        """{title, body, language, translated, url}, or None."""
        if not self.easy_language:
            return None
        text = self.document["easy_to_read"][self.easy_language]
        return {
            "title": text["title"],
            "body": self._shown(text["body"]),
            "language": self.easy_language,
            "translated": self.easy_language == self.viewpoint.language,
            "url": self.viewpoint.url(self.page.easy_address),
        }

    @property
    def statement(self) -> dict | None:
        """What an accessibility statement says, in codes; strategy.statement has the words."""
        statement = self.document["statement"]
        lists = ("failures", "exemptions")
        return statement and {**statement, **{name: self._in_language(statement[name]) for name in lists}}

    @property
    def reviewed_on(self) -> date | None:
        """When someone last read the page and found it right, if that is after its last change."""
        reviewed = self.document["reviewed_on"]
        reviewed = reviewed and date.fromisoformat(reviewed)
        return reviewed if reviewed and reviewed > localdate(self.updated_at) else None

    @property
    def updated_at(self) -> datetime:
        return self.page.content_since

    def _shown(self, html: str) -> SafeString:
        """Cleaned once more: whoever wrote to the table, a page shows nothing but what the editor offers."""
        html = rich_text.clean(html)
        html = _LINK_TO_PAGE.sub(lambda link: escape(self.viewpoint.url(unescape(link[0]))), html)
        return mark_safe(html)  # noqa: S308 cleaned two lines up

    def _in_language(self, rows: list[dict]) -> list[dict]:
        """Rows have the language of their words: this text's own if there are any, else the default language's."""
        own = [row for row in rows if row["language"] == self.language]
        return own or [row for row in rows if row["language"] == settings.LANGUAGE_CODE]

    def _named(self, rows: list[dict]) -> list[dict]:
        """
        Boards and themes by their present name and address; by the name they had, without a link, if withdrawn. A name
        that is or was on an edition which may not be shown is not given away: the link leads to why.
        """
        return [self._name(row) for row in rows]

    def _name(self, row: dict) -> dict:
        page = self.others.get(row["node"])
        if page is None and row["node"] in self.unnamed:
            url = self.viewpoint.url(f"/n/{row['node']}/")
            return {"name": _("May not be shown"), "language": self.viewpoint.language, "url": url}
        titles = documents.titles(documents.upgrade(page.document)) if page else row["titles"]
        asked = self.viewpoint.language
        language = asked if asked in titles else settings.LANGUAGE_CODE
        return {
            "name": titles[language],
            "language": language,
            "url": self.viewpoint.url(page.address) if page else "",
        }

    def _address(self, address: str) -> str:
        return self.viewpoint.url(address) if _PAGE.match(address) else address


def number_words(value: str | None, decimals: int) -> str:
    """A decimal number as text in the words of the active language: "1 165", "82,2", "−3" (STEER-27)."""
    if value is None:
        return ""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    # In a text that is read from right to left, the sign would end up behind the number.
    minus = "\N{LEFT-TO-RIGHT MARK}−" if get_language_bidi() else "−"
    return number_format(rounded, decimals, use_l10n=True, force_grouping=True).replace("-", minus)


def period_words(start: date, end: date) -> str:
    """A period as short as it can be said: whole years, whole months, or days."""
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return str(start.year) if start.year == end.year else f"{start.year}–{end.year}"
    whole_months = start.day == 1 and end.day == calendar.monthrange(end.year, end.month)[1]
    form = "F Y" if whole_months else "j F Y"
    words = [date_format(day, form) for day in (start, end)]
    return words[0] if words[0] == words[1] else " – ".join(words)


def _size_words(name: str, size: int | None) -> str:
    return f"{PurePath(name).suffix[1:]}, {filesizeformat(size)}" if name and size is not None else ""
