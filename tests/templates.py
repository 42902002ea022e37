"""Pages of an outlet as content systems make them: much that all share, teasers on each, and a story of its own."""

from __future__ import annotations

import json
import random

_SYLLABLES = ("ba", "ler", "mon", "ti", "dra", "vel", "os", "kin", "ra", "sun", "pel", "gor", "ma", "thu", "wen", "ci")
TEASERS = 6


def words(seed: object, count: int) -> str:
    """Invented words, always the same for a seed."""
    chance = random.Random(str(seed))
    return " ".join("".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(count))


def headline(n: int) -> str:
    """The headline of a story."""
    return words(f"headline {n}", 7).capitalize()


def sentences(n: int) -> list[str]:
    """The story."""
    return [f"{words(f'story {n} {part}', 18).capitalize()}." for part in range(8)]


def page(n: int, skin: str = "one") -> bytes:
    """A story's page; the teasers are of stories 1000 and up, the same on every page."""
    teasers = [headline(1000 + one) for one in range(TEASERS)]
    menu = "".join(
        f'<li class="menu-item menu-item-type-custom {skin}-item" id="{skin}-{one}"><a href="/{skin}/part{one}/">'
        f'Part {one}</a><span class="{skin}-flag" data-part="{one}" aria-hidden="true"></span></li>\n'
        for one in range(40)
    )
    script = "".join(f"window.{skin}{one}=function(e){{return e.{skin}_{one}(t,{one})}};\n" for one in range(60))
    related = "".join(
        f'<a class="{skin}-teaser" href="/2024/{one.lower().replace(" ", "-")}" title="{one}">'
        f'<img alt="{one}" src="/img/{one.lower().replace(" ", "_")}.jpg"><b>{one}</b></a>\n'
        for one in teasers
    )
    data = json.dumps({"@type": "NewsArticle", "headline": headline(n), "mentions": [{"name": one} for one in teasers]})
    story = "".join(f'<p class="{skin}-text">{one}</p>\n' for one in sentences(n))
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{headline(n)} | Paper</title>'
        f"<style>.{skin}-menu li {{ margin: 0 auto; font: bold 12px Arial }}</style>"
        f'<script type="application/ld+json">{data}</script><script>{script}</script>'
        f"<script>var next = {json.dumps(teasers)};</script>"
        f'</head><body class="{skin}"><nav class="{skin}-menu"><ul>{menu}</ul></nav>'
        f"<article><h1>{headline(n)}</h1>{story}</article><aside>{related}</aside>"
        f'<footer class="{skin}-footer">Imprint</footer></body></html>'
    ).encode()
