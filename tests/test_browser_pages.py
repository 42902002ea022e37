"""What holds for every page in a real browser, hostile rows or not: nothing of theirs runs, nothing is asked of another
host; of our own pages also WCAG 2.2 AA, phones, both colour schemes and weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser_pages import LIKE_OTHERS, OURS, THEIRS
from tests.browser_room import DESKTOP, NARROW, PHONE, Explorer, Seen, looking

pytestmark = pytest.mark.browser

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOKS = (("light", DESKTOP, _TAGS), ("dark", DESKTOP, ["color-contrast"]), ("dark", PHONE, _TAGS))
_HEAVIEST = 150_000  # bytes
_UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
_WATCH = """
window.addEventListener("securitypolicyviolation", it => {
    (window.broken ??= []).push(`${it.violatedDirective} ${it.blockedURI} ${it.sample}`)
})
"""
_SCHEMES = """
[...new Set([...document.querySelectorAll("[href], form[action]")].map(one =>
    new URL(one.getAttribute("href") ?? one.getAttribute("action"), document.baseURI).protocol))]
"""
#: What stands out beyond the right or left edge of the page: the innermost of it, as it is written.
_OUTSIDE = """
(() => {
    const room = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= room) return []
    const out = one => one.getBoundingClientRect().right > room + 1 || one.getBoundingClientRect().left < -1
    return [...document.querySelectorAll("body *")].filter(one => out(one) && ![...one.children].some(out))
        .slice(0, 5).map(one => one.outerHTML.slice(0, 200))
        .concat(`${document.documentElement.scrollWidth} wide`)
})()
"""


@pytest.fixture(scope="module")
def looks(chromium: Any, explorer: Explorer) -> Iterator[tuple[Any, Seen]]:
    with looking(chromium, explorer) as (page, seen):
        page.add_init_script(_WATCH)
        yield page, seen


@pytest.mark.parametrize("name", [*OURS, *THEIRS])
def test_a_page(looks: tuple[Any, Seen], name: str) -> None:
    page, seen = looks
    seen.clear()
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    page.emulate_media(color_scheme="light")
    page.goto((OURS | THEIRS)[name])
    page.wait_for_timeout(30)  # what a picture that cannot be loaded would do
    assert page.evaluate("[window.ran, window.broken]") == [None, None]
    assert (seen.dialogs, seen.errors, seen.elsewhere) == ([], [], [])
    assert set(page.evaluate(_SCHEMES)) <= {"http:", "https:"}
    if name in OURS:
        assert 0 < seen.weight() < _HEAVIEST
        faults = _faults(page, _LOOKS if name not in LIKE_OTHERS else _LOOKS[-1:])
        assert not faults, "\n".join(faults)


def _faults(page: Any, looks: tuple[tuple[str, int, list[str]], ...]) -> list[str]:
    """What is wrong with the page for those who see little, or have a phone."""
    found: list[str] = []
    page.evaluate(_UNFOLD)
    for scheme, width, rules in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme}, {width} wide: {fault}" for fault in axe(page, rules)]
    for width in (PHONE, NARROW):
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"stands out at {width}: {what}" for what in page.evaluate(_OUTSIDE)]
    return found


def axe(page: Any, rules: list[str]) -> list[str]:
    """What axe-core has against the page, by these tags or rules: each fault with the first places of it."""
    from axe_playwright_python.sync_playwright import Axe

    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = page.evaluate("options => axe.run(options).then(it => it.violations)", options)
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:4]]}" for one in found]
