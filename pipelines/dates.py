"""Times as pages write them, kept with the precision and the zone they were given in, and no more.

A `Moment` is ISO 8601 text: in UTC with `Z` where the zone is known, without it where it is not, and as short as
the precision is coarse. A bare midnight is an empty clock, not a time. A date without a year is `--11-14`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ZONES = {
    "z": 0, "utc": 0, "gmt": 0, "wet": 0, "bst": 60, "cet": 60, "cest": 120, "mez": 60, "mesz": 120, "eet": 120,
    "eest": 180, "msk": 180, "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "jst": 540, "kst": 540, "aest": 600, "aedt": 660,
}  # fmt: skip
#: Halves of the day by the letters, or the first letter, of what stands before or after a clock time.
_HALVES = {
    "오전": "a", "오후": "p", "上午": "a", "下午": "p", "午前": "a", "午後": "p", "a": "a", "p": "p", "π": "a",
    "μ": "p", "ص": "a", "م": "p",
}  # fmt: skip
_RFC822 = re.compile(r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s[A-Za-z]{3}\s\d{2,4}\s\d{1,2}:\d\d")
#: Countries that write the month first.
_MONTH_FIRST = {"us", "ph", "fm", "pw"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as far as it is known. `value` is the text to store, `precision` names its last part."""

    value: str
    precision: str  # year | month | day | minute | second | partial (no year)

    @property
    def day(self) -> str:
        """The calendar day, as written."""
        return self.value[:10]

    @property
    def claim(self) -> str:
        """The value as short as its precision: what a claim holds, and `moment_of` reads back as it was."""
        return self.value if self.precision != "minute" else self.value[:16] + self.value[19:]


@dataclass(frozen=True, slots=True)
class Found:
    """A moment found in running text, with its span."""

    start: int
    stop: int
    moment: Moment


@cache
def month_numbers() -> dict[str, int]:
    """Month number by lower-case name, over all languages of data/months.toml."""
    table = tomllib.loads(files("pipelines").joinpath("data/months.toml").read_text(encoding="utf-8"))
    return {name: n for months in table.values() for n, names in enumerate(months, 1) for name in names}


@cache
def _patterns() -> tuple[list[re.Pattern[str]], re.Pattern[str]]:
    month = "|".join(sorted(map(re.escape, month_numbers()), key=len, reverse=True))
    month = rf"(?<![^\W\d_])(?P<month>{month})(?![^\W\d_])\.?"
    day = r"(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?(?!\d)"
    year = r"(?P<year>(?:19|20)\d\d)(?!\d)"
    dates = [
        rf"(?<!\d){year}\s*年\s*(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*日",
        rf"(?<!\d){year}\s*년\s*(?P<month>\d{{1,2}})\s*월\s*(?P<day>\d{{1,2}})\s*일",
        rf"(?<![\d/.-]){year}\.\s?(?P<month>\d{{1,2}})\.\s?(?P<day>\d{{1,2}})(?:\.|(?![\d.]))",
        rf"(?<![\d/.-]){year}(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?!\d)",
        rf"(?<!\d){year}\.\s+{month}\s+{day}",
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<sep>[-/.])\s?(?P<b>\d{{1,2}})(?P=sep)\s?{year}",
        rf"(?<!\d){year},?\s+[^\W\d_]+\s*,?\s*{day}\s+{month}(?!\W{{0,3}}(?:19|20)\d\d)",
        rf"{day}[\s-]*(?:de\s+|of\s+)?{month},?[\s-]*(?:de\s+|del\s+)?(?:{year})?",
        rf"{month}\s+{day}(?:,?\s+{year})?",
        rf"{month}\s+{year}",
    ]
    zones = "|".join(sorted(_ZONES, key=len, reverse=True))
    zone = rf"(?:\s*\(?(?P<zone>(?:utc|gmt)?\s?[+-]\d\d:?\d\d|(?:{zones})(?![^\W\d_]))\)?)?"
    clock = (
        r"(?<![\d:.,])(?P<before>(?:gmt|utc)\s)?(?:(?P<ahead>[오上下午][전후午前後])\s?)?(?P<hour>[01]?\d|2[0-3])"
        r"(?:[:.hH]|\s?:\s?|[时時点]|시\s?)(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?![\d:])[分분]?"
        r"\s*(?P<half>[ap]\.?\s?m\b\.?|[πμ]\.?\s?μ\b\.?|(?:صباحا|مساء)\w*|[صم](?!\w))?"
        rf"(?:\s*(?:uhr|hrs?)\b)?{zone}"
    )
    return [re.compile(one, re.IGNORECASE) for one in dates], re.compile(clock, re.IGNORECASE)


