"""Under which source a page that a person gives belongs: the one named, the one followed there, or its host."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipelines.sources import SourcesFile, name_for
from pipelines.store.imports import source_at
from pipelines.store.writer import Writer
from pipelines.types import Source
from pipelines.urls import host_of, same_site

#: The source of pages that say nothing of where they come from.
NOWHERE = "imports"
_MOST = 20_000  # hosts remembered


class Filing:
    """Decides for each address; a file of a news crawl has those of thousands of outlets."""

    def __init__(self, file: SourcesFile, source: str | None) -> None:
        self._file = file
        self._source = source
        self._followed = _by_host(one for one in file.sources.values() if one.homepage)
        self._decided: dict[tuple[str | None, str | None], str] = {}
        self._put: set[str] = set()  # followed sources whose row is up to date

    def source_of(self, writer: Writer, url: str, own: str | None = None) -> str:
        """The source of a page at `url`; `own` is what the page itself names. The source's row is up to date then."""
        if self._source:
            return self._known(writer, self._source)
        host = host_of(url) if url.lower().startswith("http") else None
        if (host, own) not in self._decided:
            if len(self._decided) >= _MOST:
                self._decided.clear()
            self._decided[host, own] = self._decide(writer, url, host, own)
        return self._decided[host, own]

    def follows(self, source: str) -> bool:
        """Whether a crawl fetches for this source."""
        return source in self._file.sources

    def _decide(self, writer: Writer, url: str, host: str | None, own: str | None) -> str:
        followed = next((self._followed[name] for name in _wider(host or "") if name in self._followed), None)
        followed = followed or self._followed.get(f"*.{(host or '').removeprefix('www.')}")
        if followed:
            return self._known(writer, followed)
        if not host:
            return own or NOWHERE
        name = own or name_for(url)
        return name if self._is_free(writer, name, url) else re.sub(r"[^a-z0-9]+", "-", host).strip("-")

    def _is_free(self, writer: Writer, name: str, url: str) -> bool:
        """Whether a name is nobody's or this outlet's: two outlets may be called alike under different endings."""
        if name in self._file.sources:
            return False  # its homepage is elsewhere
        known = writer.ask(source_at, name)
        homes = [home for home in known or () if home]
        return not homes or any(same_site(home, url) for home in homes)

    def _known(self, writer: Writer, source: str) -> str:
        if source in self._file.sources and source not in self._put:
            writer.put_sources([self._file.sources[source]])
            self._put.add(source)
        return source


def _by_host(sources: Iterable[Source]) -> dict[str, str]:
    """Ids by the host of the homepage, and as `*.host` by each host above it."""
    found: dict[str, str] = {}
    for source in sources:
        host = (host_of(source.homepage or "") or "").removeprefix("www.")
        found.setdefault(host, source.id)
        for wider in list(_wider(host))[1:]:
            found.setdefault(f"*.{wider}", source.id)
    found.pop("", None)
    return found


def _wider(host: str) -> Iterator[str]:
    """A host, then what it is a subdomain of: news.post.example, post.example."""
    labels = host.removeprefix("www.").split(".")
    yield from (".".join(labels[n:]) for n in range(max(1, len(labels) - 1)))
