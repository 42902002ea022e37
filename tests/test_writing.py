"""The writer's thread: pages that wait together share a transaction, and each is all or nothing all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.errors import StoreError
from pipelines.store.writer import Writer
from pipelines.types import Fetched
from pipelines.writing import WriterThread
from tests.store_values import URL, article, capture, check_whole, contents, put, rows

PAGES = [capture(f"{URL}/{number}", hours=number) for number in range(12)]


def done(writer: Writer, *jobs: Callable[[Writer], Any]) -> list[Any]:
    """What jobs give that are asked for at once; of those that fail, their problems."""

    async def go() -> list[Any]:
        thread = WriterThread(lambda: writer)
        try:
            return await asyncio.gather(*map(thread.write, jobs), return_exceptions=True)
        finally:
            thread.close()

    return asyncio.run(go())


def keep_all(writer: Writer) -> list[Any]:
    return done(writer, *(lambda one, page=page: one.keep(Fetched(capture=page)) for page in PAGES))


def test_pages_that_wait_together_are_kept_in_few_transactions(writer: Writer) -> None:
    said: list[str] = []
    writer.db.conn.set_trace_callback(said.append)
    kept = keep_all(writer)
    writer.db.conn.set_trace_callback(None)
    assert [one.capture_id for one in kept] == list(range(1, 13))
    assert [url for (url,) in rows(writer.path, "SELECT url FROM captures ORDER BY id")] == [one.url for one in PAGES]
    assert said.count("COMMIT") < 6


def test_what_is_asked_one_after_the_other_sees_what_was_before(writer: Writer) -> None:
    async def go() -> None:
        thread = WriterThread(lambda: writer)
        for number, page in enumerate(PAGES, 1):
            kept = await thread.write(lambda one, page=page: one.keep(Fetched(capture=page)))
            assert rows(writer.path, "SELECT max(id), count(*) FROM captures") == [(kept.capture_id, number)]
        assert await thread.call(lambda: rows(writer.path, "SELECT count(*) FROM captures")) == [(12,)]
        thread.close()

    asyncio.run(go())


def test_a_page_at_fault_takes_no_other_along(writer: Writer, tmp_path: Path) -> None:
    run = writer.start_run("crawl")
    ids = [kept.capture_id for kept in keep_all(writer)]
    values = [article(one.url, f"The words of story {one.url}.") for one in PAGES]
    values[5] = replace(values[5], published_precision="century")

    def store(number: int) -> Callable[[Writer], str]:
        return lambda one: one.store(ids[number], PAGES[number], values[number], run)

    assert done(writer, *map(store, range(12))) == ["new"] * 5 + ["failed"] + ["new"] * 6
    assert rows(writer.path, "SELECT what, n FROM tallies ORDER BY what") == [("failed", 1), ("new", 11)]
    assert rows(writer.path, "SELECT capture_id, stage FROM failures") == [(ids[5], "store")]
    check_whole(writer)
    with Writer.open(tmp_path / "other.db") as other:  # one at a time
        run = other.start_run("crawl")
        for page, value in zip(PAGES, values, strict=True):
            put(other, page, value, run)
        assert rows(other.path, "SELECT url, text FROM articles ORDER BY url") == rows(
            writer.path, "SELECT url, text FROM articles ORDER BY url"
        )


def test_a_job_that_asks_for_what_is_not_there_fails_alone(writer: Writer) -> None:
    first, wrong, last = done(
        writer,
        lambda one: one.keep(Fetched(capture=PAGES[0])).capture_id,
        lambda one: one.put_host("https://paper.example", shoe_size=42),
        lambda one: one.keep(Fetched(capture=PAGES[1])).capture_id,
    )
    assert (first, last) == (1, 2)
    assert isinstance(wrong, StoreError)
    assert "hosts has no column 'shoe_size'" in str(wrong)
    assert rows(writer.path, "SELECT count(*) FROM hosts") == [(0,)]


def test_a_full_disk_leaves_whole_pages_and_nothing_else(writer: Writer) -> None:
    before = contents(writer)
    (pages,) = writer.db.execute("PRAGMA page_count").fetchone()
    writer.db.execute(f"PRAGMA max_page_count = {pages}")
    big = [replace(page, body=bytes(f"{page.url}", "ascii") * 5000) for page in PAGES]
    noise = [replace(page, body=b"".join(bytes([n * 7 % 251, n // 3 % 256]) for n in range(9000))) for page in big]
    problems = done(writer, *(lambda one, page=page: one.keep(Fetched(capture=page)) for page in noise))
    assert all(isinstance(one, StoreError) for one in problems)
    assert "the disk is full" in str(problems[0])
    assert contents(writer) == before
    writer.db.execute("PRAGMA max_page_count = 1000000")
    assert [one.capture_id for one in keep_all(writer)] == list(range(1, 13))
    check_whole(writer)


def test_an_archive_that_cannot_be_opened_is_told_to_all(path: Path) -> None:
    def closed() -> Writer:
        raise StoreError(f"{path}: is a folder")

    async def go() -> list[Any]:
        thread = WriterThread(closed)
        jobs = [thread.write(lambda one: one.queued()) for _ in range(3)]
        answers = await asyncio.gather(*jobs, return_exceptions=True)
        assert await thread.call(lambda: "still there") == "still there"
        thread.close()
        return answers

    assert [str(one) for one in asyncio.run(go())] == [f"{path}: is a folder"] * 3


def test_who_asked_and_left_disturbs_nobody(writer: Writer) -> None:
    async def go() -> int:
        thread = WriterThread(lambda: writer)
        asked = [
            asyncio.ensure_future(thread.write(lambda one, page=page: one.keep(Fetched(capture=page))))
            for page in PAGES
        ]
        await asyncio.sleep(0)
        asked[3].cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(answers.pop(3), asyncio.CancelledError)
        thread.close()
        return len({one.capture_id for one in answers})

    assert asyncio.run(go()) == 11


def test_what_has_no_haste_waits_for_what_has(writer: Writer) -> None:
    """Outcomes are stored with the next page that is kept, and soon where none comes."""

    async def go() -> int:
        thread = WriterThread(lambda: writer)
        first, *others, last = PAGES
        patient = [
            asyncio.ensure_future(thread.write(lambda one, page=page: one.keep(Fetched(capture=page)), haste=False))
            for page in others
        ]
        await asyncio.sleep(0.01)
        assert not rows(writer.path, "SELECT id FROM captures")
        await thread.write(lambda one: one.keep(Fetched(capture=first)))
        await asyncio.gather(*patient)
        together = said.count("COMMIT")
        async with asyncio.timeout(30):
            await thread.write(lambda one: one.keep(Fetched(capture=last)), haste=False)
        thread.close()
        return together

    said: list[str] = []
    writer.db.conn.set_trace_callback(said.append)
    assert asyncio.run(go()) == 1
    writer.db.conn.set_trace_callback(None)
    kept = [url for (url,) in rows(writer.path, "SELECT url FROM captures ORDER BY id")]
    assert kept == [one.url for one in (*PAGES[1:-1], PAGES[0], PAGES[-1])]
