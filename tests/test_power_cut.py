"""The power goes at any moment: what was acknowledged is in the archive, and the archive is whole."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from pipelines.store.archive import Archive
from pipelines.store.verify import Inspection
from pipelines.store.writer import Writer
from pipelines.types import Entry, Fetched
from tests.power import Disk
from tests.store_values import URL, article, capture, cut, poll

_IMAGES = 240
_PAGES = 60


def crawl(path: Path, disk: Disk) -> None:
    """Two runs as a crawl makes them: feeds, pages, revisions, the log merged now and then, the end, again."""
    for day in range(2):
        with Writer.open(path) as writer:
            disk.ack(("open", None))
            run = writer.start_run("crawl")
            poll(writer, *(Entry(url=f"{URL}/{n}") for n in range(_PAGES)), hours=24 * day, run_id=run)
            for n in range(0, _PAGES, 1 + 4 * day):
                url = f"{URL}/{n}"
                page = capture(url, hours=24 * day, body=f"{url} {day}".encode() + os.urandom(40_000))
                kept = writer.keep(Fetched(capture=page), run)
                disk.ack(("captures", kept.capture_id))
                text = f"The words of {url} on day {day}. " * 40
                value = article(url, text=text, title=f"{url} {day}", removals=(cut(len(text), "Share"),))
                assert writer.store(kept.capture_id, page, value, run) in ("new", "revised")
                disk.ack(("articles", text))
                if n % 13 == 12:
                    writer.checkpoint()
            writer.finish_run(run, "finished", {})
            disk.ack(("runs", run))


def check(path: Path, acked: list[tuple[str, object]]) -> None:
    """Nothing that was promised is missing, and nothing is wrong."""
    with Writer.open(path):  # as the next crawl would; it makes what was never finished
        pass
    with Archive(path) as archive:
        captures = {number for (number,) in archive.db.execute("SELECT id FROM captures")}
        texts = {text for (text,) in archive.db.execute("SELECT text FROM history")}
        runs = {number for (number,) in archive.db.execute("SELECT id FROM runs WHERE reason = 'finished'")}
    held = {"captures": captures, "articles": texts, "runs": runs}
    assert [(what, one) for what, one in acked if what != "open" and one not in held[what]] == []
    assert list(Inspection(path).run()) == []


@pytest.mark.slow
def test_a_power_cut_loses_and_damages_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    folder = tmp_path / "live"
    folder.mkdir()
    disk = Disk(folder)
    with disk.noting():
        crawl(folder / "archive.db", disk)
    syncs = sum(op.what == "sync" for op in disk.ops)
    assert syncs > 100, "the layer saw no syncs, so it tells nothing"
    cuts = sorted(chance.sample(range(1, len(disk.ops) + 1), _IMAGES))
    for number, (files, acked) in enumerate(disk.images(cuts, chance)):
        image = tmp_path / f"image-{number}"
        image.mkdir()
        for name, data in files.items():
            if not name.endswith("-shm"):  # memory that the processes shared
                (image / name).write_bytes(data)
        check(image / "archive.db", acked)
        for file in image.iterdir():
            file.unlink()


@pytest.mark.slow
def test_the_layer_itself_would_tell(tmp_path: Path) -> None:
    """A writer that does not wait for the disk loses what it promised: so the test above is no matter of course."""
    folder = tmp_path / "live"
    folder.mkdir()
    disk, lost = Disk(folder), 0
    with disk.noting(), Writer.open(folder / "archive.db") as writer:
        writer.db.execute("PRAGMA synchronous = NORMAL")
        for n in range(30):
            page = capture(f"{URL}/{n}")
            disk.ack(writer.keep(Fetched(capture=page)).capture_id)
    chance = random.Random(3)
    cuts = sorted(chance.sample(range(1, len(disk.ops) + 1), 40))
    for number, (files, acked) in enumerate(disk.images(cuts, chance)):
        image = tmp_path / f"image-{number}"
        image.mkdir()
        for name, data in files.items():
            if not name.endswith("-shm"):
                (image / name).write_bytes(data)
        with Writer.open(image / "archive.db") as writer:
            held = {number for (number,) in writer.db.execute("SELECT id FROM captures")}
        lost += not held.issuperset(acked)
    assert lost
