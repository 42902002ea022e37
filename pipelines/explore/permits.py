"""Who may write notes, tags, verdicts and watches: the action `annotate`.

Nobody by default. Datasette's root may, and whoever a `permissions: {annotate: …}` block names (metadata.yaml for 0.65,
datasette.yaml for 1.0); without such a block, whoever gets in where `tearsheet serve` runs for one reader or a desk.
"""

from __future__ import annotations

from typing import Any

from datasette import Forbidden
from datasette.utils import actor_matches_allow

from pipelines.explore.terms import terms_of

ACTION = "annotate"
_WHAT = "Write notes, tags, verdicts and watches"


async def may_annotate(datasette: Any, request: Any, db: Any) -> bool:
    """Whether this reader may write to this archive. Never on an immutable database, never where all may read."""
    if not db.is_mutable or terms_of(datasette).public:
        return False
    if hasattr(datasette, "permission_allowed"):  # 0.65
        return bool(await datasette.permission_allowed(request.actor, ACTION, resource=db.name, default=False))
    from datasette.resources import DatabaseResource

    resource = DatabaseResource(database=db.name)
    return bool(await datasette.allowed(action=ACTION, resource=resource, actor=request.actor))


async def ensure_annotate(datasette: Any, request: Any, db: Any) -> None:
    """Raise Forbidden for a reader who may not write."""
    if not await may_annotate(datasette, request, db):
        raise Forbidden("You may read this archive, and not write to it")


def actions() -> list[Any]:
    """The action as 1.0 registers it."""
    from datasette.permissions import Action
    from datasette.resources import DatabaseResource

    return [
        Action(
            name=ACTION,
            abbr="an",
            description=_WHAT,
            resource_class=DatabaseResource,
            also_requires="view-database",
        )
    ]


def allowed(datasette: Any, actor: Any, database: str | None) -> bool | None:
    """The answer of 0.65, which leaves permission blocks of plugins' actions to the plugins; None is no opinion."""
    if actor and actor.get("id") == "root":
        return True
    found = datasette.metadata("permissions", database=database) or {}
    if ACTION in found:
        return bool(actor_matches_allow(actor, found[ACTION]))
    return True if terms_of(datasette).annotate else None


def rule(datasette: Any) -> Any:
    """What 1.0 is told beside its own rules for root and for permission blocks; None is nothing."""
    if not terms_of(datasette).annotate:
        return None
    from datasette.permissions import PermissionSQL

    return PermissionSQL.allow(reason="served to those who may write")
