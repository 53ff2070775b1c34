"""The tree over the events, against the definitions of RFC 9162 as they stand there, and against forgers."""

from hashlib import sha256
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import merkle
from feedback.canonical import leaf_hash
from feedback.verifier import verify
from tests.feedback.vectors import vectors

LEAVES = [sha256(bytes([number])).digest() for number in range(70)]
WRONG = bytes(32)

# Those of the reference implementation of Certificate Transparency, by size, from 0
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def split(size: int) -> int:
    return max(2**power for power in range(64) if 2**power < size)


def mth(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def inclusion_holds_for_both(leaf, index, size, proof, root) -> bool:
    """What both implementations say, which has to be the same."""
    holds = merkle.verify_inclusion(leaf, index, size, proof, root)
    try:
        other = 0 <= index < size and verify.root_by_inclusion(leaf, index, size, proof) == root
    except verify.Refused:
        other = False
    assert holds == other
    return holds


def consistency_holds_for_both(first, second, first_root, second_root, proof) -> bool:
    holds = merkle.verify_consistency(first, second, first_root, second_root, proof)
    try:
        other = 0 < first <= second and (
            verify.roots_by_consistency(first, second, proof, first_root) == (first_root, second_root)
        )
    except verify.Refused:
        other = False
    assert holds == other
    return holds


def forgeries(proof: list[bytes]) -> list[list[bytes]]:
    """Every proof that is near this one."""
    forged = [[*proof, WRONG], [WRONG, *proof], [*proof, *proof[-1:], WRONG]]
    for place, value in enumerate(proof):
        forged += [
            proof[:place] + proof[place + 1 :],
            [*proof[:place], bytes([value[0] ^ 1]) + value[1:], *proof[place + 1 :]],
            [*proof[:place], value, *proof[place:]],
        ]
        if place:
            forged.append([*proof[: place - 1], value, proof[place - 1], *proof[place + 1 :]])
    return forged


def test_roots_are_those_of_the_reference_implementation():
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in vectors()["tree"]["leaves"]]
    assert [merkle.root(leaves[:size]).hex() for size in range(9)] == REFERENCE_ROOTS
    assert vectors()["tree"]["roots"] == REFERENCE_ROOTS
    assert [leaf.hex() for leaf in leaves] == vectors()["tree"]["leaf_hashes"]


def test_proofs_are_those_of_the_examples():
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in vectors()["tree"]["leaves"]]
    for case in vectors()["tree"]["inclusion"]:
        proof = merkle.inclusion_proof(leaves, case["index"], case["size"])
        assert [value.hex() for value in proof] == case["hashes"]
    for case in vectors()["tree"]["consistency"]:
        proof = merkle.consistency_proof(leaves, case["first"], case["second"])
        assert [value.hex() for value in proof] == case["hashes"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70), st.data())
def test_roots_and_proofs_are_those_of_the_definitions(leaves, data):
    assert merkle.root(iter(leaves)) == mth(leaves)
    other = verify.Tree()
    for leaf in leaves:
        other.add(leaf)
    assert other.root() == mth(leaves)
    if not leaves:
        return
    size = data.draw(st.integers(1, len(leaves)))
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    root, first_root = mth(leaves[:size]), mth(leaves[:first])
    proof = merkle.inclusion_proof(iter(leaves), index, size)
    assert proof == path(index, leaves[:size])
    assert inclusion_holds_for_both(leaves[index], index, size, proof, root)
    proof = merkle.consistency_proof(iter(leaves), first, size)
    assert proof == subproof(first, leaves[:size], True)
    assert consistency_holds_for_both(first, size, first_root, root, proof)


def test_a_proof_is_of_one_leaf_at_one_place_in_one_tree():
    roots = [merkle.root(LEAVES[:size]) for size in range(18)]
    for size in range(1, 18):
        for index in range(size):
            proof = merkle.inclusion_proof(LEAVES, index, size)
            leaf, root = LEAVES[index], roots[size]
            assert inclusion_holds_for_both(leaf, index, size, proof, root)
            for other in {-1, 0, 1, 2, index + 1, index - 1, index ^ 2, size - 1, size, size + 1, 2**64} - {index}:
                assert not inclusion_holds_for_both(leaf, other, size, proof, root)
            assert not inclusion_holds_for_both(leaf, index, 0, proof, root)
            assert not inclusion_holds_for_both(leaf, index, -size, proof, root)
            assert not inclusion_holds_for_both(WRONG, index, size, proof, root)
            assert not inclusion_holds_for_both(leaf, index, size, proof, WRONG)
            assert not merkle.verify_inclusion(leaf, index, size, [value[:-1] for value in proof] or [b""], root)
            for forged in forgeries(proof):
                assert not inclusion_holds_for_both(leaf, index, size, forged, root)


