"""sources.toml: the outlets to follow. A source is one table, and one line in it is enough."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.config import Config, duration, durations, nearest, number_kept, period
from pipelines.errors import ConfigError
from pipelines.schedule import is_timezone, next_time
from pipelines.types import Source

_LISTS = {"feeds", "sitemaps", "sections", "archives", "follow", "ignore", "strip"}
_ADDRESSES = {"feeds", "sitemaps", "sections"}
#: What stands for a date in an archive's address: its parts, then month and day without a zero before them.
MARKS = ("{year}", "{month}", "{day}", "{m}", "{d}")
#: Under a country's ending, what is still the ending: `co.uk`, `com.au`, `or.jp`.
_SECOND_LEVEL = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "govt", "mil", "ne", "net", "nom", "or", "org", "web")
)
_PATTERNS = {"follow", "ignore", "strip"}
_PARSED: Mapping[str, Callable[[object], Any]] = {
    "revisit": durations,
    "keep_bodies": period,
    "keep_revisions": number_kept,
}
_PAGE = {"body": "the element that holds the article", "remove": "elements to drop before reading"}
_KEYS = [one.name for one in fields(Source) if one.name != "id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesFile:
    """What a sources file says: `[archive]` settings as written, and its sources by id."""

    path: Path
    archive: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)

    def config(self, environ: Mapping[str, str] | None = None) -> Config:
        """The settings in force: this file's, and the environment's over them."""
        return Config.load(self.archive, environ, where=str(self.path))

    def chosen(self, ids: tuple[str, ...] = ()) -> tuple[Source, ...]:
        """The named sources, or all. Raises ConfigError for an unknown name, with the nearest known one."""
        for one in ids:
            if one not in self.sources:
                raise ConfigError(f"{self.path}: no source {one!r}{nearest(one, list(self.sources))}")
        return tuple(self.sources[one] for one in ids) if ids else tuple(self.sources.values())


def read_sources(path: Path) -> SourcesFile:
    """Read a sources file. Raises ConfigError with file, place and remedy; a missing file says how to start."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; `tearsheet init .` writes one to start from") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory; name the file, for example {path / 'sources.toml'}") from None
    except UnicodeDecodeError as problem:
        raise ConfigError(f"{path}: byte {problem.start} is not UTF-8; save the file as UTF-8") from None
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be read ({problem.strerror}); check its permissions") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(f"{path}: not valid TOML: {problem}") from None
    for name in table:
        if name not in ("archive", "source"):
            raise ConfigError(f"{path}: unknown table {name!r}{nearest(name, ['archive', 'source'])}")
    archive, tables = table.get("archive", {}), table.get("source", {})
    if not isinstance(archive, dict) or not isinstance(tables, dict):
        raise ConfigError(f"{path}: write [archive] and [source.NAME] as tables")
    sources = {name: source_from(name, one, str(path)) for name, one in tables.items()}
    return SourcesFile(path=path, archive=archive, sources=sources)


def source_from(name: str, table: object, where: str) -> Source:
    """One `[source.NAME]` table as a Source. Raises ConfigError that names the place and the remedy."""
    place = f"{where}: [source.{name}]"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise ConfigError(f"{place}: use lower-case letters, digits, - and _ in the name")
    if not isinstance(table, dict):
        raise ConfigError(f'{place}: write a table, for example\n[source.{name}]\nhomepage = "https://…"')
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{place} has no key {key!r}{nearest(key, _KEYS)}")
    if not any(table.get(key) for key in ("homepage", *_ADDRESSES)):
        raise ConfigError(f'{place}: needs an address; add homepage = "https://…"')
    return Source(id=name, **{key: _value(place, key, value) for key, value in table.items()})


