"""Passwords of a desk: how they are kept, and how long a wrong one has to wait."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

SHORTEST = 8  # characters
_COST = (2**14, 8, 1)  # scrypt's n, r, p: 16 MB and a twentieth of a second
_FREE = 3  # wrong tries in a row that cost nothing but the answer
_LONGEST_WAIT = 300  # seconds
_MOST = 1000  # addresses that are remembered


def hashed(password: str) -> str:
    """What is kept of a password: `scrypt$n$r$p$salt$hash`."""
    salt = secrets.token_bytes(16)
    return "$".join(("scrypt", *map(str, _COST), _text(salt), _text(_scrypt(password, salt, _COST))))


def looks_kept(kept: object) -> bool:
    """Whether this may be something that `hashed` made."""
    return isinstance(kept, str) and bool(re.fullmatch(r"scrypt(\$\d{1,6}){3}(\$[A-Za-z0-9+/=]+){2}", kept))


def matches(password: str, kept: str) -> bool:
    """Whether this is the password. Raises ValueError where `kept` was not made by `hashed`."""
    kind, n, r, p, salt, digest = kept.split("$")
    if kind != "scrypt":
        raise ValueError(kind)
    made = _scrypt(password, b64decode(salt, validate=True), (int(n), int(r), int(p)))
    return hmac.compare_digest(made, b64decode(digest, validate=True))


def stamp(kept: str) -> str:
    """A mark of this password, for the cookies that were given for it: a new password ends old logins."""
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 1024**2)


def _text(value: bytes) -> str:
    return b64encode(value).decode()


class Tries:
    """Wrong tries of each address. After the third in a row every further one doubles the wait, up to five minutes."""

    def __init__(self) -> None:
        self._wrong: dict[str, tuple[int, float]] = {}  # address: how many in a row, and until when it waits

    def wait(self, address: str, now: float) -> float:
        """Seconds until this address may try again."""
        return max(0.0, self._wrong.get(address, (0, 0.0))[1] - now)

    def wrong(self, address: str, now: float) -> None:
        """Count a wrong one at the time `now`, in seconds."""
        count = self._wrong.pop(address, (0, 0.0))[0] + 1
        wait = min(2 ** (count - _FREE), _LONGEST_WAIT) if count > _FREE else 0
        self._wrong[address] = (count, now + wait)
        if len(self._wrong) > _MOST:
            del self._wrong[next(iter(self._wrong))]

    def right(self, address: str) -> None:
        """Forget the wrong ones of somebody who knows the password after all."""
        self._wrong.pop(address, None)
