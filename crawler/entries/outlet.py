"""What a homepage says of its outlet."""

from __future__ import annotations

import re

from pipelines.metadata import page_claims
from pipelines.page import UndecodableError, parse
from pipelines.types import Capture

_LONGEST = 60  # characters of a name
_PARTS = re.compile(r"\s+[|–—·•:»-]\s+|\s*\|\s*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)


def about(capture: Capture) -> tuple[str | None, str | None]:
    """The outlet's name and its language (ISO 639), as far as its homepage gives them."""
    try:
        claims = list(page_claims(parse(capture)))
    except (UndecodableError, ValueError):
        return None, None
    said = {field: [str(one.value) for one in claims if one.field == field] for field in ("site", "title", "language")}
    title = next(iter(said["title"]), "")
    name = next((one for one in (*said["site"], *_PARTS.split(title)) if 1 < len(one) <= _LONGEST), None)
    language = next((match[0].lower() for one in said["language"] if (match := _LANGUAGE.match(one))), None)
    return name, language
