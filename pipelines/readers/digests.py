"""Digests as WARC files and packages write them: `sha1:BASE32`, `sha256:hex`, `md5:…`, `SHA-256:…`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_DIGEST = re.compile(r"\s*([a-z0-9-]+)[:=]\s*([A-Za-z0-9+/=_-]+)\s*", re.IGNORECASE)
_NAMES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


def matches(said: str | None, data: bytes) -> bool | None:
    """Whether `data` has the digest it is said to have; None where nothing is said that can be checked."""
    found = _DIGEST.fullmatch(said or "")
    name = found[1].lower().replace("-", "") if found else ""
    if found is None or name not in _NAMES:
        return None
    digest = hashlib.new(name, data, usedforsecurity=False).digest()
    return digest in _readings(found[2], len(digest))


def _readings(text: str, size: int) -> list[bytes]:
    """What a digest of `size` bytes that is written so may be."""
    read = []
    for decode in (bytes.fromhex, _base32, _base64):
        try:
            value = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(value) == size:
            read.append(value)
    return read


def _base32(text: str) -> bytes:
    bare = text.rstrip("=").upper()
    return base64.b32decode(bare + "=" * (-len(bare) % 8))


def _base64(text: str) -> bytes:
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
