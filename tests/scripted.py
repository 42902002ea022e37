"""An outlet whose pages are empty until scripts fill them, and some whose scripts mean harm.

The document of every page is the same few lines; `/app.js` asks `/api/…` for what belongs there. Only 127.0.0.1 is
meant to be fetched; whatever reaches 127.0.0.2, by TCP or UDP, is in `leaked`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from tests.hostile.prose import paragraphs, title
from tests.newsroom.server import Port

STORIES = [f"story-{n}" for n in range(1, 5)]
_SHELL = """<!DOCTYPE html><html lang="en"><head><meta charset="{charset}"><title>…</title>
<link rel="stylesheet" href="/look.css"></head><body><div id="app">Loading…</div>
<script src="/app.js"></script><script>{script}</script></body></html>"""

_APP = """
const app = document.getElementById('app');
const make = (tag, text) => Object.assign(document.createElement(tag), {textContent: text});
const stories = list => app.replaceChildren(...list.map(one => {
  const item = document.createElement('article'), link = make('a', one.title);
  link.href = one.url;
  item.append(make('h2', ''), make('p', one.first));
  item.firstChild.append(link);
  return item;
}));
const story = one => {
  document.title = one.title;
  app.replaceChildren(make('h1', one.title), ...one.paragraphs.map(text => make('p', text)));
};
const shadows = one => {
  app.replaceChildren(make('h1', one.title), document.createElement('news-text'));
  app.lastChild.attachShadow({mode: 'open'}).append(...one.paragraphs.map(text => make('p', text)));
};
const name = location.pathname.split('/').pop();
setTimeout(async () => {
  const one = await (await fetch('/api' + location.pathname)).json();
  Array.isArray(one) ? stories(one) : name === 'shadows' ? shadows(one) : story(one);
}, 20);
"""

#: What the script of a page does besides; $SECRET is an address that must never be asked.
TRICKS = {
    "spies": """
        const secret = '$SECRET';
        for (const at of [secret, secret.replace('127.0.0.2', '2130706434'), 'file:///etc/hostname', '/out']) {
          fetch(at + '/fetch').catch(() => 0);
          for (const [tag, key] of [['img', 'src'], ['iframe', 'src'], ['script', 'src'], ['link', 'href'],
                                    ['video', 'src'], ['object', 'data'], ['embed', 'src']]) {
            const one = document.createElement(tag);
            if (tag === 'link') one.rel = 'stylesheet';
            one[key] = at + '/' + tag;
            (tag === 'link' || tag === 'script' ? document.head : document.body).append(one);
          }
          import(at + '/module').catch(() => 0);
          try { new EventSource(at + '/events') } catch {}
          try { navigator.sendBeacon(at + '/beacon', 'x') } catch {}
          try { open(at + '/popup') } catch {}
          try { new Worker(URL.createObjectURL(new Blob([`fetch('${at}/worker')`]))) } catch {}
          for (const rel of ['preconnect', 'prefetch', 'dns-prefetch', 'modulepreload', 'icon', 'manifest'])
            document.head.append(Object.assign(document.createElement('link'), {rel, href: at + '/' + rel}));
          const rules = {prerender: [{urls: [at + '/prerender']}], prefetch: [{urls: [at + '/prefetched']}]};
          document.head.append(Object.assign(make('script', JSON.stringify(rules)), {type: 'speculationrules'}));
          document.head.append(make('style', `@import '${at}/import';
            @font-face {font-family: x; src: url(${at}/font)} * {font-family: x}`));
        }
        try { new WebSocket(secret.replace('http', 'ws') + '/socket') } catch {}
        try { new SharedWorker(URL.createObjectURL(new Blob([`fetch('${secret}/shared')`]))) } catch {}
        try {
          const call = new RTCPeerConnection({iceServers: [{urls: 'stun:' + secret.slice(7)}]});
          call.createDataChannel('x');
          call.createOffer().then(offer => call.setLocalDescription(offer));
        } catch {}
        document.body.append(Object.assign(make('form', ''), {action: secret + '/form', target: '_blank'}));
        document.forms[0].submit();
        navigator.serviceWorker?.register('/worker.js').catch(() => 0);
        document.cookie = 'mine=1';
        fetch('/api/cookies').catch(() => 0);
    """,
    "endless": "setInterval(() => fetch('/api/tick'), 100);",
    "crowd": """
        const wait = setInterval(() => {
          if (!app.querySelector('h1')) return;
          clearInterval(wait);
          for (let n = 0; n < 350; n++) fetch('/api/crowd?' + n).catch(() => 0);
        }, 10);
    """,
    "steps": """
        const step = n => n && fetch('/api/step?' + n).then(() => step(n - 1));
        step(30);
    """,
    "asks": "alert(1); confirm(2); prompt(3); onbeforeunload = () => 'stay'; setInterval(() => alert(4), 10); print();",
    "hangs": "setTimeout(() => { for (;;); }, 100);",
    "hangs-at-once": "for (;;);",
    "bursts": "setTimeout(() => { for (;;) app.append('x'.repeat(1e6) + Math.random()) }, 100);",
    "moves": "location.replace('/2026/11/landed');",
    "moves-to-forbidden": "location.href = '/forbidden/page';",
    "moves-to-secret": "location.href = '$SECRET/moved';",
    "moves-on-and-on": "location.href = '?' + Math.random();",
    "forbidden-data": "fetch('/forbidden/data').then(answer => answer.text()).then(text => app.append(text));",
    "drips": "document.head.append(Object.assign(document.createElement('script'), {src: '/drip.js'}));",
    "saves": "const a = make('a', ''); a.href = '/paper.pdf'; a.download = ''; document.body.append(a); a.click();",
    "shadows": "",
}
#: Of these, the ones that never come to rest, or worse; the front page does not list them.
TROUBLES = ["endless", "crowd", "steps", "asks", "drips", "hangs", "hangs-at-once", "bursts"]


class Scripted:
    """The outlet, as a context manager. `asked` has the path of every request, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cookies: list[str] = []
        self.agents: set[str] = set()
        self.leaked: list[str] = []
        self.stopping = threading.Event()
        self._port = _Site(self)
        self._traps = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)]
        self._traps[0].bind(("127.0.0.2", 0))
        self._traps[0].listen()
        self._traps[1].bind(self._traps[0].getsockname())

    def __enter__(self) -> Scripted:
        self._port.start()
        for trap in self._traps:
            threading.Thread(target=self._watch, args=(trap,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stopping.set()
        self._port.stop()
        for trap in self._traps:
            trap.close()

    @property
    def base(self) -> str:
        return self._port.base

    @property
    def secret(self) -> str:
        host, port = self._traps[0].getsockname()
        return f"http://{host}:{port}"

    def url(self, name: str) -> str:
        """The address of a story or of a page with a trick."""
        return f"{self.base}/2026/11/{name}"

    def _watch(self, trap: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                if trap.type == socket.SOCK_DGRAM:
                    self.leaked.append(repr(trap.recvfrom(100)[0]))
                else:
                    caller = trap.accept()[0]
                    self.leaked.append("connected")
                    self.leaked.append(repr(caller.recv(100)))
                    caller.close()


class _Site(Port):
    def __init__(self, outlet: Scripted) -> None:
        super().__init__(0, _Handler)
        self.outlet = outlet


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Site

    def do_GET(self) -> None:
        outlet = self.server.outlet
        outlet.asked.append(self.path)
        outlet.agents.add(self.headers.get("User-Agent", ""))
        outlet.cookies += self.headers.get_all("Cookie", [])
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if path == "/robots.txt":
            self._send("text/plain", "User-agent: *\nDisallow: /forbidden/\n")
        elif path == "/app.js":
            self._send("text/javascript", _APP)
        elif path == "/look.css":
            self._send("text/css", "body { color: black }")
        elif path.startswith("/out/"):
            self._send("text/plain", "", status=302, Location=f"{outlet.secret}/redirected")
        elif path == "/drip.js":
            self._drip()
        elif path == "/2026/11/document":
            self._send("text/plain", "This is no web page.")
        elif path.startswith("/api/2026/"):
            self._send("application/json", json.dumps({"title": title(name), "paragraphs": paragraphs(name)}))
        elif path == "/api/":
            listed = [*STORIES, *(name for name in TRICKS if name not in TROUBLES), "document"]
            self._send("application/json", json.dumps([self._teaser(one) for one in listed]))
        elif path.startswith("/api/"):
            self._send("application/json", "{}")
        elif path == "/" or path.startswith(("/2026/", "/forbidden/")):
            script = TRICKS.get(name, "").replace("$SECRET", outlet.secret)
            charset = "windows-1251" if name == "story-2" else "utf-8"
            self._send("text/html", _SHELL.format(charset=charset, script=script), **{"Set-Cookie": "theirs=1"})
        else:
            self._send("text/plain", "Not found.", status=404)

    do_POST = do_GET  # noqa: N815

    def _teaser(self, name: str) -> dict[str, Any]:
        return {"title": title(name), "url": f"/2026/11/{name}", "first": paragraphs(name)[0]}

    def _send(self, mime: str, text: str, status: int = 200, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.end_headers()
        while not self.server.outlet.stopping.wait(0.2):
            self.wfile.write(b"/")
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Requests are in `asked`, not on stderr."""
