"""
Two running texts compared: what was taken out, what was put in, what stands as it stood.

Blocks are matched first, then the words of those that changed. What that may cost is bounded: where two texts are too
long to be told apart word by word, whole parts of them are shown as replaced.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby, pairwise, zip_longest

from strategy.running_text import PARAGRAPH, Block, BlockKind

SAME, ADDED, REMOVED, CHANGED, SKIPPED = "same", "added", "removed", "changed", "skipped"

# A word or a sign, with the space after it.
_TOKEN = re.compile(r"\w+(?:[-’'.,:]\w+)*\s*|[^\w\s]\s*")

# Pairs of tokens that difflib may weigh at a time, and in all of one comparison.
_PAIRS_AT_A_TIME = 250_000
_PAIRS_IN_ALL = 2_000_000
_WORDS_TO_PAIR_BLOCKS = 1_000_000
_DEEPEST = 8
# Blocks that share less than this part of their words are two, not one that was changed.
_ALIKE = 0.35
# Fewer words than this between two changes are read with them: a phrase is easier to read than crumbs of one.
_CRUMB = 3

type Run = tuple[int, int, int]


@dataclass(frozen=True)
class Piece:
    """Some words: SAME, ADDED or REMOVED."""

    change: str
    text: str


@dataclass(frozen=True)
class Passage:
    """
    A block of both texts or of one; or `count` blocks that are the same in both, SKIPPED. `was` is the kind of block
    that it was, where that was another.
    """

    change: str
    kind: BlockKind = PARAGRAPH
    was: BlockKind | None = None
    pieces: tuple[Piece, ...] = ()
    count: int = 0


def compare(before: Sequence[Block], after: Sequence[Block]) -> list[Passage]:
    """Both texts in order, without what is far from any change."""
    passages = list(_passages(before, after, _Budget()))
    near = {index + step for index, passage in enumerate(passages) if passage.change != SAME for step in (-1, 0, 1)}
    shown: list[Passage] = []
    for is_near, group in groupby(enumerate(passages), key=lambda numbered: numbered[0] in near):
        run = [passage for _index, passage in group]
        shown += run if is_near or len(run) == 1 else [Passage(SKIPPED, count=len(run))]
    return shown


class _Budget:
    def __init__(self) -> None:
        self.pairs = _PAIRS_IN_ALL

    def affords(self, pairs: int) -> bool:
        if pairs > min(self.pairs, _PAIRS_AT_A_TIME):
            return False
        self.pairs -= pairs
        return True


class _Text:
    """A block, cut into words once."""

    def __init__(self, block: Block) -> None:
        self.block = block

    @cached_property
    def tokens(self) -> list[str]:
        return _TOKEN.findall(self.block.text)

    @cached_property
    def words(self) -> list[str]:
        return [token.rstrip() for token in self.tokens]

    @cached_property
    def counted(self) -> Counter[str]:
        return Counter(self.words)

    def likeness(self, other: "_Text") -> float:
        """The part of the longer one's words that both have."""
        return (self.counted & other.counted).total() / (max(len(self.words), len(other.words)) or 1)


def _passages(before: Sequence[Block], after: Sequence[Block], budget: _Budget) -> Iterator[Passage]:
    i = j = 0
    for at_i, at_j, size in [*_runs(before, after, budget), (len(before), len(after), 0)]:
        for old, new in _paired([_Text(block) for block in before[i:at_i]], [_Text(block) for block in after[j:at_j]]):
            yield _passage(old, new, budget)
        for block in after[at_j : at_j + size]:
            yield Passage(SAME, block.kind, pieces=(Piece(SAME, block.text),))
        i, j = at_i + size, at_j + size


def _passage(old: _Text | None, new: _Text | None, budget: _Budget) -> Passage:
    if old is None:
        return Passage(ADDED, new.block.kind, pieces=(Piece(ADDED, new.block.text),))
    if new is None:
        return Passage(REMOVED, old.block.kind, pieces=(Piece(REMOVED, old.block.text),))
    was = old.block.kind if old.block.kind != new.block.kind else None
    return Passage(CHANGED, new.block.kind, was, tuple(_pieces(old, new, budget)))


def _paired(old: list[_Text], new: list[_Text]) -> Iterator[tuple[_Text | None, _Text | None]]:
    """
    Which of the blocks that differ are one that was changed: of all ways to pair them that keep their order, the one in
    which most is shared. Where they are very many: by their place.
    """
    words = [sum(len(text.words) for text in texts) for texts in (old, new)]
    if len(old) * (words[1] + len(new)) + len(new) * (words[0] + len(old)) > _WORDS_TO_PAIR_BLOCKS:
        for one, other in zip_longest(old, new):
            apart = one and other and one.likeness(other) < _ALIKE
            yield from ((one, None), (None, other)) if apart else ((one, other),)
        return
    likeness = [[one.likeness(other) for other in new] for one in old]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = likeness[i][j] + best[i + 1][j + 1] if likeness[i][j] >= _ALIKE else 0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    i = j = 0
    while i < len(old) or j < len(new):
        if i < len(old) and best[i][j] == best[i + 1][j]:
            yield old[i], None
            i += 1
        elif j < len(new) and best[i][j] == best[i][j + 1]:
            yield None, new[j]
            j += 1
        else:
            yield old[i], new[j]
            i, j = i + 1, j + 1


