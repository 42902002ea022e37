"""What several tests begin with: the path of an archive to come, its one writer, a web server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.store.writer import Writer
from tests.hosts import Host


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.db"


@pytest.fixture
def writer(path: Path) -> Iterator[Writer]:
    with Writer.open(path) as writer:
        yield writer


@pytest.fixture
def host() -> Iterator[Host]:
    """A web server whose answers a test sets."""
    host = Host()
    host.start()
    yield host
    host.stop()
