"""Merkle trees as RFC 9162 (Certificate Transparency) has them: one digest for many, a short path from each to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

#: A digest beside the way up, and on which side of it that stands.
Step: TypeAlias = tuple[Literal["left", "right"], bytes]


def leaf_hash(data: bytes) -> bytes:
    """The lowest node over what is to be proven: sha256(00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The node over two: sha256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf; it holds one node for each bit of its size, however large that is."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []  # roots of the whole trees it consists of, the largest first

    def add(self, data: bytes) -> None:
        """One more leaf, at the right."""
        node, size = leaf_hash(data), self.size
        while size & 1:
            node = node_hash(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The digest of all leaves; of none it is sha256 of nothing."""
        if not self._peaks:
            return hashlib.sha256().digest()
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node


def path(n: int, size: int, root_of: Callable[[int, int], bytes]) -> list[Step]:
    """The steps from leaf `n` (from 0) of `size` up to the root.

    `root_of(start, stop)` gives the root over these leaves; it is asked once for each step, and for no leaf twice.
    """
    if not 0 <= n < size:
        raise ValueError(f"there is no leaf {n} of {size}")
    start, stop, steps = 0, size, list[Step]()
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)  # the largest power of two below the size
        if n < middle:
            steps.append(("right", root_of(middle, stop)))
            stop = middle
        else:
            steps.append(("left", root_of(start, middle)))
            start = middle
    return steps[::-1]


def climb(data: bytes, steps: Sequence[Step]) -> bytes:
    """The root that a leaf and its path lead to."""
    node = leaf_hash(data)
    for side, other in steps:
        node = node_hash(other, node) if side == "left" else node_hash(node, other)
    return node
