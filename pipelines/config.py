"""The archive's settings: one ladder, `Config` defaults < [archive] in sources.toml < TEARSHEET_*.

Each field carries its unit and its help; the table in docs/sources.md is made from them. Scrapy's own
settings are another ladder and stay untouched.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from pipelines.errors import ConfigError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


def duration(value: object) -> float:
    """Seconds of `90`, `"90s"`, `"15m"`, `"1h 30m"`, `"2d"`; ValueError for anything else or below zero."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    text = str(value).strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if not isinstance(value, str) or not re.fullmatch(r"(\d+(\.\d+)?\s*[smhdw]\s*)+", text):
        raise ValueError('not a duration; write for example 30, "90s", "15m" or "1h 30m"')
    return sum(float(n) * _UNITS[unit] for n, _, unit in re.findall(r"(\d+(\.\d+)?)\s*([smhdw])", text))


def size(value: object) -> int:
    """Bytes of `1048576`, `"8M"`, `"1 GiB"`; ValueError for anything else."""
    if isinstance(value, bool):
        raise ValueError('not a size; write for example 8388608 or "8M"')
    match = re.fullmatch(r"(\d+)\s*([kmg]?)(i?b)?", str(value).strip().lower())
    if not match:
        raise ValueError('not a size; write for example 8388608 or "8M"')
    return int(match[1]) * _SIZES[match[2]]


def count(value: object) -> int:
    """A whole number of at least one."""
    if isinstance(value, bool) or not re.fullmatch(r"\d+", str(value).strip()) or int(str(value)) < 1:
        raise ValueError("not a whole number of at least 1")
    return int(str(value))


#: `"always"` of a rule for keeping; some 300 years, or more revisions than anybody writes.
ALWAYS = 10_000_000_000


def period(value: object) -> float:
    """Seconds of a duration, or `"always"`."""
    try:
        return ALWAYS if value == "always" else duration(value)
    except ValueError as problem:
        raise ValueError(f'{problem}, "365d", or "always"') from None


def number_kept(value: object) -> int:
    """A whole number of at least one, or `"always"`."""
    try:
        return ALWAYS if value == "always" else count(value)
    except ValueError as problem:
        raise ValueError(f'{problem}, nor "always"') from None


def networks(value: object) -> tuple[str, ...]:
    """`true` for every private network, `false` for none, or the addresses and networks that are allowed."""
    if isinstance(value, bool):
        return ("0.0.0.0/0", "::/0") if value else ()
    if isinstance(value, str):
        if value.strip().lower() in _TRUE | _FALSE:
            return networks(value.strip().lower() in _TRUE)
        value = [part for part in re.split(r"[,\s]+", value) if part]
    if not isinstance(value, (list, tuple)):
        raise ValueError('neither true, false nor a list of addresses such as ["10.0.0.0/8"]')
    try:
        return tuple(str(ipaddress.ip_network(str(part), strict=False)) for part in value)
    except ValueError as problem:
        raise ValueError(f"not a network: {problem}") from None


def durations(value: object) -> tuple[float, ...]:
    """Seconds of each of several durations, the shortest first: `["1h", "3d"]`, `"1h, 3d"`, `[]` or `""`."""
    parts = [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        raise ValueError('no list of durations; write for example ["1h", "3d"], or [] for none')
    seconds = sorted({duration(part) for part in parts})
    if seconds and seconds[0] < 60:
        raise ValueError("too often; the shortest duration is a minute")
    return tuple(seconds)


def line(value: object) -> str:
    """One line of text."""
    if not isinstance(value, str) or any(ord(char) < 32 for char in value):
        raise ValueError("not one line of text")
    return value.strip()


def _setting(default: Any, parse: Any, unit: str, help_: str, *, shown: str | None = None) -> Any:
    metadata = {"parse": parse, "unit": unit, "help": help_, "shown": str(default) if shown is None else shown}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one archive."""

    contact: str = _setting("", line, "address", "Put into the User-Agent, so that an outlet can reach you.")
    delay: float = _setting(1.0, duration, "seconds", "Least time between two requests to one host.")
    timeout: float = _setting(30.0, duration, "seconds", "Longest time for one request, all in all.")
    body_limit: int = _setting(
        8 * 1024**2, size, "bytes", "Longest body kept, sitemaps aside (50 MB); what comes after is cut off."
    )
    page_seconds: float = _setting(10.0, duration, "seconds", "Longest CPU time for reading one page.")
    page_memory: int = _setting(1024**3, size, "bytes", "Most memory for a worker while it reads one page.")
    workers: int = _setting(2, count, "processes", "Processes that read pages.")
    revisit: tuple[float, ...] = _setting(
        (3600.0, 10800.0, 86400.0, 259200.0, 2592000.0),
        durations,
        "list of durations",
        "When to look at a page again, counted from its first capture; `[]` for never.",
        shown="1h, 3h, 1d, 3d, 30d",
    )
    keep_bodies: float = _setting(
        ALWAYS, period, "duration", "How long `prune` leaves the bytes of pages and feeds.", shown="always"
    )
    keep_revisions: int = _setting(
        ALWAYS, number_kept, "revisions", "Latest earlier texts that `prune` leaves, beside the first.", shown="always"
    )
    allow_private_networks: tuple[str, ...] = _setting(
        (), networks, "true, false or networks", "Fetch from loopback and private addresses too."
    )

    @classmethod
    def load(
        cls,
        table: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        where: str = "sources.toml",
    ) -> Config:
        """The settings in force. Raises ConfigError that names the place of a bad value and what to write."""
        known = {one.name: one for one in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in (table or {}).items():
            if name not in known:
                raise ConfigError(f"{where}: [archive] has no setting {name!r}{nearest(name, known)}")
            values[name] = _parsed(known[name], value, f"{where}: [archive] {name}")
        for name, one in known.items():
            variable = f"TEARSHEET_{name.upper()}"
            if environ and variable in environ:
                values[name] = _parsed(one, environ[variable], variable)
        return cls(**values)


def nearest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    """The end of an error line: the known name that was probably meant, or all of them."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(sorted(known))}"


def _parsed(one: Field[Any], value: object, where: str) -> Any:
    try:
        return one.metadata["parse"](value)
    except ValueError as problem:
        raise ConfigError(f"{where} = {value!r} is {problem}") from None


def settings_table() -> list[tuple[str, str, str, str]]:
    """(name, default, unit, help) of every setting, for the docs."""
    return [(one.name, *(one.metadata[key] for key in ("shown", "unit", "help"))) for one in fields(Config)]
