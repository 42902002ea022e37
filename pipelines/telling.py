"""Telling a command or a webhook of hits, within a time and without surprises."""

from __future__ import annotations

import http.client
import os
import shlex
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any
from urllib.parse import urlsplit

from pipelines import watching
from pipelines.watching import Way

COMMAND_SECONDS = 60.0
WEBHOOK_SECONDS = 10.0
_TOLD = 200  # characters of what a command said that are kept
_REDIRECTS = range(300, 400)


class TellingError(Exception):
    """Why hits could not be told, in words."""


def tell(way: Way, archive: Path, watch: str, query: str, hits: Sequence[Mapping[str, Any]]) -> None:
    """Tell of hits; when it returns they were taken. Raises TellingError."""
    if way.kind == "command":
        _run(way.what, archive, watch, watching.lines(hits))
    else:
        _post(way, watching.body(watch, query, hits))


def _run(command: str, archive: Path, watch: str, given: bytes) -> None:
    """Run a command, without a shell, in the archive's folder; it reads NDJSON, and its last line tells of errors."""
    words = shlex.split(command)
    archive = archive.resolve()
    variables = {**os.environ, "TEARSHEET_WATCH": watch, "TEARSHEET_DB": str(archive)}
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as said:
        stdin.write(given)
        stdin.seek(0)
        try:
            child = subprocess.Popen(
                words, stdin=stdin, stdout=said, stderr=said, env=variables, cwd=archive.parent, start_new_session=True
            )
        except OSError as problem:
            raise TellingError(f"{words[0]}: {problem.strerror or problem}") from None
        try:
            code = child.wait(COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            raise TellingError(f"{words[0]}: took longer than {COMMAND_SECONDS:g} seconds and was stopped") from None
        finally:
            if child.poll() is None:
                with suppress(ProcessLookupError):  # its group: what it started ends, too
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        if code:
            how = f"ended by signal {-code}" if code < 0 else f"exit code {code}"
            raise TellingError(": ".join(filter(None, (words[0], how, _last_line(said)))))


def _last_line(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - 4 * _TOLD))
    written = said.read().decode(errors="replace").split("\n")
    return next((" ".join(line.split())[:_TOLD] for line in reversed(written) if line.strip()), "")


def _post(way: Way, body: bytes) -> None:
    """Post to an address that its owner gave, wherever it leads; to no other, so redirects are not followed."""
    parts = urlsplit(way.what)
    host = parts.hostname or ""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Tearsheet",
        watching.SIGNATURE: watching.signature(way.secret, body),
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    started = time.monotonic()
    connection = _connection(parts.scheme, host, parts.port)
    # a socket's own limit is for each piece of an answer, and an answer can come in very small ones
    end = Timer(WEBHOOK_SECONDS, _hang_up, [connection])
    end.daemon = True
    end.start()
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as problem:
        late = time.monotonic() - started >= WEBHOOK_SECONDS or isinstance(problem, TimeoutError)
        why = f"no answer within {WEBHOOK_SECONDS:g} seconds" if late else _words(problem)
        raise TellingError(f"{parts.netloc}: {why}") from None
    finally:
        end.cancel()
        connection.close()
    if status in _REDIRECTS:
        raise TellingError(f"{parts.netloc}: redirects to another address (status {status}); name that one instead")
    if not 200 <= status < 300:
        raise TellingError(f"{parts.netloc}: status {status}")


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=WEBHOOK_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=WEBHOOK_SECONDS)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):  # it may never have been connected
        connection.sock.shutdown(socket.SHUT_RDWR)


def _words(problem: Exception) -> str:
    said = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    return " ".join(said.split())[:_TOLD] or type(problem).__name__
