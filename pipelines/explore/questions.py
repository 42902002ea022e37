"""The saved questions: one SQL file each in queries/, for Datasette, the command line and whoever reads them.

The head of a file is comments: `-- title:`, `-- description:` and a `-- param NAME:` for each parameter.
Every parameter is text; an empty one is allowed and asks for everything, or for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"-- (title|description|param (?P<param>\w+)): *(?P<said>.*)")


@dataclass(frozen=True, slots=True)
class Question:
    """A saved query: `params` maps the name of each parameter to what it means."""

    name: str
    title: str
    description: str
    sql: str
    params: Mapping[str, str]

    def help(self) -> str:
        """The description, and what its parameters mean."""
        return " ".join([self.description, *(f"{name}: {said}." for name, said in self.params.items())])


@cache
def questions() -> list[Question]:
    """Every question that comes with the archive, in the order of their titles."""
    found = [
        _read(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8"))
        for file in files(__package__).joinpath("queries").iterdir()
        if file.name.endswith(".sql")
    ]
    return sorted(found, key=lambda one: one.title)


def _read(name: str, script: str) -> Question:
    head: dict[str, str] = {}
    params: dict[str, str] = {}
    lines = script.splitlines()
    while lines and (match := _HEAD.fullmatch(lines[0])):
        if match["param"]:
            params[match["param"]] = match["said"]
        else:
            head[match[1]] = match["said"]
        lines.pop(0)
    return Question(name, head["title"], head["description"], "\n".join(lines).strip(), params)
