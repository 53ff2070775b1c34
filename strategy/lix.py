"""
LIX, a measure of how hard a text is to read (Björnsson 1968): the words of a sentence on average, plus the share of
long words in per cent. A help for who writes (WEB-13), never a rule.
"""

import re
from html.parser import HTMLParser

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONG = 7

_WORD = re.compile(r"\w+(?:[-'’:.,]\w+)*")
# A full stop, a question mark, an exclamation mark or a colon ends a sentence; not within a number or before a word
# that begins small, as after "t.ex.".
_END = re.compile(r"[.?!:]+[\"”’)]*(?=\s+[^\sa-zåäö]|\s*$)")

_LEVELS = (
    (30, _("very easy, as in books for children")),
    (40, _("easy, as in fiction")),
    (50, _("of medium difficulty, as in newspapers")),
    (60, _("difficult, as in official texts")),
)
_HARDEST = _("very difficult")


class _Blocks(HTMLParser):
    """The text of each paragraph, heading, item and cell. A line break ends none of them."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = [""]

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag in ("strong", "em", "a"):
            return
        if tag == "br":
            self.texts[-1] += " "
        else:
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def lix(html: str) -> int | None:
    """The value of a rich text, rounded; None for one without words."""
    parser = _Blocks()
    parser.feed(html)
    sentences = [part for text in parser.texts for part in _END.split(text) if _WORD.search(part)]
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    if not words:
        return None
    long = sum(len(re.sub(r"\W", "", word)) >= LONG for word in words)
    return round(len(words) / len(sentences) + 100 * long / len(words))


def level(value: int) -> Promise:
    """What a value means, by the scale that goes with the measure."""
    return next((words for limit, words in _LEVELS if value < limit), _HARDEST)


def words_about(html: str) -> str:
    """What an editor is told of a text."""
    value = lix(html)
    return "" if value is None else f"{value}: {level(value)}"
