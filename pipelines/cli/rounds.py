"""Crawls one after the other, each a child process with a deadline, until a signal asks to stop."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

_GRACE = 60.0  # seconds to end cleanly, once asked to


class Bell:
    """Waits that end early when a child ends or somebody asks us to stop: SIGINT, SIGTERM, SIGHUP."""

    def __init__(self) -> None:
        self.rung = 0  # times that we were asked to stop
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        self._ear, self._mouth = os.pipe()
        for end in (self._ear, self._mouth):
            os.set_blocking(end, False)
        self._wakeup = signal.set_wakeup_fd(self._mouth, warn_on_full_buffer=False)
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if one != signal.SIGHUP or signal.getsignal(one) is not signal.SIG_IGN:  # as nohup leaves it
                self._before[one] = signal.signal(one, self._ring)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._ear)
        os.close(self._mouth)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        select.select([self._ear], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            os.read(self._ear, 4096)

    def _ring(self, *_: object) -> None:
        self.rung += 1


@dataclass(frozen=True, slots=True)
class Round:
    """How a child ended: its exit code (below 0: the signal), after how many seconds, and whether by the deadline."""

    code: int
    seconds: float
    late: bool


def run_round(
    command: list[str], variables: Mapping[str, str], bell: Bell, deadline: float, stopping: Callable[[], None]
) -> Round:
    """Run a child to its end. Whoever rings the bell makes it stop cleanly; after the deadline it is killed."""
    started = time.monotonic()
    latest = started + deadline
    passed_on = bell.rung
    # in a process group of its own: it hears of Ctrl-C through us, and its workers end with it
    child = subprocess.Popen(command, env={**os.environ, **variables}, process_group=0)
    late = False
    while child.poll() is None:
        if bell.rung > passed_on:
            if not passed_on:
                latest = min(latest, time.monotonic() + _GRACE)
                stopping()
            passed_on = bell.rung
            child.terminate()
        late = time.monotonic() >= latest
        if late:
            _kill(child)
            break
        bell.wait(latest - time.monotonic())
    if child.returncode < 0:
        _kill(child)  # what it may have left behind
    return Round(child.returncode, time.monotonic() - started, late)


def _kill(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
