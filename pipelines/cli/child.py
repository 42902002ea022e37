"""Plain tools run as child commands: the line is shown, signals are passed on, the exit code is theirs."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pipelines.cli.output import say

_BEAT = 0.5  # seconds
_INTERRUPTED = 130  # as shells say of a program that Ctrl-C ended


def python_m(module: str, *args: str | os.PathLike[str]) -> list[str]:
    """The command that runs a tool of this very installation, whatever PATH says."""
    return [sys.executable, "-m", module, *map(str, args)]


def show(command: list[str], variables: Mapping[str, str] | None = None) -> None:
    """The line as it can be typed, on stderr."""
    program = Path(command[0])
    here = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    words = [f"{name}={shlex.quote(value)}" for name, value in (variables or {}).items()]
    say("$ " + " ".join([*words, shlex.join([str(here), *command[1:]])]))


def run(
    command: list[str],
    variables: Mapping[str, str] | None = None,
    *,
    shown: list[str] | None = None,
    beat: Callable[[], None] | None = None,
    stopping: str = "stopping …",
) -> int:
    """Run a tool to its end; its exit code, 130 after Ctrl-C. `beat` is called about twice a second meanwhile.

    `shown` is the line that people see, where it differs. The child stands in a process group of its own and is
    asked to end by SIGTERM, so that it hears of Ctrl-C once, and one that is still starting ends without a word.
    A second Ctrl-C is passed on too.
    """
    show(shown or command, variables)
    child: subprocess.Popen[bytes] | None = None
    asked = False

    def end(*_: object) -> None:
        nonlocal asked
        if not asked:
            say(f"\n{stopping}")
        asked = True
        if child:
            child.terminate()

    with _handling(end):
        child = subprocess.Popen(command, env={**os.environ, **(variables or {})}, process_group=0)
        if asked:
            child.terminate()
        while True:
            try:
                code = child.wait(_BEAT if beat else None)
                break
            except subprocess.TimeoutExpired:
                if beat:
                    beat()
    return _INTERRUPTED if asked and code <= 0 else code


@contextmanager
def _handling(handler: Callable[..., None]) -> Iterator[None]:
    before = {one: signal.signal(one, handler) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for one, old in before.items():
            signal.signal(one, old)


def become(command: list[str]) -> None:
    """Give this process over to a tool that runs until it is stopped."""
    show(command)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)
