"""The pool loses no page, whatever a page does to the process that reads it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.config import Config
from pipelines.engines.local import LocalPool
from pipelines.errors import EngineError
from pipelines.recipe import Recipe
from pipelines.types import Capture, Failure, Outcome, Reason, Reject

BEHAVE = f"{__name__}:behave"
MEMORY = 256 * 1024**2
BAD = {"hang", "spin", "quit", "kill", "eat", "raise", "unpicklable"}


def behave(capture: Capture, recipe: Recipe) -> object:
    """Do what the page says: the workers of these tests run this instead of reading a page."""
    match capture.body.split(b" ", 1)[0].decode():
        case "hang":
            time.sleep(3600)
        case "spin":
            sum(10**12 % n for n in range(1, 10**12))
        case "quit":
            os._exit(7)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "eat":
            return bytearray(2 * MEMORY)  # at once: a busy machine takes longer than a page may to fill it
        case "raise":
            raise ValueError("no such date: 31 June")
        case "unpicklable":
            return lambda: None
        case "grow":
            KEPT.append(bytearray(MEMORY // 3))
        case "recipe":
            return Reject(Reason.LISTING, recipe.version)
    return Reject(Reason.TOO_SHORT, f"{os.getpid()} {len(capture.body)}")


KEPT: list[bytearray] = []


def page(body: str, size: int = 0) -> Capture:
    return Capture(url="https://example.org/", fetched_at=datetime.now(UTC), body=body.encode() + b" " * size)


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    with LocalPool(Recipe(version="42"), workers=2, seconds=0.5, memory=MEMORY, function=BEHAVE) as pool:
        yield pool


def check(body: str, outcome: Outcome) -> None:
    """Each kind of page ends in its own way, and only that page."""
    if body not in BAD:
        assert isinstance(outcome, Reject), (body, outcome)
        return
    assert isinstance(outcome, Failure)
    assert outcome.stage == "process"
    expected = {
        "hang": ("timeout", "over the time"),
        "spin": ("timeout", "over the time"),
        "quit": ("crashed", "exit code 7"),
        "kill": ("crashed", "SIGKILL"),
        "eat": ("memory", "more memory"),
        "raise": ("ValueError", "no such date: 31 June (tests/test_engines.py:"),
        "unpicklable": ("", "pickle"),
    }[body]
    assert expected[0] in outcome.error
    assert expected[1] in outcome.detail


def mixed() -> list[str]:
    good = [f"good{n}" for n in range(20)]
    for position, bad in enumerate(sorted(BAD)):
        good.insert(position * 4 + 1, bad)
    return good


def test_map_accounts_for_every_page(pool: LocalPool) -> None:
    bodies = mixed()
    seen = Counter()
    for number, capture, outcome in pool.map((n, page(body)) for n, body in enumerate(bodies)):
        assert capture.body.decode() == bodies[number]
        check(bodies[number], outcome)
        seen[number] += 1
    assert seen == Counter(range(len(bodies)))


def test_a_page_of_the_same_lines_again_and_again_is_read_in_time() -> None:
    """Each has to find its place among thousands: work for a second or two, not for minutes."""
    lines = "<p>Share this post</p><p>Nobody said so</p>" * 10_000
    body = f"<title>Live</title><body><article><h1>Live</h1>{lines}</article>"
    config = Config()
    with LocalPool(Recipe.default(), workers=1, seconds=config.page_seconds, memory=config.page_memory) as pool:
        ((_, _, outcome),) = pool.map([(1, page(body))])
    assert not isinstance(outcome, Failure), outcome


def outrun() -> float:
    """Seconds for which this thread could have run, and the processors were given to others: no lag of its own."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def test_process_accounts_for_every_page_and_leaves_the_loop_free(pool: LocalPool) -> None:
    bodies = mixed()

    async def go() -> tuple[list[Outcome], float]:
        longest, running = 0.0, True

        async def watch() -> None:
            nonlocal longest
            while running:
                before, kept_waiting = time.perf_counter(), outrun()
                await asyncio.sleep(0.005)
                longest = max(longest, time.perf_counter() - before - (outrun() - kept_waiting))

        watcher = asyncio.create_task(watch())
        outcomes = await asyncio.gather(*(pool.process(page(body, 100_000)) for body in bodies))
        running = False
        await watcher
        await pool.aclose()
        return outcomes, longest

    outcomes, longest = asyncio.run(go())
    for body, outcome in zip(bodies, outcomes, strict=True):
        check(body, outcome)
    assert longest < 0.2


def test_a_page_bigger_than_any_pipe_passes(pool: LocalPool) -> None:
    big = [(n, page("good", 8 * 2**20)) for n in range(6)]
    assert sorted(outcome.detail.split()[1] for _, _, outcome in pool.map(big)) == [str(8 * 2**20 + 4)] * 6


def test_workers_have_the_recipe(pool: LocalPool) -> None:
    assert [outcome for *_, outcome in pool.map([(1, page("recipe"))])] == [Reject(Reason.LISTING, "42")]


def test_a_worker_that_has_grown_is_replaced(pool: LocalPool) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("the system does not say how big a process is")
    outcomes = [outcome for *_, outcome in pool.map((n, page("grow")) for n in range(12))]
    assert all(isinstance(outcome, Reject) for outcome in outcomes)
    assert len({outcome.detail for outcome in outcomes}) == 12  # another process each


def test_a_map_left_early_leaves_nothing_running(pool: LocalPool) -> None:
    outcomes = pool.map((n, page("good")) for n in range(1000))
    worker = int(next(outcomes)[2].detail.split()[0])
    outcomes.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    assert len(list(pool.map([(1, page("good"))]))) == 1  # and the pool can be used again


def test_workers_that_cannot_start_are_an_error_not_a_bad_page() -> None:
    with (
        LocalPool(Recipe(), workers=1, seconds=1, memory=MEMORY, function="tests.test_engines:missing") as pool,
        pytest.raises(EngineError, match="missing"),
    ):
        list(pool.map([(1, page("good"))]))


def test_a_closed_pool_says_so(pool: LocalPool) -> None:
    pool.close()
    with pytest.raises(EngineError):
        list(pool.map([(1, page("good"))]))


def test_a_program_that_forgets_to_close_ends_all_the_same() -> None:
    program = (
        "from tests.test_engines import *\n"
        "pool = LocalPool(Recipe(), workers=2, seconds=9, memory=MEMORY, function='tests.test_engines:behave')\n"
        "async def go():\n"
        "    print((await pool.process(page('good'))).detail)\n"
        "asyncio.run(go())\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout.split()[0]), 0)
