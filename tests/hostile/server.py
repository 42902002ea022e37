"""HTTP for the hostile site: traps, the good articles beside them, feeds and robots.txt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.hostile import answers
from tests.hostile.answers import Answer, html
from tests.hostile.listings import SPELLINGS, endless, listings
from tests.hostile.prose import page, title
from tests.hostile.traps import BAD_LINKS, Visit
from tests.newsroom.server import Request

if TYPE_CHECKING:
    from tests.hostile import Hostile

_NOT_FOUND = Answer(status=404, body=b"Not found.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hostile"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60
    server: Any

    def do_GET(self) -> None:
        answer = self.answer()
        if answer.raw:
            self._raw(answer)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.mime)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self._whole(answer, answer.body)
        else:
            self._stream(answer, answer.body)

    def answer(self) -> Answer:
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        """Requests go to the log of the site, not to stderr."""

    def _whole(self, answer: Answer, body: bytes) -> None:
        length = len(body) if answer.length is None else answer.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        # logged before the last byte leaves, so that a client who has the answer finds it in the log
        self._log(answer.status, len(body))
        self.wfile.write(body)
        if length != len(body):
            self.close_connection = True

    def _raw(self, answer: Answer) -> None:
        self.close_connection = True
        sent = 0
        try:
            assert not isinstance(answer.body, bytes)
            for part in answer.body:
                self.wfile.write(part)
                sent += len(part)
        except OSError:
            return
        finally:
            self._log(answer.status, sent)

    def _stream(self, answer: Answer, parts: Iterable[bytes]) -> None:
        """Send until the parts end, the client hangs up, or the site stops; logged with what went out."""
        chunked = answer.length is None
        self.send_header(*(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(answer.length))))
        self.end_headers()
        sent = 0
        self.close_connection = True
        try:
            for part in parts:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
                sent += len(part)
                if self.server.site.stopping.is_set():
                    return
        except OSError:
            return
        finally:
            self._log(answer.status, sent)

    def _log(self, status: int, sent: int) -> None:
        self.server.site.log.add(
            Request(
                time=datetime.now(UTC),
                outlet="secret" if isinstance(self, SecretHandler) else "hostile",
                method=self.command,
                path=self.path,
                status=status,
                user_agent=self.headers.get("User-Agent"),
                if_none_match=None,
                if_modified_since=None,
                sent=sent,
            )
        )


class SecretHandler(_Handler):
    """What no crawler may reach."""

    def answer(self) -> Answer:
        return html(page("secret", before="<p>INTERNAL-SECRET</p>"))


class HostileHandler(_Handler):
    """`/trap/NAME`, `/good/NAME/1|2|3`, `/feed/NAME.xml`, `/home/NAME/`, `/feed/bad-links.xml`, `/list/NAME`,
    `/pages/N`, `/robots.txt`."""

    def answer(self) -> Answer:
        site: Hostile = self.server.site
        visit = site.visit(self.path)
        match self.path.strip("/").split("/"):
            case ["trap", name] if name in site.traps:
                return site.traps[name].answer(visit)
            case ["list", name]:
                found = listings(site.base, visit.secret_port, visit.secret_port_6)
                return found[name.partition("?")[0]]()
            case ["pages", number] if number.isdigit():
                return endless(site.base)(int(number))
            case ["good", name, "1" | "2" | "3" as number, *_]:
                return html(page(f"{name} {number}"))
            case ["feed", file]:
                return self._feed(file.removesuffix(".xml"), site.base)
            case ["home", name]:
                link = f'<link rel="alternate" type="application/rss+xml" href="/feed/{name}.xml">'
                return html(f"<html><head><title>{name}</title>{link}</head><body><h1>{name}</h1></body></html>")
            case ["robots.txt"]:
                return self._robots(site, visit)
        return _NOT_FOUND

    def _feed(self, name: str, base: str) -> Answer:
        links = BAD_LINKS if name == "bad-links" else (f"{base}/trap/{name}",)
        items = [(title(f"{name} 1"), f"{base}/good/{name}/1"), *((title(name), link) for link in links)]
        items.append((title(f"{name} 2"), f"{base}/good/{name}/2"))
        rows = "\n".join(f"<item><title>{one}</title><link>{escape(link)}</link></item>" for one, link in items)
        text = (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>\n'
            f"<link>{base}/</link>\n<description>{name}</description>\n{rows}\n</channel></rss>\n"
        )
        return Answer(mime="application/rss+xml; charset=utf-8", body=text.encode())

    def _robots(self, site: Hostile, visit: Visit) -> Answer:
        if site.robots == "slow":
            site.stopping.wait()
        if site.robots in ("slow", "error"):
            return Answer(status=500, mime="text/plain", body=b"Internal error")
        if site.robots == "endless":
            return answers.endless("User-agent: *\nDisallow: /good/cut/2\n")
        if site.robots == "spelled":
            links = [one.format(port=visit.secret_port, port_6=visit.secret_port_6) for one in SPELLINGS]
            rows = "".join(f"Sitemap: {one}\n" for one in (*links, f"{site.base}/list/spelled-index-good"))
            return Answer(mime="text/plain", body=f"User-agent: *\nAllow: /\n{rows}".encode())
        rule = "Disallow: /" if site.robots == "forbid" else "Allow: /"
        return Answer(mime="text/plain", body=f"User-agent: *\n{rule}\n".encode())
