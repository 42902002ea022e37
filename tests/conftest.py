"""What several tests begin with: the path of an archive to come, its one writer, a web server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.store.writer import Writer
from tests import browser_room
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser; skips where there is none."""
    browser_room.require()
    with browser_room.browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser_room.Explorer]:
    """An archive with one of everything, opened as a person opens it."""
    from tests.browser_stock import stocked

    with browser_room.served(stocked(tmp_path_factory.mktemp("explorer") / "archive.db")) as explorer:
        yield explorer
