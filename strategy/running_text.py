"""Running text as a row of blocks: what is left of rich text when it is compared, or read by what shows no HTML."""

from dataclasses import dataclass
from html.parser import HTMLParser

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from strategy.rich_text import clean


class BlockKind(TextChoices):
    PARAGRAPH = "paragraph", _("Paragraph")
    HEADING = "heading", _("Heading")
    POINT = "point", _("Point in a list")
    QUOTE = "quote", _("Quotation")
    CELL = "cell", _("Cell of a table")
    CAPTION = "caption", _("Title of a table")


PARAGRAPH, HEADING, POINT, QUOTE, CELL, CAPTION = BlockKind

_KINDS = {"h2": HEADING, "h3": HEADING, "h4": HEADING, "li": POINT, "td": CELL, "th": CELL, "caption": CAPTION}
_BLOCK_TAGS = {*_KINDS, "p", "blockquote", "ul", "ol", "table", "tr"}


@dataclass(frozen=True)
class Block:
    kind: BlockKind
    text: str


def blocks_of_text(text: str) -> list[Block]:
    """The lines of a text without formatting."""
    return [Block(PARAGRAPH, line) for line in map(_in_one_line, text.splitlines()) if line]


def blocks_of_html(html: str) -> list[Block]:
    """The blocks of rich text, with the addresses of links written out: they are a part of what it says."""
    parser = _Parser()
    parser.feed(clean(html))
    parser.close()
    return parser.finished()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCK_TAGS:
            self._end_block()
            self.open.append(tag)
        elif tag == "a":
            self.links.append(dict(attrs).get("href") or "")
        elif tag == "br":
            self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCK_TAGS:
            self._end_block()
            while tag in self.open and self.open.pop() != tag:
                pass
        elif tag == "a" and self.links and (address := self.links.pop()):
            self.words.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def finished(self) -> list[Block]:
        self._end_block()
        return self.blocks

    def _end_block(self) -> None:
        if text := _in_one_line("".join(self.words)):
            within = next((_KINDS[tag] for tag in reversed(self.open) if tag in _KINDS), PARAGRAPH)
            self.blocks.append(Block(QUOTE if within == PARAGRAPH and "blockquote" in self.open else within, text))
        self.words = []


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
