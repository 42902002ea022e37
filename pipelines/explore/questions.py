"""The saved questions: one SQL file each in queries/, for Datasette, the command line and whoever reads them.

The head of a file is comments:

    -- title: Coverage of a word over time
    -- description: How many articles of each source hold a word, month by month.
    -- param words (needed): a word or phrase
    -- param source (source): id of a source; empty for all
    -- chart: bars x=month y=articles by=source

Every parameter is text, and an empty one is allowed: it asks for everything, or for nothing where it is needed. In
brackets stands what helps to fill it in: source, date, number, or the words to choose from (day | week | month); a
`visit`, where it is empty, becomes the number of the last capture that the reader's browser was shown.
A chart is `bars` over time, stacked by a column, or `ranks`; x, y and by are columns.

A folder `queries` beside an archive holds questions of its owner, in the same form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from pipelines.errors import ConfigError

FOLDER = "queries"
KINDS = ("text", "source", "date", "number", "visit")
CHARTS = {"bars": ("x", "y", "by"), "ranks": ("x", "y")}
NO_SEARCH = 'This is no complete search expression. A phrase stands in "quotes", a plain word needs none.'
_HEAD = re.compile(
    r"--\s*(?:(?P<key>title|description|chart)|param (?P<param>\w+)(?: \((?P<kind>[^)]*)\))?)\s*:(?P<said>.*)"
)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: What is no SQL in SQL: strings, names in quotes, comments. Then the parameters in the rest.
_ASIDE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_USED = re.compile(r"(?<![\w:]):([A-Za-z_]\w*)")
_LARGEST = 100_000  # bytes of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """How a parameter is asked for: `kind` is one of KINDS, or `choice` where there are `choices`."""

    kind: str = "text"
    choices: tuple[str, ...] = ()
    needed: bool = False  # empty, it asks for nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw of the rows: bars or ranks, by the names of columns."""

    kind: str
    x: str
    y: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A saved query: `params` maps the name of each parameter to what it means, `forms` to how it is asked for."""

    name: str
    title: str
    description: str
    sql: str
    params: Mapping[str, str]
    forms: Mapping[str, Param]
    chart: Chart | None = None

    def help(self) -> str:
        """The description, and what its parameters mean."""
        return " ".join([self.description, *(f"{name}: {said}." for name, said in self.params.items())])

    def missing(self, values: Mapping[str, str]) -> list[str]:
        """The parameters that are needed and empty."""
        return [name for name, form in self.forms.items() if form.needed and not values.get(name, "").strip()]


def is_of_search(problem: str) -> bool:
    """Whether SQLite complains of a search expression that a reader typed."""
    return bool(re.search(r"fts5: |unterminated string|no such column: |unknown special query", problem))


@cache
def questions() -> tuple[Question, ...]:
    """Every question that comes with the program, in the order of their titles."""
    found = [
        read(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files(__package__).joinpath(FOLDER).iterdir()
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda one: one.title))


def questions_beside(archive: Path | str | None) -> tuple[Sequence[Question], list[str]]:
    """The questions for an archive, its owner's among them, and a line for each file that is no question."""
    shipped = questions()
    folder = Path(archive).resolve().parent / FOLDER if archive else None
    try:
        paths = sorted(folder.glob("*.sql")) if folder else []
    except OSError:
        paths = []
    if not paths or paths[0].parent == Path(str(files(__package__).joinpath(FOLDER))).resolve():
        return shipped, []
    own: list[Question] = []
    problems: list[str] = []
    taken = {one.name for one in shipped}
    for path in paths:
        try:
            own.append(_own(path, taken))
        except ConfigError as problem:
            problems.append(str(problem))
    return sorted([*shipped, *own], key=lambda one: one.title), problems


def _own(path: Path, taken: set[str]) -> Question:
    where = f"{FOLDER}/{path.name}"
    if path.stem in taken:
        raise ConfigError(f"{where}: there is a question {path.stem} already; give the file another name")
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError(f"{where}: is larger than {_LARGEST:,} bytes")
        script = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise ConfigError(f"{where}: cannot be read ({problem.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: is not in UTF-8; save it so") from None
    return read(path.stem, script, where)


def read(name: str, script: str, where: str | None = None) -> Question:
    """A question from the text of its file. Raises ConfigError that names `where` and what to write."""
    where = where or f"{name}.sql"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{where}: name the file in small letters, digits and _, beginning with a letter")
    head: dict[str, str] = {}
    params: dict[str, str] = {}
    forms: dict[str, Param] = {}
    lines = script.removeprefix("\ufeff").splitlines()
    while lines and lines[0].startswith("--"):
        line = lines.pop(0)
        match = _HEAD.fullmatch(line.strip())
        if match and match["param"]:
            params[match["param"]] = match["said"].strip()
            forms[match["param"]] = _form(match["kind"] or "", f"{where}: param {match['param']}")
        elif match:
            head[match["key"]] = match["said"].strip()
    sql = "\n".join(lines).strip().rstrip(";").rstrip()
    if not head.get("title"):
        raise ConfigError(f"{where}: has no title; begin the file with a line `-- title: …`")
    _check(sql, params, where)
    chart = _chart(head["chart"], where) if "chart" in head else None
    return Question(name, head["title"], head.get("description", ""), sql, params, forms, chart)


def _check(sql: str, params: Mapping[str, str], where: str) -> None:
    bare = _ASIDE.sub(" ", sql)
    if not re.match(r"\s*(?:SELECT|WITH)\b", bare, re.IGNORECASE) or ";" in bare.rstrip("; \n"):
        raise ConfigError(f"{where}: a question is one SELECT; write it below the head")
    used = set(_USED.findall(bare))
    for name in sorted(used - params.keys()):
        raise ConfigError(f"{where}: :{name} is not in its head; add a line `-- param {name}: what it means`")
    for name in sorted(params.keys() - used):
        raise ConfigError(f"{where}: the SQL does not use the parameter {name}; write :{name} where it belongs")


def _form(said: str, where: str) -> Param:
    parts = [part.strip() for part in said.split(",") if part.strip()]
    kinds = [part for part in parts if part != "needed"]
    kind = kinds[0] if kinds else "text"
    choices = tuple(word.strip() for word in kind.split("|")) if "|" in kind else ()
    if len(kinds) > 1 or (not choices and kind not in KINDS):
        raise ConfigError(f"{where}: ({said}) is no kind; write {', '.join(KINDS)}, or choices as (day | month)")
    return Param(kind="choice" if choices else kind, choices=choices, needed=len(kinds) < len(parts))


def _chart(said: str, where: str) -> Chart:
    kind, *pairs = said.split() or [""]
    named = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    allowed = CHARTS.get(kind, ())
    if len(named) < len(pairs) or not {"x", "y"} <= named.keys() <= set(allowed):
        raise ConfigError(f"{where}: `chart: {said}` is no chart; write `bars x=… y=… by=…` or `ranks x=… y=…`")
    return Chart(kind=kind, **named)
