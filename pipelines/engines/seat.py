"""One seat of the pool: a worker process, the pages it has been given, and what happens when it dies."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from pipelines.engines.worker import HEADER, Orders, frame, work
from pipelines.errors import EngineError
from pipelines.types import Failure

_START_SECONDS = 120  # to come up, modules and all, on a busy machine
_main_is_away = threading.Lock()


class Seat:
    """Pages go in, outcomes come out in the same order.

    A page may be sent while the one before it is read; so the first page without an answer is the one that a
    dead worker was reading, and those behind it start again with its successor.
    """

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._waiting: deque[tuple[bytes, asyncio.Future[Any]]] = deque()
        self._sent = 0  # how many of those the worker at hand has been sent
        self._more = asyncio.Event()
        self._process: BaseProcess | None = None
        self._channel: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def load(self) -> int:
        """Pages given and not yet answered."""
        return len(self._waiting)

    async def process(self, given: object) -> Any:
        """What the workers' function makes of it, or a Failure. Raises EngineError where no worker can be started."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((frame(given), future))
        self._more.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        return await future

    def close(self) -> None:
        """End the worker now; pages without an answer are cancelled."""
        if self._task:
            self._task.cancel()
        self._settle(None)
        self._dismiss()

    async def closed(self) -> None:
        """Wait until the worker is gone."""
        if self._task:
            await asyncio.wait([self._task])

    async def _serve(self) -> None:
        """Keep a worker at work for as long as pages wait or may come."""
        try:
            while True:
                channel = await self._start()
                feeder = asyncio.create_task(self._feed(channel))
                try:
                    alive = await self._answers(channel)
                finally:
                    feeder.cancel()
                code = await asyncio.to_thread(self._dismiss, kill=alive)
                if not alive and self._sent:
                    self._answer(_death(code))
                if not self._waiting:
                    self._more.clear()
                    await self._more.wait()
        except Exception as problem:  # whatever it is, the callers must hear of it
            self._settle(EngineError(f"the workers cannot run: {problem or type(problem).__name__}"))
        finally:
            self._dismiss()

    async def _start(self) -> socket.socket:
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        self._sent = 0
        context = multiprocessing.get_context("forkserver")
        self._process = context.Process(target=work, args=(theirs, self._orders), name="tearsheet-worker")
        try:
            await asyncio.to_thread(_launch, self._process)
        finally:
            theirs.close()
        async with asyncio.timeout(_START_SECONDS):
            word = await _read(self._channel)
        if why := pickle.loads(word) if word else "it died while starting":
            raise EngineError(why)
        return self._channel

    async def _feed(self, channel: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):  # the reading side finds out how far the worker came
            while True:
                while self._sent < len(self._waiting):
                    self._sent += 1
                    await loop.sock_sendall(channel, self._waiting[self._sent - 1][0])
                self._more.clear()
                await self._more.wait()

    async def _answers(self, channel: socket.socket) -> bool:
        """Hand out answers until the worker leaves (True) or is dead (False)."""
        while answer := await _read(channel):
            outcome, leaving = pickle.loads(answer)
            self._answer(outcome)
            if leaving:
                return True
        return False

    def _answer(self, outcome: object) -> None:
        _, future = self._waiting.popleft()
        self._sent -= 1
        if not future.done():
            future.set_result(outcome)

    def _settle(self, problem: EngineError | None) -> None:
        while self._waiting:
            _, future = self._waiting.popleft()
            if problem and not future.done():
                future.set_exception(problem)
            else:
                future.cancel()

    def _dismiss(self, *, kill: bool = True) -> int | None:
        """Hang up and make sure that the process is gone; its exit code."""
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel:
            channel.close()
        if process is None or process.pid is None:
            return None
        if kill:
            process.kill()
        process.join()
        return process.exitcode


async def _read(channel: socket.socket) -> bytes:
    """The next message; nothing when the other side is gone."""
    header = await _exactly(channel, HEADER.size)
    return await _exactly(channel, HEADER.unpack(header)[0]) if header else b""


async def _exactly(channel: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    parts = bytearray()
    while len(parts) < size:
        try:
            part = await loop.sock_recv(channel, min(size - len(parts), 1 << 20))
        except ConnectionError:
            part = b""
        if not part:
            return b""
        parts += part
    return bytes(parts)


def _launch(process: BaseProcess) -> None:
    with _without_main():
        process.start()


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep a new worker from importing the program's main module, of which it needs nothing."""
    with _main_is_away:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _death(code: int | None) -> Failure:
    if code in (-signal.SIGPROF, -signal.SIGALRM):
        return Failure("process", "timeout", "over the time for one page; its worker was ended")
    if code is not None and code < 0:
        return Failure("process", "crashed", f"its worker died of {signal.Signals(-code).name}")
    return Failure("process", "crashed", f"its worker ended with exit code {code}")