def _pieces(old: _Text, new: _Text, budget: _Budget) -> Iterator[Piece]:
    """No space at the end of a change: a line under or through it says nothing."""
    same = ""
    i = j = 0
    runs = _without_crumbs(_runs(old.words, new.words, budget), len(old.words), len(new.words))
    for at_i, at_j, size in [*runs, (len(old.words), len(new.words), 0)]:
        taken, put = "".join(old.tokens[i:at_i]), "".join(new.tokens[j:at_j])
        for change, text in ((REMOVED, taken), (ADDED, put)):
            if text:
                if same:
                    yield Piece(SAME, same)
                yield Piece(change, text.rstrip())
                same = " " if change == REMOVED and (put or text != text.rstrip()) else text[len(text.rstrip()) :]
        same += "".join(new.tokens[at_j : at_j + size])
        i, j = at_i + size, at_j + size
    if same.rstrip():
        yield Piece(SAME, same.rstrip())


def _without_crumbs(runs: list[Run], old: int, new: int) -> list[Run]:
    kept: list[Run] = []
    for (i, j, size), (next_i, next_j, _size) in pairwise([*runs, (old, new, 0)]):
        last_i, last_j, last_size = kept[-1] if kept else (0, 0, 0)
        before = max(i - last_i, j - last_j) - last_size
        after = max(next_i - i, next_j - j) - size
        if size >= _CRUMB or size > min(before, after):
            kept.append((i, j, size))
    return kept


def _runs(old: Sequence[Hashable], new: Sequence[Hashable], budget: _Budget) -> list[Run]:
    """What stands in both, in order: its place in `old`, its place in `new`, how much of it."""
    runs: list[Run] = []
    for i, j, size in _matches(old, new, (0, len(old)), (0, len(new)), budget, 0):
        if runs and runs[-1][0] + runs[-1][2] == i and runs[-1][1] + runs[-1][2] == j:
            runs[-1] = (*runs[-1][:2], runs[-1][2] + size)
        elif size:
            runs.append((i, j, size))
    return runs


def _matches(
    old: Sequence, new: Sequence, within: tuple[int, int], and_within: tuple[int, int], budget: _Budget, depth: int
) -> Iterator[Run]:
    """
    A small part is left to difflib, whose time can be the square of its length and worse. A larger one is cut in parts
    at what stands once in each text, in the same order (a patience diff).
    """
    (i, end_i), (j, end_j) = within, and_within
    start = 0
    while i + start < end_i and j + start < end_j and old[i + start] == new[j + start]:
        start += 1
    yield i, j, start
    i, j, end = i + start, j + start, 0
    while end_i - end > i and end_j - end > j and old[end_i - end - 1] == new[end_j - end - 1]:
        end += 1
    end_i, end_j = end_i - end, end_j - end
    if i < end_i and j < end_j:
        if budget.affords((end_i - i) * (end_j - j)):
            for a, b, size in SequenceMatcher(None, old[i:end_i], new[j:end_j], autojunk=False).get_matching_blocks():
                yield i + a, j + b, size
        elif depth < _DEEPEST and (anchors := _anchors(old, new, (i, end_i), (j, end_j))):
            for at_i, at_j in anchors:
                yield from _matches(old, new, (i, at_i), (j, at_j), budget, depth + 1)
                yield at_i, at_j, 1
                i, j = at_i + 1, at_j + 1
            yield from _matches(old, new, (i, end_i), (j, end_j), budget, depth + 1)
    yield end_i, end_j, end


def _anchors(
    old: Sequence, new: Sequence, within: tuple[int, int], and_within: tuple[int, int]
) -> list[tuple[int, int]]:
    """The longest row of places, rising in both texts, of what stands once in each."""
    once = {item for item, count in Counter(old[slice(*within)]).items() if count == 1}
    once &= {item for item, count in Counter(new[slice(*and_within)]).items() if count == 1}
    place = {new[at]: at for at in range(*and_within) if new[at] in once}
    pairs = [(at, place[old[at]]) for at in range(*within) if old[at] in once]
    tails: list[int] = []
    before: list[int | None] = []
    for index, (_at, value) in enumerate(pairs):
        length = bisect_left(tails, value, key=lambda tail: pairs[tail][1])
        before.append(tails[length - 1] if length else None)
        tails[length : length + 1] = [index]
    rising, index = [], tails[-1] if tails else None
    while index is not None:
        rising.append(pairs[index])
        index = before[index]
    return rising[::-1]
