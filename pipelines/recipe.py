"""All that decides a result besides the bytes, and the name it goes by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from pipelines.types import Rule, Source

PROCESS_VERSION = "6"  # raised whenever the same bytes may give another article; part of every recipe id


@lru_cache(maxsize=64)
def rules_digest(rules: tuple[Rule, ...]) -> str:
    """sha256, hex, of all that rules say."""
    return hashlib.sha256(json.dumps([asdict(rule) for rule in rules]).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Recipe:
    """All that decides a result besides the bytes: version, rules, what a user set and what was learned.

    Its contents never change, and a recipe is equal to itself alone: so what is made of one is made once, not for
    each page.
    """

    version: str = PROCESS_VERSION
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False)
    lessons: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict, repr=False)
    _names: dict[str | None, tuple[str, str]] = field(default_factory=dict, init=False, repr=False)  # once made

    @classmethod
    def default(cls, sources: Mapping[str, Source] | None = None) -> Recipe:
        """The shipped rules and nothing learned."""
        from pipelines.rules import shipped_rules  # the value knows its default; nothing else may look up

        reader = f"{PROCESS_VERSION}+trafilatura-{version('trafilatura')}"
        return cls(version=reader, rules=shipped_rules(), sources=dict(sources or {}))

    def facts_for(self, source: str | None) -> dict[str, Any]:
        """What of this recipe bears on `source`, as plain data; `id_for` is its digest.

        Of what was learned only which lines go and where: in how many articles they stand changes no result.
        """
        return {
            **self._base_facts_for(source),
            "lesson": [[rule.id, rule.zone] for rule in self.lessons.get(source or "", ())],
        }

    def id_for(self, source: str | None) -> str:
        """Sixteen hex digits that name all that decides the results of `source`."""
        return self._names_for(source)[0]

    def base_for(self, source: str | None) -> str:
        """Sixteen hex digits that name all that decides an extraction: everything but what was learned."""
        return self._names_for(source)[1]

    def _names_for(self, source: str | None) -> tuple[str, str]:
        if source not in self._names:
            self._names[source] = _name(self.facts_for(source)), _name(self._base_facts_for(source))
        return self._names[source]

    def _base_facts_for(self, source: str | None) -> dict[str, Any]:
        own = self.sources.get(source or "")
        return {
            "version": self.version,
            "rules": rules_digest(self.rules),
            "page": dict(own.page) if own else {},
            "strip": list(own.strip) if own else [],
            "about": [own.name, own.language, own.country, own.timezone] if own else [],
        }


def _name(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
