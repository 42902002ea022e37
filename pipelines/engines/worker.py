"""What runs inside a worker process: one page after the other, within limits that the kernel enforces.

A page over its time ends the process by the default action of SIGPROF or SIGALRM: that works inside a long C call,
where a handler of Python's would wait, and it works when the parent is gone. A page over its memory gets MemoryError.
"""

from __future__ import annotations

import copyreg
import gc
import logging
import pickle
import pkgutil
import resource
import signal
import socket
import struct
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pipelines.recipe import Recipe
from pipelines.types import Claim, Failure

#: Length of the message that follows.
HEADER = struct.Struct("!Q")

_NO_MEMORY = Failure("process", "memory", "asked for more memory than one page may have")


_GARBAGE = 50_000  # objects until cycles are looked for: pages hardly make any, and looking takes time
_PATIENCE = 3  # times its CPU seconds that a page may take by the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a worker is told once, at its start."""

    function: str  # `module:name` of (capture, recipe) -> outcome
    recipe: Recipe
    seconds: float  # longest CPU time for one page
    memory: int  # bytes that pages may add to the worker's own size


def frame(value: object) -> bytes:
    """A value as a message."""
    message = BytesIO()
    message.seek(HEADER.size)
    pickler = pickle.Pickler(message, protocol=pickle.HIGHEST_PROTOCOL)
    # a page has dozens of claims, and dataclasses with slots are slow to pickle and to unpickle
    pickler.dispatch_table = copyreg.dispatch_table | {Claim: _parts}
    pickler.dump(value)
    HEADER.pack_into(message.getbuffer(), 0, message.tell() - HEADER.size)
    return message.getvalue()


def _parts(claim: Claim) -> tuple[type[Claim], tuple[str, Any, str]]:
    return Claim, (claim.field, claim.value, claim.origin)


def work(channel: socket.socket, orders: Orders) -> None:
    """Answer every capture with (outcome, whether this worker leaves) until the other side hangs up.

    The first message says whether the worker is ready: None, or why it is not.
    """
    with suppress(ConnectionError):
        _work(channel, orders)


def _work(channel: socket.socket, orders: Orders) -> None:
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)  # they go to the whole group; the parent decides
    for one in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(one, signal.SIG_DFL)
    logging.getLogger().addHandler(logging.NullHandler())  # what a page makes libraries say is no news
    try:
        function = pkgutil.resolve_name(orders.function)
        start = _limit(orders.memory)
    except Exception as problem:
        channel.sendall(frame(_last_line(problem)))
        return
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    channel.sendall(frame(None))
    pages = channel.makefile("rb")
    while header := pages.read(HEADER.size):
        body = pages.read(HEADER.unpack(header)[0])
        _allow(orders.seconds)
        outcome = _outcome(function, body, orders.recipe)
        # memory that was not given back would be missing for the next page
        leaving = outcome is _NO_MEMORY or _size() - start > orders.memory // 4
        answer = _answer(outcome, leaving)
        _allow(0)
        channel.sendall(answer)


def _allow(seconds: float) -> None:
    """Let the page that comes now use so much CPU time; on a busy machine the clock runs on while others work."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _PATIENCE)


def _outcome(function: Callable[..., Any], body: bytes, recipe: Recipe) -> object:
    try:
        return function(pickle.loads(body), recipe)
    except MemoryError:
        return _NO_MEMORY
    except BaseException as problem:  # a page that calls exit() is a failure like any other
        return Failure("process", type(problem).__name__, _last_line(problem))


def _answer(outcome: object, leaving: bool) -> bytes:
    try:
        return frame((outcome, leaving))
    except Exception as problem:
        return frame((Failure("process", type(problem).__name__, _last_line(problem)), leaving))


def _last_line(problem: BaseException) -> str:
    """The exception in one line, and the place it came from."""
    line = traceback.format_exception_only(problem)[-1].strip()
    if not (frames := traceback.extract_tb(problem.__traceback__)):
        return line
    place = Path(frames[-1].filename)
    return f"{line[:500]} ({place.parent.name}/{place.name}:{frames[-1].lineno})"


def _limit(memory: int) -> int:
    """Cap the address space at `memory` bytes more than it is; the size now, 0 where the system does not say."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no core file
    size = _size()
    if size:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (size + memory, hard))
    return size


def _size() -> int:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:  # not Linux
        return 0
    return int(pages) * resource.getpagesize()
