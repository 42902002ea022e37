"""The end of a crawl: how the sources are that it asked, written down as findings that begin and end."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Any

from pipelines.health import examine
from pipelines.store.archive import Archive
from pipelines.store.writer import Writer


def check_up(writer: Writer, archive: Archive, asked: Collection[str]) -> dict[str, Any]:
    """Look at the sources asked, of those that are followed; the findings that `began` and `ended`, and how many stay.

    Raises StoreError.
    """
    now = int(time.time())
    sources = [source for source in archive.followed() if source in asked]
    looks = [examine(figures, now) for figures in archive.figures(sources, now)]
    changes = writer.put_health(looks)
    stay = sum(len(look.findings) for look in looks) - len(changes["began"])
    return {**changes, "stay": stay}
