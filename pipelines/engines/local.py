"""The engine for one machine: worker processes that can be killed, so that no page can stop a run."""

from __future__ import annotations

import asyncio
import atexit
import multiprocessing
from collections.abc import Iterable, Iterator
from multiprocessing import forkserver
from types import TracebackType
from typing import TypeVar

from pipelines.engines.seat import Seat
from pipelines.engines.worker import Orders
from pipelines.errors import EngineError
from pipelines.recipe import Recipe
from pipelines.types import Outcome, Readable
from pipelines.unreadable import Unreadable

_DEPTH = 2  # pages at a worker: the one it reads and the next

_READ = "pipelines.process:process"

R = TypeVar("R", bound=Readable)


def warm_up(function: str = _READ) -> None:
    """Begin to load what workers need, beside whatever the caller does next; every worker is a fork of that."""
    context = multiprocessing.get_context("forkserver")
    preload = ["pipelines.engines.worker", function.partition(":")[0]]
    if function == _READ:
        preload.append("pipelines.engines.warm")
    context.set_forkserver_preload(preload)
    forkserver.ensure_running()


class LocalPool:
    """Reads captures in `workers` processes, each page within `seconds` and `memory` bytes.

    A page that takes too long, dies or asks for too much becomes a Failure of stage `process` (timeout,
    crashed, memory, or the exception's class); its worker is replaced and no other page is touched.
    Used either from one event loop (`process`) or without any (`map`). Raises EngineError where workers
    cannot be started.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        workers: int,
        seconds: float,
        memory: int,
        function: str = _READ,
    ) -> None:
        self._orders = Orders(function=function, recipe=recipe, seconds=seconds, memory=memory)
        self._workers = workers
        self._seats: list[Seat] = []
        self._room = asyncio.Semaphore(workers * _DEPTH)
        self._closed = False
        warm_up(function)
        atexit.register(self.close)

    @property
    def busy(self) -> bool:
        """Whether workers have pages."""
        return any(seat.load for seat in self._seats)

    async def process(self, given: Readable) -> Outcome:
        """The outcome of one page. Callers beyond two pages a worker wait their turn."""
        if isinstance(given, Unreadable):
            return given.failure
        async with self._room:
            if self._closed:
                raise EngineError("the workers have been sent home; no page can be read any more")
            if not self._seats:
                self._seats = [Seat(self._orders) for _ in range(self._workers)]
            outcome: Outcome = await min(self._seats, key=lambda seat: seat.load).process(given)
            return outcome

    def map(self, captures: Iterable[tuple[int, R]]) -> Iterator[tuple[int, R, Outcome]]:
        """Outcomes as they come, not in order; captures are taken a few ahead of them."""
        source = iter(captures)
        running: dict[asyncio.Task[Outcome], tuple[int, R]] = {}
        self._room = asyncio.Semaphore(self._workers * _DEPTH)
        with asyncio.Runner() as runner:
            try:
                while True:
                    while len(running) < self._workers * (_DEPTH + 1) and (one := next(source, None)):
                        running[runner.get_loop().create_task(self.process(one[1]))] = one
                    if not running:
                        return
                    done, _ = runner.run(asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED))
                    for task in done:
                        yield (*running.pop(task), task.result())
            finally:
                for task in running:
                    task.cancel()
                self._end()

    def close(self) -> None:
        """End all workers now; pages without an answer are cancelled."""
        atexit.unregister(self.close)
        self._closed = True
        self._end()

    async def aclose(self) -> None:
        """Like close(), and wait until the workers are gone."""
        seats = self._seats
        self.close()
        for seat in seats:
            await seat.closed()

    def _end(self) -> None:
        for seat in self._seats:
            seat.close()
        self._seats = []

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self.close()