def test_a_proof_has_as_many_hashes_as_its_numbers_call_for():
    """Even if they lead to the roots that are given, which are then those of other trees."""
    assert not inclusion_holds_for_both(LEAVES[1], 0, 1, [LEAVES[0]], merkle.root(LEAVES[:2]))
    beyond = [sha256(b"\x01" + WRONG + merkle.root(LEAVES[:size])).digest() for size in (3, 4)]
    proof = merkle.consistency_proof(LEAVES, 3, 4)
    assert not consistency_holds_for_both(3, 4, *beyond, [*proof, WRONG])
    three, four = merkle.root(LEAVES[:3]), merkle.root(LEAVES[:4])
    assert not consistency_holds_for_both(3, 8, three, four, proof)
    assert not inclusion_holds_for_both(LEAVES[0], 0, 8, merkle.inclusion_proof(LEAVES, 0, 4), four)


def test_an_inner_node_is_no_leaf():
    left = merkle.root(LEAVES[:2])
    proof = [merkle.root(LEAVES[2:4])]
    assert not merkle.verify_inclusion(left, 0, 4, proof, merkle.root(LEAVES[:4]))


def test_a_proof_is_of_one_tree_that_continues_one():
    roots = [merkle.root(LEAVES[:size]) for size in range(18)]
    for first, second in product(range(1, 18), repeat=2):
        if first > second:
            assert not consistency_holds_for_both(first, second, roots[first], roots[second], [])
            continue
        proof = merkle.consistency_proof(LEAVES, first, second)
        assert consistency_holds_for_both(first, second, roots[first], roots[second], proof)
        assert not consistency_holds_for_both(first, second, WRONG, roots[second], proof)
        assert not consistency_holds_for_both(first, second, roots[first], WRONG, proof)
        assert not consistency_holds_for_both(0, second, roots[0], roots[second], proof)
        assert not consistency_holds_for_both(-first, second, roots[first], roots[second], proof)
        if first < second:
            assert not consistency_holds_for_both(second, first, roots[first], roots[second], proof)
            assert not consistency_holds_for_both(first, second, roots[second], roots[first], proof)
            assert not consistency_holds_for_both(first, second, roots[first], roots[second], [])
        for forged in forgeries(proof):
            assert not consistency_holds_for_both(first, second, roots[first], roots[second], forged)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(-1, 20),
    st.integers(-1, 20),
    st.lists(st.sampled_from([*LEAVES[:4], WRONG, merkle.root(LEAVES[:2]), merkle.root(LEAVES[:4])]), max_size=6),
    st.sampled_from([merkle.root(LEAVES[:size]) for size in range(5)]),
    st.sampled_from([merkle.root(LEAVES[:size]) for size in range(5)]),
)
def test_both_implementations_judge_alike_whatever_they_are_given(one, other, proof, first_root, second_root):
    inclusion_holds_for_both(first_root, one, other, proof, second_root)
    consistency_holds_for_both(one, other, first_root, second_root, proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (4, 3), (0, 71)])
def test_there_is_no_proof_of_a_leaf_that_is_not_there(index, size):
    with pytest.raises(ValueError, match=r"lea(f|ves)"):
        merkle.inclusion_proof(iter(LEAVES), index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (4, 3), (-1, 3), (1, 71)])
def test_there_is_no_proof_of_a_tree_that_is_not_there(first, second):
    with pytest.raises(ValueError, match="leaves"):
        merkle.consistency_proof(iter(LEAVES), first, second)


def test_what_is_not_a_hash_is_no_leaf():
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.root([b"event"])
    assert not merkle.verify_inclusion(b"event", 0, 1, [], b"event")
    assert not merkle.verify_consistency(1, 1, b"event", b"event", [])