def date_pattern() -> str:
    """A pattern of any date as words or figures, without named groups, for use within other patterns."""
    return f"(?:{'|'.join(_unnamed(one.pattern) for one in _patterns()[0])})"


def time_pattern() -> str:
    """A pattern of a clock time, without named groups."""
    return f"(?:{_unnamed(_patterns()[1].pattern)})"


def _unnamed(pattern: str) -> str:
    pattern = pattern.replace("(?P=sep)", "[-/.]")
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def moment_of(value: object, timezone_name: str | None = None) -> Moment | None:
    """The moment a machine-readable value names (ISO 8601, RFC 822, HTTP, Unix seconds); None where it names none.

    A midnight without seconds of its own is taken as a day: so do feeds and editors' systems write "no time".
    """
    text = str(value or "").strip()
    if re.fullmatch(r"\d{10}(\d{3})?", text):
        return _from_datetime(datetime.fromtimestamp(int(text[:10]), UTC), "second", timezone_name)
    match = re.fullmatch(
        r"(\d{4})(?:-?(\d{2})(?:-?(\d{2})(?:[T\s]+(\d{1,2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*(.*))?)?)?", text
    )
    if not match:
        return _from_words(text, timezone_name)
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        if hour is None:
            date(int(year), int(month or 1), int(day or 1))
            parts = [part for part in (year, month, day) if part]
            return Moment("-".join(parts), ("year", "month", "day")[len(parts) - 1]) if int(year) > 1900 else None
        offset = _offset(zone)
        moment = datetime(int(year), int(month), int(day), int(hour) % 24, int(minute), int(second or 0), tzinfo=offset)
    except ValueError:
        return None
    return _from_datetime(moment, "second" if second else "minute", timezone_name)


def _from_words(text: str, timezone_name: str | None) -> Moment | None:
    if _RFC822.match(text):
        try:
            return _from_datetime(parsedate_to_datetime(text), "second", timezone_name)
        except (ValueError, TypeError, IndexError):
            return None
    found = next(find_moments(text[:200]), None)
    if found is None or found.moment.precision == "partial":
        return None
    return located(found.moment, timezone_name)


def _offset(zone: str | None) -> timezone | None:
    name = (zone or "").strip().lower().strip("()")
    if not name:
        return None
    match = re.fullmatch(r"(?:utc|gmt)?\s?([+-])(\d\d):?(\d\d)?", name)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes)) if minutes < 900 else None
    return timezone(timedelta(minutes=_ZONES[name])) if name in _ZONES else None


def _from_datetime(moment: datetime, precision: str, timezone_name: str | None) -> Moment | None:
    if moment.year < 1900:
        return None
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return Moment(moment.date().isoformat(), "day")
    if moment.tzinfo is None:
        return located(Moment(moment.isoformat(timespec="seconds"), precision), timezone_name)
    return Moment(moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), precision)


