"""A web server that answers from memory: `/p/<n>` is page n, gzipped. Fast enough not to be what a bench measures."""

from __future__ import annotations

import asyncio
import gzip
import sys
import time
from pathlib import Path

from bench.corpus import load


class _Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive, for GET only."""

    pages: list[bytes]
    first: float = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path.startswith(b"/p/"):
                type(self).first = self.first or time.time()
                answer = self.pages[int(path[3:].partition(b"/")[0]) % len(self.pages)]
            elif path == b"/first":
                answer = _answer(b"200 OK", f"{self.first}".encode(), b"text/plain")
                type(self).first = 0.0
            else:
                answer = _answer(b"404 Not Found", b"nothing here", b"text/plain")
            self.transport.write(answer)  # type: ignore[attr-defined]


def _answer(status: bytes, body: bytes, mime: bytes, coding: bytes = b"") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n" % (status, mime, len(body))
    return head + (b"Content-Encoding: %s\r\n" % coding if coding else b"") + b"\r\n" + body


async def serve(folder: Path) -> None:
    """Print the port and serve until killed."""
    bodies = [
        truth.body for name in ("aeb", "fundus", "sites") if (folder / name).is_dir() for truth in load(folder / name)
    ]
    _Connection.pages = [
        _answer(b"200 OK", gzip.compress(body, 6), b"text/html; charset=utf-8", b"gzip") for body in bodies
    ]
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
