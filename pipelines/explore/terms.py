"""On what terms an archive is served: to one reader, to a desk, or to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVERYBODY = "desk"  # who signs in by a password that all share


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What `tearsheet serve` asks of the pages; plain `datasette` serves on the terms that stand here.

    `hosts` are the names that the server answers to, without ports; none means any. `users` maps who may sign in to
    the hashes of their passwords; none means that nobody needs to.
    """

    public: bool = False  # a snapshot for everybody, read only and bounded
    annotate: bool = False  # whoever gets in may write notes, tags, verdicts and watches
    hosts: frozenset[str] = frozenset()
    users: Mapping[str, str] = field(default_factory=dict)


def terms_of(datasette: Any) -> Terms:
    """The terms that this Datasette serves on."""
    found = getattr(datasette, "tearsheet_terms", None)
    return found if isinstance(found, Terms) else Terms()


def serve_on(datasette: Any, terms: Terms) -> None:
    """Set the terms, before the first request."""
    datasette.tearsheet_terms = terms
