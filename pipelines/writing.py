"""The thread that an archive is written on, so that the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from pipelines.store.together import Done, together
from pipelines.store.writer import Writer

_MOST = 16  # jobs in one transaction
_PATIENCE = 0.25  # seconds that a job without haste waits for others to share its transaction with

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Job:
    do: Callable[..., Any]
    shares: bool  # its transaction with others; it then gets the writer
    answer: asyncio.Future[Any]


class WriterThread:
    """Does jobs in the order they come; those that wait together share a transaction: a commit, with the search index
    it brings up to date, takes half as long as all else that a page costs here.

    `writer` gives the archive's writer, and is called on the thread. Use it from one event loop.
    """

    def __init__(self, writer: Callable[[], Writer]) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._lock = Lock()
        self._waiting: deque[_Job] = deque()
        self._at_work = False
        self._due = False  # whether those that wait have waited long enough
        self._alarm: asyncio.TimerHandle | None = None

    async def write(self, job: Callable[[Writer], T], *, haste: bool = True) -> T:
        """What the job gives, once it is durable. Raises what the job raises. Without haste it is done with the next
        one that has it, or a moment later."""
        return await self._do(job, shares=True, haste=haste)

    async def call(self, job: Callable[[], T]) -> T:
        """What the job gives, done by itself on the same thread, after all that was asked before."""
        return await self._do(job, shares=False)

    def close(self) -> None:
        """Take no more jobs."""
        self._thread.shutdown(wait=False)

    async def _do(self, job: Callable[..., T], *, shares: bool, haste: bool = True) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        with self._lock:
            self._waiting.append(_Job(job, shares, answer))
            haste = haste or len(self._waiting) >= _MOST
        if haste:
            self._begin(loop)
        elif self._alarm is None:
            self._alarm = loop.call_later(_PATIENCE, self._begin, loop)
        return await answer

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        with self._lock:
            self._due = True
            begin, self._at_work = not self._at_work, True
        if begin:
            self._thread.submit(self._work, loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        while jobs := self._next():
            wanted = [job for job in jobs if not job.answer.cancelled()]
            try:
                done = self._done(wanted)
            except BaseException as problem:
                done = [(None, problem)] * len(wanted)
            with suppress(RuntimeError):  # the loop is gone, and whoever waited with it
                loop.call_soon_threadsafe(_tell, wanted, done)

    def _next(self) -> list[_Job]:
        """The jobs to do now; none where the thread may rest."""
        jobs: list[_Job] = []
        with self._lock:
            while self._due and self._waiting and len(jobs) < _MOST:
                if jobs and not (jobs[0].shares and self._waiting[0].shares):
                    break
                jobs.append(self._waiting.popleft())
            self._due = self._due and bool(self._waiting)
            self._at_work = bool(jobs)
        return jobs

    def _done(self, jobs: Sequence[_Job]) -> list[Done]:
        if jobs and not jobs[0].shares:
            return [(jobs[0].do(), None)]
        return together(self._writer(), [job.do for job in jobs]) if jobs else []


def _tell(jobs: Sequence[_Job], done: Sequence[Done]) -> None:
    for job, (value, problem) in zip(jobs, done, strict=True):
        if job.answer.done():
            continue
        if problem is None:
            job.answer.set_result(value)
        else:
            job.answer.set_exception(problem)
