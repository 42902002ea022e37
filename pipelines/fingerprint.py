"""Stage four: what a text is recognised by, exactly and nearly.

Near-duplicates share MinHash bands: 64 permutations of the word shingles (Broder 1997), in 16 bands of 4. Two
texts whose shingles agree by 80 % share a band in all but 2 of 10,000 cases; by 50 %, in 64 of 100.

A brief within a long story has few of its shingles, which MinHash cannot see. So each text also has a sketch, by
winnowing (Schleimer, Wilkerson, Aiken 2003): of every 48 shingles in a row the one with the lowest hash. Two texts
with 51 words in common share at least one of these values, and the share of a text's values that another has
estimates how much of it stands there. About one shingle in 24 is taken; of very long texts, the lowest 128.
"""

from __future__ import annotations

import hashlib
from zlib import crc32

from rensa import RMinHash

from pipelines.lines import spaceless, words
from pipelines.types import Fingerprint

_PERMUTATIONS, _ROWS, _SEED = 64, 4, 1
_SHINGLE, _SPACELESS_SHINGLE = 4, 8
_WINDOW = 48  # shingles of which the sketch holds at least one
_LONGEST = 128  # values of a sketch


def shingle_list(text: str, *, by_character: bool) -> list[str]:
    """The runs of four words of a text in order, or of eight characters; of a shorter text the whole."""
    found = words(text)
    if by_character:
        squeezed = "".join(found)
        return [squeezed[i : i + _SPACELESS_SHINGLE] for i in range(max(1, len(squeezed) - _SPACELESS_SHINGLE + 1))]
    if len(found) < _SHINGLE:
        return [" ".join(found)]
    return list(map(" ".join, zip(*(found[n:] for n in range(_SHINGLE)), strict=False)))


def fingerprint(text: str) -> Fingerprint:
    """Digest, bands, sketch and number of shingles of a clean text."""
    digest = hashlib.sha256(text.encode("utf-8", errors="replace")).hexdigest()
    runs = shingle_list(text, by_character=spaceless(text))
    tokens = list(set(runs))
    minhash = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    minhash.update(tokens)
    values = minhash.digest()
    bands = tuple(_band(values[i : i + _ROWS]) for i in range(0, _PERMUTATIONS, _ROWS))
    return Fingerprint(digest=digest, bands=bands, sketch=_sketch(runs), size=len(tokens))


def _band(values: list[int]) -> int:
    packed = b"".join(value.to_bytes(4, "big") for value in values)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest(), "big", signed=True)


def _sketch(runs: list[str]) -> tuple[int, ...]:
    """The lowest of every window, each under a hash of its own: low values of the first would soon collide."""
    hashes = [crc32(run.encode("utf-8", errors="replace")) for run in runs]
    place = _last_lowest(hashes, 0)
    chosen = {place}
    for last in range(_WINDOW, len(hashes)):
        if hashes[last] <= hashes[place]:
            place = last
        elif place == last - _WINDOW:  # it left the window
            place = _last_lowest(hashes, place + 1)
        else:
            continue
        chosen.add(place)
    values = {_short(runs[place]) for place in chosen}
    return tuple(sorted(sorted(values, key=abs)[:_LONGEST]))


def _last_lowest(hashes: list[int], start: int) -> int:
    window = hashes[start : start + _WINDOW]
    return start + len(window) - 1 - window[::-1].index(min(window))


def _short(run: str) -> int:
    digest = hashlib.blake2b(run.encode("utf-8", errors="replace"), digest_size=6).digest()
    return int.from_bytes(digest, "big", signed=True)