def located(moment: Moment, timezone_name: str | None) -> Moment:
    """The moment in UTC when it has a time without a zone and the zone of its source is known; else itself."""
    if not timezone_name or moment.value.endswith("Z") or moment.precision not in ("minute", "second"):
        return moment
    try:
        local = datetime.fromisoformat(moment.value).replace(tzinfo=ZoneInfo(timezone_name))
    except (ZoneInfoNotFoundError, ValueError):
        return moment
    return replace(moment, value=local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def find_moments(text: str, *, language: str | None = None, country: str | None = None) -> Iterator[Found]:
    """Dates in a line of text, left to right, each with the clock time that stands beside it."""
    patterns, clock = _patterns()
    text = "".join(str(int(char)) if char.isdecimal() else char for char in text) if not text.isascii() else text
    taken: list[tuple[int, int]] = []
    found: list[Found] = []
    for pattern in patterns:
        for match in pattern.finditer(text):
            span = match.span()
            if any(span[0] < stop and start < span[1] for start, stop in taken):
                continue
            moment = _day(match, language, country)
            if moment:
                taken.append(span)
                found.append(Found(*span, moment))
    clocks = [
        match for match in clock.finditer(text) if not any(a < match.end() and match.start() < b for a, b in taken)
    ]
    for one in sorted(found, key=lambda item: item.start):
        beside = next((match for match in clocks if _beside(text, one, match)), None)
        yield _timed(one, beside) if beside else one


def _day(match: re.Match[str], language: str | None, country: str | None) -> Moment | None:
    parts = match.groupdict()
    year, month, day = parts.get("year"), parts.get("month"), parts.get("day")
    if "a" in parts:
        order = _order(int(parts["a"]), int(parts["b"]), parts["sep"], language, country)
        if order is None:
            return Moment(f"{year}", "year")
        day, month = order
    number = int(month) if month and month.isdigit() else month_numbers().get((month or "").lower(), 0)
    if day is None:
        return Moment(f"{year}-{number:02}", "month")
    try:
        date(int(year or 2000), number, int(day))
    except ValueError:
        return None
    if year is None:
        return Moment(f"--{number:02}-{int(day):02}", "partial")
    return Moment(f"{int(year)}-{number:02}-{int(day):02}", "day")


def _order(a: int, b: int, sep: str, language: str | None, country: str | None) -> tuple[str, str] | None:
    """(day, month) of 3/4/2017, or None where nothing tells which is which."""
    if a > 12 or a == b or sep == ".":
        return str(a), str(b)
    if b > 12:
        return str(b), str(a)
    if country:
        return (str(b), str(a)) if country.lower() in _MONTH_FIRST else (str(a), str(b))
    if language and not language.lower().startswith("en"):
        return str(a), str(b)
    return None


def _beside(text: str, found: Found, clock: re.Match[str]) -> bool:
    between = text[found.stop : clock.start()] if clock.start() >= found.stop else text[clock.end() : found.start]
    near = len(between) <= 24 and found.moment.precision == "day"
    return near and len(re.findall(r"[^\W\d_]+", between)) <= 3 and not re.search(r"[.!?]\s", between)


def _timed(found: Found, clock: re.Match[str]) -> Found:
    hour, minute, second = int(clock["hour"]), int(clock["minute"]), clock["second"]
    letters = "".join(filter(str.isalpha, clock["ahead"] or clock["half"] or "")).lower()
    half = _HALVES.get(letters) or _HALVES.get(letters[:1])
    hour = hour % 12 + 12 if half == "p" else hour % 12 if half == "a" else hour
    span = min(found.start, clock.start()), max(found.stop, clock.end())
    if (hour, minute, int(second or 0)) == (0, 0, 0):
        return Found(*span, found.moment)
    year, month, day = map(int, found.moment.value.split("-"))
    moment = datetime(
        year, month, day, hour, minute, int(second or 0), tzinfo=_offset(clock["zone"] or clock["before"])
    )
    result = _from_datetime(moment, "second" if second else "minute", None)
    return Found(*span, result or found.moment)


def comparable(value: str) -> datetime:
    """A stored time as a moment to compare with others: UTC where no zone is given, the earliest where parts lack.

    Raises ValueError for what is no stored time.
    """
    text = value.removesuffix("Z")
    text += "-01-01"[: 10 - len(text)] if len(text) == 4 else "-01" if len(text) == 7 else ""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
