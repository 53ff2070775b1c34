"""
The tree over the register's events: RFC 9162, section 2.1 (the same as RFC 6962, section 2.1), with SHA-256.

Leaves are given as their hashes (feedback.canonical.leaf_hash), in order, and are read once: nothing here keeps more
than a few hashes for each level of the tree, so that they may come from a database cursor.
"""

from collections.abc import Iterable
from hashlib import sha256
from itertools import islice

HASH_SIZE = 32

# Section 2.1.1: MTH({}) = HASH().
EMPTY_ROOT = sha256(b"").digest()


class Tree:
    """A tree that grows by a leaf at a time. Of it are kept the roots of the whole subtrees that it is made of."""

    def __init__(self) -> None:
        self.size = 0
        # From left to right, of sizes that are powers of two, each smaller than the one before: the bits of `size`.
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        if len(leaf) != HASH_SIZE:
            raise ValueError(f"The hash of a leaf has {HASH_SIZE} bytes, and not {len(leaf)}.")
        leaf = bytes(leaf)
        left = self.size
        while left & 1:
            leaf = _node(self._peaks.pop(), leaf)
            left >>= 1
        self._peaks.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Section 2.1.1, of the leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, top = self._peaks
        for peak in reversed(rest):
            top = _node(peak, top)
        return top


def root(leaves: Iterable[bytes]) -> bytes:
    """Section 2.1.1: the root of a tree of all the leaves."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def inclusion_proof(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """Section 2.1.3.1: that a leaf is the one of this index (from 0) in the tree of the first `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} in a tree of {size}.")
    return _roots(leaves, _path(index, size), size)


def consistency_proof(leaves: Iterable[bytes], first: int, second: int) -> list[bytes]:
    """Section 2.1.4.1: that the tree of the first `second` leaves begins with all of that of the first `first`."""
    if not 0 < first <= second:
        raise ValueError(f"Nothing can be proved of a tree of {first} leaves by one of {second}.")
    return _roots(leaves, _subproof(first, second), second)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Section 2.1.3.2. What can't be a proof at all is none."""
    if not (0 <= index < size and _are_hashes([leaf, root, *proof])):
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = _node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = _node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes]) -> bool:
    """
    Section 2.1.4.2, and for two trees of one size that they are the same. An empty tree is the beginning of every
    other: it has nothing to prove, and this is False for it.
    """
    if not (0 < first <= second and _are_hashes([first_root, second_root, *proof])):
        return False
    if first == second:
        return first_root == second_root and not proof
    if not proof:
        return False
    # A tree of a power of two is whole in the later one, so that its root is not in the proof.
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = _node(c, fr), _node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = _node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == first_root and sr == second_root


def _node(left: bytes, right: bytes) -> bytes:
    """Section 2.1.1: HASH(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def _are_hashes(values: list[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, which is 2 or more."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(index: int, size: int) -> list[tuple[int, int]]:
    """PATH of section 2.1.3.1: the subtrees (from, to) whose roots are the proof, in its order."""
    start, end = 0, size
    subtrees = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            subtrees.append((middle, end))
            end = middle
        else:
            subtrees.append((start, middle))
            start = middle
    return subtrees[::-1]


def _subproof(first: int, second: int) -> list[tuple[int, int]]:
    """SUBPROOF of section 2.1.4.1, as _path. `start` is 0 as long as its third argument is true."""
    start, end = 0, second
    subtrees = []
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            subtrees.append((middle, end))
            end = middle
        else:
            subtrees.append((start, middle))
            start = middle
    if start:
        subtrees.append((start, end))
    return subtrees[::-1]


def _roots(leaves: Iterable[bytes], subtrees: list[tuple[int, int]], size: int) -> list[bytes]:
    """The roots of subtrees that don't overlap, in the order given, from one reading of the first `size` leaves."""
    trees = {start: Tree() for start, _ in subtrees}
    ends = dict(subtrees)
    place, tree, end = 0, None, 0
    for place, leaf in enumerate(islice(leaves, size), 1):
        if place - 1 in trees:
            tree, end = trees[place - 1], ends[place - 1]
        if place <= end:
            tree.add(leaf)
    if place < size:
        raise ValueError(f"There are {place} leaves, and not {size}.")
    return [trees[start].root() for start, _ in subtrees]
