"""Our templates as responses."""

from __future__ import annotations

from typing import Any

from datasette import Response

from pipelines.explore.compat import title_of
from pipelines.explore.terms import terms_of
from pipelines.explore.words import without_overrides


async def render(datasette: Any, request: Any, name: str, context: dict[str, Any], status: int = 200) -> Any:
    """One of our templates as a response, without the marks by which one text could reorder another."""
    context["site"] = await title_of(datasette)
    context["terms"] = terms_of(datasette)
    body = await datasette.render_template(f"tearsheet/{name}.html", context, request=request, view_name=name)
    return Response.html(without_overrides(body), status=status)
