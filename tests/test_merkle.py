"""Merkle trees against the test vectors of Certificate Transparency and against the definition itself."""

from __future__ import annotations

import hashlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.merkle import Tree, climb, leaf_hash, node_hash, path

# leaves and roots of the reference implementation of RFC 6962, whose tree RFC 9162 took over
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, as it stands there."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(by_definition(leaves[:k]), by_definition(leaves[k:]))


def root_over(leaves: list[bytes], start: int, stop: int) -> bytes:
    tree = Tree()
    for one in leaves[start:stop]:
        tree.add(one)
    return tree.root


def test_the_published_roots() -> None:
    assert Tree().root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for n, root in enumerate(ROOTS, start=1):
        assert root_over(LEAVES, 0, n).hex() == root


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_tree_that_grows_is_the_tree_of_the_definition(leaves: list[bytes]) -> None:
    assert root_over(leaves, 0, len(leaves)) == by_definition(leaves)


@given(st.integers(1, 70), st.data())
def test_each_leaf_leads_to_the_root_and_no_other_does(size: int, data: st.DataObject) -> None:
    leaves = [bytes([n]) for n in range(size)]
    n = data.draw(st.integers(0, size - 1))
    steps = path(n, size, partial(root_over, leaves))
    assert climb(leaves[n], steps) == by_definition(leaves)
    assert climb(b"another", steps) != by_definition(leaves)
    assert len(steps) <= size.bit_length()


def test_no_leaf_is_asked_for_twice() -> None:
    asked: list[int] = []

    def root_of(start: int, stop: int) -> bytes:
        asked.extend(range(start, stop))
        return b"\0" * 32

    path(37, 100, root_of)
    assert sorted(asked) == [n for n in range(100) if n != 37]


def test_a_leaf_that_is_not_there() -> None:
    for n in (-1, 3):
        with pytest.raises(ValueError, match=f"there is no leaf {n} of 3"):
            path(n, 3, lambda _start, _stop: b"")
