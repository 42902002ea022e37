"""Loaded by the process that workers are forked from: reading one small page in two scripts here compiles all rules
and loads the language model once, instead of in every worker and on the first page's time."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from pipelines.process import process
from pipelines.recipe import Recipe
from pipelines.types import Capture

_SAMPLE = """<html><head><title>Bridge to close</title></head><body><article><h1>Bridge to close</h1><p>Мост</p>
<p>MARVIK, May 3 (Reuters) - The old bridge will be closed for repairs until June 12, 2024, the council said.</p>
<p>Published 3 May 2024</p><p>Мост закроют</p><p>Share this article</p></article></body></html>""".encode()
_CAPTURE = Capture(url="https://example.org/", fetched_at=datetime(2026, 1, 1, tzinfo=UTC), body=_SAMPLE)

with suppress(OSError):  # the language model passes through a temporary file, and the disk may be full
    process(_CAPTURE, Recipe.default())