def _value(place: str, key: str, value: object) -> Any:
    if key == "every":
        try:
            return max(1, int(duration(value)))
        except ValueError as problem:
            raise ConfigError(f"{place} every = {value!r} is {problem}") from None
    if key == "schedule":
        return _cron(place, value)
    if key in _PARSED:
        try:
            return _PARSED[key](value)
        except ValueError as problem:
            raise ConfigError(f"{place} {key} = {value!r} is {problem}") from None
    if key == "page":
        return _page(place, value)
    if key == "render":
        if not isinstance(value, bool):
            raise ConfigError(f"{place} render = {value!r} is neither true nor false")
        return value
    if key in _LISTS:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(one, str) for one in items):
            raise ConfigError(f'{place} {key} = {value!r} is no list; write {key} = ["…", "…"]')
        for one in items:
            _check(place, key, one)
        return tuple(items)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f'{place} {key} = {value!r} is no text; write {key} = "…"')
    if key == "homepage":
        _check(place, key, value)
    if key == "timezone" and not is_timezone(value.strip()):
        raise ConfigError(f'{place} timezone = {value!r} is no time zone; write for example "Europe/London"')
    return value.strip()


def _cron(place: str, value: object) -> str:
    """A cron expression that names at least one time to come."""
    try:
        if not isinstance(value, str):
            raise ValueError("is no text")
        next_time(value, None, datetime.now(UTC))
    except ValueError as problem:
        raise ConfigError(f'{place} schedule = {value!r} {problem}; write for example "*/15 6-22 * * *"') from None
    return value.strip()


def _check(place: str, key: str, value: str) -> None:
    if key in _PATTERNS:
        try:
            re.compile(value)
        except re.error as problem:
            raise ConfigError(f"{place} {key}: {value!r} is no regular expression: {problem}") from None
    elif key in _ADDRESSES or key in ("homepage", "archives"):
        if key == "archives" and (wrong := _archive_problem(value)):
            raise ConfigError(
                f"{place} {key} = {value!r} {wrong}; write for example https://…/{{year}}/{{month}}/{{day}}/"
            )
        try:
            parts = urlsplit(value.strip())
            if parts.username or parts.password:
                raise ConfigError(f"{place} {key}: {parts.hostname} is given with a name and password; leave them out")
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            fine = False
        if not fine:
            raise ConfigError(f"{place} {key} = {value!r} is no web address; write https://… in full")


def _archive_problem(pattern: str) -> str | None:
    """What is wrong with the dates in an archive's address; None where nothing is."""
    strange = [one for one in re.findall(r"\{[^{}]*\}", pattern) if one not in MARKS]
    if strange:
        return f"has {strange[0]}, which is none of {' '.join(MARKS)}"
    return None if "{year}" in pattern else "names no {year}"


def _page(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigError(f'{place} page = {value!r} is no table; write page = {{ body = "CSS selector" }}')
    for key, one in value.items():
        if key not in _PAGE:
            raise ConfigError(f"{place} page has no key {key!r}{nearest(key, list(_PAGE))}")
        if not isinstance(one, str) or not _is_selector(one):
            raise ConfigError(f"{place} page.{key} = {one!r} is no CSS selector ({_PAGE[key]})")
    return dict(value)


def _is_selector(text: str) -> bool:
    from cssselect import HTMLTranslator, SelectorError  # hardly any source has one

    try:
        return bool(HTMLTranslator().css_to_xpath(text))
    except SelectorError:
        return False


def source_table(name: str, keys: Mapping[str, str | list[str]]) -> str:
    """The text that adds a source to a sources file."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()]
    return "\n".join(["", f"[source.{name}]", *lines, ""])


def name_for(homepage: str) -> str:
    """A source id made from an address: its host without www. and the public ending."""
    host = (urlsplit(homepage).hostname or "source").removeprefix("www.")
    if re.fullmatch(r"[\d.:]+", host):
        return re.sub(r"[^a-z0-9]+", "-", f"{host}-{urlsplit(homepage).port or 80}").strip("-")
    labels = host.split(".")
    of_country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    stem = labels[:-2] if of_country else labels[:-1]
    return re.sub(r"[^a-z0-9_-]+", "-", "-".join(stem or labels).lower()).strip("-") or "source"
